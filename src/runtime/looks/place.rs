//! Where the reading of a log stands, so that it goes on there when it was cut: no line twice, none lost unnoticed.
//!
//! The API gives a log from a whole second on, and only there. The last lines that were read are remembered; those that come again are
//! left out, and if none of them comes again, something between is gone.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;

use crate::cluster::{Line, Start};

/// Lines that are remembered: more than one second of most logs. Of more, those as old as the oldest are taken for known.
const REMEMBERED: usize = 512;
/// Lines that are read at most of what was missed: as many as a view keeps.
const MOST_MISSED: u32 = 5_000;

/// How far a log was read.
#[derive(Default)]
pub(super) struct ReadPosition {
    /// The last lines, the youngest last, by their time and a hash of their text.
    last: VecDeque<(Timestamp, u64)>,
    hasher: RandomState,
    /// The server gives no times: nothing says what was read.
    is_blind: bool,
}

/// What a line is to one who has read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Known,
    New,
    /// New, and what was read last did not come again: lines between may be gone.
    AfterHole,
}

impl ReadPosition {
    /// Where the log is read from: there when nothing was read yet.
    pub fn start(&self, first: Start) -> Start {
        match self.last.back() {
            Some((at, _)) => Start { since: Some(*at), tail: Some(MOST_MISSED) },
            // the lines that are there already were probably shown
            None if self.is_blind => Start::tail(0),
            None => first,
        }
    }

    /// Takes a line for read.
    pub fn read(&mut self, line: &Line) {
        let Some(at) = line.at else {
            self.is_blind = self.last.is_empty();
            return;
        };
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back((at, self.hasher.hash_one(line)));
    }

    /// When the youngest line that was read was written.
    pub fn youngest(&self) -> Option<Timestamp> {
        self.last.back().map(|(at, _)| *at)
    }

    /// What may come again of what was read.
    pub fn again(&self) -> Known {
        Known {
            ahead: self.last.clone(),
            oldest: self.last.front().map(|(at, _)| *at),
            is_full: self.last.len() == REMEMBERED,
            is_waiting: !self.last.is_empty() || self.is_blind,
        }
    }

    /// What that line is to one who reads on.
    pub fn judge(&self, known: &mut Known, line: &Line) -> Verdict {
        if let (Some(at), Some(oldest)) = (line.at, known.oldest) {
            let seen = (at, self.hasher.hash_one(line));
            if let Some(found) = known.ahead.iter().position(|ahead| *ahead == seen) {
                known.ahead.remove(found);
                known.is_waiting = false;
                return Verdict::Known;
            }
            // probably older than all that is remembered
            if at < oldest || (at == oldest && known.is_full && known.is_waiting) {
                return Verdict::Known;
            }
            // known lines are adjacent: none of them follows
            (known.oldest, known.ahead) = (None, VecDeque::new());
        }
        if std::mem::take(&mut known.is_waiting) { Verdict::AfterHole } else { Verdict::New }
    }
}

/// The lines that were read before and may come again.
pub(super) struct Known {
    ahead: VecDeque<(Timestamp, u64)>,
    /// The time of the oldest; none when nothing comes again.
    oldest: Option<Timestamp>,
    /// There were more than are remembered.
    is_full: bool,
    /// None of them has come yet.
    is_waiting: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &str) -> Vec<Line> {
        let mut lines = crate::cluster::Lines::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(line) = lines.next().await.expect("in memory") {
            found.push(line);
        }
        found
    }

    /// Reads all that is new.
    fn take(place: &mut ReadPosition, lines: &[Line]) -> (Vec<String>, usize) {
        let (mut known, mut new, mut holes) = (place.again(), Vec::new(), 0);
        for line in lines {
            match place.judge(&mut known, line) {
                Verdict::Known => continue,
                Verdict::New => {}
                Verdict::AfterHole => holes += 1,
            }
            place.read(line);
            new.push(line.text(false).to_owned());
        }
        (new, holes)
    }

    fn log(numbers: std::ops::Range<u32>, a_second: u32) -> String {
        let line = |at: u32| {
            let (second, part) = (at / a_second, at % a_second);
            format!("2026-01-01T00:{:02}:{:02}.{part:09}Z line {at}\n", second / 60, second % 60)
        };
        numbers.map(line).collect()
    }

    #[tokio::test]
    async fn a_log_cut_anywhere_is_read_on_without_a_line_twice_or_lost() {
        for a_second in [1, 7, 2_000] {
            let all = lines(&log(0..3_000, a_second)).await;
            for cut in [1, 2, 6, 7, 8, 511, 512, 513, 1_999, 2_000, 2_001, 2_999] {
                let mut place = ReadPosition::default();
                take(&mut place, &all[..cut]);
                let Some(at) = place.start(Start::tail(200)).since else { panic!("{cut}: it was read before") };
                // the server's answer: from the whole second on
                let again: Vec<_> =
                    all.iter().filter(|line| line.at.expect("a time").as_second() >= at.as_second()).cloned().collect();
                let (new, holes) = take(&mut place, &again);
                assert_eq!(
                    new.first().map(String::as_str),
                    Some(format!("line {cut}").as_str()),
                    "{a_second} a second, cut at {cut}"
                );
                assert_eq!((new.len(), holes), (3_000 - cut, 0), "{a_second} a second, cut at {cut}");
            }
        }
    }

    #[tokio::test]
    async fn lines_of_one_moment_and_one_text_are_as_many_as_they_were() {
        let same = "2026-01-01T00:00:00Z tick\n";
        let mut place = ReadPosition::default();
        take(&mut place, &lines(&same.repeat(3)).await);

        let (new, holes) = take(&mut place, &lines(&same.repeat(5)).await);

        assert_eq!((new.len(), holes), (2, 0));
    }

    #[tokio::test]
    async fn lines_out_of_order_are_all_new_the_first_time() {
        let text = "2026-01-01T00:00:00.2Z a\n2026-01-01T00:00:00.1Z b\n2026-01-01T00:00:00.3Z c\n";

        assert_eq!(take(&mut ReadPosition::default(), &lines(text).await), (["a", "b", "c"].map(str::to_owned).to_vec(), 0));
    }

    #[tokio::test]
    async fn where_nothing_comes_again_there_may_be_a_hole() {
        let mut place = ReadPosition::default();
        take(&mut place, &lines(&log(0..10, 1)).await);
        // the log was turned over meanwhile
        assert_eq!(take(&mut place, &lines(&log(20..22, 1)).await), (vec!["line 20".to_owned(), "line 21".to_owned()], 1));

        let mut blind = ReadPosition::default();
        take(&mut blind, &lines("a\nb\n").await);
        assert_eq!(blind.start(Start::tail(200)), Start::tail(0), "without times nothing is read twice");
        assert_eq!(take(&mut blind, &lines("c\n").await), (vec!["c".to_owned()], 1));
    }
}
