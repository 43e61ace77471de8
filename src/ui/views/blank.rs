//! A blank page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use fluxdeck_model::commands::{Cx, Gesture, Scope, Screen, Target};
use fluxdeck_model::state::State;

pub const SPEC: ViewSpec =
    ViewSpec { screen: Screen::new("blank"), doc: "nothing", scope: Scope::Text, make: |_, _| Ok(Box::new(Blank)) };

struct Blank;

impl View for Blank {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Target {
        Target::Nothing
    }

    fn title(&self, _: &State) -> String {
        "blank".to_owned()
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn render(&mut self, _: Rect, _: &mut Buffer, _: &Scene) {}
}
