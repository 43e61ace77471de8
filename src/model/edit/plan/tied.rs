//! Anchors and aliases: what changes elsewhere too when something changes here.

use std::collections::HashSet;
use std::ops::Range;

use crate::edit::refusal::Refusal;
use crate::edit::text::{Span, SpanId, SpanKind, YamlSource};

/// Checks that nothing uses this node, or one that contains it, through an alias.
pub fn alone(source: &YamlSource, id: SpanId) -> Result<(), Refusal> {
    for id in source.above(id) {
        let span = source.span(id);
        if let SpanKind::Alias { anchor } = &span.kind {
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

/// Nothing else in the document uses anything of what begins with a node and makes these events.
pub fn unused_outside(source: &YamlSource, first: SpanId, events: &Range<usize>) -> Result<(), Refusal> {
    let root = source.above(first).last().unwrap_or(first);
    let document = &source.span(root).events;
    let is_inside = |span: &Span| events.contains(&span.events.start);
    let others =
        source.spans()[root..].iter().take_while(|span| span.events.start < document.end).filter(|span| !is_inside(span));
    let used: HashSet<&str> = others.filter_map(alias).collect();
    let is_used = |anchor: &&String| used.contains(anchor.as_str());
    let mut inside = (first..source.spans().len()).take_while(|id| is_inside(source.span(*id)));
    match inside.find_map(|id| source.span(id).properties.anchor.as_ref().filter(is_used).map(|anchor| (id, anchor))) {
        Some((id, anchor)) => {
            Err(Refusal::Anchor { line: source.line_of(id), anchor: anchor.clone(), uses: source.uses(anchor, id) })
        }
        None => Ok(()),
    }
}

fn alias(span: &Span) -> Option<&str> {
    if let SpanKind::Alias { anchor } = &span.kind { Some(anchor) } else { None }
}
