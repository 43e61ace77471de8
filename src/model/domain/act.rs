//! One line of the log of acts: who did what to which object when, with which equivalent line, and its outcome.
//!
//! It is for people: a line is written before each request and at each progress, so that after a kill the next run can say how far the
//! act was. A job is continued from its journal, not from this.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One act on one object. Written before it is requested, at each progress, and at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When it was requested; with `object`, `action` and `context` what joins the lines of an act.
    pub at: Timestamp,
    pub context: String,
    pub user: String,
    pub action: String,
    /// `Kind namespace/name`.
    pub object: String,
    /// The equivalent `flux` or `kubectl` line.
    pub line: String,
    /// None while it is under way.
    pub outcome: Option<String>,
    /// While it is under way: its progress, as a clause that is true if it is no longer followed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last: String,
    pub ended: Option<Timestamp>,
}

impl Act {
    /// Whether two lines are about the same act.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.at, &self.action, &self.object, &self.context) == (other.at, &other.action, &other.object, &other.context)
    }
}
