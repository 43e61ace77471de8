//! What set what after a substitution: compares the object before and after it.

use super::super::node::{Entry, Node, Trace, Value};
use super::{Variables, compose, fill};

/// The result with the traces of the former values in the same places; what changed is set by the variables there.
pub fn origins(before: &Node, after: Node, variables: &Variables) -> Node {
    let trace = if is_kept(before, &after) { before.trace.clone() } else { compose::trace(before, variables) };
    let value = match after.value {
        Value::Scalar(text) => Value::Scalar(text),
        Value::List(items) => {
            let aligned = items.iter().enumerate().map(|(at, item)| match before.items().get(at) {
                Some(old) => origins(old, item.clone(), variables),
                None => all_of(&trace, item.clone()),
            });
            Value::List(aligned.collect::<Vec<_>>().into())
        }
        Value::Map(entries) => {
            let keys = keys(before, variables);
            let aligned = entries.iter().map(|entry| {
                let old = keys.iter().find(|(key, _)| Some(key.as_str()) == entry.key.text());
                match old {
                    Some((_, old)) => Entry {
                        key: origins(&old.key, entry.key.clone(), variables),
                        value: origins(&old.value, entry.value.clone(), variables),
                    },
                    None => Entry { key: all_of(&trace, entry.key.clone()), value: all_of(&trace, entry.value.clone()) },
                }
            });
            Value::Map(aligned.collect::<Vec<_>>().into())
        }
    };
    Node { value, trace, ..after }
}

/// Entries before, by the key that they have now.
fn keys<'n>(before: &'n Node, variables: &Variables) -> Vec<(String, &'n Entry)> {
    let now = |text: &str| match text.contains('$') {
        true => fill(text, variables, false).map_or_else(|_| text.to_owned(), |filled| filled.text),
        false => text.to_owned(),
    };
    before.entries().iter().map(|entry| (now(entry.key.text().unwrap_or_default()), entry)).collect()
}

/// The same text, or a collection still: its own place did not change.
fn is_kept(before: &Node, after: &Node) -> bool {
    match (&before.value, &after.value) {
        (Value::Scalar(old), Value::Scalar(new)) => !old.contains('$') || old == new,
        (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => true,
        _ => false,
    }
}

/// A part that was not there before.
fn all_of(trace: &Trace, node: Node) -> Node {
    let value = match node.value {
        Value::Scalar(text) => Value::Scalar(text),
        Value::List(items) => Value::List(items.iter().map(|item| all_of(trace, item.clone())).collect::<Vec<_>>().into()),
        Value::Map(entries) => {
            let entry =
                |entry: &Entry| Entry { key: all_of(trace, entry.key.clone()), value: all_of(trace, entry.value.clone()) };
            Value::Map(entries.iter().map(entry).collect::<Vec<_>>().into())
        }
    };
    Node { value, trace: trace.clone(), ..node }
}
