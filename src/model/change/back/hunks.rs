//! The lines that a commit has changed in a file, and the file as it is now with some of them as they were before.
//!
//! It is a merge of three texts: what the commit left is what both have in common, the file of today is one side, the file before the commit
//! the other. What others have changed since in the same lines is never guessed at.

use std::ops::Range;

use super::super::steps::common;

/// Lines of a file that a commit has put in the place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The lines before the commit, from 0.
    pub was: Range<usize>,
    /// The lines that it left.
    pub is: Range<usize>,
}

/// A file before a commit and after it, in lines with their ends.
pub struct CommitFile<'t> {
    before: Vec<&'t [u8]>,
    after: Vec<&'t [u8]>,
    pub hunks: Vec<Hunk>,
}

impl<'t> CommitFile<'t> {
    /// Finds what differs, in order.
    pub fn new(before: &'t [u8], after: &'t [u8]) -> Self {
        let (before, after) = (lines(before), lines(after));
        let mut hunks = Vec::new();
        let (mut from, mut to) = (0, 0);
        for (at, place) in common(&before, &after).into_iter().chain([(before.len(), after.len())]) {
            if at > from || place > to {
                hunks.push(Hunk { was: from..at, is: to..place });
            }
            (from, to) = (at + 1, place + 1);
        }
        Self { before, after, hunks }
    }

    /// The file of today with some of the hunks as they were before the commit. What is so already stays. `chosen`: by their places.
    ///
    /// # Errors
    /// Hunks whose lines others have changed since, by their places.
    pub fn taken_back(&self, today: &[u8], chosen: &[usize]) -> Result<Vec<u8>, Vec<usize>> {
        let now = lines(today);
        let mut place: Vec<Option<usize>> = vec![None; self.after.len()];
        common(&self.after, &now).into_iter().for_each(|(at, to)| place[at] = Some(to));
        let (mut edits, mut lost) = (Vec::new(), Vec::new());
        for at in chosen {
            let hunk = &self.hunks[*at];
            match self.found(hunk, &place, &now) {
                Some(lines) => edits.push((lines, hunk)),
                None if self.is_before(hunk, &place, &now) => {}
                None => lost.push(*at),
            }
        }
        if !lost.is_empty() {
            return Err(lost);
        }
        edits.sort_by_key(|(lines, _)| lines.start);
        let (mut out, mut from) = (Vec::new(), 0);
        for (lines, hunk) in edits {
            out.extend(now[from..lines.start].concat());
            out.extend(self.before[hunk.was.clone()].concat());
            from = lines.end;
        }
        out.extend(now[from..].concat());
        Ok(out)
    }

    /// The lines of today that are those of a hunk: all of them, one after the other; where the commit only took lines away, the place
    /// between the two lines that were around them.
    fn found(&self, hunk: &Hunk, place: &[Option<usize>], now: &[&[u8]]) -> Option<Range<usize>> {
        if hunk.is.is_empty() {
            let (above, below) = self.around(hunk, place, now)?;
            return (above == below).then_some(above..below);
        }
        let first = place[hunk.is.start]?;
        let is_whole = hunk.is.clone().enumerate().all(|(count, at)| place[at] == Some(first + count));
        is_whole.then(|| first..first + hunk.is.len())
    }

    /// Whether the file of today has the lines as they were before the commit.
    fn is_before(&self, hunk: &Hunk, place: &[Option<usize>], now: &[&[u8]]) -> bool {
        let around = self.around(hunk, place, now);
        around.is_some_and(|(above, below)| above <= below && now[above..below] == self.before[hunk.was.clone()])
    }

    /// The lines of today between those around a hunk; none where those are not there any more.
    fn around(&self, hunk: &Hunk, place: &[Option<usize>], now: &[&[u8]]) -> Option<(usize, usize)> {
        let above = match hunk.is.start.checked_sub(1) {
            None => 0,
            Some(at) => place[at]? + 1,
        };
        let below = if hunk.is.end == self.after.len() { now.len() } else { place[hunk.is.end]? };
        Some((above, below))
    }

    /// The first line of a hunk in the file that the commit left, from 1.
    pub fn line(&self, hunk: usize) -> usize {
        self.hunks[hunk].is.start + 1
    }
}

/// With their ends.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `today` with these hunks of the commit taken back; the lines of those that do not fit.
    fn back(before: &str, after: &str, today: &str, chosen: &[usize]) -> Result<String, Vec<usize>> {
        let file = CommitFile::new(before.as_bytes(), after.as_bytes());
        let all: Vec<usize> = (0..file.hunks.len()).collect();
        let chosen = if chosen.is_empty() { &all } else { chosen };
        let found = file.taken_back(today.as_bytes(), chosen);
        found.map(|bytes| String::from_utf8(bytes).expect("text")).map_err(|lost| lost.iter().map(|at| file.line(*at)).collect())
    }

    #[test]
    fn what_a_commit_left_becomes_what_was_before_whatever_the_lines_are() {
        for (before, after) in [
            ("a\nb\nc\n", "a\nB\nc\n"),
            ("a\nb\nc\n", "a\nc\n"),
            ("a\nc\n", "a\nb\nc\n"),
            ("a\r\nb\r\n", "a\r\nB\r\n"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\nb", "a\nb\nc\n"),
            ("a\nb\n", "a\nb"),
            ("", "a\nb\n"),
            ("a\nb\n", ""),
            ("a\na\na\n", "a\na\n"),
            ("x\na\nb\ny\nc\n", "a\nb\nz\nc\nd\n"),
        ] {
            assert_eq!(back(before, after, after, &[]).as_deref(), Ok(before), "{after:?}");
            // it is so already
            assert_eq!(back(before, after, before, &[]).as_deref(), Ok(before), "{before:?}");
        }
    }

    #[test]
    fn what_others_changed_elsewhere_stays() {
        let (before, after) = ("head\na: 1\nmid\nb: 1\nend\n", "head\na: 2\nmid\nb: 2\nend\n");
        for (today, chosen, expected) in [
            (after, &[0][..], "head\na: 1\nmid\nb: 2\nend\n"),
            (after, &[1], "head\na: 2\nmid\nb: 1\nend\n"),
            ("new\nhead\na: 2\nmid\nb: 2\nend\n", &[], "new\nhead\na: 1\nmid\nb: 1\nend\n"),
            ("head\na: 2\nmid\nb: 2\nend\nmore\n", &[1], "head\na: 2\nmid\nb: 1\nend\nmore\n"),
            ("head\na: 2\nc: 3\nmid\nb: 2\n", &[], "head\na: 1\nc: 3\nmid\nb: 1\n"),
            // one of them was taken back already
            ("head\na: 1\nmid\nb: 2\nend\n", &[], "head\na: 1\nmid\nb: 1\nend\n"),
        ] {
            assert_eq!(back(before, after, today, chosen).as_deref(), Ok(expected), "{today:?}");
        }
    }

    #[test]
    fn what_others_changed_in_the_same_lines_is_refused_by_its_line() {
        for (before, after, today, lost) in [
            ("a\nb\nc\n", "a\nB\nc\n", "a\nX\nc\n", vec![2]),
            ("a\nb\nc\n", "a\nB\nc\n", "a\nc\n", vec![2]),
            // lines came where some were taken away: nobody can say on which side of them those belong
            ("a\nb\nc\n", "a\nc\n", "a\nx\nc\n", vec![2]),
            ("a\nb\nc\n", "a\nc\n", "x\nc\n", vec![2]),
            ("a\nb\nc\nd\n", "a\nB\nC\nd\n", "a\nB\nx\nC\nd\n", vec![2]),
            ("a\nb\nc\nd\ne\n", "a\nB\nc\nD\ne\n", "a\nx\nc\ny\ne\n", vec![2, 4]),
        ] {
            assert_eq!(back(before, after, today, &[]), Err(lost), "{today:?}");
        }
    }
}
