//! The second reader: granit-parser, which shares no code with libyaml. What the two do not agree on is not edited.

use std::collections::HashMap;

use granit_parser::{Event as GranitEvent, Parser, ScalarStyle, Span, StructureStyle};

use super::event::{EventKind, Properties, Quoting};
use super::first::MAX_DEPTH;
use super::pieces::Piece;
use crate::edit::refusal::Refusal;
use crate::render::read::uncut;

/// What the second reader says of a text.
#[derive(Debug, Default)]
pub struct SecondReading {
    pub kinds: Vec<EventKind>,
    /// Without their `#`, in order. The first reader does not report them.
    pub comments: Vec<String>,
}

/// The events of a piece; the text of a document that is left empty is empty.
pub fn read(whole: &str, piece: &Piece, reading: &mut SecondReading) -> Result<(), Refusal> {
    let text = &whole[piece.range.clone()];
    let is_cut = !text.is_empty() && !text.ends_with('\n');
    let options = granit_parser::options! {
        emit_anchor_events: true,
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut anchors: HashMap<usize, String> = HashMap::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| refused(whole, piece, text, &error))?;
        let kind = match event {
            GranitEvent::Anchor(id, name) => {
                anchored(&mut reading.kinds, &name);
                anchors.insert(id, name.into_owned());
                continue;
            }
            GranitEvent::Comment(comment, _) => {
                reading.comments.push(comment.into_owned());
                continue;
            }
            GranitEvent::DocumentStart(..) => EventKind::DocumentStart,
            GranitEvent::DocumentEnd => EventKind::DocumentEnd,
            GranitEvent::Alias(id) => EventKind::Alias(anchors.get(&id).cloned().unwrap_or_default()),
            GranitEvent::Scalar(value, style, _, tag) => {
                let quoting = quoting(style);
                let mut value = if is_nothing(&span, quoting) { String::new() } else { value.into_owned() };
                let is_last = span.byte_range().is_some_and(|range| range.end >= text.len());
                if is_cut && quoting.is_block() && is_last && value.ends_with('\n') {
                    uncut(&mut value, text);
                }
                EventKind::Scalar { text: value, quoting, properties: tagged(tag.as_deref()) }
            }
            GranitEvent::SequenceStart(style, _, tag) => {
                EventKind::List { is_flow: is_flow(style), properties: tagged(tag.as_deref()) }
            }
            GranitEvent::MappingStart(style, _, tag) => {
                EventKind::Map { is_flow: is_flow(style), properties: tagged(tag.as_deref()) }
            }
            GranitEvent::SequenceEnd | GranitEvent::MappingEnd => EventKind::End,
            _ => continue,
        };
        reading.kinds.push(kind);
    }
    Ok(())
}

/// A value that is left away is `~` to it.
fn is_nothing(span: &Span, quoting: Quoting) -> bool {
    quoting == Quoting::Plain && span.byte_range().is_none_or(|range| range.is_empty())
}

fn is_flow(style: StructureStyle) -> bool {
    style == StructureStyle::Flow
}

fn tagged(tag: Option<&granit_parser::Tag>) -> Properties {
    Properties { anchor: None, tag: tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix())) }
}

fn anchored(kinds: &mut [EventKind], name: &str) {
    if let Some(EventKind::Scalar { properties, .. } | EventKind::List { properties, .. } | EventKind::Map { properties, .. }) =
        kinds.last_mut()
    {
        properties.anchor = Some(name.to_owned());
    }
}

fn quoting(style: ScalarStyle) -> Quoting {
    match style {
        ScalarStyle::SingleQuoted => Quoting::Single,
        ScalarStyle::DoubleQuoted => Quoting::Double,
        ScalarStyle::Literal => Quoting::Literal,
        ScalarStyle::Folded => Quoting::Folded,
        ScalarStyle::Plain => Quoting::Plain,
    }
}

/// The first reader took it, so the two differ.
fn refused(whole: &str, piece: &Piece, text: &str, error: &granit_parser::ScanError) -> Refusal {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    Refusal::Readers { line: super::pieces::line_at(whole.as_bytes(), piece.range.start + at) }
}
