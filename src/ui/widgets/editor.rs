//! What a person types into: one line, or several. Keys and text only; [`field`](super::field) and the prompt paint it.
//!
//! ```text
//!  left right  ctrl-b ctrl-f     a letter with its marks        backspace ctrl-h  delete ctrl-d
//!  ctrl- or alt-left, -right     a word                         ctrl-w            the word before
//!  home end    ctrl-a ctrl-e     the line                       ctrl-u ctrl-k     the line before, and behind
//!  up down     ctrl-j            the line above, below; a new   ctrl-y            what was cut last
//! ```
//! A line is `tui-input`'s. Letters with alt are not among the keys: most terminals spell them as the escape key and a letter.

use tui_input::{Input, InputRequest};

use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::domain::width;
use fluxdeck_model::state::{Code, Key};

/// The longest text that fits an annotation without being a nuisance, in bytes.
const LONGEST: usize = 1024;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// It means nothing to a text.
    No,
    Moved,
    Changed,
}

#[derive(Clone, Debug)]
pub struct Editor {
    /// All of it, as its lines make it.
    text: String,
    above: Vec<String>,
    /// The line with the cursor.
    line: Input,
    below: Vec<String>,
    /// The longest text that it takes, in bytes.
    longest: usize,
    takes_lines: bool,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            text: String::new(),
            above: Vec::new(),
            line: Input::default(),
            below: Vec::new(),
            longest: LONGEST,
            takes_lines: false,
        }
    }
}

impl Editor {
    /// With a text, the cursor at its end.
    pub fn with(text: impl Into<String>) -> Self {
        let mut editor = Self::default();
        editor.set(text);
        editor
    }

    /// Takes that much, in bytes, and line breaks if it `takes_lines`.
    #[must_use]
    pub fn taking(mut self, longest: usize, takes_lines: bool) -> Self {
        (self.longest, self.takes_lines) = (longest, takes_lines);
        self.set(self.text.clone());
        self
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts another text in its place, the cursor at its end.
    pub fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.above = if self.takes_lines { self.text.split('\n').map(str::to_owned).collect() } else { vec![self.text.clone()] };
        self.below.clear();
        // what was cut stays
        let last = self.above.pop().unwrap_or_default();
        self.line = std::mem::take(&mut self.line).with_value(last);
    }

    /// The byte of its line that the cursor is at.
    fn column(&self) -> usize {
        let line = self.line.value();
        line.char_indices().nth(self.line.cursor()).map_or(line.len(), |(at, _)| at)
    }

    /// The byte of the text that the cursor is at.
    pub fn at(&self) -> usize {
        self.above.iter().map(|line| line.len() + 1).sum::<usize>() + self.column()
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Edited {
        if matches!((key.code, key.ctrl), (Code::Char('j'), true)) && self.takes_lines {
            return self.insert("\n");
        }
        match key.code {
            Code::Char(letter) if !key.ctrl && !key.alt => self.insert(&clean(letter.encode_utf8(&mut [0; 4]), false)),
            Code::Up | Code::Down if !key.ctrl && self.takes_lines => self.step(key.code == Code::Down),
            Code::Backspace if self.line.cursor() == 0 => self.join(true),
            Code::Delete if self.column() == self.line.value().len() => self.join(false),
            _ => match request(key) {
                Some(request) => self.ask(request),
                None => Edited::No,
            },
        }
    }

    /// Takes pasted text, as one line unless it takes several. Nothing of one that is too long.
    pub fn paste(&mut self, text: &str) -> Edited {
        if self.text.len() + text.len() > self.longest.saturating_mul(2) {
            return Edited::Moved;
        }
        self.insert(&clean(text, self.takes_lines))
    }

    fn ask(&mut self, request: InputRequest) -> Edited {
        // what was cut may be too long to be put back, and only the line knows it
        let before = (request == InputRequest::Yank).then(|| self.line.clone());
        if !self.line.handle(request).is_some_and(|changed| changed.value) {
            return Edited::Moved;
        }
        let edited = self.changed();
        match before.filter(|_| self.text.len() > self.longest) {
            Some(before) => {
                self.line = before;
                self.changed();
                Edited::Moved
            }
            None => edited,
        }
    }

    fn insert(&mut self, text: &str) -> Edited {
        if text.is_empty() || self.text.len() + text.len() > self.longest {
            return Edited::Moved;
        }
        let at = self.column();
        let (before, after) = self.line.value().split_at(at);
        let whole = format!("{before}{text}");
        let mut lines: Vec<String> = whole.split('\n').map(str::to_owned).collect();
        let last = lines.pop().unwrap_or_default();
        let (cursor, line) = (last.chars().count(), last + after);
        self.above.append(&mut lines);
        self.line = std::mem::take(&mut self.line).with_value(line).with_cursor(cursor);
        self.changed()
    }

    /// To the line above or below, in the column that it comes from; means nothing where there is none.
    fn step(&mut self, down: bool) -> Edited {
        let (from, to) = if down { (&mut self.above, &mut self.below) } else { (&mut self.below, &mut self.above) };
        let Some(next) = to.pop() else { return Edited::No };
        let columns = self.line.visual_cursor();
        from.push(self.line.value().to_owned());
        let cursor = next[..width::head(&next, columns)].chars().count();
        self.line = std::mem::take(&mut self.line).with_value(next).with_cursor(cursor);
        Edited::Moved
    }

    /// Takes the line break before the line away, or the one behind it.
    fn join(&mut self, before: bool) -> Edited {
        let line = self.line.value().to_owned();
        let Some(other) = (if before { self.above.pop() } else { self.below.pop() }) else { return Edited::Moved };
        let (first, second) = if before { (other, line) } else { (line, other) };
        let cursor = first.chars().count();
        self.line = std::mem::take(&mut self.line).with_value(first + &second).with_cursor(cursor);
        self.changed()
    }

    fn changed(&mut self) -> Edited {
        let lines = self.above.iter().map(String::as_str).chain([self.line.value()]);
        self.text = lines.chain(self.below.iter().rev().map(String::as_str)).collect::<Vec<_>>().join("\n");
        Edited::Changed
    }

    /// The lines around the cursor, at most `most`: each with its text and, in one of them, the byte that the cursor is at.
    pub fn lines(&self, most: usize) -> Vec<(&str, Option<usize>)> {
        let above = self.above.iter().map(|line| (line.as_str(), None));
        let below = self.below.iter().rev().map(|line| (line.as_str(), None));
        let count = self.above.len() + 1 + self.below.len();
        let first = (self.above.len() + 1).saturating_sub(most).min(count.saturating_sub(most));
        above.chain([(self.line.value(), Some(self.column()))]).chain(below).skip(first).take(most).collect()
    }
}

/// What a key means to a line.
fn request(key: Key) -> Option<InputRequest> {
    let is_word = key.ctrl || key.alt;
    Some(match (key.code, key.ctrl) {
        (Code::Left, _) if is_word => InputRequest::GoToPrevWord,
        (Code::Right, _) if is_word => InputRequest::GoToNextWord,
        (Code::Left, _) | (Code::Char('b'), true) => InputRequest::GoToPrevChar,
        (Code::Right, _) | (Code::Char('f'), true) => InputRequest::GoToNextChar,
        (Code::Home, _) | (Code::Char('a'), true) => InputRequest::GoToStart,
        (Code::End, _) | (Code::Char('e'), true) => InputRequest::GoToEnd,
        (Code::Backspace, _) if is_word => InputRequest::DeletePrevWord,
        (Code::Delete, _) if is_word => InputRequest::DeleteNextWord,
        (Code::Backspace, _) | (Code::Char('h'), true) => InputRequest::DeletePrevChar,
        (Code::Delete, _) | (Code::Char('d'), true) => InputRequest::DeleteNextChar,
        (Code::Char('w'), true) => InputRequest::DeletePrevWord,
        (Code::Char('u'), true) => InputRequest::DeleteFromStart,
        (Code::Char('k'), true) => InputRequest::DeleteTillEnd,
        (Code::Char('y'), true) => InputRequest::Yank,
        _ => return None,
    })
}

/// Text from outside as it may be edited: no control characters, nothing invisible; as one line unless it `takes_lines`.
fn clean(text: &str, takes_lines: bool) -> String {
    let line = |line: &str| sanitise_line(line).replace('\u{fffd}', "");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    match takes_lines {
        true => text.split('\n').map(line).collect::<Vec<_>>().join("\n"),
        false => line(&text.trim_end_matches('\n').replace(['\n', '\t'], " ")),
    }
}

/// A line as a window of that many columns shows it: what is before the cursor, what is under it, and what is behind. The end of a long
/// one is what one types at.
pub fn window(line: &str, at: usize, columns: usize) -> (&str, &str, &str) {
    let (before, rest) = line.split_at(at);
    let (under, after) = width::first(rest).unwrap_or((" ", ""));
    let room = columns.saturating_sub(width::of(under));
    let before = &before[width::tail(before, room)..];
    (before, under, &after[..width::head(after, room - width::of(before))])
}

#[cfg(test)]
#[path = "tests/editor.rs"]
mod tests;
