//! What this session saw happen: every change of an object's state or revision that a watch brought, the latest at the bottom; of one
//! object and everything below it, or of all. Nothing is asked of the API server, and nothing is lost when it forgets its events.
//!
//! ```text
//!  timeline ks flux-system/apps and below · following                                                       4 changes
//!  WHEN (UTC)  STATE               OBJECT               REVISION      APPLIED BY           MESSAGE
//!  14:02:11    ● Ready, another …  ks flux-system/apps  main@86058ad  ks flux-system/root  Applied revision: main@86058ad
//!  14:02:13    ◐ Ready → Progress… deploy web/web       main@86058ad  ks flux-system/apps  Deployment does not have minimum …
//!  14:04:13    ✗ Progressing → Fa… deploy web/web       main@86058ad  ks flux-system/apps  Progress deadline exceeded
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::events::{Members, name_of};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::growing::Growing;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep, Row, Rows};
use crate::ui::widgets::request::say;
use crate::ui::widgets::sentence::short;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{Labels, ObjectRef, revision};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::State;
use fluxdeck_model::state::timeline::Shift;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::TIMELINE,
    doc: "every change of state that was seen in this session, with the revision it came with",
    scope: KeyScope::Events,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(TimelineView::of(Some(object)))),
        Subject::Nothing => Ok(Box::new(TimelineView::of(None))),
        _ => Err(Error::usage("a timeline is of an object, or of all", "move to one and press t, or type `:timeline`")),
    },
};

pub struct TimelineView {
    members: Members,
    only_failures: bool,
    typed: String,
    query: Option<Query>,
    /// The numbers of the entries that are shown.
    shown: Vec<usize>,
    /// How many entries there had ever been when they were chosen.
    count: Option<usize>,
    /// Of which connection they are: another context has a timeline of its own.
    of: Option<fluxdeck_model::state::Epoch>,
    growing: Growing<usize>,
}

impl TimelineView {
    fn of(object: Option<ObjectRef>) -> Self {
        Self {
            members: Members::of(object, true),
            only_failures: false,
            typed: String::new(),
            query: None,
            shown: Vec::new(),
            count: None,
            of: None,
            growing: Growing::following(),
        }
    }

    /// Chooses the entries that are shown, if there are others. Costs a look at every entry.
    fn sift(&mut self, state: &State) {
        let (timeline, epoch) = (&state.cluster().timeline, state.cluster().epoch);
        if self.count == Some(timeline.count()) && self.of == Some(epoch) {
            return;
        }
        (self.count, self.of) = (Some(timeline.count()), Some(epoch));
        let mut fuzzy = Fuzzy::default();
        let is_meant = |shift: &&Shift| {
            (shift.is_failing() || !self.only_failures)
                && (self.members.object.is_none() || self.members.contains(&shift.object))
                && self.query.as_ref().is_none_or(|query| is_found(shift, query, &mut fuzzy))
        };
        self.shown = timeline.entries().filter(is_meant).map(|shift| shift.number).collect();
        self.growing.settle(self.shown.len(), |at| self.shown[at]);
    }

    fn selected<'s>(&self, state: &'s State) -> Option<&'s Shift> {
        state.cluster().timeline.get(*self.shown.get(self.growing.at())?)
    }

    fn step_to_failure(&mut self, forward: bool, cx: &mut Cx) {
        let timeline = &cx.state.cluster().timeline;
        let (at, shown) = (self.growing.at(), &self.shown);
        let fails = |at: &usize| timeline.get(shown[*at]).is_some_and(Shift::is_failing);
        let found = match forward {
            true => (at + 1..shown.len()).chain(0..at.min(shown.len())).find(fails),
            false => (0..at.min(shown.len())).rev().chain((at + 1..shown.len()).rev()).find(fails),
        };
        match found {
            Some(at) => self.growing.go(at, shown.len(), |at| shown[at]),
            None => cx.say("nothing else has failed here"),
        }
    }
}

fn is_found(shift: &Shift, query: &Query, fuzzy: &mut Fuzzy) -> bool {
    let object = &shift.object;
    let (cells, name) = match query {
        Query::Fuzzy(_) => (String::new(), object.path()),
        _ => {
            let state = shift.after.as_ref().or(shift.before.as_ref());
            let (reason, message) = state.map_or(("", ""), |state| (&*state.reason, &*state.message));
            let revision = shift.revision().map_or("", |revision| revision);
            let applier = shift.applied_by.as_ref().map(|(applier, _)| applier.to_string()).unwrap_or_default();
            let named = format!("{}\n{}\n{object}\n{}", object.namespace, object.name, short(object));
            (format!("{named}\n{}\n{reason}\n{message}\n{revision}\n{applier}", shift.words()), String::new())
        }
    };
    query.matches(Visible { cells: &cells, name: &name }, &Labels::default(), fuzzy)
}

/// The time of an entry, as `14:02:11`; of another day with that.
fn when(shift: &Shift, scene: &Scene) -> String {
    let is_today = shift.at.strftime("%F").to_string() == scene.state.clock.strftime("%F").to_string();
    shift.at.strftime(if is_today { "%H:%M:%S" } else { "%m-%d %H:%M" }).to_string()
}

/// What happened, with the glyph and the colour of the state that it led to.
pub(super) fn happened(shift: &Shift, scene: &Scene) -> Styled {
    let scope = shift.health().map_or(Style::Dim, Style::from);
    let glyph = shift.health().map_or(' ', |health| scene.theme.glyph(health));
    Styled::of(scope, format!("{glyph} {}", shift.words()))
}

/// The message of the state that it led to; where there is none its reason.
pub(super) fn message_of(shift: &Shift) -> &str {
    let Some(state) = &shift.after else { return "" };
    if state.message.is_empty() { &state.reason } else { &state.message }
}

fn cells(shift: &Shift, scene: &Scene) -> Vec<Line<'static>> {
    let style = |scope| scene.theme.style(scope);
    let applier = shift.applied_by.as_ref().map(|(applier, _)| short(applier)).unwrap_or_default();
    vec![
        Line::styled(when(shift, scene), style(Style::Dim)),
        happened(shift, scene).painted(scene.theme),
        Line::styled(name_of(&shift.object, true), style(Style::Accent)),
        Line::styled(shift.revision().map_or_else(String::new, |text| revision::short(text)), style(Style::Text)),
        Line::styled(applier, style(Style::Dim)),
        Line::raw(message_of(shift).to_owned()),
    ]
}

impl View for TimelineView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        self.members.object.clone().map_or(Subject::Nothing, Subject::Object)
    }

    fn title(&self, _: &State) -> String {
        let of = match &self.members.object {
            Some(object) if self.members.with_below => format!("timeline {object} and below"),
            Some(object) => format!("timeline {object}"),
            None => "timeline of this session".to_owned(),
        };
        format!("{of} · {}", if self.growing.follows { "following" } else { "stopped" })
    }

    fn count(&self, state: &State) -> String {
        let timeline = &state.cluster().timeline;
        let only = if self.only_failures { "failures · " } else { "" };
        let dropped = if timeline.dropped() > 0 { format!("{} older dropped · ", timeline.dropped()) } else { String::new() };
        format!("{only}{dropped}{}", counted(self.shown.len(), "turn"))
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let selected = self.selected(state).map(|shift| shift.object.clone());
        selected.or_else(|| self.members.object.clone()).into_iter().collect()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.members.update(cx.state);
        self.count = None;
        self.sift(cx.state);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Open => {
                if let Some(shift) = self.selected(cx.state) {
                    cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(shift.object.clone())));
                }
            }
            Gesture::Below if self.members.object.is_some() => {
                self.members.with_below = !self.members.with_below;
                self.members.update(cx.state);
                self.count = None;
            }
            Gesture::Below => cx.say("this is of all objects: t in the details of one is of it and what is below"),
            Gesture::Trouble => (self.only_failures, self.count) = (!self.only_failures, None),
            Gesture::FoldAll => return false,
            Gesture::NextFailure | Gesture::PreviousFailure => self.step_to_failure(gesture == Gesture::NextFailure, cx),
            Gesture::Copy => {
                if let Some(shift) = self.selected(cx.state) {
                    let revision = shift.revision().map(|revision| format!(" with {revision}")).unwrap_or_default();
                    let text = format!("{} {}: {}{revision}: {}", shift.at, shift.object, shift.words(), message_of(shift));
                    cx.copy(text, "copied the entry");
                }
            }
            gesture => return self.growing.gesture(gesture, self.shown.len(), |at| self.shown[at]),
        }
        self.sift(cx.state);
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        match gesture {
            Gesture::FoldAll => None,
            Gesture::Open => self.selected(state).map(|_| word),
            Gesture::Below if self.members.object.is_none() => None,
            Gesture::Below if self.members.with_below => Some("object alone"),
            Gesture::Trouble => Some(if self.only_failures { "all" } else { "failures" }),
            Gesture::Follow if self.growing.follows => Some("stay"),
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.typed.clone()
    }

    fn set_filter(&mut self, text: &str, cx: &mut Cx) -> Result<(), String> {
        self.query = Query::unlabelled(text)?;
        text.clone_into(&mut self.typed);
        self.count = None;
        self.growing.list.forget();
        self.sift(cx.state);
        Ok(())
    }

    fn refresh(&mut self, state: &State) {
        if self.members.update(state) {
            self.count = None;
        }
        self.sift(state);
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let shift = self.selected(state)?;
        let scope = if shift.is_failing() { Style::Failed } else { Style::Dim };
        let with = shift.revision().map(|text| format!(" with {}", revision::short(text))).unwrap_or_default();
        let by = shift.applied_by.as_ref().map(|(applier, _)| format!(", applied by {}", short(applier))).unwrap_or_default();
        let said = match message_of(shift) {
            "" => String::new(),
            message => format!(": {message}"),
        };
        let line = Styled::of(Style::Accent, short(&shift.object)).and(Style::Text, format!(": {}{with}{by}", shift.words()));
        Some(line.and(scope, said))
    }

    fn sheet(&self, state: &State) -> Option<Vec<Vec<String>>> {
        let headings = ["WHEN", "OBJECT", "STATE", "REVISION", "APPLIED BY", "MESSAGE"].map(str::to_owned).to_vec();
        let row = |shift: &Shift| {
            let applier = shift.applied_by.as_ref().map(|(applier, _)| applier.to_string()).unwrap_or_default();
            let revision = shift.revision().map_or_else(String::new, ToString::to_string);
            let message = message_of(shift).to_owned();
            vec![shift.at.to_string(), shift.object.to_string(), shift.words(), revision, applier, message]
        };
        let timeline = &state.cluster().timeline;
        Some(std::iter::once(headings).chain(self.shown.iter().filter_map(|number| timeline.get(*number)).map(row)).collect())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.sift(scene.state);
        let timeline = &scene.state.cluster().timeline;
        if self.shown.is_empty() {
            let (text, hint) = match timeline.is_empty() {
                true => ("nothing has changed since this session began", "each change of state and revision is noted here"),
                false if self.query.is_some() => ("nothing matches", "esc clears the filter"),
                false if self.only_failures => ("nothing has failed since this session began", "! shows all"),
                false => ("nothing has changed here since this session began", "`:timeline` is of all objects"),
            };
            return say(area, buf, scene, text, hint);
        }
        let columns = [
            Column::new("WHEN (UTC)", 8, 11, 1),
            Column::new("STATE", 12, 32, 0),
            Column::new("OBJECT", 16, 60, 0).keeping(Keep::End),
            Column::new("REVISION", 8, 40, 2),
            Column::new("APPLIED BY", 10, 40, 4).keeping(Keep::End),
            Column::new("MESSAGE", 12, u16::MAX, 3),
        ];
        let mut list = std::mem::take(&mut self.growing.list);
        let rows = Rows { columns: &columns, len: self.shown.len(), cursor: Some(self.growing.at()), query: self.query.as_ref() };
        list.render(area, buf, scene.theme, rows, |at| Row {
            cells: timeline.get(self.shown[at]).map_or_else(Vec::new, |shift| cells(shift, scene)),
            marked: false,
        });
        self.growing.list = list;
    }
}

#[cfg(test)]
#[path = "tests/timeline.rs"]
mod tests;
