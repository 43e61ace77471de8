//! The hash suffix of a generated object's name. Source: kustomize api v0.21.1 `hasher/hasher.go`.

use sha2::{Digest, Sha256};

use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::id::text_at;
use super::super::node::{Node, Text};
use super::super::write::{self, Plain, go_json};

/// Ten characters that change when the content does.
///
/// # Errors
/// Neither ConfigMap nor Secret: kustomize hashes those by the memory layout of its parser.
pub fn suffix(node: &Node) -> Result<String> {
    let content = match text_at(node, "kind") {
        "ConfigMap" => content(node, &["data"], "binaryData", "ConfigMap")?,
        "Secret" => content(node, &["data", "type"], "stringData", "Secret")?,
        kind => {
            let message = format!("a hash suffix for a {kind} is not possible here");
            return Err(BuildError::refused(message, "take the annotation needsHashSuffix off").at(node.origin()));
        }
    };
    let letters: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    // letters that cannot form words
    let letter = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    Ok(letters.chars().take(10).map(letter).collect())
}

fn content(node: &Node, fields_of: &[&str], optional: &str, kind: &str) -> Result<String> {
    // kustomize looks for a field that is called `metadata/name`: the name is always empty
    let mut parts: Vec<(&str, Plain)> = vec![("kind", Plain::Text(kind.into())), ("name", Plain::Text("".into()))];
    for field in fields_of {
        parts.push((field, value(node, field)?));
    }
    if let map @ Plain::Map(_) = value(node, optional)? {
        parts.push((optional, map));
    }
    let entries = parts.into_iter().map(|(key, value)| (Text::from(key), value)).collect();
    Ok(go_json(&Plain::Map(entries)))
}

fn value(node: &Node, field: &str) -> Result<Plain> {
    match fields::field(node, field)? {
        None => Ok(Plain::Text("".into())),
        Some(scalar) if scalar.is_scalar() => Ok(Plain::Text(fields::value_of(scalar).into())),
        Some(value) => match write::value(value)? {
            map @ Plain::Map(_) => Ok(map),
            // Go unmarshals into a map and does not look at the error
            _ => Ok(Plain::Null),
        },
    }
}
