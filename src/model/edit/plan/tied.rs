//! Anchors and aliases: what changes elsewhere too when something changes here.

use crate::edit::refusal::Refusal;
use crate::edit::text::{Id, Source, What};

/// Nothing uses this node, nor what it lies in, through an alias.
pub fn alone(source: &Source, id: Id) -> Result<(), Refusal> {
    for id in source.above(id) {
        let span = source.span(id);
        if let What::Alias { anchor } = &span.what {
            return Err(Refusal::Alias { line: source.line_of(id), anchor: anchor.clone() });
        }
        if let Some(anchor) = &span.properties.anchor {
            let uses = source.uses(anchor, id);
            if !uses.is_empty() {
                return Err(Refusal::Anchor { line: source.line_of(id), anchor: anchor.clone(), uses });
            }
        }
    }
    Ok(())
}

/// Nothing outside of this node uses anything in it.
pub fn unused_outside(source: &Source, id: Id) -> Result<(), Refusal> {
    let events = &source.span(id).events;
    let inside = (id..source.spans().len()).take_while(|id| source.span(*id).events.start < events.end);
    for id in inside {
        let Some(anchor) = &source.span(id).properties.anchor else { continue };
        let is_use = |at: &&crate::edit::text::Span| matches!(&at.what, What::Alias { anchor: name } if name == anchor);
        let is_outside = |at: &&crate::edit::text::Span| !events.contains(&at.events.start);
        if source.spans().iter().filter(is_use).any(|at| is_outside(&at)) {
            return Err(Refusal::Anchor { line: source.line_of(id), anchor: anchor.clone(), uses: source.uses(anchor, id) });
        }
    }
    Ok(())
}
