//! Painting the tree: the window of rows, their names, and the columns beside them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

use super::TreeView;
use crate::ui::layer::Scene;
use crate::ui::theme::{Scope as Style_, Theme};
use crate::ui::widgets::cut::keeping;
use crate::ui::widgets::lit;
use crate::ui::widgets::progress::{Note, Progress};
use crate::ui::widgets::sentence::{NARROW, brief};
use fluxdeck_model::domain::ascii;
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::query::Query;
use fluxdeck_model::domain::store::Presence;
use fluxdeck_model::domain::width::{self, fit};
use fluxdeck_model::domain::{Health, NodeId};
use fluxdeck_model::state::projection::{Fold, Heading, Row, RowContent, named, revision_of, word_of};

impl TreeView {
    /// Paints a window of rows below its ancestors: the ancestors are painted out of sight, so that the widget sees a
    /// proper tree.
    pub(super) fn paint(&self, rows: &[Row], above: &[Row], area: Rect, buf: &mut Buffer, scene: &Scene, layout: &Widths) {
        let hidden = u16::try_from(above.len()).unwrap_or(0);
        let mut lines: Vec<_> = above.iter().map(|row| (row.depth, row.fold, Line::default())).collect();
        lines.extend(rows.iter().map(|row| (row.depth, row.fold, self.line(row, scene, layout))));
        let mut state = TreeState::default();
        let mut path = Vec::new();
        let mut rest = lines.into_iter().enumerate().peekable();
        let items = items(&mut rest, 0, &mut path, &mut state);
        let Ok(tree) = Tree::new(&items) else { return };
        let open = scene.theme.sign("▾ ", "v ");
        let closed = scene.theme.sign("▸ ", "> ");
        let tree = tree.node_open_symbol(open).node_closed_symbol(closed).node_no_children_symbol("  ");
        let mut whole = Buffer::empty(Rect::new(0, 0, area.width, area.height + hidden));
        tree.render(whole.area, &mut whole, &mut state);
        for y in 0..area.height {
            for x in 0..area.width {
                buf[(area.x + x, area.y + y)] = whole[(x, y + hidden)].clone();
            }
        }
        if let Some(line) =
            self.at.checked_sub(self.offset).and_then(|line| u16::try_from(line).ok()).filter(|line| *line < area.height)
        {
            scene.theme.select(buf, Rect { y: area.y + line, height: 1, ..area });
        }
    }

    fn line(&self, row: &Row, scene: &Scene, layout: &Widths) -> Line<'static> {
        let cluster = scene.state.cluster();
        let theme = scene.theme;
        let indent = usize::from(row.depth) * 2 + 2;
        // what has no columns beside it has the whole line
        let room = layout.whole().saturating_sub(indent + 1);
        let node = match row.what {
            RowContent::Object(node) => node,
            RowContent::Heading(at) => {
                let (text, style) = match cluster.tree.rows.heading(at) {
                    Heading::Namespace(name) if name.is_empty() => ("cluster-scoped".to_owned(), Style_::Accent),
                    Heading::Namespace(name) => (format!("namespace {name}"), Style_::Accent),
                    Heading::Edges { words, .. } => (format!("{} {words}", theme.sign("→", "->")), Style_::Reference),
                };
                return Line::styled(fit(&text, room).into_owned(), theme.style(style));
            }
        };
        if let Some(via) = row.via {
            let text = format!(
                "{} {} {}",
                theme.sign("→", "->"),
                via.word(),
                named(&cluster.store, &cluster.forest, node, layout.short)
            );
            return Line::styled(fit(&text, room).into_owned(), theme.style(Style_::Reference));
        }
        let revision = revision_of(&cluster.store, &cluster.forest, node);
        let act = layout.progress.line(cluster.store.reference(node), scene);
        // one blank before the next column
        let room = layout.name_of(&revision, act.as_ref()).saturating_sub(indent + 1);
        let lent = layout.lent(&revision, || {
            let whole = self.name(node, row, usize::MAX, scene, layout.short, layout.progress);
            whole.iter().map(|span| width::of(&span.content)).sum::<usize>().saturating_sub(room)
        });
        let room = room + lent;
        let mut spans = self.name(node, row, room, scene, layout.short, layout.progress);
        let used: usize = spans.iter().map(|span| width::of(&span.content)).sum();
        spans.push(Span::raw(" ".repeat((room + 1).saturating_sub(used))));
        spans.extend(layout.columns(node, scene, (&revision, lent), act.as_ref()));
        if row.is_context {
            // the glyph says how it is; all else is about what matches
            spans.iter_mut().skip(1).for_each(|span| span.style = theme.style(Style_::Dim));
        }
        match &cluster.tree.matches.filter().query {
            Some(query) if !row.is_context => Line::from_iter(lit(spans, query, theme)),
            _ => Line::from(spans),
        }
    }

    /// Takes over how much the texts of these rows want.
    pub(super) fn measure(&mut self, rows: &[Row], area: Rect, scene: &Scene, progress: &Progress) {
        let cluster = scene.state.cluster();
        let is_narrowed = cluster.tree.drifted || cluster.tree.health.is_some();
        if (self.seen.width, self.seen.is_narrowed) != (area.width, is_narrowed) {
            self.seen = Seen { width: area.width, is_narrowed, ..Seen::default() };
        }
        for row in rows {
            let Some(node) = row.node().filter(|_| row.via.is_none()) else { continue };
            let spans = self.name(node, row, usize::MAX, scene, is_short(area.width.into()), progress);
            let name = usize::from(row.depth) * 2 + 2 + spans.iter().map(|span| width::of(&span.content)).sum::<usize>();
            let revision = width::of(&revision_of(&cluster.store, &cluster.forest, node));
            self.seen = Seen { name: self.seen.name.max(name), revision: self.seen.revision.max(revision), ..self.seen };
        }
    }

    /// Glyph, name, the pull request that touches it and, on a closed row, what is below.
    fn name(&self, node: NodeId, row: &Row, room: usize, scene: &Scene, short: bool, progress: &Progress) -> Vec<Span<'static>> {
        let cluster = scene.state.cluster();
        let pull = progress.marks(cluster.store.reference(node));
        let theme = scene.theme;
        let health = cluster.forest.health(node);
        let shown = health.unwrap_or(Health::Unknown);
        let below = if row.fold == Fold::Closed { below(cluster.forest.below(node), theme) } else { Vec::new() };
        let marks = pull.as_ref().map_or(0, |mark| width::of(mark) + 1);
        let taken: usize = below.iter().map(|(text, _)| width::of(text) + 1).sum::<usize>() + marks;
        let is_marked = self.marks.contains(cluster.store.reference(node));
        let ready = cluster
            .store
            .object(node)
            .and_then(|object| object.facts.ready)
            .map(|(ready, desired)| format!("  {ready}/{desired}"))
            .unwrap_or_default();
        let legacy = if cluster.store.object(node).is_some_and(|object| object.facts.legacy) { " (legacy)" } else { "" };
        let name = format!("{}{ready}{legacy}", named(&cluster.store, &cluster.forest, node, short));
        let style = match (is_marked, cluster.store.presence(node)) {
            (true, _) => theme.style(Style_::Mark),
            (false, Presence::Present) => theme.style(Style_::Text),
            (false, _) => theme.style(Style_::Dim),
        };
        let name = fit(&name, room.saturating_sub(taken + 2)).into_owned();
        let mut spans = vec![Span::styled(format!("{} ", theme.glyph(shown)), theme.health(shown)), Span::styled(name, style)];
        spans.extend(pull.map(|mark| Span::styled(format!(" {mark}"), theme.style(Style_::Accent))));
        for (text, health) in below {
            spans.push(Span::styled(format!(" {text}"), theme.health(health)));
        }
        spans
    }
}

/// Marks what the filter found: in the parts of the name, which is the second span, and in the cells.
fn lit(spans: Vec<Span<'static>>, query: &Query, theme: &Theme) -> Vec<Span<'static>> {
    let style = theme.style(Style_::Match);
    let one = |(at, span): (usize, Span<'static>)| match (at, query) {
        (1, _) => lit::name(span.into(), query, style).spans,
        (_, Query::Fuzzy(_)) => vec![span],
        _ => lit::cell(span.into(), query, style).spans,
    };
    spans.into_iter().enumerate().flat_map(one).collect()
}

/// The worst states below a closed row and how many: `✗2 ●11`.
fn below(counts: Counts, theme: &Theme) -> Vec<(String, Health)> {
    let present = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
    present.map(|health| (format!("{}{}", theme.glyph(health), counts.of(health)), health)).collect()
}

/// The rows above a row that lead to it, top first.
pub(super) fn ancestors(rows: &[Row], at: usize) -> Vec<Row> {
    let mut found = Vec::new();
    let mut depth = rows.get(at).map_or(0, |row| row.depth);
    for row in rows[..at].iter().rev() {
        if depth == 0 {
            break;
        }
        if row.depth < depth {
            depth = row.depth;
            found.push(*row);
        }
    }
    found.reverse();
    found
}

type Lines<'a, I> = std::iter::Peekable<I>;

/// Builds the widget's items from rows with depths. A closed row gets a child that is never painted, because the widget
/// distinguishes closed rows from leaves by their children.
fn items<I: Iterator<Item = (usize, (u16, Fold, Line<'static>))>>(
    rest: &mut Lines<I>,
    depth: u16,
    path: &mut Vec<usize>,
    state: &mut TreeState<usize>,
) -> Vec<TreeItem<'static, usize>> {
    let mut found = Vec::new();
    while let Some((id, (_, fold, line))) = rest.next_if(|(_, (row, _, _))| *row >= depth) {
        path.push(id);
        let children = match fold {
            Fold::Leaf => Vec::new(),
            Fold::Closed => vec![TreeItem::new_leaf(usize::MAX, "")],
            Fold::Open => {
                state.open(path.clone());
                let mut children = items(rest, depth + 1, path, state);
                if children.is_empty() {
                    // its children are below the window
                    children.push(TreeItem::new_leaf(usize::MAX, ""));
                }
                children
            }
        };
        path.pop();
        if let Ok(item) = TreeItem::new(id, line, children) {
            found.push(item);
        }
    }
    found
}

/// The widest texts of the rows seen so far: columns do not dance while one scrolls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The screen for which that holds, and whether it shows a part of the tree.
    width: u16,
    is_narrowed: bool,
    name: usize,
    revision: usize,
}

/// How wide each column is at this width of the screen.
pub(super) struct Widths<'a> {
    /// What is being done to the rows' objects.
    progress: &'a Progress<'a>,
    name: usize,
    state: usize,
    revision: usize,
    age: usize,
    message: usize,
    /// Short names of kinds.
    short: bool,
}

/// The narrowest and widest name beside other columns, and the same of revisions; each with a blank.
const NAME: (usize, usize) = (36, 112);
const REVISION: (usize, usize) = (9, 25);
/// Columns of a message that says something.
const MESSAGE: usize = 24;
/// Columns of an act on a narrow screen: `handled 12s, reconcile`.
const ACT: usize = 26;

impl<'a> Widths<'a> {
    pub fn of(width: u16, wide: bool, seen: Seen, progress: &'a Progress<'a>) -> Self {
        let width = usize::from(width);
        let revision = (seen.revision + 1).clamp(REVISION.0, REVISION.1);
        if width < usize::from(NARROW) && !wide {
            let revision = if width >= 60 { revision } else { 0 };
            let age = if width >= 40 { 6 } else { 0 };
            let name = width.saturating_sub(revision + age);
            return Self { progress, name, state: 0, revision, age, message: 0, short: true };
        }
        let (state, age) = (12, 7);
        // on a narrow screen a message says more than the end of a revision
        let narrow = width.saturating_sub(NAME.0 + state + age + MESSAGE).max(REVISION.0);
        let revision = if width < usize::from(NARROW) { revision.min(narrow) } else { revision };
        // a quarter for the message, before names are cut
        let most = width.saturating_sub(state + revision + age + (width / 4).max(24)).clamp(NAME.0, NAME.1);
        let name = (seen.name + 1).clamp(NAME.0, most);
        let message = width.saturating_sub(name + state + revision + age);
        Self { progress, name, state, revision, age, message, short: is_short(width) }
    }

    pub fn heading(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let mut text = format!("{:<1$}", "  OBJECT", self.name);
        for (heading, width) in [("STATE", self.state), ("REVISION", self.revision)] {
            text.push_str(&format!("{heading:<width$}").chars().take(width).collect::<String>());
        }
        // for how long it has been in its state; AGE, of tables, is since it was created
        text.push_str(&format!("{:>1$}", "SINCE", self.age.saturating_sub(1)).chars().take(self.age).collect::<String>());
        if self.message > 0 {
            text.push_str("  MESSAGE");
        }
        buf.set_stringn(area.x, area.y, text, area.width.into(), scene.theme.style(Style_::Heading));
    }

    fn whole(&self) -> usize {
        self.name + self.state + self.revision + self.age + self.message
    }

    /// The columns of a row's name: on a narrow screen what the row has no revision for, less what an act on it needs.
    fn name_of(&self, revision: &str, act: Option<&Note>) -> usize {
        match act {
            _ if self.message > 0 || self.revision == 0 => self.name,
            Some(_) => (self.name + self.revision + self.age).saturating_sub(ACT.max(self.revision + self.age)),
            None if revision.is_empty() => self.name + self.revision,
            None => self.name,
        }
    }

    /// How many columns of the revision a longer name takes where there is none, so that names of pods are whole.
    fn lent(&self, revision: &str, missing: impl FnOnce() -> usize) -> usize {
        if self.message > 0 && revision.is_empty() { missing().min(self.revision) } else { 0 }
    }

    /// The cells beside a name, which may have taken some columns of the revision's.
    fn columns(&self, node: NodeId, scene: &Scene, (revision, lent): (&str, usize), act: Option<&Note>) -> Vec<Span<'static>> {
        let cluster = scene.state.cluster();
        let (store, forest, theme) = (&cluster.store, &cluster.forest, scene.theme);
        let mut cells = Cells { spans: Vec::new(), is_ascii: theme.ascii };
        let object = store.object(node);
        let health = forest.health(node).unwrap_or(Health::Unknown);
        if self.state > 0 {
            cells.add(state_word(object, word_of(store, forest, node)).as_ref(), self.state, theme.health(health));
        }
        let age = scene.age(object.and_then(|object| object.verdict.since.or(object.created)));
        let summary = |note: &Note, text: &str| format!("{} {text}", theme.glyph(note.health));
        if self.message == 0 {
            match act {
                // where there is no room for a message, an act is worth more than a revision and an age
                Some(act) if self.revision > 0 => {
                    cells.add(&summary(act, &act.text), ACT.max(self.revision + self.age), theme.health(act.health));
                }
                Some(act) => cells.add(&summary(act, &act.elapsed), self.age, theme.health(act.health)),
                None => {
                    if !revision.is_empty() {
                        cells.add_revision(revision, self.revision, theme);
                    }
                    cells.add(&format!("{age:>0$}", self.age.saturating_sub(1)), self.age, theme.style(Style_::Dim));
                }
            }
            return cells.spans;
        }
        cells.add_revision(revision, self.revision - lent, theme);
        cells.add(&format!("{age:>0$}", self.age - 1), self.age, theme.style(Style_::Dim));
        if let Some(act) = act.filter(|_| !cluster.shows_drift(node)) {
            cells.add(&format!(" {}", summary(act, &act.text)), self.message, theme.health(act.health));
            return cells.spans;
        }
        let style = match health {
            _ if scene.is_overdue(object) => theme.style(Style_::Failed),
            health if health.is_failing() => theme.health(health),
            _ => theme.style(Style_::Dim),
        };
        let message = brief(&cluster.message_of(node, &scene.state.person_clock()));
        cells.add(&format!(" {message}"), self.message, style);
        cells.spans
    }
}

/// Whether kinds have their short names at that width.
fn is_short(width: usize) -> bool {
    width < 150
}

/// The cells of a row, each filled with blanks to its width; the last of them is one.
struct Cells {
    spans: Vec<Span<'static>>,
    is_ascii: bool,
}

impl Cells {
    fn add(&mut self, text: &str, columns: usize, style: Style) {
        let text = if self.is_ascii { ascii::spelled(text) } else { text.into() };
        self.push(&fit(&text, columns.saturating_sub(1)), columns, style);
    }

    /// A revision that does not fit keeps the one that is expected.
    fn add_revision(&mut self, text: &str, columns: usize, theme: &Theme) {
        let text = if self.is_ascii { ascii::spelled(text) } else { text.into() };
        let text = keeping(&text, columns.saturating_sub(1), theme.sign(" ≠", " !="));
        self.push(&text, columns, theme.style(Style_::Text));
    }

    fn push(&mut self, text: &str, columns: usize, style: Style) {
        let pad = columns.saturating_sub(width::of(text));
        self.spans.push(Span::styled(format!("{text}{}", " ".repeat(pad)), style));
    }
}

/// The word of the state; a requested reconciliation shows until the controller has answered.
fn state_word<'a>(object: Option<&fluxdeck_model::domain::Object>, word: &'a str) -> std::borrow::Cow<'a, str> {
    match object {
        Some(object) if object.facts.requested => format!("{word}…").into(),
        _ => word.into(),
    }
}
