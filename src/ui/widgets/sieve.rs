//! The lines of a stream that a filter keeps: what came since is tested alone, as the stream goes on.

use std::collections::VecDeque;

use super::ring::Ring;
use super::text::Source;
use crate::ui::theme::Scope;
use fluxdeck_model::domain::Labels;
use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::domain::width;

/// Columns of a line in which letters are looked for.
const HEAD: usize = 1_000;

/// A filter, and which lines it keeps.
pub struct Sieve {
    text: String,
    query: Query,
    fuzzy: Fuzzy,
    /// The lines kept, by their numbers in the stream.
    kept: VecDeque<usize>,
    /// The number of the first line that was not tested.
    next: usize,
}

impl Sieve {
    /// Reads a filter and tests the lines that are there; an empty one is none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn over(ring: &Ring, text: &str) -> Result<Option<Self>, String> {
        let Some(query) = Query::unlabelled(text)? else { return Ok(None) };
        let (kept, next) = (VecDeque::new(), ring.dropped);
        let mut sieve = Self { text: text.to_owned(), query, fuzzy: Fuzzy::default(), kept, next };
        sieve.sift(ring);
        Ok(Some(sieve))
    }

    /// Tests what came since. Returns how many of the lines that it had kept have gone meanwhile.
    pub fn sift(&mut self, ring: &Ring) -> usize {
        let gone = self.kept.iter().take_while(|number| **number < ring.dropped).count();
        self.kept.drain(..gone);
        for number in self.next.max(ring.dropped)..ring.dropped + ring.len() {
            if self.keeps(ring.line(number - ring.dropped)) {
                self.kept.push_back(number);
            }
        }
        self.next = ring.dropped + ring.len();
        gone
    }

    /// The filter as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The expression that is found in the lines it keeps; empty where they are kept for something else.
    pub fn expression(&self) -> &str {
        if matches!(self.query, Query::Text { inverse: false, .. }) { &self.text } else { "" }
    }

    fn keeps(&mut self, line: &str) -> bool {
        let name = if matches!(self.query, Query::Fuzzy(_)) { &line[..width::head(line, HEAD)] } else { "" };
        self.query.matches(Visible { cells: line, name }, &Labels::default(), &mut self.fuzzy)
    }
}

/// A stream as it is shown: all of it, or what a filter keeps.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub ring: &'a Ring,
    pub sieve: Option<&'a Sieve>,
}

impl Shown<'_> {
    /// The place in the ring of a line that is shown.
    pub fn place(&self, at: usize) -> usize {
        self.sieve.and_then(|sieve| sieve.kept.get(at)).map_or(at, |number| number - self.ring.dropped)
    }
}

impl Source for Shown<'_> {
    fn len(&self) -> usize {
        self.sieve.map_or(self.ring.len(), |sieve| sieve.kept.len())
    }

    fn line(&self, at: usize) -> &str {
        self.ring.line(self.place(at))
    }

    fn parts(&self, at: usize) -> Vec<(usize, Scope)> {
        self.ring.parts(self.place(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(ring: &Ring, sieve: &Sieve) -> Vec<String> {
        let shown = Shown { ring, sieve: Some(sieve) };
        (0..shown.len()).map(|at| shown.line(at).to_owned()).collect()
    }

    #[test]
    fn the_lines_of_a_stream_are_sifted_as_they_come_and_go() {
        let mut ring = Ring::new(4);
        ring.push(["a error", "b", "c error"].map(str::to_owned));
        let mut sieve = Sieve::over(&ring, "error").expect("a filter").expect("not empty");
        assert_eq!(shown(&ring, &sieve), ["a error", "c error"]);
        ring.push(["d ERROR", "e"].map(str::to_owned));
        assert_eq!(sieve.sift(&ring), 1, "the first has gone");
        assert_eq!(shown(&ring, &sieve), ["c error", "d ERROR"]);
    }

    #[test]
    fn filters_of_logs_are_those_of_lists() {
        let mut ring = Ring::new(9);
        ring.push(["GET /a code=200", "GET /b code=500", "tick"].map(str::to_owned));
        for (filter, kept, expression) in [
            ("code=5", vec!["GET /b code=500"], "code=5"),
            ("!get", vec!["tick"], ""),
            ("-f tck", vec!["tick"], ""),
            ("^t", vec!["tick"], "^t"),
        ] {
            let sieve = Sieve::over(&ring, filter).expect("a filter").expect("not empty");
            assert_eq!(
                (shown(&ring, &sieve), sieve.expression()),
                (kept.into_iter().map(str::to_owned).collect(), expression),
                "{filter}"
            );
        }
        assert!(Sieve::over(&ring, " ").expect("a filter").is_none());
        assert!(Sieve::over(&ring, "-l a=b").is_err());
    }
}
