//! A file as it is: its bytes, and which of them are which node.
//!
//! `render` reads with line ends normalised, aliases expanded and comments gone; this keeps all of it. Two readers have to agree on what the
//! text says, else it is not edited. Changing it does *not* belong here (`plan`, `guard`).

mod event;
mod first;
pub(super) mod layout;
pub(super) mod pieces;
mod second;
mod spot;
mod tree;

use std::sync::Arc;

pub use event::{EventKind, Properties, Quoting};
pub use pieces::Piece;
pub use spot::Shape;
pub use tree::{Span, SpanId, SpanKind};

use super::refusal::Refusal;
use crate::domain::text::{counted, sanitise_line};
use crate::render::node::Layer;
use crate::render::read::{TextPlace, documents};
use event::YamlEvent;
use tree::Spans;

/// A file that can be edited. Cheap to copy.
#[derive(Clone)]
pub struct YamlSource {
    read: Arc<Read>,
}

/// Without the text, which may hold secrets.
impl std::fmt::Debug for YamlSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "YamlSource({}, {})", counted(self.text().len(), "byte"), counted(self.documents(), "document"))
    }
}

struct Read {
    text: String,
    pieces: Vec<Piece>,
    events: Vec<YamlEvent>,
    spans: Spans,
    /// Roots that are not null, as `render` numbers documents.
    documents: Vec<SpanId>,
    comments: Vec<String>,
}

impl YamlSource {
    /// Reads a file, or a text inside of one.
    ///
    /// # Errors
    /// What forbids every edit of it: not YAML, encrypted, a template, a key twice, or something that readers do not agree on.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let text = pieces::text(bytes)?;
        encrypted(&text)?;
        let pieces = pieces::pieces(&text)?;
        readable(&text)?;
        let mut events = Vec::new();
        pieces.iter().try_for_each(|piece| first::read(&text, piece, &mut events))?;
        let mut reading = second::SecondReading::default();
        pieces.iter().try_for_each(|piece| second::read(&text, piece, &mut reading))?;
        agree(&text, &events, &reading.kinds)?;
        let spans = Spans::of(&text, &events);
        let documents = spans.roots.iter().copied().filter(|id| !spans.all[*id].is_null()).collect();
        let read = Read { text, pieces, events, spans, documents, comments: reading.comments };
        let source = Self { read: Arc::new(read) };
        source.lawful()?;
        Ok(source)
    }

    /// The bytes as they were read.
    pub fn bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }

    /// Documents with something in them.
    pub fn documents(&self) -> usize {
        self.read.documents.len()
    }

    pub(super) fn text(&self) -> &str {
        &self.read.text
    }

    pub(super) fn span(&self, id: SpanId) -> &Span {
        &self.read.spans.all[id]
    }

    pub(super) fn spans(&self) -> &[Span] {
        &self.read.spans.all
    }

    pub(super) fn root(&self, document: usize) -> Option<SpanId> {
        self.read.documents.get(document).copied()
    }

    /// The piece that contains a node, and its number.
    pub(super) fn piece_of(&self, id: SpanId) -> (usize, &Piece) {
        let at = self.span(id).range.start;
        let after = self.read.pieces.partition_point(|piece| piece.range.start <= at).max(1);
        (after - 1, &self.read.pieces[after - 1])
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.read.pieces
    }

    pub(super) fn kinds(&self) -> impl ExactSizeIterator<Item = &EventKind> {
        self.read.events.iter().map(|event| &event.kind)
    }

    /// Comments between the nodes, in order.
    pub(super) fn comments(&self) -> &[String] {
        &self.read.comments
    }

    /// The line of an event, as git counts.
    pub(super) fn line_of_event(&self, at: usize) -> u32 {
        let start = self.read.events.get(at).map_or(self.text().len(), |event| event.range.start);
        self.line_at(start)
    }

    /// The line of a byte, from 1, as git counts.
    pub(super) fn line_at(&self, at: usize) -> u32 {
        pieces::line_at(self.bytes(), at)
    }

    pub(super) fn line_of(&self, id: SpanId) -> u32 {
        self.line_at(self.span(id).range.start)
    }

    pub(super) fn above(&self, id: SpanId) -> impl Iterator<Item = SpanId> {
        self.read.spans.above(id)
    }

    pub(super) fn uses(&self, anchor: &str, of: SpanId) -> Vec<u32> {
        self.read.spans.uses(anchor, of)
    }

    /// What forbids every edit, though it can be read.
    fn lawful(&self) -> Result<(), Refusal> {
        if let Some(key) = self.read.spans.duplicate() {
            let name = sanitise_line(key.text().unwrap_or_default()).into_owned();
            return Err(Refusal::DuplicateKey { line: self.line_at(key.range.start), key: name });
        }
        for span in self.spans() {
            if span.text().is_some_and(|text| text.starts_with("ENC[")) {
                return Err(Refusal::Encrypted { line: self.line_at(span.range.start) });
            }
            if self.is_filled_in(span) {
                return Err(Refusal::Template { line: self.line_at(span.range.start) });
            }
        }
        let is_sops = |(key, value): &(SpanId, SpanId)| self.span(*key).text() == Some("sops") && self.span(*value).is_map();
        match self.read.documents.iter().find_map(|root| self.span(*root).entries().find(is_sops)) {
            Some((key, _)) => Err(Refusal::Encrypted { line: self.line_of(key) }),
            None => Ok(()),
        }
    }

    /// `{{ x }}` reads as a map whose key is a map; a key with `{{` in it is filled in too.
    fn is_filled_in(&self, span: &Span) -> bool {
        let is_key = |key: &Span| match &key.kind {
            SpanKind::Scalar { text, quoting: Quoting::Plain } => has_template(text),
            _ => key.is_map() && self.text()[..key.range.start].ends_with('{'),
        };
        span.entries().any(|(key, _)| is_key(self.span(key)))
    }
}

/// Whether something else may have to fill a text in before YAML is read: Go's templates, and Jinja's.
pub fn has_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// `render` has to be able to read it: what it refuses is not edited either, and its checks keep the scanners from harm.
fn readable(text: &str) -> Result<(), Refusal> {
    let Err(error) = documents(text.as_bytes(), &TextPlace::file(&"".into(), Layer::Resource)) else { return Ok(()) };
    let line = usize::try_from(error.line.max(1)).unwrap_or(1);
    let at = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    match error.cause {
        crate::render::Cause::Limit => Err(Refusal::TooDeep { line: error.line }),
        _ => Err(unreadable(text, at, error.message)),
    }
}

/// Why a text is not YAML at a byte: templates and tabs are recognised by the lines around.
fn unreadable(text: &str, at: usize, message: String) -> Refusal {
    let line = pieces::line_at(text.as_bytes(), at);
    let start = text[..at].rfind('\n').map_or(0, |end| text[..end].rfind('\n').map_or(0, |end| end + 1));
    let near: Vec<&str> = text[start..].lines().take(4).collect();
    if near.iter().any(|line| has_template(line)) {
        return Refusal::Template { line };
    }
    if near.iter().any(|line| line.trim_start_matches(' ').starts_with('\t')) {
        return Refusal::Tabs { line };
    }
    Refusal::Malformed { line, message }
}

/// SOPS encrypts comments too.
fn encrypted(text: &str) -> Result<(), Refusal> {
    match text.find("ENC[AES256_GCM,") {
        Some(at) => Err(Refusal::Encrypted { line: pieces::line_at(text.as_bytes(), at) }),
        None => Ok(()),
    }
}

/// Both readers say the same, event by event.
fn agree(text: &str, events: &[YamlEvent], kinds: &[EventKind]) -> Result<(), Refusal> {
    let differs = events.iter().zip(kinds).find(|(event, kind)| event.kind != **kind).map(|(event, _)| event.range.start);
    let at = match differs {
        None if events.len() == kinds.len() => return Ok(()),
        None => text.len(),
        Some(at) => at,
    };
    Err(Refusal::Readers { line: pieces::line_at(text.as_bytes(), at) })
}
