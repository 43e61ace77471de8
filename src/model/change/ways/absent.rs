//! A field that is not there yet, added in the layer that holds its nearest parent; else in one that holds something beside it.

use super::{Asked, Found, Sort, Way};
use crate::change::value;
use crate::change::write::{What, Write, step};
use crate::edit::{Operation, Place, Step, Value};
use crate::error::{Error, Result};
use crate::insight::field::PathPart;
use crate::render::Node;
use crate::render::node::{Layer, Notation, Origin};
use crate::render::trace::Joint;

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    if asked.node.is_some() {
        return;
    }
    let (parent, rest) = asked.wanted.field.nearest(&asked.object.node);
    match steps(asked, parent, rest) {
        Ok(steps) => places(asked, parent, &steps, found),
        Err(error) => found.refuse(&error),
    }
}

/// What is to be made below the parent.
///
/// # Errors
/// It is a plain value, or an item is meant that nothing is known of.
pub fn steps(asked: &Asked<'_>, parent: &Node, rest: &[PathPart]) -> Result<Vec<Step>> {
    let name = &asked.wanted.written;
    if parent.is_scalar() && !parent.is_null() {
        return Err(Error::failed(format!("`{name}` lies below a plain value"), ""));
    }
    let rest = joined(asked, rest);
    let one = |part: &PathPart| match part {
        PathPart::Index(at) if *at == parent.items().len() => Ok(Step::Last),
        PathPart::Index(_) | PathPart::Item(_) => {
            Err(Error::failed(format!("`{name}` is no field of an item that is there"), "add the item first"))
        }
        PathPart::Key(_) => Ok(step(part)),
    };
    rest.iter().map(one).collect()
}

/// What follows a map with free keys is one key, dots and all: `metadata.labels.app.kubernetes.io/name`.
fn joined(asked: &Asked<'_>, rest: &[PathPart]) -> Vec<PathPart> {
    let parts = asked.wanted.field.parts();
    let key = |part: &PathPart| if let PathPart::Key(key) = part { Some(key.clone()) } else { None };
    let keys: Vec<String> = parts.iter().map_while(key).collect();
    let is_metadata = keys.len() > 2 && keys[0] == "metadata" && ["labels", "annotations"].contains(&&*keys[1]);
    let free = if is_metadata { Some(2) } else { value::free_keys_after(asked.schemas, &asked.object.node, parts) };
    let Some(free) = free else { return rest.to_vec() };
    let known = parts.len() - rest.len();
    let at = free.max(known) - known;
    match rest[at..].iter().map(key).collect::<Option<Vec<_>>>() {
        Some(tail) if !tail.is_empty() => rest[..at].iter().cloned().chain([PathPart::Key(tail.join("."))]).collect(),
        _ => rest.to_vec(),
    }
}

fn places(asked: &Asked<'_>, parent: &Node, steps: &[Step], found: &mut Found) {
    let mut known: Vec<(String, Place)> = Vec::new();
    let siblings =
        parent.entries().iter().map(|entry| (&entry.key, &entry.value)).chain(parent.items().iter().map(|item| (item, item)));
    let own = [(parent.origin(), false)].into_iter();
    for (origin, is_inside) in own.chain(siblings.map(|(key, value)| (beside(key, value), true))) {
        if !is_editable(origin) {
            continue;
        }
        let Ok((file, mut place)) = asked.place(origin) else { continue };
        if is_inside {
            place.path.pop();
        }
        if known.iter().any(|(name, at)| **name == *file && *at == place) {
            continue;
        }
        known.push((file.to_string(), place.clone()));
        let (place, value) = added(asked, parent, place, steps);
        let write = Write { file, what: What::Operation(Operation::Add { at: place, value }) };
        found.ways.extend(Way::at(Sort::Sets, origin, vec![write]));
    }
    if known.is_empty() {
        found.refuse(&format!("no file holds what `{}` lies in", asked.wanted.written));
    }
}

/// Where something beside the field stands: its key, which no layer composes.
fn beside<'n>(key: &'n Node, value: &'n Node) -> &'n Origin {
    match value.trace.composition() {
        Some(made) if made.joint == Joint::Pair => value.origin(),
        _ => key.origin(),
    }
}

fn is_editable(origin: &Origin) -> bool {
    origin.form == Notation::Yaml && origin.line > 0 && !matches!(origin.layer, Layer::Build | Layer::FluxOwner | Layer::Secret)
}

/// In a generator's list a value is `KEY=value`.
fn added(asked: &Asked<'_>, parent: &Node, place: Place, steps: &[Step]) -> (Place, Value) {
    let is_pair = |value: &Node| value.trace.composition().is_some_and(|made| made.joint == Joint::Pair);
    let is_listed = parent.entries().iter().any(|entry| is_pair(&entry.value));
    let in_literals = matches!(place.path.last(), Some(Step::Key(key)) if key == "literals");
    match steps {
        [Step::Key(key)] if is_listed && in_literals => {
            (place.then(Step::Last), Value::string(format!("{key}={}", asked.typed.text())))
        }
        _ => (steps.iter().cloned().fold(place, Place::then), Value::Scalar(asked.typed.scalar())),
    }
}
