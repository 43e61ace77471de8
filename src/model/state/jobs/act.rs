//! One line of the log of acts: who did what to which object when, with which equivalent line, and what came of it.
//!
//! It is for people: a line is written before each request and whenever an act has come further, so that of a program that was killed the
//! next one can say how far it had come. What goes on with a job is its journal, not this.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::item::{Item, Phase};
use super::job::Job;
use crate::domain::text::redact;

/// One act on one object. Written down before it is requested, when it has come further, and when it has come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When it was asked for; with `object`, `action` and `context` what joins the lines of an act.
    pub at: Timestamp,
    pub context: String,
    pub user: String,
    pub action: String,
    /// `Kind namespace/name`.
    pub object: String,
    /// The line of `flux` or `kubectl` that does the same.
    pub line: String,
    /// In words; none while it is under way.
    pub outcome: Option<String>,
    /// How it ended; none while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<ActEnd>,
    /// While it is under way: how far it has come, as a clause that is true of it when nobody follows any more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last: String,
    pub ended: Option<Timestamp>,
}

/// How an act has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActEnd {
    Done,
    /// Nobody knows, or nobody follows it: it is no failure.
    Unknown,
    /// It has failed, or was not done.
    Failed,
}

impl ActEnd {
    fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Done { .. } => Self::Done,
            Phase::Unknown { .. } | Phase::Left { .. } => Self::Unknown,
            _ => Self::Failed,
        }
    }
}

impl Act {
    pub(super) fn of(job: &Job, item: &Item) -> Self {
        let phase = &item.phase;
        let outcome = phase.is_over().then(|| match phase.message() {
            "" => phase.word().to_owned(),
            message => redact(&format!("{}: {message}", phase.word())).into_owned(),
        });
        Self {
            at: job.started,
            context: job.context.clone(),
            user: job.user.clone(),
            action: job.name().to_owned(),
            object: item.object.to_string(),
            line: redact(&item.line).into_owned(),
            outcome,
            end: phase.is_over().then(|| ActEnd::of(phase)),
            last: item.so_far().unwrap_or_default(),
            ended: item.ended,
        }
    }

    /// Whether two lines speak of the same act.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.at, &self.action, &self.object, &self.context) == (other.at, &other.action, &other.object, &other.context)
    }
}
