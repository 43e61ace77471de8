//! Objects of any kind that the cluster serves, as the API server prints them: its columns, watched. Events have a view of their own.
//!
//! ```text
//!  NAME     STATUS  ROLES          AGE  VERSION
//!  node-1   Ready   control-plane  41d  v1.36.0          `:nodes`; with `^w`, or where there is room, the wide columns too
//! ```

mod columns;
mod rows;

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::columns::is_wrong;
use self::rows::{By, Order, PrintedRows};
use super::tree::copy;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{List, Row, Rows};
use crate::ui::widgets::request::{say, wait};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::query::Query;
use fluxdeck_model::domain::{GroupKind, ObjectRef, PrintedColumn, PrintedQuery, PrintedRow, Str};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::{Intent, Question, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::PRINTED,
    doc: "objects of any kind, as the API server prints them",
    scope: KeyScope::Table,
    make: |target, _| match target {
        Subject::Kind(gk) => Ok(Box::new(PrintedView::new(gk))),
        _ => Err(Error::usage("a table needs a kind", "type `:nodes`, or any kind that the cluster serves")),
    },
};

pub struct PrintedView {
    gk: GroupKind,
    ticket: Option<Ticket>,
    /// The namespaces that were asked for.
    namespaces: Option<BTreeSet<Str>>,
    has_answered: bool,
    failed: Option<Error>,
    rows: PrintedRows,
    typed: String,
    cursor: Option<Str>,
    at: usize,
    /// The column chosen for sorting: 0 is NAMESPACE.
    column: usize,
    list: List,
}

impl PrintedView {
    fn new(gk: GroupKind) -> Self {
        Self {
            gk,
            ticket: None,
            namespaces: None,
            has_answered: false,
            failed: None,
            rows: PrintedRows::new(Order { by: By::Namespace, reverse: false }),
            typed: String::new(),
            cursor: None,
            at: 0,
            column: 1,
            list: List::default(),
        }
    }

    fn ask(&mut self, cx: &mut Cx) {
        self.drop(cx);
        let order = self.rows.order();
        let query = self.rows.query().cloned();
        (self.rows, self.has_answered, self.failed) = (PrintedRows::new(order), false, None);
        self.rows.filter(query);
        self.namespaces.clone_from(&cx.state.cluster().namespaces);
        let (gk, known) = (self.gk.clone(), cx.state.cluster().known_namespaces.clone());
        let query = PrintedQuery { gk, namespaces: self.namespaces.clone(), known, about: None };
        self.ticket = Some(cx.ask(Question::Print(query)));
    }

    fn drop(&mut self, cx: &mut Cx) {
        if let Some(ticket) = self.ticket.take() {
            cx.intend(Intent::Drop(ticket));
        }
    }

    fn row(&self) -> Option<&PrintedRow> {
        self.rows.get(self.at)
    }

    fn go(&mut self, to: usize) {
        self.at = to.min(self.rows.len().saturating_sub(1));
        self.cursor = self.row().map(|row| row.key.clone());
    }

    fn sort(&mut self, by: By) {
        let now = self.rows.order();
        self.rows.arrange(Order { by, reverse: now.by == by && !now.reverse });
    }

    fn step_to_failure(&mut self, forward: bool, cx: &mut Cx) {
        let fails = |at: &usize| self.rows.get(*at).is_some_and(is_wrong);
        let found = match forward {
            true => (self.at + 1..self.rows.len()).chain(0..self.at).find(fails),
            false => (0..self.at).rev().chain((self.at + 1..self.rows.len()).rev()).find(fails),
        };
        match found {
            Some(at) => self.go(at),
            None => cx.say(if fails(&self.at) { "nothing else fails here" } else { "nothing fails here" }),
        }
    }

    /// One namespace is in the header.
    fn with_namespace(&self) -> bool {
        self.rows.are_namespaced() && self.namespaces.as_ref().is_none_or(|names| names.len() > 1)
    }

    fn is_namespaced(&self, state: &State) -> bool {
        state.cluster().server.kinds.iter().any(|kind| kind.gk == self.gk && kind.is_namespaced)
    }

    /// The place of the column of names.
    fn name_column(&self) -> Option<usize> {
        self.rows.columns.iter().position(|column| &*column.heading == "NAME")
    }
}

impl View for PrintedView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Kind(self.gk.clone())
    }

    fn title(&self, state: &State) -> String {
        let kinds = &state.cluster().server.kinds;
        kinds.iter().find(|kind| kind.gk == self.gk).map_or_else(|| self.gk.to_string(), |kind| kind.plural.to_string())
    }

    fn count(&self, _: &State) -> String {
        if !self.has_answered {
            return String::new();
        }
        let (shown, all) = (self.rows.len(), self.rows.all());
        let every = self.rows.every.map_or_else(String::new, |seconds| format!("listed every {seconds} s · "));
        let refused = match self.rows.refused.iter().filter(|name| !name.is_empty()).count() {
            _ if self.rows.refused.first().is_some_and(|name| name.is_empty()) => "where you may look · ".to_owned(),
            0 => String::new(),
            count => format!("restricted in {count} · "),
        };
        let every = format!("{refused}{every}");
        let first = if self.rows.is_cut { "the first " } else { "" };
        if shown == all { format!("{every}{first}{all}") } else { format!("{every}{shown} of {first}{all}") }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.row().map(|row| row.object.clone()).into_iter().collect()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        if self.namespaces != cx.state.cluster().namespaces {
            self.ask(cx);
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.drop(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let page = self.list.page().saturating_sub(1).max(1);
        match gesture {
            Gesture::Down => self.go(self.at + 1),
            Gesture::Up => self.go(self.at.saturating_sub(1)),
            Gesture::PageDown => self.go(self.at + page),
            Gesture::PageUp => self.go(self.at.saturating_sub(page)),
            Gesture::Top => self.go(0),
            Gesture::Bottom => self.go(usize::MAX),
            Gesture::NextFailure | Gesture::PreviousFailure => self.step_to_failure(gesture == Gesture::NextFailure, cx),
            Gesture::Open => {
                if let Some(row) = self.row() {
                    cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(row.object.clone())));
                }
            }
            Gesture::SortName => self.sort(self.name_column().map_or(By::Namespace, By::Column)),
            Gesture::SortAge => self.sort(By::Since),
            Gesture::SortLeft | Gesture::SortRight => {
                let count = self.rows.columns.len() + 1;
                let step = if gesture == Gesture::SortRight { 1 } else { count - 1 };
                self.column = (self.column + step) % count;
            }
            Gesture::SortColumn => {
                let chosen = self.column.checked_sub(1).map(|at| match self.rows.columns.get(at) {
                    Some(column) if column.is_age => By::Since,
                    _ => By::Column(at),
                });
                self.sort(chosen.unwrap_or(By::Namespace));
            }
            Gesture::Copy | Gesture::CopyNamespace => copy(gesture, &self.selection(cx.state), cx),
            _ => return false,
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.row().map(|_| word),
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.typed.clone()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.rows.filter(Query::parse(text)?);
        text.clone_into(&mut self.typed);
        self.list.forget();
        Ok(())
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        if self.ticket != Some(ticket) {
            return;
        }
        match reply {
            Reply::Printed(news) => {
                self.rows.take(news);
                (self.has_answered, self.failed) = (true, None);
            }
            Reply::Failed(error) => self.failed = Some(error.clone()),
            _ => {}
        }
    }

    fn refresh(&mut self, _: &State) {
        self.rows.sift();
        let found = self.cursor.as_ref().and_then(|key| {
            // nearly always it is where it was
            let here = self.rows.get(self.at).filter(|row| row.key == *key);
            here.map(|_| self.at).or_else(|| self.rows.position(key))
        });
        // a cursor at the top stays at the top, as what is new comes in
        let stays = found.filter(|_| self.at > 0 || self.rows.order().by != By::Since);
        self.at = stays.unwrap_or(self.at).min(self.rows.len().saturating_sub(1));
        if stays.is_none() {
            self.cursor = self.row().map(|row| row.key.clone());
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        if let Some(error) = self.failed.as_ref().filter(|_| self.has_answered) {
            return Some(Styled::of(Style::Failed, error.to_string()));
        }
        let row = self.row()?;
        let message = self.rows.columns.iter().position(|column| &*column.heading == "MESSAGE");
        let message = message.and_then(|at| row.cells.get(at)).filter(|text| !text.is_empty());
        let about = Styled::of(Style::Accent, row.object.to_string());
        Some(message.map_or(about.clone(), |text| about.and(Style::Dim, format!(": {text}"))))
    }

    fn sheet(&self, state: &State) -> Option<Vec<Vec<String>>> {
        let headings = self.columns(state.settings.wide);
        let headings = headings.into_iter().map(|column| column.heading.trim_end_matches(['↑', '↓', '·']).to_owned()).collect();
        let row = |row: &PrintedRow| {
            let namespace = self.with_namespace().then(|| row.object.namespace.to_string());
            let cell = |(at, column): (usize, &PrintedColumn)| match column.is_age {
                // a file is read at another time
                true => row.since.map_or_else(String::new, |at| at.to_string()),
                false => row.cells.get(at).map_or_else(String::new, ToString::to_string),
            };
            namespace.into_iter().chain(self.rows.columns.iter().enumerate().map(cell)).collect()
        };
        Some(std::iter::once(headings).chain((0..self.rows.len()).filter_map(|at| self.rows.get(at)).map(row)).collect())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        match &self.failed {
            Some(error) if !self.has_answered && error.kind == ErrorKind::Denied && self.is_namespaced(scene.state) => {
                let hint = format!("`:ns a,b` looks at namespaces that you may read; {}", error.hint);
                return say(area, buf, scene, &error.message, &hint);
            }
            Some(error) if !self.has_answered => return say(area, buf, scene, &error.message, &error.hint),
            _ if !self.has_answered => return wait(area, buf, scene, "fetching…"),
            _ if self.rows.len() == 0 => {
                let (text, hint) = match (self.rows.all(), &self.namespaces) {
                    (0, None) => ("there are none", ""),
                    (0, Some(_)) => ("there are none in these namespaces", "0 looks at all"),
                    _ => ("nothing matches", "esc clears the filter"),
                };
                return say(area, buf, scene, text, hint);
            }
            _ => {}
        }
        let columns = self.columns(scene.state.settings.wide);
        let mut list = std::mem::take(&mut self.list);
        let rows = Rows { columns: &columns, len: self.rows.len(), cursor: Some(self.at), query: self.rows.query() };
        list.render(area, buf, scene.theme, rows, |at| {
            let cells = self.rows.get(at).map_or_else(Vec::new, |row| self.cells(row, scene));
            Row { cells, marked: false }
        });
        self.list = list;
    }
}

#[cfg(test)]
#[path = "../tests/printed.rs"]
mod tests;
