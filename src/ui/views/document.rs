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
        let mut block: Option<usize> = None;
        let in_block = lines.iter().map(|line| {
            let indent = indent_of(line);
            if block.is_some_and(|parent| indent > parent || line.trim().is_empty()) {
                return true;
            }
            block = opens_block(line).then(|| parent_of(line));
            false
        });
        Self { in_block: in_block.collect(), lines }
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column that the lines of a block scalar must be right of: that of the key, or of the dash where there is no key.
fn parent_of(line: &str) -> usize {
    let mut parent = indent_of(line);
    while let Some(rest) = line[parent..].strip_prefix("- ").filter(|rest| key_end(rest).is_some()) {
        parent = line.len() - rest.trim_start_matches(' ').len();
    }
    parent
}

/// Whether a line ends in `|`, `>`, or one of them with an indentation or chomping sign.
fn opens_block(line: &str) -> bool {
    let last = line.rsplit(' ').next().unwrap_or_default();
    let sign = last.trim_end_matches(|c: char| c == '-' || c == '+' || c.is_ascii_digit());
    matches!(sign, "|" | ">") && last.len() <= 3
}

/// Where the key of a line ends: before a colon that a blank or the end follows, outside quotes.
fn key_end(line: &str) -> Option<usize> {
    let (quote, rest) = match line.chars().next()? {
        quote @ ('"' | '\'') => (Some(quote), &line[1..]),
        '#' | '{' | '[' | '|' | '>' => return None,
        _ => (None, line),
    };
    let end = match quote {
        Some(quote) => rest.find(quote)? + 2,
        None => rest.find(": ").or_else(|| rest.strip_suffix(':').map(str::len))?,
    };
    line[end..].starts_with(':').then_some(end)
}

/// The parts of a line outside block scalars.
fn highlight(line: &str) -> Vec<(usize, Style)> {
    let mut parts = Vec::new();
    let mut at = indent_of(line);
    while let Some(rest) = line[at..].strip_prefix("- ") {
        at = line.len() - rest.trim_start_matches(' ').len();
    }
    parts.push((at, Style::Dim));
    if let Some(end) = key_end(&line[at..]) {
        parts.extend([(at + end, Style::Accent), (at + end + 1, Style::Dim)]);
        at += end + 1;
    }
    let value = line[at..].trim_start();
    let scope = match value.chars().next() {
        Some('#') => Style::Dim,
        Some('"' | '\'') => Style::Header,
        Some('|' | '>' | '&' | '*') => Style::Dim,
        _ if matches!(value, "true" | "false" | "null" | "{}" | "[]") || value.parse::<f64>().is_ok() => Style::Key,
        _ => Style::Text,
    };
    parts.push((line.len(), scope));
    parts
}

impl Source for Yaml {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, at: usize) -> &str {
        &self.lines[at]
    }

    fn parts(&self, at: usize) -> Vec<(usize, Style)> {
        if self.in_block[at] { vec![(self.lines[at].len(), Style::Header)] } else { highlight(&self.lines[at]) }
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
