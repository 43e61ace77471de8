//! How objects merge: what identifies the items of a list, and laying one object over another. That is what server-side apply does with
//! a configuration (structured-merge-diff `typed/merge.go`) and what a strategic merge patch does with an object of a built-in kind
//! (apimachinery `util/strategicpatch/patch.go`), with the directives that kubectl writes.

use serde_json::{Map, Value};

use super::kind::{Kind, list};
use super::text;

/// How a list is merged.
pub(super) enum Items {
    /// By the fields that identify an item.
    Keyed(Vec<String>),
    /// As a set of values.
    Set,
    /// Whole.
    Atomic,
}

/// Lists of built-in kinds that are merged by key (the `+listMapKey` markers of k8s.io/api).
const KEYED: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("env", &["name"]),
    ("imagePullSecrets", &["name"]),
    ("conditions", &["type"]),
    ("hostAliases", &["ip"]),
];

/// Says how the list at a path of a kind is merged; a path has names only, no indices.
pub(super) fn items(kind: &Kind, path: &str) -> Items {
    let last = path.rsplit('/').next().unwrap_or_default();
    let keyed = |keys: &[&str]| Items::Keyed(keys.iter().map(|key| (*key).to_owned()).collect());
    match (path, last) {
        ("/metadata/finalizers", _) => Items::Set,
        ("/metadata/ownerReferences", _) => keyed(&["uid"]),
        _ if kind.is_custom => by_schema(kind, path),
        ("/spec/ports", _) => keyed(&["port", "protocol"]),
        (_, "ports") => keyed(&["containerPort", "protocol"]),
        _ => KEYED.iter().find(|(name, _)| *name == last).map_or(Items::Atomic, |(_, keys)| keyed(keys)),
    }
}

fn by_schema(kind: &Kind, path: &str) -> Items {
    fn step<'a>(schema: &'a Value, name: &str) -> &'a Value {
        let inside = if schema["properties"].is_object() { schema } else { &schema["items"] };
        inside["properties"].get(name).unwrap_or(&schema["additionalProperties"])
    }
    let schema = path.split('/').skip(1).fold(&kind.schema, step);
    match text(schema, "/x-kubernetes-list-type") {
        "map" => {
            let keys = list(schema, "/x-kubernetes-list-map-keys").iter().filter_map(Value::as_str);
            Items::Keyed(keys.map(str::to_owned).collect())
        }
        "set" => Items::Set,
        _ => Items::Atomic,
    }
}

/// What identifies an item of a list; a port's protocol is TCP unless it says so.
pub(super) fn identity<'a>(item: &Value, keys: impl IntoIterator<Item = &'a String>) -> Map<String, Value> {
    let part = |key: &String| {
        let default = || if key == "protocol" { "TCP".into() } else { Value::Null };
        (key.clone(), item.get(key).cloned().unwrap_or_else(default))
    };
    keys.into_iter().map(part).collect()
}

/// The directives of a strategic merge patch. Custom kinds have no such patches: there these are fields like any other.
const DIRECTIVES: &[&str] = &["$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList"];

/// Lays a patch over an object: null removes, maps merge, lists as [`items`] says, everything else replaces.
pub(in crate::demo) fn merge(kind: &Kind, place: &str, object: &mut Value, patch: &Value) {
    match (patch, patch.is_array().then(|| items(kind, place))) {
        (Value::Object(parts), _) => {
            let is_directive = |name: &str| !kind.is_custom && DIRECTIVES.contains(&name.split('/').next().unwrap_or_default());
            if !object.is_object() || (is_directive("$patch") && patch["$patch"] == "replace") {
                *object = Value::Object(Map::new());
            }
            let fields = object.as_object_mut().expect("made an object above");
            for (name, part) in parts.iter().filter(|(name, _)| !is_directive(name)) {
                if part.is_null() {
                    fields.remove(name);
                } else {
                    merge(kind, &format!("{place}/{name}"), fields.entry(name.clone()).or_insert(Value::Null), part);
                }
            }
            for (name, part) in parts.iter().filter(|(name, _)| is_directive(name)) {
                direct(kind, place, fields, name, part);
            }
        }
        (Value::Array(parts), Some(Items::Keyed(keys))) => {
            if !object.is_array() {
                *object = Value::Array(Vec::new());
            }
            let found = object.as_array_mut().expect("made a list above");
            for part in parts {
                let at = found.iter().position(|item| identity(item, &keys) == identity(part, &keys));
                match (at, !kind.is_custom && part["$patch"] == "delete") {
                    (Some(at), true) => drop(found.remove(at)),
                    (None, true) => (),
                    (Some(at), false) => merge(kind, place, &mut found[at], part),
                    (None, false) => {
                        found.push(Value::Null);
                        merge(kind, place, found.last_mut().expect("just added"), part);
                    }
                }
            }
        }
        (Value::Array(parts), Some(Items::Set)) if object.is_array() => {
            let found = object.as_array_mut().expect("tested above");
            let missing: Vec<_> = parts.iter().filter(|part| !found.contains(part)).cloned().collect();
            found.extend(missing);
        }
        _ => *object = patch.clone(),
    }
}

/// Carries out a directive of a strategic merge patch on the fields of an object that is already merged.
fn direct(kind: &Kind, place: &str, fields: &mut Map<String, Value>, name: &str, part: &Value) {
    let parts = part.as_array().map_or(&[][..], Vec::as_slice);
    match name.split_once('/').unwrap_or((name, "")) {
        ("$retainKeys", _) => fields.retain(|name, _| parts.iter().any(|kept| kept == name)),
        ("$deleteFromPrimitiveList", of) => {
            if let Some(found) = fields.get_mut(of).and_then(Value::as_array_mut) {
                found.retain(|item| !parts.contains(item));
            }
        }
        ("$setElementOrder", of) => {
            let Some(found) = fields.get_mut(of).and_then(Value::as_array_mut) else { return };
            let keys = if let Items::Keyed(keys) = items(kind, &format!("{place}/{of}")) { keys } else { Vec::new() };
            let is_it = |item: &Value, part: &Value| {
                if part.is_object() { identity(item, &keys) == identity(part, &keys) } else { item == part }
            };
            // what the sender does not know stays behind what he does
            found.sort_by_key(|item| parts.iter().position(|part| is_it(item, part)).unwrap_or(usize::MAX));
        }
        _ => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patches_merge_by_what_identifies_items() {
        let deployment = Kind::built_in().find(|kind| kind.kind == "Deployment").expect("built in");
        let live = json!({"replicas": 1, "containers": [{"name": "web", "image": "web:1"}, {"name": "log", "image": "log:1"}], "args": ["a", "b"]});
        for (patch, merged) in [
            (
                json!({"replicas": null, "containers": [{"name": "log", "image": "log:2"}]}),
                json!({"containers": [{"name": "web", "image": "web:1"}, {"name": "log", "image": "log:2"}], "args": ["a", "b"]}),
            ),
            (
                json!({"containers": [{"name": "web", "$patch": "delete"}], "args": ["c"]}),
                json!({"replicas": 1, "containers": [{"name": "log", "image": "log:1"}], "args": ["c"]}),
            ),
            (
                json!({"containers": [{"name": "new"}], "$setElementOrder/containers": [{"name": "new"}, {"name": "log"}, {"name": "web"}]}),
                json!({"replicas": 1, "containers": [{"name": "new"}, {"name": "log", "image": "log:1"}, {"name": "web", "image": "web:1"}], "args": ["a", "b"]}),
            ),
            (json!({"$retainKeys": ["replicas"], "replicas": 2}), json!({"replicas": 2})),
            (json!({"$patch": "replace", "replicas": 3}), json!({"replicas": 3})),
            (json!({"$deleteFromPrimitiveList/args": ["a"], "containers": null}), json!({"replicas": 1, "args": ["b"]})),
        ] {
            let mut object = live.clone();
            merge(&deployment, "/spec/template/spec", &mut object, &patch);
            assert_eq!(object, merged, "{patch}");
        }
    }

    #[test]
    fn values_of_custom_kinds_may_be_called_as_they_like() {
        let release = Kind { is_custom: true, ..Kind::default() };
        let values = json!({"spec": {"values": {"$schema": "x", "$patch": "replace"}}});
        let mut object = json!({"spec": {"values": {"kept": true}}});
        merge(&release, "", &mut object, &values);
        assert_eq!(object, json!({"spec": {"values": {"kept": true, "$schema": "x", "$patch": "replace"}}}));
    }
}
