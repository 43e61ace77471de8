//! Changes in git on the bed: from an object of the cluster to a pull request on the real forge, merged, fetched and applied by the real
//! Flux, and rolled out.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::shop::{DEPLOYMENT, SOON, Shop, address, api, files, git, merge, open, request, user};
use crate::support::bed;
use crate::support::terminal::{SMALL, Terminal, WIDE};
use crate::support::within;

fn a_deployment_is_scaled_by_a_pull_request_until_its_pods_run() {
    let bed = bed::alone();
    let shop = Shop::new(&bed, "headless");
    let user = user(&bed, "admin");
    for (count, how) in [(4, "squash"), (3, "merge")] {
        let ran = shop.rolled_out(&user, count, how);
        assert_eq!(ran.code, 0, "{ran:?}");
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!((&report["state"], &report["pull"]["state"]), (&"done".into(), &"merged".into()), "{report}");
        let texts: Vec<_> = report["log"].as_array().expect("a log").iter().filter_map(|line| line["text"].as_str()).collect();
        for step in ["committed", "pushed", "opened", "merged", "fetched", "applied", "rolled out"] {
            assert!(texts.iter().any(|text| text.starts_with(step)), "{step}: {texts:?}");
        }
        assert_eq!(shop.replicas(), count.to_string());
        let number = report["pull"]["number"].as_u64().expect("a number");
        let files = api(&bed, "GET", &format!("{}/pulls/{number}/files", shop.name), &Value::Null);
        assert_eq!((&files[0]["additions"], &files[0]["deletions"], &files[1]), (&1.into(), &1.into(), &Value::Null), "{files}");
    }
    let clone = tempfile::tempdir().expect("a folder");
    git(clone.path(), &["clone", "-q", &address(&bed, &shop.name), "."]);
    let text = std::fs::read_to_string(clone.path().join("deploy/web.yaml")).expect("a file");
    assert_eq!(text, DEPLOYMENT.replace("replicas: 2 #", "replicas: 3 #"), "the line that was meant, and its comment");
}

fn the_same_change_finds_its_open_pull_request_and_a_closed_one_is_not_used_again() {
    let bed = bed::alone();
    let shop = Shop::new(&bed, "again");
    let user = user(&bed, "admin");
    let first = shop.scale(&user, 9, &[]);
    assert_eq!(first.code, 0, "{first:?}");
    let second = shop.scale(&user, 9, &[]);
    assert_eq!((second.code, &second.out), (0, &first.out), "{second:?}");
    let all = open(&bed, &shop.name);
    assert_eq!(all.len(), 1, "{all:?}");

    api(&bed, "PATCH", &format!("{}/pulls/{}", shop.name, all[0].0), &json!({"state": "closed"}));
    let third = shop.scale(&user, 9, &[]);
    assert!(third.code == 0 && third.out != first.out, "{third:?}");
    let token = bed.value("BED_FORGE_TOKEN");
    for ran in [first, second, third] {
        assert!(!ran.out.contains(token) && !ran.err.contains(token));
    }
    // jobs, logs, the clone with its configuration and reflogs
    let written: Vec<_> = files(&user.file("")).into_iter().filter(|path| !path.ends_with(".git-credentials")).collect();
    assert!(written.iter().any(|path| path.extension().is_some_and(|extension| extension == "job")), "{written:?}");
    for path in written {
        let bytes = std::fs::read(&path).expect("a file");
        assert!(!String::from_utf8_lossy(&bytes).contains(token), "{} holds the token", path.display());
    }
}

fn a_developer_changes_what_they_cannot_trace_by_their_own_checkout() {
    let bed = bed::alone();
    let user = user(&bed, "developer");
    let folder = user.file("fleet").display().to_string();
    let cloned = Command::new("git")
        .args(["clone", "-q", bed.value("BED_GIT_URL"), &folder])
        .env_clear()
        .envs([("HOME", user.file("").display().to_string()), ("PATH", std::env::var("PATH").unwrap_or_default())])
        .status();
    assert!(cloned.expect("git").success());
    std::fs::create_dir_all(user.file(".config/fluxdeck")).expect("a folder");
    user.write(".config/fluxdeck/config.toml", &format!("repos = [\"{folder}\"]\n"));
    let arguments = ["run", "scale", "deployment/frontend", "-n", "web", "--set", "replicas=2"];

    let ran = user.run(&arguments);
    assert!(ran.code == 1 && ran.err.contains("is built in several ways"), "one of each cluster: {ran:?}");
    let ran = user.run(&[&arguments[..], &["--kustomization", "production/flux-system/apps"]].concat());
    assert!(ran.code == 0 && ran.err.contains("you may not read Kustomization flux-system/apps"), "{ran:?}");
    let all = open(&bed, "fleet");
    let own = all.iter().find(|(_, title)| title.starts_with("Deployment web/frontend: replicas"));
    let (number, _) = own.unwrap_or_else(|| panic!("it is open: {all:?}"));
    api(&bed, "PATCH", &format!("fleet/pulls/{number}"), &json!({"state": "closed"}));
    // other suites look at the branches of the bed's own
    let listed = git(Path::new("/"), &["ls-remote", &address(&bed, "fleet"), "refs/heads/fluxdeck/*"]);
    let folder = tempfile::tempdir().expect("a folder");
    git(folder.path(), &["init", "-q"]);
    for line in listed.lines() {
        let reference = line.split_whitespace().nth(1).expect("a reference");
        git(folder.path(), &["push", "-q", &address(&bed, "fleet"), &format!(":{reference}")]);
    }
}

/// Somebody who may only read the repository: the push is refused, and nothing is made before that was agreed to.
fn who_may_not_push_proposes_it_from_a_fork_after_agreeing_to_one() {
    let bed = bed::alone();
    let shop = Shop::new(&bed, "forked");
    let gus = format!("gus-{}", std::process::id());
    let url = |path: &str| format!("{}/api/v1{path}", bed.value("BED_FORGE_URL"));
    let account = json!({
        "username": gus, "email": format!("{gus}@example.test"), "password": "a-password-1", "must_change_password": false,
    });
    request(&bed, "POST", &url("/admin/users"), &account);
    api(&bed, "PUT", &format!("{}/collaborators/{gus}", shop.name), &json!({"permission": "read"}));
    let body = json!({"name": "of-a-test", "scopes": ["all"]}).to_string();
    let made = Command::new("curl")
        .args(["-sS", "-u", &format!("{gus}:a-password-1"), "-H", "Content-Type: application/json", "-d", &body])
        .arg(url(&format!("/users/{gus}/tokens")))
        .output()
        .expect("curl");
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let token = made["sha1"].as_str().unwrap_or_else(|| panic!("{made}"));
    let user = user(&bed, "admin");
    let host = bed.value("BED_FORGE_URL").trim_start_matches("http://");
    user.write(".git-credentials", &format!("http://{gus}:{token}@{host}\n"));

    let ran = shop.scale(&user, 6, &[]);
    assert!(ran.code == 1 && ran.err.contains("you may not push to"), "{ran:?}");
    assert!(ran.err.contains(&format!("make the fork {gus}/{}", shop.name)), "{ran:?}");
    let fork = || request(&bed, "GET", &url(&format!("/repos/{gus}/{}", shop.name)), &Value::Null);
    assert_eq!((open(&bed, &shop.name), &fork()["id"]), (Vec::new(), &Value::Null), "nothing was agreed to");

    let changes: Value = serde_json::from_str(&user.run(&["changes", "-o", "json"]).out).expect("JSON");
    let id = changes[0]["id"].as_str().expect("an id");
    let ran = user.run(&["changes", "resume", id, "--fork", "-o", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((&report["fork"], &report["pull"]["state"]), (&format!("{gus}/{}", shop.name).into(), &"open".into()), "{report}");
    assert_eq!(fork()["parent"]["full_name"], format!("ops/{}", shop.name));
    assert_eq!(open(&bed, &shop.name).len(), 1);
    for (count, pulls) in [(6, 1), (7, 2)] {
        // the same change finds its pull request, and another one the fork
        let ran = shop.scale(&user, count, &["--fork"]);
        assert_eq!((ran.code, open(&bed, &shop.name).len()), (0, pulls), "{ran:?}");
    }
}

/// source-watcher has made the artifact: the file is found in the repository that it was copied from, and so is what drifted.
fn what_an_artifact_generator_copies_is_found_in_its_repository() {
    let bed = bed::shared();
    let user = user(&bed, "admin");
    let arguments =
        ["run", "set-field", "cronjob/report", "-n", "shop", "--set", "spec.schedule=0 6 * * *", "--dry-run", "-o", "json"];
    let ran = user.run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let planned: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(planned["files"][0]["path"], "deploy/reports/cronjob.yaml", "{planned}");
    let rule = "made by ArtifactGenerator flux-system/split, which copies from GitRepository flux-apps/apps";
    assert!(planned["foundBy"].as_str().is_some_and(|text| text.ends_with(rule)), "{planned}");
    let drift = user.run(&["drift", "-n", "flux-system", "-o", "json"]);
    assert!(!drift.out.contains("flux-system/reports") && !drift.out.contains("is not a GitRepository"), "{drift:?}");
}

/// Opens the form of a change for a row of a table, with a number of replicas, and its review.
fn reviewed(screen: &mut Terminal, table: &str, row: &str, replicas: u32) {
    screen.until_shows("● live", SOON);
    screen.keys(&format!(":{table}\r"));
    // a row of that name may have been on the screen before
    screen.until_shows("› deployments", SOON);
    screen.until_shows(row, SOON);
    screen.keys("a");
    screen.until_shows("Through git", SOON);
    screen.keys("n");
    screen.until_shows("replicas  [", SOON);
    // what is there goes first
    screen.keys(&format!("\x15{replicas}\r"));
    screen.until_shows("opens a pull request", SOON);
}

fn on_the_screen_a_deployment_is_scaled_from_its_row_until_its_pods_run() {
    let bed = bed::alone();
    let shop = Shop::new(&bed, "screen");
    let user = user(&bed, "admin");
    for (count, size) in [(5, SMALL), (4, WIDE)] {
        let mut screen = user.open(&[], size);
        reviewed(&mut screen, &format!("deploy {}", shop.name), "web", count);
        let shown = screen.text();
        assert!(shown.contains(&format!("replicas: {count} # as many")), "the line as it will be: {shown}");
        assert_eq!(open(&bed, &shop.name), [], "nothing is sent before it is confirmed");
        screen.keys("\r");
        let number = within(SOON, || {
            screen.read(Duration::from_millis(50));
            open(&bed, &shop.name).first().map(|(number, _)| *number)
        });
        let number = number.unwrap_or_else(|| panic!("it is opened: {}", screen.text()));
        screen.keys("J");
        screen.until_shows(&format!("#{number}"), SOON);
        screen.keys("\r");
        screen.until_shows("rolled out", SOON);
        merge(&bed, &shop.name, number, "rebase");
        screen.until("the merge", SOON, |text| text.contains("by ops"));
        screen.keys("R");
        screen.until("the pods", Duration::from_secs(90), |text| text.contains(&format!("{count}/{count}")));
        assert_eq!(shop.replicas(), count.to_string());
        screen.keys(":quit\r");
    }
}

trials! {
    on_the_screen_a_deployment_is_scaled_from_its_row_until_its_pods_run,
    a_deployment_is_scaled_by_a_pull_request_until_its_pods_run,
    the_same_change_finds_its_open_pull_request_and_a_closed_one_is_not_used_again,
    who_may_not_push_proposes_it_from_a_fork_after_agreeing_to_one,
    a_developer_changes_what_they_cannot_trace_by_their_own_checkout,
    what_an_artifact_generator_copies_is_found_in_its_repository,
}
