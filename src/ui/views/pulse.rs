//! The cluster at a glance: what is broken, and how many objects of which kind are in which state.
//!
//! ```text
//!  WHAT                          STATE              SINCE  WHY
//!  ✗ hr web/web                  Failed                4m  upgrade retries exhausted: po web/web-7d9c54: exit 1, 7 restarts
//!  GitRepository              2  ● 2
//!  Kustomization             24  ✗ 1 ‖ 1 ● 22
//! ```
//! Of what fails because of something below it only the cause is a row. ⏎ opens the object, or the table of the kind.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker};
use crate::ui::widgets::sentence::{self, brief};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{GroupKind, Health, NodeId, ObjectRef, Str, duration};
use fluxdeck_model::kinds;
use fluxdeck_model::state::projection::{message_at, named, word_of};
use fluxdeck_model::state::{Cluster, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::PULSE,
    doc: "kinds with their states, and what is broken",
    scope: KeyScope::Picker,
    make: |_, _| Ok(Box::<Pulse>::default()),
};

#[derive(Default)]
pub struct Pulse {
    picker: Picker,
    /// What each row opens.
    rows: BTreeMap<String, Target>,
    /// For what they were counted: counting costs a pass over all objects.
    stamp: Option<(u64, Option<std::collections::BTreeSet<Str>>, i64)>,
}

#[derive(Clone, Debug)]
enum Target {
    Object(ObjectRef),
    Kind(GroupKind),
}

/// Whether an object is in the namespaces that are looked at.
fn is_looked_at(cluster: &Cluster, node: NodeId) -> bool {
    let namespace = &cluster.store.reference(node).namespace;
    cluster.namespaces.as_ref().is_none_or(|some| some.contains(namespace))
}

/// What fails for a reason of its own, the worst first.
fn broken(cluster: &Cluster) -> Vec<NodeId> {
    let (store, forest) = (&cluster.store, &cluster.forest);
    let fails = |node: &NodeId| forest.health(*node).is_some_and(Health::is_failing);
    let nodes = store.nodes().filter(|node| forest.contains(*node) && fails(node) && is_looked_at(cluster, *node));
    // what fails below it has a row of its own
    let mut found: Vec<_> = nodes.filter(|node| !forest.below(*node).worst().is_some_and(Health::is_failing)).collect();
    found.sort_by_key(|node| (forest.health(*node), store.reference(*node).clone()));
    found
}

/// How many objects of the trees are in which state, by kind, in the order of kinds.
fn counts(cluster: &Cluster) -> Vec<(GroupKind, Counts)> {
    let (store, forest) = (&cluster.store, &cluster.forest);
    let mut found: BTreeMap<GroupKind, Counts> = BTreeMap::new();
    for node in store.nodes().filter(|node| forest.contains(*node) && is_looked_at(cluster, *node)) {
        if let Some(health) = forest.health(node) {
            *found.entry(store.reference(node).gk.clone()).or_default() += Counts::one(health);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(gk, _)| kinds::rank(kinds::of(gk)));
    found
}

fn of_object(state: &State, node: NodeId) -> Item {
    let cluster = state.cluster();
    let (store, forest) = (&cluster.store, &cluster.forest);
    let health = forest.health(node).unwrap_or(Health::Unknown);
    let glyph = if state.settings.ascii { health.ascii() } else { health.glyph() };
    let since = store.object(node).and_then(|object| object.verdict.since.or(object.created));
    let since = since.map_or_else(String::new, |at| duration::age((state.clock.as_second() - at.as_second()).max(0)).0);
    let cells = vec![
        Styled::of(health.into(), format!("{glyph} {}", named(store, forest, node, true))),
        Styled::of(health.into(), word_of(store, forest, node)),
        Styled::of(Style::Dim, since),
        Styled::of(health.into(), brief(&message_at(store, forest, node, &state.person_clock()))),
    ];
    Item { id: store.reference(node).to_string(), cells }
}

fn of_kind(gk: &GroupKind, counts: &Counts, ascii: bool) -> Item {
    let glyph = |health: Health| if ascii { health.ascii() } else { health.glyph() };
    let present = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
    let states = present
        .fold(Styled::default(), |line, health| line.and(health.into(), format!("{} {} ", glyph(health), counts.of(health))));
    let name = Styled::of(Style::Text, &gk.kind).and(Style::Dim, format!("  {}", counts.total()));
    Item { id: gk.to_string(), cells: vec![name, states, Styled::default(), Styled::default()] }
}

impl View for Pulse {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn picker(&self) -> Option<&Picker> {
        Some(&self.picker)
    }

    fn picker_mut(&mut self) -> Option<&mut Picker> {
        Some(&mut self.picker)
    }

    fn target(&self) -> Subject {
        Subject::Nothing
    }

    fn title(&self, _: &State) -> String {
        match self.rows.values().filter(|row| matches!(row, Target::Object(_))).count() {
            0 => "pulse: nothing is broken".to_owned(),
            count => format!("pulse: {} broken", counted(count, "object")),
        }
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        if gesture != Gesture::Open {
            return self.picker.gesture(gesture, cx);
        }
        match self.picker.selected().and_then(|id| self.rows.get(id)).cloned() {
            Some(Target::Object(object)) => cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object))),
            Some(Target::Kind(gk)) => cx.transit(Transition::Go(commands::table_of(&gk, cx.state), Subject::Kind(gk))),
            None => {}
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.picker.selected().map(|_| word),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        // what is said of times is a minute old at most
        let stamp = (cluster.forest.stamp(), cluster.namespaces.clone(), state.clock.as_second() / 60);
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        self.stamp = Some(stamp);
        let (broken, counts) = (broken(cluster), counts(cluster));
        let object = |node: &NodeId| cluster.store.reference(*node).clone();
        let items = broken.iter().map(|node| of_object(state, *node));
        let items: Vec<_> = items.chain(counts.iter().map(|(gk, counts)| of_kind(gk, counts, state.settings.ascii))).collect();
        let objects = broken.iter().map(|node| (object(node).to_string(), Target::Object(object(node))));
        self.rows = objects.chain(counts.iter().map(|(gk, _)| (gk.to_string(), Target::Kind(gk.clone())))).collect();
        self.picker.fill(items);
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let Target::Object(object) = self.rows.get(self.picker.selected()?)? else { return None };
        Some(sentence::of_object(state, state.cluster().store.find(object)?, false))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("WHAT", 24, 64, 0),
            Column::new("STATE", 12, 40, 1),
            Column::new("SINCE", 5, 7, 3).right(),
            Column::new("WHY", 16, u16::MAX, 2),
        ];
        if self.rows.is_empty() && self.picker.filter().is_empty() {
            return super::say_why_empty(area, buf, scene);
        }
        self.picker.render(area, buf, scene, &columns, "nothing is here");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::widgets::testing::World;

    fn world() -> World {
        let mut world = World::default();
        let failed = json!({"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no such file",
            "lastTransitionTime": "2026-01-01T00:06:00Z"}]});
        world.put("ks", &json!({"status": failed}));
        world.put("ks", &json!({"metadata": {"name": "batch", "namespace": "jobs"}, "spec": {"suspend": true}}));
        world
    }

    #[test]
    fn what_is_broken_comes_before_the_kinds_with_their_states() {
        let mut world = world();
        let mut view = Pulse::default();
        assert_eq!(
            world.show(&mut view, 80, 4),
            [
                " WHAT                      STATE         SINCE  WHY",
                " ✗ ks apps/web             Failed           4m  no such file",
                " Kustomization  2          ✗ 1 ‖ 1",
                "",
            ]
        );
        assert_eq!(view.title(world.state()), "pulse: 1 object broken");
        let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert!(
            matches!(&opened[..], [Transition::Open(Screen::DETAILS, Subject::Object(object))] if &*object.name == "web"),
            "{opened:?}"
        );
        world.act(|cx| view.gesture(Gesture::Down, cx));
        let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert!(
            matches!(&opened[..], [Transition::Go(Screen::OBJECTS, Subject::Kind(gk))] if &*gk.kind == "Kustomization"),
            "{opened:?}"
        );
    }

    #[test]
    fn it_is_about_the_namespaces_that_are_looked_at() {
        let mut world = world();
        let mut view = Pulse::default();
        world.act(|cx| cx.intend(fluxdeck_model::state::Intent::Namespaces(Some(["jobs".into()].into()))));
        assert!(world.show(&mut view, 80, 4).iter().any(|line| line.ends_with("‖ 1")));
        assert_eq!(view.title(world.state()), "pulse: nothing is broken");
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(0, 0), (1, 1), (20, 5)] {
            world().show(&mut Pulse::default(), width, height);
        }
    }
}
