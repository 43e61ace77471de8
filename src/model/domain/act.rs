//! One line of the log of acts: who did what to which object when, with which equivalent line, and what came of it.
//!
//! It is for people: a line is written before each request and whenever an act has come further, so that of a program that was killed the
//! next one can say how far it had come. What goes on with a job is its journal, not this.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

impl Act {
    /// Whether two lines speak of the same act.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.at, &self.action, &self.object, &self.context) == (other.at, &other.action, &other.object, &other.context)
    }
}
