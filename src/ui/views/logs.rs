//! Logs of a pod, or of all pods below an object, in one bounded stream.
//!
//! ```text
//!  logs Deployment web/web · 3 pods · container web · following             214 older dropped · /open · 12 of 5000 lines
//!  web-7d9c54-88vtw/web starting
//!  web-7d9c54-88vtw/web cannot open config
//!  — the log has ended —
//! ```

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::widgets::request::{say, wait};
use crate::ui::widgets::ring::Ring;
use crate::ui::widgets::sieve::{Shown, Sieve};
use crate::ui::widgets::text::{Source, Text};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ObjectRef, Str};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::controller_log::pods_below;
use fluxdeck_model::state::{Aspect, Intent, LogRequest, LogSpan, Question, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::LOGS,
    doc: "logs of the pod, or of all pods below",
    scope: KeyScope::Logs,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Logs::new(object))),
        _ => Err(Error::usage("logs need an object", "move to a pod, or to an object with pods below, and press l")),
    },
};

/// Lines from the end of each log to start with.
const TAIL: u32 = 200;
/// Lines kept; k9s keeps as many.
const MOST: usize = 5_000;
/// Pods read together.
const PODS: usize = 30;

pub struct Logs {
    object: ObjectRef,
    /// One request for each namespace.
    tickets: Vec<Ticket>,
    pods: usize,
    containers: BTreeSet<String>,
    container: Option<String>,
    previous: bool,
    timestamps: bool,
    lines: Ring,
    /// The filter; none where all lines are shown.
    sieve: Option<Sieve>,
    failed: Option<Error>,
    /// Requests that are over: no more replies come.
    ended: usize,
    text: Text,
}

impl Logs {
    fn new(object: ObjectRef) -> Self {
        Self {
            object,
            tickets: Vec::new(),
            pods: 0,
            containers: BTreeSet::new(),
            container: None,
            previous: false,
            timestamps: false,
            lines: Ring::new(MOST),
            sieve: None,
            failed: None,
            ended: 0,
            text: Text::following(true),
        }
    }

    /// Asks for the logs again, in place of those that are here.
    fn ask(&mut self, cx: &mut Cx) {
        self.tickets.drain(..).for_each(|ticket| cx.intend(Intent::Drop(ticket)));
        self.clear();
        (self.failed, self.ended) = (None, 0);
        let cluster = cx.state.cluster();
        let pods = pods_below(&cluster.store, &cluster.forest, &self.object, PODS);
        self.pods = pods.len();
        if pods.is_empty() {
            let message = format!("there are no pods below {}", self.object);
            self.failed = Some(Error::failed(message, "it may have none, or they have not been read yet: esc and try again"));
        }
        // a request is about one namespace
        let mut namespaces: BTreeMap<Str, Vec<ObjectRef>> = BTreeMap::new();
        for pod in pods {
            namespaces.entry(pod.namespace.clone()).or_default().push(pod);
        }
        for pods in namespaces.into_values() {
            let request = LogRequest {
                pods: pods.iter().map(|pod| pod.name.clone()).collect(),
                container: self.container.clone(),
                previous: self.previous,
                timestamps: self.timestamps,
                span: LogSpan { tail: Some(TAIL), ..LogSpan::default() },
            };
            self.tickets.push(cx.ask(Question::Object(pods[0].clone(), Aspect::Logs(request))));
        }
    }

    fn clear(&mut self) {
        self.lines.clear();
        let text = self.sieve.as_ref().map(|sieve| sieve.text().to_owned()).unwrap_or_default();
        // what was a filter is one
        self.sieve = Sieve::over(&self.lines, &text).ok().flatten();
        self.text.replaced(&shown(&self.lines, &self.sieve));
    }

    fn step_to_failure(&mut self, forward: bool, cx: &mut Cx) {
        let shown = shown(&self.lines, &self.sieve);
        if !self.text.seek(forward, &shown, |at| shown.ring.is_failure(shown.place(at))) {
            cx.say("no line says that something failed");
        }
    }

    fn next_container(&mut self) {
        self.container = match &self.container {
            None => self.containers.first().cloned(),
            Some(now) => self.containers.range(now.clone()..).find(|name| *name != now).cloned(),
        };
    }
}

fn shown<'a>(ring: &'a Ring, sieve: &'a Option<Sieve>) -> Shown<'a> {
    Shown { ring, sieve: sieve.as_ref() }
}

impl View for Logs {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        let mut title = format!("logs {}", self.object);
        if self.pods > 1 {
            title.push_str(&format!(" · {}", counted(self.pods, "pod")));
        }
        match &self.container {
            Some(container) => title.push_str(&format!(" · container {container}")),
            None if self.containers.len() > 1 => title.push_str(" · all containers"),
            None => {}
        }
        if self.previous {
            title.push_str(" · previous");
        }
        title.push_str(match (self.ended > 0 && self.ended == self.tickets.len(), self.text.follow) {
            (true, _) => " · ended",
            (false, true) => " · following",
            (false, false) => " · stopped",
        });
        title
    }

    fn count(&self, _: &State) -> String {
        let dropped = match self.lines.dropped {
            0 => String::new(),
            dropped => format!("{dropped} older dropped · "),
        };
        let shown = shown(&self.lines, &self.sieve);
        match &self.sieve {
            Some(_) => format!("{dropped}{} of {}", shown.len(), counted(self.lines.len(), "line")),
            None => format!("{dropped}{}", self.text.position(&shown)),
        }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.tickets.drain(..).for_each(|ticket| cx.intend(Intent::Drop(ticket)));
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Follow => {
                self.text.follow = !self.text.follow;
                self.text.settle(&shown(&self.lines, &self.sieve));
            }
            Gesture::Bottom => {
                self.text.follow = true;
                self.text.settle(&shown(&self.lines, &self.sieve));
            }
            Gesture::NextFailure | Gesture::PreviousFailure => {
                self.step_to_failure(gesture == Gesture::NextFailure, cx);
            }
            Gesture::Timestamps => {
                self.timestamps = !self.timestamps;
                self.ask(cx);
            }
            Gesture::Previous => {
                self.previous = !self.previous;
                self.ask(cx);
            }
            Gesture::NextContainer => {
                self.next_container();
                self.ask(cx);
            }
            Gesture::Clear => self.clear(),
            Gesture::Copy => {
                let shown = shown(&self.lines, &self.sieve);
                let lines: Vec<_> = (0..shown.len()).map(|at| shown.line(at)).collect();
                cx.copy(lines.join("\n"), format!("copied {}", counted(lines.len(), "line")));
            }
            gesture => return self.text.gesture(gesture, &shown(&self.lines, &self.sieve)),
        }
        true
    }

    fn filter(&self, _: &State) -> String {
        self.sieve.as_ref().map_or_else(String::new, |sieve| sieve.text().to_owned())
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        let top = shown(&self.lines, &self.sieve).place(self.text.top());
        self.sieve = Sieve::over(&self.lines, text)?;
        self.text.mark(self.sieve.as_ref().map_or("", Sieve::expression))?;
        self.text.replaced(&shown(&self.lines, &self.sieve));
        if self.sieve.is_none() && !self.text.follow {
            // what was found stays in sight when the filter goes
            self.text.begin_at(top);
        }
        Ok(())
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        if !self.tickets.contains(&ticket) {
            return;
        }
        let over = match reply {
            Reply::Log(lines) => self.lines.push(lines.iter().cloned()),
            Reply::Note(text) => self.lines.note(text),
            Reply::Ended(why) => {
                self.ended += 1;
                self.lines.note(why)
            }
            Reply::Failed(error) if self.lines.is_empty() && self.tickets.len() == 1 => {
                self.failed = Some(error.clone());
                0
            }
            Reply::Failed(error) => self.lines.note(&error.to_string()),
            Reply::Containers(names) => {
                self.containers.extend(names.iter().cloned());
                self.lines.with_origin = self.pods > 1 || (self.containers.len() > 1 && self.container.is_none());
                0
            }
            // nothing else was asked for
            _ => 0,
        };
        self.text.dropped(self.sieve.as_mut().map_or(over, |sieve| sieve.sift(&self.lines)));
    }

    fn refresh(&mut self, _: &State) {
        self.text.settle(&shown(&self.lines, &self.sieve));
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        match &self.failed {
            Some(error) if self.lines.is_empty() => say(area, buf, scene, &error.message, &error.hint),
            _ if self.lines.is_empty() => wait(area, buf, scene, "waiting for lines…"),
            _ if shown(&self.lines, &self.sieve).len() == 0 => {
                say(
                    area,
                    buf,
                    scene,
                    &format!("nothing matches in {}", counted(self.lines.len(), "line")),
                    "esc clears the filter",
                );
            }
            _ => self.text.render(area, buf, scene, &shown(&self.lines, &self.sieve)),
        }
    }
}

#[cfg(test)]
#[path = "tests/logs.rs"]
mod tests;
