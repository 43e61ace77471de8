//! How far a change has come: what its journal rewrites with every step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::follow::Rollout;
use crate::domain::Pull;
use crate::domain::fork::ForkOffer;
use crate::domain::text::redact;
use crate::state::jobs::LogLine;

/// Everything of a change that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeProgress {
    pub phase: ChangePhase,
    /// Rises with every request: a reply to an older one is dropped.
    pub turn: u32,
    /// The commit that it is on.
    pub base: String,
    /// The commit that is pushed; empty before it is made.
    pub commit: String,
    pub branch: String,
    /// The user has agreed to a fork where they may not push to the repository.
    #[serde(default)]
    pub may_fork: bool,
    /// The repository has refused a push for lack of right: without asking again, the branch goes to a fork.
    #[serde(default)]
    pub is_barred: bool,
    /// The fork that the branch is pushed to; none: to the repository itself.
    #[serde(default)]
    pub fork: Option<String>,
    /// What the user has to decide on, since the repository refused a push for lack of right.
    #[serde(default)]
    pub offer: Option<ForkOffer>,
    pub pull: Option<Pull>,
    /// How often the commit was pushed since the user last said so.
    #[serde(default)]
    pub pushes: u32,
    /// Where a person opens the pull request, where no forge can be asked.
    pub page: Option<String>,
    pub rollout: Rollout,
    /// When the present phase began.
    pub since: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub log: Vec<LogLine>,
    /// When the forge was asked last, and why it did not answer.
    #[serde(skip)]
    pub asked: Option<Timestamp>,
    #[serde(skip)]
    pub trouble: Option<String>,
    /// A question of the following is under way.
    #[serde(skip)]
    pub is_asking: bool,
}

/// How far a change has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangePhase {
    /// Fetched, planned and proven again, and committed, on this machine.
    Prepare(StepState),
    /// What is planned now is not what was confirmed: it waits for another review.
    Review {
        why: String,
    },
    /// A fork is made, which is pushed to.
    Fork(StepState),
    Push(StepState),
    Open(StepState),
    /// The pull request is open, or merged: the forge and the cluster are watched.
    Follow,
    End(End),
}

/// How far a step has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepState {
    /// It is under way.
    Sent,
    /// Whether it was done is not known: it is being looked up. `is_resumed`: if it was not, it is done now.
    Checking { why: String, is_resumed: bool },
    /// It failed, or the program ended: it waits for the user.
    Waiting { why: String, hint: String },
}

/// How a change has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Done {
        text: String,
    },
    Failed {
        why: String,
    },
    /// The user stopped it, or the pull request was closed.
    Stopped {
        why: String,
    },
}

impl Default for ChangePhase {
    fn default() -> Self {
        Self::Prepare(StepState::Sent)
    }
}

impl ChangePhase {
    /// One word for lists.
    pub fn word(&self) -> &'static str {
        match (self, self.step()) {
            (_, Some(StepState::Checking { .. })) => "unknown, checking",
            (_, Some(StepState::Waiting { .. })) => "waiting",
            (Self::Prepare(_), _) => "prepare",
            (Self::Fork(_), _) => "fork",
            (Self::Push(_), _) => "push",
            (Self::Open(_), _) => "open",
            (Self::Review { .. }, _) => "review again",
            (Self::Follow, _) => "follow",
            (Self::End(End::Done { .. }), _) => "done",
            (Self::End(End::Failed { .. }), _) => "failed",
            (Self::End(End::Stopped { .. }), _) => "stopped",
        }
    }

    /// What there is to say beyond the word.
    pub fn message(&self) -> &str {
        match self {
            Self::End(End::Failed { why: text } | End::Stopped { why: text } | End::Done { text }) => text,
            Self::Review { why } => why,
            Self::Prepare(step) | Self::Fork(step) | Self::Push(step) | Self::Open(step) => step.message(),
            Self::Follow => "",
        }
    }

    /// What the user can do about it; may be empty.
    pub fn hint(&self) -> &str {
        if let Some(StepState::Waiting { hint, .. }) = self.step() { hint } else { "" }
    }

    pub fn is_over(&self) -> bool {
        matches!(self, Self::End(_))
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::End(End::Done { .. }))
    }

    /// Whether it continues only when the user says so.
    pub fn is_waiting(&self) -> bool {
        self.can_resume() || matches!(self, Self::Review { .. })
    }

    /// Whether the user can let it go on as it is.
    pub fn can_resume(&self) -> bool {
        self.step().is_some_and(|step| matches!(step, StepState::Waiting { .. }))
    }

    /// The state of a step, if one is under way.
    pub fn step(&self) -> Option<&StepState> {
        match self {
            Self::Prepare(step) | Self::Fork(step) | Self::Push(step) | Self::Open(step) => Some(step),
            Self::Review { .. } | Self::Follow | Self::End(_) => None,
        }
    }

    pub(super) fn step_mut(&mut self) -> Option<&mut StepState> {
        match self {
            Self::Prepare(step) | Self::Fork(step) | Self::Push(step) | Self::Open(step) => Some(step),
            Self::Review { .. } | Self::Follow | Self::End(_) => None,
        }
    }
}

impl StepState {
    /// Whether it is being looked up because the user wants it done.
    pub(super) fn is_resumed(&self) -> bool {
        matches!(self, Self::Checking { is_resumed: true, .. })
    }

    pub(super) fn message(&self) -> &str {
        match self {
            Self::Sent => "",
            Self::Checking { why, .. } | Self::Waiting { why, .. } => why,
        }
    }
}

impl ChangeProgress {
    /// Adds a line of its history. What others have said may hold their passwords.
    pub(super) fn note(&mut self, now: Timestamp, text: impl Into<String>) {
        let text = redact(&text.into()).into_owned();
        if self.log.last().is_none_or(|last| last.text != text) {
            self.log.push(LogLine { at: now, text });
        }
    }

    /// What a journal keeps of it.
    pub(in crate::state::jobs) fn recorded(&self) -> Self {
        Self { asked: None, trouble: None, is_asking: false, ..self.clone() }
    }

    /// Enters a phase.
    pub(super) fn enter(&mut self, now: Timestamp, phase: ChangePhase) {
        self.since = Some(now);
        self.phase = phase;
    }

    pub(super) fn end(&mut self, now: Timestamp, end: End) {
        let phase = ChangePhase::End(end);
        let text = match phase.message() {
            "" => phase.word().to_owned(),
            message => format!("{}: {message}", phase.word()),
        };
        self.note(now, text);
        self.ended = Some(now);
        self.enter(now, phase);
    }
}
