//! The exam notices what is wrong: programs that do planted harm get the verdict that they deserve.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::Kustomize;
use super::difference::{Spot, Step, outcome};
use super::draw::Question;
use super::plain::replaced;
use super::scratch::Scratch;
use super::verdict::{Examiner, Independent, Verdict};
use crate::harness::trials;

const KUSTOMIZATION: &str = "resources: [settings.yaml, tokens.yaml]\nlabels: [{pairs: {team: web}}]\n";
const TOKENS: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: tokens}\n";
const SETTINGS: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  level: info # why\n  size: \"1\"\n";

/// A repository, and a program that does always the same.
struct Planted {
    home: TempDir,
    scratch: Scratch,
}

impl Planted {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let folder = home.path().join("planted");
        std::fs::create_dir(&folder).expect("a folder");
        for (name, text) in [("kustomization.yaml", KUSTOMIZATION), ("settings.yaml", SETTINGS), ("tokens.yaml", TOKENS)] {
            std::fs::write(folder.join(name), text).expect("a file");
        }
        Self { scratch: Scratch::of(&folder, false), home }
    }

    fn program(&self, script: &str) -> PathBuf {
        let path = self.home.path().join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        path
    }

    /// The result of `level: debug`, asked of a program.
    fn verdict(&self, kustomize: &Kustomize, script: &str) -> Verdict {
        let before = kustomize.build(self.scratch.root(), ".").expect("it builds");
        let spot = Spot { object: 0, path: ["data", "level"].map(|key| Step::Key(key.to_owned())).to_vec() };
        let question = Question {
            folder: ".".to_owned(),
            spot,
            object: "ConfigMap/settings".to_owned(),
            namespace: String::new(),
            field: "data.level".to_owned(),
            new: json!("debug"),
        };
        Examiner { program: self.program(script), kustomize, scratch: &self.scratch }.ask(&question, &before)
    }
}

/// A script that prints the patch from a file to another text.
fn patch(old: &str, new: &str) -> String {
    let count = |text: &str| text.lines().count();
    let lines = |sign: char, text: &str| text.lines().map(|line| format!("{sign}{line}\n")).collect::<String>();
    let head = format!("--- a/settings.yaml\n+++ b/settings.yaml\n@@ -1,{} +1,{} @@\n", count(old), count(new));
    format!("cat <<'EOF'\n{head}{}{}EOF", lines('-', old), lines('+', new))
}

fn a_program_that_does_planted_harm_is_noticed() {
    let (kustomize, planted) = (Kustomize::find(), Planted::new());
    let with = |from: &str, to: &str| patch(SETTINGS, &SETTINGS.replace(from, to));
    let harm = [
        ("the field is \"info\"", with("size: \"1\"", "size: \"2\"")),
        ("the field is true", with("level: info", "level: true")),
        ("a comment is lost", with("level: info # why", "level: debug")),
        ("does not build any more", with("level: info", "level: {")),
        ("git does not apply the patch", patch(&SETTINGS.replace("info", "warn"), SETTINGS)),
        ("no patch, and no refusal", "exit 0".to_owned()),
        ("refused, with something on standard output", "echo a; exit 1".to_owned()),
        ("it wrote:", "echo '# more' >> \"$5/settings.yaml\"; exit 1".to_owned()),
    ];
    for (wanted, script) in harm {
        match planted.verdict(&kustomize, &script) {
            Verdict::Wrong(what) => assert!(what.contains(wanted), "{wanted}: {what}"),
            other => panic!("{wanted}: {other:?}"),
        }
    }
    let right = planted.verdict(&kustomize, &with("level: info", "level: debug"));
    assert!(matches!(right, Verdict::Right { removed: 1, added: 1 }), "{right:?}");
    let over_two = planted.verdict(&kustomize, &with("info # why\n  size: \"1\"", "debug # why\n  size: '1'"));
    assert!(matches!(over_two, Verdict::Right { removed: 2, added: 2 }), "{over_two:?}");
    let refused = planted.verdict(&kustomize, "echo 'fluxdeck: not today' >&2; exit 1");
    assert!(matches!(&refused, Verdict::Refused { reason, .. } if reason == "not today"), "{refused:?}");
    let crashed = planted.verdict(&kustomize, "exit 101");
    assert!(matches!(crashed, Verdict::Crashed(_)), "{crashed:?}");
}

/// A label that two fields have is refused, with the others' names and without.
fn a_refusal_that_does_not_name_who_shares_the_place_is_noticed() {
    let (kustomize, planted) = (Kustomize::find(), Planted::new());
    let before = kustomize.build(planted.scratch.root(), ".").expect("it builds");
    let spot = Spot { object: 0, path: ["metadata", "labels", "team"].map(|key| Step::Key(key.to_owned())).to_vec() };
    let asked = |script: &str| {
        let (folder, object, field) = (".".to_owned(), "ConfigMap/settings".to_owned(), "metadata.labels.team".to_owned());
        let question = Question { folder, spot: spot.clone(), object, namespace: String::new(), field, new: json!("data") };
        Examiner { program: planted.program(script), kustomize: &kustomize, scratch: &planted.scratch }.ask(&question, &before)
    };
    let place = r#"echo '{"layers": [{"file": "kustomization.yaml", "line": 2, "column": 25}]}'"#;
    for (names, wanted) in [("Secret web/tokens metadata.labels.team: web -> data", true), ("nobody", false)] {
        let verdict =
            asked(&format!("[ $1 = where ] && {place} && exit 0; echo 'also changes' >&2; echo '  {names}' >&2; exit 1"));
        let Verdict::Refused { independent: Independent::Shared { is_named, .. }, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!(is_named, wanted, "{names}");
    }
}

fn spot(object: usize, keys: &[&str]) -> Spot {
    Spot { object, path: keys.iter().map(|key| Step::Key((*key).to_owned())).collect() }
}

/// A generated ConfigMap and what refers to it.
fn generated(suffix: &str, level: &Value) -> Vec<Value> {
    let name = format!("settings-{suffix}");
    vec![
        json!({ "kind": "ConfigMap", "metadata": { "name": name }, "data": { "level": level } }),
        json!({ "kind": "Pod", "metadata": { "name": "web" }, "spec": { "config": name, "replicas": 1 } }),
    ]
}

fn suffixes_of_generated_names_and_their_references_are_consequences_and_nothing_else_is() {
    let before = generated("4hk9b7tm52", &json!("info"));
    let level = spot(0, &["data", "level"]);
    let after = generated("mmtt442299", &json!("debug"));
    let right = outcome(&before, &after, &level, &json!("debug"));
    assert!(right.is_right() && right.consequences == 2, "{right:?}");
    let other_name = outcome(&before, &generated("not-a-hash", &json!("debug")), &level, &json!("debug"));
    assert_eq!(other_name.elsewhere.len(), 2, "{other_name:?}");
    let mut elsewhere = after.clone();
    elsewhere[1]["spec"]["replicas"] = json!(2);
    let elsewhere = outcome(&before, &elsewhere, &level, &json!("debug"));
    assert_eq!(elsewhere.elsewhere, ["Pod/web spec.replicas: 1 became 2"]);
    let of_another_type = outcome(&before, &generated("mmtt442299", &json!(true)), &level, &json!("true"));
    assert_eq!(of_another_type.missed.as_deref(), Some("true"));
    let fewer = outcome(&before, &after[..1], &level, &json!("debug"));
    assert!(!fewer.is_right(), "{fewer:?}");
}

fn a_plain_replacement_replaces_one_scalar() {
    let cases = [
        ("a: b # c\n", (1, 4), Some("a: X # c\n")),
        ("a: 'it''s' \n", (1, 4), Some("a: X \n")),
        ("a: \"\\\"\"\n", (1, 4), Some("a: X\n")),
        ("a: &x b\n", (1, 4), Some("a: &x X\n")),
        ("ä: {b: ö, c: d}\n", (1, 8), Some("ä: {b: X, c: d}\n")),
        ("a: [b, c]\n", (1, 8), Some("a: [b, X]\n")),
        ("a: |\n  b\n\n  c\nd: e\n", (1, 4), Some("a: X\nd: e\n")),
        ("- a: |\n    b\n  c: d\n", (1, 6), Some("- a: X\n  c: d\n")),
        ("a: b\r\nc: d\r\n", (2, 4), Some("a: b\r\nc: X\r\n")),
        ("a: *b\n", (1, 4), None),
        ("a: {b: c}\n", (1, 4), None),
        ("a: b\n", (3, 1), None),
    ];
    for (text, (line, column), wanted) in cases {
        assert_eq!(replaced(text, line, column, "X").as_deref(), wanted, "{text}");
    }
}

trials![
    a_program_that_does_planted_harm_is_noticed,
    a_refusal_that_does_not_name_who_shares_the_place_is_noticed,
    suffixes_of_generated_names_and_their_references_are_consequences_and_nothing_else_is,
    a_plain_replacement_replaces_one_scalar,
];
