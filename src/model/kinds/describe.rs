//! A body in a few lines for the details screen: the spec as paths and values, and the history of applied revisions.
//!
//! Works on the whole body, fetched on demand. Payloads (values, templates, patches, data) are counted, never shown.

use std::borrow::Cow;

use serde_json::Value;

use super::Kind;
use super::draft::{list, number, string};
use crate::domain::duration;
use crate::domain::text::{counted, sanitise};

/// Keys whose content is a payload, wherever they stand.
const PAYLOADS: &[&str] = &[
    "values",
    "patch",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "postRenderers",
    "template",
    "jobTemplate",
    "volumeClaimTemplates",
    "resourcesTemplate",
    "data",
    "stringData",
    "binaryData",
    "schema",
    "caBundle",
];

/// More lines than a screen can use.
const LONGEST: usize = 200;

/// Returns the spec as `path` and value, in the order of the body; without a spec, the fields beside metadata and status.
///
/// Lists of plain values are joined; of objects, each is a line of `key=value` pairs under the same path. At most 200 lines.
pub fn describe(kind: &Kind, body: &Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    match &body["spec"] {
        Value::Null => {
            for (key, value) in body.as_object().into_iter().flatten() {
                if !matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "spec" | "status") {
                    flatten(kind, key, key, value, &mut lines);
                }
            }
        }
        spec => {
            for (key, value) in spec.as_object().into_iter().flatten() {
                flatten(kind, key, key, value, &mut lines);
            }
        }
    }
    bounded(lines)
}

/// Returns the status in the same form, its conditions first: `Ready`, `True  KubeletReady: kubelet is posting ready status`.
pub fn describe_status(kind: &Kind, body: &Value) -> Vec<(String, String)> {
    let status = &body["status"];
    let text = |condition: &Value, field: &str| sanitise(condition[field].as_str().unwrap_or_default()).into_owned();
    let condition = |condition: &Value| {
        let why = [text(condition, "reason"), text(condition, "message")].into_iter().filter(|part| !part.is_empty());
        let why = why.collect::<Vec<_>>().join(": ");
        (text(condition, "type"), format!("{}  {why}", text(condition, "status")).trim_end().to_owned())
    };
    let mut lines: Vec<_> = status["conditions"].as_array().into_iter().flatten().map(condition).collect();
    for (key, value) in status.as_object().into_iter().flatten().filter(|(key, _)| *key != "conditions") {
        flatten(kind, key, key, value, &mut lines);
    }
    bounded(lines)
}

fn bounded(mut lines: Vec<(String, String)>) -> Vec<(String, String)> {
    let more = lines.len().saturating_sub(LONGEST);
    if more > 0 {
        lines.truncate(LONGEST);
        lines.push(("…".to_owned(), format!("({more} more)")));
    }
    lines
}

/// Whether that key of that kind holds a payload. A ResourceSet's `resources` and `steps` are templates, a Receiver's are references.
fn is_payload(kind: &Kind, key: &str) -> bool {
    PAYLOADS.contains(&key) || kind.kind == "ResourceSet" && matches!(key, "resources" | "steps")
}

fn flatten(kind: &Kind, key: &str, path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let mut line = |text: String| lines.push((sanitise(path).into_owned(), text));
    match value {
        Value::Null => {}
        value if is_payload(kind, key) => line(size(value)),
        Value::Object(fields) if fields.is_empty() => line("{}".to_owned()),
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(kind, key, &format!("{path}.{key}"), value, lines);
            }
        }
        Value::Array(items) if items.iter().all(|item| plain(item).is_some()) => line(joined(items)),
        Value::Array(items) => {
            for item in items {
                line(pairs(kind, item));
            }
        }
        value => line(plain(value).unwrap_or_default().into_owned()),
    }
}

/// One object of a list in one line.
fn pairs(kind: &Kind, item: &Value) -> String {
    let mut out = Vec::new();
    collect(kind, "", item, &mut out);
    out.join(" ")
}

fn collect(kind: &Kind, path: &str, value: &Value, out: &mut Vec<String>) {
    let Some(fields) = value.as_object() else {
        return out.push(plain(value).map_or_else(|| size(value), Cow::into_owned));
    };
    for (key, value) in fields {
        let path = if path.is_empty() { sanitise(key).into_owned() } else { format!("{path}.{}", sanitise(key)) };
        match value {
            Value::Null => {}
            value if is_payload(kind, key) => out.push(format!("{path}={}", size(value))),
            Value::Object(_) => collect(kind, &path, value, out),
            Value::Array(items) if items.iter().all(|item| plain(item).is_some()) => {
                out.push(format!("{path}={}", joined(items)));
            }
            value => out.push(format!("{path}={}", plain(value).map_or_else(|| size(value), Cow::into_owned))),
        }
    }
}

fn joined(items: &[Value]) -> String {
    items.iter().filter_map(plain).collect::<Vec<_>>().join(", ")
}

/// The text of a plain value, fit for a screen; `None` for objects and lists.
fn plain(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(sanitise(text)),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        Value::Null => Some("null".into()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// The size of something that is not shown.
fn size(value: &Value) -> String {
    let count = |count: usize, word: &str| format!("… ({})", counted(count, word));
    match value {
        Value::Object(fields) => count(fields.len(), "key"),
        Value::Array(items) => count(items.len(), "entry"),
        Value::String(text) => count(text.lines().count(), "line"),
        _ => "…".to_owned(),
    }
}

/// Returns `status.history`, newest first, as rows of time, revision, status and duration; empty cells where nothing was written down.
///
/// Kustomization (kustomize-controller 1.7, Flux 2.7) and the operator's kinds keep snapshots (fluxcd/pkg `apis/meta/history.go`), a
/// HelmRelease keeps releases (helm-controller 0.37, Flux 2.2).
pub fn history(body: &Value) -> Vec<Vec<String>> {
    let status = &body["status"];
    let mut entries: Vec<&Value> = list(status, &["history"]).iter().collect();
    // releases are numbered; snapshots keep their order, for `None` equals `None`
    entries.sort_by_key(|entry| std::cmp::Reverse(number(entry, &["version"])));
    let mut rows: Vec<_> = entries.into_iter().map(row).collect();
    if let Some(newest) = rows.first_mut().filter(|newest| newest[3].is_empty()) {
        newest[3] = took(string(status, &["lastAttemptedReleaseActionDuration"]));
    }
    rows
}

fn row(entry: &Value) -> Vec<String> {
    let text = |paths: &[&[&str]]| {
        let found = paths.iter().map(|path| string(entry, path)).find(|text| !text.is_empty());
        sanitise(found.unwrap_or_default()).into_owned()
    };
    vec![
        text(&[&["lastReconciled"], &["lastDeployed"], &["firstDeployed"]]),
        text(&[&["chartVersion"], &["metadata", "revision"], &["metadata", "flux"], &["digest"]]),
        text(&[&["lastReconciledStatus"], &["status"]]),
        took(string(entry, &["lastReconciledDuration"])),
    ]
}

/// A Go duration as people write it; what is none as it is.
fn took(text: &str) -> String {
    duration::parse(text).map_or_else(|| sanitise(text).into_owned(), duration::brief)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::by_name;

    fn lines(kind: &str, body: &Value) -> Vec<String> {
        describe(by_name(kind)[0], body).into_iter().map(|(path, text)| format!("{path}: {text}")).collect()
    }

    #[test]
    fn a_status_begins_with_its_conditions() {
        let body = json!({"status": {
            "capacity": {"cpu": "4"},
            "conditions": [
                {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "the runtime is down"},
                {"type": "DiskPressure", "status": "False"}
            ]
        }});
        let expected =
            [("Ready", "False  KubeletNotReady: the runtime is down"), ("DiskPressure", "False"), ("capacity.cpu", "4")];
        let read = describe_status(crate::kinds::ANY, &body);
        assert_eq!(read.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>(), expected);
        assert!(describe_status(crate::kinds::ANY, &json!({})).is_empty());
    }

    #[test]
    fn a_spec_reads_as_paths_and_values() {
        let body = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "metadata": {"name": "web"},
            "spec": {
                "interval": "10m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "fleet"},
                "components": ["a", "b"],
                "dependsOn": [{"name": "infra"}, {"name": "crds", "namespace": "flux-system"}],
                "patches": [{"patch": "- op: remove\n  path: /spec"}],
                "postBuild": {"substitute": {"region": "eu"}, "substituteFrom": []},
                "commonMetadata": {}
            },
            "status": {"conditions": []}
        });

        let mut read = lines("ks", &body);
        read.sort();
        assert_eq!(
            read,
            [
                "commonMetadata: {}",
                "components: a, b",
                "dependsOn: name=crds namespace=flux-system",
                "dependsOn: name=infra",
                "interval: 10m",
                "patches: … (1 entry)",
                "postBuild.substitute.region: eu",
                "postBuild.substituteFrom: ",
                "prune: true",
                "sourceRef.kind: GitRepository",
                "sourceRef.name: fleet",
            ]
        );
    }

    #[test]
    fn payloads_are_counted_and_never_shown() {
        for (kind, body) in [
            ("secret", json!({"type": "Opaque", "data": {"a": "hunter2"}, "stringData": {"b": "hunter2"}})),
            ("hr", json!({"spec": {"values": {"password": "hunter2"}, "valuesFrom": [{"kind": "Secret", "name": "web"}]}})),
            ("deploy", json!({"spec": {"template": {"spec": {"containers": [{"env": [{"value": "hunter2"}]}]}}}})),
            ("rset", json!({"spec": {"resources": [{"stringData": {"a": "hunter2"}}], "resourcesTemplate": "a: hunter2"}})),
            ("gitrepo", json!({"spec": {"url": "https://bot:hunter2@git.example.com/fleet"}})),
            ("pod", json!({"spec": {"containers": [{"name": "web", "env": [{"name": "a", "value": "hunter2"}]}]}})),
        ] {
            let read = lines(kind, &body).join("\n");
            assert!(!read.contains("hunter2"), "{kind}: {read}");
        }
    }

    #[test]
    fn references_of_a_receiver_are_not_payload() {
        let body = json!({"spec": {"resources": [{"kind": "GitRepository", "name": "fleet", "matchLabels": {"a": "b"}}]}});

        assert_eq!(lines("receiver", &body), ["resources: kind=GitRepository matchLabels.a=b name=fleet"]);
    }

    #[test]
    fn nothing_hostile_and_nothing_endless_gets_through() {
        let long: Vec<_> = (0..500).map(|n| json!({"n": n})).collect();
        let read = lines("cm", &json!({"a\u{1b}[2J": "b\u{1b}[2J\nc", "rules": long}));

        assert_eq!(read.len(), 201);
        assert!(read.iter().all(|line| !line.contains(['\u{1b}', '\n'])));
        assert_eq!(read[200], "…: (301 more)");
    }

    #[test]
    fn history_is_newest_first_for_snapshots_and_releases() {
        let snapshots = json!({"status": {"history": [
            {"digest": "sha256:b", "lastReconciled": "2026-01-02T00:00:00Z", "lastReconciledStatus": "ReconciliationSucceeded",
             "lastReconciledDuration": "436.49ms", "metadata": {"revision": "main@sha1:2"}},
            {"digest": "sha256:a", "lastReconciled": "2026-01-01T00:00:00Z", "lastReconciledStatus": "BuildFailed"}
        ]}});
        let releases = json!({"status": {"lastAttemptedReleaseActionDuration": "3.697612738s", "history": [
            {"version": 9, "chartVersion": "1.0.0", "status": "superseded", "lastDeployed": "2026-01-01T00:00:00Z"},
            {"version": 10, "chartVersion": "1.1.0", "status": "deployed", "lastDeployed": "2026-01-02T00:00:00Z"}
        ]}});

        assert_eq!(
            history(&snapshots),
            [
                ["2026-01-02T00:00:00Z", "main@sha1:2", "ReconciliationSucceeded", "436ms"],
                ["2026-01-01T00:00:00Z", "sha256:a", "BuildFailed", ""],
            ]
        );
        assert_eq!(
            history(&releases),
            [["2026-01-02T00:00:00Z", "1.1.0", "deployed", "3.7s"], ["2026-01-01T00:00:00Z", "1.0.0", "superseded", ""],]
        );
        assert!(history(&json!({})).is_empty());
    }
}
