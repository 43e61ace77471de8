//! Nodes → what kustomize prints, and JSON values.
//!
//! kustomize encodes an object with go-yaml v3, reads that back, turns it into JSON (Go's `encoding/json`), reads the JSON with go-yaml v2
//! and encodes it again with that. So comments, styles and the order of keys are gone, dates become texts, `1.0` becomes `1`. Here the same
//! happens in two steps: [`value`] says what a node means after all that, [`yaml`] spells it.
//! Source: kustomize api v0.21.1 `resource/resource.go` (AsYAML), sigs.k8s.io/yaml v1.6.0 (JSONToYAML), go-yaml v2.4.4 `encode.go`.

mod analysis;
mod emit;
mod folded;
mod go_json;
mod kept;
mod number;
mod order;
mod scalar;
mod value;

use serde_json::Value as Json;

use super::error::Result;
use super::node::Node;

pub use go_json::{go_json, go_json_indented};
pub use kept::kept;
pub use number::go_float;
pub use scalar::{base64_of, from_base64, normal};
pub use value::{Plain, value};

/// An object as kustomize prints it, with a line end.
///
/// # Errors
/// Duplicate keys, keys that are not strings, tags that do not fit: what kustomize cannot write either.
pub fn yaml(node: &Node) -> Result<String> {
    Ok(emit::document(&value(node)?))
}

/// Objects as kustomize prints them, separated by `---`.
///
/// # Errors
/// As [`yaml`].
pub fn all<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Result<String> {
    let documents = nodes.into_iter().map(yaml).collect::<Result<Vec<_>>>()?;
    Ok(documents.join("---\n"))
}

/// An object as JSON, as kustomize would hand it to an API server.
///
/// # Errors
/// As [`yaml`].
pub fn json(node: &Node) -> Result<Json> {
    Ok(json_of(&value(node)?))
}

fn json_of(value: &Plain) -> Json {
    match value {
        Plain::Null => Json::Null,
        Plain::Bool(bool) => Json::Bool(*bool),
        Plain::Int(int) => Json::from(*int),
        Plain::Uint(uint) => Json::from(*uint),
        Plain::Float(float) => Json::from(*float),
        Plain::Text(text) => Json::from(text.as_ref()),
        Plain::List(items) => items.iter().map(json_of).collect(),
        Plain::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.to_string(), json_of(value))).collect()),
    }
}

#[cfg(test)]
mod tests;
