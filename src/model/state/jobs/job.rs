//! A job as data: what is being done to which objects, and how far each has come. It can be written down between any two steps.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::actions::{Action, Answers, Step};
use crate::domain::{ClusterId, ObjectRef};
use crate::state::Epoch;

/// The number of a job in this run of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// One request of one item: an outcome that comes late finds that the item is somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    pub job: JobId,
    pub item: usize,
    pub turn: u32,
}

/// One act on one object or many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub cluster: ClusterId,
    pub epoch: Epoch,
    pub context: String,
    /// The Kubernetes user.
    pub user: String,
    pub action: &'static Action,
    pub answers: Answers,
    pub started: Timestamp,
    /// How long one step may take.
    pub timeout: SignedDuration,
    /// Whether it waits for what comes of it, or only until the API server has taken it.
    pub waits: bool,
    /// Items under way at once.
    pub parallel: usize,
    /// What has not started will not.
    pub stopped: bool,
    pub items: Vec<Item>,
}

/// One object's part of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub object: ObjectRef,
    /// The line that does the same with `flux` or `kubectl`.
    pub line: String,
    pub steps: Vec<Step>,
    /// The step under way.
    pub at: usize,
    pub phase: Phase,
    /// When the step began.
    pub since: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub turn: u32,
    /// How often this step met a conflict.
    pub conflicts: u32,
    /// What the controller had handled last before it was asked.
    pub before: Option<String>,
    /// A failed attempt is no end: it is watched until it succeeds or the time is over.
    pub patient: bool,
    /// What has happened, for people.
    pub log: Vec<Entry>,
}

/// One line of an item's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    pub text: String,
}

/// How far an item has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Waits for its turn.
    Queued,
    /// The request is out.
    Sent,
    /// Nobody knows whether the request arrived: the object is being read.
    Checking {
        why: String,
    },
    /// The API server has it, with this generation; the controller has not answered.
    Requested {
        generation: i64,
    },
    /// The controller has taken it up and is at work.
    Handled {
        generation: i64,
    },
    Done {
        text: String,
    },
    /// `retries`: its controller tries again by itself.
    Failed {
        message: String,
        retries: bool,
    },
    /// Nothing came of it in time; the last that is known.
    TimedOut {
        message: String,
    },
    /// It cannot be said what became of it.
    Unknown {
        why: String,
    },
    /// Stopped before it started.
    Stopped,
    /// It was requested, and nobody follows it any more because a person said so, or left.
    Left {
        last: String,
    },
}

impl Phase {
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Queued | Self::Sent | Self::Checking { .. } | Self::Requested { .. } | Self::Handled { .. })
    }

    pub fn is_under_way(&self) -> bool {
        !self.is_over() && *self != Self::Queued
    }

    /// Whether it can be watched on.
    pub fn can_go_on(&self) -> bool {
        matches!(self, Self::Failed { retries: true, .. } | Self::TimedOut { .. } | Self::Left { .. })
    }

    /// One word for lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sending",
            Self::Checking { .. } => "unknown, checking",
            Self::Requested { .. } => "requested",
            Self::Handled { .. } => "handled",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::TimedOut { .. } => "timed out",
            Self::Unknown { .. } => "unknown",
            Self::Stopped => "stopped",
            Self::Left { .. } => "not followed",
        }
    }

    /// What is to be said beyond the word.
    pub fn message(&self) -> &str {
        match self {
            Self::Done { text } => text,
            Self::Failed { message, .. } | Self::TimedOut { message } => message,
            Self::Checking { why } | Self::Unknown { why } => why,
            Self::Stopped => "stopped before it started",
            Self::Left { last } => last,
            _ => "",
        }
    }
}

impl Item {
    pub fn new(object: ObjectRef, steps: Vec<Step>, line: String) -> Self {
        Self {
            object,
            line,
            steps,
            at: 0,
            phase: Phase::Queued,
            since: None,
            ended: None,
            turn: 0,
            conflicts: 0,
            before: None,
            patient: false,
            log: Vec::new(),
        }
    }

    /// The step under way, or the last.
    pub fn step(&self) -> &Step {
        &self.steps[self.at.min(self.steps.len() - 1)]
    }

    /// How long it has taken so far, in seconds.
    pub fn elapsed(&self, now: Timestamp) -> i64 {
        let begin = self.log.first().map(|entry| entry.at);
        begin.map_or(0, |begin| (self.ended.unwrap_or(now).as_second() - begin.as_second()).max(0))
    }

    /// How far it has come, as a clause after "left" or "the program ended": what is said when nobody follows it any more. None where
    /// nothing has been requested, and when it is over.
    pub(super) fn so_far(&self) -> Option<String> {
        let step = self.step();
        let (own, named) = (step.object == self.object, step.object.to_string());
        let what = if own { "it" } else { &named };
        let known = match self.phase {
            Phase::Sent => format!("while the request for {what} was on its way: whether it arrived is not known"),
            Phase::Checking { .. } => format!("while looking whether the request for {what} had arrived: that is not known"),
            Phase::Requested { .. } => format!("while {what} was requested: what came of it is not known"),
            Phase::Handled { .. } if own => "while its controller was at work: what came of it is not known".to_owned(),
            Phase::Handled { .. } => format!("while the controller of {what} was at work: what came of it is not known"),
            _ => return None,
        };
        let rest = if self.at + 1 < self.steps.len() { "; what was to follow was not requested" } else { "" };
        Some(format!("{known}{rest}"))
    }

    pub(super) fn note(&mut self, now: Timestamp, text: impl Into<String>) {
        let text = text.into();
        if self.log.last().is_none_or(|last| last.text != text) {
            self.log.push(Entry { at: now, text });
        }
    }

    pub(super) fn end(&mut self, now: Timestamp, phase: Phase) {
        let message = phase.message();
        let text = if message.is_empty() { phase.word().to_owned() } else { format!("{}: {message}", phase.word()) };
        self.note(now, text);
        self.ended = Some(now);
        self.phase = phase;
    }
}

impl Job {
    pub fn is_over(&self) -> bool {
        self.items.iter().all(|item| item.phase.is_over())
    }

    /// Whether every item has come to a good end.
    pub fn is_done(&self) -> bool {
        self.items.iter().all(|item| matches!(item.phase, Phase::Done { .. }))
    }

    /// Items that are done, that failed (in whatever way), and all.
    pub fn counts(&self) -> (usize, usize, usize) {
        let done = self.items.iter().filter(|item| matches!(item.phase, Phase::Done { .. })).count();
        let failed = self.items.iter().filter(|item| item.phase.is_over() && !matches!(item.phase, Phase::Done { .. })).count();
        (done, failed, self.items.len())
    }

    /// `reconcile Kustomization flux-system/apps`, `suspend 12 objects`.
    pub fn title(&self) -> String {
        match self.items.as_slice() {
            [one] => format!("{} {}", self.action.name, one.object),
            many => format!("{} {} objects", self.action.name, many.len()),
        }
    }

    /// Whether an item may be watched on although its attempt failed, its time is over, or it was left.
    pub fn can_watch_on(&self) -> bool {
        self.items.iter().any(|item| item.phase.can_go_on())
    }
}
