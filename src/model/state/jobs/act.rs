//! One line of the log of acts: who did what to which object when, with which equivalent line, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::job::{Item, Job};
use crate::domain::text::redact;

/// One act on one object. Written down when it is requested, and again when it has come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When it was asked for; with `object` and `action` what joins the two lines of an act.
    pub at: Timestamp,
    pub context: String,
    pub user: String,
    pub action: String,
    /// `Kind namespace/name`.
    pub object: String,
    /// The line of `flux` or `kubectl` that does the same.
    pub line: String,
    /// None while it is under way, and for ever when the program ended before.
    pub outcome: Option<String>,
    pub ended: Option<Timestamp>,
}

impl Act {
    pub(super) fn of(job: &Job, item: &Item) -> Self {
        let phase = &item.phase;
        let outcome = phase.is_over().then(|| match phase.message() {
            "" => phase.word().to_owned(),
            message => redact(&format!("{}: {message}", phase.word())).into_owned(),
        });
        let context = if job.context.is_empty() { String::new() } else { format!(" --context {}", job.context) };
        Self {
            at: job.started,
            context: job.context.clone(),
            user: job.user.clone(),
            action: job.action.name.to_owned(),
            object: item.object.to_string(),
            line: redact(&format!("{}{context}", item.line)).into_owned(),
            outcome,
            ended: item.ended,
        }
    }

    /// Whether two lines speak of the same act.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.at, &self.action, &self.object, &self.context) == (other.at, &other.action, &other.object, &other.context)
    }
}
