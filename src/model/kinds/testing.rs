//! The shortest way from invented JSON to a record, for the tests of the kinds.

use serde_json::{Value, json};

use super::{Kind, Reader, Wire};
use crate::domain::health::Health;
use crate::domain::{ClusterId, GroupKind, Object};

/// The moment at which the tests read.
pub const NOW: &str = "2026-01-01T00:10:00Z";

/// Reads `object` in the kind's newest version; its metadata is that of `apps/web`, generation 1, with the object's own laid over it.
pub fn read(kind: &'static Kind, object: &Value) -> Object {
    read_in(kind.versions[0], kind, object)
}

/// As [`read`], in that version.
pub fn read_in(version: &str, kind: &'static Kind, object: &Value) -> Object {
    let mut whole = object.clone();
    let namespace = if kind.namespaced { "apps" } else { "" };
    let mut metadata =
        json!({"name": "web", "namespace": namespace, "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"});
    for (key, value) in object["metadata"].as_object().into_iter().flatten() {
        metadata[key] = value.clone();
    }
    whole["metadata"] = metadata;
    let wire: Wire = serde_json::from_str(&whole.to_string()).expect("an object of the API");
    let gk = GroupKind::new(kind.group, kind.kind);
    Reader::new(ClusterId(0), gk, version, kind).read(&wire, NOW.parse().expect("a time"))
}

/// Asserts health and reason of every case: what is special about it, the object, the verdict.
pub fn table(kind: &'static Kind, cases: &[(&str, Value, Health, &str)]) {
    for (case, object, health, reason) in cases {
        let verdict = read(kind, object).verdict;
        assert_eq!((verdict.health, &*verdict.reason), (*health, *reason), "{}: {case}: {}", kind.kind, verdict.message);
    }
}

/// The edges as `word Kind.group namespace/name`.
pub fn edges(object: &Object) -> Vec<String> {
    object.edges.iter().map(|edge| format!("{} {} {}", edge.relation.word(), edge.to.gk, edge.to.path())).collect()
}

/// The cells as text.
pub fn cells(object: &Object) -> Vec<&str> {
    object.facts.cells.iter().map(|cell| &**cell).collect()
}
