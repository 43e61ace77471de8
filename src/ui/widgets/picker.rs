//! What lists to choose from have in common: rows by identity, a cursor, a filter, marks.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, List, Row, Rows};
use crate::ui::widgets::request::say;
use fluxdeck_model::commands::{self, Cx, Gesture};
use fluxdeck_model::domain::Labels;
use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::domain::text::counted;

/// One thing to choose: what it is known by, and a cell for each column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    pub id: String,
    pub cells: Vec<Styled>,
}

/// Items, and what one does with them. Items are few enough to be kept as text.
#[derive(Default)]
pub struct Picker {
    items: Vec<Item>,
    /// Those that the filter keeps.
    shown: Vec<usize>,
    cursor: Option<String>,
    at: usize,
    pub marks: BTreeSet<String>,
    typed: String,
    query: Option<Query>,
    list: List,
    /// Of the columns, as they were painted last.
    headings: Vec<String>,
}

impl Picker {
    /// Starts with the cursor there.
    pub fn at(id: impl Into<String>) -> Self {
        Self { cursor: Some(id.into()), ..Self::default() }
    }

    /// Takes new items; the cursor stays with its item, and at its place when that is gone.
    pub fn fill(&mut self, items: Vec<Item>) {
        if items != self.items || self.shown.is_empty() {
            self.items = items;
            self.marks.retain(|mark| self.items.iter().any(|item| item.id == *mark));
            self.sift();
        }
    }

    pub fn selected(&self) -> Option<&str> {
        self.shown.get(self.at).map(|at| &*self.items[*at].id)
    }

    pub fn count(&self) -> String {
        self.count_among(&self.items.len().to_string())
    }

    /// The same with a noun.
    pub fn count_of(&self, noun: &str) -> String {
        self.count_among(&counted(self.items.len(), noun))
    }

    fn count_among(&self, all: &str) -> String {
        let marked = if self.marks.is_empty() { String::new() } else { format!("{} marked · ", self.marks.len()) };
        let shown = self.shown.len();
        if shown == self.items.len() { format!("{marked}{all}") } else { format!("{marked}{shown} of {all}") }
    }

    pub fn filter(&self) -> String {
        self.typed.clone()
    }

    /// # Errors
    /// What is wrong with the filter.
    pub fn set_filter(&mut self, text: &str) -> Result<(), String> {
        self.query = Query::unlabelled(text)?;
        text.clone_into(&mut self.typed);
        self.list.forget();
        self.sift();
        Ok(())
    }

    fn sift(&mut self) {
        let mut fuzzy = Fuzzy::default();
        let text = |item: &Item| item.cells.iter().map(|cell| &*cell.text).collect::<Vec<_>>().join("\n");
        let is_meant = |item: &Item, fuzzy: &mut Fuzzy| {
            let is_kept =
                |query: &Query| query.matches(Visible { cells: &text(item), name: &item.id }, &Labels::default(), fuzzy);
            self.query.as_ref().is_none_or(is_kept)
        };
        self.shown = (0..self.items.len()).filter(|at| is_meant(&self.items[*at], &mut fuzzy)).collect();
        let found = self.shown.iter().position(|at| Some(&self.items[*at].id) == self.cursor.as_ref());
        self.go(found.unwrap_or(self.at));
    }

    fn go(&mut self, to: usize) {
        self.at = to.min(self.shown.len().saturating_sub(1));
        // nothing to select: an item that comes back is found again
        if let Some(selected) = self.selected().map(str::to_owned) {
            self.cursor = Some(selected);
        }
    }

    /// Moves, marks and copies. Returns whether the gesture meant that.
    pub fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let page = self.list.page().saturating_sub(1).max(1);
        match gesture {
            Gesture::Down => self.go(self.at + 1),
            Gesture::Up => self.go(self.at.saturating_sub(1)),
            Gesture::PageDown => self.go(self.at + page),
            Gesture::PageUp => self.go(self.at.saturating_sub(page)),
            Gesture::Top => self.go(0),
            Gesture::Bottom => self.go(usize::MAX),
            Gesture::Copy => {
                if let Some(selected) = self.selected().map(str::to_owned) {
                    let notice = format!("copied {selected}");
                    cx.copy(selected, notice);
                }
            }
            _ => return false,
        }
        true
    }

    /// Marks the item under the cursor, or takes the mark away.
    pub fn mark(&mut self) {
        if let Some(selected) = self.selected().map(str::to_owned)
            && !self.marks.remove(&selected)
        {
            self.marks.insert(selected);
        }
    }

    /// The items that the filter keeps, below the headings.
    pub fn sheet(&self) -> Vec<Vec<String>> {
        let row = |at: &usize| self.items[*at].cells.iter().map(|cell| cell.text.clone()).collect();
        std::iter::once(self.headings.clone()).chain(self.shown.iter().map(row)).collect()
    }

    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene, columns: &[Column], nothing: &str) {
        self.headings = columns.iter().map(|column| column.heading.to_string()).collect();
        if self.shown.is_empty() {
            let hint = if self.typed.is_empty() { "" } else { "esc clears the filter" };
            return say(area, buf, scene, if self.typed.is_empty() { nothing } else { "nothing matches" }, hint);
        }
        let Self { items, shown, marks, list, at, query, .. } = self;
        let rows = Rows { columns, len: shown.len(), cursor: Some(*at), query: query.as_ref() };
        list.render(area, buf, scene.theme, rows, |at| {
            let item = &items[shown[at]];
            Row { cells: item.cells.iter().map(|cell| cell.painted(scene.theme)).collect(), marked: marks.contains(&item.id) }
        });
    }
}

/// Does what the command line does for a command of that name.
pub fn run(name: &str, argument: &str, cx: &mut Cx) {
    if let Some(command) = commands::find(name)
        && let Err(error) = command.run.carry_out(cx, argument)
    {
        cx.complain(error);
    }
}
