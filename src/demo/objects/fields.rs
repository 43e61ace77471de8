//! Who owns which field: managedFields and server-side apply (structured-merge-diff `merge/update.go`, apimachinery
//! `util/managedfields`), as far as live actions, `kubectl apply --server-side` and kustomize-controller need them.
//!
//! An object without managedFields belongs to nobody: the first who applies owns what is applied.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{text, time};

/// A leaf, in the spelling of `fieldsV1`: `f:spec`, `f:containers`, `k:{"name":"web"}`, `f:image`.
type Path = Vec<String>;

/// How a list is merged.
pub(super) enum Items {
    /// By the fields that identify an item.
    Keyed(Vec<String>),
    /// As a set of values.
    Set,
    /// Whole.
    Atomic,
}

struct Entry {
    manager: String,
    operation: String,
    subresource: String,
    version: String,
    time: String,
    fields: BTreeSet<Path>,
}

/// A field that another manager owns with another value.
pub(in crate::demo) struct Conflict {
    /// As the server prints it: `"flux" using kustomize.toolkit.fluxcd.io/v1 at …`.
    pub manager: String,
    pub path: String,
}

/// Fields of metadata that nobody owns.
const UNOWNED: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generateName",
];

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
            let keys = super::list(schema, "/x-kubernetes-list-map-keys").iter().filter_map(Value::as_str);
            Items::Keyed(keys.map(str::to_owned).collect())
        }
        "set" => Items::Set,
        _ => Items::Atomic,
    }
}

/// Applies a configuration for a manager.
///
/// # Errors
/// The fields that others own with other values, unless the manager forces.
pub(in crate::demo) fn apply(
    kind: &Kind,
    live: &Value,
    config: &Value,
    manager: &str,
    force: bool,
    now: Timestamp,
) -> Result<Value, Vec<Conflict>> {
    let wished = leaves(kind, config);
    let mut entries = entries(live);
    let mut conflicts = Vec::new();
    for entry in entries.iter_mut().filter(|entry| !(entry.manager == manager && entry.operation == "Apply")) {
        let differs = |path: &&Path| at(live, path) != at(config, path);
        let taken: Vec<_> = entry.fields.intersection(&wished).filter(differs).cloned().collect();
        if force {
            entry.fields.retain(|path| !taken.contains(path));
        } else {
            conflicts.extend(taken.iter().map(|path| Conflict { manager: entry.printed(), path: printed(path) }));
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut merged = live.clone();
    merge(kind, "", &mut merged, config);
    let mine = entries.iter().position(|entry| entry.manager == manager && entry.operation == "Apply");
    if let Some(mine) = mine.map(|at| entries.remove(at)) {
        let gone = mine
            .fields
            .iter()
            .filter(|path| !wished.contains(*path) && !entries.iter().any(|entry| entry.fields.contains(*path)));
        for path in gone {
            remove(&mut merged, path);
        }
    }
    let version = text(config, "/apiVersion").to_owned();
    let entry = Entry {
        manager: manager.to_owned(),
        operation: "Apply".into(),
        subresource: String::new(),
        version,
        time: time(now),
        fields: wished,
    };
    entries.insert(0, entry);
    write(&mut merged, &entries);
    Ok(merged)
}

/// Notes who changed what with a write that is no apply: he owns it from now on, and nobody owns what is gone.
pub(in crate::demo) fn claim(kind: &Kind, before: &Value, after: &mut Value, manager: &str, subresource: &str, now: Timestamp) {
    let present = leaves(kind, after);
    let changed: BTreeSet<_> = present.iter().filter(|path| at(before, path) != at(after, path)).cloned().collect();
    let mut entries = entries(before);
    for entry in &mut entries {
        entry.fields.retain(|path| at(after, path).is_some() && !changed.contains(path));
    }
    if !changed.is_empty() {
        let is_mine =
            |entry: &&mut Entry| entry.manager == manager && entry.operation == "Update" && entry.subresource == subresource;
        let version = text(after, "/apiVersion").to_owned();
        match entries.iter_mut().find(is_mine) {
            Some(entry) => {
                entry.fields.extend(changed);
                entry.time = time(now);
            }
            None => entries.push(Entry {
                manager: manager.to_owned(),
                operation: "Update".into(),
                subresource: subresource.to_owned(),
                version,
                time: time(now),
                fields: changed,
            }),
        }
    }
    write(after, &entries);
}

impl Entry {
    fn printed(&self) -> String {
        let mut out = format!("\"{}\"", self.manager);
        if !self.subresource.is_empty() {
            out.push_str(&format!(" with subresource \"{}\"", self.subresource));
        }
        if self.operation == "Update" {
            out.push_str(&format!(" using {} at {}", self.version, self.time));
        }
        out
    }
}

fn entries(object: &Value) -> Vec<Entry> {
    let entry = |entry: &Value| {
        let mut fields = BTreeSet::new();
        gather(&entry["fieldsV1"], &mut Vec::new(), &mut fields);
        Entry {
            manager: text(entry, "/manager").to_owned(),
            operation: text(entry, "/operation").to_owned(),
            subresource: text(entry, "/subresource").to_owned(),
            version: text(entry, "/apiVersion").to_owned(),
            time: text(entry, "/time").to_owned(),
            fields,
        }
    };
    super::list(object, "/metadata/managedFields").iter().map(entry).collect()
}

fn gather(fields: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    for (name, below) in fields.as_object().into_iter().flatten() {
        path.push(name.clone());
        if below.as_object().is_none_or(Map::is_empty) {
            found.insert(path.clone());
        }
        gather(below, path, found);
        path.pop();
    }
}

fn write(object: &mut Value, entries: &[Entry]) {
    let entry = |entry: &Entry| {
        let mut fields = json!({});
        for path in &entry.fields {
            let end = path.iter().fold(&mut fields, |fields, part| &mut fields[part.as_str()]);
            if end.is_null() {
                *end = json!({});
            }
        }
        let mut written = json!({
            "manager": entry.manager, "operation": entry.operation, "apiVersion": entry.version, "time": entry.time,
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        if !entry.subresource.is_empty() {
            written["subresource"] = entry.subresource.as_str().into();
        }
        written
    };
    let written: Vec<_> = entries.iter().filter(|entry| !entry.fields.is_empty()).map(entry).collect();
    object["metadata"]["managedFields"] = written.into();
}

/// The leaves of an object that can be owned.
fn leaves(kind: &Kind, object: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    for (name, value) in
        object.as_object().into_iter().flatten().filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind"))
    {
        if name == "metadata" {
            for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !UNOWNED.contains(&name.as_str())) {
                let mut path = vec!["f:metadata".to_owned(), format!("f:{name}")];
                descend(kind, &format!("/metadata/{name}"), value, &mut path, &mut found);
            }
        } else {
            descend(kind, &format!("/{name}"), value, &mut vec![format!("f:{name}")], &mut found);
        }
    }
    found
}

fn descend(kind: &Kind, place: &str, value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    match (value, value.is_array().then(|| items(kind, place))) {
        (Value::Object(fields), _) if !fields.is_empty() => {
            for (name, value) in fields {
                path.push(format!("f:{name}"));
                descend(kind, &format!("{place}/{name}"), value, path, found);
                path.pop();
            }
        }
        (Value::Array(values), Some(Items::Keyed(keys))) => {
            for value in values {
                path.push(format!("k:{}", identity(value, &keys)));
                found.insert([path.as_slice(), &[".".to_owned()]].concat());
                descend(kind, place, value, path, found);
                path.pop();
            }
        }
        (Value::Array(values), Some(Items::Set)) => {
            found.extend(values.iter().map(|value| [path.as_slice(), &[format!("v:{value}")]].concat()));
        }
        _ => drop(found.insert(path.clone())),
    }
}

/// What identifies an item of a list; a port's protocol is TCP unless it says so.
fn identity(item: &Value, keys: &[String]) -> Value {
    let part = |key: &String| {
        let found = item.get(key).cloned();
        let value = found.unwrap_or_else(|| if key == "protocol" { "TCP".into() } else { Value::Null });
        (key.clone(), value)
    };
    Value::Object(keys.iter().map(part).collect())
}

fn is_identified(item: &Value, wished: &Map<String, Value>) -> bool {
    let keys: Vec<_> = wished.keys().cloned().collect();
    identity(item, &keys).as_object() == Some(wished)
}

/// Whether a value is what a part of a path says of it.
fn is_written(item: &Value, text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value == *item)
}

fn at<'a>(object: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| match part.split_at_checked(2) {
        Some(("f:", name)) => value.get(name),
        Some(("k:", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
            value.as_array()?.iter().find(|item| is_identified(item, &keys))
        }
        Some(("v:", wished)) => value.as_array()?.iter().find(|item| is_written(item, wished)),
        // that an item is there at all
        _ => Some(&Value::Null),
    })
}

fn remove(object: &mut Value, path: &Path) {
    let Some((last, parents)) = path.split_last() else { return };
    // an item of a list goes with its keys
    let (last, parents) = if last == "." { parents.split_last().map_or((last, parents), |it| it) } else { (last, parents) };
    let parent = parents.iter().try_fold(object, |value, part| match part.split_at_checked(2) {
        Some(("f:", name)) => value.get_mut(name),
        Some(("k:", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
            value.as_array_mut()?.iter_mut().find(|item| is_identified(item, &keys))
        }
        _ => None,
    });
    match (parent, last.split_at_checked(2)) {
        (Some(Value::Object(fields)), Some(("f:", name))) => drop(fields.remove(name)),
        (Some(Value::Array(items)), Some(("k:", keys))) => {
            if let Ok(keys) = serde_json::from_str(keys) {
                items.retain(|item| !is_identified(item, &keys));
            }
        }
        (Some(Value::Array(items)), Some(("v:", value))) => items.retain(|item| !is_written(item, value)),
        _ => (),
    }
}

/// Lays a configuration over an object: maps merge, lists as [`items`] says.
fn merge(kind: &Kind, place: &str, object: &mut Value, config: &Value) {
    match (config, config.is_array().then(|| items(kind, place))) {
        (Value::Object(wishes), _) if object.is_object() => {
            for (name, wish) in wishes.iter().filter(|(name, _)| !(place == "/metadata" && name.as_str() == "managedFields")) {
                merge(kind, &format!("{place}/{name}"), &mut object[name.as_str()], wish);
            }
        }
        (Value::Array(wishes), Some(Items::Keyed(keys))) if object.is_array() => {
            let found = object.as_array_mut().expect("tested above");
            for wish in wishes {
                match found.iter_mut().find(|item| identity(item, &keys) == identity(wish, &keys)) {
                    Some(item) => merge(kind, place, item, wish),
                    None => found.push(wish.clone()),
                }
            }
        }
        (Value::Array(wishes), Some(Items::Set)) if object.is_array() => {
            let found = object.as_array_mut().expect("tested above");
            let missing: Vec<_> = wishes.iter().filter(|wish| !found.contains(wish)).cloned().collect();
            found.extend(missing);
        }
        _ => *object = config.clone(),
    }
}

/// A path as the server prints it: `.spec.containers[name="web"].image`.
fn printed(path: &Path) -> String {
    path.iter()
        .filter_map(|part| part.split_at_checked(2))
        .map(|(sort, rest)| match sort {
            "f:" => format!(".{rest}"),
            "k:" => {
                let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
                format!("[{}]", keys.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(","))
            }
            _ => format!("[={rest}]"),
        })
        .collect()
}
