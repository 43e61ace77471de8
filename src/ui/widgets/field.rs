//! One line that a person types into, in a dialog.

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

#[derive(Clone, Debug, Default)]
pub struct Field {
    text: String,
    /// Byte index of the cursor.
    at: usize,
}

impl Field {
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at: text.len(), text }
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

    /// Takes pasted text as one line.
    pub fn paste(&mut self, text: &str) {
        let clean: String = printable(text).chars().filter(|c| *c != '\u{fffd}').collect();
        self.insert(&clean);
    }

    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= LONGEST {
            self.text.insert_str(self.at, text);
            self.at += text.len();
        }
    }

    /// Paints the text in brackets; the end of a long one is what one types at.
    pub fn render(&self, area: Rect, buf: &mut Buffer, theme: &Theme, is_active: bool) {
        let room = usize::from(area.width).saturating_sub(3);
        let mut before = self.text[..self.at].to_owned();
        while before.width() > room {
            before.remove(0);
        }
        let mut rest = self.text[self.at..].chars();
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
    fn no_width_is_too_small() {
        for width in [0, 1, 3, 8, 30] {
            let mut buf = Buffer::empty(area(width, 1));
            Field::with("a long reason").render(buf.area, &mut buf, &theme(), true);
            assert!(width < 30 || lines(&buf)[0].starts_with("[a long reason"), "{:?}", lines(&buf));
        }
    }
}
