//! YAML and JSON in the text of a scalar: edited in place.
//!
//! The embedded text is a source of its own; after the edit it is written back in the style of the scalar. Before anything is changed, that
//! style must reproduce the present bytes; otherwise the embedded text is not edited.

use super::{SplicePlan, tied};
use crate::edit::operation::Operation;
use crate::edit::place::NodePlace;
use crate::edit::refusal::Refusal;
use crate::edit::spell::{Indent, folded, plain, quoted};
use crate::edit::splice::Splice;
use crate::edit::text::{EventKind, Quoting, SpanId, SpanKind, YamlSource};

/// The place of the text, and the operation in it.
pub fn split(operation: &Operation) -> Option<(NodePlace, Operation)> {
    let mut operation = operation.clone();
    let (Operation::Set { at, .. } | Operation::SetShared { at, .. } | Operation::Add { at, .. } | Operation::Remove { at }) =
        &mut operation
    else {
        return None;
    };
    let (outer, inner) = at.outer()?;
    *at = inner;
    Some((outer, operation))
}

pub fn ways(source: &YamlSource, outer: &NodePlace, operation: &Operation) -> Result<Vec<SplicePlan>, Refusal> {
    let id = source.find(outer)?;
    tied::alone(source, id)?;
    let (span, line) = (source.span(id), source.line_of(id));
    let inner = source.inside(outer)?;
    let inside = |refusal| Refusal::Inside { line, refusal: Box::new(refusal) };
    let edited = crate::edit::apply(&inner, std::slice::from_ref(operation)).map_err(inside)?;
    let SpanKind::Scalar { text, quoting } = &span.kind else { return Err(Refusal::Shape { line, wanted: "a text" }) };
    let after = edited.source().text();
    if after == text {
        return Ok(Vec::new());
    }
    let written = match quoting {
        Quoting::Literal => in_lines(source, id, text, after),
        _ => again(source, id, text, *quoting).zip(again(source, id, after, *quoting)).and_then(|(old, new)| {
            let is_there = source.text()[span.content.clone()].replace("\r\n", "\n") == old;
            is_there.then(|| vec![Splice::new(span.content.clone(), new.replace('\n', source.newline()))])
        }),
    };
    let splices = written.ok_or(Refusal::Codec { line })?;
    let instead = vec![EventKind::Scalar { text: after.to_owned(), quoting: *quoting, properties: span.properties.clone() }];
    Ok(vec![SplicePlan { splices, events: span.events.clone(), instead }])
}

/// The whole scalar, as it would be written new.
fn again(source: &YamlSource, id: SpanId, text: &str, quoting: Quoting) -> Option<String> {
    let span = source.span(id);
    let in_brackets = source.above(id).any(|id| source.span(id).is_flow());
    match quoting {
        Quoting::Plain => plain::is_one(text, in_brackets).then(|| text.to_owned()),
        Quoting::Single => quoted::single(text),
        Quoting::Double => Some(quoted::double(text)),
        Quoting::Folded => {
            let parent = span.parent.map_or(0, |parent| source.column(source.span(parent).content.start));
            let block = folded(text, Indent { lines: source.literal_indent(id)?, parent })?;
            Some(std::iter::once(block.header).chain(block.lines).collect::<Vec<_>>().join("\n"))
        }
        Quoting::Literal => None,
    }
}

/// The lines of a `|` that are others now.
fn in_lines(source: &YamlSource, id: SpanId, text: &str, after: &str) -> Option<Vec<Splice>> {
    let span = source.span(id);
    let blanks = " ".repeat(source.literal_indent(id)?);
    let last = |text: &str| text.len() - text.trim_end_matches('\n').len();
    if last(text) != last(after) {
        return None;
    }
    let old: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    let new: Vec<&str> = after.trim_end_matches('\n').split('\n').collect();
    // where each of the old lines is; it must look as it would be written
    let mut at = source.next_line(span.content.start);
    let mut lines = Vec::with_capacity(old.len());
    for line in &old {
        let range = at..source.line_end(at);
        let there = &source.text()[range.clone()];
        let is_empty = line.is_empty() && there.len() <= blanks.len() && there.bytes().all(|byte| byte == b' ');
        if !is_empty && there.strip_prefix(&blanks) != Some(line) {
            return None;
        }
        lines.push(range);
        at = source.next_line(at);
    }
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(old, new)| old == new).count();
    let first = same(&mut old.iter().zip(&new));
    let rest = same(&mut old[first..].iter().rev().zip(new[first..].iter().rev()));
    let written = |line: &&str| if line.is_empty() { String::new() } else { format!("{blanks}{line}") };
    let changed: Vec<String> = new[first..new.len() - rest].iter().map(written).collect();
    let (gone, newline) = (first..old.len() - rest, source.newline());
    Some(vec![match (gone.is_empty(), changed.is_empty()) {
        (true, _) if first < lines.len() => Splice::insert(lines[first].start, changed.join(newline) + newline),
        (true, _) => Splice::insert(lines[first - 1].end, format!("{newline}{}", changed.join(newline))),
        (false, false) => Splice::new(lines[gone.start].start..lines[gone.end - 1].end, changed.join(newline)),
        (false, true) if gone.end < lines.len() => Splice::new(lines[gone.start].start..lines[gone.end].start, ""),
        (false, true) => Splice::new(lines[gone.start.checked_sub(1)?].end..lines[gone.end - 1].end, ""),
    }])
}
