//! Pull requests as all forges have them: what is asked for, and what the forge reports. GitLab calls them merge requests.
//!
//! Every text in here comes from a forge or a user: it is sanitised where it is drawn. Talking to a forge does *not* belong here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::health::Health;
use super::text::counted;

/// A pull request to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPull {
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The branch that is to be merged.
    pub head: String,
    /// The fork that has it, `OWNER/NAME`; none where it is in the same repository.
    #[serde(default)]
    pub fork: Option<String>,
    /// The branch that it is merged into.
    pub base: String,
    pub is_draft: bool,
    /// The forge is asked to merge it by itself once its checks have passed; only where its base requires one.
    #[serde(default)]
    pub merges_later: bool,
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
    /// The login of the user who opened it; empty if the forge does not report it.
    #[serde(default)]
    pub author: String,
    #[serde(default)]
    pub opened: Option<Timestamp>,
    /// Its branch is in another repository, or was in one that is gone.
    #[serde(default)]
    pub is_fork: bool,
    /// What reviewers say of it; none if they were not asked for or may not be read.
    #[serde(default)]
    pub reviews: Option<Reviews>,
}

/// The last verdict of each reviewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviews {
    pub approved: u32,
    /// Changes were requested.
    pub rejected: u32,
    /// How many approvals its base branch asks for; none where the forge does not report it to everybody.
    pub required: Option<u32>,
}

/// The open pull requests of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenPulls {
    /// The newest first.
    pub pulls: Vec<Pull>,
    /// There are older ones, which were not read.
    pub has_more: bool,
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

    /// How it is in a word, with the health of an object that is so: what is in its way comes first.
    pub fn standing(&self) -> (Health, &'static str) {
        let checks = self.checks.unwrap_or_default();
        let reviews = self.reviews.unwrap_or_default();
        match () {
            () if !self.is_open() => (Health::Ready, self.state.word()),
            () if self.is_stuck() => (Health::Stalled, "conflict"),
            () if checks.failed > 0 => (Health::Failed, "failing"),
            () if self.is_draft => (Health::Suspended, "draft"),
            () if self.is_queued => (Health::Progressing, "queued"),
            () if reviews.rejected > 0 => (Health::Stalled, "rejected"),
            () if checks.pending > 0 => (Health::Progressing, "checking"),
            () if reviews.approved > 0 && reviews.approved >= reviews.required.unwrap_or(1) => (Health::Ready, "approved"),
            () => (Health::Waiting, "open"),
        }
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

    /// `1 of 2 passed, 1 failed`; empty where there are none.
    pub fn words(self) -> String {
        if self.count() == 0 {
            return String::new();
        }
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        format!("{} of {} passed{failed}", self.passed, self.count())
    }
}

impl Reviews {
    /// `1 of 2 approvals`, `1 approval`, `changes requested`; empty where nobody has said anything and nothing is asked for.
    pub fn words(self) -> String {
        let approved = match self.required.filter(|required| *required > 0) {
            Some(required) => format!("{} of {}", self.approved, counted(required as usize, "approval")),
            None if self.approved > 0 => counted(self.approved as usize, "approval"),
            None => String::new(),
        };
        let rejected = if self.rejected > 0 { "changes requested" } else { "" };
        [approved.as_str(), rejected].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_and_reviews_in_words() {
        let checks = |passed, failed, pending| Checks { passed, failed, pending }.words();
        assert_eq!([checks(0, 0, 0), checks(1, 1, 1)], ["", "1 of 3 passed, 1 failed"]);
        for (approved, rejected, required, words) in [
            (0, 0, None, ""),
            (0, 0, Some(0), ""),
            (1, 0, None, "1 approval"),
            (0, 0, Some(1), "0 of 1 approval"),
            (1, 1, Some(2), "1 of 2 approvals, changes requested"),
            (0, 1, None, "changes requested"),
        ] {
            assert_eq!(Reviews { approved, rejected, required }.words(), words);
        }
    }
}
