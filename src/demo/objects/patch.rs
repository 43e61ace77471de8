//! Merge patches (RFC 7386), JSON patches (RFC 6902), and Kubernetes' strategic merge patches for kinds that are built in.

use serde_json::{Map, Value};

use super::fields::{Items, items};
use super::kind::Kind;

/// Merges a patch into an object: null removes, objects merge, everything else replaces.
pub(in crate::demo) fn merge_patch(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let fields = object.as_object_mut().expect("made an object above");
    for (name, wish) in patch {
        if wish.is_null() {
            fields.remove(name);
        } else {
            merge_patch(fields.entry(name.clone()).or_insert(Value::Null), wish);
        }
    }
}

/// Merges as [`merge_patch`], but lists with keys item by item. Directives (`$patch` …) are refused by the caller.
pub(in crate::demo) fn strategic_merge(kind: &Kind, path: &str, object: &mut Value, patch: &Value) {
    match (patch, items(kind, path)) {
        (Value::Object(patch), _) => {
            if !object.is_object() {
                *object = Value::Object(Map::new());
            }
            let fields = object.as_object_mut().expect("made an object above");
            for (name, wish) in patch {
                if wish.is_null() {
                    fields.remove(name);
                } else {
                    let field = fields.entry(name.clone()).or_insert(Value::Null);
                    strategic_merge(kind, &format!("{path}/{name}"), field, wish);
                }
            }
        }
        (Value::Array(wishes), Items::Keyed(keys)) if object.is_array() => {
            let found = object.as_array_mut().expect("tested above");
            for wish in wishes {
                match found.iter_mut().find(|item| keys.iter().all(|key| item[key] == wish[key])) {
                    Some(item) => strategic_merge(kind, path, item, wish),
                    None => found.push(wish.clone()),
                }
            }
        }
        _ => *object = patch.clone(),
    }
}

/// Carries out a JSON patch.
///
/// # Errors
/// The operation that cannot be carried out, in the words of the server's library.
pub(in crate::demo) fn json_patch(object: &mut Value, patch: &Value) -> Result<(), String> {
    for operation in patch.as_array().ok_or("a JSON patch is a list of operations")? {
        let (op, path) = (super::text(operation, "/op"), super::text(operation, "/path"));
        let value = || operation.get("value").cloned().ok_or(format!("{op} operation does not apply: doc is missing value"));
        let missing =
            |path: &str, verb: &str| format!("{verb} operation does not apply: doc is missing path: \"{path}\": missing value");
        match op {
            "add" => add(object, path, value()?)?,
            "remove" => {
                take(object, path).ok_or(format!("remove operation does not apply: doc is missing path: \"{path}\""))?;
            }
            "replace" => *object.pointer_mut(path).ok_or_else(|| missing(path, "replace"))? = value()?,
            "move" | "copy" => {
                let from = super::text(operation, "/from");
                let moved = if op == "move" { take(object, from) } else { object.pointer(from).cloned() };
                add(object, path, moved.ok_or_else(|| missing(from, op))?)?;
            }
            "test" => {
                let found = object.pointer(path).cloned().unwrap_or_default();
                if found != operation.get("value").cloned().unwrap_or_default() {
                    return Err(format!("testing value {path} failed"));
                }
            }
            _ => return Err(format!("Unexpected kind: {op}")),
        }
    }
    Ok(())
}

fn parts(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let missing = || format!("add operation does not apply: doc is missing path: \"{path}\": missing value");
    if path.is_empty() {
        *object = value;
        return Ok(());
    }
    let (parent, last) = parts(path).ok_or_else(missing)?;
    match object.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(fields) => drop(fields.insert(last, value)),
        Value::Array(found) if last == "-" => found.push(value),
        Value::Array(found) => {
            let at = last.parse().ok().filter(|at| *at <= found.len()).ok_or_else(missing)?;
            found.insert(at, value);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

fn take(object: &mut Value, path: &str) -> Option<Value> {
    let (parent, last) = parts(path)?;
    match object.pointer_mut(parent)? {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(found) => last.parse().ok().filter(|at| *at < found.len()).map(|at: usize| found.remove(at)),
        _ => None,
    }
}
