//! Events → spans: which bytes are which node, and which node contains which.

use std::collections::HashMap;
use std::ops::Range;

use super::event::{EventKind, Properties, Quoting, YamlEvent};
use crate::render::resolve::{Resolved, Yaml, plain};

/// A span's place in the list of spans.
pub type SpanId = usize;

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanKind {
    Scalar { text: String, quoting: Quoting },
    List { is_flow: bool },
    Map { is_flow: bool },
    Alias { anchor: String },
}

/// The bytes of one node.
#[derive(Clone, Debug)]
pub struct Span {
    pub kind: SpanKind,
    /// With its anchor and tag, without the line end behind it.
    pub range: Range<usize>,
    /// Without its anchor and tag.
    pub content: Range<usize>,
    pub properties: Properties,
    pub parent: Option<SpanId>,
    /// Items, or keys and values in turn.
    pub children: Vec<SpanId>,
    /// Among the events of the whole text.
    pub events: Range<usize>,
    /// As `render` counts.
    pub line: u32,
    pub column: u32,
}

impl Span {
    pub fn is_flow(&self) -> bool {
        matches!(self.kind, SpanKind::List { is_flow: true } | SpanKind::Map { is_flow: true })
    }

    pub fn is_map(&self) -> bool {
        matches!(self.kind, SpanKind::Map { .. })
    }

    pub fn is_list(&self) -> bool {
        matches!(self.kind, SpanKind::List { .. })
    }

    /// The scalar's text.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            SpanKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Nothing is written there: a value that is left away.
    pub fn is_nothing(&self) -> bool {
        self.content.is_empty()
    }

    /// A plain scalar that says null (`render::resolve`), or nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, SpanKind::Scalar { text, quoting: Quoting::Plain } if plain(text, Yaml::V3) == Resolved::Null)
    }

    /// Keys and values.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (SpanId, SpanId)> + ExactSizeIterator {
        let children = if self.is_map() { self.children.as_slice() } else { &[] };
        children.as_chunks::<2>().0.iter().map(|[key, value]| (*key, *value))
    }
}

/// The spans of all documents; the roots in order.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    pub all: Vec<Span>,
    pub roots: Vec<SpanId>,
}

impl Spans {
    pub fn of(text: &str, events: &[YamlEvent]) -> Self {
        let mut spans = Self::default();
        let mut open: Vec<SpanId> = Vec::new();
        for (at, event) in events.iter().enumerate() {
            let (kind, properties) = match &event.kind {
                EventKind::Scalar { text, quoting, properties } => {
                    (SpanKind::Scalar { text: text.clone(), quoting: *quoting }, properties.clone())
                }
                EventKind::List { is_flow, properties } => (SpanKind::List { is_flow: *is_flow }, properties.clone()),
                EventKind::Map { is_flow, properties } => (SpanKind::Map { is_flow: *is_flow }, properties.clone()),
                EventKind::Alias(anchor) => (SpanKind::Alias { anchor: anchor.clone() }, Properties::default()),
                EventKind::End => {
                    spans.close(open.pop(), event, at);
                    continue;
                }
                EventKind::DocumentStart | EventKind::DocumentEnd => continue,
            };
            let id = spans.all.len();
            let is_open = matches!(kind, SpanKind::List { .. } | SpanKind::Map { .. });
            let range = event.range.start..end_of(text, &kind, &event.range);
            let start = if properties.is_none() { range.start } else { behind_properties(text, range.clone()) };
            let content = start..range.end.max(start);
            let (parent, events, line, column) = (open.last().copied(), at..at + 1, event.line, event.column);
            spans.all.push(Span { kind, range, content, properties, parent, children: Vec::new(), events, line, column });
            match parent {
                Some(parent) => spans.all[parent].children.push(id),
                None => spans.roots.push(id),
            }
            if is_open {
                open.push(id);
            }
        }
        spans
    }

    /// A block ends with its last child: its own end mark reaches past the comments that follow.
    fn close(&mut self, id: Option<SpanId>, event: &YamlEvent, at: usize) {
        let Some(id) = id else { return };
        let children = &self.all[id].children;
        let (first, last) = (children.first().map(|child| self.all[*child].range.start), children.last());
        let end = last.map(|child| self.all[*child].range.end);
        let span = &mut self.all[id];
        span.events.end = at + 1;
        let end = if span.is_flow() { event.range.end } else { end.unwrap_or(span.range.end) };
        span.range.end = end.max(span.range.start);
        if !span.is_flow() && !span.properties.is_none() && span.is_map() {
            span.content.start = first.unwrap_or(span.content.start).max(span.content.start);
        }
        span.content.end = end.max(span.content.start);
    }

    /// Lines at which aliases use an anchor, in the document of a span.
    pub fn uses(&self, anchor: &str, of: SpanId) -> Vec<u32> {
        let root = self.root_of(of);
        let document = &self.all[root].events;
        let is_use = |span: &&Span| matches!(&span.kind, SpanKind::Alias { anchor: name } if name == anchor);
        let inside = self.all[root..].iter().take_while(|span| span.events.start < document.end);
        inside.filter(is_use).map(|span| span.line).collect()
    }

    pub fn root_of(&self, id: SpanId) -> SpanId {
        self.above(id).last().unwrap_or(id)
    }

    /// A node and its ancestors, up to the root.
    pub fn above(&self, id: SpanId) -> impl Iterator<Item = SpanId> {
        std::iter::successors(Some(id), |id| self.all[*id].parent)
    }

    /// The first key that a map has twice.
    pub fn duplicate(&self) -> Option<&Span> {
        self.all.iter().filter(|span| span.is_map()).find_map(|map| {
            let mut seen = HashMap::new();
            let mut keys = map.entries().map(|(key, _)| &self.all[key]);
            keys.find(|key| key.text().is_some_and(|text| seen.insert(text, ()).is_some()))
        })
    }
}

/// A block scalar's last line is its last one with something on it; `+` keeps the empty ones.
fn end_of(text: &str, kind: &SpanKind, range: &Range<usize>) -> usize {
    let SpanKind::Scalar { quoting, .. } = kind else { return range.end };
    if !quoting.is_block() {
        return range.end;
    }
    let unended = |body: &str| body.strip_suffix('\n').map(|body| body.strip_suffix('\r').unwrap_or(body).len());
    let body = &text[range.clone()];
    let header = body.split(['\n', '#']).next().unwrap_or_default();
    let mut end = unended(body).unwrap_or(body.len());
    while !header.contains('+') {
        let Some(line) = body[..end].rfind('\n').map(|at| at + 1) else { break };
        if body[line..end].bytes().any(|byte| byte != b' ') {
            break;
        }
        end = unended(&body[..line]).unwrap_or(line);
    }
    range.start + end
}

/// Where the value begins behind its anchor and tag.
fn behind_properties(text: &str, range: Range<usize>) -> usize {
    let mut at = range.start;
    loop {
        let rest = &text[at..range.end];
        let word = match rest.as_bytes().first() {
            Some(b'&') => rest[1..].find(|letter: char| !(letter.is_ascii_alphanumeric() || "_-".contains(letter))),
            Some(b'!') => rest[1..].find(|letter: char| letter.is_whitespace() || ",[]{}".contains(letter)),
            Some(b' ' | b'\t' | b'\r' | b'\n') => {
                at += 1;
                continue;
            }
            Some(b'#') => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            _ => return at,
        };
        at += word.map_or(rest.len(), |end| end + 1);
    }
}
