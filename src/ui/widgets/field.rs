//! What a person types into, in a dialog: one line, or several.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use unicode_width::UnicodeWidthStr;

use crate::ui::theme::{Scope, Theme};
use fluxdeck_model::domain::text::printable;
use fluxdeck_model::state::{Code, Key};

/// The longest text that fits an annotation without being a nuisance, in bytes.
const LONGEST: usize = 1024;

#[derive(Clone, Debug)]
pub struct Field {
    text: String,
    /// Byte index of the cursor.
    at: usize,
    /// The longest text that it takes, in bytes.
    longest: usize,
    takes_lines: bool,
}

impl Default for Field {
    fn default() -> Self {
        Self { text: String::new(), at: 0, longest: LONGEST, takes_lines: false }
    }
}

impl Field {
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at: text.len(), text, ..Self::default() }
    }

    /// Takes that much, in bytes, and line breaks if it `takes_lines`.
    #[must_use]
    pub fn taking(self, longest: usize, takes_lines: bool) -> Self {
        Self { longest, takes_lines, ..self }
    }

    /// Puts another text in its place.
    pub fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.at = self.text.len();
    }

    /// Where the cursor is: which line, and the byte in it.
    fn place(&self) -> (usize, usize) {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count();
        (line, before.rfind('\n').map_or(self.at, |end| self.at - end - 1))
    }

    /// To the line above or below; false where there is none.
    fn step(&mut self, down: bool) -> bool {
        let (line, column) = self.place();
        let to = if down { line + 1 } else { line.wrapping_sub(1) };
        let lines: Vec<&str> = self.text.split('\n').collect();
        let Some(text) = lines.get(to) else { return false };
        let mut column = column.min(text.len());
        while !text.is_char_boundary(column) {
            column -= 1;
        }
        self.at = lines[..to].iter().map(|line| line.len() + 1).sum::<usize>() + column;
        true
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key. Returns whether it meant something to a line of text.
    pub fn key(&mut self, key: Key) -> bool {
        let before = || self.text[..self.at].chars().next_back().map_or(0, char::len_utf8);
        match (key.code, key.ctrl) {
            (Code::Char('u' | 'w'), true) => (self.text, self.at) = (String::new(), 0),
            (Code::Left, _) => self.at -= before(),
            (Code::Right, _) => self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8),
            (Code::Up | Code::Down, false) if self.takes_lines => return self.step(key.code == Code::Down),
            (Code::Enter, _) if self.takes_lines && key.alt => self.insert("\n"),
            (Code::Home, _) | (Code::Char('a'), true) => self.at = 0,
            (Code::End, _) | (Code::Char('e'), true) => self.at = self.text.len(),
            (Code::Backspace, _) => {
                let letter = before();
                self.at -= letter;
                self.text.drain(self.at..self.at + letter);
            }
            (Code::Delete, _) if self.at < self.text.len() => drop(self.text.remove(self.at)),
            (Code::Char(letter), false) if !key.alt => self.insert(letter.encode_utf8(&mut [0; 4])),
            _ => return false,
        }
        true
    }

    /// Takes pasted text, as one line unless it takes several.
    pub fn paste(&mut self, text: &str) {
        let clean = |text: &str| printable(text).chars().filter(|c| *c != '\u{fffd}').collect::<String>();
        let clean = match self.takes_lines {
            true => text.replace("\r\n", "\n").split(['\n', '\r']).map(clean).collect::<Vec<_>>().join("\n"),
            false => clean(text),
        };
        self.insert(&clean);
    }

    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= self.longest {
            self.text.insert_str(self.at, text);
            self.at += text.len();
        }
    }

    /// The lines around the cursor, at most `most`: each with its text and, in one of them, the byte that the cursor is at.
    pub fn lines(&self, most: usize) -> Vec<(&str, Option<usize>)> {
        let (line, column) = self.place();
        let all: Vec<&str> = self.text.split('\n').collect();
        let first = (line + 1).saturating_sub(most).min(all.len().saturating_sub(most));
        let at = |number: usize| (number == line).then_some(column);
        all.into_iter().enumerate().skip(first).take(most).map(|(number, text)| (text, at(number))).collect()
    }

    /// Paints the text in brackets; the end of a long one is what one types at.
    pub fn render(&self, area: Rect, buf: &mut Buffer, theme: &Theme, is_active: bool) {
        paint((&self.text, self.at), area, buf, theme, is_active);
    }
}

/// Paints a line in brackets with its cursor, which shows while it `is_active`.
pub fn paint((text, at): (&str, usize), area: Rect, buf: &mut Buffer, theme: &Theme, is_active: bool) {
    let room = usize::from(area.width).saturating_sub(3);
    let mut before = text[..at].to_owned();
    while before.width() > room {
        before.remove(0);
    }
    let mut rest = text[at..].chars();
    let under = rest.next().unwrap_or(' ').to_string();
    let mut after = rest.as_str().to_owned();
    while before.width() + under.width() + after.width() > room + 1 {
        after.pop();
        if after.is_empty() {
            break;
        }
    }
    let blank = (room + 1).saturating_sub(before.width() + under.width() + after.width());
    let (edge, cursor) = if is_active { (Scope::Key, Scope::Match) } else { (Scope::Dim, Scope::Text) };
    let spans = vec![
        Span::styled("[", theme.style(edge)),
        Span::styled(before, theme.style(Scope::Text)),
        Span::styled(under, theme.style(cursor)),
        Span::styled(format!("{after}{}", " ".repeat(blank)), theme.style(Scope::Text)),
        Span::styled("]", theme.style(edge)),
    ];
    Line::from(spans).render(area, buf);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{area, lines, theme};

    fn typed(keys: &[&str]) -> Field {
        let mut field = Field::default();
        for key in keys {
            field.key(Key::parse(key).expect("a key"));
        }
        field
    }

    #[test]
    fn a_line_is_edited_anywhere() {
        assert_eq!(typed(&["a", "ü", "c", "left", "backspace", "x"]).text(), "axc");
        assert_eq!(typed(&["a", "b", "home", "delete", "end", "space", "q"]).text(), "b q");
        assert_eq!(typed(&["a", "ctrl-u", "backspace", "left", "b"]).text(), "b");
    }

    #[test]
    fn a_paste_is_one_line_and_never_endless() {
        let mut field = Field::default();
        field.paste("two\nlines\u{1b}[31m");
        assert_eq!(field.text(), "two lines[31m");
        field.paste(&"x".repeat(5000));
        assert_eq!(field.text(), "two lines[31m");
    }

    #[test]
    fn where_lines_are_taken_one_moves_between_them() {
        let mut field = Field::default().taking(100, true);
        field.paste("one\r\ntwo\nüber");
        for key in ["up", "x", "alt-enter", "down"] {
            field.key(Key::parse(key).unwrap_or(Key { alt: true, ..Key::plain(Code::Enter) }));
        }
        assert_eq!(field.text(), "one\ntwox\n\nüber");
        assert!(!field.key(Key::plain(Code::Down)), "there is nothing below");
        assert_eq!(field.lines(2), [("", None), ("über", Some(0))]);
    }

    #[test]
    fn no_width_is_too_small() {
        for width in [0, 1, 3, 8, 30] {
            let mut buf = Buffer::empty(area(width, 1));
            Field::with("a long reason").render(buf.area, &mut buf, &theme(), true);
            assert!(width < 30 || lines(&buf)[0].starts_with("[a long reason"), "{:?}", lines(&buf));
        }
    }
}
