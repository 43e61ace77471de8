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
    /// Unknown, or no longer followed: not a failure.
    Unknown,
    /// It has failed, or was not done.
    Failed,
}

impl Act {
    /// Whether two lines are about the same act.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.at, &self.action, &self.object, &self.context) == (other.at, &other.action, &other.object, &other.context)
    }
}
