//! The last lines of a stream, oldest first; how many older ones were dropped.

use std::collections::VecDeque;

use super::text::Source;
use crate::ui::theme::Scope;
use fluxdeck_model::domain::severity::{Severity, severity};

/// What our own lines begin with, among those of the stream.
const SIGN: &str = "— ";

/// Bytes kept: lines may be long.
const MOST_BYTES: usize = 16 << 20;

/// A bounded buffer of lines.
pub struct Ring {
    lines: VecDeque<String>,
    most: usize,
    bytes: usize,
    pub dropped: usize,
    /// Each line begins with who wrote it.
    pub with_origin: bool,
}

impl Ring {
    pub fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), most, bytes: 0, dropped: 0, with_origin: false }
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds lines. Returns how many had to go for them.
    pub fn push(&mut self, lines: impl IntoIterator<Item = String>) -> usize {
        let bytes = &mut self.bytes;
        self.lines.extend(lines.into_iter().inspect(|line| *bytes += line.len()));
        let mut over = 0;
        // the youngest line is kept, however long
        while self.lines.len() > self.most || (self.bytes > MOST_BYTES && self.lines.len() > 1) {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
            over += 1;
        }
        self.dropped += over;
        over
    }

    /// Adds a line of our own. Returns how many had to go for it.
    pub fn note(&mut self, text: &str) -> usize {
        self.push([format!("{SIGN}{text} —")])
    }

    /// Where the text of a line begins, behind who wrote it.
    fn text_of(&self, at: usize) -> usize {
        self.lines[at].find(' ').filter(|_| self.with_origin).unwrap_or(0)
    }

    /// Whether a line says that something has failed.
    pub fn is_failure(&self, at: usize) -> bool {
        let line = &self.lines[at];
        !line.starts_with(SIGN) && severity(&line[self.text_of(at)..]) == Severity::Failure
    }

    pub fn clear(&mut self) {
        self.lines.clear();
        (self.dropped, self.bytes) = (0, 0);
    }

    /// All lines as one text.
    #[cfg(test)]
    pub fn joined(&self) -> String {
        self.lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

impl Source for Ring {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, at: usize) -> &str {
        &self.lines[at]
    }

    fn parts(&self, at: usize) -> Vec<(usize, Scope)> {
        let line = &self.lines[at];
        if line.starts_with(SIGN) {
            return vec![(line.len(), Scope::Dim)];
        }
        let start = self.text_of(at);
        let scope = match severity(&line[start..]) {
            Severity::Failure => Scope::Failed,
            Severity::Warning => Scope::Progressing,
            Severity::Plain => Scope::Text,
        };
        let origin = (start > 0).then_some((start, Scope::Dim));
        origin.into_iter().chain([(line.len(), scope)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_for_the_number_and_for_the_bytes() {
        let mut ring = Ring::new(3);
        assert_eq!(ring.push(["a", "b", "c", "d"].map(str::to_owned)), 1);
        assert_eq!((ring.joined().as_str(), ring.dropped), ("b\nc\nd", 1));

        let long = "x".repeat(MOST_BYTES / 2);
        ring.push([long.clone(), long]);
        assert_eq!((ring.len(), ring.dropped), (2, 4), "d goes for the bytes");
        ring.push(["y".repeat(2 * MOST_BYTES)]);
        assert_eq!(ring.len(), 1, "the youngest is kept");
        ring.clear();
        assert_eq!(ring.push(["a", "b", "c"].map(str::to_owned)), 0);
    }

    #[test]
    fn failures_have_their_colour_behind_who_wrote_them() {
        let mut ring = Ring::new(9);
        ring.with_origin = true;
        ring.push(["web-1/error all is well", "web-1/app ERROR db", "web-1/app [warn] slow"].map(str::to_owned));
        ring.note("pod web-1: the log was cut, error: gone");
        let scopes: Vec<_> = (0..ring.len()).map(|at| ring.parts(at).last().expect("a part").1).collect();
        assert_eq!(scopes, [Scope::Text, Scope::Failed, Scope::Progressing, Scope::Dim]);
        assert_eq!(ring.parts(1)[0], (9, Scope::Dim));
        assert_eq!((0..ring.len()).filter(|at| ring.is_failure(*at)).collect::<Vec<_>>(), [1]);
    }
}
