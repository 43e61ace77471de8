//! Helm values against the real helm-controller: who wins between a `targetPath` and the inline values, what is composed, what is masked.

use serde_json::{Value, json};

use super::actions::{Sandbox, admin};
use crate::harness::trials;
use crate::support::bed;
use crate::support::program::Fluxdeck;

/// What a release is made of, and what its config has then.
struct Row {
    name: &'static str,
    inline: Value,
    /// Text and targetPath of each item of `valuesFrom`.
    from: &'static [(&'static str, &'static str)],
    config: Value,
}

/// The table that settles it: at the top level, in a map, in a list; with and without an item before it.
fn table() -> Vec<Row> {
    let row = |name, inline: Value, from, config: Value| Row { name, inline, from, config };
    vec![
        row("top", json!({"a": "I"}), &[("T", "a")], json!({"a": "I"})),
        row("top-free", json!({"b": "I"}), &[("T", "a")], json!({"a": "T", "b": "I"})),
        row("top-after", json!({"a": "I"}), &[("a: F", ""), ("T", "a")], json!({"a": "I"})),
        row("nested", json!({"m": {"a": "I", "k": 1}}), &[("T", "m.a")], json!({"m": {"a": "T", "k": 1}})),
        row("nested-after", json!({"m": {"a": "I"}}), &[("m: {z: 9}", ""), ("T", "m.a")], json!({"m": {"a": "I", "z": 9}})),
        row(
            "nested-beside",
            json!({"m": {"a": "I"}}),
            &[("o: {z: 9}", ""), ("T", "m.a")],
            json!({"m": {"a": "T"}, "o": {"z": 9}}),
        ),
        row("nested-before", json!({"m": {"a": "I"}}), &[("T", "m.a"), ("m: {z: 9}", "")], json!({"m": {"a": "T", "z": 9}})),
        row(
            "nested-twice",
            json!({"m": {"a": "I", "b": "I"}}),
            &[("T", "m.a"), ("U", "m.b")],
            json!({"m": {"a": "T", "b": "I"}}),
        ),
        row("item", json!({"l": ["I", "J"]}), &[("T", "l[0]")], json!({"l": ["T", "J"]})),
        row("item-after", json!({"l": ["I"]}), &[("l: [9]", ""), ("T", "l[0]")], json!({"l": ["T"]})),
        row("item-longer", json!({"l": ["I"]}), &[("T", "l[1]")], json!({"l": ["I"]})),
        row("item-nested", json!({"m": {"l": ["I"]}}), &[("T", "m.l[1]")], json!({"m": {"l": ["I", "T"]}})),
        row("item-field", json!({"l": [{"x": "I"}]}), &[("l: [{x: 9}]", ""), ("T", "l[0].x")], json!({"l": [{"x": "T"}]})),
        row(
            "types",
            json!({}),
            &[("12", "i"), ("'12'", "s"), ("{1,b}", "l"), ("u,v=2", "t")],
            json!({"i": 12, "s": "12", "l": [1, "b"], "t": "u", "v": 2}),
        ),
        row(
            "order",
            json!({"a": {"z": 3}}),
            &[("a: {x: 1, w: 1}\nl: [1, 2]", ""), ("a: {w: 2}\nl: [3]", "")],
            json!({"a": {"x": 1, "w": 2, "z": 3}, "l": [3]}),
        ),
    ]
}

/// A HelmRelease of the bed's chart, with what its values are made of.
fn put(sandbox: &Sandbox, row: &Row) {
    let mut from = Vec::new();
    for (at, (text, target)) in row.from.iter().enumerate() {
        let name = format!("{}-{at}", row.name);
        let meta = json!({"name": name, "namespace": sandbox.name});
        sandbox
            .bed
            .apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"values.yaml": text}}), &[]);
        let mut item = json!({"kind": "ConfigMap", "name": name});
        if !target.is_empty() {
            item["targetPath"] = (*target).into();
        }
        from.push(item);
    }
    let spec = json!({
        "interval": "1h", "timeout": "30s", "values": row.inline, "valuesFrom": from,
        "chartRef": {"kind": "OCIRepository", "name": "web-chart", "namespace": "flux-system"},
        "install": {"disableWait": true}, "upgrade": {"disableWait": true},
    });
    sandbox.flux("helm.toolkit.fluxcd.io/v2", "HelmRelease", row.name, &spec);
}

/// What `values -o json` prints.
fn printed(user: &Fluxdeck, namespace: &str, arguments: &[&str]) -> Value {
    let ran = user.run(&[&["values", "-n", namespace, "-o", "json"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// All leaves as path and value.
fn flat(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flat(value, &below, found);
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| flat(value, &format!("{path}[{at}]"), found)),
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

fn values_are_composed_as_helm_controller_composes_them() {
    let bed = bed::alone();
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "values-table");
    let rows = table();
    rows.iter().for_each(|row| put(&sandbox, row));
    let mut wrong = Vec::new();
    for row in &rows {
        sandbox.settled("helmreleases.helm.toolkit.fluxcd.io", row.name);
        let mut expected = Vec::new();
        flat(&row.config, "", &mut expected);
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        let now = printed(&user, sandbox.name, &[row.name]);
        // what the release itself has is what the real controller made
        for (what, found) in [("now", &now), ("released", &printed(&user, sandbox.name, &[row.name, "--revision", "1"]))] {
            let mut keys: Vec<(String, Value)> = found["keys"]
                .as_array()
                .expect("keys")
                .iter()
                .map(|key| (key["path"].as_str().expect("a path").to_owned(), key["value"].clone()))
                .collect();
            keys.sort_by(|a, b| a.0.cmp(&b.0));
            if keys != expected {
                wrong.push(format!("{} {what}: {keys:?}, not {expected:?}", row.name));
            }
        }
        if now["notReleased"] != 0 {
            wrong.push(format!("{}: {} keys differ from the release", row.name, now["notReleased"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn releases_are_compared_and_secrets_stay_masked() {
    let bed = bed::alone();
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "values-releases");
    let meta = json!({"name": "db", "namespace": sandbox.name});
    bed.apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"pw": "PLANTED-word"}}), &[]);
    let spec = |replicas: u32| {
        json!({
            "interval": "1h", "timeout": "30s", "values": {"replicas": replicas, "podLabels": {"team": "shop"}},
            "valuesFrom": [{"kind": "Secret", "name": "db", "valuesKey": "pw", "targetPath": "db.url"}],
            "chartRef": {"kind": "OCIRepository", "name": "web-chart", "namespace": "flux-system"},
            "install": {"disableWait": true}, "upgrade": {"disableWait": true},
        })
    };
    for replicas in [1, 2] {
        sandbox.flux("helm.toolkit.fluxcd.io/v2", "HelmRelease", "web", &spec(replicas));
        let is_there = || {
            let now = user.run(&["values", "web", "-n", sandbox.name, "-o", "json"]);
            let now: Value = serde_json::from_str(&now.out).ok()?;
            (now["releases"].as_array().is_some_and(|all| all.len() == replicas as usize) && now["notReleased"] == 0)
                .then_some(())
        };
        crate::support::within(std::time::Duration::from_secs(60), is_there).expect("it is released");
    }
    let wide = user.run(&["values", "web", "-n", sandbox.name, "--all", "-o", "wide"]);
    for words in ["replicas: 2  # spec.values", "url: <masked>  # Secret db (pw) at db.url", "# chart default"] {
        assert!(wide.code == 0 && wide.out.contains(words), "{words}: {wide:?}");
    }
    let keys = user.run(&["values", "web", "-n", sandbox.name, "--diff"]);
    assert_eq!((keys.code, keys.out.as_str()), (0, "~ replicas: 1 → 2\n"), "{keys:?}");
    let objects = user.run(&["values", "hr/web", "-n", sandbox.name, "--diff", "1..2", "--manifest"]);
    assert!(objects.out.contains("-  replicas: 1\n+  replicas: 2\n"), "{objects:?}");
    for ran in [wide, keys, objects] {
        assert!(!ran.out.contains("PLANTED") && !ran.err.contains("PLANTED"), "{ran:?}");
    }
}

trials!(values_are_composed_as_helm_controller_composes_them, releases_are_compared_and_secrets_stay_masked);
