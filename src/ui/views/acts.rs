//! The log of acts, of this run and earlier ones; the newest on top.
//!
//! ```text
//!  WHEN                 CONTEXT   USER  WHAT                             OUTCOME
//!  2026-01-01 14:02:11  prod-eu   ana   suspend HelmRelease web/web      done: suspended
//! ```
//! The line above the keys is the equivalent `flux` or `kubectl` line (`c` copies it), or the full text of an outcome other than
//! plain success.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::jobs::of_what;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::{Item, Picker};
use crate::ui::widgets::sentence::{NARROW, brief, short_written};
use fluxdeck_model::actions;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::{Act, ActEnd};
use fluxdeck_model::state::{Question, Reply, State, Ticket};

pub const SPEC: ViewSpec =
    ViewSpec { screen: Screen::ACTS, doc: "the log of acts", scope: KeyScope::Picker, make: |_, _| Ok(Box::<Acts>::default()) };

#[derive(Default)]
struct Acts {
    picker: Picker,
    ticket: Option<Ticket>,
    /// Those of earlier runs, the oldest first; none until they were read.
    earlier: Option<Vec<Act>>,
    /// What is shown, in the order of the items' ids: first those of earlier runs.
    all: Vec<Act>,
    /// How many belong to earlier runs, or to other programs.
    others: usize,
    /// The rows were made for a narrow screen.
    is_narrow: bool,
}

impl Acts {
    fn at(&self) -> Option<usize> {
        self.picker.selected()?.parse().ok()
    }

    fn selected(&self) -> Option<&Act> {
        self.all.get(self.at()?)
    }

    fn make(&mut self, state: &State) {
        let row = |(at, act): (usize, &Act)| item(at, act, self.open(at), state.clock, self.is_narrow);
        let items: Vec<_> = self.all.iter().enumerate().rev().map(row).collect();
        self.picker.fill(items);
    }

    /// What is said of an act without an end. Of one that a program of before left without a word the log says that itself.
    fn open(&self, at: usize) -> &'static str {
        if at < self.others { "under way elsewhere, or unknown" } else { "under way" }
    }
}

/// How the outcome of an act looks; of one without, as what is under way.
fn style_of(act: &Act) -> Style {
    match act.end {
        Some(ActEnd::Done) => Style::Ready,
        Some(ActEnd::Failed) => Style::Failed,
        Some(ActEnd::Unknown) | None => Style::Progressing,
    }
}

/// When it was: on a narrow screen the time of today, else the day too.
fn when(act: &Act, now: Timestamp, is_narrow: bool) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let format = match is_narrow {
        false => "%Y-%m-%d %H:%M:%S",
        true if day(act.at) == day(now) => "%H:%M:%S",
        true => "%m-%d %H:%M",
    };
    act.at.strftime(format).to_string()
}

/// An act in a line; `open` stands for an outcome that there is not yet.
fn item(at: usize, act: &Act, open: &'static str, now: Timestamp, is_narrow: bool) -> Item {
    let what = match actions::find(&act.action).filter(|_| is_narrow) {
        Some(action) => format!("{} {}", action.word, short_written(&act.object)),
        None => format!("{} {}", act.action, act.object),
    };
    let cells = vec![
        Styled::of(Style::Dim, when(act, now, is_narrow)),
        Styled::of(Style::Text, &act.context),
        Styled::of(Style::Text, &act.user),
        Styled::of(Style::Text, what),
        Styled::of(style_of(act), brief(act.outcome.as_deref().unwrap_or(open))),
        Styled::of(Style::Dim, &act.line),
    ];
    Item { id: at.to_string(), cells }
}

impl View for Acts {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn picker(&self) -> Option<&Picker> {
        Some(&self.picker)
    }

    fn picker_mut(&mut self) -> Option<&mut Picker> {
        Some(&mut self.picker)
    }

    fn target(&self) -> Subject {
        Subject::Nothing
    }

    fn title(&self, _: &State) -> String {
        "log of acts".to_owned()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ticket = Some(cx.ask(Question::Acts));
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected().map(|act| act.line.clone())) {
            (Gesture::Copy | Gesture::Open, Some(line)) => {
                let notice = format!("copied {line}");
                cx.copy(line, notice);
                true
            }
            _ => self.picker.gesture(gesture, cx),
        }
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.selected().map(|_| "copy line"),
            _ => Some(word),
        }
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        if let (Some(own), Reply::Acts(acts)) = (self.ticket, reply)
            && own == ticket
        {
            self.earlier = Some(acts.clone());
        }
    }

    fn refresh(&mut self, state: &State) {
        let own = state.jobs.acts();
        let is_ours = |act: &&Act| own.iter().any(|own| own.is_same(act));
        let earlier = self.earlier.iter().flatten().filter(|act| !is_ours(act));
        let all: Vec<_> = earlier.chain(own).cloned().collect();
        if all != self.all || all.is_empty() {
            self.others = all.len() - own.len();
            self.all = all;
            self.make(state);
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        let act = self.selected()?;
        // an outcome other than plain success is shown in full
        let outcome = act.outcome.as_ref().filter(|_| act.end != Some(ActEnd::Done));
        let said = outcome.map(|text| Styled::of(style_of(act), brief(text)));
        Some(said.unwrap_or_else(|| Styled::of(Style::Dim, &act.line)))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if self.is_narrow != (area.width < NARROW) {
            self.is_narrow = area.width < NARROW;
            self.make(scene.state);
        }
        let columns = [
            Column::new("WHEN (UTC)", 11, 19, 1),
            Column::new("CONTEXT", 8, 24, 4).keeping(Keep::Ends),
            Column::new("USER", 6, 20, 3),
            Column::new("WHAT", of_what(area.width), 60, 0).keeping(Keep::End),
            Column::new("OUTCOME", 16, 48, 2),
            Column::new("SAME AS", 24, u16::MAX, 5),
        ];
        let nothing = if self.earlier.is_some() { "nothing has been done yet" } else { "reading …" };
        self.picker.render(area, buf, scene, &columns, nothing);
    }
}
