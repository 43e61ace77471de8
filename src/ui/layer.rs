//! The stack of screens and dialogs: what each must be able to do.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::Theme;
use super::widgets::lines::Styled;
use super::widgets::picker::Picker;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::Result;
use fluxdeck_model::state::{Key, Reply, State, Ticket};

/// What a view may look at while it is drawn.
pub struct Scene<'a> {
    pub state: &'a State,
    pub theme: &'a Theme,
    /// In how many seconds the first visible age changes its text.
    pub next_change: &'a Cell<i64>,
}

impl Scene<'_> {
    /// The age of a timestamp, in kubectl's notation; remembers when the text changes.
    pub fn age(&self, of: Option<jiff::Timestamp>) -> String {
        let Some(of) = of else { return String::new() };
        let (text, next) = fluxdeck_model::domain::duration::age((self.state.clock.as_second() - of.as_second()).max(0));
        self.next_change.set(self.next_change.get().min(next));
        text
    }

    /// Whether a suspension is past its time; remembers when that changes.
    pub fn is_overdue(&self, object: Option<&fluxdeck_model::domain::Object>) -> bool {
        let Some(until) = object.and_then(|object| object.suspension.as_ref()?.until) else { return false };
        let left = until.as_second() - self.state.clock.as_second();
        if left >= 0 {
            self.next_change.set(self.next_change.get().min(left + 1));
        }
        left < 0
    }
}

/// One view as declared: one file, one line in `views::ALL`.
pub struct ViewSpec {
    pub screen: Screen,
    pub doc: &'static str,
    pub scope: KeyScope,
    pub make: fn(Subject, &State) -> Result<Box<dyn View>>,
}

/// A screen or dialog. Keeps cursor, scroll and input; reads everything else from the state.
pub trait View {
    fn spec(&self) -> &'static ViewSpec;
    /// What it was opened on, to open it again from history.
    fn target(&self) -> Subject;
    /// What it shows, for the second line.
    fn title(&self, state: &State) -> String;
    /// The list that it consists of, if it is one: it is counted, filtered and written as a table in one way.
    fn picker(&self) -> Option<&Picker> {
        None
    }
    fn picker_mut(&mut self) -> Option<&mut Picker> {
        None
    }
    /// How much of it there is, for the right end of the second line.
    fn count(&self, _: &State) -> String {
        self.picker().map(Picker::count).unwrap_or_default()
    }
    /// The objects that commands act on: the marked ones, else the selected one.
    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        Vec::new()
    }
    /// Those of them that the screen does not show at present: behind a filter, below a fold.
    fn hidden(&self, _: &State) -> Vec<ObjectRef> {
        Vec::new()
    }
    /// Whether it is in front of the view below, which stays visible.
    fn is_dialog(&self) -> bool {
        false
    }
    /// Whether it takes every key itself at present: dialogs do, and views while a line is typed in them.
    fn takes_keys(&self) -> bool {
        self.is_dialog()
    }
    /// Takes a key before the keymap does, where it [takes keys](View::takes_keys). False where it means nothing to it.
    fn key(&mut self, _: Key, _: &mut Cx) -> bool {
        false
    }
    /// Takes pasted text.
    fn paste(&mut self, _: &str, _: &mut Cx) {}
    /// Asks for what it needs. Called when it is put on top and when it comes back from history.
    fn opened(&mut self, _: &mut Cx) {}
    /// Lets go of what it asked for.
    fn closed(&mut self, _: &mut Cx) {}
    /// Carries out a gesture; false when it means nothing here.
    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool;
    /// What the key line says of a gesture, by default its own word; none where it means nothing at present.
    fn word(&self, _: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        Some(word)
    }
    /// Whether a gesture that has a word cannot be carried out at present: its key is greyed, and says why when it is pressed.
    fn is_barred(&self, _: Gesture, _: &State) -> bool {
        false
    }
    /// The filter, or the search, as typed.
    fn filter(&self, _: &State) -> String {
        self.picker().map(Picker::filter).unwrap_or_default()
    }
    /// Takes a filter, letter by letter.
    ///
    /// # Errors
    /// What is wrong with it.
    fn set_filter(&mut self, text: &str, _: &mut Cx) -> std::result::Result<(), String> {
        self.picker_mut().map_or_else(|| Err("there is nothing to filter here".to_owned()), |picker| picker.set_filter(text))
    }
    /// Takes an answer; ignores those to other tickets.
    fn reply(&mut self, _: Ticket, _: &Reply, _: &mut Cx) {}
    /// The cluster has changed while this is on top: the time to ask again for what is old.
    fn changed(&mut self, _: &mut Cx) {}
    /// Finds its cursor again after the state has changed.
    fn refresh(&mut self, _: &State) {}
    /// What the line above the keys says of the selected object.
    fn message(&self, _: &State) -> Option<Styled> {
        None
    }
    /// Its table as text, the headings first; none where it has no table.
    fn sheet(&self, _: &State) -> Option<Vec<Vec<String>>> {
        self.picker().map(Picker::sheet)
    }
    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene);
}
