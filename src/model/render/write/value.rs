//! What a node means once it has gone through YAML, JSON and YAML again.

use std::collections::HashMap;

use super::super::error::{BuildError, Result};
use super::super::node::{Node, Style, Text, Value};
use super::super::resolve::Resolved;
use super::{order, scalar};

/// A value without anything but its content. Entries are sorted as kustomize prints them.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(Text),
    List(Vec<Plain>),
    Map(Vec<(Text, Plain)>),
}

/// The longest key that JSON read as YAML may have: libyaml looks 1,024 characters ahead for the colon.
const LONGEST_KEY: usize = 1000;

/// What a node means.
///
/// # Errors
/// Duplicate keys, keys that are not strings, tags that do not fit.
pub fn value(node: &Node) -> Result<Plain> {
    value_in(node, false)
}

/// `is_flow`: inside of `{}` or `[]`, where nothing at all is written as an empty text.
fn value_in(node: &Node, is_flow: bool) -> Result<Plain> {
    let is_flow = is_flow || node.style == Style::Flow;
    match &node.value {
        Value::Scalar(text) if is_flow && text.is_empty() && node.is_null() && !node.is_tagged => Ok(Plain::Text("".into())),
        Value::Scalar(_) => scalar_value(node),
        Value::List(items) => Ok(Plain::List(items.iter().map(|item| value_in(item, is_flow)).collect::<Result<_>>()?)),
        Value::Map(entries) => {
            let mut seen: HashMap<&str, &Node> = HashMap::with_capacity(entries.len());
            let mut found = Vec::with_capacity(entries.len());
            for entry in entries.iter() {
                let key = key_of(&entry.key)?;
                if let Some(first) = seen.insert(entry.key.text().unwrap_or_default(), &entry.key) {
                    let message = format!("mapping key `{key}` already defined at line {}", first.origin().line);
                    return Err(BuildError::invalid(message).at(entry.key.origin()));
                }
                found.push((key, value_in(&entry.value, is_flow)?));
            }
            found.sort_by(|a, b| order::natural(&a.0, &b.0));
            Ok(Plain::Map(found))
        }
    }
}

pub(super) fn key_of(key: &Node) -> Result<Text> {
    let Some(text) = key.shared_text() else {
        return Err(BuildError::invalid("a key that is a list or a map").at(key.origin()));
    };
    if text.len() > LONGEST_KEY {
        return Err(BuildError::invalid("a key longer than 1,000 characters").at(key.origin()));
    }
    match scalar::resolved(key)? {
        (Resolved::Str, text) => Ok(text),
        _ => Err(BuildError {
            hint: "put it in quotes".to_owned(),
            ..BuildError::invalid(format!("the key `{text}` is not a string"))
        }
        .at(key.origin())),
    }
}

fn scalar_value(node: &Node) -> Result<Plain> {
    let (resolved, text) = scalar::resolved(node)?;
    Ok(match resolved {
        Resolved::Null => Plain::Null,
        Resolved::Bool(bool) => Plain::Bool(bool),
        Resolved::Int(int) => Plain::Int(int),
        Resolved::Uint(uint) => Plain::Uint(uint),
        Resolved::Float(float) if !float.is_finite() => {
            return Err(BuildError::invalid(format!("`{text}` has no form in JSON")).at(node.origin()));
        }
        Resolved::Float(float) => number(float),
        Resolved::Timestamp(time) => Plain::Text(time.into()),
        Resolved::Str | Resolved::Merge => Plain::Text(printable(node, text)?),
    })
}

/// A float through Go's JSON: below 1e21 without an exponent, so that a whole number is read back as an integer.
fn number(float: f64) -> Plain {
    let is_whole = float.fract() == 0.0 && float.abs() < 1e21;
    if !is_whole {
        return Plain::Float(float);
    }
    // the shortest digits that mean it, as Go writes them
    let digits = format!("{float}");
    if let Ok(int) = digits.parse::<i64>() {
        return Plain::Int(int);
    }
    digits.parse::<u64>().map_or(Plain::Float(float), Plain::Uint)
}

/// Characters that Go writes into JSON as they are and libyaml then refuses, or reads as a line break.
fn printable(node: &Node, text: Text) -> Result<Text> {
    let is_refused = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if let Some(found) = text.chars().find(|c| is_refused(*c)) {
        return Err(
            BuildError::invalid(format!("control character U+{:04X} cannot be written", u32::from(found))).at(node.origin())
        );
    }
    Ok(text)
}

impl Plain {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}
