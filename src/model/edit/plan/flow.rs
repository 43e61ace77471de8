//! Keys and items in brackets.

use std::ops::Range;

use super::SplicePlan;
use crate::edit::refusal::Refusal;
use crate::edit::spell::ValueWriter;
use crate::edit::splice::Splice;
use crate::edit::text::{SpanId, YamlSource};
use crate::edit::value::NewValue;

/// Behind the last key.
pub fn add_entry(source: &YamlSource, map: SpanId, key: &str, value: &NewValue) -> Result<SplicePlan, Refusal> {
    let mut writer = ValueWriter::of(source);
    let text = writer.flow_entry(key, value, source.is_json(map))?;
    let at = source.span(map).events.end - 1;
    Ok(SplicePlan { splices: at_end(source, map, &text), events: at..at, instead: writer.kinds })
}

/// At a position.
pub fn add_item(source: &YamlSource, list: SpanId, at: usize, value: &NewValue) -> Result<SplicePlan, Refusal> {
    let span = source.span(list);
    let items = &span.children;
    let mut writer = ValueWriter::of(source);
    let text = writer.flow(value, source.is_json(list))?;
    let Some(next) = items.get(at).map(|item| source.span(*item)) else {
        let at = span.events.end - 1;
        return Ok(SplicePlan { splices: at_end(source, list, &text), events: at..at, instead: writer.kinds });
    };
    let start = next.range.start;
    let gap = if source.is_first_on_line(start) { line_break(source, start) } else { " ".to_owned() };
    let event = next.events.start;
    Ok(SplicePlan { splices: vec![Splice::insert(start, format!("{text},{gap}"))], events: event..event, instead: writer.kinds })
}

/// A line end and the indentation of what begins there.
fn line_break(source: &YamlSource, at: usize) -> String {
    format!("{}{}", source.newline(), " ".repeat(source.column(at)))
}

/// Behind the last one, on a line of its own where that one has such. There is a last one.
fn at_end(source: &YamlSource, id: SpanId, text: &str) -> Vec<Splice> {
    let span = source.span(id);
    let children = &span.children;
    let first_of_last = children[children.len() - if span.is_map() { 2 } else { 1 }];
    let (start, end) = (source.span(first_of_last).range.start, last_end(source, id));
    let comma = comma(source, end..span.range.end - 1);
    let behind = comma.map_or(end, |comma| comma + 1);
    if !source.is_first_on_line(start) {
        return vec![Splice::insert(end, format!(", {text}"))];
    }
    let closing = if comma.is_some() { "," } else { "" };
    let line =
        Splice::insert(source.line_end(behind).min(span.range.end - 1), format!("{}{text}{closing}", line_break(source, start)));
    let is_same_line = source.line_end(behind) >= span.range.end - 1;
    let line = if is_same_line { Splice::insert(behind, line.text) } else { line };
    match comma {
        Some(_) => vec![line],
        None if line.range.start == end => vec![Splice::insert(end, format!(",{}", line.text))],
        None => vec![Splice::insert(end, ","), line],
    }
}

/// Where the last key, value or item ends.
fn last_end(source: &YamlSource, id: SpanId) -> usize {
    source.span(id).children.last().map_or(source.span(id).range.end, |last| source.span(*last).range.end)
}

/// The comma between what ends and what begins.
fn comma(source: &YamlSource, between: Range<usize>) -> Option<usize> {
    let mut at = between.start;
    while at < between.end {
        match source.text().as_bytes()[at] {
            b',' => return Some(at),
            b'#' => at = source.line_end(at),
            _ => at += 1,
        }
    }
    None
}

/// The bytes of a key with its value, or of an item, with one comma; and with its line, where it has one of its own. Nothing is left where
/// it is the only one.
pub fn cut(source: &YamlSource, id: SpanId, at: usize) -> Result<Vec<Splice>, Refusal> {
    let span = source.span(id);
    let size = if span.is_map() { 2 } else { 1 };
    let part = |at: usize| {
        let children = &span.children[at * size..(at + 1) * size];
        source.span(children[0]).range.start..source.span(children[size - 1]).range.end
    };
    let (own, closing) = (part(at), span.content.end - 1);
    let next = (at + 1 < span.children.len() / size).then(|| part(at + 1).start);
    let before = at.checked_sub(1).map(|before| part(before).end);
    let behind = comma(source, own.end..next.unwrap_or(closing));
    let has_line = source.is_first_on_line(own.start) && is_over(source, behind.map_or(own.end, |comma| comma + 1), closing);
    if has_line && (next.is_some() || before.is_some()) {
        let line = source.line_start(own.start);
        return Ok(match (behind, before.and_then(|before| comma(source, before..own.start))) {
            (Some(behind), _) => vec![Splice::new(line..source.next_line(behind), "")],
            (None, Some(comma)) => {
                let above = source.line_end(source.line_start(line - 1));
                let line = above.max(comma + 1)..source.line_end(own.end);
                vec![Splice::new(comma..comma + 1, ""), Splice::new(line, "")]
            }
            (None, None) => return Err(Refusal::Comment { line: source.line_at(own.start) }),
        });
    }
    let cut = match (before, next) {
        (None, None) => span.content.start + 1..closing,
        (_, Some(next)) => own.start..next,
        (Some(before), None) => before..own.end,
    };
    // a comment between what is taken out and the next is not its own
    let around = [cut.start..own.start.max(cut.start), own.end.min(cut.end)..cut.end];
    match around.into_iter().find(|range| source.text()[range.clone()].contains('#')) {
        Some(range) => Err(Refusal::Comment { line: source.line_at(range.start) }),
        None => Ok(vec![Splice::new(cut, "")]),
    }
}

/// Nothing but a comment follows on the line, which the closing bracket is not on.
fn is_over(source: &YamlSource, at: usize, closing: usize) -> bool {
    let rest = source.text()[at..source.line_end(at)].trim_start_matches([' ', '\t']);
    source.line_end(at) <= closing && (rest.is_empty() || rest.starts_with('#'))
}
