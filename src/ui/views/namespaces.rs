//! Namespaces to choose from, with what is in them.
//!
//! ```text
//!    NAME         OBJECTS  STATE
//!  * all              121  ✗ 2 ◐ 1 ● 118          `*`: looked at now
//!    apps              40  ✗ 2 ● 38
//! ▌  flux-system       12  ● 12                   marked with space: ⏎ takes all marked ones
//! ```

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker, run};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::{Health, Str};
use fluxdeck_model::state::{Cluster, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::NAMESPACES,
    doc: "namespaces, with what is in them",
    scope: KeyScope::Picker,
    make: |_, state| {
        let first = state.cluster().namespaces.as_ref().and_then(|some| some.first()).map_or(ALL, |first| first);
        Ok(Box::new(Namespaces { picker: Picker::at(first), stamp: None }))
    },
};

/// The name that means all namespaces: no namespace can have it.
const ALL: &str = "all";

pub struct Namespaces {
    picker: Picker,
    /// What the rows were counted for: counting costs a pass over all objects.
    stamp: Option<(u64, usize)>,
}

/// Objects of the trees by namespace.
fn counts(cluster: &Cluster) -> BTreeMap<&Str, Counts> {
    let (store, forest) = (&cluster.store, &cluster.forest);
    let mut counts: BTreeMap<&Str, Counts> = cluster.known_namespaces.iter().map(|name| (name, Counts::default())).collect();
    for node in store.nodes() {
        let namespace = &store.reference(node).namespace;
        if let Some(health) = forest.health(node).filter(|_| !namespace.is_empty() && forest.contains(node)) {
            *counts.entry(namespace).or_default() += Counts::one(health);
        }
    }
    counts
}

fn item(name: &str, counts: &Counts, is_current: bool, ascii: bool) -> Item {
    let glyph = |health: Health| if ascii { health.ascii() } else { health.glyph() };
    let present = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
    let states = present
        .fold(Styled::default(), |line, health| line.and(health.into(), format!("{} {} ", glyph(health), counts.of(health))));
    let (sign, scope) = if is_current { ("*", Style::Accent) } else { ("", Style::Text) };
    let cells = vec![
        Styled::of(Style::Accent, sign),
        Styled::of(scope, name),
        Styled::of(Style::Text, counts.total().to_string()),
        states,
    ];
    Item { id: name.to_owned(), cells }
}

impl View for Namespaces {
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
        "namespaces".to_owned()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Mark => self.picker.mark(),
            Gesture::ClearMarks => self.picker.marks.clear(),
            Gesture::Open => {
                let marked = self.picker.marks.iter().cloned().collect::<Vec<_>>().join(",");
                let wanted = if marked.is_empty() { self.picker.selected().unwrap_or_default().to_owned() } else { marked };
                if !wanted.is_empty() {
                    run("namespaces", &wanted, cx);
                    cx.transit(Transition::Go(Screen::TREE, Subject::Nothing));
                }
            }
            gesture => return self.picker.gesture(gesture, cx),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.picker.selected().map(|_| "look at"),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        let stamp = (cluster.forest.stamp(), cluster.known_namespaces.len());
        if self.stamp.replace(stamp) == Some(stamp) {
            return;
        }
        let is_current = |name: &Str| cluster.namespaces.as_ref().is_some_and(|some| some.contains(name));
        let all = item(ALL, &cluster.forest.total(), cluster.namespaces.is_none(), state.settings.ascii);
        let each = counts(cluster);
        let each = each.iter().map(|(name, counts)| item(name, counts, is_current(name), state.settings.ascii));
        self.picker.fill(std::iter::once(all).chain(each).collect());
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("", 1, 1, 3),
            Column::new("NAME", 12, 63, 0),
            Column::new("OBJECTS", 7, 8, 2).right(),
            Column::new("STATE", 10, u16::MAX, 1),
        ];
        self.picker.render(area, buf, scene, &columns, "no namespaces are known yet");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::widgets::testing::World;
    use fluxdeck_model::state::{Effect, News};

    fn world() -> World {
        let mut world = World::default();
        for (namespace, suspend) in [("apps", true), ("web", false)] {
            world.put("ks", &json!({"metadata": {"namespace": namespace}, "spec": {"suspend": suspend}}));
        }
        world.news(News::Namespaces(vec!["empty".into()]));
        world
    }

    fn view(world: &World) -> Box<dyn View> {
        (SPEC.make)(Subject::Nothing, world.state()).expect("a view")
    }

    #[test]
    fn each_namespace_shows_what_is_in_it() {
        let mut world = world();
        let mut view = view(&world);
        assert_eq!(
            world.show(&mut *view, 60, 5),
            [
                "    NAME          OBJECTS  STATE",
                " *  all                 2  ‖ 1 ? 1",
                "    apps                1  ‖ 1",
                "    empty               0",
                "    web                 1  ? 1",
            ]
        );
    }

    #[test]
    fn marked_namespaces_are_chosen_together() {
        let mut world = world();
        let mut view = view(&world);
        world.show(&mut *view, 60, 5);
        for gesture in [Gesture::Down, Gesture::Mark, Gesture::Down, Gesture::Down, Gesture::Mark] {
            world.act(|cx| assert!(view.gesture(gesture, cx)));
        }
        assert!(world.show(&mut *view, 60, 5)[2].starts_with('▌'));
        let (effects, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert!(matches!(&effects[..], [Effect::Include { namespaces, .. }] if namespaces.len() == 2), "{effects:?}");
        assert_eq!(transitions, [Transition::Go(Screen::TREE, Subject::Nothing)]);
        let chosen: Vec<_> = world.state().cluster().namespaces.iter().flatten().map(|name| &**name).collect();
        assert_eq!(chosen, ["apps", "web"]);
    }

    #[test]
    fn a_filter_keeps_the_cursor_on_its_row_as_long_as_it_can() {
        let mut world = world();
        let mut view = view(&world);
        world.show(&mut *view, 60, 5);
        world.act(|cx| view.gesture(Gesture::Bottom, cx));
        world.act(|cx| view.set_filter("e", cx).expect("a filter"));
        assert_eq!(view.count(world.state()), "2 of 4");
        world.act(|cx| view.set_filter("", cx).expect("a filter"));
        let (_, _) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert!(world.state().cluster().namespaces.iter().flatten().any(|name| &**name == "web"));
    }

    #[test]
    fn no_size_is_too_small() {
        let mut world = world();
        for (width, height) in [(0, 0), (1, 1), (20, 5)] {
            let mut view = view(&world);
            world.show(&mut *view, width, height);
        }
    }
}
