//! `vars`: `$(NAME)` in the fields that are known for it. Source: kustomize api v0.21.1 `filters/refvar`,
//! `internal/accumulator/refvartransformer.go`, `resaccumulator.go`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::error::{BuildError, Result};
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::id;
use super::super::kustomization::Var;
use super::super::node::{Layer, Node, Style, Tag, Text, Trace, Value};
use super::super::resolve::{self, Resolved, Yaml};
use super::super::resources::Resources;
use super::super::session::Session;
use super::super::trace::{Composition, Joint, Part, PartRole};

/// A variable's value: `None` for lists and maps, which are not put anywhere.
struct Known {
    value: Option<Node>,
    is_name: bool,
}

/// Puts the values of variables where they are asked for.
///
/// # Errors
/// A variable whose object or field is not there.
pub fn resolve_all(
    resources: &mut Resources,
    variables: &BTreeMap<Text, Var>,
    specs: &[FieldSpec],
    session: &Session<'_>,
) -> Result<()> {
    let mut known = BTreeMap::new();
    for variable in variables.values() {
        let is_gone = || resources.list.iter().all(|resource| !resource.variables.contains(&variable.name));
        if let Some(address) = resources.lack.address.clone().filter(|_| is_gone()) {
            // its object is among what is not here
            session.doubt();
            let asks = format!("$({})", variable.name);
            resources.list.iter_mut().filter(|resource| says(&resource.node, &asks)).for_each(|one| one.doubt(&address));
            continue;
        }
        let is_name = id::is_identity(&path_of(variable).iter().map(String::as_str).collect::<Vec<_>>());
        known.insert(variable.name.clone(), Known { value: value_of(variable, resources)?, is_name });
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

/// Whether a text is in any value of a node.
fn says(node: &Node, text: &str) -> bool {
    match &node.value {
        Value::Scalar(own) => own.contains(text),
        Value::List(items) => items.iter().any(|item| says(item, text)),
        Value::Map(entries) => entries.iter().any(|entry| says(&entry.value, text)),
    }
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
    let parts = path_of(variable);
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

fn path_of(variable: &Var) -> Vec<String> {
    slices(fields::split_path_with_brackets(&variable.field_path, '.'))
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
    let text = node.shared_text().cloned().unwrap_or_default();
    let value = |name: &str| known.get(name).and_then(|known| known.value.as_ref());
    let pieces = pieces(&text, &|name| value(name).is_some());
    let tag = match pieces.as_slice() {
        [Piece { name: Some(name), .. }] => value(name).map(|value| value.tag.clone()),
        _ => None,
    };
    let mut made = Composition::new(Joint::Vars);
    let own = made.scalar(node.trace.clone(), &text, node.tag.clone());
    let mut decides = None;
    let mut scalars = BTreeMap::new();
    for Piece { range, text, name } in &pieces {
        let Some((name, value)) = name.as_deref().and_then(|name| Some((name, value(name)?))) else {
            made.parts.push(Part { role: PartRole::Text, text: text.as_str().into(), cut: Some((own, range.clone())) });
            continue;
        };
        decides.get_or_insert_with(|| value.origin().as_layer(Layer::Variable));
        let spelled = spelled(value);
        if value.text() == Some(&spelled) {
            let at = scalars
                .entry(name)
                .or_insert_with(|| made.scalar(value.trace.clone(), &spelled.as_str().into(), value.tag.clone()));
            made.scalars[*at].is_name = known[name].is_name;
            made.whole(PartRole::Variable(name.into()), *at);
        } else {
            made.made(PartRole::Derived(name.into()), &spelled);
        }
    }
    node.value = Value::Scalar(made.text().into());
    // what has no variable in it passes through all the same: `$$` is a `$` in it
    let (origin, lost) = decides.map_or_else(|| (node.origin().clone(), node.trace.overrode().cloned()), |origin| (origin, None));
    node.trace = Trace::composed(origin, made, lost.as_ref());
    node.is_tagged = false;
    node.tag = match tag {
        Some(number @ (Tag::Int | Tag::Float | Tag::Bool)) => number,
        _ => Tag::Str,
    };
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

/// A part of a text: where it stands, what it reads, and the variable that it is.
struct Piece {
    range: Range<usize>,
    text: String,
    name: Option<String>,
}

/// What a text reads where these variables have these values.
pub(in super::super) fn filled(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let piece = |piece: Piece| piece.name.and_then(|name| value(&name)).unwrap_or(piece.text);
    pieces(text, &|name| value(name).is_some()).into_iter().map(piece).collect()
}

/// A text apart, at the variables that are known. `$$` is an escaped `$`.
fn pieces(text: &str, is_known: &dyn Fn(&str) -> bool) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut put = |range: Range<usize>, text: &str, name: Option<&str>| match found.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if name.is_none() && last.name.is_none() => {
            last.range.end = range.end;
            last.text.push_str(text);
        }
        _ => found.push(Piece { range, text: text.to_owned(), name: name.map(str::to_owned) }),
    };
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|found| at + found).filter(|dollar| dollar + 1 < text.len()) {
        put(at..dollar, &text[at..dollar], None);
        let rest = &text[dollar + 1..];
        let first = rest.chars().next().map_or(0, char::len_utf8);
        at = dollar + 1 + first;
        let Some(inner) = rest.strip_prefix('(') else {
            // the second of two stays, and whatever follows a single one
            put(dollar..at, if rest.starts_with('$') { "$" } else { &text[dollar..at] }, None);
            continue;
        };
        match inner.find(')').map(|end| &inner[..end]) {
            Some(name) => {
                at += name.len() + 1;
                put(dollar..at, &text[dollar..at], Some(name).filter(|name| is_known(name)));
            }
            None => put(dollar..at, "$(", None),
        }
    }
    put(at..text.len(), &text[at..], None);
    found
}
