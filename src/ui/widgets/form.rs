//! A form, drawn and filled: the one view of all questions, in any dialog.
//!
//! ```text
//!  why     [Why; written on the object; may stay empty              ]
//!  until   [14:00                ]  2026-01-01 14:00 UTC, in 3h50m
//!  image   [1.2                  ]
//!           1.2.3   newest
//!           1.2.2
//! ```
//! A field holds text until the answers are read; typed text stays when the form is rebuilt.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::editor::{Edited, Editor};
use super::field;
use super::lines::Styled;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use fluxdeck_model::domain::width::{self, fit};
use fluxdeck_model::error::Result;
use fluxdeck_model::forms::{Answers, Choice, Clock, Field, Form, Hint, InputKind};
use fluxdeck_model::state::{Code, Key};

/// Columns of the labels, at least, and at most.
const LABEL: (usize, usize) = (10, 20);
/// Columns of a field with an explanation beside it.
const BESIDE: usize = 24;
/// Lines of choices, and of code, that show.
const CHOICES: usize = 5;
const LINES: usize = 6;

/// What a key meant to a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing.
    No,
    /// It moves within the form.
    Moved,
    /// The text of a field has changed.
    Changed,
}

/// A field with what is typed into it.
struct Slot {
    field: Field,
    editor: Editor,
    /// The choice that the cursor was moved to, among those that match.
    choice: Option<usize>,
    /// It holds what it held at first: the first letter that is typed replaces it.
    is_untouched: bool,
}

/// A form while it is filled.
#[derive(Default)]
pub struct Filling {
    slots: Vec<Slot>,
    at: usize,
}

/// One line of a form: what is written, and which field, and which of its lines, is painted into it.
pub struct Line {
    pub text: Styled,
    part: Option<(usize, usize)>,
}

impl Line {
    pub fn of(text: Styled) -> Self {
        Self { text, part: None }
    }
}

impl Slot {
    fn new(field: &Field, answers: &Answers) -> Self {
        let text = answers.get(&field.id).map_or_else(|| field.default.clone(), ToString::to_string);
        let editor = Editor::with(text).taking(field.longest(), field.takes_lines());
        let is_untouched = answers.get(&field.id).is_none() && !field.default.is_empty();
        Self { field: field.clone(), editor, choice: None, is_untouched }
    }

    fn chooses(&self) -> bool {
        matches!(self.field.input, InputKind::Choice { .. } | InputKind::Many { .. })
    }

    /// What the choices are searched for: what it held at first is replaced, and says nothing.
    fn sought(&self) -> &str {
        if self.is_untouched && self.field.is_free() { "" } else { self.editor.text() }
    }

    fn matching(&self) -> Vec<&Choice> {
        self.field.matching(self.sought())
    }

    /// The choice under the cursor. Where any text is allowed, the text is meant until the cursor goes down.
    fn cursor(&self) -> Option<usize> {
        let is_text = self.field.is_free() && !self.editor.text().trim().is_empty();
        self.choice.or_else(|| (!is_text).then_some(0))
    }

    fn move_cursor(&mut self, is_down: bool) {
        let last = self.matching().len().saturating_sub(1);
        self.choice = match (self.cursor(), is_down) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(at), true) => Some((at + 1).min(last)),
            // from the first one back to the text
            (Some(at), false) => at.checked_sub(1),
        };
    }

    /// Takes the choice under the cursor; false if there is none, or if the field has it already.
    fn choose(&mut self) -> bool {
        let text = self.editor.text();
        let Some(at) = self.cursor() else { return false };
        let Some(value) = self.matching().get(at).map(|choice| choice.value.clone()) else { return false };
        let before = match self.field.input {
            InputKind::Many { .. } => text.rsplit_once(',').map_or_else(String::new, |(before, _)| format!("{before}, ")),
            _ => String::new(),
        };
        let whole = format!("{before}{value}");
        let is_new = whole != text.trim();
        self.editor.set(whole);
        self.choice = None;
        is_new
    }

    /// Empties it; where a key would take a letter away, one is left to be taken.
    fn clear(&mut self, leaves_one: bool) {
        self.editor.set(if leaves_one { " " } else { "" });
    }

    /// Says the other of yes and no.
    fn turn(&mut self) {
        let is_yes = matches!(self.editor.text(), "yes" | "y" | "true");
        self.editor.set(if is_yes { "no" } else { "yes" });
    }

    fn key(&mut self, key: Key) -> Taken {
        let is_switch = self.field.input == InputKind::YesNo;
        let replaces = matches!(key.code, Code::Char(_) | Code::Backspace) && !key.ctrl && !key.alt;
        if self.is_untouched && !is_switch && replaces {
            self.clear(key.code == Code::Backspace);
        }
        self.is_untouched &= matches!(key.code, Code::Down | Code::Up | Code::Enter);
        match key.code {
            Code::Char(' ') | Code::Left | Code::Right if is_switch => self.turn(),
            Code::Char('y') if is_switch => self.editor.set("yes"),
            Code::Char('n') if is_switch => self.editor.set("no"),
            _ if is_switch => return Taken::No,
            Code::Down | Code::Up if self.chooses() => {
                self.move_cursor(key.code == Code::Down);
                return Taken::Moved;
            }
            Code::Enter if self.chooses() => {
                return if self.choose() { Taken::Changed } else { Taken::No };
            }
            _ => match self.editor.key(key) {
                Edited::No => return Taken::No,
                Edited::Moved => return Taken::Moved,
                Edited::Changed => self.choice = None,
            },
        }
        Taken::Changed
    }
}

impl Filling {
    /// With what was answered before, else with what each field holds at first.
    pub fn new(form: &Form, answers: &Answers) -> Self {
        Self { slots: form.shown().map(|field| Slot::new(field, answers)).collect(), at: 0 }
    }

    /// Takes the same form as it is now: what was typed is not taken away, nor a field in which somebody types. Fields without a text of
    /// their own take the new default, or go where nobody is asked for them any more.
    pub fn adopt(&mut self, form: &Form) {
        let here = self.slots.get(self.at).map(|slot| slot.field.id.clone());
        let is_typed = |slot: &Slot| slot.editor.text() != slot.field.default;
        let mut before = std::mem::take(&mut self.slots);
        for field in form.shown() {
            let slot = before.iter().position(|slot| slot.field.id == field.id).map(|at| before.remove(at));
            self.slots.push(match slot {
                Some(slot) if is_typed(&slot) => Slot { field: field.clone(), ..slot },
                Some(slot) if slot.field.default == field.default => Slot { field: field.clone(), ..slot },
                _ => Slot::new(field, &Answers::default()),
            });
        }
        self.slots.extend(before.into_iter().filter(is_typed));
        self.at = here.and_then(|id| self.slots.iter().position(|slot| slot.field.id == id)).unwrap_or_default();
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The text of a field, as typed.
    pub fn text(&self, id: &str) -> &str {
        self.slots.iter().find(|slot| slot.field.id == id).map_or("", |slot| slot.editor.text())
    }

    /// The texts of all fields, as typed.
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.slots.iter().map(|slot| (slot.field.id.to_string(), slot.editor.text().to_owned())).collect()
    }

    /// Puts texts into their fields.
    pub fn recall(&mut self, texts: &BTreeMap<String, String>) {
        for slot in &mut self.slots {
            if let Some(text) = texts.get(&*slot.field.id) {
                slot.editor.set(text);
                slot.is_untouched = *text == slot.field.default && !text.is_empty();
            }
        }
    }

    /// Reads what was typed so far; what is missing is missing.
    ///
    /// # Errors
    /// The first field that cannot be read.
    pub fn answers(&self, clock: &Clock) -> Result<Answers> {
        let mut answers = Answers::default();
        // a word is judged when it is whole
        for slot in self.slots.iter().filter(|slot| !matches!(slot.field.input, InputKind::Word(_))) {
            if let Some(value) = slot.field.read(slot.editor.text(), clock)? {
                answers.put(&slot.field.id, value);
            }
        }
        Ok(answers)
    }

    /// Puts the cursor into a field, if it has it.
    pub fn go_to(&mut self, id: &str) {
        self.at = self.slots.iter().position(|slot| slot.field.id == id).unwrap_or(self.at);
    }

    /// Puts the cursor into the first field that cannot be read, or is empty and may not be.
    pub fn go_to_fault(&mut self, clock: &Clock) {
        let is_wrong = |slot: &Slot| match slot.field.read(slot.editor.text(), clock) {
            Ok(value) => value.is_none() && !slot.field.optional,
            Err(_) => true,
        };
        self.at = self.slots.iter().position(is_wrong).unwrap_or(self.at);
    }

    pub fn key(&mut self, key: Key) -> Taken {
        let count = self.slots.len();
        let Some(slot) = self.slots.get_mut(self.at) else { return Taken::No };
        match key.code {
            Code::Tab | Code::BackTab => {
                let sought = slot.chooses() && !slot.field.is_free() && !slot.editor.text().trim().is_empty();
                let is_meant = slot.choice.is_some() || sought && slot.field.matching(slot.editor.text()).len() == 1;
                let is_chosen = is_meant && slot.choose();
                self.at = if key.code == Code::Tab { (self.at + 1) % count } else { (self.at + count - 1) % count };
                if is_chosen { Taken::Changed } else { Taken::Moved }
            }
            _ => {
                let taken = slot.key(key);
                // what is chosen is answered: the next question
                let is_answered = key.code == Code::Enter && matches!(slot.field.input, InputKind::Choice { .. });
                if taken == Taken::Changed && is_answered {
                    self.at = (self.at + 1).min(count - 1);
                }
                taken
            }
        }
    }

    pub fn paste(&mut self, text: &str) {
        if let Some(slot) = self.slots.get_mut(self.at) {
            if std::mem::take(&mut slot.is_untouched) {
                slot.clear(false);
            }
            slot.editor.paste(text);
        }
    }

    /// Keys that mean something in the present field, with their words.
    pub fn keys(&self, scene: &Scene) -> Vec<(&'static str, String)> {
        let mut keys = Vec::new();
        match self.slots.get(self.at).map(|slot| &slot.field.input) {
            Some(InputKind::YesNo) => keys.push(("space", "yes or no".to_owned())),
            Some(InputKind::Choice { .. } | InputKind::Many { .. }) => {
                keys.push((if scene.theme.ascii { "down" } else { "↑↓" }, "choose".to_owned()));
            }
            Some(InputKind::Code(_)) => keys.push((if scene.theme.ascii { "ctrl-j" } else { "^j" }, "new line".to_owned())),
            _ => {}
        }
        if self.slots.len() > 1 {
            keys.push(("tab", "next".to_owned()));
        }
        keys
    }

    fn label(&self) -> usize {
        let longest = self.slots.iter().map(|slot| width::of(&slot.field.label) + 3).max().unwrap_or_default();
        longest.clamp(LABEL.0, LABEL.1)
    }

    /// The form in lines of that width.
    pub fn lines(&self, width: usize, clock: &Clock) -> Vec<Line> {
        let mut lines = Vec::new();
        let label = self.label();
        for (number, slot) in self.slots.iter().enumerate() {
            let is_active = number == self.at;
            if slot.field.label.is_empty() {
                lines
                    .extend(Styled::of(Style::Text, format!(" {}", slot.field.help)).wrapped(1, width).into_iter().map(Line::of));
            }
            let style = if is_active { Style::Key } else { Style::Dim };
            let head = Styled::of(style, format!(" {}", fit(&slot.field.label, label.saturating_sub(2))));
            let hint = self.beside(slot, clock);
            let beside = label + BESIDE + 2;
            // a text that may be long keeps its line
            let fits = !slot.field.is_free() && hint.as_ref().is_some_and(|hint| beside + hint.width() <= width);
            let text = match hint.as_ref().filter(|_| fits) {
                Some(hint) => head.upto(beside).and_all(hint),
                None => head,
            };
            lines.push(Line { text, part: Some((number, 0)) });
            let more = slot.editor.lines(LINES).len();
            lines.extend((1..more).map(|part| Line { text: Styled::default(), part: Some((number, part)) }));
            if let Some(hint) = hint.filter(|_| !fits) {
                let below = Styled::default().upto(label).and_all(&hint);
                lines.extend(below.wrapped(label, width).into_iter().map(Line::of));
            }
            if is_active {
                lines.extend(choices(slot, label, width).into_iter().map(Line::of));
            }
        }
        lines
    }

    /// The hint beside a field, or below it. An empty line of text shows it in its own place.
    fn beside(&self, slot: &Slot, clock: &Clock) -> Option<Styled> {
        let hint = slot.field.hint(slot.editor.text(), clock)?;
        match (hint, &slot.field.input) {
            (Hint::Help(_), InputKind::Text | InputKind::Word(_)) => None,
            // in its own place
            (Hint::Help(_), InputKind::Choice { free: true, .. }) if slot.editor.text().is_empty() => None,
            (Hint::Help(text) | Hint::Means(text), _) => Some(Styled::of(Style::Dim, text)),
            (Hint::Wrong(text), _) => Some(Styled::of(Style::Error, text)),
        }
    }

    /// Paints a line of the form.
    pub fn render(&self, line: &Line, area: Rect, buf: &mut Buffer, scene: &Scene, clock: &Clock) {
        buf.set_line(area.x, area.y, &line.text.painted(scene.theme), area.width);
        let Some((number, part)) = line.part else { return };
        let slot = &self.slots[number];
        let label = u16::try_from(self.label()).unwrap_or(0).min(area.width);
        let has_beside = width::of(line.text.text.trim_end()) > usize::from(label);
        let is_long =
            slot.field.is_free() || matches!(slot.field.input, InputKind::Text | InputKind::Word(_) | InputKind::Code(_));
        let whole = is_long && !has_beside;
        let width = if whole { area.width } else { u16::try_from(BESIDE).unwrap_or(u16::MAX) };
        let place = Rect { x: area.x + label, width: width.min(area.width - label), ..area };
        let is_active = number == self.at;
        match slot.editor.lines(LINES).get(part) {
            Some((text, at)) if !text.is_empty() || is_active || part > 0 => {
                field::paint((text, at.unwrap_or(text.len())), place, buf, scene.theme, is_active && at.is_some());
            }
            _ => field::paint(("", 0), place, buf, scene.theme, is_active),
        }
        self.hint(slot, place, buf, scene, clock);
    }

    /// In an empty line of text, what it is for.
    fn hint(&self, slot: &Slot, place: Rect, buf: &mut Buffer, scene: &Scene, clock: &Clock) {
        let is_line = (matches!(slot.field.input, InputKind::Text) || slot.field.is_free()) && slot.editor.text().is_empty();
        if let Some(Hint::Help(help)) = slot.field.hint("", clock).filter(|_| is_line)
            && place.width > 4
        {
            let room = usize::from(place.width) - 4;
            buf.set_stringn(place.x + 2, place.y, fit(&help, room), room, scene.theme.style(Style::Dim));
        }
    }
}

/// The choices that match, with a window around the one under the cursor.
fn choices(slot: &Slot, label: usize, width: usize) -> Vec<Styled> {
    let (found, cursor) = (slot.matching(), slot.cursor());
    let first = (cursor.unwrap_or_default() + 1).saturating_sub(CHOICES);
    let line = |(number, choice): (usize, &&Choice)| {
        let style = if cursor == Some(number) { Style::Mark } else { Style::Text };
        let room = width.saturating_sub(label + 2);
        let line = Styled::of(Style::Text, " ".repeat(label + 1)).and(style, fit(&choice.value, room));
        if choice.note.is_empty() { line } else { line.upto(label + BESIDE + 2).and(Style::Dim, &choice.note) }
    };
    let mut lines: Vec<_> = found.iter().enumerate().skip(first).take(CHOICES).map(line).collect();
    if found.len() > first + CHOICES {
        let more = format!("{}and {} more", " ".repeat(label + 1), found.len() - first - CHOICES);
        lines.push(Styled::of(Style::Dim, more));
    }
    lines
}

#[cfg(test)]
#[path = "tests/form.rs"]
mod tests;
