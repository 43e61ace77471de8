//! The log of acts: everything that was done from here, in this run and in earlier ones; the youngest on top.
//!
//! ```text
//!  WHEN                 CONTEXT   USER  WHAT                             OUTCOME
//!  2026-01-01 14:02:11  prod-eu   ana   suspend HelmRelease web/web      done: suspended
//! ```
//! The line above the keys is the line of `flux` or `kubectl` that does the same (`c` copies it), or the whole of what was not simply
//! done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::picker::{Item, Picker};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use fluxdeck_model::commands::{Cx, Gesture, Scope, Screen, Target};
use fluxdeck_model::domain::{Act, ActEnd};
use fluxdeck_model::state::{Question, Reply, State, Ticket};

pub const SPEC: ViewSpec =
    ViewSpec { screen: Screen::ACTS, doc: "the log of acts", scope: Scope::Picker, make: |_, _| Ok(Box::<Acts>::default()) };

#[derive(Default)]
struct Acts {
    picker: Picker,
    ticket: Option<Ticket>,
    /// Those of earlier runs, the oldest first; none until they were read.
    earlier: Option<Vec<Act>>,
    /// What is shown, in the order of the items' ids: first those of earlier runs.
    all: Vec<Act>,
    /// How many are of earlier runs, or of other programs.
    others: usize,
}

impl Acts {
    fn at(&self) -> Option<usize> {
        self.picker.selected()?.parse().ok()
    }

    fn selected(&self) -> Option<&Act> {
        self.all.get(self.at()?)
    }

    /// What is said of an act without an end. Of one that a program of before left without a word the log says that itself.
    fn open(&self, at: usize) -> &'static str {
        if at < self.others { "under way elsewhere, or not known" } else { "under way" }
    }
}

/// What came of it; of what has no end yet, `open`.
fn outcome<'a>(act: &'a Act, open: &'static str) -> (Style, &'a str) {
    let style = match act.end {
        Some(ActEnd::Done) => Style::Ready,
        Some(ActEnd::Failed) => Style::Failed,
        Some(ActEnd::Unknown) | None => Style::Progressing,
    };
    (style, act.outcome.as_deref().unwrap_or(open))
}

fn item(at: usize, act: &Act, open: &'static str) -> Item {
    let (style, outcome) = outcome(act, open);
    let cells = vec![
        Styled::of(Style::Dim, act.at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        Styled::of(Style::Text, &act.context),
        Styled::of(Style::Text, &act.user),
        Styled::of(Style::Text, format!("{} {}", act.action, act.object)),
        Styled::of(style, outcome),
        Styled::of(Style::Dim, &act.line),
    ];
    Item { id: at.to_string(), cells }
}

impl View for Acts {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Target {
        Target::Nothing
    }

    fn title(&self, _: &State) -> String {
        "log of acts".to_owned()
    }

    fn count(&self, _: &State) -> String {
        self.picker.count()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ticket = Some(cx.ask(Question::Acts));
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected().map(|act| act.line.clone())) {
            (Gesture::Copy | Gesture::Open, Some(line)) => {
                let told = format!("copied {line}");
                cx.copy(line, told);
                true
            }
            _ => self.picker.gesture(gesture, cx),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.picker.filter()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.picker.set_filter(text)
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
            self.picker.fill(self.all.iter().enumerate().rev().map(|(at, act)| item(at, act, self.open(at))).collect());
        }
    }

    fn message(&self, _: &State) -> Option<String> {
        // what is not simply done is told in full
        let outcome = |act: &Act| act.outcome.clone().filter(|_| act.end != Some(ActEnd::Done));
        self.selected().map(|act| outcome(act).unwrap_or_else(|| act.line.clone()))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("WHEN (UTC)", 19, 19, 1),
            Column::new("CONTEXT", 8, 24, 4),
            Column::new("USER", 6, 20, 3),
            Column::new("WHAT", 24, 60, 0),
            Column::new("OUTCOME", 16, 48, 2),
            Column::new("SAME AS", 24, u16::MAX, 5),
        ];
        let nothing = if self.earlier.is_some() { "nothing has been done from here yet" } else { "reading …" };
        self.picker.render(area, buf, scene, &columns, nothing);
    }
}
