//! Lines of a file, and its habits: line ends, indentation, quotes.

use super::YamlSource;
use super::event::Quoting;
use super::tree::{SpanId, SpanKind};

impl YamlSource {
    /// Where the line of a byte begins; the byte order mark is in no line.
    pub(in crate::edit) fn line_start(&self, at: usize) -> usize {
        let start = self.text()[..at].rfind('\n').map_or(0, |end| end + 1);
        if start == 0 && self.text().starts_with('\u{feff}') { '\u{feff}'.len_utf8().min(at) } else { start }
    }

    /// Where the line of a byte ends, before its line end.
    pub(in crate::edit) fn line_end(&self, at: usize) -> usize {
        let end = self.text()[at..].find('\n').map_or(self.text().len(), |end| at + end);
        if self.text()[at..end].ends_with('\r') { end - 1 } else { end }
    }

    /// Where the next line begins, or the end of the text.
    pub(in crate::edit) fn next_line(&self, at: usize) -> usize {
        self.text()[at..].find('\n').map_or(self.text().len(), |end| at + end + 1)
    }

    /// Characters before it on its line.
    pub(in crate::edit) fn column(&self, at: usize) -> usize {
        self.text()[self.line_start(at)..at].chars().count()
    }

    /// Whether only spaces precede it on its line.
    pub(in crate::edit) fn is_first_on_line(&self, at: usize) -> bool {
        self.text()[self.line_start(at)..at].bytes().all(|byte| byte == b' ')
    }

    /// A line without its line end and indentation, and the indentation.
    pub(in crate::edit) fn line(&self, start: usize) -> (&str, usize) {
        let line = &self.text()[start..self.line_end(start)];
        let rest = line.trim_start_matches(' ');
        (rest, line.len() - rest.len())
    }

    /// The line end that the file uses.
    pub(in crate::edit) fn newline(&self) -> &'static str {
        match self.text().find('\n') {
            Some(at) if self.text()[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// Blanks by which maps in maps are indented; 2 where none is.
    pub(in crate::edit) fn step(&self) -> usize {
        let steps = self.spans().iter().filter(|span| span.is_map() && !span.is_flow()).filter_map(|span| {
            let parent = span.parent.map(|parent| &self.spans()[parent]).filter(|parent| parent.is_map())?;
            self.column(span.content.start).checked_sub(self.column(parent.content.start)).filter(|step| (1..=8).contains(step))
        });
        most(steps.take(SAMPLE)).unwrap_or(2)
    }

    /// Blanks by which lists are indented below their key.
    pub(in crate::edit) fn list_step(&self) -> usize {
        let steps = self.spans().iter().filter(|span| span.is_list() && !span.is_flow()).filter_map(|span| {
            let parent = span.parent.map(|parent| &self.spans()[parent]).filter(|parent| parent.is_map())?;
            self.column(span.content.start).checked_sub(self.column(parent.content.start)).filter(|step| *step <= 8)
        });
        most(steps.take(SAMPLE)).unwrap_or(2)
    }

    /// The quotes that the file uses where it needs some.
    pub(in crate::edit) fn quotes(&self) -> Quoting {
        let quoted = self.spans().iter().filter_map(|span| match span.kind {
            SpanKind::Scalar { quoting: quoting @ (Quoting::Single | Quoting::Double), .. } => {
                Some(usize::from(quoting == Quoting::Single))
            }
            _ => None,
        });
        if most(quoted.take(SAMPLE)) == Some(1) { Quoting::Single } else { Quoting::Double }
    }

    /// A map or list in brackets as JSON has it: every key in double quotes.
    pub(in crate::edit) fn is_json(&self, id: SpanId) -> bool {
        let in_brackets = self.above(id).take_while(|id| self.span(*id).is_flow());
        let is_quoted = |key: &SpanId| matches!(self.span(*key).kind, SpanKind::Scalar { quoting: Quoting::Double, .. });
        let mut keys = in_brackets.flat_map(|id| self.span(id).entries().map(|(key, _)| key)).peekable();
        match keys.peek() {
            Some(_) => keys.all(|key| is_quoted(&key)),
            // `["a"]`, and what is empty in a file that begins as JSON does
            None => match self.span(id).children.as_slice() {
                [] => self.text().trim_start().starts_with(['{', '[']),
                items => items.iter().all(is_quoted),
            },
        }
    }
}

/// How many nodes are looked at to find a habit of the file.
const SAMPLE: usize = 200;

/// The number that comes most often; of several the least.
fn most(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts = [0usize; 10];
    numbers.for_each(|number| counts[number.min(9)] += 1);
    (0..counts.len()).rev().max_by_key(|number| counts[*number]).filter(|number| counts[*number] > 0)
}
