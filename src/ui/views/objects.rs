//! The table of one kind.
//!
//! ```text
//!   NAMESPACE    NAME         STATE      REVISION      SUSPENDED  AGE  MESSAGE
//!   flux-system  apps       ✗ Failed     main@86058ad  False       4m  health check failed …
//!   flux-system  system     ● Ready      main@86058ad  False       2m  Applied revision …
//! ```

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::tree::copy;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{self, Keep, List, Rows};
use crate::ui::widgets::progress::Progress;
use crate::ui::widgets::sentence::{self, brief};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::query::Query;
use fluxdeck_model::domain::{Coverage, GroupKind, Health, NodeId, ObjectRef, Relation};
use fluxdeck_model::error::Error;
use fluxdeck_model::kinds::{self, Column, Kind};
use fluxdeck_model::state::projection::{Table, TableSort, cell, heading, message_at, word_of};
use fluxdeck_model::state::{Intent, Show, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::OBJECTS,
    doc: "the table of one kind",
    scope: KeyScope::Table,
    make: |target, _| match target {
        Subject::Kind(gk) => Ok(Box::new(Objects::new(gk))),
        _ => Err(Error::usage("a table needs a kind", "type `:ks`, `:hr`, `:gitrepo` …")),
    },
};

pub struct Objects {
    gk: GroupKind,
    kind: &'static Kind,
    cursor: Option<ObjectRef>,
    at: usize,
    list: List,
    marks: BTreeSet<ObjectRef>,
    /// The column chosen for sorting by shift-left and shift-right.
    column: usize,
    text: String,
    /// What the columns depend on, and of which stamp of the table that is known.
    content: Option<(u64, Content)>,
}

/// What is true of the rows of a table.
#[derive(Clone, Copy)]
struct Content {
    /// Something is suspended: where all is false, nothing is said.
    is_suspended: bool,
    /// Names are long, as those of pods.
    has_long_names: bool,
}

/// Columns from which on a name is long.
const LONG: usize = 20;
/// Columns of a name that are worth more than another column.
const NAMED: u16 = 44;

impl Objects {
    fn new(gk: GroupKind) -> Self {
        let kind = kinds::rules(&gk.group, &gk.kind);
        let (marks, list, text) = Default::default();
        Self { gk, kind, cursor: None, at: 0, list, marks, column: 1, text, content: None }
    }

    fn table<'a>(&self, state: &'a State) -> Option<&'a Table> {
        state.cluster().tables.get(&self.gk)
    }

    fn node(&self, state: &State) -> Option<NodeId> {
        self.table(state)?.get(self.at)
    }

    fn go(&mut self, to: usize, state: &State) {
        let len = self.table(state).map_or(0, Table::len);
        self.at = to.min(len.saturating_sub(1));
        self.cursor = self.node(state).map(|node| state.cluster().store.reference(node).clone());
    }

    fn sort(&mut self, column: usize, cx: &mut Cx) {
        self.column = column;
        let now = self.table(cx.state).map(Table::sort).unwrap_or_default();
        let reverse = now.column == column && !now.reverse;
        cx.intend(Intent::Show(Show::TableSort(self.gk.clone(), TableSort { column, reverse })));
    }

    /// The place of a column of the kind among all columns: namespace and name come first.
    fn place(&self, wanted: Column) -> Option<usize> {
        self.kind.columns.iter().position(|column| *column == wanted).map(|at| at + 2)
    }

    fn choose(&mut self, right: bool, cx: &Cx) {
        let count = self.table(cx.state).map_or(3, Table::columns);
        self.column = if right { (self.column + 1) % count } else { (self.column + count - 1) % count };
    }

    /// Marks, or takes the mark away; the cursor stays, as in k9s.
    fn mark(&mut self) {
        if let Some(id) = self.cursor.clone()
            && !self.marks.remove(&id)
        {
            self.marks.insert(id);
        }
    }

    fn mark_range(&mut self, cx: &Cx) {
        let Some(table) = self.table(cx.state) else { return };
        let ids: Vec<_> = table.nodes().take(self.at + 1).map(|node| cx.state.cluster().store.reference(node).clone()).collect();
        let from = ids.iter().rposition(|id| self.marks.contains(id)).unwrap_or(self.at.min(ids.len().saturating_sub(1)));
        self.marks.extend(ids.into_iter().skip(from));
    }

    /// Goes to the next row that fails, or to the one before; round the end.
    fn step_to_failure(&mut self, forward: bool, cx: &mut Cx) {
        let Some(table) = self.table(cx.state) else { return };
        let fails = |at: &usize| {
            let health = table.get(*at).and_then(|node| cx.state.cluster().forest.health(node));
            health.is_some_and(Health::is_failing)
        };
        let found = match forward {
            true => (self.at + 1..table.len()).chain(0..self.at).find(fails),
            false => (0..self.at).rev().chain((self.at + 1..table.len()).rev()).find(fails),
        };
        match found {
            Some(at) => self.go(at, cx.state),
            None => cx.say(if fails(&self.at) { "nothing else fails here" } else { "nothing fails here" }),
        }
    }

    fn jump(&self, to: Option<NodeId>, cx: &mut Cx) {
        match to {
            Some(node) => {
                let object = cx.state.cluster().store.reference(node).clone();
                cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object)));
            }
            None => cx.say("there is none"),
        }
    }

    fn columns(&self, state: &State) -> Vec<(list::Column, Shown)> {
        let wide = state.settings.wide;
        let sort = self.table(state).map(Table::sort).unwrap_or_default();
        let arrow = |place: usize, heading: &str| {
            let sorted = if sort.column != place {
                ""
            } else if sort.reverse {
                "↓"
            } else {
                "↑"
            };
            let chosen = if self.column == place && self.column != 1 { "·" } else { "" };
            format!("{heading}{chosen}{sorted}")
        };
        let content = self.content.map(|(_, content)| content);
        let has_long_names = content.is_some_and(|content| content.has_long_names);
        let mut columns = Vec::new();
        if self.kind.namespaced {
            columns.push((list::Column::new(arrow(0, "NAMESPACE"), 14, 28, 2), Shown::Namespace));
        }
        columns
            .push((list::Column::new(arrow(1, "NAME"), 12, 60, 0).whole_to(if has_long_names { NAMED } else { 0 }), Shown::Name));
        let own = self.kind.columns.iter().enumerate().filter(|(_, column)| wide || !matches!(column, Column::Wide(..)));
        let (messages, others): (Vec<_>, Vec<_>) = own.partition(|(_, column)| **column == Column::Message);
        let is_suspended = content.is_none_or(|content| content.is_suspended);
        // the sentence above the keys has the message too: names that would be cut for it go first
        let of_message = if has_long_names { 8 } else { 1 };
        for (at, column) in others.into_iter().filter(|(_, column)| **column != Column::Suspended || is_suspended) {
            let (min, max, priority, keep) = match column {
                Column::State => (11, 14, 0, Keep::Start),
                Column::Revision => (14, 40, 3, Keep::Difference),
                Column::Suspended | Column::Ready => (9, 11, 9, Keep::Start),
                Column::Replicas => (7, 9, 3, Keep::Start),
                Column::Restarts => (8, 10, 3, Keep::Start),
                _ => (8, 48, 5, Keep::Start),
            };
            let shown = list::Column::new(arrow(at + 2, heading(*column)), min, max, priority).keeping(keep);
            columns.push((shown, Shown::Cell(*column)));
        }
        let age = self.kind.columns.len() + 2;
        columns.push((list::Column::new(arrow(age, "AGE"), 5, 7, 4).right(), Shown::Age));
        for (at, column) in messages {
            columns.push((list::Column::new(arrow(at + 2, heading(*column)), 16, u16::MAX, of_message), Shown::Cell(*column)));
        }
        columns
    }
}

/// What a column of the screen shows.
#[derive(Clone, Copy)]
enum Shown {
    Namespace,
    Name,
    Cell(Column),
    Age,
}

fn line(shown: Shown, node: NodeId, scene: &Scene, progress: &Progress) -> Line<'static> {
    let cluster = scene.state.cluster();
    let (store, forest, theme) = (&cluster.store, &cluster.forest, scene.theme);
    let reference = store.reference(node);
    let health = forest.health(node).unwrap_or(Health::Unknown);
    match shown {
        Shown::Namespace => Line::raw(reference.namespace.to_string()),
        Shown::Name => {
            let name = Span::raw(reference.name.to_string());
            let mark = progress.marks(reference).map(|mark| Span::styled(format!(" {mark}"), theme.style(Style::Accent)));
            Line::from_iter(std::iter::once(name).chain(mark))
        }
        Shown::Age => {
            let created = store.object(node).and_then(|object| object.created);
            Line::styled(scene.age(created), theme.style(Style::Dim))
        }
        Shown::Cell(Column::State) => {
            let requested = store.object(node).is_some_and(|object| object.facts.requested);
            let word = format!("{} {}{}", theme.glyph(health), word_of(store, forest, node), if requested { "…" } else { "" });
            Line::from(Span::styled(word, theme.health(health)))
        }
        Shown::Cell(Column::Message) => {
            if let Some(act) = progress.line(reference, scene) {
                return Line::styled(format!("{} {}", theme.glyph(act.health), act.text), theme.health(act.health));
            }
            let style = match health {
                _ if scene.is_overdue(store.object(node)) => theme.style(Style::Failed),
                health if health.is_failing() => theme.health(health),
                _ => theme.style(Style::Dim),
            };
            Line::styled(brief(&message_at(store, forest, node, &scene.state.person_clock())), style)
        }
        Shown::Cell(column) => Line::raw(cell(store, forest, node, column)),
    }
}

impl View for Objects {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Kind(self.gk.clone())
    }

    fn title(&self, _: &State) -> String {
        if self.kind.plural.is_empty() { self.gk.to_string() } else { self.kind.plural.to_owned() }
    }

    fn count(&self, state: &State) -> String {
        let Some(table) = self.table(state) else { return String::new() };
        let marks = if self.marks.is_empty() { String::new() } else { format!("{} marked · ", self.marks.len()) };
        let store = &state.cluster().store;
        let all = store.of_kind(&self.gk).count();
        let polled = store.coverage().find_map(|(scope, coverage)| match coverage {
            Coverage::Polled(seconds) if scope.gk == self.gk => Some(format!("listed every {seconds} s · ")),
            _ => None,
        });
        let polled = polled.unwrap_or_default();
        if table.len() == all { format!("{polled}{marks}{all}") } else { format!("{polled}{marks}{} of {all}", table.len()) }
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let is_there = |id: &&ObjectRef| state.cluster().store.find(id).is_some();
        if self.marks.is_empty() {
            // an identity, not a row: rows may have moved since the last frame; what a filter has taken away is not selected
            let store = &state.cluster().store;
            let is_shown = |id: &&ObjectRef| {
                let is_at = |table: &Table| table.get(self.at).is_some_and(|node| store.reference(node) == *id);
                self.table(state).is_some_and(|table| is_at(table) || table.position(id).is_some())
            };
            return self.cursor.iter().filter(is_there).filter(is_shown).cloned().collect();
        }
        self.marks.iter().filter(is_there).cloned().collect()
    }

    fn hidden(&self, state: &State) -> Vec<ObjectRef> {
        let Some(table) = self.table(state) else { return Vec::new() };
        let store = &state.cluster().store;
        self.marks.iter().filter(|id| store.find(id).is_some() && table.position(id).is_none()).cloned().collect()
    }

    fn opened(&mut self, cx: &mut Cx) {
        // a table keeps its order, but not the filter of an earlier visit
        cx.intend(Intent::Show(Show::TableFilter(self.gk.clone(), String::new())));
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let page = self.list.page().saturating_sub(1).max(1);
        let state = cx.state;
        match gesture {
            Gesture::Down => self.go(self.at + 1, state),
            Gesture::Up => self.go(self.at.saturating_sub(1), state),
            Gesture::PageDown => self.go(self.at + page, state),
            Gesture::PageUp => self.go(self.at.saturating_sub(page), state),
            Gesture::Top => self.go(0, state),
            Gesture::Bottom => self.go(usize::MAX, state),
            Gesture::Open => self.jump(self.node(state), cx),
            Gesture::Parent => self.jump(self.node(state).and_then(|node| state.cluster().forest.parent(node)), cx),
            Gesture::Source => {
                let source = |node| {
                    state
                        .cluster()
                        .store
                        .out(node)
                        .iter()
                        .find(|link| matches!(link.relation, Relation::Source | Relation::Chart))
                        .map(|link| link.node)
                };
                self.jump(self.node(state).and_then(source), cx);
            }
            Gesture::Dependants => self.jump(self.node(state), cx),
            Gesture::NextFailure | Gesture::PreviousFailure => self.step_to_failure(gesture == Gesture::NextFailure, cx),
            Gesture::Mark => self.mark(),
            Gesture::MarkRange => self.mark_range(cx),
            Gesture::MarkAll => {
                let found = self.table(state).into_iter().flat_map(Table::nodes);
                self.marks.extend(found.map(|node| state.cluster().store.reference(node).clone()));
            }
            Gesture::ClearMarks => self.marks.clear(),
            Gesture::SortName => self.sort(1, cx),
            Gesture::SortState => self.place(Column::State).into_iter().for_each(|column| self.sort(column, cx)),
            Gesture::SortAge => self.sort(self.kind.columns.len() + 2, cx),
            Gesture::SortLeft | Gesture::SortRight => self.choose(gesture == Gesture::SortRight, cx),
            Gesture::SortColumn => self.sort(self.column, cx),
            Gesture::Copy | Gesture::CopyNamespace => copy(gesture, &self.selection(state), cx),
            _ => return false,
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.node(state).map(|_| word),
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.text.clone()
    }

    fn set_filter(&mut self, text: &str, cx: &mut Cx) -> std::result::Result<(), String> {
        Query::parse(text)?;
        text.clone_into(&mut self.text);
        cx.intend(Intent::Show(Show::TableFilter(self.gk.clone(), text.to_owned())));
        Ok(())
    }

    fn refresh(&mut self, state: &State) {
        let Some(table) = self.table(state) else { return };
        let found = self.cursor.as_ref().and_then(|id| {
            // nearly always it is where it was
            let here = table.get(self.at).filter(|node| state.cluster().store.reference(*node) == id);
            here.map(|_| self.at).or_else(|| table.position(id))
        });
        self.at = found.unwrap_or(self.at).min(table.len().saturating_sub(1));
        if found.is_none() {
            self.cursor = self.node(state).map(|node| state.cluster().store.reference(node).clone());
        }
        let Some(table) = self.table(state) else { return };
        if self.content.is_none_or(|(stamp, _)| stamp != table.stamp()) {
            let store = &state.cluster().store;
            let is_suspended = |node| store.object(node).is_some_and(|object| object.suspension.is_some());
            let is_long = |node| store.reference(node).name.len() > LONG;
            let content = Content { is_suspended: table.nodes().any(is_suspended), has_long_names: table.nodes().any(is_long) };
            self.content = Some((table.stamp(), content));
        }
    }

    fn message(&self, state: &State) -> Option<Styled> {
        Some(sentence::of_object(state, self.node(state)?, false))
    }

    fn sheet(&self, state: &State) -> Option<Vec<Vec<String>>> {
        let cluster = state.cluster();
        let (store, forest, clock) = (&cluster.store, &cluster.forest, state.person_clock());
        let (columns, shown): (Vec<_>, Vec<_>) = self.columns(state).into_iter().unzip();
        let headings = columns.iter().map(|column| column.heading.trim_end_matches(['↑', '↓', '·']).to_owned()).collect();
        let text = |shown: &Shown, node: NodeId| match shown {
            Shown::Namespace => store.reference(node).namespace.to_string(),
            Shown::Name => store.reference(node).name.to_string(),
            // a file is read at another time
            Shown::Age => store.object(node).and_then(|object| object.created).map(|at| at.to_string()).unwrap_or_default(),
            Shown::Cell(Column::Message) => message_at(store, forest, node, &clock),
            Shown::Cell(column) => cell(store, forest, node, *column),
        };
        let row = |node| shown.iter().map(|shown| text(shown, node)).collect();
        Some(std::iter::once(headings).chain(self.table(state)?.nodes().map(row)).collect())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let state = scene.state;
        let Some(table) = self.table(state) else { return };
        if table.is_empty() {
            return say_why_empty(&self.gk, area, buf, scene);
        }
        let (columns, shown): (Vec<_>, Vec<_>) = self.columns(state).into_iter().unzip();
        let marks = &self.marks;
        let progress = Progress::of(state);
        let row = |at: usize| {
            let Some(node) = table.get(at) else { return list::Row::default() };
            list::Row {
                cells: shown.iter().map(|shown| line(*shown, node, scene, &progress)).collect(),
                marked: marks.contains(state.cluster().store.reference(node)),
            }
        };
        let query = table.filter().query.as_ref();
        let rows = Rows { columns: &columns, len: table.len(), cursor: Some(self.at), query };
        self.list.render(area, buf, scene.theme, rows, row);
    }
}

/// Says in an empty table why it is empty: never "none" where nobody could look.
fn say_why_empty(gk: &GroupKind, area: Rect, buf: &mut Buffer, scene: &Scene) {
    let cluster = scene.state.cluster();
    let coverage: Vec<_> = cluster.store.coverage().filter(|(scope, _)| scope.gk == *gk).map(|(_, coverage)| coverage).collect();
    let all = |wanted: Coverage| !coverage.is_empty() && coverage.iter().all(|coverage| *coverage == wanted);
    let text = match () {
        () if all(Coverage::Restricted) => {
            format!("restricted: you may not list {}; name your namespaces with `:ns a,b`", gk.kind)
        }
        () if all(Coverage::NotServed) => format!("this cluster does not serve {gk}"),
        () if coverage.contains(&Coverage::Failing) => format!("{} could not be read so far", gk.kind),
        () if coverage.is_empty() && cluster.is_complete() => format!("no inventory has a {}", gk.kind),
        () if cluster.tables.get(gk).is_some_and(|table| table.filter().query.is_some()) => {
            return super::placeholder("nothing matches", "esc clears the filter", area, buf, scene);
        }
        () => return super::say_why_empty(area, buf, scene),
    };
    super::placeholder(&text, "", area, buf, scene);
}
