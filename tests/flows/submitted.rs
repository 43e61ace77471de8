//! Changes that are submitted, with the user's own git and a remote on this machine: pushed, refused, resumed, found again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::files::fleet;
use crate::support::program::{Fluxdeck, Ran};
use crate::support::terminal::WIDE;

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(60);
const APPS: &str = "production/flux-system/apps";

/// A user with a checkout of the fleet and its remote.
struct Desk {
    user: Fluxdeck,
}

impl Desk {
    fn new() -> Self {
        let user = Fluxdeck::new().set("GIT_CONFIG_NOSYSTEM", "1");
        user.write(".gitconfig", "[user]\n\tname = Ana\n\temail = ana@example.com\n[init]\n\tdefaultBranch = main\n");
        let desk = Self { user };
        desk.git(Path::new("/"), &["init", "-q", "--bare", &desk.remote().display().to_string()]);
        let copied = Command::new("cp").arg("-R").arg(fleet().join(".")).arg(desk.checkout()).status().expect("cp");
        assert!(copied.success());
        for arguments in [
            &["init", "-q"][..],
            &["add", "-A"],
            &["commit", "-q", "-m", "fleet"],
            &["remote", "add", "origin", &desk.remote().display().to_string()],
            &["push", "-q", "origin", "HEAD:main"],
        ] {
            desk.git(&desk.checkout(), arguments);
        }
        desk
    }

    fn checkout(&self) -> PathBuf {
        self.user.file("fleet")
    }

    fn remote(&self) -> PathBuf {
        self.user.file("remote.git")
    }

    fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).env_clear();
        command.env("HOME", self.user.file("")).env("PATH", std::env::var("PATH").unwrap_or_default());
        let done = command.output().expect("git");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// The branches of the remote, but for `main`.
    fn branches(&self) -> Vec<String> {
        let all = self.git(&self.remote(), &["branch", "--format=%(refname:short)"]);
        all.lines().filter(|name| *name != "main").map(str::to_owned).collect()
    }

    fn scale(&self, replicas: u32, more: &[&str]) -> Ran {
        let folder = self.checkout().display().to_string();
        let set = format!("replicas={replicas}");
        let fixed = ["run", "scale", "deploy/frontend", "--repo", &folder, "--kustomization", APPS, "--set", &set];
        self.user.run(&[&fixed[..], more].concat())
    }

    /// Makes the remote refuse every push with these words; returns the hook.
    fn refuse(&self, words: &str) -> PathBuf {
        let hook = self.remote().join("hooks/pre-receive");
        std::fs::write(&hook, format!("#!/bin/sh\necho '{words}'\nexit 1\n")).expect("a hook");
        assert!(Command::new("chmod").arg("755").arg(&hook).status().expect("chmod").success());
        hook
    }

    fn changes(&self) -> Vec<Value> {
        let ran = self.user.run(&["changes", "-o", "json"]);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }
}

#[test]
fn a_change_is_pushed_as_one_line_and_the_checkout_stays_as_it_is() {
    let desk = Desk::new();
    let ran = desk.scale(5, &["--push-only", "--reason", "black friday"]);
    assert_eq!(ran.code, 0, "{ran:?}");

    let branches = desk.branches();
    assert_eq!(branches.len(), 1, "{branches:?}");
    assert!(branches[0].starts_with("fluxdeck/deployment-web-frontend-"), "{branches:?}");
    let stat = desk.git(&desk.remote(), &["diff", "--numstat", "main", &branches[0]]);
    assert_eq!(stat, "1\t1\tflux/apps/production/web/kustomization.yaml");
    let message = desk.git(&desk.remote(), &["log", "-1", "--format=%an <%ae>%n%B", &branches[0]]);
    assert!(
        message.starts_with("Ana <ana@example.com>\nDeployment web/frontend: replicas 3 -> 5\n\nblack friday\n"),
        "{message}"
    );
    assert_eq!(desk.git(&desk.checkout(), &["status", "--porcelain"]), "");
    assert_eq!(desk.git(&desk.checkout(), &["branch", "--format=%(refname:short)"]), "main");
    let change = &desk.changes()[0];
    assert_eq!((&change["state"], &change["branch"]), (&"done".into(), &branches[0].as_str().into()));
}

#[test]
fn the_same_change_has_the_same_branch_and_another_one_another() {
    let desk = Desk::new();
    for _ in 0..2 {
        let ran = desk.scale(5, &["--push-only"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(desk.branches().len(), 1, "the branch is there already with this change");
    assert_eq!(desk.scale(7, &["--push-only"]).code, 0);
    assert_eq!(desk.branches().len(), 2);

    // once it is merged, nothing is left to change, and its branch is not used for the next round
    let merged = desk.branches().into_iter().next().expect("a branch");
    desk.git(&desk.remote(), &["update-ref", "refs/heads/main", &format!("refs/heads/{merged}")]);
    let count = desk.branches().len();
    let (first, second) = (desk.scale(5, &["--push-only"]), desk.scale(7, &["--push-only"]));
    assert_eq!((first.code, second.code), (0, 0), "{first:?} {second:?}");
    assert!([&first.err, &second.err].iter().any(|text| text.contains("nothing changes")), "{first:?} {second:?}");
    assert_eq!(desk.branches().len(), count + 1, "the other is planned again on the new head, on a branch of its own");
}

#[test]
fn a_push_that_is_refused_waits_says_the_rule_and_is_resumed() {
    let desk = Desk::new();
    let hook = desk.refuse("not on a friday");
    let ran = desk.scale(5, &["--push-only"]);
    assert!(ran.code == 1 && ran.err.contains("not on a friday"), "{ran:?}");
    assert!(ran.err.contains("fluxdeck changes resume "), "{}", ran.err);
    let change = &desk.changes()[0];
    assert_eq!(change["state"], "waiting");
    assert_eq!(desk.branches(), [""; 0]);

    std::fs::remove_file(hook).expect("a hook");
    let id = change["id"].as_str().expect("an id");
    let ran = desk.user.run(&["changes", "resume", id]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(desk.branches().len(), 1);
    let again = desk.user.run(&["changes", "resume", id]);
    assert!(again.code == 1 && again.err.contains("it is over"), "{again:?}");
}

/// No forge says that there may be one.
#[test]
fn that_a_fork_is_agreed_to_makes_none_where_the_push_is_refused_for_another_reason() {
    let desk = Desk::new();
    let hook = desk.refuse("not on a friday");
    let ran = desk.scale(5, &["--push-only", "--fork"]);
    assert!(ran.code == 1 && ran.err.contains("not on a friday") && !ran.err.contains("resume --fork"), "{ran:?}");
    let change = &desk.changes()[0];
    assert_eq!((&change["state"], &change["fork"]), (&"waiting".into(), &Value::Null));
    let id = change["id"].as_str().expect("an id");
    let again = desk.user.run(&["changes", "resume", id, "--fork"]);
    assert!(again.code == 1 && again.err.contains("not on a friday"), "{again:?}");
    std::fs::remove_file(hook).expect("a hook");
    let ran = desk.user.run(&["changes", "resume", id, "--fork"]);
    assert_eq!((ran.code, desk.branches().len()), (0, 1), "{ran:?}");
    let planned = desk.scale(7, &["--dry-run", "--fork"]);
    assert!(planned.code != 0 && planned.out.is_empty(), "a plan pushes nothing: {planned:?}");
}

#[test]
fn a_remote_that_is_gone_loses_nothing_and_what_is_dropped_is_not_sent() {
    let desk = Desk::new();
    let away = desk.user.file("away.git");
    std::fs::rename(desk.remote(), &away).expect("moved");
    let ran = desk.scale(5, &["--push-only", "--base", "main"]);
    assert!(ran.code != 0 && ran.out.is_empty(), "{ran:?}");
    std::fs::rename(&away, desk.remote()).expect("moved back");

    let hook = desk.refuse("no");
    assert_eq!(desk.scale(5, &["--push-only"]).code, 1);
    std::fs::remove_file(hook).expect("a hook");
    let id = desk.changes().last().and_then(|change| change["id"].as_str().map(str::to_owned)).expect("a change");
    assert_eq!(desk.user.run(&["changes", "drop", &id]).code, 0);
    assert_eq!(desk.changes().last().map(|change| change["state"].clone()), Some("stopped".into()));
    assert_eq!(desk.branches(), [""; 0]);
}

#[test]
fn a_base_that_moved_is_planned_again_and_another_plan_goes_back_to_the_review() {
    let desk = Desk::new();
    let hook = desk.refuse("no");
    assert_eq!(desk.scale(5, &["--push-only"]).code, 1);
    std::fs::remove_file(&hook).expect("a hook");
    let refused = desk.scale(5, &["--push-only", "--readonly"]);
    assert!(refused.code == 1 && refused.err.contains("read-only"), "{refused:?}");

    // somebody else changes the same line meanwhile
    let file = desk.checkout().join("flux/apps/production/web/kustomization.yaml");
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, text.replace("count: 3", "count: 4")).expect("written");
    desk.git(&desk.checkout(), &["commit", "-qam", "four"]);
    desk.git(&desk.checkout(), &["push", "-q", "origin", "HEAD:main"]);
    let ran = desk.scale(5, &["--push-only"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("4 -> 5"), "it is planned on the head of the branch: {}", ran.err);
}

#[test]
fn a_clone_that_many_make_at_once_is_made_once_and_whole() {
    let cache = tempfile::tempdir().expect("a folder");
    for round in 0..20 {
        let path = fluxdeck::git::clone_of(cache.path(), &format!("https://h/{round}"));
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| fluxdeck::git::make_clone(&path))).collect();
            for made in all {
                let made = made.join().expect("it ends");
                assert!(made.is_ok(), "{made:?}");
            }
        });
        assert!(path.join("HEAD").is_file() && path.join("objects").is_dir());
    }
    let names = std::fs::read_dir(cache.path().join("repositories")).expect("a folder");
    assert_eq!(names.count(), 20, "nothing else is left");
}

/// At a terminal nothing leaves the machine before a yes to what was shown.
#[test]
fn at_a_terminal_the_diff_is_shown_and_it_is_asked() {
    let desk = Desk::new();
    let folder = desk.checkout().display().to_string();
    let arguments =
        ["run", "scale", "deploy/frontend", "--repo", &folder, "--kustomization", APPS, "--set", "replicas=5", "--push-only"];
    for (answer, branches) in [("n\r", 0), ("\r", 0), ("y\r", 1)] {
        let mut screen = desk.user.open(&arguments, WIDE);
        screen.until("the question", SOON, |text| text.contains("push the branch? [y/N]") && text.contains("+  count: 5"));
        screen.keys(answer);
        assert_eq!(screen.end(SOON).success(), branches == 1, "{answer:?}");
        assert_eq!(desk.branches().len(), branches, "{answer:?}");
    }
    let ran = desk.scale(7, &["--push-only", "--yes"]);
    assert_eq!((ran.code, desk.branches().len()), (0, 2), "{ran:?}");
}

/// The repository is the one that the cluster names: a checkout is not needed, nor written to.
#[test]
fn a_dry_run_from_the_cluster_needs_no_checkout() {
    let user = Fluxdeck::new();
    let scale = ["run", "scale", "deploy/frontend", "-n", "web", "--set", "replicas=5", "--demo", "--dry-run"];
    let patch = user.run(&[&scale[..], &["-o", "patch"]].concat());
    assert!(patch.code == 0 && patch.out.starts_with("diff --git a/flux/apps/production/"), "{patch:?}");
    assert!(patch.err.contains("ops/fleet") && patch.err.contains("found by"), "{patch:?}");
    let ran = user.run(&[&scale[..], &["-o", "json"]].concat());
    let planned: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((&planned["outcome"], &planned["changes"][0]["after"]), (&"planned".into(), &"5".into()), "{planned}");
    assert!(planned["competing"].as_array().is_some_and(Vec::is_empty), "{planned}");

    let checkout = ["run", "scale", "deploy/checkout", "-n", "shop", "--set", "replicas=5", "--demo", "--dry-run", "-o", "json"];
    let ran = user.run(&checkout);
    let planned: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(planned["competing"][0]["number"], 2, "{planned}");
    let text = user.run(&checkout[..checkout.len() - 2]);
    assert!(text.out.contains("warning     open pull requests: #2 (by ben, open) changes the same field"), "{text:?}");

    // of the demo is only what it names, whatever is around
    assert!(user.command("git").args(["init", "-q"]).status().expect("git runs").success());
    let here = user.run(&scale);
    assert!(here.code == 0 && here.out.contains("ops/fleet"), "{here:?}");
}

/// The file of the production overlay, with another number.
fn overlay(desk: &Desk, replicas: u32) -> String {
    let path = desk.checkout().join("flux/apps/production/web/kustomization.yaml");
    let text = std::fs::read_to_string(path).expect("the overlay");
    let new = text.replace("count: 3", &format!("count: {replicas}"));
    assert_ne!(new, text);
    new
}

impl Desk {
    fn edit_file(&self, content: &str, more: &[&str]) -> Ran {
        let folder = self.checkout().display().to_string();
        self.user.write("new.yaml", content);
        let from = self.user.file("new.yaml").display().to_string();
        let layer = "flux/apps/production/web/kustomization.yaml:1";
        let fixed = ["run", "edit-file", "deploy/frontend", "--repo", &folder, "--kustomization", APPS];
        self.user.run(&[&fixed[..], &["--layer", layer, "--content", &from], more].concat())
    }
}

#[test]
fn a_file_edited_by_hand_is_pushed_as_it_was_saved() {
    let desk = Desk::new();
    let content = format!("{}# by hand\r\n# without an end", overlay(&desk, 6));
    let ran = desk.edit_file(&content, &["--push-only", "--reason", "black friday"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("spec.replicas: 3 -> 6") && ran.err.contains("passed      edit"), "{ran:?}");
    let branches = desk.branches();
    assert_eq!(branches.len(), 1, "{branches:?}");
    let shown = desk.git(&desk.remote(), &["show", &format!("{}:flux/apps/production/web/kustomization.yaml", branches[0])]);
    assert_eq!(shown, content.trim());
    assert_eq!(desk.git(&desk.checkout(), &["status", "--porcelain"]), "", "the checkout stays as it is");
    // once more: the same change, on the same branch
    assert_eq!(desk.edit_file(&content, &["--push-only"]).code, 0);
    assert_eq!(desk.branches().len(), 1);
    // it is in the journal, to be planned again in another run
    let change = &desk.changes()[0];
    assert_eq!((&change["state"], &change["branch"]), (&"done".into(), &branches[0].as_str().into()));
}

#[test]
fn a_file_edited_by_hand_is_printed_or_refused_before_anything_is_pushed() {
    let desk = Desk::new();
    let content = overlay(&desk, 6);
    let patch = desk.edit_file(&content, &["--dry-run", "-o", "patch"]);
    assert_eq!(patch.code, 0, "{patch:?}");
    assert!(patch.out.starts_with("diff --git a/flux/apps/production/web/kustomization.yaml"), "{patch:?}");
    desk.user.write("change.patch", &patch.out);
    let file = desk.user.file("change.patch").display().to_string();
    desk.git(&desk.checkout(), &["apply", "--check", &file]);
    let same = std::fs::read_to_string(desk.checkout().join("flux/apps/production/web/kustomization.yaml")).expect("there");
    let unchanged = desk.edit_file(&same, &["--dry-run"]);
    assert!(unchanged.code == 0 && unchanged.err.contains("nothing was changed"), "{unchanged:?}");
    for (content, more, code, why) in [
        ("a: [\n".to_owned(), &["--push-only"][..], 1, "flux/apps/production/web/kustomization.yaml: "),
        (format!("{content}components: [../nowhere]\n"), &["--push-only"], 1, "could not be built any more"),
        (content, &["--push-only", "--set", "spec.replicas=3"], 2, "sets no fields"),
    ] {
        let ran = desk.edit_file(&content, more);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.err.contains(why), "{why}: {ran:?}");
    }
    let folder = desk.checkout().display().to_string();
    let fixed = ["run", "edit-file", "deploy/frontend", "--repo", &folder, "--kustomization", APPS];
    let several = desk.user.run(&[&fixed[..], &["--dry-run"]].concat());
    assert_eq!(several.code, 2, "{several:?}");
    assert!(several.err.contains("several files make") && several.err.contains("--layer flux/apps/"), "{several:?}");
    assert_eq!(desk.branches(), [""; 0]);
}
