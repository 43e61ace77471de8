//! Whole documents of a file.

use super::SplicePlan;
use crate::edit::refusal::Refusal;
use crate::edit::spell::ValueWriter;
use crate::edit::splice::Splice;
use crate::edit::text::{EventKind, SpanId, YamlSource};
use crate::edit::value::NewValue;

const BOM: &str = "\u{feff}";

/// Before a document, or behind the last one.
pub fn insert(source: &YamlSource, before: usize, value: &NewValue) -> Result<SplicePlan, Refusal> {
    let mut writer = ValueWriter::of(source);
    writer.kinds.push(EventKind::DocumentStart);
    let newline = source.newline();
    let lines = match value {
        NewValue::Map(entries) if !entries.is_empty() => writer.map(entries, 0)?,
        _ => return Err(Refusal::Value { message: "a document is a map" }),
    };
    writer.kinds.push(EventKind::DocumentEnd);
    let body = lines.join(newline);
    let (splice, event) = match source.root(before) {
        Some(root) => (before_document(source, root, &body), source.span(root).events.start - 1),
        None => (behind_last(source, &body)?, source.kinds().len()),
    };
    Ok(SplicePlan { splices: vec![splice], events: event..event, instead: writer.kinds })
}

fn before_document(source: &YamlSource, root: SpanId, body: &str) -> Splice {
    let newline = source.newline();
    match source.piece_of(root).0.checked_sub(1) {
        Some(before) => Splice::insert(source.pieces()[before].range.end, format!("---{newline}{body}{newline}")),
        None if is_marked(source) => Splice::insert(beginning(source), format!("---{newline}{body}{newline}")),
        None => Splice::insert(beginning(source), format!("{body}{newline}---{newline}")),
    }
}

fn behind_last(source: &YamlSource, body: &str) -> Result<Splice, Refusal> {
    let (text, newline) = (source.text(), source.newline());
    let piece = source.pieces().last().map_or("", |piece| &text[piece.range.clone()]);
    let is_empty = |line: &str| line.trim().is_empty() || line.starts_with('#');
    let separator = match piece.trim_start_matches(BOM).lines().all(is_empty) {
        true => String::new(),
        false => format!("---{newline}"),
    };
    let added = match text.trim_start_matches(BOM) {
        "" => format!("{body}{newline}"),
        text if text.ends_with('\n') => format!("{separator}{body}{newline}"),
        _ => {
            super::block::may_go_on(source)?;
            format!("{newline}{separator}{body}")
        }
    };
    Ok(Splice::insert(text.len(), added))
}

/// The document with the separator before it, or, of the first, the one behind it.
pub fn remove(source: &YamlSource, document: usize) -> Result<SplicePlan, Refusal> {
    let missing = || Refusal::Missing { place: format!("document {document}") };
    let root = source.root(document).ok_or_else(missing)?;
    if source.documents() == 1 {
        return Err(Refusal::LastDocument);
    }
    let (at, piece) = source.piece_of(root);
    let pieces = source.pieces();
    let range = match at.checked_sub(1) {
        Some(before) => {
            let start = pieces[before].range.end;
            let is_cut = piece.range.end == source.text().len() && !source.text().ends_with('\n');
            // a file without a last line end stays without one
            let start = if is_cut { source.line_end(source.line_start(start.saturating_sub(1))) } else { start };
            start..piece.range.end
        }
        None if is_marked(source) => beginning(source)..piece.range.end,
        None => beginning(source)..pieces.get(1).map_or(piece.range.end, |next| next.range.start),
    };
    let events = source.span(root).events.start - 1..source.span(root).events.end + 1;
    Ok(SplicePlan { splices: vec![Splice::new(range, "")], events, instead: Vec::new() })
}

fn beginning(source: &YamlSource) -> usize {
    if source.text().starts_with(BOM) { BOM.len() } else { 0 }
}

fn is_marked(source: &YamlSource) -> bool {
    source.text()[beginning(source)..].starts_with("---")
}
