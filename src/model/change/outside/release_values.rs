//! The values of a HelmRelease, composed as helm-controller does: what it refers to, in order, and then what it says itself.
//!
//! Composed by [`values`], which has the rules and their sources.

use serde_json::{Map, Value as Json};

use crate::insight::values::{self, ValuesReference};
use crate::render::node::Layer;
use crate::render::read::{TextPlace, documents};
use crate::render::write;

/// Some of the values.
#[derive(Clone, Debug, PartialEq)]
pub enum ValuesPart {
    /// The text under a key of a ConfigMap or a Secret: YAML, or one value for a path.
    From { text: String, target: String, is_literal: bool },
    /// `spec.values`.
    Inline(Json),
}

/// All of them as one.
///
/// # Errors
/// A text is not YAML, or helm does not take a path or its value.
pub fn composed(parts: &[ValuesPart]) -> Result<Json, String> {
    let (mut inline, mut from) = (Json::Null, Vec::new());
    for part in parts {
        match part {
            ValuesPart::Inline(values) => inline = values.clone(),
            ValuesPart::From { text, target, is_literal } => {
                let (target, is_literal) = (target.as_str().into(), *is_literal);
                let (kind, name, key) = ("values".into(), "that it refers to".into(), "values.yaml".into());
                let reference = ValuesReference { kind, name, key, target, is_literal, ..ValuesReference::default() };
                from.push((reference, text.clone()));
            }
        }
    }
    values::composed(&inline, &from)
}

/// Values in YAML; null where there are none.
///
/// # Errors
/// It is not YAML, or several documents.
pub(super) fn read(text: &str) -> Result<Json, String> {
    let nodes = documents(text.as_bytes(), &TextPlace::file(&"values".into(), Layer::Resource));
    let nodes = nodes.map_err(|error| format!("they are not YAML: {}", error.message))?;
    match nodes.as_slice() {
        [] => Ok(Json::Null),
        [one] => write::json(one).map_err(|error| error.message),
        _ => Err("they are several documents".to_owned()),
    }
}

/// The second over the first; maps in maps are merged, all else is replaced.
pub(super) fn merge(all: &mut Map<String, Json>, over: &Map<String, Json>) {
    for (key, value) in over {
        match (all.get_mut(key), value) {
            (Some(Json::Object(old)), Json::Object(new)) => merge(old, new),
            _ => {
                all.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
#[path = "../tests/release_values.rs"]
mod tests;
