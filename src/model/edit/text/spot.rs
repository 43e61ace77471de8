//! The node at a place, and the place at a line and column.

use super::event::Quoting;
use super::tree::{SpanId, SpanKind};
use super::{Refusal, YamlSource};
use crate::edit::place::{NodePlace, PlaceStep};
use crate::edit::value::Scalar;

/// What a node is, for callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As it would be written again.
    Scalar(Scalar),
    /// How many items.
    List(usize),
    /// Its keys.
    Map(Vec<String>),
    /// Of which anchor.
    Alias(String),
}

impl YamlSource {
    /// The notation at a place.
    ///
    /// # Errors
    /// Nothing does, or it is reached through an alias or a merged map.
    pub fn at(&self, place: &NodePlace) -> Result<Shape, Refusal> {
        if let Some((outer, inner)) = place.outer() {
            return self.inside(&outer)?.at(&inner);
        }
        let span = self.span(self.find(place)?);
        Ok(match &span.kind {
            SpanKind::Scalar { text, quoting } => Shape::Scalar(Scalar::as_written(text, *quoting)),
            SpanKind::List { .. } => Shape::List(span.children.len()),
            SpanKind::Map { .. } => {
                let key = |(key, _): (SpanId, SpanId)| self.span(key).text().unwrap_or_default().to_owned();
                Shape::Map(span.entries().map(key).collect())
            }
            SpanKind::Alias { anchor } => Shape::Alias(anchor.clone()),
        })
    }

    /// The line of a place, from 1, as git counts.
    ///
    /// # Errors
    /// As [`YamlSource::at`].
    pub fn line_of_place(&self, place: &NodePlace) -> Result<u32, Refusal> {
        let outer = place.outer().map_or_else(|| place.clone(), |(outer, _)| outer);
        Ok(self.line_of(self.find(&outer)?))
    }

    /// The text of a scalar, which is YAML or JSON.
    ///
    /// # Errors
    /// It is none, or cannot be edited.
    pub fn inside(&self, place: &NodePlace) -> Result<Self, Refusal> {
        let id = self.find(place)?;
        let line = self.line_of(id);
        let Some(text) = self.span(id).text() else { return Err(Refusal::Shape { line, wanted: "a text" }) };
        Self::read(text.as_bytes()).map_err(|refusal| Refusal::Inside { line, refusal: Box::new(refusal) })
    }

    /// The place that `render` names as an origin: line and column from 1. A value before a list or a map that begins there, and that
    /// before a key. Inside of `|` it is a place in the text; inside of other scalars `render` names the scalar.
    pub fn located(&self, line: u32, column: u32) -> Option<NodePlace> {
        let is_there = |id: &SpanId| (self.span(*id).line, self.span(*id).column) == (line, column);
        let from = self.spans().partition_point(|span| span.line < line);
        let there = (from..self.spans().len()).take_while(|id| self.span(*id).line == line).filter(is_there);
        let found = there.min_by_key(|id| match self.span(*id).kind {
            _ if self.is_key(*id) => 2,
            SpanKind::Scalar { .. } | SpanKind::Alias { .. } => 0,
            _ => 1,
        });
        match found {
            Some(id) => self.place_of(id),
            None => self.located_inside(line, column),
        }
    }

    /// In the text of the `|` before that line.
    fn located_inside(&self, line: u32, column: u32) -> Option<NodePlace> {
        let before = self.spans().partition_point(|span| span.line < line).checked_sub(1)?;
        let span = self.span(before);
        let SpanKind::Scalar { text, quoting: Quoting::Literal } = &span.kind else { return None };
        let header = span.line.saturating_add(self.lines_before_content(before));
        let inner_line = line.checked_sub(header)?;
        let indent = u32::try_from(self.literal_indent(before)?).ok()?;
        let inner = Self::read(text.as_bytes()).ok()?.located(inner_line, column.checked_sub(indent)?)?;
        let mut place = self.place_of(before)?;
        place.path.push(PlaceStep::Inside(inner.document));
        place.path.extend(inner.path);
        Some(place)
    }

    fn lines_before_content(&self, id: SpanId) -> u32 {
        let span = self.span(id);
        let before = &self.text()[span.range.start..span.content.start];
        u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX)
    }

    /// Blanks before the text of a block scalar: where its first line that is not empty begins, less the blanks that belong to the text.
    pub(in crate::edit) fn literal_indent(&self, id: SpanId) -> Option<usize> {
        let span = self.span(id);
        let text = span.text()?;
        let at = text.split('\n').position(|line| !line.trim_matches(' ').is_empty())?;
        let inner = text.split('\n').nth(at).map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
        let body = &self.text()[span.content.clone()];
        let outer = body.split('\n').nth(at + 1)?;
        (outer.len() - outer.trim_start_matches(' ').len()).checked_sub(inner)
    }

    pub(in crate::edit) fn is_key(&self, id: SpanId) -> bool {
        let Some(parent) = self.span(id).parent.map(|parent| self.span(parent)).filter(|parent| parent.is_map()) else {
            return false;
        };
        parent.children.binary_search(&id).is_ok_and(|at| at % 2 == 0)
    }

    /// The way to a node; a key stands for its entry.
    pub(in crate::edit) fn place_of(&self, id: SpanId) -> Option<NodePlace> {
        let mut path = Vec::new();
        let chain: Vec<SpanId> = self.above(id).collect();
        for pair in chain.windows(2) {
            let (child, parent) = (pair[0], self.span(pair[1]));
            let at = parent.children.binary_search(&child).ok()?;
            path.push(match parent.is_list() {
                true => PlaceStep::Index(at),
                false => PlaceStep::Key(self.span(parent.children[at & !1]).text()?.to_owned()),
            });
        }
        path.reverse();
        let root = chain.last()?;
        let document = (0..self.documents()).find(|document| self.root(*document) == Some(*root))?;
        Some(NodePlace { document, path })
    }

    /// The node at a place.
    pub(in crate::edit) fn find(&self, place: &NodePlace) -> Result<SpanId, Refusal> {
        let missing = || Refusal::Missing { place: place.to_string() };
        let root = self.root(place.document).ok_or_else(missing)?;
        place.path.iter().try_fold(root, |id, step| self.step_down(id, step)?.ok_or_else(missing))
    }

    /// One step down: none where there is nothing, an error where it is another place's.
    pub(in crate::edit) fn step_down(&self, id: SpanId, step: &PlaceStep) -> Result<Option<SpanId>, Refusal> {
        let span = self.span(id);
        if let SpanKind::Alias { anchor } = &span.kind {
            return Err(Refusal::Alias { line: self.line_of(id), anchor: anchor.clone() });
        }
        let is = |id: SpanId, text: &str| self.span(id).text() == Some(text);
        let value = |id: SpanId, key: &str| self.span(id).entries().find(|(name, _)| is(*name, key)).map(|(_, value)| value);
        let items = if span.is_list() { span.children.as_slice() } else { &[] };
        Ok(match step {
            PlaceStep::Key(key) => match value(id, key) {
                None if self.merges(id, key) => {
                    let key = crate::domain::text::sanitise_line(key).into_owned();
                    return Err(Refusal::MergeKey { line: self.line_of(id), key });
                }
                found => found,
            },
            PlaceStep::Index(at) => items.get(*at).copied(),
            PlaceStep::Is(text) => items.iter().copied().find(|item| is(*item, text)),
            PlaceStep::Item(pairs) => items
                .iter()
                .copied()
                .find(|item| pairs.iter().all(|(key, wanted)| value(*item, key).is_some_and(|value| is(value, wanted)))),
            PlaceStep::Last | PlaceStep::Inside(_) => None,
        })
    }

    /// Whether a map gets a key from a merged one.
    pub(in crate::edit) fn merges(&self, map: SpanId, key: &str) -> bool {
        let is_merge =
            |id: SpanId| matches!(&self.span(id).kind, SpanKind::Scalar { text, quoting: Quoting::Plain } if text == "<<");
        let mut open: Vec<SpanId> =
            self.span(map).entries().filter(|(name, _)| is_merge(*name)).map(|(_, value)| value).collect();
        let mut looked_at = std::collections::HashSet::new();
        while let Some(id) = open.pop() {
            if !looked_at.insert(id) {
                continue;
            }
            let span = self.span(id);
            match &span.kind {
                SpanKind::Alias { anchor } => {
                    let is_it = |at: &SpanId| self.span(*at).properties.anchor.as_ref() == Some(anchor);
                    open.extend((0..id).rev().find(is_it));
                }
                SpanKind::List { .. } => open.extend(&span.children),
                _ => {
                    for (name, value) in span.entries() {
                        if self.span(name).text() == Some(key) {
                            return true;
                        }
                        open.extend(is_merge(name).then_some(value));
                    }
                }
            }
        }
        false
    }
}
