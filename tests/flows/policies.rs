//! What a repository says of changes: programs that check them, once somebody has allowed it, and the file that says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::program::{Fluxdeck, Ran};
use fluxdeck_model::guards::RepositoryPolicy;

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {interval: 1h, path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {interval: 1h, url: https://git.example.test/fleet}\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: web}]}\n";
/// No workload may have more than five.
const SCRIPT: &str = "#!/bin/sh\nif grep -rn 'replicas: [6-9]' clusters; then echo 'at most 5 replicas' >&2; exit 3; fi\necho checked $(cat $FLUXDECK_CHANGED)\n";
const RULES: &str = "[changes]\nlabels = [\"fleet\"]\n[[policy]]\nname = \"replicas\"\ncommand = [\"./ci/replicas.sh\"]\nwhen = { kinds = [\"Deployment.apps\"] }\n";

/// A user with a checkout and its remote.
struct Desk {
    user: Fluxdeck,
}

impl Desk {
    fn new(rules: &str) -> Self {
        let user = Fluxdeck::new().set("GIT_CONFIG_NOSYSTEM", "1").set("SECRET_TOKEN", "PLANTED");
        user.write(".gitconfig", "[user]\n\tname = Ana\n\temail = ana@example.com\n[init]\n\tdefaultBranch = main\n");
        let desk = Self { user };
        desk.git(Path::new("/"), &["init", "-q", "--bare", &desk.remote().display().to_string()]);
        std::fs::create_dir_all(desk.checkout()).expect("a folder");
        desk.git(&desk.checkout(), &["init", "-q"]);
        desk.git(&desk.checkout(), &["remote", "add", "origin", &desk.remote().display().to_string()]);
        for (path, text) in [("clusters/prod/root.yaml", ROOT), ("clusters/prod/web.yaml", WEB), ("ci/replicas.sh", SCRIPT)] {
            desk.write(path, text);
        }
        if !rules.is_empty() {
            desk.write(".fluxdeck.toml", rules);
        }
        desk.pushed();
        desk
    }

    fn checkout(&self) -> PathBuf {
        self.user.file("fleet")
    }

    fn remote(&self) -> PathBuf {
        self.user.file("remote.git")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.checkout().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    fn pushed(&self) {
        self.git(&self.checkout(), &["add", "-A"]);
        self.git(&self.checkout(), &["commit", "-q", "-m", "fleet"]);
        self.git(&self.checkout(), &["push", "-q", "origin", "HEAD:main"]);
    }

    fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).env_clear();
        command.env("HOME", self.user.file("")).env("PATH", std::env::var("PATH").unwrap_or_default());
        let done = command.output().expect("git");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let folder = self.checkout().display().to_string();
        self.user.run(&[arguments, &["--repo", &folder]].concat())
    }

    fn scale(&self, replicas: u32, more: &[&str]) -> Ran {
        let set = format!("replicas={replicas}");
        self.run(&[&["run", "scale", "deploy/web", "-n", "web", "--set", &set, "--push-only", "--base", "main"], more].concat())
    }

    fn branches(&self) -> usize {
        self.git(&self.remote(), &["branch", "--format=%(refname:short)"]).lines().filter(|name| *name != "main").count()
    }
}

/// The line of the check.
fn policy(ran: &Ran) -> String {
    let line = ran.err.lines().find(|line| line.contains("policy replicas:"));
    line.unwrap_or_else(|| panic!("no policy: {ran:?}")).to_owned()
}

#[test]
fn programs_of_a_repository_run_once_they_are_allowed_and_what_they_find_counts() {
    let desk = Desk::new(RULES);
    let ran = desk.scale(7, &[]);
    assert_eq!(policy(&ran), "not run     policy replicas: nobody has allowed it yet");
    assert!(ran.code == 0 && ran.err.lines().any(|line| line.starts_with("labels") && line.ends_with("fleet")), "{ran:?}");

    let ran = desk.run(&["trust"]);
    assert!(ran.out.contains("./ci/replicas.sh") && ran.out.contains("for kinds Deployment.apps"), "{ran:?}");
    assert!(ran.out.contains("they use of it: ci/replicas.sh") && ran.out.contains("not allowed yet"), "{ran:?}");
    assert!(desk.run(&["trust", "--yes"]).out.contains("\nallowed: "));
    let ran = desk.scale(6, &[]);
    assert_eq!(policy(&ran), "failed      policy replicas: exit 3: clusters/prod/web.yaml:5:  replicas: 6 / at most 5 replicas");
    assert!(ran.code == 1 && ran.err.contains("a check has failed: nothing is pushed"), "{ran:?}");
    assert_eq!(desk.branches(), 1);
    assert_eq!(desk.scale(6, &["--wide"]).code, 0, "it is accepted by name");
    let ran = desk.scale(5, &[]);
    assert_eq!((ran.code, policy(&ran).as_str()), (0, "passed      policy replicas: checked clusters/prod/web.yaml"));

    let revoked = desk.run(&["trust", "--revoke", "-o", "json"]);
    assert!(revoked.json::<serde_json::Value>()["allowed"] == false, "{revoked:?}");
    assert!(policy(&desk.scale(4, &[])).ends_with("nobody has allowed it yet"));
    assert_eq!(policy(&desk.scale(4, &["--run-policy"])), "passed      policy replicas: checked clusters/prod/web.yaml");
}

#[test]
fn what_was_allowed_is_not_another_program_and_the_work_tree_chooses_none() {
    let desk = Desk::new(RULES);
    desk.run(&["trust", "--yes"]);
    // not committed: the base branch decides
    desk.write("ci/replicas.sh", "#!/bin/sh\nexit 9\n");
    desk.write(".fluxdeck.toml", "");
    assert_eq!(policy(&desk.scale(5, &[])), "passed      policy replicas: checked clusters/prod/web.yaml");
    // the same words, with another content of the script
    desk.write(".fluxdeck.toml", RULES);
    desk.pushed();
    assert_eq!(policy(&desk.scale(4, &[])), "not run     policy replicas: nobody has allowed it yet");
    let none = Desk::new("");
    assert!(none.run(&["trust"]).out.starts_with("the repository names no programs"));
    assert!(!none.scale(4, &[]).err.contains("policy"));
}

#[test]
fn ci_runs_the_programs_of_the_base_where_it_says_so() {
    let desk = Desk::new(RULES);
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("note [repository-policy] .fluxdeck.toml: policy replicas not run: --run-policy"), "{ran:?}");
    assert!(!desk.run(&["check", "--run-policy"]).out.contains("[repository-policy]"));
    desk.git(&desk.checkout(), &["checkout", "-q", "-b", "more"]);
    desk.write("clusters/prod/web.yaml", &WEB.replace("replicas: 2", "replicas: 8"));
    // a change that would judge itself
    desk.write(".fluxdeck.toml", "");
    desk.git(&desk.checkout(), &["commit", "-qam", "eight"]);
    let ran = desk.run(&["check", "--since", "origin/main", "--run-policy"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("error [repository-policy] .fluxdeck.toml: policy replicas failed: exit 3: "), "{ran:?}");
    desk.write("clusters/prod/web.yaml", WEB);
    desk.write("clusters/prod/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\n");
    desk.git(&desk.checkout(), &["add", "-A"]);
    desk.git(&desk.checkout(), &["commit", "-qm", "a map"]);
    let ran = desk.run(&["check", "--since", "origin/main", "--run-policy"]);
    assert!(!ran.out.contains("[repository-policy]"), "it is for Deployments: {ran:?}");
}

#[test]
fn init_writes_the_file_once_with_what_it_learned() {
    let desk = Desk::new("");
    desk.write("clusters/prod/flux-system/gotk-components.yaml", "# Flux Version: v2.9.0\n");
    let printed = desk.run(&["init", "--stdout"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed.out.contains("# deny = [\"clusters/prod/flux-system/**\"]") && printed.out.contains("# sign-off = false"),
        "{printed:?}"
    );
    let path = desk.checkout().join(".fluxdeck.toml");
    assert!(!path.exists(), "it was only printed");
    let written = desk.run(&["init"]);
    assert_eq!(written.code, 0, "{written:?}");
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert_eq!(text, printed.out);
    assert_eq!(RepositoryPolicy::read(text.as_bytes()).expect("it is read"), RepositoryPolicy::default(), "it changes nothing");
    desk.write(".fluxdeck.toml", "deny = [\"a\"]\n");
    let again = desk.run(&["init"]);
    assert!(again.code == 1 && again.err.contains("is there already"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "deny = [\"a\"]\n");
}

/// A policy that moves the base branch while it looks at a change, as another person does who merges, and refuses what that person has
/// merged.
const MOVES: &str = "#!/bin/sh\nif test -f clusters/refused; then echo 'not beside that' >&2; exit 3; fi\nif test ! -f clusters/moved; then git --git-dir=REMOTE update-ref refs/heads/main refs/heads/next; fi\necho fine\n";

/// A desk whose base branch is another one as soon as the policy has run; `merged`: what the other person has merged.
fn moving(merged: &[(&str, &str)]) -> Desk {
    let desk = Desk::new(RULES);
    let script = MOVES.replace("REMOTE", &desk.remote().display().to_string());
    desk.write("ci/replicas.sh", &script);
    desk.pushed();
    desk.git(&desk.checkout(), &["checkout", "-q", "-b", "next"]);
    merged.iter().for_each(|(path, text)| desk.write(path, &text.replace("SCRIPT", &script)));
    desk.git(&desk.checkout(), &["add", "-A"]);
    desk.git(&desk.checkout(), &["commit", "-q", "-m", "merged by another user"]);
    desk.git(&desk.checkout(), &["push", "-q", "origin", "HEAD:next"]);
    desk.git(&desk.checkout(), &["checkout", "-q", "main"]);
    desk
}

fn proposed(desk: &Desk) -> usize {
    desk.branches() - 1
}

#[test]
fn programs_are_asked_again_where_the_base_has_moved_and_what_they_find_there_stops_the_change() {
    let desk = moving(&[("clusters/refused", "x")]);
    let ran = desk.scale(5, &["--run-policy"]);
    assert_eq!(policy(&ran), "passed      policy replicas: fine", "on the base that was reviewed");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("main has moved, and policy replicas fails there: exit 3: not beside that"), "{ran:?}");
    assert_eq!(proposed(&desk), 0, "nothing is pushed");
    // once it is reviewed there, a person may accept it
    let ran = desk.scale(5, &["--run-policy", "--wide"]);
    assert_eq!((ran.code, proposed(&desk)), (0, 1), "{ran:?}");
}

#[test]
fn the_same_answers_on_a_base_that_has_moved_let_the_change_go_on_and_it_says_so() {
    let desk = moving(&[("clusters/moved", "x")]);
    let ran = desk.scale(5, &["--run-policy"]);
    assert_eq!((ran.code, proposed(&desk)), (0, 1), "{ran:?}");
    assert!(ran.err.contains(": same patch, same proof, same answers of policy replicas"), "{ran:?}");
}

#[test]
fn a_program_that_is_another_one_where_the_base_has_moved_is_not_run() {
    let other = ("ci/replicas.sh", "SCRIPT\ntouch /dev/null\n");
    for (merged, why) in [
        (vec![other], "policy replicas was not run there: nobody has allowed it yet"),
        (vec![(".fluxdeck.toml", "")], "policy replicas is not asked for there"),
    ] {
        let desk = moving(&merged);
        desk.run(&["trust", "--yes"]);
        let ran = desk.scale(5, &[]);
        assert_eq!((policy(&ran).as_str(), ran.code), ("passed      policy replicas: fine", 1), "{ran:?}");
        assert!(ran.err.contains(&format!("main has moved, and {why}")), "{ran:?}");
        assert_eq!(proposed(&desk), 0);
    }
}

#[test]
fn a_dry_run_asks_the_programs_that_are_allowed_and_says_how_to_allow_them() {
    let desk = Desk::new(RULES);
    let dry = |replicas: u32, more: &[&str]| {
        let set = format!("replicas={replicas}");
        desk.run(&[&["run", "scale", "deploy/web", "-n", "web", "--set", &set, "--dry-run"], more].concat())
    };
    let line = |ran: &Ran| ran.out.lines().find(|line| line.contains("policy replicas:")).unwrap_or_default().to_owned();
    let ran = dry(4, &[]);
    assert_eq!((ran.code, line(&ran).as_str()), (0, "not run     policy replicas: nobody has allowed it yet"), "{ran:?}");
    assert!(
        ran.err.contains("`fluxdeck trust` shows what a policy runs, and allows it; --run-policy runs it this time"),
        "{ran:?}"
    );
    let ran = dry(4, &["--run-policy"]);
    assert_eq!((ran.code, line(&ran).as_str()), (0, "passed      policy replicas: checked clusters/prod/web.yaml"), "{ran:?}");
    let ran = dry(7, &["--run-policy", "-o", "patch"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("failed      policy replicas: exit 3: ") && ran.out.contains("+  replicas: 7"), "{ran:?}");
    assert_eq!(dry(7, &["--run-policy", "--wide"]).code, 0, "it is accepted by name");

    desk.run(&["trust", "--yes"]);
    let ran = dry(7, &["-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let checks = report["checks"].clone();
    let found =
        checks.as_array().and_then(|all| all.iter().find(|one| one["check"] == "policy replicas").cloned()).unwrap_or_default();
    assert_eq!((ran.code, found["verdict"].as_str()), (1, Some("failed")), "{ran:?}");
    // a revision has the programs of its own files
    desk.write("ci/replicas.sh", "#!/bin/sh\nexit 9\n");
    assert!(line(&dry(4, &[])).ends_with("nobody has allowed it yet"), "the files that are here are others");
    assert_eq!(line(&dry(4, &["--rev", "main"])), "passed      policy replicas: checked clusters/prod/web.yaml");
    assert_eq!(desk.branches(), 0, "nothing is pushed");
}
