//! Anchors and aliases: what changes elsewhere too when something changes here.

use std::collections::HashSet;

use crate::edit::refusal::Refusal;
use crate::edit::text::{Id, Source, Span, What};

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
    let is_inside = |span: &Span| events.contains(&span.events.start);
    let used: HashSet<&str> = source.spans().iter().filter(|span| !is_inside(span)).filter_map(alias).collect();
    let is_used = |anchor: &&String| used.contains(anchor.as_str());
    let mut inside = (id..source.spans().len()).take_while(|id| is_inside(source.span(*id)));
    match inside.find_map(|id| source.span(id).properties.anchor.as_ref().filter(is_used).map(|anchor| (id, anchor))) {
        Some((id, anchor)) => {
            Err(Refusal::Anchor { line: source.line_of(id), anchor: anchor.clone(), uses: source.uses(anchor, id) })
        }
        None => Ok(()),
    }
}

fn alias(span: &Span) -> Option<&str> {
    if let What::Alias { anchor } = &span.what { Some(anchor) } else { None }
}
