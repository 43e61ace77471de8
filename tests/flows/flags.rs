//! Forms without a screen: flags and `--set` answer the same fields, by the same parser.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fluxdeck"));
    command.env_clear().env("HOME", home.path()).env("TMPDIR", home.path());
    command.args(arguments).args(["--demo", "--dry-run"]).output().expect("fluxdeck runs")
}

/// What would be sent, without the moment and the uid.
fn sent(arguments: &[&str]) -> String {
    const AT: &str = "\"fluxdeck.dev/suspended-at\":\"";
    let done = run(arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).expect("text");
    match text.split_once(AT).and_then(|(head, rest)| Some((head, rest.split_once('"')?.1))) {
        Some((head, tail)) => format!("{head}{AT}{tail}"),
        None => text,
    }
}

#[test]
fn a_flag_and_an_assignment_are_the_same_answer() {
    let web = ["scale", "deploy", "web", "-n", "web"];
    let of = |more: &[&str]| sent(&[&web[..], more].concat());
    let flagged = of(&["--replicas", "5"]);
    assert!(flagged.contains("{\"replicas\":5}"), "{flagged}");
    assert_eq!(flagged, of(&["--set", "replicas=5"]));
    let apps = ["suspend", "ks", "apps", "-n", "flux-system"];
    let reason = |more: &[&str]| sent(&[&apps[..], more].concat());
    assert_eq!(reason(&["--reason", "db = slow"]), reason(&["--set", "reason=db = slow"]));
}

#[test]
fn what_is_wrong_with_an_answer_is_said_before_anything_is_asked() {
    for (arguments, expected) in [
        (&["scale", "deploy", "web", "--replicas", "many"][..], "`many` is not a valid number of replicas"),
        (&["scale", "deploy", "web", "--set", "replica=3"], "did you mean `replicas`?"),
        (&["scale", "deploy", "web", "--set", "replicas"], "write --set FIELD=VALUE"),
        (&["scale", "deploy", "web", "--set", "replicas="], "--replicas COUNT"),
        (&["scale", "deploy", "web", "--replicas", "3", "--set", "replicas=4"], "`replicas` is said twice"),
        (&["scale", "deploy", "web"], "--replicas <COUNT>"),
        (&["suspend", "ks", "apps", "--until", "soon"], "`soon` is not a valid time"),
        (&["suspend", "ks", "apps", "--reason", "two\nlines"], "why must be one line"),
        (&["delete", "ks", "apps", "--set", "a=b"], "unexpected argument '--set'"),
    ] {
        let done = run(arguments);
        let output = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(2) && output.contains(expected), "{arguments:?}: {output}");
        assert!(done.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn one_command_does_what_the_kind_and_its_flags_say() {
    let forced = run(&["reconcile", "ks", "apps", "-n", "flux-system", "--force"]);
    assert_eq!(String::from_utf8_lossy(&forced.stdout), "Kustomization flux-system/apps: a Kustomization cannot be forced\n");
    let both = sent(&["reconcile", "ks", "apps", "-n", "flux-system", "--with-source"]);
    let first = both.lines().next().unwrap_or_default();
    assert!(first.starts_with("PATCH GitRepository") && both.contains("PATCH Kustomization flux-system/apps"), "{both}");
    let spelt = sent(&["suspend", "source", "git", "apps", "-n", "flux-apps"]);
    assert!(spelt.starts_with("PATCH GitRepository flux-apps/apps"), "{spelt}");
}
