//! The one-line prompt: a command after `:`, a filter after `/`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use unicode_width::UnicodeWidthStr;

use super::theme::{Scope, Theme};
use fluxdeck_model::commands;
use fluxdeck_model::state::{Code, Key, State};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    Command,
    Filter,
}

/// What a key did to the prompt.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text changed.
    Changed,
    /// Something else about it changed, or nothing.
    Stays,
    Accepted,
    Cancelled,
}

/// Text under the cursor, with what it may become.
pub struct Prompt {
    pub asks: Asks,
    text: String,
    /// Byte index of the cursor.
    at: usize,
    offers: Vec<String>,
    chosen: usize,
    /// What was there before: esc brings it back.
    pub before: String,
    history: Vec<String>,
    back: usize,
}

impl Prompt {
    pub fn new(asks: Asks, text: String, history: Vec<String>) -> Self {
        Self { asks, at: text.len(), before: text.clone(), text, offers: Vec::new(), chosen: 0, history, back: 0 }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key. Enter runs what was typed, never the ghost.
    pub fn key(&mut self, key: Key, state: &State) -> Typed {
        match (key.code, key.ctrl) {
            (Code::Enter, _) => return Typed::Accepted,
            (Code::Esc, _) | (Code::Char('c'), true) => return Typed::Cancelled,
            (Code::Char('u' | 'w'), true) => {
                self.text.clear();
                self.at = 0;
            }
            (Code::Tab, _) | (Code::Char('f'), true) => return self.accept(state),
            (Code::Right, _) if self.at == self.text.len() => return self.accept(state),
            (Code::Right, _) => {
                self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
                return Typed::Stays;
            }
            (Code::Left, _) => {
                self.at -= self.text[..self.at].chars().next_back().map_or(0, char::len_utf8);
                return Typed::Stays;
            }
            (Code::Home, _) | (Code::Char('a'), true) => {
                self.at = 0;
                return Typed::Stays;
            }
            (Code::End, _) | (Code::Char('e'), true) => {
                self.at = self.text.len();
                return Typed::Stays;
            }
            (Code::Up, _) => return self.step(true, state),
            (Code::Down, _) => return self.step(false, state),
            (Code::Backspace, _) => {
                if self.text.is_empty() {
                    return Typed::Cancelled;
                }
                if let Some(letter) = self.text[..self.at].chars().next_back() {
                    self.at -= letter.len_utf8();
                    self.text.remove(self.at);
                }
            }
            (Code::Delete, _) => {
                if self.at < self.text.len() {
                    self.text.remove(self.at);
                }
            }
            (Code::Char(letter), false) if !key.alt => {
                self.text.insert(self.at, letter);
                self.at += letter.len_utf8();
            }
            _ => return Typed::Stays,
        }
        self.suggest(state);
        Typed::Changed
    }

    /// Takes pasted text; its line breaks never run anything.
    pub fn paste(&mut self, text: &str, state: &State) {
        let clean: String = fluxdeck_model::domain::text::printable(text).chars().filter(|c| *c != '\u{fffd}').collect();
        self.text.insert_str(self.at, &clean);
        self.at += clean.len();
        self.suggest(state);
    }

    fn suggest(&mut self, state: &State) {
        self.chosen = 0;
        self.offers = match self.asks {
            Asks::Command if !self.text.is_empty() => commands::complete(&self.text, state),
            _ => Vec::new(),
        };
    }

    fn accept(&mut self, state: &State) -> Typed {
        if let Some(offer) = self.offers.get(self.chosen).cloned() {
            self.at = offer.len();
            self.text = offer;
            self.suggest(state);
        }
        Typed::Changed
    }

    /// Steps through what the text may become, or through history when it is empty or came from there.
    fn step(&mut self, back: bool, _: &State) -> Typed {
        if !self.offers.is_empty() && self.back == 0 {
            let count = self.offers.len();
            self.chosen = if back { (self.chosen + count - 1) % count } else { (self.chosen + 1) % count };
            return Typed::Stays;
        }
        self.back = if back { (self.back + 1).min(self.history.len()) } else { self.back.saturating_sub(1) };
        self.text = if self.back == 0 { String::new() } else { self.history[self.history.len() - self.back].clone() };
        self.at = self.text.len();
        Typed::Changed
    }

    pub fn render(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let sign = if self.asks == Asks::Command { ":" } else { "/" };
        let ghost = self.offers.get(self.chosen).and_then(|offer| offer.strip_prefix(&self.text)).unwrap_or_default();
        let under = self.text[self.at..].chars().next().unwrap_or_else(|| ghost.chars().next().unwrap_or(' '));
        let after: String = self.text[self.at..].chars().skip(1).collect();
        let ghost: String = ghost.chars().skip(usize::from(self.at == self.text.len())).collect();
        // the end of a long line is what one types at
        let room = usize::from(area.width).saturating_sub(4);
        let mut before = self.text[..self.at].to_owned();
        while before.width() > room {
            before.remove(0);
        }
        let spans = vec![
            Span::styled(format!(" {sign}"), theme.style(Scope::Key)),
            Span::styled(before, theme.style(Scope::Text)),
            Span::styled(under.to_string(), theme.style(Scope::Selection)),
            Span::styled(after, theme.style(Scope::Text)),
            Span::styled(ghost, theme.style(Scope::Dim)),
        ];
        Line::from(spans).render(area, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxdeck_model::state::{Beginning, Engine};

    fn typed(keys: &[&str]) -> Prompt {
        let engine = Engine::new(Beginning::default());
        let mut prompt = Prompt::new(Asks::Command, String::new(), vec!["ks".into(), "hr web".into()]);
        for key in keys {
            prompt.key(Key::parse(key).expect("a key"), engine.state());
        }
        prompt
    }

    #[test]
    fn letters_that_are_keys_elsewhere_are_letters_here() {
        assert_eq!(typed(&["j", "k", "q", "?", "space", "G"]).text(), "jkq? G");
    }

    #[test]
    fn editing_works_in_the_middle_and_on_wide_letters() {
        assert_eq!(typed(&["a", "ü", "c", "left", "backspace", "x"]).text(), "axc");
        assert_eq!(typed(&["a", "b", "ctrl-u", "c"]).text(), "c");
    }

    #[test]
    fn tab_takes_the_ghost_and_arrows_history() {
        assert_eq!(typed(&["k", "u", "s", "tab"]).text(), "kustomizations");
        assert_eq!(typed(&["up"]).text(), "hr web");
        assert_eq!(typed(&["up", "up", "up", "down"]).text(), "hr web");
    }

    #[test]
    fn a_paste_never_runs() {
        let engine = Engine::new(Beginning::default());
        let mut prompt = Prompt::new(Asks::Command, String::new(), Vec::new());
        prompt.paste("quit\n\u{1b}[31mks\n", engine.state());

        assert_eq!(prompt.text(), "quit [31mks");
    }
}
