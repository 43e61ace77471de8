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
use super::timeline::{happened, message_of};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::about::{About, Sections};
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, Request, waiting};
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::width;
use fluxdeck_model::domain::{NodeId, ObjectRef, revision};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::Declared;
use fluxdeck_model::insight::drift::Drift;
use fluxdeck_model::state::{Aspect, Details, Events, Manifest, Reply, State, Ticket, drift};

/// Changes of its state that are listed.
const MOST_SEEN: usize = 5;

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
    /// It was among what is followed: if it is not now, it is gone.
    was_followed: bool,
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
        let (manifest, was_followed, lines, built) = Default::default();
        Self { object, body, declared, manifest, was_followed, lines, built, text: Text::default() }
    }

    /// Makes the lines again if their content has changed.
    fn build(&mut self, width: u16, scene: &Scene) {
        let (cluster, now) = (scene.state.cluster(), scene.state.clock.as_second());
        let stamp = cluster.forest.stamp() + cluster.pulls.stamp;
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
                    None if !self.was_followed => self.lines_of_unfollowed(width.into(), &inner),
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
        about.pulls();
        about.revisions();
        about.conditions();
        about.sections.heading("Relations");
        let before = about.sections.lines.len();
        about.relations(|_| true);
        if about.sections.lines.len() == before {
            about.sections.field("", Style::Dim, "none");
        }
        about.inventory();
        match &self.body.answer {
            Answer::Waiting => {
                about.sections.heading("Spec, history, events");
                about.sections.field("", Style::Dim, "fetching…");
                if let Some(why) = waiting(scene) {
                    about.sections.field("", Style::Dim, &format!("there is no connection: {why}"));
                }
            }
            Answer::Failed(error) => {
                about.sections.heading("Spec, history, events");
                about.sections.field("", Style::Error, &error.message);
                about.sections.field("", Style::Dim, &error.hint);
            }
            Answer::Here(details) => body(&mut about.sections, details, width, scene),
        }
        self.git(&mut about, width, scene);
        seen(&mut about.sections, &self.object, width, scene);
        if let Answer::Here(details) = &self.body.answer {
            events(&mut about.sections, details, width, scene);
        }
        about.sections.lines
    }

    /// What is not followed is what was fetched of it.
    fn lines_of_unfollowed(&self, width: usize, scene: &Scene) -> Vec<Styled> {
        let mut sections = Sections::new(width);
        sections.lines.extend(Styled::of(Style::Accent, self.object.to_string()).wrapped(1, width));
        match &self.body.answer {
            Answer::Waiting => sections.field("", Style::Dim, waiting(scene).unwrap_or("fetching…")),
            Answer::Failed(error) => {
                sections.field("", Style::Error, &error.message);
                sections.field("", Style::Dim, &error.hint);
            }
            Answer::Here(details) => {
                if !details.status.is_empty() {
                    sections.heading("Status");
                    pairs(&mut sections, &details.status, 40, width);
                }
                body(&mut sections, details, width, scene);
                events(&mut sections, details, width, scene);
            }
        }
        sections.lines
    }
}

impl DetailsView {
    /// What git says of it: how it drifted, and who set each field.
    fn git(&self, about: &mut About, width: usize, scene: &Scene) {
        let Some(manifest) = &self.manifest else { return };
        if let Some(found) = scene.state.cluster().drifts.found.get(&self.object) {
            about.sections.heading("Drift");
            differences(&mut about.sections, &found.drift);
        }
        if manifest.object != self.object {
            about.sections.heading("Git");
            about.sections.field("", Style::Dim, &format!("it comes from {}: o shows what git has for that", manifest.object));
            return;
        }
        match &self.declared.answer {
            Answer::Waiting => {}
            Answer::Failed(error) => {
                about.sections.heading("Git");
                about.sections.field("", Style::Dim, &format!("{}: {}", error.message, error.hint));
            }
            Answer::Here(declared) => declarations(&mut about.sections, declared, width),
        }
    }
}

/// The fields that git sets, and where.
fn declarations(sections: &mut Sections, declared: &Declared, width: usize) {
    sections.heading(&format!("Set by git at {}, applied by {} (o: files)", declared.at.short(), declared.applied_by));
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
        sections.lines.extend(line.wrapped(indent, width));
    }
}

fn differences(sections: &mut Sections, found: &Drift) {
    match found {
        Drift::Missing => sections.field("missing", Style::Failed, "git has it, the cluster does not"),
        Drift::Fields(fields) => {
            for field in fields {
                sections.field("", Style::Failed, &format!("{}  {}", drift::line(field), place(&field.origin)));
            }
        }
        Drift::None | Drift::Off => {}
    }
}

/// The columns that names take, and two blanks.
fn label_width(names: impl Iterator<Item = usize>, most: usize) -> usize {
    names.max().unwrap_or(0).clamp(13, most) + 3
}

/// Names, and values beside them.
fn pairs(sections: &mut Sections, pairs: &[(String, String)], most: usize, width: usize) {
    let indent = label_width(pairs.iter().map(|(name, _)| width::of(name)), most.min(width / 2).max(13));
    for (name, value) in pairs {
        let line = Styled::of(Style::Dim, format!(" {name}")).upto(indent).and(Style::Text, value);
        sections.lines.extend(line.wrapped(indent, width));
    }
}

/// What was fetched: containers and other parts, spec, history, annotations.
fn body(sections: &mut Sections, details: &Details, width: usize, scene: &Scene) {
    for part in &details.parts {
        sections.heading(part.heading);
        pairs(sections, &part.lines, 28, width);
    }
    if !details.spec.is_empty() {
        sections.heading("Spec");
        pairs(sections, &details.spec, 40, width);
    }
    if !details.history.is_empty() {
        sections.heading("History");
        let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
        let indent = label_width(details.history.iter().map(|row| width::of(&cell(row, 1))), 60);
        for row in &details.history {
            let age = scene.age(cell(row, 0).parse().ok());
            let line = Styled::of(Style::Dim, format!(" {age:<8}")).and(Style::Text, cell(row, 1)).upto(8 + indent);
            sections
                .lines
                .extend(line.and(Style::Text, cell(row, 2)).and(Style::Dim, format!("  {}", cell(row, 3))).wrapped(9, width));
        }
    }
    if !details.annotations.is_empty() {
        sections.heading("Annotations");
        pairs(sections, &details.annotations, 56, width);
    }
}

/// What this session saw of it, the latest first; nothing where that is nothing.
fn seen(sections: &mut Sections, object: &ObjectRef, width: usize, scene: &Scene) {
    let all = scene.state.cluster().timeline.entries().rev().filter(|shift| shift.object == *object);
    let mut shifts: Vec<_> = all.take(MOST_SEEN + 1).collect();
    if shifts.is_empty() {
        return;
    }
    let has_more = shifts.len() > MOST_SEEN;
    shifts.truncate(MOST_SEEN);
    sections.heading("Seen in this session (t: with what is below)");
    for shift in shifts {
        let age = Styled::of(Style::Dim, format!(" {:<8}", scene.age(Some(shift.at)))).and_all(&happened(shift, scene));
        let revision = shift.revision().map(|text| format!("  {}", revision::short(text))).unwrap_or_default();
        let line = age.and(Style::Text, revision).and(Style::Dim, format!("  {}", message_of(shift)));
        sections.lines.extend(line.wrapped(11, width));
    }
    if has_more {
        sections.lines.push(Styled::of(Style::Dim, " and earlier ones"));
    }
}

fn events(sections: &mut Sections, details: &Details, width: usize, scene: &Scene) {
    sections.heading("Events");
    let rows = match &details.events {
        Events::Here(rows) if rows.is_empty() => return sections.lines.push(Styled::of(Style::Dim, format!(" {NONE}"))),
        Events::Here(rows) => rows,
        Events::Awaited => return sections.lines.push(Styled::of(Style::Dim, " fetching…")),
        Events::Failed(error) => {
            let lines_of = Styled::of(Style::Error, format!(" {}", error.message)).and(Style::Dim, format!("  {}", error.hint));
            return sections.lines.extend(lines_of.wrapped(1, width));
        }
    };
    let widths = Widths::of(rows, width.saturating_sub(1));
    let lines = rows.iter().flat_map(|event| widths.event(event, scene));
    sections.lines.extend(lines.map(|line| Styled::of(Style::Text, " ").and_all(&line)));
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
        self.was_followed = cx.state.cluster().store.find(&self.object).is_some();
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
        self.text.gesture_wrapped(gesture, &self.lines, &self.object, cx)
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        Some(Text::word_wrapped(gesture, word))
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
