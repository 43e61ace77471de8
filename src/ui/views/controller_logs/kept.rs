//! The lines that were read, in the order of their times, and which of them are shown.

use std::collections::VecDeque;

use super::LogRecord;
use fluxdeck_model::domain::Labels;
use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::insight::controller_log::LogLevel;

/// Lines kept; k9s keeps as many.
const MOST: usize = 5_000;

/// Lines of several logs: each comes in its order, and all are shown in one.
#[derive(Default)]
pub(super) struct Kept {
    lines: VecDeque<Line>,
    /// The places of those that are shown.
    shown: Vec<usize>,
    /// The number of the next line.
    next: u64,
    /// How many lines were read for them.
    pub read: usize,
    /// What matters less is not shown.
    least: Option<LogLevel>,
    query: Option<Query>,
    fuzzy: Fuzzy,
}

/// A line by its number, which it keeps.
struct Line {
    number: u64,
    record: LogRecord,
}

impl Kept {
    /// Takes what was read.
    pub fn take(&mut self, records: impl IntoIterator<Item = LogRecord>, read: usize) {
        self.read += read;
        for mut record in records {
            // a line without a time belongs to the one before it
            record.at = record.at.or_else(|| self.lines.back().and_then(|line| line.record.at));
            let at = record.at;
            let place = self.lines.partition_point(|line| line.record.at <= at);
            self.lines.insert(place, Line { number: self.next, record });
            self.next += 1;
        }
        let over = self.lines.len().saturating_sub(MOST);
        self.lines.drain(..over);
        self.sift();
    }

    pub fn clear(&mut self) {
        self.lines.clear();
        self.shown.clear();
        self.read = 0;
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many lines are here, shown or not.
    pub fn total(&self) -> usize {
        self.lines.len()
    }

    /// No line is shown.
    pub fn shows_nothing(&self) -> bool {
        self.shown.is_empty()
    }

    /// How many lines are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// A line among those that are shown.
    pub fn record(&self, at: usize) -> &LogRecord {
        &self.lines[self.shown[at]].record
    }

    pub fn number(&self, at: usize) -> Option<u64> {
        self.shown.get(at).map(|place| self.lines[*place].number)
    }

    /// Where the line of a number is among those that are shown.
    pub fn place(&self, number: u64) -> Option<usize> {
        self.shown.iter().position(|place| self.lines[*place].number == number)
    }

    pub fn least(&self) -> Option<LogLevel> {
        self.least
    }

    pub fn set_least(&mut self, least: Option<LogLevel>) {
        self.least = least;
        self.sift();
    }

    pub fn set_query(&mut self, query: Option<Query>) {
        self.query = query;
        self.sift();
    }

    /// Tests all lines again: there are few, and they come in batches.
    fn sift(&mut self) {
        let Self { lines, query, fuzzy, least, .. } = self;
        let mut is_shown = |record: &LogRecord| {
            // what does not say its level may be as bad as any
            let is_level = least.is_none_or(|least| record.level.is_none_or(|level| level >= least));
            is_level
                && query.as_ref().is_none_or(|query| {
                    let text = format!("{}\n{}", record.line(), record.origin);
                    query.matches(Visible { cells: &text, name: &text }, &Labels::default(), fuzzy)
                })
        };
        self.shown = (0..lines.len()).filter(|at| is_shown(&lines[*at].record)).collect();
    }
}
