//! One object's part of an act, and its progress.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::JobId;
use crate::actions::Step;
use crate::domain::ObjectRef;
use crate::domain::text::redact;

/// One request of one item: an outcome that comes late finds that the item is somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    pub job: JobId,
    pub item: usize,
    pub turn: u32,
}

/// One object's part of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub object: ObjectRef,
    /// The line that does the same with `flux` or `kubectl`.
    pub line: String,
    /// Never empty.
    pub steps: Vec<Step>,
    /// The step under way.
    pub at: usize,
    pub phase: Phase,
    /// When the step began, or what is waited for now: time limits count from here.
    pub since: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub turn: u32,
    /// How often this step met a conflict.
    pub conflicts: u32,
    /// What the controller had handled last before it was asked, empty for nothing; none where the object was not seen then.
    pub before: Option<String>,
    /// The generation of the object when it was asked; none where it was not seen then. What is older shows nothing of the request.
    #[serde(default)]
    pub generation: Option<i64>,
    /// A failed attempt is not an end: it is watched until it succeeds or the time is over.
    pub patient: bool,
    /// What has happened, for people.
    pub log: Vec<LogLine>,
    /// The object of the step was there in this run's picture of the cluster: if it is not any more, it is gone.
    #[serde(skip)]
    pub is_seen: bool,
}

/// One line of an item's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Timestamp,
    pub text: String,
}

/// How far an item has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Waits for its turn.
    Queued,
    /// Its request could not be written down, so it was not sent: the user says what now.
    Held {
        why: String,
    },
    /// The request is out.
    Sent,
    /// Nobody knows whether the request has arrived, or still will: the object is watched, and read again and again.
    Checking {
        why: String,
        /// When it is read again; none while a read is under way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Timestamp>,
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
    /// No outcome in time; the last that is known.
    TimedOut {
        message: String,
    },
    /// The outcome is unknown.
    Unknown {
        why: String,
    },
    /// Stopped before it started.
    Stopped,
    /// Not begun when the program left: its journal keeps it for a later run.
    Kept,
    /// It was requested, and nobody follows it any more because the user said so, or left.
    Left {
        last: String,
    },
}

impl Phase {
    /// The same without the passwords that others' messages may hold.
    fn redacted(self) -> Self {
        let clean = |text: String| redact(&text).into_owned();
        match self {
            Self::Done { text } => Self::Done { text: clean(text) },
            Self::Failed { message, retries } => Self::Failed { message: clean(message), retries },
            Self::TimedOut { message } => Self::TimedOut { message: clean(message) },
            Self::Unknown { why } => Self::Unknown { why: clean(why) },
            Self::Left { last } => Self::Left { last: clean(last) },
            other => other,
        }
    }

    pub fn is_over(&self) -> bool {
        !self.is_under_way() && !matches!(self, Self::Queued | Self::Held { .. })
    }

    /// Whether something is out: a request, a question, or work of a controller.
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Sent | Self::Checking { .. }) || self.is_followed()
    }

    /// Whether the API server has taken it, and its end is waited for.
    pub fn is_followed(&self) -> bool {
        matches!(self, Self::Requested { .. } | Self::Handled { .. })
    }

    /// Whether it can be watched on.
    pub fn can_go_on(&self) -> bool {
        matches!(self, Self::Failed { retries: true, .. } | Self::TimedOut { .. } | Self::Left { .. })
    }

    /// One word for lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Held { .. } => "held",
            Self::Sent => "sending",
            Self::Checking { .. } => "unknown, checking",
            Self::Requested { .. } => "requested",
            Self::Handled { .. } => "handled",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::TimedOut { .. } => "timed out",
            Self::Unknown { .. } => "unknown",
            Self::Stopped => "stopped",
            Self::Kept => "not begun",
            Self::Left { .. } => "not followed",
        }
    }

    /// What is to be said beyond the word.
    pub fn message(&self) -> &str {
        match self {
            Self::Done { text } => text,
            Self::Failed { message, .. } | Self::TimedOut { message } => message,
            Self::Held { why } | Self::Checking { why, .. } | Self::Unknown { why } => why,
            Self::Stopped => "stopped before it started",
            Self::Kept => "a later run can continue it",
            Self::Left { last } => last,
            Self::Queued | Self::Sent | Self::Requested { .. } | Self::Handled { .. } => "",
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
            generation: None,
            patient: false,
            log: Vec::new(),
            is_seen: false,
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
        let known = match &self.phase {
            Phase::Held { why } => format!("before {what} was requested: {why}"),
            Phase::Sent => format!("while the request for {what} was on its way: whether it arrived is not known"),
            Phase::Checking { .. } => format!("while looking whether the request for {what} had arrived: that is not known"),
            Phase::Requested { .. } => format!("while {what} was requested: the outcome is unknown"),
            Phase::Handled { .. } if own => "while its controller was at work: the outcome is unknown".to_owned(),
            Phase::Handled { .. } => format!("while the controller of {what} was at work: the outcome is unknown"),
            _ => return None,
        };
        let rest = if self.at + 1 < self.steps.len() { "; what was to follow was not requested" } else { "" };
        Some(format!("{known}{rest}"))
    }

    /// How it ends when the user stops it before its next request.
    pub(super) fn halted(&self) -> Phase {
        match self.at {
            0 => Phase::Stopped,
            _ => Phase::Left { last: "what came first is done; what was to follow was not requested".to_owned() },
        }
    }

    /// Adds a line of its history. What others have said may hold their passwords.
    pub(super) fn note(&mut self, now: Timestamp, text: impl Into<String>) {
        let text = redact(&text.into()).into_owned();
        if self.log.last().is_none_or(|last| last.text != text) {
            self.log.push(LogLine { at: now, text });
        }
    }

    pub(super) fn end(&mut self, now: Timestamp, phase: Phase) {
        let phase = phase.redacted();
        let message = phase.message();
        let text = if message.is_empty() { phase.word().to_owned() } else { format!("{}: {message}", phase.word()) };
        self.note(now, text);
        self.ended = Some(now);
        self.phase = phase;
    }
}
