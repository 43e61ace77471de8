//! Quitting while acts are under way: what happens to them, and the choice to wait.
//!
//! ```text
//! ╭ leave ──────────────────────────────────────────────────────╮
//! │  2 acts are under way:                                      │
//! │  ◐ reconcile Kustomization web/web        handled, 12s      │
//! │  What was requested continues in the cluster, and the …  │
//! │  3 objects are still queued: the next run asks about …   │
//! ╰ w wait, then leave  q leave now  esc stay ──────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::jobs::elapsed;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::text::{counted, sanitise};
use fluxdeck_model::state::jobs::Phase;
use fluxdeck_model::state::{Code, Intent, Key, State, Terminal};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::LEAVE,
    doc: "leaving while something is under way",
    scope: KeyScope::Dialog,
    make: |_, _| Ok(Box::new(Leave { waits: false })),
};

const WIDTH: u16 = 76;
/// Jobs that are listed.
const MOST: usize = 8;

struct Leave {
    /// Leaves as soon as nothing is under way.
    waits: bool,
}

impl View for Leave {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Nothing
    }

    fn title(&self, _: &State) -> String {
        "leave".to_owned()
    }

    fn is_dialog(&self) -> bool {
        true
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        match (key.code, key.ctrl) {
            (Code::Char('q'), false) | (Code::Char('c'), true) => cx.intend(Intent::Terminal(Terminal::Quit)),
            (Code::Char('w') | Code::Enter, false) => {
                self.waits = true;
                self.changed(cx);
            }
            (Code::Esc, _) | (Code::Char('n'), false) => cx.transit(Transition::Close),
            _ => {}
        }
        true
    }

    fn changed(&mut self, cx: &mut Cx) {
        if self.waits && cx.state.jobs.under_way().next().is_none() {
            cx.intend(Intent::Terminal(Terminal::Quit));
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        scene.next_change.set(1);
        let jobs: Vec<_> = scene.state.jobs.under_way().collect();
        let head = match jobs.len() {
            0 => "nothing is under way now".to_owned(),
            count => format!("{} {} under way:", counted(count, "act"), if count == 1 { "is" } else { "are" }),
        };
        let mut lines = vec![Styled::of(Style::Text, format!(" {head}"))];
        for job in jobs.iter().take(MOST) {
            let (done, _, all) = job.counts();
            let how = if all > 1 { format!("{done} of {all}, ") } else { String::new() };
            let line = Styled::of(Style::Progressing, format!(" {} ", scene.theme.sign("◐", "~")));
            lines.push(
                line.and(Style::Text, sanitise(&job.title())).and(Style::Dim, format!("  {how}{}", elapsed(job, scene.state))),
            );
        }
        if jobs.len() > MOST {
            lines.push(Styled::of(Style::Dim, format!("   and {} more", jobs.len() - MOST)));
        }
        let queued = jobs.iter().flat_map(|job| job.items()).filter(|item| item.phase == Phase::Queued).count();
        let is_kept = scene.state.settings.keeps_jobs;
        let waiting = match (queued, is_kept) {
            (0, _) => String::new(),
            (1, true) => " 1 object is still queued: the next run asks about it (J).".to_owned(),
            (1, false) => " 1 object is still queued: nothing will be done to it.".to_owned(),
            (_, true) => format!(" {} are still queued: the next run asks about them (J).", counted(queued, "object")),
            (_, false) => format!(" {} are still queued: nothing will be done to them.", counted(queued, "object")),
        };
        let follows =
            if is_kept { "the next run follows it (J)" } else { "is no longer followed: the log of acts (@) will say so" };
        let text = format!(" What was requested continues in the cluster, and {follows}.{waiting}");
        let width = Dialog::room(area, WIDTH);
        lines.extend(Styled::of(Style::Text, text).wrapped(1, width.into()));
        let wait = if self.waits { "waiting: leaves when it is over" } else { "wait, then leave" };
        let keys = [("w", wait), ("q", "leave now"), ("esc", "stay")];
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: "leave", keys: &keys }.render(area, buf, scene, (width, height));
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
    }
}
