//! The log of acts: everything that was done from here, in this run and in earlier ones; the youngest on top.
//!
//! ```text
//!  WHEN                 CONTEXT   USER  WHAT                             OUTCOME
//!  2026-01-01 14:02:11  prod-eu   ana   suspend HelmRelease web/web      done: suspended
//! ```
//! The line above the keys is the line of `flux` or `kubectl` that does the same; `c` copies it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::picker::{Item, Picker};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use fluxdeck_model::commands::{Cx, Gesture, Scope, Target};
use fluxdeck_model::state::jobs::Act;
use fluxdeck_model::state::{Effect, Reply, State, Ticket};

pub const SPEC: ViewSpec =
    ViewSpec { name: "acts", doc: "the log of acts", scope: Scope::Picker, make: |_, _| Ok(Box::<Acts>::default()) };

#[derive(Default)]
struct Acts {
    picker: Picker,
    ticket: Option<Ticket>,
    /// Those of earlier runs, the oldest first; none until they were read.
    earlier: Option<Vec<Act>>,
    /// What is shown, in the order of the items' ids.
    all: Vec<Act>,
}

impl Acts {
    fn selected(&self) -> Option<&Act> {
        self.all.get(self.picker.selected()?.parse::<usize>().ok()?)
    }
}

fn item(at: usize, act: &Act) -> Item {
    let outcome = match act.outcome.as_deref() {
        None => Styled::of(Style::Progressing, "under way, or not known"),
        Some(text) if text.starts_with("done") => Styled::of(Style::Ready, text),
        Some(text) => Styled::of(Style::Failed, text),
    };
    let cells = vec![
        Styled::of(Style::Dim, act.at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        Styled::of(Style::Text, &act.context),
        Styled::of(Style::Text, &act.user),
        Styled::of(Style::Text, format!("{} {}", act.action, act.object)),
        outcome,
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
        let ticket = cx.state.ticket();
        self.ticket = Some(ticket);
        cx.effects.push(Effect::Recall(ticket));
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected().map(|act| act.line.clone())) {
            (Gesture::Copy | Gesture::Open, Some(line)) => {
                cx.state.say(format!("copied {line}"));
                cx.effects.push(Effect::Copy(line));
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
            self.all = all;
            self.picker.fill(self.all.iter().enumerate().rev().map(|(at, act)| item(at, act)).collect());
        }
    }

    fn message(&self, _: &State) -> Option<String> {
        self.selected().map(|act| act.line.clone())
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
