//! The last lines of a stream, oldest first; how many older ones were dropped.

use std::collections::VecDeque;

use super::text::Source;
use crate::ui::theme::Scope;

/// What our own lines begin with, among those of the stream.
const SIGN: &str = "— ";

/// A bounded buffer of lines.
pub struct Ring {
    lines: VecDeque<String>,
    most: usize,
    pub dropped: usize,
    /// Each line begins with who wrote it.
    pub with_origin: bool,
}

impl Ring {
    pub fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), most, dropped: 0, with_origin: false }
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds lines. Returns how many had to go for them.
    pub fn push(&mut self, lines: impl IntoIterator<Item = String>) -> usize {
        self.lines.extend(lines);
        let over = self.lines.len().saturating_sub(self.most);
        self.lines.drain(..over);
        self.dropped += over;
        over
    }

    /// Adds a line of our own. Returns how many had to go for it.
    pub fn note(&mut self, text: &str) -> usize {
        self.push([format!("{SIGN}{text} —")])
    }

    pub fn clear(&mut self) {
        self.lines.clear();
        self.dropped = 0;
    }

    /// All lines as one text.
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
        match line.find(' ') {
            _ if line.starts_with(SIGN) => vec![(line.len(), Scope::Dim)],
            Some(end) if self.with_origin => vec![(end, Scope::Dim)],
            _ => Vec::new(),
        }
    }
}
