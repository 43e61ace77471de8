//! What a scalar is after go-yaml v3 has written it and read it again.
//!
//! The encoder leaves a tag away where the text resolves to it anyway; a text that would not be a string is quoted. What then still carries
//! a tag must fit it. Source: go-yaml v3.0.4 `encode.go` (node), `decode.go` (scalar).

use super::super::error::{BuildError, Result};
use super::super::node::{Entry, Node, Style, Tag, Text, Trace, Value};
use super::super::resolve::{self, Resolved, Yaml};
use super::folded;
use super::number::go_float;

/// Its meaning and its text.
pub(super) fn resolved(node: &Node) -> Result<(Resolved, Text)> {
    let text = node.shared_text().expect("called for scalars").clone();
    let (tag, is_forced) = written_tag(node);
    let is_written_as_string = node.style.is_string() || is_forced || text.contains('\n');
    let text = if node.style == Style::Folded { folded::again(&text) } else { text };
    if tag == Tag::None {
        let resolved = if is_written_as_string { Resolved::Str } else { resolve::plain(&text, Yaml::V3) };
        return Ok((resolved, text));
    }
    if tag == Tag::Binary {
        let decoded = from_base64(&text)
            .ok_or_else(|| BuildError::invalid("!!binary value contains invalid base64 data").at(node.origin()))?;
        // Go's JSON writes what is not UTF-8 as the replacement character
        return Ok((Resolved::Str, go_lossy(&decoded).into()));
    }
    resolve::tagged(&tag, &text, Yaml::V3).map(|resolved| (resolved, text.clone())).ok_or_else(|| {
        let found = resolve::plain(&text, Yaml::V3).tag();
        BuildError::invalid(format!("cannot decode {} `{text}` as a {}", name(&found), name(&tag))).at(node.origin())
    })
}

/// The tag that is written before a scalar, and whether the text has to be quoted to stay a text without one.
pub(super) fn written_tag(node: &Node) -> (Tag, bool) {
    let tag = &node.tag;
    if *tag == Tag::None || node.is_tagged {
        return (tag.clone(), false);
    }
    if *tag == Tag::Str && node.style.is_string() {
        return (Tag::None, false);
    }
    let plain = resolve::plain(node.text().unwrap_or_default(), Yaml::V3).tag();
    match tag {
        _ if plain == *tag => (Tag::None, false),
        Tag::Str => (Tag::None, true),
        other => (other.clone(), false),
    }
}

/// A value as it is after a way through JSON and back: no styles, no tags but those of JSON's types. Every node keeps its trace.
///
/// # Errors
/// What cannot be written as JSON.
pub fn normal(node: &Node, yaml: Yaml) -> Result<Node> {
    normal_in(node, yaml, false)
}

fn normal_in(node: &Node, yaml: Yaml, is_flow: bool) -> Result<Node> {
    // what is not written between braces comes back as an empty text
    let is_flow = is_flow || node.style == Style::Flow && yaml == Yaml::V3;
    if is_flow && node.is_null() && !node.is_tagged && node.text() == Some("") {
        return Ok(Node { style: Style::Single, ..Node::string("", node.trace.clone()) });
    }
    let fresh = |node: Node| Node { style: Style::Plain, is_tagged: false, ..node };
    match &node.value {
        Value::List(items) => Ok(fresh(Node::list(
            items.iter().map(|item| normal_in(item, yaml, is_flow)).collect::<Result<_>>()?,
            node.trace.clone(),
        ))),
        Value::Map(entries) => {
            let mut found: Vec<Entry> = Vec::with_capacity(entries.len());
            for entry in entries.iter() {
                check_key(&entry.key, yaml)?;
                let key = normal_in(&entry.key, yaml, is_flow)?;
                let text = key.shared_text().cloned().unwrap_or_default();
                if let Some(first) = found.iter().position(|earlier| earlier.key.text() == Some(&text)) {
                    if yaml == Yaml::V3 {
                        return Err(BuildError::invalid(format!("mapping key `{text}` already defined")).at(key.origin()));
                    }
                    found.remove(first);
                }
                found.push(Entry { key: Node { tag: Tag::Str, ..key }, value: normal_in(&entry.value, yaml, is_flow)? });
            }
            Ok(fresh(Node::map(found, node.trace.clone())))
        }
        Value::Scalar(_) => {
            let (meaning, text) = match yaml {
                Yaml::V3 => resolved(node)?,
                Yaml::V2 => (in_v2(node), node.shared_text().cloned().unwrap_or_default()),
            };
            json_scalar(meaning, &text, node)
        }
    }
}

/// Whether a key can be one in JSON. go-yaml v3 makes a map of anything of one whose keys are not all texts, which `encoding/json` refuses; of
/// go-yaml v2's, sigs.k8s.io/yaml writes numbers and booleans as texts, and nothing else (`convertToJSONableObject`).
fn check_key(key: &Node, yaml: Yaml) -> Result<()> {
    if yaml == Yaml::V3 {
        return super::value::key_of(key).map(|_| ());
    }
    if !key.is_scalar() || in_v2(key) == Resolved::Null {
        return Err(BuildError::invalid("a key that is neither a text nor a number nor a boolean").at(key.origin()));
    }
    Ok(())
}

/// go-yaml v2 has more words for booleans.
fn in_v2(node: &Node) -> Resolved {
    let text = node.text().unwrap_or_default();
    if node.is_tagged {
        return resolve::tagged(&node.tag, text, Yaml::V2).unwrap_or(Resolved::Str);
    }
    if node.style.is_string() { Resolved::Str } else { resolve::plain(text, Yaml::V2) }
}

fn json_scalar(meaning: Resolved, text: &str, node: &Node) -> Result<Node> {
    let trace = node.trace.clone();
    Ok(match meaning {
        Resolved::Null => Node::null(trace),
        Resolved::Bool(bool) => Node::scalar(bool.to_string(), Tag::Bool, trace),
        Resolved::Int(int) => number(int as f64, trace),
        Resolved::Uint(uint) => number(uint as f64, trace),
        Resolved::Float(float) if !float.is_finite() => {
            return Err(BuildError::invalid(format!("`{text}` has no form in JSON")).at(node.origin()));
        }
        Resolved::Float(float) => number(float, trace),
        Resolved::Timestamp(time) if !node.is_tagged && node.tag != Tag::Timestamp => Node::string(time, trace),
        Resolved::Timestamp(time) => Node { style: Style::Double, ..Node::string(time, trace) },
        Resolved::Str | Resolved::Merge => {
            let mut node = Node::string(text, trace);
            if text.contains('\n') {
                node.style = Style::Literal(0);
            } else if resolve::plain(text, Yaml::V2) != Resolved::Str {
                node.style = Style::Double;
            }
            node
        }
    })
}

fn number(float: f64, trace: Trace) -> Node {
    let text = go_float(float);
    let tag = resolve::plain(&text, Yaml::V3).tag();
    Node::scalar(text, tag, trace)
}

/// Each byte that is not UTF-8 becomes one U+FFFD, as Go's range over a string yields it.
fn go_lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                let (valid, invalid) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).expect("valid up to here"));
                text.push('\u{fffd}');
                rest = &invalid[1..];
            }
        }
    }
}

fn name(tag: &Tag) -> &str {
    match tag {
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Timestamp => "!!timestamp",
        Tag::Map => "!!map",
        Tag::Seq => "!!seq",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::Other(other) => other,
        Tag::None | Tag::Str => "!!str",
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding; line breaks are skipped as Go's decoder does it.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut buffer, mut bits) = (0u32, 0);
    for digit in &digits[..digits.len() - padding] {
        let value = ALPHABET.iter().position(|letter| letter == digit)?;
        buffer = buffer << 6 | u32::try_from(value).expect("below 64");
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// Standard base64 with padding.
pub fn base64_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let is_padding = digit > chunk.len();
            let letter = ALPHABET[(word >> (18 - 6 * digit) & 0x3f) as usize];
            text.push(if is_padding { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("hello", "aGVsbG8=")] {
            assert_eq!(base64_of(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base64("a"), None);
    }
}
