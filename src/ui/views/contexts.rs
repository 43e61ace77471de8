//! Contexts of the kubeconfig to choose from.
//!
//! ```text
//!    NAME        CLUSTER       USER     NAMESPACE
//!  * prod-eu     prod-eu       ana      default        `*`: the present one
//!    staging-eu  staging-eu    ana
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::{Item, Picker, run};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::state::State;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::CONTEXTS,
    doc: "contexts of the kubeconfig",
    scope: KeyScope::Picker,
    make: |_, state| Ok(Box::new(Contexts { picker: Picker::at(&*state.cluster().context) })),
};

pub struct Contexts {
    picker: Picker,
}

impl View for Contexts {
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
        "contexts".to_owned()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        if gesture != Gesture::Open {
            return self.picker.gesture(gesture, cx);
        }
        if let Some(name) = self.picker.selected() {
            run("contexts", name, cx);
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.picker.selected().map(|_| "switch"),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        let current = &state.cluster().context;
        let items = state.contexts.iter().map(|context| {
            let (sign, scope) = if context.name == *current { ("*", Style::Accent) } else { ("", Style::Text) };
            let plain = |text: &str| Styled::of(Style::Text, text);
            let cells = vec![
                Styled::of(Style::Accent, sign),
                Styled::of(scope, &context.name),
                plain(&context.cluster),
                plain(&context.user),
                plain(context.namespace.as_deref().unwrap_or_default()),
            ];
            Item { id: context.name.clone(), cells }
        });
        self.picker.fill(items.collect());
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("", 1, 1, 3),
            Column::new("NAME", 12, 80, 0).keeping(Keep::Ends),
            Column::new("CLUSTER", 8, 50, 1).keeping(Keep::Ends),
            Column::new("USER", 6, 40, 2),
            Column::new("NAMESPACE", 9, 30, 3),
        ];
        self.picker.render(area, buf, scene, &columns, "the kubeconfig has no contexts");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::World;
    use fluxdeck_model::commands::Transition;
    use fluxdeck_model::domain::Context;
    use fluxdeck_model::state::{Effect, News};

    fn world() -> World {
        let mut world = World::default();
        let context = |name: &str| Context {
            name: name.to_owned(),
            cluster: format!("{name}-eu"),
            user: "ana".to_owned(),
            namespace: None,
        };
        let all = ["prod", "staging"].map(context).to_vec();
        world.news(News::Contexts { all, current: "staging".to_owned() });
        world
    }

    fn view(world: &World) -> Box<dyn View> {
        (SPEC.make)(Subject::Nothing, world.state()).expect("a view")
    }

    #[test]
    fn the_present_context_is_marked_and_another_is_chosen() {
        let mut world = world();
        let mut view = view(&world);
        assert_eq!(
            world.show(&mut *view, 60, 4),
            [
                "    NAME          CLUSTER     USER    NAMESPACE",
                "    prod          prod-eu     ana",
                " *  staging       staging-eu  ana",
                ""
            ]
        );
        world.act(|cx| view.gesture(Gesture::Up, cx));
        let (effects, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert!(matches!(&effects[..], [Effect::Connect { context, .. }] if context == "prod"), "{effects:?}");
        assert_eq!(transitions, [Transition::Go(Screen::TREE, Subject::Nothing)]);
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
