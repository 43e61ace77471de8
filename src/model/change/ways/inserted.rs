//! A new item of a list: beside the items that it comes between, in the file that has them; else behind the last one.

use super::{FoundWays, Way, WayKind, WayQuery, absent};
use crate::change::write::{Write, WriteKind};
use crate::edit::{NodePlace, Operation, PlaceStep};
use crate::insight::field::PathPart;
use crate::render::Node;
use crate::render::node::{Origin, Text};

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    if !query.wanted.is_inserted {
        return;
    }
    let Some((list, PathPart::Index(at))) = query.wanted.field.above() else { return };
    // where there is no list yet, it is made
    let Ok(list) = list.find(&query.object.node) else { return };
    let before = at.checked_sub(1).and_then(|before| list.items().get(before));
    let beside = [(list.items().get(*at), 0), (before, 1)];
    let beside = beside.into_iter().filter_map(|(item, step)| Some((item?.origin(), Some(step))));
    let mut known: Vec<(Text, NodePlace)> = Vec::new();
    for (origin, step) in beside.chain([(list.origin(), None)]) {
        let Some((file, place)) = place(query, origin, step).filter(|place| !known.contains(place)) else { continue };
        known.push((file.clone(), place.clone()));
        let operation = Operation::Add { at: place, value: query.typed.new_value() };
        let write = Write { file, kind: WriteKind::Operation(operation) };
        found.ways.extend(Way::at(WayKind::Sets, origin, vec![write]));
    }
    if known.is_empty() {
        found.refuse(&format!("no file has the list of `{}`", query.wanted.written));
    }
}

/// Beside an item, so many places behind it; or at the end of a list.
fn place(query: &WayQuery<'_>, origin: &Origin, step: Option<usize>) -> Option<(Text, NodePlace)> {
    if !absent::is_editable(origin) {
        return None;
    }
    let (file, mut place) = query.place(origin).ok()?;
    let Some(step) = step else { return Some((file, place.then(PlaceStep::Last))) };
    match place.path.pop() {
        Some(PlaceStep::Index(at)) => Some((file, place.index(at + step))),
        _ => None,
    }
}

/// Whether the list that an item is wanted in is there.
pub fn has_list(query: &WayQuery<'_>) -> bool {
    query.wanted.field.above().is_some_and(|(list, _)| list.find(&query.object.node).is_ok_and(Node::is_list))
}
