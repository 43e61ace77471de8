//! Keys and items in brackets.

use std::ops::Range;

use super::Plan;
use crate::edit::refusal::Refusal;
use crate::edit::spell::Hand;
use crate::edit::splice::Splice;
use crate::edit::text::{Id, Source};
use crate::edit::wish::{Scalar, Value};

/// Behind the last key.
pub fn add_entry(source: &Source, map: Id, key: &str, value: &Value) -> Result<Plan, Refusal> {
    let mut hand = Hand::of(source);
    let text = hand.flow_entry(key, value, source.is_json(map))?;
    let at = source.span(map).events.end - 1;
    Ok(Plan { splices: at_end(source, map, &text), events: at..at, instead: hand.kinds })
}

/// At a position, or between those it is sorted between.
pub fn add_item(source: &Source, list: Id, at: usize, value: &Value) -> Result<Plan, Refusal> {
    let span = source.span(list);
    let items = &span.children;
    let at = match value {
        Value::Scalar(Scalar::String(text)) if at == items.len() => super::block::sorted(source, items, text, 3),
        _ => at,
    };
    let mut hand = Hand::of(source);
    let text = hand.flow(value, source.is_json(list))?;
    let Some(next) = items.get(at).map(|item| source.span(*item)) else {
        let at = span.events.end - 1;
        return Ok(Plan { splices: at_end(source, list, &text), events: at..at, instead: hand.kinds });
    };
    let start = next.range.start;
    let gap = if source.is_first_on_line(start) { line_break(source, start) } else { " ".to_owned() };
    let event = next.events.start;
    Ok(Plan { splices: vec![Splice::insert(start, format!("{text},{gap}"))], events: event..event, instead: hand.kinds })
}

/// A line end and the indentation of what begins there.
fn line_break(source: &Source, at: usize) -> String {
    format!("{}{}", source.newline(), " ".repeat(source.column(at)))
}

/// Behind the last one, on a line of its own where that one has such. There is a last one.
fn at_end(source: &Source, id: Id, text: &str) -> Vec<Splice> {
    let span = source.span(id);
    let children = &span.children;
    let first_of_last = children[children.len() - if span.is_map() { 2 } else { 1 }];
    let (start, end) = (source.span(first_of_last).range.start, last_end(source, id));
    let comma = comma(source, end..span.range.end - 1);
    let behind = comma.map_or(end, |comma| comma + 1);
    if !source.is_first_on_line(start) {
        let text = if comma.is_some() { format!(" {text}") } else { format!(", {text}") };
        return vec![Splice::insert(behind, text)];
    }
    let closing = if comma.is_some() { "," } else { "" };
    let line = Splice::insert(source.line_end(behind).min(span.range.end - 1), format!("{}{text}{closing}", line_break(source, start)));
    let is_same_line = source.line_end(behind) >= span.range.end - 1;
    let line = if is_same_line { Splice::insert(behind, line.text) } else { line };
    match comma {
        Some(_) => vec![line],
        None if line.range.start == end => vec![Splice::insert(end, format!(",{}", line.text))],
        None => vec![Splice::insert(end, ","), line],
    }
}

/// Where the last key, value or item ends.
fn last_end(source: &Source, id: Id) -> usize {
    source.span(id).children.last().map_or(source.span(id).range.end, |last| source.span(*last).range.end)
}

/// The comma between what ends and what begins.
fn comma(source: &Source, between: Range<usize>) -> Option<usize> {
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

/// The bytes of a key with its value, or of an item, with one comma. Nothing is left where it is the only one.
pub fn cut(source: &Source, id: Id, at: usize) -> Result<Range<usize>, Refusal> {
    let span = source.span(id);
    let size = if span.is_map() { 2 } else { 1 };
    let part = |at: usize| {
        let children = &span.children[at * size..(at + 1) * size];
        source.span(children[0]).range.start..source.span(children[size - 1]).range.end
    };
    let count = span.children.len() / size;
    let own = part(at);
    let cut = match (at, at + 1 < count) {
        (0, false) => span.content.start + 1..span.content.end - 1,
        (_, true) => own.start..part(at + 1).start,
        (_, false) => part(at - 1).end..own.end,
    };
    // comments stand between what is taken out and the next
    let around = [cut.start..own.start.max(cut.start), own.end.min(cut.end)..cut.end];
    match around.into_iter().find(|range| source.text()[range.clone()].contains('#')) {
        Some(range) => Err(Refusal::Comment { line: source.line_at(range.start) }),
        None => Ok(cut),
    }
}
