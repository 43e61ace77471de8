//! What is asked before something is sent for a change that is followed: whether it goes to a fork, whether its pull request becomes a draft or
//! none, whether the forge merges it later.
//!
//! ```text
//! ╭ push to a fork ──────────────────────────────────────────────╮
//! │  Deployment apps/web: replicas 3 -> 5                        │
//! │  you may not push to ops/fleet                               │
//! │  make the fork ana/fleet, and push to that                   │
//! ╰ y do it  esc back ───────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::{ChangeSite, PullPlace};
use fluxdeck_model::commands::Gesture;
use fluxdeck_model::domain::Pull;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::state::jobs::{Change, JobId};
use fluxdeck_model::state::pulls::{PullRemark, RemarkKind};
use fluxdeck_model::state::{Code, Intent, Key};

const WIDTH: u16 = 92;

/// What a key did to a question.
pub enum Answered {
    NotYet,
    No,
    Yes(Intent),
}

/// A question in front of a job.
pub struct Asking {
    title: String,
    lines: Vec<Styled>,
    intent: Intent,
}

impl Asking {
    /// The question before a gesture is carried out.
    ///
    /// # Errors
    /// It does not apply to the change at present: why.
    pub fn of(gesture: Gesture, id: JobId, change: &Change) -> Result<Self, String> {
        if gesture == Gesture::Fork {
            return Self::fork(id, change);
        }
        let pull = change.progress.pull.as_ref().ok_or("it has no pull request yet")?;
        if !pull.is_open() {
            return Err(format!("it is {}", pull.word()));
        }
        match gesture {
            Gesture::Draft => Ok(Self::remark(change, pull, RemarkKind::Draft(!pull.is_draft))),
            _ if pull.is_draft => Err("a draft is merged by nobody: D makes it none".to_owned()),
            _ if pull.is_queued => Err("the forge merges it as soon as it may".to_owned()),
            _ => Ok(Self::remark(change, pull, RemarkKind::MergeLater)),
        }
    }

    fn fork(id: JobId, change: &Change) -> Result<Self, String> {
        let offer = change.progress.offer.as_ref().filter(|_| change.can_fork()).ok_or("it waits for no fork")?;
        let site = change.order.site.name();
        let lines = vec![title(change), plain(&format!("you may not push to {site}")), plain(&offer.words())];
        Ok(Self { title: "push to a fork".to_owned(), lines, intent: Intent::Fork(id) })
    }

    fn remark(change: &Change, pull: &Pull, kind: RemarkKind) -> Self {
        let site = ChangeSite { base: pull.base.clone(), ..change.order.site.clone() };
        let place = PullPlace { site, number: pull.number, sources: Vec::new() };
        let remark = PullRemark { place, commit: pull.head_commit.clone(), kind };
        let what = match &remark.kind {
            RemarkKind::Draft(true) => "make a draft of",
            RemarkKind::Draft(false) => "ready for review:",
            _ => "auto-merge",
        };
        let commit = pull.head_commit.get(..7).unwrap_or_default();
        let how = match &remark.kind {
            RemarkKind::MergeLater => format!("at {commit}: the forge merges it into {} once its checks have passed", pull.base),
            _ => format!("at {commit}"),
        };
        let lines = vec![title(change), plain(&how)];
        Self { title: format!("{what} {}", sanitise_line(&remark.object())), lines, intent: Intent::Remark(Box::new(remark)) }
    }

    pub fn key(&self, key: Key) -> Answered {
        match (key.code, key.ctrl) {
            (Code::Char('y'), false) => Answered::Yes(self.intent.clone()),
            (Code::Esc, _) | (Code::Char('n' | 'q'), false) | (Code::Char('c'), true) => Answered::No,
            _ => Answered::NotYet,
        }
    }

    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let body: Vec<_> = self.lines.iter().flat_map(|line| line.clone().wrapped(3, width.into())).collect();
        let height = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let inner =
            Dialog { title: &self.title, keys: &[("y", "do it"), ("esc", "back")] }.render(area, buf, scene, (width, height));
        for (y, line) in (inner.y..inner.bottom()).zip(&body) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
    }
}

fn plain(text: &str) -> Styled {
    Styled::of(Style::Text, format!(" {}", sanitise_line(text)))
}

fn title(change: &Change) -> Styled {
    Styled::of(Style::Accent, format!(" {}", sanitise_line(&change.pull.title)))
}
