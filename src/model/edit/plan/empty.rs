//! The first key of a map, the first item of a list: behind `key:`, for `null`, `{}` or `[]`.

use super::SplicePlan;
use super::block::{line_after, within};
use crate::edit::refusal::Refusal;
use crate::edit::spell::ValueWriter;
use crate::edit::splice::Splice;
use crate::edit::text::{EventKind, Span, SpanId, YamlSource};
use crate::edit::value::NewValue;

pub fn may_become_map(span: &Span) -> bool {
    is_null(span) || span.is_map() && span.children.is_empty()
}

pub fn may_become_list(span: &Span) -> bool {
    is_null(span) || span.is_list() && span.children.is_empty()
}

fn is_null(span: &Span) -> bool {
    span.is_null() && span.properties.tag.is_none()
}

pub fn entry(source: &YamlSource, id: SpanId, key: &str, value: &NewValue) -> Result<SplicePlan, Refusal> {
    if in_brackets(source, id) {
        let is_json = source.is_json(id);
        return bracketed(source, id, true, |writer| writer.flow_entry(key, value, is_json));
    }
    let mut writer = ValueWriter::of(source);
    let step = writer.step();
    let (column, is_behind) = place(source, id, step);
    let lines = writer.entry(key, value, column)?;
    plan(source, id, true, writer, column, is_behind, &lines)
}

pub fn item(source: &YamlSource, id: SpanId, value: &NewValue) -> Result<SplicePlan, Refusal> {
    if in_brackets(source, id) {
        let is_json = source.is_json(id);
        return bracketed(source, id, false, |writer| writer.flow(value, is_json));
    }
    let mut writer = ValueWriter::of(source);
    let step = writer.list_step();
    let (column, is_behind) = place(source, id, step);
    let lines = writer.item(value, column, 2)?;
    plan(source, id, false, writer, column, is_behind, &lines)
}

/// Whether it is in brackets, or in a file of JSON.
fn in_brackets(source: &YamlSource, id: SpanId) -> bool {
    source.above(id).skip(1).any(|id| source.span(id).is_flow())
        || source.span(id).parent.is_none() && source.span(id).is_flow() && source.text().trim_start().starts_with(['{', '['])
}

/// The column of what comes, and whether it begins behind a dash.
fn place(source: &YamlSource, id: SpanId, step: usize) -> (usize, bool) {
    let span = source.span(id);
    match span.parent.map(|parent| source.span(parent)) {
        None => (0, true),
        Some(parent) if parent.is_list() => (source.column(super::block::dash_of(source, id)) + 2, true),
        Some(parent) => (source.column(parent.content.start) + step, false),
    }
}

fn plan(
    source: &YamlSource,
    id: SpanId,
    is_map: bool,
    writer: ValueWriter,
    column: usize,
    is_behind: bool,
    lines: &[String],
) -> Result<SplicePlan, Refusal> {
    let span = source.span(id);
    let newline = source.newline();
    let splices = if is_behind {
        let text = lines.join(newline);
        let blank = if span.is_nothing() && !source.text()[..span.content.start].ends_with([' ', '\n']) { " " } else { "" };
        vec![Splice::new(span.content.clone(), format!("{blank}{text}"))]
    } else {
        // the blanks before `{}` go with it
        let before = source.text()[..span.content.start].trim_end_matches(' ').len();
        let start = if span.is_nothing() { span.content.start } else { before };
        let text = format!("{}{}", " ".repeat(column), lines.join(newline));
        // comments that are indented as deep as what comes stay above it
        let parent = span.parent.map_or(0, |parent| source.column(source.span(parent).content.start));
        let above = within(source, span.content.end, column.max(parent + 1));
        vec![Splice::new(start..span.content.end, ""), line_after(source, above, &text)?]
    };
    Ok(SplicePlan { splices, events: span.events.clone(), instead: wrapped(span, is_map, false, writer) })
}

fn bracketed(
    source: &YamlSource,
    id: SpanId,
    is_map: bool,
    write: impl FnOnce(&mut ValueWriter) -> Result<String, Refusal>,
) -> Result<SplicePlan, Refusal> {
    let span = source.span(id);
    let mut writer = ValueWriter::of(source);
    let inside = write(&mut writer)?;
    let text = if is_map { format!("{{{inside}}}") } else { format!("[{inside}]") };
    let blank = if span.is_nothing() { " " } else { "" };
    let splices = vec![Splice::new(span.content.clone(), format!("{blank}{text}"))];
    Ok(SplicePlan { splices, events: span.events.clone(), instead: wrapped(span, is_map, true, writer) })
}

fn wrapped(span: &Span, is_map: bool, is_flow: bool, writer: ValueWriter) -> Vec<EventKind> {
    let properties = span.properties.clone();
    let start = if is_map { EventKind::Map { is_flow, properties } } else { EventKind::List { is_flow, properties } };
    std::iter::once(start).chain(writer.kinds).chain([EventKind::End]).collect()
}
