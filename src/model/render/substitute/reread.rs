//! The substituted text, read as Flux reads it: YAML 1.1 to JSON, where every number is a float (sigs.k8s.io/yaml `YAMLToJSON`, kyaml
//! `RNode.UnmarshalJSON`).

use std::sync::Arc;

use super::super::error::{BuildError, Result};
use super::super::node::{Entry, Layer, Node, Style, Tag, Trace, Value};
use super::super::read::{self, TextPlace};
use super::super::resolve::{self, Resolved, Yaml};
use super::super::write::go_float;
use super::LARGEST_EXACT;

/// The object that a text says; `None` where it says nothing, and the object stays what it was.
///
/// # Errors
/// No YAML, or no map: reported at the position of the object before substitution.
pub fn object(text: &str, before: &Node) -> Result<Option<Node>> {
    let origin = before.origin();
    let place = TextPlace {
        location: Arc::clone(&origin.location),
        layer: Layer::Substitution,
        line: origin.line,
        column: origin.column,
        is_exact: false,
        embedded: None,
    };
    let failed = |error: BuildError| BuildError {
        message: format!("after substitution: {}", error.message),
        hint: "a value that is not a plain text must be quoted where it is used".to_owned(),
        ..error
    };
    let Some(node) = read::document(text.as_bytes(), &place).map_err(failed)? else { return Ok(None) };
    if !node.is_map() {
        return Err(failed(BuildError::invalid("not an object").at(origin)));
    }
    let node = meant(&node).map_err(failed)?;
    Ok((!node.entries().is_empty()).then_some(node))
}

/// Nodes whose tags say what YAML 1.1 says.
fn meant(node: &Node) -> Result<Node> {
    let trace = node.trace.clone();
    match &node.value {
        Value::List(items) => Ok(Node::list(items.iter().map(meant).collect::<Result<_>>()?, trace)),
        Value::Map(entries) => {
            let mut found: Vec<Entry> = Vec::with_capacity(entries.len());
            for entry in entries.iter() {
                let key = Node::string(key(&entry.key)?, entry.key.trace.clone());
                let value = meant(&entry.value)?;
                // of two, the last counts
                match found.iter_mut().find(|before| before.key.text() == key.text()) {
                    Some(before) => before.value = value,
                    None => found.push(Entry { key, value }),
                }
            }
            Ok(Node::map(found, trace))
        }
        Value::Scalar(_) => scalar(node, trace),
    }
}

fn resolved(node: &Node) -> Result<Resolved> {
    let text = node.text().expect("a scalar");
    if node.is_tagged {
        let wrong = || BuildError::invalid(format!("`{text}` does not fit its tag")).at(node.origin());
        return resolve::tagged(&node.tag, text, Yaml::V2).ok_or_else(wrong);
    }
    Ok(if node.style == Style::Plain { resolve::plain(text, Yaml::V2) } else { Resolved::Str })
}

fn scalar(node: &Node, trace: Trace) -> Result<Node> {
    let text = node.shared_text().expect("a scalar").clone();
    Ok(match resolved(node)? {
        Resolved::Null => Node::null(trace),
        Resolved::Bool(is) => Node::scalar(if is { "true" } else { "false" }, Tag::Bool, trace),
        Resolved::Int(int) if int.unsigned_abs() <= LARGEST_EXACT => Node::scalar(int.to_string(), Tag::Int, trace),
        Resolved::Int(int) => float(int as f64, trace),
        Resolved::Uint(int) => float(int as f64, trace),
        Resolved::Float(found) if found.is_finite() => float(found, trace),
        Resolved::Float(_) => return Err(BuildError::invalid(format!("`{text}` is not a JSON number")).at(node.origin())),
        Resolved::Str | Resolved::Timestamp(_) | Resolved::Merge => Node::string(text, trace),
    })
}

fn float(float: f64, trace: Trace) -> Node {
    let text = go_float(float);
    // a whole number too large for an integer would be read as one
    let text = if text.contains(['.', 'e']) { text } else { text + ".0" };
    Node::scalar(text, Tag::Float, trace)
}

/// Keys become texts.
fn key(node: &Node) -> Result<String> {
    let Some(text) = node.text() else {
        return Err(BuildError::invalid("a key that is a list or a map").at(node.origin()));
    };
    match resolved(node)? {
        Resolved::Null => Err(BuildError::invalid("a key that is null").at(node.origin())),
        Resolved::Bool(is) => Ok(is.to_string()),
        Resolved::Int(int) => Ok(int.to_string()),
        Resolved::Uint(_) => Err(BuildError::invalid(format!("the key `{text}` is too large")).at(node.origin())),
        Resolved::Float(float) => Ok(go_float(f64::from(float as f32))),
        Resolved::Str | Resolved::Timestamp(_) | Resolved::Merge => Ok(text.to_owned()),
    }
}
