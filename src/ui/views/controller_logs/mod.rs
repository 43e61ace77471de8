//! What Flux's controllers have written about an object.
//!
//! ```text
//!  log of Kustomization flux-system/apps · following                                   3 of 4120 lines · /failed
//!  kustomize-controller-7d9c54-88vtw in flux-system
//!  12:04:31 info   server-side apply completed
//!  12:04:36 error  Reconciliation failed after 5.2s, next try in 1m0s: health check failed after …
//!           revision      main@sha1:86058ad
//!           reconcileID   c8cd043a-3145-4a86-a58e-2880d7cf8cfa
//!  12:05:36 info   HelmChart flux-system/web-web: artifact up-to-date
//! ```

mod kept;
mod paint;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::widgets::request::{say, wait};
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::query::Query;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::controller_log::{LogConcern, LogLevel, LogRecord, has_controller};
use fluxdeck_model::state::{Aspect, ControllerLogRequest, Intent, LogSpan, Question, ReadController, Reply, State, Ticket};
use kept::Kept;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::CONTROLLER_LOGS,
    doc: "what Flux's controllers have written about the object",
    scope: KeyScope::ControllerLogs,
    make: |target, _| match target {
        Subject::Object(object) if has_controller(&object.gk) => Ok(Box::new(ControllerLogs::new(object))),
        _ => Err(Error::usage("this log needs an object of Flux", "move to one and press L")),
    },
};

/// Lines from the end of each log to start with: few of them are about one object.
const TAIL: u32 = 5_000;
/// Remarks about the streams that are kept.
const REMARKS: usize = 3;

pub struct ControllerLogs {
    object: ObjectRef,
    concern: LogConcern,
    ticket: Option<Ticket>,
    /// All lines of the controllers.
    is_whole: bool,
    previous: bool,
    /// Which pods are read; none while they are looked for.
    found: Option<Vec<ReadController>>,
    /// What was said of the streams, the latest last.
    remarks: Vec<String>,
    failed: Option<Error>,
    is_over: bool,
    kept: Kept,
    /// The selected line, and the one whose fields are shown, by their numbers.
    cursor: Option<u64>,
    unfolded: Option<u64>,
    /// The first line on the screen, among those that are shown.
    top: usize,
    /// The rows for lines.
    page: usize,
    follow: bool,
    wrap: bool,
    /// Times with their date and a fraction.
    is_exact: bool,
    filter: String,
}

impl ControllerLogs {
    fn new(object: ObjectRef) -> Self {
        Self {
            concern: LogConcern::everything(),
            object,
            ticket: None,
            is_whole: false,
            previous: false,
            found: None,
            remarks: Vec::new(),
            failed: None,
            is_over: false,
            kept: Kept::default(),
            cursor: None,
            unfolded: None,
            top: 0,
            page: 1,
            follow: true,
            wrap: true,
            is_exact: false,
            filter: String::new(),
        }
    }

    /// Asks for the logs again, in place of what is here.
    fn ask(&mut self, cx: &mut Cx) {
        self.close(cx);
        self.concern = LogConcern::of(&cx.state.cluster().store, &self.object);
        self.clear();
        (self.found, self.failed, self.is_over) = (None, None, false);
        self.remarks.clear();
        let request = ControllerLogRequest {
            concern: self.concern.clone(),
            namespace: None,
            is_whole: self.is_whole,
            previous: self.previous,
            span: LogSpan { tail: Some(TAIL), ..LogSpan::default() },
        };
        self.ticket = Some(cx.ask(Question::Object(self.object.clone(), Aspect::ControllerLogs(request))));
    }

    fn close(&mut self, cx: &mut Cx) {
        if let Some(ticket) = self.ticket.take() {
            cx.intend(Intent::Drop(ticket));
        }
    }

    fn clear(&mut self) {
        self.kept.clear();
        (self.cursor, self.unfolded, self.top, self.follow) = (None, None, 0, true);
    }

    /// The selected line among those that are shown: the last one where none was chosen.
    fn at(&self) -> usize {
        let last = self.kept.len().saturating_sub(1);
        match self.cursor {
            Some(number) if !self.follow => self.kept.place(number).unwrap_or(last),
            _ => last,
        }
    }

    fn go(&mut self, to: usize) {
        let last = self.kept.len().saturating_sub(1);
        self.cursor = self.kept.number(to.min(last));
        self.follow = to >= last;
    }

    fn step_to_failure(&mut self, forward: bool, cx: &mut Cx) {
        let (at, len) = (self.at(), self.kept.len());
        let order = |step: usize| if forward { (at + step) % len } else { (at + len - step) % len };
        let is_failure = |at: &usize| self.kept.record(*at).level.is_some_and(|level| level >= LogLevel::Warning);
        match (1..=len).map(order).find(is_failure) {
            Some(found) => self.go(found),
            None => cx.say("no line says that something failed"),
        }
    }

    fn remark(&mut self, text: String) {
        self.remarks.retain(|known| *known != text);
        self.remarks.push(text);
        let over = self.remarks.len().saturating_sub(REMARKS);
        self.remarks.drain(..over);
    }

    /// The next narrower choice of levels; from the narrowest, all.
    fn next_level(&mut self) {
        let next = match self.kept.least() {
            None => Some(LogLevel::Info),
            Some(LogLevel::Info) => Some(LogLevel::Warning),
            Some(_) => None,
        };
        self.kept.set_least(next);
    }

    /// Whether lines of several pods are mixed.
    fn is_mixed(&self) -> bool {
        self.found.iter().flatten().map(|controller| controller.pods.len()).sum::<usize>() > 1
    }

    /// What is said where no line is shown.
    fn empty(&self) -> (String, String) {
        let read = counted(self.kept.read, "line");
        match (&self.failed, self.kept.is_empty()) {
            (Some(error), true) => (error.message.clone(), error.hint.clone()),
            (_, false) => (
                format!("nothing matches in {}", counted(self.kept.total(), "line")),
                "esc clears the filter, e shows all levels".to_owned(),
            ),
            (None, true) if self.is_whole => (format!("nothing was written yet: {read} read"), String::new()),
            (None, true) => {
                (format!("no line is about {}: {read} read", self.object), "tab shows all lines of the controllers".to_owned())
            }
        }
    }
}

impl View for ControllerLogs {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        let mut title = match self.is_whole {
            true => format!("all of the log for {}", self.object),
            false => format!("log of {}", self.object),
        };
        match self.kept.least() {
            Some(LogLevel::Info) => title.push_str(" · info and worse"),
            Some(_) => title.push_str(" · warnings and errors"),
            None => {}
        }
        if self.previous {
            title.push_str(" · previous");
        }
        title.push_str(match (self.is_over, self.follow) {
            (true, _) => " · ended",
            (false, true) => " · following",
            (false, false) => " · stopped",
        });
        title
    }

    fn count(&self, _: &State) -> String {
        format!("{} of {}", self.kept.len(), counted(self.kept.read, "line"))
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let at = self.at();
        match gesture {
            Gesture::Down => self.go(at + 1),
            Gesture::Up => self.go(at.saturating_sub(1)),
            Gesture::PageDown => self.go(at + self.page.saturating_sub(1).max(1)),
            Gesture::PageUp => self.go(at.saturating_sub(self.page.saturating_sub(1).max(1))),
            Gesture::Top => self.go(0),
            Gesture::Bottom => self.go(usize::MAX),
            Gesture::Follow if self.follow => {
                self.cursor = self.kept.number(at);
                self.follow = false;
            }
            Gesture::Follow => self.go(usize::MAX),
            Gesture::Open => {
                let number = self.kept.number(at);
                self.unfolded = number.filter(|number| self.unfolded != Some(*number));
                // what is read stays where it is
                (self.cursor, self.follow) = (number, false);
            }
            Gesture::Level => self.next_level(),
            Gesture::Whole => {
                self.is_whole = !self.is_whole;
                self.ask(cx);
            }
            Gesture::Previous => {
                self.previous = !self.previous;
                self.ask(cx);
            }
            Gesture::Timestamps => self.is_exact = !self.is_exact,
            Gesture::Wrap => self.wrap = !self.wrap,
            Gesture::Clear => self.clear(),
            Gesture::NextFailure | Gesture::PreviousFailure => self.step_to_failure(gesture == Gesture::NextFailure, cx),
            Gesture::Copy => {
                let lines: Vec<_> = (0..self.kept.len()).map(|at| self.kept.record(at).line()).collect();
                cx.copy(lines.join("\n"), format!("copied {}", counted(lines.len(), "line")));
            }
            _ => return false,
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Whole if self.is_whole => Some("its own"),
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.filter.clone()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.kept.set_query(Query::unlabelled(text)?);
        text.clone_into(&mut self.filter);
        Ok(())
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        if self.ticket != Some(ticket) {
            return;
        }
        match reply {
            Reply::Controllers(found) => {
                self.found = Some(found.clone());
                self.failed = None;
            }
            Reply::Records(records, read) => self.kept.take(records.iter().cloned(), *read),
            Reply::Note(text) => self.remark(text.clone()),
            Reply::Ended(_) => self.is_over = true,
            Reply::Failed(error) => {
                self.failed = Some(error.clone());
                if !self.kept.is_empty() || self.found.is_some() {
                    self.remark(error.to_string());
                }
            }
            _ => {}
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        if self.found.is_none() && self.failed.is_none() {
            return wait(area, buf, scene, "looking for the controllers…");
        }
        let width = Text::room(area.width).into();
        let mut lines = paint::header(self.found.as_deref().unwrap_or_default(), &self.remarks, width);
        lines.truncate(usize::from(area.height).saturating_sub(4));
        let header = lines.len();
        self.page = usize::from(area.height).saturating_sub(header).max(1);
        if self.kept.shows_nothing() {
            paint::paint(&lines, area, buf, scene);
            let below = u16::try_from(header).unwrap_or_default().min(area.height);
            let (message, hint) = self.empty();
            return say(Rect { y: area.y + below, height: area.height - below, ..area }, buf, scene, &message, &hint);
        }
        let sheet = paint::Sheet {
            clock: scene.state.person_clock(),
            concern: &self.concern,
            is_mixed: self.is_mixed(),
            is_exact: self.is_exact,
            wrap: self.wrap,
            width,
        };
        let (at, unfolded) = (self.at(), self.unfolded.and_then(|number| self.kept.place(number)));
        let rows = |line: usize| sheet.lines(self.kept.record(line), unfolded == Some(line));
        self.top = paint::top(self.top, at, self.kept.len(), self.page, |line| rows(line).len());
        for line in self.top..self.kept.len() {
            if lines.len() >= header + self.page {
                break;
            }
            let mark = |row: crate::ui::widgets::lines::Styled| if line == at { row.on(paint::SELECTED) } else { row };
            lines.extend(rows(line).into_iter().map(mark));
        }
        paint::paint(&lines, area, buf, scene);
    }
}

#[cfg(test)]
#[path = "../tests/controller_logs.rs"]
mod tests;
