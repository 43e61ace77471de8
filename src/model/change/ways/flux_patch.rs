//! A new entry in `spec.patches` of the Flux Kustomization that applies the object.

use super::{FoundWays, Way, WayKind, WayQuery, patch};
use crate::change::write::{Write, WriteKind};
use crate::edit::{NodePlace, Operation, PlaceStep};
use crate::error::Result;

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    found.ways.extend(way(query).ok().flatten());
}

fn way(query: &WayQuery<'_>) -> Result<Option<Way>> {
    let Some(spec) = &query.build.spec else { return Ok(None) };
    // no file has the Kustomization that Flux makes for its own instance
    if spec.origin.line == 0 || spec.origin.file().is_none() {
        return Ok(None);
    }
    let (file, place) = query.place(&spec.origin)?;
    let at = NodePlace::root(place.document).key("spec").key("patches").then(PlaceStep::Last);
    let one = |patch: patch::ObjectPatch| {
        let entry = Operation::Add { at: at.clone(), value: patch.inline() };
        vec![Write { file: file.clone(), kind: WriteKind::Operation(entry) }]
    };
    let attempts: Vec<_> = patch::all(query).into_iter().map(one).collect();
    let (layer, line) = ("new patch of the Flux Kustomization".to_owned(), 0);
    Ok((!attempts.is_empty()).then_some(Way { kind: WayKind::NewPatch, layer, file, line, attempts }))
}
