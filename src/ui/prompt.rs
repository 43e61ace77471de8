//! The one-line prompt: a command after `:`, a filter after `/`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::theme::{Scope, Theme};
use super::widgets::editor::{Edited, Editor, window};
use fluxdeck_model::commands;
use fluxdeck_model::domain::width;
use fluxdeck_model::state::{Code, Key, State};

/// The longest line that it takes, in bytes.
const LONGEST: usize = 4096;

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

/// What is typed, with what it may become.
pub struct Prompt {
    pub asks: Asks,
    editor: Editor,
    offers: Vec<String>,
    chosen: usize,
    /// What was there before: esc brings it back.
    pub before: String,
    history: Vec<String>,
    back: usize,
}

impl Prompt {
    pub fn new(asks: Asks, text: String, history: Vec<String>) -> Self {
        let editor = Editor::with(&text).taking(LONGEST, false);
        Self { asks, editor, before: text, offers: Vec::new(), chosen: 0, history, back: 0 }
    }

    pub fn text(&self) -> &str {
        self.editor.text()
    }

    fn is_at_end(&self) -> bool {
        self.editor.at() == self.text().len()
    }

    /// Takes a key. Enter runs what was typed, never the ghost.
    pub fn key(&mut self, key: Key, state: &State) -> Typed {
        match (key.code, key.ctrl) {
            (Code::Enter, _) => return Typed::Accepted,
            (Code::Esc, _) | (Code::Char('c'), true) => return Typed::Cancelled,
            (Code::Backspace, _) if self.text().is_empty() => return Typed::Cancelled,
            (Code::Tab, _) => return self.accept(state),
            (Code::Right, _) | (Code::Char('f' | 'e'), true) | (Code::End, _) if self.is_at_end() => return self.accept(state),
            (Code::Up, _) => return self.step(true, state),
            (Code::Down, _) => return self.step(false, state),
            _ => {}
        }
        match self.editor.key(key) {
            Edited::No | Edited::Moved => Typed::Stays,
            Edited::Changed => {
                self.suggest(state);
                Typed::Changed
            }
        }
    }

    /// Takes pasted text; its line breaks never run anything.
    pub fn paste(&mut self, text: &str, state: &State) {
        self.editor.paste(text);
        self.suggest(state);
    }

    fn suggest(&mut self, state: &State) {
        self.chosen = 0;
        self.offers = match self.asks {
            Asks::Command if !self.text().is_empty() => commands::complete(self.text(), state),
            _ => Vec::new(),
        };
    }

    fn accept(&mut self, state: &State) -> Typed {
        if let Some(offer) = self.offers.get(self.chosen).cloned() {
            self.editor.set(offer);
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
        self.editor.set(if self.back == 0 { String::new() } else { self.history[self.history.len() - self.back].clone() });
        Typed::Changed
    }

    pub fn render(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let sign = if self.asks == Asks::Command { ":" } else { "/" };
        let mut ghost = self.offers.get(self.chosen).and_then(|offer| offer.strip_prefix(self.text())).unwrap_or_default();
        let (before, mut under, after) = window(self.text(), self.editor.at(), usize::from(area.width).saturating_sub(2));
        if self.is_at_end() {
            (under, ghost) = width::first(ghost).unwrap_or((under, ghost));
        }
        let spans = vec![
            Span::styled(format!(" {sign}"), theme.style(Scope::Key)),
            Span::styled(before, theme.style(Scope::Text)),
            Span::styled(under, theme.style(Scope::Selection)),
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
    fn at_the_end_the_keys_that_go_on_take_the_ghost_and_elsewhere_they_move() {
        for key in ["right", "ctrl-f", "end", "ctrl-e"] {
            assert_eq!(typed(&["k", "u", "s", key]).text(), "kustomizations", "{key}");
            assert_eq!(typed(&["k", "u", "s", "home", key]).text(), "kus", "{key}");
        }
        assert_eq!(typed(&["k", "s", " ", "a", "ctrl-w", "b"]).text(), "ks b");
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
