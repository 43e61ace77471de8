//! What a person typed into a file: the lines that differ. They fit the file that was opened, and one that others have changed elsewhere since.
//!
//! It goes into the journal: of the file it holds the lines that came and went, which a review has shown, and nothing of what is around them
//! but digests. Lines keep their ends, so that a file is written byte for byte as it was saved.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::steps::common;
use super::line::SourceLine;
use crate::error::{Error, Result};

/// Lines around an edit by which its place is found again.
const AROUND: usize = 3;
/// What a person finds where an edit does not fit.
const YOURS: &str = "<<<<<<< what you typed\n";
const BETWEEN: &str = "======= in place of\n";
const END: &str = ">>>>>>> take one, and these three lines out\n";

/// An edit of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandEdit {
    pub file: String,
    /// In order, apart.
    lines: Vec<EditedLines>,
    /// Names the file as it was opened.
    before: String,
    /// Names it as it was saved.
    after: String,
}

/// Lines that came in the place of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedLines {
    /// The first of them in the file as it was opened, from 0.
    was: usize,
    /// The same in the file as it was saved.
    is: usize,
    removed: String,
    added: String,
    above: LinesAround,
    below: LinesAround,
}

/// Lines that stay. There are none only at an end of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct LinesAround {
    count: usize,
    digest: String,
}

impl HandEdit {
    /// What turns one text into the other; none where they are the same.
    pub fn between(file: &str, before: &str, after: &str) -> Option<Self> {
        if before == after {
            return None;
        }
        let (old, new) = (lines(before), lines(after));
        let mut places = Vec::new();
        let (mut from, mut to) = (0, 0);
        for (at, place) in common(&old, &new).into_iter().chain([(old.len(), new.len())]) {
            if at > from || place > to {
                places.push((from..at, to..place));
            }
            (from, to) = (at + 1, place + 1);
        }
        let one = |number: usize| {
            let (was, is) = &places[number];
            let first = number.checked_sub(1).map_or(0, |other| places[other].0.end).max(was.start.saturating_sub(AROUND));
            let last = places.get(number + 1).map_or(old.len(), |(next, _)| next.start).min(was.end + AROUND);
            EditedLines {
                was: was.start,
                is: is.start,
                removed: old[was.clone()].concat(),
                added: new[is.clone()].concat(),
                above: LinesAround::of(&old[first..was.start]),
                below: LinesAround::of(&old[was.end..last]),
            }
        };
        let all = (0..places.len()).map(one).collect();
        Some(Self { file: file.to_owned(), lines: all, before: digest(before), after: digest(after) })
    }

    /// What takes it back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let one = |one: &EditedLines| EditedLines {
            was: one.is,
            is: one.was,
            removed: one.added.clone(),
            added: one.removed.clone(),
            ..one.clone()
        };
        Self {
            file: self.file.clone(),
            lines: self.lines.iter().map(one).collect(),
            before: self.after.clone(),
            after: self.before.clone(),
        }
    }

    /// A text with the edit in it. One that has it already stays as it is.
    ///
    /// # Errors
    /// Others have changed the lines, or what is around them: where.
    pub fn applied(&self, text: &str) -> Result<String> {
        if digest(text) == self.after {
            return Ok(text.to_owned());
        }
        let all = lines(text);
        let places = self.places(text, &all);
        if let Some(lost) = self.lines.iter().zip(&places).find(|(_, place)| place.is_none()).map(|(one, _)| one) {
            let message = format!("{}:{} is not what it was: others have changed it since", self.file, lost.was + 1);
            return Err(Error::failed(message, "edit it again: what you typed is kept, beside what is there now"));
        }
        Ok(self.put(&all, &places))
    }

    /// A text with what of the edit fits, and the rest marked where it was: for the editor. With how many were marked.
    pub fn merged(&self, text: &str) -> (String, usize) {
        if digest(text) == self.after {
            return (text.to_owned(), 0);
        }
        let all = lines(text);
        let places = self.places(text, &all);
        (self.put(&all, &places), places.iter().filter(|place| place.is_none()).count())
    }

    /// Whether a text has marks of an edit that did not fit: the line of the first, from 1.
    pub fn marked_at(text: &str) -> Option<usize> {
        let marks = [YOURS, BETWEEN, END];
        let is_mark = |line: &str| marks.iter().any(|mark| mark.trim_end() == line.trim_end());
        text.lines().position(is_mark).map(|at| at + 1)
    }

    /// The first line that differs, in the file as it was opened.
    pub fn place(&self) -> SourceLine {
        let line = self.lines.first().map_or(1, |one| one.was + 1);
        SourceLine { file: self.file.clone(), line: u32::try_from(line).unwrap_or(u32::MAX) }
    }

    /// The first line that differs, in the file as it was saved.
    pub fn place_after(&self) -> SourceLine {
        self.reversed().place()
    }

    /// What makes it another edit than one of the same file.
    pub fn identity(&self) -> String {
        let parts = self.lines.iter().flat_map(|one| [&*one.removed, "\0", &*one.added, "\0"]);
        format!("{} {}", self.file, digest(&parts.collect::<String>()))
    }

    /// Where each of them goes, by its first line; none where that is not certain.
    fn places(&self, text: &str, all: &[&str]) -> Vec<Option<usize>> {
        if digest(text) == self.before {
            return self.lines.iter().map(|one| Some(one.was)).collect();
        }
        let mut from = 0;
        let mut place = |one: &EditedLines| {
            let mut fitting = (from..=all.len()).filter(|at| one.fits(all, *at));
            let (first, second) = (fitting.next(), fitting.next());
            // of two places that look alike nobody can say which is meant
            let found = first.filter(|_| second.is_none());
            from = found.map_or(from, |at| at + lines(&one.removed).len());
            found
        };
        self.lines.iter().map(&mut place).collect()
    }

    fn put(&self, all: &[&str], places: &[Option<usize>]) -> String {
        let (mut out, mut from) = (String::new(), 0);
        let mut moved: isize = 0;
        for (one, place) in self.lines.iter().zip(places) {
            let expected = one.was.saturating_add_signed(moved).clamp(from, all.len().max(from));
            let at = place.unwrap_or(expected).min(all.len());
            out.extend(all[from.min(at)..at].iter().copied());
            from = at;
            match place {
                Some(at) => {
                    out.push_str(&one.added);
                    from = at + lines(&one.removed).len();
                    moved = at.cast_signed() - one.was.cast_signed();
                }
                None => {
                    let ended = |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                    let before = ended(&out);
                    out.extend([before, YOURS, &*one.added, ended(&one.added), BETWEEN, &*one.removed, ended(&one.removed), END]);
                }
            }
        }
        out.extend(all[from.min(all.len())..].iter().copied());
        out
    }
}

impl EditedLines {
    /// Whether a place reads as that of the edit did, with what was around it.
    fn fits(&self, all: &[&str], at: usize) -> bool {
        let removed = lines(&self.removed);
        let end = at + removed.len();
        if end > all.len() || all[at..end] != removed {
            return false;
        }
        let is_above = match self.above.count {
            0 => at == 0,
            count => at >= count && self.above.is(&all[at - count..at]),
        };
        is_above
            && match self.below.count {
                0 => end == all.len(),
                count => end + count <= all.len() && self.below.is(&all[end..end + count]),
            }
    }
}

impl LinesAround {
    fn of(lines: &[&str]) -> Self {
        Self { count: lines.len(), digest: digest(&lines.concat()) }
    }

    fn is(&self, lines: &[&str]) -> bool {
        self.digest == digest(&lines.concat())
    }
}

/// With their ends.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
