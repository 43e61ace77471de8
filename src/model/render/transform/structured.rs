//! Replacements into JSON or YAML that stands as a text in a field (a ConfigMap's `config.json`).
//! Source: kustomize api v0.21.1 `filters/replacement/replacement.go` (setValueInStructuredData).

use super::super::error::Result;
use super::super::fields;
use super::super::node::{Node, Value};
use super::super::read::Remarks;
use super::super::trace::{Composition, Joint};
use super::super::write;
use super::path_match::{Matcher, parsed};
use super::replacement::Given;

/// Sets the value inside of a text on the path. False when there is no such text, or nothing in it that the rest of the path means.
pub(super) fn set(object: &mut Node, given: &Given, path: &[String], matcher: &Matcher<'_>) -> Result<bool> {
    let value = &given.value;
    let Some((way, rest)) = text_on(object, path) else { return Ok(false) };
    let original = fields::value_of(fields::at(object, &way)).to_owned();
    let Ok(mut inner) = parsed(&original) else { return Ok(false) };
    let Ok(Some(found)) = matcher.find(&mut inner, rest) else { return Ok(false) };
    if found.is_empty() {
        return Ok(false);
    }
    for way in &found {
        if way.contains(&usize::MAX) {
            continue;
        }
        let field = fields::at_mut(&mut inner, way);
        if field.is_scalar() {
            field.value = Value::Scalar(fields::value_of(value).into());
        } else {
            *field = value.clone();
        }
    }
    let text = spelled(&inner, &original).map_err(|error| error.at(fields::at(object, &way).origin()))?;
    let Some(text) = text else { return Ok(false) };
    let field = fields::at_mut(object, &way);
    let mut made = Composition::new(Joint::Structured);
    made.scalar(field.trace.clone(), &original.as_str().into(), field.tag.clone());
    given.part(&mut made);
    field.value = Value::Scalar(text.into());
    field.trace = given.trace(made, None);
    Ok(true)
}

/// The first text that the path goes through, and what of the path is left.
fn text_on<'p>(object: &Node, path: &'p [String]) -> Option<(Vec<usize>, &'p [String])> {
    (1..path.len()).find_map(|count| {
        let parts: Vec<&str> = path[..count].iter().map(String::as_str).collect();
        let way = fields::locate(object, &parts).ok()??;
        let node = fields::at(object, &way);
        // a null is a scalar to kyaml as well, but nothing can be set in it
        (node.is_scalar() && parsed(fields::value_of(node)).is_ok()).then_some((way, &path[count..]))
    })
}

/// `None` when it cannot be written.
fn spelled(inner: &Node, original: &str) -> Result<Option<String>> {
    if !original.trim_start().starts_with(['{', '[']) {
        return write::kept(inner, Remarks::of(original)?).map(Some);
    }
    let Ok(value) = write::value(inner) else { return Ok(None) };
    let is_pretty = original.contains('\n') && original.contains("  ");
    Ok(Some(if is_pretty { write::go_json_indented(&value) } else { write::go_json(&value) }))
}
