//! Everything about one object: what the state knows at once, what was fetched below it.
//!
//! ```text
//!  Kustomization flux-system/apps
//!   path          ./flux/apps/production
//!   state         ✗ Failed  HealthCheckFailed
//!   since         4m ago, 2026-01-01 00:06:00 UTC
//!   message       health check failed after 2m: [HelmRelease/web/web status: 'Failed']
//!   applied       main@sha1:3d3b4b7…
//!
//!  Conditions
//!   Ready         False  HealthCheckFailed  4m
//!
//!  Relations
//!   source        ● GitRepository flux-system/fleet
//!   depends on    ● Kustomization flux-system/system
//!
//!  Inventory: 12 objects, found by inventory
//!   Deployment                     3  ✗ 1  ● 2
//!
//!  Set by git at 86058ad, applied by flux-system/apps (o: files)
//!   spec.replicas                  3  flux/apps/production/kustomization.yaml:6 replicas
//! ```

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::events::{NONE, Widths};
use super::origins::place;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::about::About;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::request::{Answer, Request, waiting};
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::width;
use fluxdeck_model::domain::{NodeId, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::Declared;
use fluxdeck_model::insight::drift::Drift;
use fluxdeck_model::state::{Aspect, Details, Events, Manifest, Reply, State, Ticket, drift};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::DETAILS,
    doc: "everything about the object: state, conditions, relations, inventory, spec, history, events",
    scope: KeyScope::Text,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(DetailsView::new(object))),
        _ => Err(Error::usage("details need an object", "move to one and press d")),
    },
};

pub struct DetailsView {
    object: ObjectRef,
    body: Request<Details>,
    /// What git says of it; asked for only where it can be known without fetching.
    declared: Request<Declared>,
    manifest: Option<Manifest>,
    lines: Vec<Styled>,
    built: Option<Built>,
    text: Text,
}

/// For what the lines were made: other ones are needed when any of it changed.
#[derive(PartialEq)]
struct Built {
    stamp: u64,
    width: u16,
    /// The second from which on an age in the lines is wrong.
    until: i64,
    /// There was a connection.
    is_connected: bool,
}

impl DetailsView {
    fn new(object: ObjectRef) -> Self {
        let (body, declared) = (Request::default(), Request::default());
        Self { object, body, declared, manifest: None, lines: Vec::new(), built: None, text: Text::default() }
    }

    /// Makes the lines again if their content has changed.
    fn build(&mut self, width: u16, scene: &Scene) {
        let (cluster, now) = (scene.state.cluster(), scene.state.clock.as_second());
        let stamp = cluster.forest.stamp();
        let is_connected = waiting(scene).is_none();
        let is_like = |built: &Built| (built.stamp, built.width, built.is_connected) == (stamp, width, is_connected);
        let holds = |built: &&Built| is_like(built) && now < built.until;
        let until = match self.built.as_ref().filter(holds) {
            Some(built) => built.until,
            None => {
                let next_change = Cell::new(i64::MAX);
                let inner = Scene { state: scene.state, theme: scene.theme, next_change: &next_change };
                let lines = match cluster.store.find(&self.object) {
                    Some(node) => self.lines_of(node, width.into(), &inner),
                    None => vec![
                        Styled::of(Style::Accent, self.object.to_string()),
                        Styled::of(Style::Text, "it is no longer in the cluster"),
                    ],
                };
                if lines != self.lines {
                    self.lines = lines;
                    self.text.replaced(&self.lines[..]);
                }
                now.saturating_add(next_change.get())
            }
        };
        self.built = Some(Built { stamp, width, until, is_connected });
        scene.next_change.set(scene.next_change.get().min(until - now));
    }

    fn lines_of(&self, node: NodeId, width: usize, scene: &Scene) -> Vec<Styled> {
        let mut about = About::new(scene, node, width);
        about.identity();
        about.state();
        about.revisions();
        about.conditions();
        about.heading("Relations");
        let before = about.lines.len();
        about.relations(|_| true);
        if about.lines.len() == before {
            about.field("", Style::Dim, "none");
        }
        about.inventory();
        match &self.body.answer {
            Answer::Waiting => {
                about.heading("Spec, history, events");
                about.field("", Style::Dim, "fetching…");
                if let Some(why) = waiting(scene) {
                    about.field("", Style::Dim, &format!("there is no connection: {why}"));
                }
            }
            Answer::Failed(error) => {
                about.heading("Spec, history, events");
                about.field("", Style::Error, &error.message);
                about.field("", Style::Dim, &error.hint);
            }
            Answer::Here(details) => body(&mut about, details, width, scene),
        }
        self.git(&mut about, width, scene);
        if let Answer::Here(details) = &self.body.answer {
            events(&mut about, details, width, scene);
        }
        about.lines
    }
}

impl DetailsView {
    /// What git says of it: how it drifted, and who set each field.
    fn git(&self, about: &mut About, width: usize, scene: &Scene) {
        let Some(manifest) = &self.manifest else { return };
        if let Some(found) = scene.state.cluster().drifts.found.get(&self.object) {
            about.heading("Drift");
            differences(about, &found.drift);
        }
        if manifest.object != self.object {
            about.heading("Git");
            about.field("", Style::Dim, &format!("it comes from {}: o shows what git has for that", manifest.object));
            return;
        }
        match &self.declared.answer {
            Answer::Waiting => {}
            Answer::Failed(error) => {
                about.heading("Git");
                about.field("", Style::Dim, &format!("{}: {}", error.message, error.hint));
            }
            Answer::Here(declared) => declarations(about, declared, width),
        }
    }
}

/// The fields that git sets, and where.
fn declarations(about: &mut About, declared: &Declared, width: usize) {
    about.heading(&format!("Set by git at {}, applied by {} (o: files)", declared.at.short(), declared.applied_by));
    let names = declared.fields.iter().map(|field| width::of(&field.path));
    let indent = names.max().unwrap_or(0).clamp(13, (width / 2).clamp(13, 48)) + 3;
    for field in &declared.fields {
        let winner = field.winner();
        let line = Styled::of(Style::Dim, format!(" {}", field.path)).upto(indent).and(Style::Text, &field.value);
        let parts: Vec<_> = field.parts.iter().map(|part| part.what.as_str()).collect();
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" + ")) };
        let line = line
            .and(Style::Reference, format!("  {}", place(winner)))
            .and(Style::Dim, format!(" {}{parts}", winner.layer.word()));
        about.lines.extend(line.wrapped(indent, width));
    }
}

fn differences(about: &mut About, found: &Drift) {
    match found {
        Drift::Missing => about.field("missing", Style::Failed, "git has it, the cluster does not"),
        Drift::Fields(fields) => {
            for field in fields {
                about.field("", Style::Failed, &format!("{}  {}", drift::line(field), place(&field.origin)));
            }
        }
        Drift::None | Drift::Off => {}
    }
}

/// What was fetched: spec, history, annotations.
fn body(about: &mut About, details: &Details, width: usize, scene: &Scene) {
    let column = |names: &mut dyn Iterator<Item = usize>, most: usize| names.max().unwrap_or(0).clamp(13, most) + 3;
    let pairs = |about: &mut About, pairs: &[(String, String)], most: usize| {
        let indent = column(&mut pairs.iter().map(|(name, _)| width::of(name)), most.min(width / 2).max(13));
        for (name, value) in pairs {
            let line = Styled::of(Style::Dim, format!(" {name}")).upto(indent).and(Style::Text, value);
            about.lines.extend(line.wrapped(indent, width));
        }
    };
    if !details.spec.is_empty() {
        about.heading("Spec");
        pairs(about, &details.spec, 40);
    }
    if !details.history.is_empty() {
        about.heading("History");
        let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
        let indent = column(&mut details.history.iter().map(|row| width::of(&cell(row, 1))), 60);
        for row in &details.history {
            let age = scene.age(cell(row, 0).parse().ok());
            let line = Styled::of(Style::Dim, format!(" {age:<8}")).and(Style::Text, cell(row, 1)).upto(8 + indent);
            about
                .lines
                .extend(line.and(Style::Text, cell(row, 2)).and(Style::Dim, format!("  {}", cell(row, 3))).wrapped(9, width));
        }
    }
    if !details.annotations.is_empty() {
        about.heading("Annotations");
        pairs(about, &details.annotations, 56);
    }
}

fn events(about: &mut About, details: &Details, width: usize, scene: &Scene) {
    about.heading("Events");
    let rows = match &details.events {
        Events::Here(rows) if rows.is_empty() => return about.lines.push(Styled::of(Style::Dim, format!(" {NONE}"))),
        Events::Here(rows) => rows,
        Events::Awaited => return about.lines.push(Styled::of(Style::Dim, " fetching…")),
        Events::Failed(error) => {
            let lines_of = Styled::of(Style::Error, format!(" {}", error.message)).and(Style::Dim, format!("  {}", error.hint));
            return about.lines.extend(lines_of.wrapped(1, width));
        }
    };
    let widths = Widths::of(rows, width.saturating_sub(1), false);
    let lines = rows.iter().flat_map(|event| widths.event(event, scene));
    about.lines.extend(lines.map(|line| Styled::of(Style::Text, " ").and_all(&line)));
}

impl View for DetailsView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        format!("describe {}", self.object)
    }

    fn count(&self, _: &State) -> String {
        if self.lines.is_empty() { String::new() } else { self.text.position(&self.lines[..]) }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.body.ask(&self.object, Aspect::Details, cx);
        self.manifest = cx.state.cluster().manifest(&self.object);
        if let Some(manifest) = self.manifest.as_ref().filter(|manifest| manifest.object == self.object) {
            let aspect = Aspect::Declared { applied_by: manifest.applied_by.clone(), fetches: false };
            self.declared.ask(&self.object, aspect, cx);
        }
    }

    fn changed(&mut self, cx: &mut Cx) {
        self.body.renew(&self.object, Aspect::Details, cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.body.close(cx);
        self.declared.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Copy => {
                copy(&self.lines, cx);
                true
            }
            // everything is wrapped anyway
            Gesture::Wrap => true,
            gesture => self.text.gesture(gesture, &self.lines[..]),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.text.search(text, &self.lines[..])
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Details(details) => Some((**details).clone()),
            _ => None,
        };
        let declared = |reply: &Reply| match reply {
            Reply::Declared(declared) => Some((**declared).clone()),
            _ => None,
        };
        if self.body.take(ticket, reply, read) || self.declared.take(ticket, reply, declared) {
            self.built = None;
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        self.build(Text::room(area.width), scene);
        self.text.render(area, buf, scene, &self.lines[..]);
    }
}

#[cfg(test)]
#[path = "tests/details.rs"]
mod tests;
