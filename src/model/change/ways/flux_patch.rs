//! A new entry in `spec.patches` of the Flux Kustomization that applies the object.

use super::{Asked, Found, Sort, Way, patch};
use crate::change::write::{What, Write};
use crate::edit::{Operation, Place, Step};
use crate::error::Result;

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    found.ways.extend(way(asked).ok().flatten());
}

fn way(asked: &Asked<'_>) -> Result<Option<Way>> {
    let Some(spec) = &asked.build.spec else { return Ok(None) };
    // the Kustomization that Flux makes of its own instance stands in no file
    if spec.origin.line == 0 || spec.origin.file().is_none() {
        return Ok(None);
    }
    let (file, place) = asked.place(&spec.origin)?;
    let at = Place::root(place.document).key("spec").key("patches").then(Step::Last);
    let one = |patch: patch::Patch| {
        let entry = Operation::Add { at: at.clone(), value: patch.inline() };
        vec![Write { file: file.clone(), what: What::Operation(entry) }]
    };
    let attempts: Vec<_> = patch::all(asked).into_iter().map(one).collect();
    let (layer, line) = ("new patch of the Flux Kustomization".to_owned(), 0);
    Ok((!attempts.is_empty()).then_some(Way { sort: Sort::NewPatch, layer, file, line, attempts }))
}
