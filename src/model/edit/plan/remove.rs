//! A key with its value, or an item, taken out.

use std::ops::Range;

use super::{SplicePlan, block, flow, tied};
use crate::edit::refusal::Refusal;
use crate::edit::splice::Splice;
use crate::edit::text::{EventKind, SpanId, YamlSource};

/// # Errors
/// It is a whole document, or something else uses it.
pub fn plan(source: &YamlSource, id: SpanId) -> Result<SplicePlan, Refusal> {
    let span = source.span(id);
    let Some(parent) = span.parent else { return Err(Refusal::Shape { line: source.line_of(id), wanted: "a key or an item" }) };
    tied::alone(source, parent)?;
    let of = source.span(parent);
    let size = if of.is_map() { 2 } else { 1 };
    let at = of.children.binary_search(&id).expect("a child of its parent") / size;
    let part = &of.children[at * size..(at + 1) * size];
    let events = source.span(part[0]).events.start..span.events.end;
    tied::unused_outside(source, part[0], &events)?;
    if of.is_map() {
        let key = source.span(part[0]);
        if key.text().is_some_and(|key| source.merges(parent, key)) {
            let key = crate::domain::text::sanitise_line(key.text().unwrap_or_default()).into_owned();
            return Err(Refusal::MergeKey { line: source.line_of(id), key });
        }
        let behind = source.text()[key.range.end..].trim_start_matches([' ', '\t']);
        if !of.is_flow() && !behind.starts_with(':') {
            return Err(Refusal::ExplicitKey { line: source.line_of(part[0]) });
        }
    }
    if of.is_flow() {
        return Ok(SplicePlan { splices: flow::cut(source, parent, at)?, events, instead: Vec::new() });
    }
    if of.children.len() == size {
        return Ok(last(source, parent));
    }
    Ok(SplicePlan { splices: vec![Splice::new(lines(source, parent, at), "")], events, instead: Vec::new() })
}

/// Where a key or an item begins: an item with its dash.
fn start(source: &YamlSource, parent: SpanId, at: usize) -> usize {
    let of = source.span(parent);
    if of.is_map() { source.span(of.children[2 * at]).range.start } else { block::dash(source, parent, at) }
}

/// The bytes of one of several. Comments above it stay: whose they are is not said.
fn lines(source: &YamlSource, parent: SpanId, at: usize) -> Range<usize> {
    let of = source.span(parent);
    let size = if of.is_map() { 2 } else { 1 };
    let begin = start(source, parent, at);
    let end = source.span(of.children[at * size + size - 1]).range.end;
    if source.is_first_on_line(begin) {
        return whole_lines(source, source.line_start(begin)..past(source, end, source.column(begin)));
    }
    // behind a dash: what follows takes its place
    let next = if (at + 1) * size < of.children.len() { start(source, parent, at + 1) } else { source.line_end(end) };
    let has_comment = source.text()[source.next_line(end).min(next)..next].contains('#');
    begin..if has_comment { source.line_end(end) } else { next }
}

/// Behind the line on which something ends, and behind comments that are indented deeper: they were in it.
fn past(source: &YamlSource, end: usize, column: usize) -> usize {
    source.next_line(block::within(source, end, column + 1))
}

/// At the end of a file without a last line end, the line end before goes instead.
fn whole_lines(source: &YamlSource, range: Range<usize>) -> Range<usize> {
    let text = source.text();
    if range.end < text.len() || text.ends_with('\n') {
        return range;
    }
    let before = &text[..range.start];
    let start = before.strip_suffix('\n').map_or(before, |before| before.strip_suffix('\r').unwrap_or(before)).len();
    start..range.end
}

/// The only key or item goes: `{}` or `[]` stays.
fn last(source: &YamlSource, parent: SpanId) -> SplicePlan {
    let of = source.span(parent);
    let text = if of.is_map() { "{}" } else { "[]" };
    let properties = of.properties.clone();
    let kind =
        if of.is_map() { EventKind::Map { is_flow: true, properties } } else { EventKind::List { is_flow: true, properties } };
    let instead = vec![kind, EventKind::End];
    let begin = start(source, parent, 0);
    let splices = match before(source, parent) {
        Some(at) if source.is_first_on_line(begin) => {
            let range = source.line_start(begin)..past(source, of.range.end, source.column(begin));
            let range = whole_lines(source, range);
            vec![Splice::insert(at, format!(" {text}")), Splice::new(range.start.max(at)..range.end, "")]
        }
        _ => vec![Splice::new(begin..of.range.end, text)],
    };
    SplicePlan { splices, events: of.events.clone(), instead }
}

/// Behind the `:` or the dash that the collection follows, and behind its anchor and tag. None at the top of a document.
fn before(source: &YamlSource, id: SpanId) -> Option<usize> {
    let span = source.span(id);
    let parent = span.parent?;
    if !span.properties.is_none() {
        let header = &source.text()[span.range.start..span.content.start];
        let line = header.split(['\n', '#']).next().unwrap_or_default().trim_end();
        return Some(span.range.start + line.len());
    }
    let of = source.span(parent);
    if of.is_list() {
        return Some(block::dash_of(source, id) + 1);
    }
    let at = of.children.binary_search(&id).ok()?;
    let key = source.span(of.children[at - 1]).range.end;
    source.text()[key..].find(':').map(|colon| key + colon + 1)
}
