//! Changes in git on the bed: from an object of the cluster to a pull request on the real forge, merged, fetched and applied by the real
//! Flux, and rolled out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};
use crate::support::terminal::{SMALL, Terminal, WIDE};
use crate::support::within;

/// How long the forge and Flux may need.
const SOON: Duration = Duration::from_secs(60);
/// Whose files are in a repository of their own, which declares no Kustomization.
const WEB: [&str; 4] = ["deployment/web", "-n", "web", "--set"];

/// A user of the bed with a login at its forge.
fn user(bed: &Bed, kubeconfig: &str) -> Fluxdeck {
    let user = Fluxdeck::with(&bed.kubeconfig(kubeconfig));
    let (scheme, rest) = bed.value("BED_GIT_URL").split_once("://").expect("an URL");
    let host = rest.split('/').next().expect("a host");
    let login = format!("{}:{}", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN"));
    user.write(".git-credentials", &format!("{scheme}://{login}@{host}\n"));
    user.write(".gitconfig", "[user]\n\tname = Ana\n\temail = ana@example.com\n[credential]\n\thelper = store\n");
    user
}

fn api(bed: &Bed, method: &str, path: &str, body: &Value) -> Value {
    let mut command = Command::new("curl");
    command.args(["-sS", "-X", method, "-H", &format!("Authorization: token {}", bed.value("BED_FORGE_TOKEN"))]);
    command.args(["-H", "Content-Type: application/json"]);
    if !body.is_null() {
        command.args(["-d", &body.to_string()]);
    }
    let done = command.arg(format!("{}/api/v1/repos/ops/{path}", bed.value("BED_FORGE_URL"))).output().expect("curl");
    serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
}

fn scale(user: &Fluxdeck, replicas: u32, more: &[&str]) -> Ran {
    let set = format!("replicas={replicas}");
    user.run(&[&["run", "scale"], &WEB[..], &[&set], more].concat())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The open pull requests of a repository: number and title.
fn open(bed: &Bed, repository: &str) -> Vec<(u64, String)> {
    let all = api(bed, "GET", &format!("{repository}/pulls?state=open"), &Value::Null);
    let one = |pull: &Value| Some((pull["number"].as_u64()?, pull["title"].as_str()?.to_owned()));
    all.as_array().into_iter().flatten().filter_map(one).collect()
}

fn merge(bed: &Bed, repository: &str, number: u64, how: &str) {
    // a forge computes for a while whether something can be merged
    let merged = within(SOON, || {
        api(bed, "POST", &format!("{repository}/pulls/{number}/merge"), &json!({"Do": how}));
        let pull = api(bed, "GET", &format!("{repository}/pulls/{number}"), &Value::Null);
        (pull["merged"] == true).then_some(())
    });
    assert!(merged.is_some(), "#{number} is merged");
}

/// Scales, merges as the forge does, lets Flux fetch, and follows to the pods.
fn rolled_out(bed: &Bed, user: &Fluxdeck, replicas: u32, how: &str) -> Ran {
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| scale(user, replicas, &["--wait", "ready", "-o", "json"]));
        let number = within(SOON, || open(bed, "apps").first().map(|(number, _)| *number)).expect("it is opened");
        merge(bed, "apps", number, how);
        let reconciled = user.run(&["reconcile", "ks", "web", "-n", "web", "--with-source"]);
        assert_eq!(reconciled.code, 0, "{reconciled:?}");
        ran.join().expect("it ends")
    })
}

fn a_deployment_is_scaled_by_a_pull_request_until_its_pods_run() {
    let bed = bed::alone();
    let user = user(&bed, "admin");
    let replicas = || bed.kubectl(&["-n", "web", "get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"]);
    let before: u32 = replicas().trim().parse().expect("a number");

    for (count, how) in [(before + 2, "squash"), (before, "merge")] {
        let ran = rolled_out(&bed, &user, count, how);
        assert_eq!(ran.code, 0, "{ran:?}");
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!((&report["state"], &report["pull"]["state"]), (&"done".into(), &"merged".into()), "{report}");
        let texts: Vec<_> = report["log"].as_array().expect("a log").iter().filter_map(|line| line["text"].as_str()).collect();
        for step in ["committed", "pushed", "opened", "merged", "fetched", "applied", "rolled out"] {
            assert!(texts.iter().any(|text| text.starts_with(step)), "{step}: {texts:?}");
        }
        assert_eq!(replicas().trim(), count.to_string());
        let number = report["pull"]["number"].as_u64().expect("a number");
        let files = api(&bed, "GET", &format!("apps/pulls/{number}/files"), &Value::Null);
        assert_eq!((&files[0]["additions"], &files[0]["deletions"], &files[1]), (&1.into(), &1.into(), &Value::Null), "{files}");
    }
}

fn the_same_change_finds_its_open_pull_request_and_a_closed_one_is_not_used_again() {
    let bed = bed::alone();
    let user = user(&bed, "admin");
    let first = scale(&user, 9, &[]);
    assert_eq!(first.code, 0, "{first:?}");
    let second = scale(&user, 9, &[]);
    assert_eq!((second.code, &second.out), (0, &first.out), "{second:?}");
    let all = open(&bed, "apps");
    assert_eq!(all.len(), 1, "{all:?}");

    api(&bed, "PATCH", &format!("apps/pulls/{}", all[0].0), &json!({"state": "closed"}));
    let third = scale(&user, 9, &[]);
    assert!(third.code == 0 && third.out != first.out, "{third:?}");
    let all = open(&bed, "apps");
    api(&bed, "PATCH", &format!("apps/pulls/{}", all[0].0), &json!({"state": "closed"}));
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
    assert!(ran.code == 1 && ran.err.contains("is built in 2 ways"), "one of each cluster: {ran:?}");
    let ran = user.run(&[&arguments[..], &["--kustomization", "production/flux-system/apps"]].concat());
    assert!(ran.code == 0 && ran.err.contains("you may not read Kustomization flux-system/apps"), "{ran:?}");
    let all = open(&bed, "fleet");
    let own = all.iter().find(|(_, title)| title.starts_with("Deployment web/frontend: replicas"));
    let (number, _) = own.unwrap_or_else(|| panic!("it is open: {all:?}"));
    api(&bed, "PATCH", &format!("fleet/pulls/{number}"), &json!({"state": "closed"}));
}

/// Opens the form of a change for a row of a table, with a number of replicas, and its review.
fn reviewed(screen: &mut Terminal, table: &str, row: &str, replicas: u32) {
    screen.until_shows("● live", SOON);
    screen.keys(&format!(":{table}\r"));
    screen.until_shows(row, SOON);
    screen.keys("a");
    screen.until_shows("Through git", SOON);
    screen.keys("n");
    screen.until_shows("set by", SOON);
    // what git says now goes first
    screen.keys(&format!("\x15{replicas}\r"));
    screen.until_shows("opens a pull request", SOON);
}

fn on_the_screen_a_deployment_is_scaled_from_its_row_until_its_pods_run() {
    let bed = bed::alone();
    let user = user(&bed, "admin");
    let replicas = || bed.kubectl(&["-n", "web", "get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"]);
    let before: u32 = replicas().trim().parse().expect("a number");
    for (count, size) in [(before + 1, SMALL), (before, WIDE)] {
        let mut screen = user.open(&[], size);
        reviewed(&mut screen, "deploy web /^web$", &format!("{before}"), count);
        let shown = screen.text();
        assert!(shown.contains("ops/apps") && shown.contains("+") && shown.contains(&format!("replicas: {count}")), "{shown}");
        assert_eq!(open(&bed, "apps"), [], "nothing is sent before it is confirmed");
        screen.keys("\r");
        let number = within(SOON, || {
            screen.read(Duration::from_millis(50));
            open(&bed, "apps").first().map(|(number, _)| *number)
        });
        let number = number.unwrap_or_else(|| panic!("it is opened: {}", screen.text()));
        screen.keys("J");
        screen.until_shows(&format!("#{number}"), SOON);
        screen.keys("\r");
        screen.until_shows("rolled out", SOON);
        merge(&bed, "apps", number, "rebase");
        screen.until("the merge", SOON, |text| text.contains("merged") && text.contains("by ops"));
        screen.keys("R");
        screen.until("the pods", Duration::from_secs(90), |text| text.contains(&format!("{count}/{count}")));
        assert_eq!(replicas().trim(), count.to_string());
        screen.keys(":quit\r");
    }
}

trials! {
    on_the_screen_a_deployment_is_scaled_from_its_row_until_its_pods_run,
    a_deployment_is_scaled_by_a_pull_request_until_its_pods_run,
    the_same_change_finds_its_open_pull_request_and_a_closed_one_is_not_used_again,
    a_developer_changes_what_they_cannot_trace_by_their_own_checkout,
}
