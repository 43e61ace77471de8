//! A search in a text: a regular expression, the lines that it matches, and which of them is the present one.
//!
//! The next match is looked for directly; how many there are is counted in slices, so that no key and no frame waits for a long text.

use std::ops::Range;

use super::text::Source;
use fluxdeck_model::domain::query::Query;
use fluxdeck_model::domain::text::counted;

/// Bytes and lines looked at for the count at once.
const SLICE: (usize, usize) = (4 << 20, 50_000);

/// All lines once, from `from` on (itself included) and round the end.
pub fn round(len: usize, from: usize, forward: bool) -> Box<dyn Iterator<Item = usize>> {
    let from = from.min(len);
    match forward {
        true => Box::new((from..len).chain(0..from)),
        false => Box::new((0..(from + 1).min(len)).rev().chain(((from + 1).min(len)..len).rev())),
    }
}

pub struct Search {
    text: String,
    query: Query,
    /// Matching lines among those counted so far.
    found: Vec<usize>,
    counted: usize,
    /// The line of the present match.
    pub at: Option<usize>,
}

impl Search {
    /// Reads a search; an empty one is none.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        // a text has no labels and no inverse: what a filter would read as such is meant literally here
        let query = Query::expression(text.trim(), false)?;
        Ok(query.map(|query| Self { text: text.to_owned(), query, found: Vec::new(), counted: 0, at: None }))
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    fn is_match(&self, line: &str) -> bool {
        matches!(&self.query, Query::Text { pattern, .. } if pattern.is_match(line))
    }

    /// Where the matches of a line are, as far as they touch `window`.
    pub fn ranges(&self, line: &str, window: &Range<usize>) -> Vec<Range<usize>> {
        let Query::Text { pattern, .. } = &self.query else { return Vec::new() };
        let before_end = pattern.find_iter(line).map(|found| found.range()).take_while(|found| found.start < window.end);
        before_end.filter(|found| found.end > window.start && !found.is_empty()).collect()
    }

    /// The first match of a line.
    pub fn first(&self, line: &str) -> Option<usize> {
        let Query::Text { pattern, .. } = &self.query else { return None };
        pattern.find(line).map(|found| found.start())
    }

    /// The next matching line from `from` on (itself included), wrapping at the end; costs a look at the lines between.
    pub fn find(&self, source: &(impl Source + ?Sized), from: usize, forward: bool) -> Option<usize> {
        round(source.len(), from, forward).find(|at| self.is_match(source.line(*at)))
    }

    /// Counts on. Returns whether lines are left.
    pub fn count(&mut self, source: &(impl Source + ?Sized)) -> bool {
        let end = source.len().min(self.counted + SLICE.1);
        let mut bytes = 0;
        while self.counted < end && bytes < SLICE.0 {
            let line = source.line(self.counted);
            bytes += line.len();
            if self.is_match(line) {
                self.found.push(self.counted);
            }
            self.counted += 1;
        }
        self.counted < source.len()
    }

    /// Lines went at the beginning.
    pub fn dropped(&mut self, lines: usize) {
        let gone = self.found.partition_point(|at| *at < lines);
        self.found.drain(..gone);
        for at in &mut self.found {
            *at -= lines;
        }
        self.counted = self.counted.saturating_sub(lines);
        self.at = self.at.and_then(|at| at.checked_sub(lines));
    }

    /// The lines are others now: counts again. The present match stays where it is if there still is a line.
    pub fn replaced(&mut self, len: usize) {
        self.found.clear();
        self.counted = 0;
        self.at = self.at.filter(|at| *at < len);
    }

    /// `match 3/17`, with a `+` while not all is counted.
    pub fn summary(&self, len: usize) -> String {
        let more = if self.counted < len { "+" } else { "" };
        let nth = self.at.and_then(|at| self.found.binary_search(&at).ok());
        match (nth, self.found.len()) {
            (_, 0) if more.is_empty() => "no match".to_owned(),
            (Some(nth), all) => format!("match {}/{all}{more}", nth + 1),
            (None, all) if more.is_empty() => counted(all, "match"),
            (None, all) => format!("{all}+ matches"),
        }
    }
}
