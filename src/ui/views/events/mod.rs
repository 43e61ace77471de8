//! Events as they happen, the latest at the bottom: of one object, of everything below it, of namespaces or the whole cluster. Those that
//! say the same of an object are one line.
//!
//! ```text
//!  events ks flux-system/apps and below · following                                             14 lines, 61 events
//!  SEEN  TYPE     REASON             COUNT         OBJECT               MESSAGE
//!  12m   Normal   Reconciliation…                  ks flux-system/apps  Reconciliation finished in 1.2s, next run in 10m
//!  4m2s  Warning  HealthCheckFailed  ×7 in 31m     ks flux-system/apps  health check failed after 2m: [HelmRelease/we…
//! ```

mod members;
mod text;

pub(super) use members::Members;
pub(super) use text::Widths;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::growing::Growing;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep, Row, Rows};
use crate::ui::widgets::request::{say, wait};
use crate::ui::widgets::sentence::short;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{
    EventLine, EventLog, EventRow, Labels, LineKey, ObjectRef, PrintedNews, PrintedQuery, Str, duration, is_event,
};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::{Intent, Question, Reply, State, Ticket};

/// The text shown where there are none.
pub(super) const NONE: &str = "no events: the API server keeps them for an hour";
/// Events kept: more than anybody reads, in a few megabytes.
const MOST: usize = 5_000;
/// Namespaces that are watched one by one; where there are more, all are.
const MOST_NAMESPACES: usize = 8;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::EVENTS,
    doc: "events of the object, of everything below it, of namespaces or the cluster, as they happen",
    scope: KeyScope::Events,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Events::of(Some(object), Subject::Nothing))),
        Subject::Kind(gk) if is_event(&gk) => Ok(Box::new(Events::of(None, Subject::Kind(gk)))),
        _ => Err(Error::usage("events need an object, or the cluster", "move to one and press v, or type `:events`")),
    },
};

pub struct Events {
    members: Members,
    /// What it was opened on, where that is not an object.
    target: Subject,
    ticket: Option<Ticket>,
    asked: Option<PrintedQuery>,
    has_answered: bool,
    failed: Option<Error>,
    /// Where they may not be listed; the empty name is everywhere.
    refused: Vec<Str>,
    /// How often they are listed again, where they may not be watched.
    every: Option<u64>,
    log: EventLog,
    is_folded: bool,
    only_warnings: bool,
    typed: String,
    query: Option<Query>,
    lines: Vec<EventLine>,
    /// The lines have to be made again.
    is_old: bool,
    growing: Growing<LineKey>,
}

impl Events {
    fn of(object: Option<ObjectRef>, target: Subject) -> Self {
        Self {
            members: Members::of(object, false),
            target,
            ticket: None,
            asked: None,
            has_answered: false,
            failed: None,
            refused: Vec::new(),
            every: None,
            log: EventLog::new(MOST),
            is_folded: true,
            only_warnings: false,
            typed: String::new(),
            query: None,
            lines: Vec::new(),
            is_old: false,
            growing: Growing::following(),
        }
    }

    /// What has to be watched for what is shown.
    fn wanted(&self, state: &State) -> PrintedQuery {
        let cluster = state.cluster();
        let known = || cluster.known_namespaces.clone();
        match &self.members.object {
            None => PrintedQuery::events(cluster.namespaces.clone(), known()),
            Some(object) if !self.members.with_below => PrintedQuery::events_of(object),
            Some(_) => {
                let namespaces = self.members.namespaces.clone();
                let few = namespaces.len() <= MOST_NAMESPACES;
                PrintedQuery::events(few.then(|| namespaces.clone()), namespaces)
            }
        }
    }

    /// Asks for what is wanted now. What is here stays, unless it is about another place.
    fn ask(&mut self, keeps: bool, cx: &mut Cx) {
        self.drop(cx);
        if !keeps {
            (self.log, self.has_answered, self.is_old) = (EventLog::new(MOST), false, true);
            self.growing.follows = true;
        }
        self.failed = None;
        let query = self.wanted(cx.state);
        self.asked = Some(query.clone());
        self.ticket = Some(cx.ask(Question::Print(query)));
    }

    fn drop(&mut self, cx: &mut Cx) {
        if let Some(ticket) = self.ticket.take() {
            cx.intend(Intent::Drop(ticket));
        }
    }

    fn line(&self) -> Option<&EventLine> {
        self.lines.get(self.growing.at())
    }

    /// Makes the lines again if anything has changed. Costs a look at every event.
    fn sift(&mut self) {
        if !std::mem::take(&mut self.is_old) {
            return;
        }
        let Self { members, query, only_warnings, .. } = self;
        let mut fuzzy = Fuzzy::default();
        let is_meant = |object: &ObjectRef, row: &EventRow| {
            (row.is_warning || !*only_warnings)
                && members.contains(object)
                && query.as_ref().is_none_or(|query| is_found(object, row, query, &mut fuzzy))
        };
        self.lines = self.log.lines(self.is_folded, is_meant);
        let lines = &self.lines;
        self.growing.settle(lines.len(), |at| lines[at].key.clone());
    }

    /// Shows those that say the same as one line, or each by itself; the cursor stays with what is said.
    fn fold(&mut self) {
        (self.is_folded, self.is_old) = (!self.is_folded, true);
        let group = self.growing.cursor().map(|key| key.group);
        self.sift();
        let lines = &self.lines;
        self.growing.find(lines.len(), |at| lines[at].key.clone(), |key| Some(key.group) == group);
    }

    fn step_to_warning(&mut self, forward: bool, cx: &mut Cx) {
        let (at, lines) = (self.growing.at(), &self.lines);
        let warns = |at: &usize| lines[*at].event.is_warning;
        let found = match forward {
            true => (at + 1..lines.len()).chain(0..at.min(lines.len())).find(warns),
            false => (0..at.min(lines.len())).rev().chain((at + 1..lines.len()).rev()).find(warns),
        };
        match found {
            Some(at) => self.growing.go(at, lines.len(), |at| lines[at].key.clone()),
            None => cx.say("nothing else warns here"),
        }
    }

    /// Whether lines are about objects of several namespaces.
    fn with_namespace(&self, state: &State) -> bool {
        match &self.members.object {
            Some(_) => self.members.namespaces.len() > 1,
            None => state.cluster().namespaces.as_ref().is_none_or(|names| names.len() > 1),
        }
    }

    fn columns(&self) -> Vec<Column> {
        let object = self.members.object.is_none() || self.members.with_below;
        let mut columns = vec![
            Column::new("SEEN", 4, 8, 1),
            Column::new("TYPE", 7, 7, 6),
            Column::new("REASON", 12, 28, 1),
            Column::new("COUNT", 5, 14, 5),
        ];
        columns.extend(object.then(|| Column::new("OBJECT", 16, 60, 1).keeping(Keep::End)));
        columns.push(Column::new("MESSAGE", 16, u16::MAX, 2));
        columns
    }

    fn cells(&self, line: &EventLine, with_namespace: bool, scene: &Scene) -> Vec<Line<'static>> {
        let style = |scope| scene.theme.style(scope);
        let kind = if line.event.is_warning { Style::Failed } else { Style::Dim };
        let mut cells = vec![
            Line::styled(scene.age(line.last), style(Style::Dim)),
            Line::styled(line.event.type_word(), style(kind)),
            Line::styled(line.event.reason.clone(), style(if line.event.is_warning { Style::Failed } else { Style::Text })),
            Line::styled(count_of(line), style(Style::Dim)),
        ];
        if self.members.object.is_none() || self.members.with_below {
            cells.push(Line::styled(name_of(&line.object, with_namespace), style(Style::Accent)));
        }
        cells.push(Line::raw(line.event.message.clone()));
        cells
    }
}

/// The short kind and the name, with the namespace where there are several.
pub(super) fn name_of(object: &ObjectRef, with_namespace: bool) -> String {
    let whole = short(object);
    match whole.split_once(' ') {
        Some((kind, _)) if !with_namespace => format!("{kind} {}", object.name),
        _ => whole,
    }
}

/// `×7 in 31m`: how often it happened, from the first time to the last; nothing where that was once.
fn count_of(line: &EventLine) -> String {
    if line.count < 2 {
        return String::new();
    }
    let span = line.first.zip(line.last).map(|(first, last)| last.as_second() - first.as_second()).filter(|span| *span > 0);
    span.map_or_else(|| format!("×{}", line.count), |span| format!("×{} in {}", line.count, duration::age(span).0))
}

fn is_found(object: &ObjectRef, row: &EventRow, query: &Query, fuzzy: &mut Fuzzy) -> bool {
    let (cells, name) = match query {
        Query::Fuzzy(_) => (String::new(), object.path()),
        _ => {
            let (kind, from) = (row.type_word(), &row.from);
            let cells = format!("{}\n{}\n{object}\n{}\n{kind}\n", object.namespace, object.name, short(object));
            (format!("{cells}{}\n{from}\n{}", row.reason, row.message), String::new())
        }
    };
    query.matches(Visible { cells: &cells, name: &name }, &Labels::default(), fuzzy)
}

/// What an event is about, as the cluster serves it: some events leave out the group.
fn resolved(object: &ObjectRef, state: &State) -> ObjectRef {
    let cluster = state.cluster();
    let is_known = !object.gk.group.is_empty() || cluster.store.find(object).is_some();
    let served = || cluster.server.kinds.iter().find(|kind| kind.gk.kind == object.gk.kind);
    match served().filter(|_| !is_known) {
        Some(kind) => ObjectRef::new(object.cluster, kind.gk.clone(), object.namespace.clone(), object.name.clone()),
        None => object.clone(),
    }
}

impl View for Events {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        self.members.object.clone().map_or_else(|| self.target.clone(), Subject::Object)
    }

    fn title(&self, _: &State) -> String {
        let of = match &self.members.object {
            Some(object) if self.members.with_below => format!("events {object} and below"),
            Some(object) => format!("events {object}"),
            None => "events".to_owned(),
        };
        format!("{of} · {}", if self.growing.follows { "following" } else { "stopped" })
    }

    fn count(&self, _: &State) -> String {
        if !self.has_answered {
            return String::new();
        }
        let mut parts = Vec::new();
        match self.refused.iter().filter(|name| !name.is_empty()).count() {
            _ if self.refused.first().is_some_and(|name| name.is_empty()) => parts.push("where you may look".to_owned()),
            0 => {}
            count => parts.push(format!("restricted in {count}")),
        }
        parts.extend(self.every.map(|seconds| format!("listed every {seconds} s")));
        parts.extend(self.only_warnings.then(|| "warnings".to_owned()));
        parts.extend((self.log.dropped > 0).then(|| format!("{} older dropped", self.log.dropped)));
        let events = self.lines.iter().map(|line| line.events).sum::<usize>();
        let lines = if events == self.lines.len() { String::new() } else { format!("{}, ", counted(self.lines.len(), "line")) };
        parts.push(format!("{lines}{}", counted(events, "event")));
        parts.join(" · ")
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let of_line = self.line().map(|line| resolved(&line.object, state));
        of_line.or_else(|| self.members.object.clone()).into_iter().collect()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.members.update(cx.state);
        self.ask(self.asked.as_ref().is_some_and(|asked| *asked == self.wanted(cx.state)), cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        self.is_old |= self.members.update(cx.state);
        let Some(asked) = &self.asked else { return };
        let wanted = self.wanted(cx.state);
        match &self.members.object {
            None if wanted.namespaces != asked.namespaces => self.ask(false, cx),
            // somebody came who is in another namespace
            Some(_) if self.members.with_below && wanted.namespaces != asked.namespaces => self.ask(true, cx),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.drop(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Open => {
                if let Some(line) = self.line() {
                    cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(resolved(&line.object, cx.state))));
                }
            }
            Gesture::Below if self.members.object.is_some() => {
                (self.members.with_below, self.is_old) = (!self.members.with_below, true);
                self.members.update(cx.state);
                self.growing.list.forget();
                self.ask(true, cx);
            }
            Gesture::Below => cx.say("these are of all objects that you look at: v on one of them is of it alone"),
            Gesture::Trouble => (self.only_warnings, self.is_old) = (!self.only_warnings, true),
            Gesture::FoldAll => self.fold(),
            Gesture::NextFailure | Gesture::PreviousFailure => self.step_to_warning(gesture == Gesture::NextFailure, cx),
            Gesture::Copy => {
                if let Some(line) = self.line() {
                    let text =
                        format!("{} {} {}: {}", line.event.type_word(), line.event.reason, line.object, line.event.message);
                    cx.copy(text, "copied the event");
                }
            }
            gesture => {
                let lines = &self.lines;
                return self.growing.gesture(gesture, lines.len(), |at| lines[at].key.clone());
            }
        }
        self.sift();
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.line().map(|_| word),
            Gesture::Below if self.members.object.is_none() => None,
            Gesture::Below if self.members.with_below => Some("object alone"),
            Gesture::Trouble if self.only_warnings => Some("all"),
            Gesture::FoldAll if !self.is_folded => Some("fold"),
            Gesture::Follow if self.growing.follows => Some("stay"),
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.typed.clone()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.query = Query::unlabelled(text)?;
        text.clone_into(&mut self.typed);
        self.is_old = true;
        self.growing.list.forget();
        self.sift();
        Ok(())
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        if self.ticket != Some(ticket) {
            return;
        }
        match reply {
            Reply::Printed(news) => {
                if let PrintedNews::All(printed) = &**news {
                    (self.refused, self.every) = (printed.refused.clone(), printed.every);
                }
                self.log.take(news);
                (self.has_answered, self.failed, self.is_old) = (true, None, true);
            }
            Reply::Failed(error) => self.failed = Some(error.clone()),
            _ => {}
        }
    }

    fn refresh(&mut self, state: &State) {
        self.is_old |= self.members.update(state);
        self.sift();
    }

    fn message(&self, _: &State) -> Option<Styled> {
        if let Some(error) = self.failed.as_ref().filter(|_| self.has_answered) {
            return Some(Styled::of(Style::Failed, error.to_string()));
        }
        let line = self.line()?;
        let scope = if line.event.is_warning { Style::Failed } else { Style::Dim };
        Some(Styled::of(Style::Accent, short(&line.object)).and(scope, format!(": {}", line.event.message)))
    }

    fn sheet(&self, state: &State) -> Option<Vec<Vec<String>>> {
        let headings = ["FIRST", "LAST", "TYPE", "REASON", "COUNT", "OBJECT", "MESSAGE"].map(str::to_owned).to_vec();
        let moment = |at: Option<jiff::Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let row = |line: &EventLine| {
            let (count, object) = (line.count.to_string(), resolved(&line.object, state).to_string());
            let (kind, reason) = (line.event.type_word().to_owned(), line.event.reason.clone());
            vec![moment(line.first), moment(line.last), kind, reason, count, object, line.event.message.clone()]
        };
        Some(std::iter::once(headings).chain(self.lines.iter().map(row)).collect())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.sift();
        match &self.failed {
            Some(error) if !self.has_answered && error.kind == ErrorKind::Denied => {
                let hint = format!("restricted: `:events -n a,b` looks where you may read; {}", error.hint);
                return say(area, buf, scene, &error.message, &hint);
            }
            Some(error) if !self.has_answered => return say(area, buf, scene, &error.message, &error.hint),
            _ if !self.has_answered => return wait(area, buf, scene, "fetching…"),
            _ if self.lines.is_empty() => {
                let (text, hint) = match (self.log.is_empty(), self.only_warnings) {
                    (true, _) if scene.state.cluster().namespaces.is_some() && self.members.object.is_none() => {
                        ("no events in these namespaces: the API server keeps them for an hour", "0 looks at all")
                    }
                    (true, _) => (NONE, "what happens from here on is shown at once"),
                    (false, true) => ("no warnings", "! shows all"),
                    (false, false) if self.query.is_some() => ("nothing matches", "esc clears the filter"),
                    (false, false) => (NONE, "b adds those of everything below"),
                };
                return say(area, buf, scene, text, hint);
            }
            _ => {}
        }
        let columns = self.columns();
        let with_namespace = self.with_namespace(scene.state);
        let mut list = std::mem::take(&mut self.growing.list);
        let rows = Rows { columns: &columns, len: self.lines.len(), cursor: Some(self.growing.at()), query: self.query.as_ref() };
        list.render(area, buf, scene.theme, rows, |at| Row {
            cells: self.cells(&self.lines[at], with_namespace, scene),
            marked: false,
        });
        self.growing.list = list;
    }
}

#[cfg(test)]
#[path = "../tests/events.rs"]
mod tests;
