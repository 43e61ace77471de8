//! One line of the log of acts: who did what to which object when, with which equivalent line, and its outcome.
//!
//! It is for people: a line is written before each request and at each progress, so that after a kill the next run can say how
//! far the act was. A job is continued from its journal, not from this.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::item::Item;
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
    /// None while it is under way.
    pub outcome: Option<String>,
    /// While it is under way: how far it has come, as a clause that is true of it when nobody follows any more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last: String,
    pub ended: Option<Timestamp>,
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
            last: item.so_far().unwrap_or_default(),
            ended: item.ended,
        }
    }

    /// Whether two lines are about the same act.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.at, &self.action, &self.object, &self.context) == (other.at, &other.action, &other.object, &other.context)
    }
}
