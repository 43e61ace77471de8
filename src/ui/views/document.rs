//! An object as YAML, fetched when it is opened.
//!
//! ```text
//!  apiVersion: kustomize.toolkit.fluxcd.io/v1
//!  kind: Kustomization
//!  metadata:
//!    name: apps
//!  spec:
//!    interval: 10m                          match 2/5 · 38/112
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::request::Request;
use crate::ui::widgets::text::{Source, Text};
use crate::ui::widgets::yaml::{self, Colours};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Aspect, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::YAML,
    doc: "the object as YAML",
    scope: KeyScope::Text,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Document { object, body: Request::default(), text: Text::default() })),
        _ => Err(Error::usage("YAML needs an object", "move to one and press y")),
    },
};

pub struct Document {
    object: ObjectRef,
    body: Request<Yaml>,
    text: Text,
}

/// Lines of YAML, and which of them belong to a block scalar.
struct Yaml {
    lines: Vec<String>,
    in_block: Vec<bool>,
}

impl Yaml {
    fn new(lines: Vec<String>) -> Self {
        let mut colours = Colours::default();
        let in_block = lines.iter().map(|line| colours.is_in_block(line));
        Self { in_block: in_block.collect(), lines }
    }
}

impl Source for Yaml {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, at: usize) -> &str {
        &self.lines[at]
    }

    fn parts(&self, at: usize) -> Vec<(usize, Style)> {
        yaml::parts(&self.lines[at], self.in_block[at])
    }
}

impl View for Document {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        format!("yaml {}", self.object)
    }

    fn count(&self, _: &State) -> String {
        self.body.get().map_or_else(String::new, |yaml| self.text.position(yaml))
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.body.ask(&self.object, Aspect::Yaml, cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        self.body.renew(&self.object, Aspect::Yaml, cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.body.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let Some(yaml) = self.body.get() else { return false };
        if gesture == Gesture::Copy {
            cx.copy(yaml.lines.join("\n"), format!("copied {}", counted(yaml.len(), "line")));
            return true;
        }
        self.text.gesture(gesture, yaml)
    }

    fn filter(&self, _: &State) -> String {
        self.text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.body.get().map_or(Ok(()), |yaml| self.text.search(text, yaml))
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Document(lines) => Some(Yaml::new(lines.clone())),
            _ => None,
        };
        if self.body.take(ticket, reply, read)
            && let Some(yaml) = self.body.get()
        {
            self.text.replaced(yaml);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        match self.body.get() {
            Some(yaml) => self.text.render(area, buf, scene, yaml),
            None => self.body.placeholder(area, buf, scene),
        }
    }
}

#[cfg(test)]
#[path = "tests/document.rs"]
mod tests;
