#![allow(clippy::needless_pass_by_value, reason = "what `json!` makes is passed as it is")]

use serde_json::{Value, json};

use super::*;
use crate::kinds::masked::MASKED;

fn spec(values: Value, from: Value) -> ValuesSpec {
    ValuesSpec::read(&json!({"spec": {"values": values, "valuesFrom": from}}))
}

fn text(text: &str) -> ReferenceData {
    ReferenceData::Text(text.to_owned())
}

fn reference(target: &str, is_literal: bool) -> ValuesReference {
    ValuesReference {
        kind: "ConfigMap".into(),
        name: "c".into(),
        target: target.into(),
        is_literal,
        ..ValuesReference::default()
    }
}

/// Inline values, items of `valuesFrom` as text and targetPath, and what the real code makes of it.
fn composes(inline: Value, from: &[(&str, &str)]) -> Result<Value, String> {
    let parts: Vec<_> = from.iter().map(|(text, target)| (reference(target, false), (*text).to_owned())).collect();
    composed(&inline, &parts)
}

/// Random cases with the answers of fluxcd/pkg `chartutil` v1.35.0 with helm.sh/helm `strvals` v3.18.4; null: it refuses.
#[test]
fn compositions_are_those_of_the_real_code() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in include_str!("answers.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let part =
            |it: &Value| (reference(it[1].as_str().expect("a path"), it[2] == true), it[0].as_str().expect("a text").to_owned());
        let parts: Vec<_> = case["refs"].as_array().expect("a list").iter().map(part).collect();
        let found = composed(&case["inline"], &parts);
        if found.as_ref().ok() != Some(&case["result"]).filter(|result| !result.is_null()) {
            wrong.push(format!("{line}\n  {found:?}"));
        }
        count += 1;
    }
    assert!(count >= 200 && wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn who_wins_between_a_target_path_and_inline_values() {
    let (t, u, m, o) = (("T", ""), ("U", ""), ("m: {z: 9}", ""), ("o: {z: 9}", ""));
    let at = |value: (&'static str, &str), path: &'static str| (value.0, path);
    for (why, inline, from, expected) in [
        ("top level: inline", json!({"a": "I"}), vec![at(t, "a")], json!({"a": "I"})),
        ("top level, inline has no such key", json!({"b": "I"}), vec![at(t, "a")], json!({"a": "T", "b": "I"})),
        ("nested: the path", json!({"m": {"a": "I"}}), vec![at(t, "m.a")], json!({"m": {"a": "T"}})),
        (
            "nested, an earlier item has something in the same map: inline",
            json!({"m": {"a": "I"}}),
            vec![m, at(t, "m.a")],
            json!({"m": {"a": "I", "z": 9}}),
        ),
        (
            "nested, an earlier item elsewhere: the path",
            json!({"m": {"a": "I"}}),
            vec![o, at(t, "m.a")],
            json!({"m": {"a": "T"}, "o": {"z": 9}}),
        ),
        ("nested, an item after it: the path", json!({"m": {"a": "I"}}), vec![at(t, "m.a"), m], json!({"m": {"a": "T", "z": 9}})),
        (
            "two paths in one map: of the second, inline",
            json!({"m": {"a": "I", "b": "I"}}),
            vec![at(t, "m.a"), at(u, "m.b")],
            json!({"m": {"a": "T", "b": "I"}}),
        ),
        ("an item of a list: the path", json!({"l": ["I", "J"]}), vec![at(t, "l[0]")], json!({"l": ["T", "J"]})),
        (
            "an item of a list, the list is in an earlier item too: the path",
            json!({"l": ["I"]}),
            vec![("l: [9]", ""), at(t, "l[0]")],
            json!({"l": ["T"]}),
        ),
        ("behind the end of a list at the top level: inline", json!({"l": ["I"]}), vec![at(t, "l[1]")], json!({"l": ["I"]})),
        (
            "behind the end of a list in a map: the path",
            json!({"m": {"l": ["I"]}}),
            vec![at(t, "m.l[1]")],
            json!({"m": {"l": ["I", "T"]}}),
        ),
        (
            "a field in an item of a list: the path",
            json!({"l": [{"x": "I"}]}),
            vec![("l: [{x: 9}]", ""), at(t, "l[0].x")],
            json!({"l": [{"x": "T"}]}),
        ),
        ("two paths at one item: the second", json!({"l": ["I"]}), vec![at(t, "l[0]"), at(u, "l[0]")], json!({"l": ["U"]})),
    ] {
        assert_eq!(composes(inline, &from), Ok(expected), "{why}");
    }
}

#[test]
fn items_are_merged_in_their_order_and_refused_where_helm_controller_refuses_them() {
    for (inline, from, expected) in [
        (
            json!({"a": {"z": 3}}),
            vec![("a: {x: 1, w: 1}\nl: [1, 2]", ""), ("a: {w: 2}\nl: [3]", "")],
            json!({"a": {"x": 1, "w": 2, "z": 3}, "l": [3]}),
        ),
        (json!({"a": null}), vec![("a: 1", "")], json!({"a": null})),
        (Value::Null, vec![("", ""), ("# nothing", "")], json!({})),
        (Value::Null, vec![("a: yes\nb: 1.0", "")], json!({"a": true, "b": 1})),
    ] {
        let found = composes(inline, &from);
        assert_eq!(found.map(|found| found.to_string()), Ok(expected.to_string()), "{from:?}");
    }
    for (inline, from) in [
        (json!([1]), vec![]),
        (Value::Null, vec![("[1]", "")]),
        (Value::Null, vec![("a: [", "")]),
        (Value::Null, vec![("a: text", ""), ("1", "a.b")]),
        (Value::Null, vec![("x", "a[99999]")]),
        (Value::Null, vec![("x", "a[-1]")]),
    ] {
        assert!(composes(inline, &from).is_err(), "{from:?}");
    }
}

/// The keys with their values and layers.
fn rows(list: &KeyList) -> Vec<(String, String, String)> {
    list.keys.iter().map(|key| (key.path.clone(), key.shown(false), key.layer.word())).collect()
}

fn row(path: &str, value: &str, layer: &str) -> (String, String, String) {
    (path.to_owned(), value.to_owned(), layer.to_owned())
}

fn stored(number: u64, config: Value, defaults: Value, manifest: &str) -> StoredRelease {
    let release = json!({
        "name": "web", "namespace": "apps", "version": number, "config": config, "manifest": manifest,
        "info": {"status": "deployed", "last_deployed": "2026-11-21T07:37:12.5Z"},
        "chart": {"metadata": {"name": "web", "version": "1.4.0", "appVersion": "2"}, "values": defaults,
            "files": [{"name": "values-prod.yaml", "data": "cmVwbGljYXM6IDMK"}]},
    });
    StoredRelease::read(&release, &["./values-prod.yaml".to_owned()]).expect("a release")
}

fn releases(all: Vec<StoredRelease>) -> StoredReleases {
    StoredReleases { all, gaps: Vec::new() }
}

#[test]
fn each_key_has_its_layer_and_what_it_overrides() {
    let spec = spec(
        json!({"replicas": 5, "probe": null, "image": {"tag": "2"}}),
        json!([{"kind": "ConfigMap", "name": "base"}, {"kind": "Secret", "name": "db", "valuesKey": "pw", "targetPath": "db.key"}]),
    );
    let data = [text("replicas: 2\nqueue: orders\n"), text("hunter2hunter2")];
    let defaults = json!({"replicas": 1, "image": {"name": "web", "tag": "1"}, "probe": {"path": "/"}, "args": ["a"]});
    let config = json!({"replicas": 5, "probe": null, "image": {"tag": "2"}, "queue": "orders", "db": {"key": "hunter2hunter2"}});
    let found = ReleaseValues::of(&spec, &data, releases(vec![stored(1, config, defaults, "")]));
    assert_eq!(
        rows(&found.now),
        [
            row("args[0]", "a", "chart default"),
            row("db.key", MASKED, "Secret db (pw) at db.key"),
            row("image.name", "web", "chart default"),
            row("image.tag", "\"2\"", "spec.values"),
            row("probe", "null (removes the chart's default)", "spec.values"),
            row("queue", "orders", "ConfigMap base"),
            row("replicas", "5", "spec.values"),
        ]
    );
    let replicas = found.now.keys.iter().find(|key| key.path == "replicas").expect("a key");
    let over: Vec<_> = replicas.over.iter().map(|over| (over.layer.word(), over.shown(false))).collect();
    assert_eq!(over, [("ConfigMap base".to_owned(), "2".to_owned()), ("chart default".to_owned(), "1".to_owned())]);
    let secret = found.now.keys.iter().find(|key| key.is_secret).expect("a secret");
    assert_eq!((secret.shown(true), secret.json()), ("hunter2hunter2".to_owned(), json!(MASKED)));
    assert_eq!((found.pending, found.pending_words(), found.gaps.len()), (Some(0), None, 0));
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    assert_eq!(
        annotated(&found.now, false, true),
        "db:\n  key: <masked>  # Secret db (pw) at db.key\nimage:\n  tag: \"2\"  # spec.values\nprobe: null  # spec.values\nqueue: orders  # ConfigMap base\nreplicas: 5  # spec.values\n"
    );
    assert!(annotated(&found.now, true, false).starts_with("args:\n- a\ndb:\n"), "{}", annotated(&found.now, true, false));
}

#[test]
fn a_default_names_the_values_file_that_says_so() {
    let body = json!({"spec": {"chart": {"spec": {"valuesFiles": ["values.yaml", "./values-prod.yaml"]}}}});
    let all = releases(vec![stored(1, Value::Null, json!({"replicas": 3, "other": 1}), "")]);
    let found = ReleaseValues::of(&ValuesSpec::read(&body), &[], all);
    assert_eq!(rows(&found.now), [row("other", "1", "valuesFiles"), row("replicas", "3", "valuesFiles ./values-prod.yaml")]);
}

#[test]
fn what_is_missing_or_not_read_is_said_and_the_release_says_what_it_gave() {
    let from = json!([
        {"kind": "ConfigMap", "name": "gone", "optional": true},
        {"kind": "ConfigMap", "name": "wanted"},
        {"kind": "Secret", "name": "closed"},
    ]);
    let data = [ReferenceData::Missing, ReferenceData::Missing, ReferenceData::Unread("you may not read it".to_owned())];
    let config = json!({"a": 1, "login": "from-the-secret"});
    let found = ReleaseValues::of(&spec(json!({"a": 1}), from), &data, releases(vec![stored(4, config, Value::Null, "")]));
    assert_eq!(rows(&found.now), [row("a", "1", "spec.values"), row("login", MASKED, "Secret closed")]);
    assert_eq!(found.pending, None);
    let gaps = found.gaps.join("\n");
    assert!(
        gaps.contains("ConfigMap wanted: it is not there") && gaps.contains("Secret closed: not read (you may not"),
        "{gaps}"
    );
    assert!(!gaps.contains("gone"), "{gaps}");
}

#[test]
fn sensitive_names_and_texts_of_secrets_are_masked_wherever_they_are() {
    let values = json!({"adminPassword": "a", "env": [{"name": "API_TOKEN", "value": "b"}], "url": "host=pw-of-secret", "n": 1});
    let from = json!([{"kind": "Secret", "name": "db"}]);
    let found = ReleaseValues::of(&spec(values, from), &[text("inner: pw-of-secret\n")], StoredReleases::default());
    let masked: Vec<_> = found.now.keys.iter().filter(|key| key.shown(false) == MASKED).map(|key| key.path.as_str()).collect();
    assert_eq!(masked, ["adminPassword", "env[0].value", "inner", "url"]);
    assert_eq!(found.secrets(), 4);
}

#[test]
fn what_is_wrong_with_a_secret_does_not_say_what_it_is() {
    let from = json!([{"kind": "Secret", "name": "db", "targetPath": "a"}, {"kind": "Secret", "name": "db"}]);
    let found = ReleaseValues::of(&spec(Value::Null, from), &[text("x,hunter2"), text("- hunter2")], StoredReleases::default());
    let gaps = found.gaps.join("\n");
    assert!(found.gaps.len() == 2 && !gaps.contains("hunter2"), "{gaps}");
}

#[test]
fn releases_differ_in_keys_and_in_objects_and_secrets_stay_masked() {
    let manifest = |replicas: u32, password: &str| {
        format!(
            "---\n# Source: web/a.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  url: x={password}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: web}}\nstringData: {{a: {password}}}\n"
        )
    };
    let old = stored(
        1,
        json!({"replicas": 2, "db": {"key": "old-secret"}, "gone": "words"}),
        json!({"tag": "1"}),
        &manifest(2, "old-secret"),
    );
    let new = stored(2, json!({"replicas": 3, "db": {"key": "new-secret"}}), json!({"tag": "2"}), &manifest(3, "new-secret"));
    let from = json!([{"kind": "Secret", "name": "db", "valuesKey": "pw", "targetPath": "db.key"}]);
    let found = ReleaseValues::of(&spec(json!({"replicas": 3}), from), &[text("new-secret")], releases(vec![new, old]));
    let changes = found.changes(1, 2);
    let rows: Vec<_> = changes.iter().map(|it| format!("{} {} {}", it.sign(), it.path, it.shown(false))).collect();
    assert_eq!(rows, ["~ db.key <masked> (another value)", "- gone <masked>", "~ replicas 2 → 3", "~ tag \"1\" → \"2\""]);
    assert_eq!(changes[0].shown(true), "old-secret → new-secret");

    let patch = found.manifests(1, 2);
    assert!(patch.text.contains("-  replicas: 2\n+  replicas: 3\n"), "{}", patch.text);
    assert!(patch.text.contains("+++ b/Deployment/apps/web.yaml") && !patch.text.contains("-secret"), "{}", patch.text);
    assert_eq!((patch.objects, patch.gap), (1, None), "{}", patch.text);
}

#[test]
fn what_is_not_released_yet_is_counted() {
    let all = releases(vec![stored(7, json!({"a": 1, "b": 2}), Value::Null, "")]);
    let found = ReleaseValues::of(&spec(json!({"a": 1, "c": 3}), Value::Null), &[], all);
    assert_eq!(found.pending_words().as_deref(), Some("2 keys differ from release 7, the newest: not released yet"));
    let changes: Vec<_> = found.pending_changes().iter().map(|it| format!("{}{}", it.sign(), it.path)).collect();
    assert_eq!(changes, ["-b", "+c"]);
}

#[test]
fn paths_are_written_as_set_reads_them() {
    let steps = [PathStep::Key("a.b".into()), PathStep::Item(2), PathStep::Key("c".into())];
    assert_eq!(written(&steps), "a\\.b[2].c");
}
