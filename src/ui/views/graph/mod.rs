//! What depends on what: sources and what is applied from them, in layers from left to right. A line is red where what is needed is not
//! ready.
//!
//! ```text
//!  ● gitrepo flux/fleet ─┬─► ● ks flux/infra ─┬─► ◌ ks flux/apps ───► ◌ ks flux/shop
//!                        ├─► ✗ ks flux/crds  ─╯
//!                        ╰─► ● ks flux/monitoring
//! ```
//! Up and down stay in a layer, left and right follow a line. The screen is a window on the whole; of a large cluster only a part is drawn,
//! and the title says of which. A circle of dependencies is cut, and marked where.

mod paint;

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::tree::copy;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::sentence::{self, short};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::width::{self, Cut};
use fluxdeck_model::domain::{Health, ObjectRef, Str};
use fluxdeck_model::insight::dependencies::{self, Dependencies, GraphLayout, Passage};
use fluxdeck_model::state::State;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::GRAPH,
    doc: "what depends on what, as a picture: what is blocked is red",
    scope: KeyScope::Graph,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Graph::of(Some(object)))),
        _ => Ok(Box::new(Graph::of(None))),
    },
};

/// Objects in one picture: more can neither be read nor laid out between two frames.
const MOST: usize = 600;
/// Columns of a label.
const LABEL: usize = 38;

#[derive(Default)]
struct Graph {
    /// What it is about; none: everything in the namespaces that are looked at.
    of: Option<ObjectRef>,
    cursor: Option<ObjectRef>,
    graph: Dependencies,
    layout: GraphLayout,
    /// By node: its name, cut to the columns of a label, and the mark of a circle.
    labels: Vec<String>,
    /// For what it was gathered.
    stamp: Option<(u64, Option<BTreeSet<Str>>, Option<ObjectRef>)>,
    /// The first column and row on the screen, and the size of that.
    offset: (usize, usize),
    size: (usize, usize),
    /// What is searched for.
    text: String,
}

impl Graph {
    fn of(of: Option<ObjectRef>) -> Self {
        Self { cursor: of.clone(), of, ..Self::default() }
    }

    /// The node under the cursor.
    fn at(&self) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        self.graph.nodes.iter().position(|node| node.object == *cursor)
    }

    fn go(&mut self, to: Option<usize>) {
        if let Some(node) = to.and_then(|to| self.graph.nodes.get(to)) {
            self.cursor = Some(node.object.clone());
            self.reveal();
        }
    }

    /// Scrolls so that the node under the cursor is on the screen.
    fn reveal(&mut self) {
        let Some(at) = self.at() else { return };
        let (spot, label) = (self.layout.spots[at], self.label_width(at));
        let (width, height) = (self.size.0.max(1), self.size.1.max(1));
        let (x, y) = self.offset;
        // of a name that is wider than the screen its beginning is seen
        let reach = |at: usize, end: usize, screen: usize| (end.saturating_sub(screen).min(at), at);
        let (left, right) = reach(spot.x, spot.x + label + 2, width);
        let (top, bottom) = reach(spot.y, spot.y + 1, height);
        let x = if self.layout.width <= width { 0 } else { x.clamp(left, right) };
        let y = if self.layout.height <= height { 0 } else { y.clamp(top, bottom) };
        self.offset = (x, y);
    }

    /// The columns of a node: its sign, a blank, its name.
    fn label_width(&self, at: usize) -> usize {
        width::of(&self.labels[at]) + 2
    }

    /// Nodes in reading order.
    fn reading_order(&self) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.graph.nodes.len()).collect();
        order.sort_by_key(|at| (self.layout.spots[*at].y, self.layout.spots[*at].x));
        order
    }

    /// Goes that many rows up or down in the layer; where that ends, to the nearest node of another.
    fn step(&mut self, rows: usize, is_down: bool) {
        let Some(at) = self.at() else { return self.go(self.reading_order().first().copied()) };
        let own = self.layout.spots[at];
        let ahead = |other: &usize| match is_down {
            true => self.layout.spots[*other].y > own.y,
            false => self.layout.spots[*other].y < own.y,
        };
        let far = |other: &usize| self.layout.spots[*other].y.abs_diff(own.y);
        let others: Vec<_> = (0..self.graph.nodes.len()).filter(ahead).collect();
        let same = others.iter().copied().filter(|other| self.layout.spots[*other].layer == own.layer);
        let to = same
            .min_by_key(|other| far(other).abs_diff(rows))
            .or_else(|| others.into_iter().min_by_key(|other| (far(other), self.layout.spots[*other].layer.abs_diff(own.layer))));
        self.go(to);
    }

    /// Follows a line to what is needed, or to what needs this.
    fn follow(&mut self, is_forward: bool, cx: &mut Cx) {
        let Some(at) = self.at() else { return };
        let ends = self.graph.links.iter().filter_map(|link| match is_forward {
            true => (link.from == at).then_some(link.to),
            false => (link.to == at).then_some(link.from),
        });
        let own = self.layout.spots[at];
        let near =
            |other: &usize| (self.layout.spots[*other].y.abs_diff(own.y), self.layout.spots[*other].layer.abs_diff(own.layer));
        match ends.min_by_key(near) {
            Some(to) => self.go(Some(to)),
            None => cx.say(if is_forward { "nothing here needs it" } else { "it needs nothing that is drawn here" }),
        }
    }

    /// The next node for which that holds, or the one before; round the end.
    fn seek(&self, is_forward: bool, is_meant: impl Fn(usize) -> bool) -> Option<usize> {
        let order = self.reading_order();
        let at = self.at().and_then(|at| order.iter().position(|other| *other == at));
        let after = at.map_or(0, |at| at + 1);
        let round = order.iter().cycle().skip(after).take(order.len()).copied();
        let found: Vec<_> = round.filter(|node| is_meant(*node)).collect();
        match is_forward {
            true => found.first().copied(),
            // the last of them is the one under the cursor, if that is meant
            false => found.iter().rev().copied().find(|node| Some(*node) != self.at()).or(found.last().copied()),
        }
    }

    fn matches(&self, node: usize) -> bool {
        let object = &self.graph.nodes[node].object;
        !self.text.is_empty() && short(object).to_lowercase().contains(&self.text.to_lowercase())
    }

    fn search(&mut self, is_forward: bool, cx: &mut Cx) {
        match self.seek(is_forward, |node| self.matches(node)) {
            Some(found) => self.go(Some(found)),
            None => cx.say("no match"),
        }
    }

    fn next_failure(&mut self, is_forward: bool, cx: &mut Cx) {
        let fails = |node: usize| self.graph.nodes[node].health.is_some_and(Health::is_failing);
        match self.seek(is_forward, fails) {
            Some(found) => self.go(Some(found)),
            None => cx.say("nothing fails here"),
        }
    }

    fn gather(&self, state: &State) -> Dependencies {
        let cluster = state.cluster();
        match &self.of {
            Some(object) => match cluster.store.find(object) {
                Some(node) => dependencies::around(&cluster.store, node, MOST),
                None => Dependencies::default(),
            },
            None => {
                let is_looked_at = |node| {
                    let namespace = &cluster.store.reference(node).namespace;
                    cluster.namespaces.as_ref().is_none_or(|some| some.contains(namespace))
                };
                dependencies::all(&cluster.store, &is_looked_at, MOST)
            }
        }
    }
}

impl View for Graph {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        self.of.clone().map_or(Subject::Nothing, Subject::Object)
    }

    fn title(&self, _: &State) -> String {
        let (shown, left) = (self.graph.nodes.len(), self.graph.left_out);
        match (&self.of, left) {
            (None, 0) => "graph".to_owned(),
            (None, _) => format!("graph: {shown} of {}, blocked ones first", counted(shown + left, "object")),
            (Some(object), 0) => format!("graph of {object}"),
            (Some(object), _) => format!("graph: the nearest {shown} of {} of {object}", counted(shown + left, "object")),
        }
    }

    fn count(&self, _: &State) -> String {
        let blocked = self.graph.links.iter().filter(|link| link.passage == Passage::Blocked);
        let blocked: BTreeSet<_> = blocked.map(|link| link.to).collect();
        let objects = counted(self.graph.nodes.len(), "object");
        if blocked.is_empty() { objects } else { format!("{objects} · {} blocked", blocked.len()) }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.cursor.iter().filter(|_| self.at().is_some()).cloned().collect()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let page = self.size.1.saturating_sub(1).max(1);
        match gesture {
            Gesture::Down => self.step(1, true),
            Gesture::Up => self.step(1, false),
            Gesture::PageDown => self.step(page, true),
            Gesture::PageUp => self.step(page, false),
            Gesture::Top => self.go(self.reading_order().first().copied()),
            Gesture::Bottom => self.go(self.reading_order().last().copied()),
            Gesture::Left => self.follow(false, cx),
            Gesture::Right => self.follow(true, cx),
            Gesture::NextMatch => self.search(true, cx),
            Gesture::PreviousMatch => self.search(false, cx),
            Gesture::NextFailure => self.next_failure(true, cx),
            Gesture::PreviousFailure => self.next_failure(false, cx),
            Gesture::Copy => copy(gesture, &self.selection(cx.state), cx),
            Gesture::FoldAll => self.of = self.cursor.clone().filter(|_| self.at().is_some()).or(self.of.take()),
            Gesture::UnfoldAll => self.of = None,
            Gesture::Open => {
                if let Some(object) = self.selection(cx.state).pop() {
                    cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object)));
                }
            }
            _ => return false,
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        let is_of_it = self.of.is_some() && self.of == self.cursor;
        match gesture {
            Gesture::Open | Gesture::Left | Gesture::Right => self.at().map(|_| word),
            Gesture::FoldAll if is_of_it || self.at().is_none() => None,
            Gesture::UnfoldAll if self.of.is_none() => None,
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.text.clone()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        text.clone_into(&mut self.text);
        if self.at().is_none_or(|at| !self.matches(at)) {
            self.go(self.seek(true, |node| self.matches(node)));
        }
        Ok(())
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        let stamp = (cluster.forest.stamp(), cluster.namespaces.clone(), self.of.clone());
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        self.stamp = Some(stamp);
        let graph = self.gather(state);
        let shape = |graph: &Dependencies| {
            let links: Vec<_> = graph.links.iter().map(|link| (link.from, link.to)).collect();
            (graph.nodes.iter().map(|node| node.object.clone()).collect::<Vec<_>>(), links)
        };
        let is_same = shape(&graph) == shape(&self.graph);
        self.graph = graph;
        if !is_same {
            let circles: BTreeSet<_> = self.graph.closing().into_iter().map(|link| self.graph.links[link].to).collect();
            let circle = if state.settings.ascii { " @" } else { " ↻" };
            let label = |(at, node): (usize, &dependencies::GraphNode)| {
                let mark = if circles.contains(&at) { circle } else { "" };
                format!("{}{mark}", width::cut(&short(&node.object), LABEL, Cut::Middle))
            };
            self.labels = self.graph.nodes.iter().enumerate().map(label).collect();
            let widths: Vec<_> = (0..self.labels.len()).map(|at| self.label_width(at)).collect();
            self.layout = GraphLayout::of(&self.graph, &widths);
        }
        if self.at().is_none() {
            let first = self.reading_order().first().copied();
            self.cursor = first.map(|first| self.graph.nodes[first].object.clone());
        }
        self.reveal();
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let node = state.cluster().store.find(self.cursor.as_ref().filter(|_| self.at().is_some())?)?;
        Some(sentence::of_object(state, node, false))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        if self.graph.nodes.is_empty() {
            return match &self.of {
                Some(object) => super::placeholder(&format!("{object} is gone"), "Z shows everything", area, buf, scene),
                None => super::say_why_empty(area, buf, scene),
            };
        }
        let size = (usize::from(area.width.saturating_sub(1)), usize::from(area.height));
        if self.size != size {
            self.size = size;
            self.reveal();
        }
        self.paint(area, buf, scene);
    }
}

#[cfg(test)]
#[path = "../tests/graph.rs"]
mod tests;
