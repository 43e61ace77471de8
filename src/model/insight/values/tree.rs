//! Values as a list of their leaves: each with its path, so that two sets of values can be laid side by side.

use serde_json::Value;

use super::ValuesLayer;
use crate::domain::Str;

/// A step of the path to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    Key(Str),
    Item(usize),
}

/// Where a scalar is, or a map or a list that is empty; and its layer.
pub(super) struct Leaf {
    pub path: Vec<PathStep>,
    pub layer: ValuesLayer,
}

/// The path as helm's `--set` writes it: `a.b\.c[0]`.
pub fn written(path: &[PathStep]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            PathStep::Item(at) => out.push_str(&format!("[{at}]")),
            PathStep::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                for letter in key.chars() {
                    if matches!(letter, '.' | '[' | '=' | ',' | '\\') {
                        out.push('\\');
                    }
                    out.push(letter);
                }
            }
        }
    }
    out
}

/// What is at a path.
pub(super) fn at<'v>(value: &'v Value, path: &[PathStep]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.as_object()?.get(&**key),
        PathStep::Item(at) => value.as_array()?.get(*at),
    })
}

/// All leaves, in the order of their paths.
pub(super) fn leaves(value: &Value, found: &mut impl FnMut(&[PathStep], &Value)) {
    walk(value, &mut Vec::new(), found);
}

fn walk(value: &Value, path: &mut Vec<PathStep>, found: &mut impl FnMut(&[PathStep], &Value)) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                path.push(PathStep::Key(key.as_str().into()));
                walk(value, path, found);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, value) in items.iter().enumerate() {
                path.push(PathStep::Item(at));
                walk(value, path, found);
                path.pop();
            }
        }
        Value::Object(_) | Value::Null if path.is_empty() => {}
        leaf => found(path, leaf),
    }
}
