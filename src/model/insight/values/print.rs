//! Values as YAML, each line of a value with the layer that it comes from.

use serde_json::{Map, Value};

use super::between::as_yaml;
use super::list::{KeyList, ValueKey};
use super::tree::PathStep;

/// Values as YAML, masked; with `layers` each value is followed by the layer that it comes from. `defaults`: what the chart gives is in it.
pub fn annotated(list: &KeyList, defaults: bool, layers: bool) -> String {
    let mut root = Value::Object(Map::new());
    let meant = |key: &&ValueKey| defaults && !key.is_removal || !defaults && !key.layer.is_default();
    let keys: Vec<_> = list.keys.iter().filter(meant).collect();
    for (number, key) in keys.iter().enumerate() {
        // a mark in place of the value leads back to the key, whatever the value is
        put(&mut root, &key.steps, Value::from(mark(number)));
    }
    if keys.is_empty() {
        return "{}\n".to_owned();
    }
    let mut out = String::new();
    for line in as_yaml(&root).lines() {
        let Some((head, key)) = line.split_once(MARK).and_then(|(head, number)| {
            let number: usize = number.parse().ok()?;
            Some((head, *keys.get(number)?))
        }) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        out.push_str(head);
        out.push_str(&one_line(&key.json()));
        if layers {
            out.push_str(&format!("  # {}", key.layer.word()));
        }
        out.push('\n');
    }
    out
}

/// What no value begins with.
const MARK: &str = "fluxdeck-value-";

fn mark(number: usize) -> String {
    format!("{MARK}{number}")
}

/// A value in one line of YAML.
fn one_line(value: &Value) -> String {
    let text = as_yaml(value);
    match text.trim_end() {
        // JSON is YAML
        text if text.contains('\n') || text.is_empty() => value.to_string(),
        text => text.to_owned(),
    }
}

fn put(at: &mut Value, path: &[PathStep], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *at = value;
        return;
    };
    let next = match step {
        PathStep::Key(key) => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            at.as_object_mut().map(|map| map.entry(&**key).or_insert(Value::Null))
        }
        PathStep::Item(number) => {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            at.as_array_mut().and_then(|items| {
                if items.len() <= *number {
                    items.resize(number + 1, Value::Null);
                }
                items.get_mut(*number)
            })
        }
    };
    if let Some(next) = next {
        put(next, rest, value);
    }
}
