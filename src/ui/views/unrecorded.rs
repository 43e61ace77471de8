//! A job that cannot be written down: nothing was sent, and the user decides.
//!
//! ```text
//! ╭ suspend 12 objects ── prod-eu ──────────────────────────────────────────╮
//! │  nothing was sent: it cannot be written down:                           │
//! │  the journal in …/fluxdeck cannot be written: No space left on device   │
//! │  If it is sent anyway and this run is killed, no later run knows …      │
//! ╰ y do it anyway · r try again · n stop it ─────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::jobs::{Job, JobId};
use fluxdeck_model::state::{Code, Intent, Key, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::UNRECORDED,
    doc: "a job that cannot be written down",
    scope: KeyScope::Dialog,
    make: |target, _| match target {
        Subject::Job(id) => Ok(Box::new(Unrecorded { id, is_unseen: true })),
        _ => Err(Error::usage("which job?", "J lists them")),
    },
};

const WIDTH: u16 = 92;

struct Unrecorded {
    id: JobId,
    /// It came up by itself and was not drawn yet: the next key was meant for something else.
    is_unseen: bool,
}

impl Unrecorded {
    fn lines(&self, state: &State, width: usize) -> Vec<Styled> {
        let why = state.jobs.find(self.id).and_then(Job::held).unwrap_or("it has been written down meanwhile");
        let texts =
            [(Style::Error, why), (Style::Text, "If it is sent anyway and this run is killed, no later run knows its progress.")];
        texts.into_iter().flat_map(|(style, text)| Styled::of(style, format!(" {text}")).wrapped(1, width)).collect()
    }
}

impl View for Unrecorded {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Job(self.id)
    }

    fn title(&self, state: &State) -> String {
        state.jobs.find(self.id).map(Job::title).unwrap_or_default()
    }

    fn is_dialog(&self) -> bool {
        true
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let intent = match (key.code, key.ctrl) {
            _ if self.is_unseen => return true,
            (Code::Char('y'), false) => Intent::AllowUnrecorded(self.id),
            (Code::Char('r'), false) => Intent::RetryUnrecorded(self.id),
            (Code::Char('n' | 'q'), false) | (Code::Esc, _) | (Code::Char('c'), true) => Intent::Stop(self.id),
            _ => return true,
        };
        cx.intend(intent);
        cx.transit(Transition::Close);
        true
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.is_unseen = false;
        let width = Dialog::room(area, WIDTH);
        let lines = self.lines(scene.state, width.into());
        let context = &scene.state.cluster().context;
        let title = format!("{} {} {context}", self.title(scene.state), scene.theme.sign("──", "--"));
        let keys = [("y", "do it anyway"), ("r", "try again"), ("n", "stop it")];
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
    }
}
