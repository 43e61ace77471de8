//! Events of one object, newest at the bottom.
//!
//! ```text
//!  SEEN    TYPE     REASON             COUNT  OBJECT                MESSAGE
//!  12m     Normal   ReconciliationSuc…     1  Kustomization/apps    Reconciliation finished in 1.2s, next run in 10m
//!  4m2s    Warning  HealthCheckFailed      7  Kustomization/apps    health check failed after 2m: [HelmRelease/web/web
//!                                                                   status: 'Failed']
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Request, say};
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::width::{fit, head};
use fluxdeck_model::domain::{EventRow, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Aspect, Reply, State, Ticket};

/// The text shown where there are none.
pub(super) const NONE: &str = "no events: the API server keeps them for an hour";

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::EVENTS,
    doc: "events of the object",
    scope: KeyScope::Text,
    make: |target, _| match target {
        Subject::Object(object) => {
            Ok(Box::new(Events { text: Text::following(false), object, rows: Request::default(), lines: Vec::new() }))
        }
        _ => Err(Error::usage("events need an object", "move to one and press v")),
    },
};

pub struct Events {
    object: ObjectRef,
    rows: Request<Vec<EventRow>>,
    lines: Vec<Styled>,
    text: Text,
}

/// How wide the columns before the message are; 0 leaves one out.
pub(super) struct Widths {
    kind: usize,
    reason: usize,
    object: usize,
    width: usize,
}

impl Widths {
    pub(super) fn of(rows: &[EventRow], width: usize, with_object: bool) -> Self {
        let widest = |text: fn(&EventRow) -> &str, heading: &str, most: usize| {
            rows.iter().map(|row| Styled::of(Style::Text, text(row)).width()).max().unwrap_or(0).max(heading.len()).min(most)
        };
        Self {
            kind: if width < 60 { 1 } else { 7 },
            reason: widest(|row| &row.reason, "REASON", if width < 72 { 16 } else { 28 }),
            object: if with_object && width >= 100 { widest(|row| &row.object, "OBJECT", 40) } else { 0 },
            width,
        }
    }

    fn header(&self) -> Styled {
        self.row(["SEEN", "TYPE", "REASON", "COUNT", "OBJECT", "MESSAGE"], [Style::Heading; 2])
    }

    /// One event, its message wrapped beside the other columns.
    pub(super) fn event(&self, event: &EventRow, scene: &Scene) -> Vec<Styled> {
        let (kind, scope) = if event.is_warning { ("Warning", Style::Failed) } else { ("Normal", Style::Dim) };
        let (age, count) = (scene.age(event.last), event.count.to_string());
        let line = self.row([&age, kind, &event.reason, &count, &event.object, &event.message], [scope, Style::Text]);
        line.wrapped(self.lead(), self.width)
    }

    /// Where the message begins.
    fn lead(&self) -> usize {
        8 + self.kind + 2 + self.reason + 2 + 7 + if self.object > 0 { self.object + 2 } else { 0 }
    }

    fn row(&self, [age, kind, reason, count, object, message]: [&str; 6], [strong, plain]: [Style; 2]) -> Styled {
        let dim = if strong == Style::Heading { strong } else { Style::Dim };
        // on a narrow screen only the first letter, without an ellipsis: `W`, `N`
        let mut line = Styled::of(dim, format!("{age:<8}")).and(strong, &kind[..head(kind, self.kind)]).upto(8 + self.kind + 2);
        line = line
            .and(strong, fit(reason, self.reason))
            .upto(8 + self.kind + 2 + self.reason + 2)
            .and(plain, format!("{count:>5}  "));
        if self.object > 0 {
            line = line.and(dim, fit(object, self.object)).upto(self.lead());
        }
        line.and(plain, message)
    }
}

impl View for Events {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        format!("events {}", self.object)
    }

    fn count(&self, _: &State) -> String {
        let searched = if self.text.searched().is_empty() { String::new() } else { self.text.position(&self.lines[..]) };
        let count = self.rows.get().map_or_else(String::new, |rows| counted(rows.len(), "event"));
        if searched.is_empty() { count } else { format!("{searched} · {count}") }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.rows.ask(&self.object, Aspect::Events, cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        self.rows.renew(&self.object, Aspect::Events, cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.rows.close(cx);
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
        self.rows.take(ticket, reply, |reply| match reply {
            Reply::Events(rows) => Some(rows.clone()),
            _ => None,
        });
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        match self.rows.get() {
            None => self.rows.placeholder(area, buf, scene),
            Some(rows) if rows.is_empty() => say(area, buf, scene, NONE, ""),
            Some(rows) => {
                let widths = Widths::of(rows, Text::room(area.width).into(), true);
                // there are few: an hour's of one object
                let lines: Vec<_> = rows.iter().flat_map(|event| widths.event(event, scene)).collect();
                if lines != self.lines {
                    self.lines = lines;
                    self.text.replaced(&self.lines[..]);
                }
                let header = u16::from(area.height > 2);
                if header > 0 {
                    let margin = area.width - Text::room(area.width);
                    buf.set_line(area.x + margin, area.y, &widths.header().painted(scene.theme), area.width - margin);
                }
                self.text.render(Rect { y: area.y + header, height: area.height - header, ..area }, buf, scene, &self.lines[..]);
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/events.rs"]
mod tests;
