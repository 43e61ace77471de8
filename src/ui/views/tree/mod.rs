//! The tree, home of the program: every source, what it feeds, down to pods.
//!
//! ```text
//!    OBJECT                                        STATE       REVISION       SINCE MESSAGE
//!  ▾ ● GitRepository flux-system/fleet             Ready       main@86058ad     2m  stored artifact
//!    ▾ ✗ Kustomization flux-system/apps  ✗2 ●11    Failed      3d3b4b7 ≠86058ad 4m  health check failed: …
//!      ▸ ● Namespace api                    ●4     Ready
//!      → depends on Kustomization flux-system/system
//! ```
//! Painted from the visible window and its ancestors only, by tui-tree-widget.

mod failure;
mod paint;

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::paint::{Seen, Widths, ancestors};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::progress::Progress;
use crate::ui::widgets::sentence;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::query::Query;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{Health, NodeId, ObjectRef, Relation};
use fluxdeck_model::state::projection::{Fold, Row, RowId, Sort, SortBy, named, revision_of, word_of};
use fluxdeck_model::state::{Cluster, Epoch, Intent, Show, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::TREE,
    doc: "every source, what it feeds, down to pods",
    scope: KeyScope::Tree,
    make: |_, _| Ok(Box::<TreeView>::default()),
};

/// The first row and how many there are, what is known of them, their order, their place on the screen, and whether they are a selection.
type Measured = (usize, usize, u64, Sort, Rect, bool);

#[derive(Default)]
pub struct TreeView {
    cursor: Option<RowId>,
    /// Where the cursor was when rows were last looked at: its neighbour takes over when it is gone.
    at: usize,
    offset: usize,
    height: usize,
    marks: BTreeSet<ObjectRef>,
    /// Whose objects the marks are: those of another context may have the same names.
    epoch: Epoch,
    /// The filter changed: the cursor goes to the first match.
    seeks: bool,
    /// Somebody has moved, or the picture is complete: until then the cursor stays on the first row, whatever comes in above it.
    is_settled: bool,
    seen: Seen,
    /// For what that was measured last.
    measured: Option<Measured>,
    /// The states that were looked for last.
    health: Option<BTreeSet<Health>>,
    /// How often the cursor was sent to an object that is looked at elsewhere.
    sought: u64,
}

impl TreeView {
    fn row<'a>(&self, state: &'a State) -> Option<&'a Row> {
        state.cluster().tree.rows.rows().get(self.at)
    }

    fn node(&self, state: &State) -> Option<NodeId> {
        self.row(state).and_then(Row::node)
    }

    fn object(&self, state: &State) -> Option<ObjectRef> {
        self.node(state).map(|node| state.cluster().store.reference(node).clone())
    }

    fn go(&mut self, to: usize, state: &State) {
        let rows = &state.cluster().tree.rows;
        self.at = to.min(rows.rows().len().saturating_sub(1));
        self.cursor = rows.id(&state.cluster().store, self.at);
        self.reveal();
    }

    /// Scrolls so that the cursor is on the screen.
    fn reveal(&mut self) {
        let height = self.height.max(1);
        self.offset = self.offset.clamp((self.at + 1).saturating_sub(height), self.at);
    }

    /// Goes to the first match unless the cursor is on one.
    fn seek(&mut self, state: &State) {
        self.seeks = false;
        let cluster = state.cluster();
        let is_match = |row: &Row| row.via.is_none() && row.node().is_some_and(|node| cluster.tree.matches.contains(node));
        let rows = cluster.tree.rows.rows();
        if !rows.get(self.at).is_some_and(is_match)
            && let Some(first) = rows.iter().position(is_match)
        {
            self.at = first;
            self.cursor = cluster.tree.rows.id(&cluster.store, first);
        }
    }

    fn fold(&mut self, open: bool, cx: &mut Cx) {
        let cluster = cx.state.cluster();
        if let Some(id) = cluster.tree.rows.id(&cluster.store, self.at) {
            cx.intend(Intent::Show(Show::Fold(id, open)));
        }
    }

    fn left(&mut self, cx: &mut Cx) {
        match self.row(cx.state).map(|row| (row.fold, row.depth)) {
            Some((Fold::Open, _)) => self.fold(false, cx),
            Some((_, depth)) if depth > 0 => {
                let rows = cx.state.cluster().tree.rows.rows();
                let parent = rows[..self.at].iter().rposition(|row| row.depth < depth).unwrap_or(0);
                self.go(parent, cx.state);
            }
            _ => {}
        }
    }

    fn right(&mut self, cx: &mut Cx) {
        match self.row(cx.state).map(|row| row.fold) {
            Some(Fold::Closed) => {
                self.fold(true, cx);
                self.look_for_owned(cx);
            }
            Some(Fold::Leaf) => self.look_for_owned(cx),
            Some(Fold::Open) => self.go(self.at + 1, cx.state),
            None => {}
        }
    }

    /// Asks for what a workload or a child owns besides the kinds that are followed; the rows appear when it is found.
    fn look_for_owned(&self, cx: &mut Cx) {
        let cluster = cx.state.cluster();
        let Some(node) = self.node(cx.state).filter(|node| !cluster.forest.kind(*node).is_flux()) else { return };
        if let Some(object) = cluster.store.object(node).filter(|object| !object.id.namespace.is_empty()) {
            cx.intend(Intent::Owned(object.id.clone()));
        }
    }

    fn open_row(&mut self, cx: &mut Cx) {
        let Some(row) = self.row(cx.state).copied() else { return };
        match (row.via, row.node()) {
            (Some(_), Some(node)) => self.jump(node, cx),
            (None, Some(node)) => {
                let object = cx.state.cluster().store.reference(node).clone();
                cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object)));
            }
            _ => self.fold(row.fold == Fold::Closed, cx),
        }
    }

    /// Goes to a node's home row; its ancestors are opened.
    fn jump(&mut self, node: NodeId, cx: &mut Cx) {
        let cluster = cx.state.cluster();
        if !cluster.forest.contains(node) {
            return cx.say("it is not in the tree");
        }
        if !is_shown(cluster, node) {
            return cx.say("the filter hides it: esc clears the filter");
        }
        let object = cluster.store.reference(node).clone();
        // its row is there once the rows are made again
        self.cursor = Some(home(cluster, object.clone()));
        cx.intend(Intent::Show(Show::Reveal(object)));
    }

    fn jump_along(&mut self, relations: &[Relation], cx: &mut Cx) {
        let store = &cx.state.cluster().store;
        let found = self
            .node(cx.state)
            .and_then(|node| store.out(node).iter().find(|link| relations.contains(&link.relation)).map(|link| link.node));
        match found {
            Some(node) => self.jump(node, cx),
            None => cx.say("it has no source of its own"),
        }
    }

    /// Opens the row and steps to the first reference that uses it.
    fn dependants(&mut self, cx: &mut Cx) {
        let Some(node) = self.node(cx.state) else { return };
        let cluster = cx.state.cluster();
        let uses = [Relation::DependsOn, Relation::Source, Relation::Chart, Relation::Values, Relation::Images];
        let users: Vec<_> =
            cluster.store.incoming(node).iter().filter(|link| uses.contains(&link.relation)).map(|link| link.node).collect();
        match users.as_slice() {
            [] => cx.say("nothing depends on it"),
            [one] => self.jump(*one, cx),
            _ => {
                let object = cluster.store.reference(node).clone();
                cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object)));
            }
        }
    }

    fn sort(by: SortBy, cx: &mut Cx) {
        let now = cx.state.cluster().tree.sort;
        // worst first is what it begins with: the key for it never turns it round
        let reverse = now.by == by && !now.reverse && by != SortBy::State;
        cx.intend(Intent::Show(Show::Sort(Sort { by, reverse })));
    }

    fn mark(&mut self, cx: &Cx) {
        let Some(node) = self.node(cx.state) else { return };
        let id = cx.state.cluster().store.reference(node).clone();
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
    }

    fn mark_range(&mut self, cx: &Cx) {
        let cluster = cx.state.cluster();
        let rows = cluster.tree.rows.rows();
        let object = |row: &Row| row.node().map(|node| cluster.store.reference(node));
        let marked = |row: &Row| object(row).is_some_and(|id| self.marks.contains(id));
        let from = rows[..self.at].iter().rposition(marked).unwrap_or(self.at);
        let range: Vec<_> = rows[from..=self.at.min(rows.len().saturating_sub(1))].iter().filter_map(object).cloned().collect();
        self.marks.extend(range);
    }

    /// Marks what the filter found; without one that would be the cluster.
    fn mark_all(&mut self, cx: &mut Cx) {
        let cluster = cx.state.cluster();
        if cluster.tree.matches.filter().is_none() {
            return cx.say("filter first (/): everything that matches is marked");
        }
        let is_there = |node: &NodeId| cluster.store.object(*node).is_some();
        let found: Vec<_> = cluster.tree.matches.bits().iter().filter(is_there).collect();
        self.marks.extend(found.into_iter().map(|node| cluster.store.reference(node).clone()));
    }
}

/// The row of an object at its home.
fn home(cluster: &Cluster, object: ObjectRef) -> RowId {
    let (store, forest) = (&cluster.store, &cluster.forest);
    let parent = store.find(&object).and_then(|node| forest.parent(node)).map(|parent| store.reference(parent).clone());
    RowId::Object { parent, object }
}

impl View for TreeView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Nothing
    }

    fn title(&self, state: &State) -> String {
        let cluster = state.cluster();
        let mut title = format!("tree by {}", cluster.forest.root().word());
        if let Some(health) = &cluster.tree.health {
            title.push_str(&format!(" · {} only", health.iter().map(|health| health.slug()).collect::<Vec<_>>().join(", ")));
        }
        if cluster.tree.drifted {
            title.push_str(&format!(" · {}", cluster.drifts.summary()));
        }
        match cluster.tree.sort.by {
            SortBy::Name => title.push_str(" · by name"),
            SortBy::State => {}
            SortBy::Age => title.push_str(" · latest change first"),
        }
        title
    }

    fn count(&self, state: &State) -> String {
        let cluster = state.cluster();
        let total = counted(cluster.forest.total().total(), "object");
        let marks = if self.marks.is_empty() { String::new() } else { format!("{} marked · ", self.marks.len()) };
        if cluster.tree.matches.filter().is_none() {
            return format!("{marks}{total}");
        }
        format!("{marks}{} of {total}", cluster.tree.matches.bits().count())
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let store = &state.cluster().store;
        if !self.marks.is_empty() && self.epoch == state.cluster().epoch {
            return self.marks.iter().filter(|id| store.find(id).is_some()).cloned().collect();
        }
        // an identity, not a row: rows may have moved since the last frame; what a filter has taken away is not selected
        let rows = &state.cluster().tree.rows;
        let shown =
            self.cursor.as_ref().filter(|id| rows.id(store, self.at).as_ref() == Some(id) || rows.position(store, id).is_some());
        shown.and_then(RowId::object).filter(|id| store.find(id).is_some()).cloned().into_iter().collect()
    }

    fn hidden(&self, state: &State) -> Vec<ObjectRef> {
        let cluster = state.cluster();
        let shown: BTreeSet<_> =
            cluster.tree.rows.rows().iter().filter_map(|row| row.node().map(|node| cluster.store.reference(node))).collect();
        self.marks.iter().filter(|id| cluster.store.find(id).is_some() && !shown.contains(id)).cloned().collect()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let page = self.height.saturating_sub(1).max(1);
        self.is_settled = true;
        match gesture {
            Gesture::Down => self.go(self.at + 1, cx.state),
            Gesture::Up => self.go(self.at.saturating_sub(1), cx.state),
            Gesture::PageDown => self.go(self.at + page, cx.state),
            Gesture::PageUp => self.go(self.at.saturating_sub(page), cx.state),
            Gesture::Top => self.go(0, cx.state),
            Gesture::Bottom => self.go(usize::MAX, cx.state),
            Gesture::Left => self.left(cx),
            Gesture::Right => self.right(cx),
            Gesture::Open => self.open_row(cx),
            Gesture::UnfoldBelow => {
                if let Some(object) = self.object(cx.state) {
                    cx.intend(Intent::Show(Show::Unfold(object)));
                }
            }
            Gesture::FoldAll | Gesture::UnfoldAll => {
                cx.intend(Intent::Show(Show::FoldAll(gesture == Gesture::UnfoldAll)));
            }
            Gesture::Parent => {
                if let Some(parent) = self.node(cx.state).and_then(|node| cx.state.cluster().forest.parent(node)) {
                    self.jump(parent, cx);
                }
            }
            Gesture::Source => self.jump_along(&[Relation::Source, Relation::Chart], cx),
            Gesture::Dependants => self.dependants(cx),
            Gesture::NextFailure | Gesture::PreviousFailure => self.step_to_failure(gesture == Gesture::NextFailure, cx),
            Gesture::Mark => self.mark(cx),
            Gesture::MarkRange => self.mark_range(cx),
            Gesture::MarkAll => self.mark_all(cx),
            Gesture::ClearMarks => self.marks.clear(),
            Gesture::SortName => Self::sort(SortBy::Name, cx),
            Gesture::SortState => Self::sort(SortBy::State, cx),
            Gesture::SortAge => Self::sort(SortBy::Age, cx),
            Gesture::Copy | Gesture::CopyNamespace => copy(gesture, &self.selection(cx.state), cx),
            Gesture::Back if cx.state.cluster().tree.drifted => cx.intend(Intent::Show(Show::Drifted(false))),
            Gesture::Back if cx.state.cluster().tree.health.is_some() => cx.intend(Intent::Show(Show::Health(None))),
            _ => return false,
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        if gesture != Gesture::Open {
            return Some(word);
        }
        let row = self.row(state)?;
        Some(match (row.via, row.node(), row.fold) {
            (Some(_), ..) => "jump",
            (None, None, Fold::Open) => "fold",
            (None, None, _) => "unfold",
            _ => word,
        })
    }

    fn filter(&self, state: &State) -> String {
        state.cluster().tree.text.clone()
    }

    fn set_filter(&mut self, text: &str, cx: &mut Cx) -> Result<(), String> {
        Query::parse(text)?;
        self.seeks = !text.is_empty();
        // other rows, other columns
        self.seen = Seen::default();
        self.measured = None;
        self.is_settled = true;
        if text.is_empty()
            && let Some(object) = self.object(cx.state)
        {
            // what was found stays in sight when the filter goes
            cx.intend(Intent::Show(Show::Reveal(object)));
        }
        cx.intend(Intent::Show(Show::Filter(text.to_owned())));
        Ok(())
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        if self.epoch != cluster.epoch {
            self.epoch = cluster.epoch;
            self.marks.clear();
            self.is_settled = false;
        }
        if let Some((count, object)) = cluster.tree.sought.as_ref().filter(|(count, _)| *count != self.sought) {
            (self.sought, self.is_settled) = (*count, true);
            self.cursor = Some(home(cluster, object.clone()));
        }
        if !self.is_settled {
            (self.cursor, self.at, self.offset) = (None, 0, 0);
            self.is_settled = cluster.is_complete();
        }
        let rows = &cluster.tree.rows;
        let before = self.at;
        let found = self.cursor.as_ref().and_then(|id| rows.position(&cluster.store, id));
        self.at = found.unwrap_or(self.at).min(rows.rows().len().saturating_sub(1));
        if self.health != cluster.tree.health {
            self.health.clone_from(&cluster.tree.health);
            self.seeks |= self.health.is_some();
        }
        let is_settled = cluster.tree.matches.is_done(&cluster.store);
        // while a filter is being tested rows are still coming: the cursor's may be among them
        if found.is_none() && is_settled {
            self.cursor = rows.id(&cluster.store, self.at);
        }
        if self.seeks && is_settled {
            self.seek(state);
        }
        // the selected row stays where it is on the screen when rows come and go above it
        self.offset =
            if self.at >= before { self.offset + (self.at - before) } else { self.offset.saturating_sub(before - self.at) };
        self.offset = self.offset.min(rows.rows().len().saturating_sub(self.height));
        self.reveal();
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let node = self.node(state)?;
        Some(sentence::of_object(state, node, state.cluster().shows_drift(node)))
    }

    fn sheet(&self, state: &State) -> Option<Vec<Vec<String>>> {
        let cluster = state.cluster();
        let (store, forest, clock) = (&cluster.store, &cluster.forest, state.person_clock());
        let row = |node| {
            let since = store.object(node).and_then(|object| object.verdict.since.or(object.created));
            vec![
                named(store, forest, node, false),
                word_of(store, forest, node).to_owned(),
                revision_of(store, forest, node),
                since.map(|at| at.to_string()).unwrap_or_default(),
                cluster.message_of(node, &clock),
            ]
        };
        let headings = ["OBJECT", "STATE", "REVISION", "SINCE", "MESSAGE"].map(str::to_owned).into();
        let rows = cluster.tree.rows.rows().iter().filter(|row| row.via.is_none()).filter_map(Row::node);
        Some(std::iter::once(headings).chain(rows.map(row)).collect())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        let heading = area;
        let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        self.height = area.height.into();
        self.reveal();
        let rows = scene.state.cluster().tree.rows.rows();
        let last = rows.len().min(self.offset + self.height);
        let progress = Progress::of(scene.state);
        let tree = &scene.state.cluster().tree;
        let now = (
            self.offset,
            rows.len(),
            scene.state.cluster().forest.stamp(),
            tree.sort,
            area,
            tree.drifted || tree.health.is_some(),
        );
        // moving among the same rows changes no width
        if self.measured.replace(now) != Some(now) {
            self.measure(&rows[self.offset.min(last)..last], area, scene, &progress);
        }
        let layout = Widths::of(area.width, scene.state.settings.wide, self.seen, &progress);
        layout.heading(heading, buf, scene);
        if self.offset < last {
            self.paint(&rows[self.offset..last], &ancestors(rows, self.offset), area, buf, scene, &layout);
        } else if scene.state.cluster().tree.drifted {
            let summary = scene.state.cluster().drifts.summary();
            super::placeholder(&summary, "esc shows everything; `:drift` lists what was compared", area, buf, scene);
        } else {
            super::say_why_empty(area, buf, scene);
        }
    }
}

/// Whether the filter leaves a node in the tree: it matches, or something below it does.
fn is_shown(cluster: &Cluster, node: NodeId) -> bool {
    let matches = &cluster.tree.matches;
    let is_below = |found: NodeId| std::iter::successors(Some(found), |at| cluster.forest.parent(*at)).any(|at| at == node);
    matches.filter().is_none() || matches.contains(node) || matches.bits().iter().any(is_below)
}

/// Copies names, or namespaces, of what is selected.
pub(super) fn copy(gesture: Gesture, selected: &[ObjectRef], cx: &mut Cx) {
    let text = |id: &ObjectRef| if gesture == Gesture::Copy { id.name.to_string() } else { id.namespace.to_string() };
    let texts: Vec<_> = selected.iter().map(text).filter(|text| !text.is_empty()).collect();
    if texts.is_empty() {
        return;
    }
    cx.copy(texts.join("\n"), format!("copied {}", texts.join(" ")));
}

#[cfg(test)]
#[path = "../tests/tree.rs"]
mod tests;
