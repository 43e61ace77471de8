//! A field that is not there yet, added in the layer that holds its nearest parent; else in one that holds something beside it.

use super::{FoundWays, Way, WayKind, WayQuery, inserted};
use crate::change::value::{self, Typed};
use crate::change::write::{Write, WriteKind, step};
use crate::edit::{NewValue, NodePlace, Operation, PlaceStep};
use crate::error::{Error, Result};
use crate::insight::field::PathPart;
use crate::render::Node;
use crate::render::node::{Layer, Notation, Origin};
use crate::render::trace::Joint;

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    let is_in_list = query.wanted.is_inserted && inserted::has_list(query);
    if query.node.is_some() || is_in_list || *query.typed == Typed::Gone {
        return;
    }
    let wanted = &query.wanted.field;
    let inside = wanted.nearest_inside(&query.object.node);
    let (parent, steps) = match &inside {
        // no schema knows the keys of a text: each part is one
        Some((parent, rest)) => (parent, listed(query, parent, rest)),
        None => {
            let (parent, rest) = wanted.nearest(&query.object.node);
            (parent, steps(query, parent, rest))
        }
    };
    match steps {
        Ok(steps) => places(query, parent, &steps, found),
        Err(error) => found.refuse(&error),
    }
}

/// What is to be made below the parent.
///
/// # Errors
/// It is a plain value, or an item is meant that nothing is known of.
pub fn steps(query: &WayQuery<'_>, parent: &Node, rest: &[PathPart]) -> Result<Vec<PlaceStep>> {
    listed(query, parent, &joined(query, rest))
}

fn listed(query: &WayQuery<'_>, parent: &Node, rest: &[PathPart]) -> Result<Vec<PlaceStep>> {
    let name = &query.wanted.written;
    if parent.is_scalar() && !parent.is_null() {
        return Err(Error::failed(format!("`{name}` is below a plain value"), ""));
    }
    let one = |part: &PathPart| match part {
        PathPart::Index(at) if *at == parent.items().len() => Ok(PlaceStep::Last),
        PathPart::Index(_) | PathPart::Item(_) => {
            Err(Error::failed(format!("`{name}` belongs to an item that does not exist"), "add the item first"))
        }
        PathPart::Key(_) => Ok(step(part)),
    };
    rest.iter().map(one).collect()
}

/// What follows a map with free keys is one key, dots and all: `metadata.labels.app.kubernetes.io/name`.
fn joined(query: &WayQuery<'_>, rest: &[PathPart]) -> Vec<PathPart> {
    let parts = query.wanted.field.parts();
    let key = |part: &PathPart| if let PathPart::Key(key) = part { Some(key.clone()) } else { None };
    let keys: Vec<String> = parts.iter().map_while(key).collect();
    let is_metadata = keys.len() > 2 && keys[0] == "metadata" && ["labels", "annotations"].contains(&&*keys[1]);
    let free = if is_metadata { Some(2) } else { value::free_keys_after(query.schemas, &query.object.node, parts) };
    let Some(free) = free else { return rest.to_vec() };
    let known = parts.len() - rest.len();
    let at = free.max(known) - known;
    match rest[at..].iter().map(key).collect::<Option<Vec<_>>>() {
        Some(tail) if !tail.is_empty() => rest[..at].iter().cloned().chain([PathPart::Key(tail.join("."))]).collect(),
        _ => rest.to_vec(),
    }
}

fn places(query: &WayQuery<'_>, parent: &Node, steps: &[PlaceStep], found: &mut FoundWays) {
    let mut known: Vec<(String, NodePlace)> = Vec::new();
    let siblings =
        parent.entries().iter().map(|entry| (&entry.key, &entry.value)).chain(parent.items().iter().map(|item| (item, item)));
    let own = [(parent.origin(), false)].into_iter();
    for (origin, is_inside) in own.chain(siblings.map(|(key, value)| (beside(key, value), true))) {
        if !is_editable(origin) {
            continue;
        }
        let Ok((file, mut place)) = query.place(origin) else { continue };
        if is_inside {
            place.path.pop();
        }
        if known.iter().any(|(name, at)| **name == *file && *at == place) {
            continue;
        }
        known.push((file.to_string(), place.clone()));
        let (place, value) = added(query, parent, place, steps);
        let write = Write { file, kind: WriteKind::Operation(Operation::Add { at: place, value }) };
        found.ways.extend(Way::at(WayKind::Sets, origin, vec![write]));
    }
    if known.is_empty() {
        found.refuse(&format!("no file has the parent of `{}`", query.wanted.written));
    }
}

/// The place of something beside the field: its key, which no layer composes.
fn beside<'n>(key: &'n Node, value: &'n Node) -> &'n Origin {
    match value.trace.composition() {
        Some(made) if made.joint == Joint::Pair => value.origin(),
        _ => key.origin(),
    }
}

pub fn is_editable(origin: &Origin) -> bool {
    origin.form == Notation::Yaml && origin.line > 0 && !matches!(origin.layer, Layer::Build | Layer::FluxOwner | Layer::Secret)
}

/// In a generator's list a value is `KEY=value`.
fn added(query: &WayQuery<'_>, parent: &Node, place: NodePlace, steps: &[PlaceStep]) -> (NodePlace, NewValue) {
    let is_pair = |value: &Node| value.trace.composition().is_some_and(|made| made.joint == Joint::Pair);
    let is_listed = parent.entries().iter().any(|entry| is_pair(&entry.value));
    let in_literals = matches!(place.path.last(), Some(PlaceStep::Key(key)) if key == "literals");
    match steps {
        [PlaceStep::Key(key)] if is_listed && in_literals => {
            (place.then(PlaceStep::Last), NewValue::string(format!("{key}={}", query.typed.text())))
        }
        _ => (steps.iter().cloned().fold(place, NodePlace::then), query.typed.new_value()),
    }
}
