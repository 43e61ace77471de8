//! Scenes of the demo to choose from.
//!
//! ```text
//!  SCENE       WHAT HAPPENS
//!  bad-commit  a commit by a colleague breaks the web front end: its pods crash
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker, run};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::state::State;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::SCENES,
    doc: "what can happen in the demo",
    scope: KeyScope::Picker,
    make: |_, _| Ok(Box::new(Scenes { picker: Picker::default() })),
};

pub struct Scenes {
    picker: Picker,
}

impl View for Scenes {
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
        "scenes".to_owned()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        if gesture != Gesture::Open {
            return self.picker.gesture(gesture, cx);
        }
        if let Some(name) = self.picker.selected() {
            run("scene", name, cx);
            // where it can be seen
            cx.transit(Transition::Go(Screen::TREE, Subject::Nothing));
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.picker.selected().map(|_| "let it happen"),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        let items = state.settings.scenes.iter().map(|scene| {
            let cells = vec![Styled::of(Style::Key, scene.name), Styled::of(Style::Text, scene.doc)];
            Item { id: scene.name.to_owned(), cells }
        });
        self.picker.fill(items.collect());
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [Column::new("SCENE", 10, 20, 0), Column::new("WHAT HAPPENS", 20, 120, 1)];
        self.picker.render(area, buf, scene, &columns, "scenes happen in the demo only");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::World;
    use fluxdeck_model::state::{self, Beginning, Effect, Settings};

    fn world() -> World {
        let scenes = vec![
            state::Scene { name: "bad-commit", doc: "a commit breaks the web" },
            state::Scene { name: "healed", doc: "and another heals it" },
        ];
        World::with(Beginning { settings: Settings { scenes, ..Settings::default() }, ..Beginning::default() })
    }

    #[test]
    fn the_chosen_scene_happens_where_it_can_be_seen() {
        let mut world = world();
        let mut view = (SPEC.make)(Subject::Nothing, world.state()).expect("a view");
        assert_eq!(
            world.show(&mut *view, 60, 3),
            [" SCENE       WHAT HAPPENS", " bad-commit  a commit breaks the web", " healed      and another heals it"]
        );
        world.act(|cx| view.gesture(Gesture::Down, cx));
        let (effects, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert_eq!(effects, [Effect::Play("healed")]);
        assert_eq!(transitions, [Transition::Go(Screen::TREE, Subject::Nothing)]);
    }

    #[test]
    fn a_scene_that_there_is_not_is_refused_with_those_that_there_are() {
        let mut world = world();
        world.act(|cx| run("scene", "chaos", cx));
        let notice = world.state().notice.as_ref().expect("a notice");
        assert!(notice.text.contains("the demo has no scene `chaos`"), "{notice:?}");

        let mut elsewhere = World::default();
        elsewhere.act(|cx| run("scene", "healed", cx));
        let notice = elsewhere.state().notice.as_ref().expect("a notice");
        assert!(notice.text.contains("scenes happen in the demo only"), "{notice:?}");
    }
}
