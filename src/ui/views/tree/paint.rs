//! Painting the tree: the window of rows, their names, and the columns beside them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

use super::TreeView;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style_;
use crate::ui::widgets::progress::Progress;
use fluxdeck_model::domain::health::Counts;
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
        let progress = Progress::of(scene.state);
        lines.extend(rows.iter().map(|row| (row.depth, row.fold, self.line(row, scene, layout, &progress))));
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
            buf.set_style(Rect { y: area.y + line, height: 1, ..area }, scene.theme.style(Style_::Selection));
        }
    }

    fn line(&self, row: &Row, scene: &Scene, layout: &Widths, progress: &Progress) -> Line<'static> {
        let cluster = scene.state.cluster();
        let theme = scene.theme;
        let indent = usize::from(row.depth) * 2 + 2;
        // one blank before the next column
        let room = layout.name.saturating_sub(indent + 1);
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
        let pull = progress.pull(cluster.store.reference(node));
        let mut spans = self.name(node, row, room, pull, scene, layout);
        let used: usize = spans.iter().map(|span| width::of(&span.content)).sum();
        spans.push(Span::raw(" ".repeat((room + 1).saturating_sub(used))));
        layout.columns(node, scene, progress, &mut spans);
        Line::from(spans)
    }

    /// Glyph, name, the pull request that touches it and, on a closed row, what is below.
    fn name(
        &self,
        node: NodeId,
        row: &Row,
        room: usize,
        pull: Option<String>,
        scene: &Scene,
        layout: &Widths,
    ) -> Vec<Span<'static>> {
        let cluster = scene.state.cluster();
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
        let name = format!("{}{ready}{legacy}", named(&cluster.store, &cluster.forest, node, layout.short));
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

/// The worst states below a closed row and how many: `✗2 ●11`.
fn below(counts: Counts, theme: &crate::ui::theme::Theme) -> Vec<(String, Health)> {
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

/// How wide each column is at this width of the screen.
pub(super) struct Widths {
    name: usize,
    state: usize,
    revision: usize,
    age: usize,
    message: usize,
    /// Short names of kinds.
    short: bool,
}

impl Widths {
    pub fn of(width: u16, wide: bool) -> Self {
        let width = usize::from(width);
        if width < 100 && !wide {
            let revision = if width >= 60 { 22 } else { 0 };
            let age = if width >= 40 { 6 } else { 0 };
            return Self { name: width.saturating_sub(revision + age), state: 0, revision, age, message: 0, short: true };
        }
        let (state, revision, age) = (12, 24, 7);
        let name = (width * 42 / 100).clamp(36, 76);
        Self { name, state, revision, age, message: width.saturating_sub(name + state + revision + age), short: width < 150 }
    }

    pub fn heading(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let mut text = format!("{:<1$}", "  OBJECT", self.name);
        for (heading, width) in [("STATE", self.state), ("REVISION", self.revision)] {
            text.push_str(&format!("{heading:<width$}").chars().take(width).collect::<String>());
        }
        text.push_str(&format!("{:>1$}", "AGE", self.age.saturating_sub(1)).chars().take(self.age).collect::<String>());
        if self.message > 0 {
            text.push_str("  MESSAGE");
        }
        buf.set_stringn(area.x, area.y, text, area.width.into(), scene.theme.style(Style_::Heading));
    }

    fn columns(&self, node: NodeId, scene: &Scene, progress: &Progress, spans: &mut Vec<Span<'static>>) {
        let cluster = scene.state.cluster();
        let (store, forest, theme) = (&cluster.store, &cluster.forest, scene.theme);
        let mut cell = |text: &str, columns: usize, style: Style| {
            let text = fit(text, columns.saturating_sub(1));
            let pad = columns.saturating_sub(width::of(&text));
            spans.push(Span::styled(format!("{text}{}", " ".repeat(pad)), style));
        };
        let object = store.object(node);
        let health = forest.health(node).unwrap_or(Health::Unknown);
        if self.state > 0 {
            cell(state_word(object, word_of(store, forest, node)).as_ref(), self.state, theme.health(health));
        }
        let act = progress.line(store.reference(node), scene);
        let summary = |health: Health, text: &str| format!("{} {text}", theme.glyph(health));
        if self.revision > 0 {
            match act.as_ref().filter(|_| self.message == 0) {
                // where there is no room for a message, an act is worth more than a revision
                Some(act) => cell(&summary(act.health, &act.text), self.revision, theme.health(act.health)),
                None => cell(&revision_of(store, forest, node), self.revision, theme.style(Style_::Text)),
            }
        }
        if self.age > 0 {
            let age = scene.age(object.and_then(|object| object.verdict.since.or(object.created)));
            cell(&format!("{age:>0$}", self.age - 1), self.age, theme.style(Style_::Dim));
        }
        if self.message > 0 {
            if let Some(act) = act.filter(|_| !cluster.shows_drift(node)) {
                return cell(&format!(" {}", summary(act.health, &act.text)), self.message, theme.health(act.health));
            }
            let message = cluster.message_of(node, scene.state.clock);
            let style = match health {
                _ if scene.is_overdue(object) => theme.style(Style_::Failed),
                health if health.is_failing() => theme.health(health),
                _ => theme.style(Style_::Dim),
            };
            cell(&format!(" {message}"), self.message, style);
        }
    }
}

/// The word of the state; a requested reconciliation shows until the controller has answered.
fn state_word<'a>(object: Option<&fluxdeck_model::domain::Object>, word: &'a str) -> std::borrow::Cow<'a, str> {
    match object {
        Some(object) if object.facts.requested => format!("{word}…").into(),
        _ => word.into(),
    }
}
