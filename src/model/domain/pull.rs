//! Pull requests as all forges have them: what is asked for, and what the forge reports. GitLab calls them merge requests.
//!
//! Every text in here comes from a forge or a user: it is sanitised where it is drawn. Talking to a forge does *not* belong here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A pull request to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPull {
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The branch that is to be merged, in the same repository.
    pub head: String,
    /// The branch that it is merged into.
    pub base: String,
    pub is_draft: bool,
    /// By name; a forge has to have them.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Who is asked for a review: names of users, `organisation/team` where the forge has those.
    #[serde(default)]
    pub reviewers: Vec<String>,
}

impl NewPull {
    /// Whether something is to be said of it once it is open.
    pub fn is_marked(&self) -> bool {
        !self.labels.is_empty() || !self.reviewers.is_empty()
    }
}

/// A pull request as its forge reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    pub number: u64,
    /// For a browser.
    pub url: String,
    pub title: String,
    pub head: String,
    /// The commit that the branch is at; empty if the forge does not report it.
    pub head_commit: String,
    pub base: String,
    pub is_draft: bool,
    pub state: PullState,
    /// Checks of its head commit; none if they were not asked for or may not be read.
    pub checks: Option<Checks>,
    /// Whether its commits can be merged as they are, whatever reviews and checks say; none where the forge was not asked, or is still
    /// finding out. A draft may be of either.
    #[serde(default)]
    pub is_mergeable: Option<bool>,
    /// The forge merges it by itself as soon as it may: auto-merge, a place in a merge train. False where its API does not report it, as
    /// GitHub's does not for a merge queue.
    #[serde(default)]
    pub is_queued: bool,
}

/// Whether it can still be merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PullState {
    Open,
    /// Closed without being merged.
    Closed,
    Merged(Merge),
}

/// How it was merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The commit on the base branch that contains the change: of a merge, a squash or a rebase. Empty if the forge does not report it.
    pub commit: String,
    pub by: Option<String>,
    pub at: Option<Timestamp>,
}

/// How many checks (commit statuses, check runs, pipelines) have which result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    pub passed: u32,
    pub failed: u32,
    pub pending: u32,
}

impl Pull {
    /// Whether it is meant to be merged, and the forge cannot: it conflicts with its base, mostly.
    pub fn is_stuck(&self) -> bool {
        self.is_open() && !self.is_draft && self.is_mergeable == Some(false)
    }

    /// Its state, for people: `queued` is one of an open pull request.
    pub fn word(&self) -> &'static str {
        if self.is_open() && self.is_queued { "queued" } else { self.state.word() }
    }

    pub fn is_open(&self) -> bool {
        self.state == PullState::Open
    }

    /// The merge, if it is merged.
    pub fn merge(&self) -> Option<&Merge> {
        if let PullState::Merged(merge) = &self.state { Some(merge) } else { None }
    }
}

impl PullState {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Merged(_) => "merged",
        }
    }
}

impl Checks {
    /// All of them.
    pub fn count(self) -> u32 {
        self.passed + self.failed + self.pending
    }
}
