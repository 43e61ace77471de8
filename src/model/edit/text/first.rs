//! The first reader: libyaml's scanner, the one that `render` (and, ported, kustomize) reads with. Its marks are where splices go.

use std::borrow::Cow;

use libyaml_safer::{EventData, MappingStyle, Mark, Parser, ScalarStyle, SequenceStyle};

use super::event::{EventKind, Properties, Quoting, YamlEvent};
use super::pieces::Piece;
use crate::edit::refusal::Refusal;
use crate::render::read::uncut;

/// Collections inside of each other; `render` reads a few more.
pub const MAX_DEPTH: usize = 200;

const BOM: &str = "\u{feff}";

/// The events of a piece, with places in the whole text.
///
/// Only for what `render::read` accepted: that one keeps from the scanner what it ends in a panic over.
pub fn read(whole: &str, piece: &Piece, events: &mut Vec<YamlEvent>) -> Result<(), Refusal> {
    let text = &whole[piece.range.clone()];
    let is_cut = !text.is_empty() && !text.ends_with('\n');
    let ended = if is_cut { Cow::Owned(format!("{text}\n")) } else { Cow::Borrowed(text) };
    // libyaml counts from behind the mark
    let base = piece.range.start + if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut input = ended.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let at = |mark: Mark| (base + number(mark.index)).min(piece.range.end);
    let (mut depth, mut has_ended) = (0, false);
    loop {
        let event = parser.parse().map_err(|error| malformed(&error, whole, piece, base))?;
        let start = event.start_mark;
        let range = at(start)..at(event.end_mark).max(at(start));
        let line = piece.line + u32::try_from(start.line).unwrap_or(u32::MAX / 2) + 1;
        let kind = match event.data {
            EventData::StreamStart { .. } => continue,
            EventData::StreamEnd => return Ok(()),
            _ if has_ended => return Err(Refusal::Documents { line }),
            EventData::DocumentStart { .. } => EventKind::DocumentStart,
            EventData::DocumentEnd { .. } => {
                has_ended = true;
                EventKind::DocumentEnd
            }
            EventData::Alias { anchor } => EventKind::Alias(anchor),
            EventData::Scalar { anchor, tag, mut value, style, .. } => {
                let quoting = quoting(style);
                if is_cut && quoting.is_block() && range.end >= piece.range.end {
                    uncut(&mut value, text);
                }
                EventKind::Scalar { text: value, quoting, properties: properties(anchor, tag) }
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                EventKind::List { is_flow: style == SequenceStyle::Flow, properties: properties(anchor, tag) }
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                EventKind::Map { is_flow: style == MappingStyle::Flow, properties: properties(anchor, tag) }
            }
            EventData::SequenceEnd | EventData::MappingEnd => EventKind::End,
        };
        match kind {
            EventKind::List { .. } | EventKind::Map { .. } => depth += 1,
            EventKind::End => depth -= 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Refusal::TooDeep { line });
        }
        let column = u32::try_from(start.column).unwrap_or(u32::MAX / 2) + 1;
        events.push(YamlEvent { kind, range, line, column });
    }
}

fn number(mark: u64) -> usize {
    usize::try_from(mark).unwrap_or(usize::MAX / 2)
}

fn properties(anchor: Option<String>, tag: Option<String>) -> Properties {
    Properties { anchor, tag: tag.filter(|tag| !tag.is_empty()) }
}

fn quoting(style: ScalarStyle) -> Quoting {
    match style {
        ScalarStyle::SingleQuoted => Quoting::Single,
        ScalarStyle::DoubleQuoted => Quoting::Double,
        ScalarStyle::Literal => Quoting::Literal,
        ScalarStyle::Folded => Quoting::Folded,
        _ => Quoting::Plain,
    }
}

/// Why it cannot be read: templates and tabs are recognised by the lines around.
fn malformed(error: &libyaml_safer::Error, whole: &str, piece: &Piece, base: usize) -> Refusal {
    let mark = error.problem_mark().or_else(|| error.context_mark()).unwrap_or_default();
    let mut at = (base + number(mark.index)).min(piece.range.end);
    while !whole.is_char_boundary(at) {
        at -= 1;
    }
    super::unreadable(whole, at, error.to_string())
}
