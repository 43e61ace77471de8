//! Who owns which field: managedFields and server-side apply (structured-merge-diff `merge/update.go`, apimachinery
//! `util/managedfields`), as far as live actions, `kubectl apply --server-side` and kustomize-controller need them.
//!
//! An object without managedFields belongs to nobody: the first who applies owns what is applied. The recorded objects have none; what git
//! sets of them is kustomize-controller's ([`own`]).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::merge::{Items, identity, items, merge};
use super::{text, time};

/// A leaf, in the spelling of `fieldsV1`: `f:spec`, `f:containers`, `k:{"name":"web"}`, `f:image`.
type Path = Vec<String>;

/// An entry of `metadata.managedFields`.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    manager: String,
    operation: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subresource: String,
    api_version: String,
    time: String,
    fields_type: String,
    #[serde(rename = "fieldsV1", serialize_with = "pack", deserialize_with = "unpack")]
    fields: BTreeSet<Path>,
}

/// A field that another manager owns with another value.
pub(in crate::demo) struct Conflict {
    /// As the server prints it: `"flux" using kustomize.toolkit.fluxcd.io/v1 at …`.
    pub manager: String,
    pub path: String,
}

/// Fields of metadata that nobody owns.
const UNOWNED: &str = "name namespace uid resourceVersion generation creationTimestamp managedFields selfLink deletionTimestamp \
                       deletionGracePeriodSeconds generateName";

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
    let applied = leaves(kind, config);
    let (mine, mut others): (Vec<_>, Vec<_>) =
        entries(live).into_iter().partition(|entry| entry.manager == manager && entry.operation == "Apply");
    let mut conflicts = Vec::new();
    for entry in &mut others {
        let taken: Vec<_> =
            entry.fields.intersection(&applied).filter(|path| at(live, path) != at(config, path)).cloned().collect();
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
    let is_owned = |path: &Path| applied.contains(path) || others.iter().any(|entry| entry.fields.contains(path));
    for path in mine.iter().flat_map(|entry| &entry.fields).filter(|path| !is_owned(path)) {
        remove(&mut merged, path);
    }
    others.insert(0, Entry::new(manager, "Apply", "", text(config, "/apiVersion"), applied, now));
    write(&mut merged, others);
    Ok(merged)
}

/// Notes who changed what with a write other than an apply: its manager owns it from now on, and removed fields have no owner.
pub(in crate::demo) fn claim(kind: &Kind, before: &Value, after: &mut Value, manager: &str, subresource: &str, now: Timestamp) {
    let changed: BTreeSet<_> = leaves(kind, after).into_iter().filter(|path| at(before, path) != at(after, path)).collect();
    let mut entries = entries(before);
    for entry in &mut entries {
        entry.fields.retain(|path| at(after, path).is_some() && !changed.contains(path));
    }
    if !changed.is_empty() {
        let mut fresh = Entry::new(manager, "Update", subresource, text(after, "/apiVersion"), changed, now);
        let is_mine = |entry: &Entry| {
            (&entry.manager, &entry.operation, &entry.subresource) == (&fresh.manager, &fresh.operation, &fresh.subresource)
        };
        match entries.iter().position(is_mine) {
            Some(at) => {
                fresh.fields.append(&mut entries[at].fields);
                entries[at] = fresh;
            }
            None => entries.push(fresh),
        }
    }
    write(after, entries);
}

/// Puts right what a manager owns of an object that it applied: the fields of its manifest, where nobody has changed them since.
pub(in crate::demo) fn own(kind: &Kind, object: &mut Value, manifest: &Value, manager: &str, since: Timestamp) {
    let said = leaves(kind, manifest);
    let mut entries = entries(object);
    match entries.iter_mut().find(|entry| entry.manager == manager && entry.operation == "Apply") {
        Some(mine) => mine.fields.retain(|path| said.contains(path)),
        None => {
            let is_taken = |path: &Path| entries.iter().any(|entry| entry.fields.contains(path));
            let own = said.into_iter().filter(|path| at(object, path).is_some() && !is_taken(path)).collect();
            entries.insert(0, Entry::new(manager, "Apply", "", text(object, "/apiVersion"), own, since));
        }
    }
    write(object, entries);
}

impl Entry {
    fn new(manager: &str, operation: &str, subresource: &str, version: &str, fields: BTreeSet<Path>, now: Timestamp) -> Self {
        let [manager, operation, subresource, api_version] = [manager, operation, subresource, version].map(str::to_owned);
        Self { manager, operation, subresource, api_version, time: time(now), fields_type: "FieldsV1".to_owned(), fields }
    }

    fn printed(&self) -> String {
        let part =
            if self.subresource.is_empty() { String::new() } else { format!(" with subresource \"{}\"", self.subresource) };
        let moment =
            if self.operation == "Update" { format!(" using {} at {}", self.api_version, self.time) } else { String::new() };
        format!("\"{}\"{part}{moment}", self.manager)
    }
}

fn entries(object: &Value) -> Vec<Entry> {
    serde_json::from_value(object["metadata"]["managedFields"].clone()).unwrap_or_default()
}

fn write(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|entry| !entry.fields.is_empty());
    object["metadata"]["managedFields"] = serde_json::to_value(entries).expect("texts and maps");
}

fn unpack<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<Path>, D::Error> {
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
    let mut found = BTreeSet::new();
    gather(&Value::deserialize(from)?, &mut Vec::new(), &mut found);
    Ok(found)
}

fn pack<S: Serializer>(fields: &BTreeSet<Path>, to: S) -> Result<S::Ok, S::Error> {
    let mut tree = json!({});
    for path in fields {
        let end = path.iter().fold(&mut tree, |fields, part| &mut fields[part.as_str()]);
        if end.is_null() {
            *end = json!({});
        }
    }
    tree.serialize(to)
}

/// The leaves of an object that can be owned.
fn leaves(kind: &Kind, object: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    let mut object = object.as_object().cloned().unwrap_or_default();
    object.retain(|name, _| name != "apiVersion" && name != "kind");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !UNOWNED.split(' ').any(|unowned| unowned == name));
        if metadata.is_empty() {
            object.remove("metadata");
        }
    }
    if !object.is_empty() {
        descend(kind, "", &Value::Object(object), &mut Vec::new(), &mut found);
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
                path.push(format!("k:{}", Value::Object(identity(value, &keys))));
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

/// Where a part of a path leads: the field of a map, or the number of an item.
enum Place<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    fn of(value: &Value, part: &'a str) -> Option<Self> {
        let (sort, rest) = part.split_at_checked(2)?;
        let applied = || serde_json::from_str::<Value>(rest).ok();
        let is_it = |item: &Value, applied: &Value| match applied.as_object().filter(|_| sort == "k:") {
            Some(keys) => identity(item, keys.keys()) == *keys,
            None => item == applied,
        };
        if sort == "f:" {
            return value.is_object().then_some(Self::Field(rest));
        }
        let applied = applied()?;
        value.as_array()?.iter().position(|item| is_it(item, &applied)).map(Self::Item)
    }
}

fn at<'a>(object: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| match Place::of(value, part) {
        Some(Place::Field(name)) => value.get(name),
        Some(Place::Item(number)) => value.get(number),
        // that an item is there at all
        None => (part == ".").then_some(&Value::Null),
    })
}

fn remove(object: &mut Value, path: &Path) {
    let Some((last, parents)) = path.split_last() else { return };
    // an item of a list goes with its keys
    let (last, parents) = if last == "." { parents.split_last().map_or((last, parents), |it| it) } else { (last, parents) };
    let parent = parents.iter().try_fold(&mut *object, |value, part| match Place::of(value, part)? {
        Place::Field(name) => value.get_mut(name),
        Place::Item(number) => value.get_mut(number),
    });
    let Some(parent) = parent else { return };
    match (Place::of(parent, last), parent) {
        (Some(Place::Field(name)), Value::Object(fields)) => drop(fields.remove(name)),
        (Some(Place::Item(number)), Value::Array(items)) => {
            items.remove(number);
            if items.is_empty() {
                // a list without items is none
                remove(object, &parents.to_vec());
            }
        }
        _ => (),
    }
}

/// A path as the server prints it: `.spec.containers[name="web"].image`.
fn printed(path: &Path) -> String {
    let parts = path.iter().filter_map(|part| part.split_at_checked(2));
    let part = |(sort, rest): (&str, &str)| match sort {
        "f:" => format!(".{rest}"),
        "k:" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
            format!("[{}]", keys.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(","))
        }
        _ => format!("[={rest}]"),
    };
    parts.map(part).collect()
}
