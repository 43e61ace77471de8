//! `vars`: `$(NAME)` in the fields that are known for it. Source: kustomize api v0.21.1 `filters/refvar`,
//! `internal/accumulator/refvartransformer.go`, `resaccumulator.go`.

use std::collections::BTreeMap;

use super::super::error::{BuildError, Result};
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::kustomization::Var;
use super::super::node::{Layer, Node, Style, Tag, Text, Trace, Value};
use super::super::resolve::{self, Resolved, Yaml};
use super::super::resources::Resources;

/// A variable's value: `None` for lists and maps, which are not put anywhere.
struct Known {
    value: Option<Node>,
}

/// Puts the values of variables where they are asked for.
///
/// # Errors
/// A variable whose object or field is not there.
pub fn resolve_all(resources: &mut Resources, variables: &BTreeMap<Text, Var>, specs: &[FieldSpec]) -> Result<()> {
    let mut known = BTreeMap::new();
    for variable in variables.values() {
        known.insert(variable.name.clone(), Known { value: value_of(variable, resources)? });
    }
    if known.is_empty() {
        return Ok(());
    }
    for resource in &mut resources.list {
        for spec in specs {
            let origin = resource.node.origin().clone();
            spec.apply(&mut resource.node, Make::Nothing, &origin, &mut |node| set(node, &known))?;
        }
    }
    resources.drop_empty();
    Ok(())
}

fn value_of(variable: &Var, resources: &Resources) -> Result<Option<Node>> {
    let resource = resources.list.iter().find(|resource| resource.variables.contains(&variable.name)).ok_or_else(|| {
        let message = format!("var '{}' cannot be mapped to a field in the set of known resources", variable.name);
        BuildError::invalid(message).at(&variable.origin)
    })?;
    let missing = || {
        BuildError::invalid(format!("field `{}` of var '{}' not found in its resource", variable.field_path, variable.name))
            .at(&variable.origin)
    };
    let parts = slices(fields::split_path_with_brackets(&variable.field_path, '.'));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let node = fields::lookup(&resource.node, &parts).map_err(|_| missing())?.ok_or_else(missing)?;
    let Some(text) = node.text() else { return Ok(None) };
    let is_fine = match node.tag {
        Tag::Int => matches!(resolve::plain(text, Yaml::V3), Resolved::Int(_)) && text.parse::<i64>().is_ok(),
        Tag::Float => text.parse::<f64>().is_ok(),
        Tag::Bool => text.parse::<bool>().is_ok() || matches!(text, "True" | "TRUE" | "False" | "FALSE"),
        _ => true,
    };
    if is_fine { Ok(Some(node.clone())) } else { Err(missing()) }
}

/// `ports[0]` is `ports` and `0`.
fn slices(parts: Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    for part in parts {
        let index = part
            .strip_suffix(']')
            .and_then(|rest| rest.rsplit_once('['))
            .filter(|(_, index)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()));
        match index {
            Some((name, index)) => {
                if !name.is_empty() {
                    all.push(name.to_owned());
                }
                all.push(index.to_owned());
            }
            None => all.push(part),
        }
    }
    all
}

fn is_text(node: &Node) -> bool {
    node.is_scalar() && matches!(node.tag, Tag::Str | Tag::None)
}

fn set(node: &mut Node, known: &BTreeMap<Text, Known>) -> Result<()> {
    if node.is_null() {
        return Ok(());
    }
    if let Some(items) = node.items_mut() {
        for item in items {
            if !is_text(item) {
                return Err(BuildError::invalid("invalid value type expect a string").at(item.origin()));
            }
            expand(item, known);
        }
    } else if let Some(entries) = node.entries_mut() {
        for entry in entries {
            if !is_text(&entry.key) {
                return Err(BuildError::invalid(format!("invalid map key: value='{}'", fields::value_of(&entry.key)))
                    .at(entry.key.origin()));
            }
            if is_text(&entry.value) {
                expand(&mut entry.value, known);
            }
        }
    } else if is_text(node) {
        expand(node, known);
    }
    Ok(())
}

/// The new text, or a whole value where the text is nothing but one variable. Texts lose their style, as in kustomize.
fn expand(node: &mut Node, known: &BTreeMap<Text, Known>) {
    let text = fields::value_of(node).to_owned();
    let (new, whole, by) = replaced(&text, known);
    let trace = match &by {
        Some(by) => Trace::new(by.origin().as_layer(Layer::Variable)).over(&node.trace),
        None => node.trace.clone(),
    };
    node.trace = trace;
    node.is_tagged = false;
    match whole {
        Some(value) => {
            node.value = Value::Scalar(spelled(&value).into());
            node.tag = match value.tag {
                number @ (Tag::Int | Tag::Float | Tag::Bool) => number,
                _ => Tag::Str,
            };
        }
        None => {
            node.value = Value::Scalar(new.into());
            node.tag = Tag::Str;
        }
    }
    node.style = Style::Plain;
}

/// A value as Go prints it.
fn spelled(value: &Node) -> String {
    let text = fields::value_of(value);
    match value.tag {
        Tag::Bool => text.to_ascii_lowercase(),
        Tag::Int => text.parse::<i64>().map_or_else(|_| text.to_owned(), |int| int.to_string()),
        Tag::Float => text.parse::<f64>().map_or_else(|_| text.to_owned(), |float| format!("{float}")),
        _ => text.to_owned(),
    }
}

fn replaced(text: &str, known: &BTreeMap<Text, Known>) -> (String, Option<Node>, Option<Node>) {
    let (mut out, mut by) = (String::new(), None);
    let mut rest = text;
    while let Some(at) = rest.find('$').filter(|at| at + 1 < rest.len()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('(') {
            let Some(end) = inner.find(')') else {
                out.push_str("$(");
                rest = inner;
                continue;
            };
            let name = &inner[..end];
            let value = known.get(name).and_then(|known| known.value.as_ref());
            if let Some(value) = value {
                if text.len() == name.len() + 3 {
                    return (String::new(), Some(value.clone()), Some(value.clone()));
                }
                out.push_str(&spelled(value));
                by.get_or_insert_with(|| value.clone());
            } else {
                out.push_str(&format!("$({name})"));
            }
            rest = &inner[end + 1..];
        } else {
            out.push('$');
            let first = rest.chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..first]);
            rest = &rest[first..];
        }
    }
    out.push_str(rest);
    (out, None, by)
}
