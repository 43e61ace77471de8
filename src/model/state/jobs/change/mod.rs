//! A change in git as a job: what was confirmed, and its progress from the commit to the pods.
//!
//! ```text
//!  prepare → push → open → follow → end
//!   │ ↑ │      └→ waits for a word: the user may not push, and there may be a fork to push to
//!   │ └→ fork: one is made, and everything is looked up once more
//!   └→ review: the branch has moved, and the plan is another one
//! ```
//! *Prepare* fetches, plans and proves again, and makes the commit: it stays on this machine and may be repeated. *Push* and *open* are sent
//! once, as is a *fork*: where a reply is lost, the branch, the pull request or the fork is looked up, and nothing is sent before that is known. A push that has not
//! arrived is sent once more. A step that failed waits for the user and loses nothing; a push that is resumed and has not arrived is
//! planned again before. A change whose progress cannot be written down sends nothing.
//!
//! Everything that it holds goes into the journal: no credential, and of files only the lines that a person edited.

mod advance;
mod behind;
mod chart;
#[cfg(test)]
mod faults;
mod follow;
mod milestones;
mod progress;
#[cfg(test)]
pub(in crate::state) mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use behind::behind;
pub use follow::{Reached, Rollout};
pub use milestones::{ChangeMilestones, ChangeNews};
pub use progress::{ChangePhase, ChangeProgress, End, StepState};

use super::item::Task;
use crate::change::{ChangeOrder, ForgeChoice, Proposal, ProposedField, ReviewedAnswers};
use crate::domain::fork::ForkOffer;
use crate::domain::{ClusterId, NewPull, ObjectRef, Pull};

/// A change in git.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The object in the cluster; none where no cluster is looked at.
    pub target: Option<ObjectRef>,
    /// The Flux Kustomization that applies it, if it is known.
    pub applier: Option<ObjectRef>,
    pub order: ChangeOrder,
    /// `Kind namespace/name`.
    pub object: String,
    pub fields: Vec<ProposedField>,
    /// Names the patch and the proof that were confirmed.
    pub digest: String,
    /// The pull request, but for its head ([`Self::new_pull`]).
    pub pull: NewPull,
    /// The message of the commit.
    pub message: String,
    /// The time of the commit: the same plan makes the same commit.
    pub at: Timestamp,
    pub goal: ChangeGoal,
    /// The review named a forge and a token for it: where one is missing later, the change waits, and nobody has to open it by hand.
    #[serde(default)]
    pub has_forge: bool,
    /// What others had answered then: they are asked again where the base has moved.
    #[serde(default)]
    pub answers: ReviewedAnswers,
    pub progress: ChangeProgress,
}

/// How far a change is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ChangeGoal {
    /// Until the pull request is open.
    Opened,
    Merged,
    /// Until the cluster has applied it.
    Applied,
    /// Until everything that runs has the new value.
    #[default]
    RolledOut,
}

/// A confirmed proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    pub proposal: Proposal,
    pub target: Option<ObjectRef>,
    pub applier: Option<ObjectRef>,
    pub goal: ChangeGoal,
}

/// One step of a change, for the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeStep {
    /// Fetch, plan and prove again, find a branch, make the commit.
    Prepare,
    /// Make a fork, and wait until it can be pushed to.
    Fork,
    /// Is there a fork, and can it be pushed to?
    FindFork,
    Push,
    /// Where is the branch at the remote?
    FindBranch,
    Open,
    /// Which pull requests does the branch have?
    FindPull,
    /// How is the pull request?
    Look(u64),
    /// Is the merge part of this revision of the source?
    Contains {
        revision: String,
    },
    /// Do the live objects carry the new values?
    Carries,
}

/// The reply to a step.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeOutcome {
    Prepared(Box<PreparedChange>),
    /// The base branch has all of it by now.
    Unchanged,
    /// The plan or its proof is not the one that was confirmed.
    Differs {
        why: String,
    },
    /// The fork that was made.
    Forked(String),
    /// What there is of forks.
    Fork(ForkOffer),
    /// The push was refused, because the user may not push there: nothing was done. What there is instead.
    MayNotPush {
        why: String,
        offer: ForkOffer,
    },
    Pushed,
    /// The commit that the branch is at.
    Branch(Option<String>),
    /// Of the branch, the newest first.
    Pulls(Vec<Pull>),
    Pull(Box<Pull>),
    /// It was opened; what the forge did not take of its labels and reviewers, in words.
    Opened {
        pull: Box<Pull>,
        said: Vec<String>,
    },
    /// There is no forge that can be asked: why, and the page where a person opens the pull request.
    NoForge {
        why: String,
        page: Option<String>,
    },
    Contains {
        revision: String,
        is_in: Option<bool>,
    },
    /// None: it cannot be read, and why.
    Carries(Result<bool, String>),
    /// Nothing was done; it can be tried again.
    Failed {
        why: String,
        hint: String,
    },
    /// Whether it was done is not known.
    Lost {
        why: String,
    },
    /// It was not sent, because the progress cannot be written down.
    Unrecorded(String),
}

/// A commit, ready to be pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedChange {
    /// What it is on.
    pub base: String,
    pub commit: String,
    pub branch: String,
    /// The base branch has moved since the review, elsewhere: the patch and its proof are the same.
    pub has_moved: bool,
    /// The checks for which others were asked again there, by name.
    pub again: Vec<String>,
    /// The branch is at the remote already, with this very change.
    pub is_pushed: bool,
    /// The same change was proposed before, and is open.
    pub pull: Option<Pull>,
    /// What is pushed to instead of the repository; none: to that.
    pub fork: Option<ForkOffer>,
}

/// What a change wants next from the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChangeNeed {
    /// A read, or work on this machine: at once.
    Do(ChangeStep),
    /// A request: once it is written down.
    Send(ChangeStep),
}

impl Change {
    /// Whether its pull request is merged.
    pub fn is_merged(&self) -> bool {
        self.progress.pull.as_ref().is_some_and(|pull| pull.merge().is_some())
    }

    /// The page of its pull request, or where a person opens one.
    pub fn page(&self) -> Option<&str> {
        self.progress.pull.as_ref().map(|pull| pull.url.as_str()).or(self.progress.page.as_deref())
    }

    /// A confirmed proposal, before anything was done.
    pub(super) fn of(submission: &Submission, now: Timestamp) -> Self {
        let Submission { proposal, target, applier, goal } = submission;
        let message = crate::change::message(&proposal.order, &proposal.pull.title, &proposal.fields);
        Self {
            target: target.clone(),
            applier: applier.clone(),
            order: proposal.order.clone(),
            object: proposal.object.clone(),
            fields: proposal.fields.clone(),
            digest: proposal.digest.clone(),
            pull: proposal.pull.clone(),
            message,
            at: now,
            goal: *goal,
            has_forge: matches!(proposal.forge, ForgeChoice::Known { .. }),
            answers: ReviewedAnswers::of(proposal),
            progress: ChangeProgress {
                base: proposal.base.clone(),
                branch: proposal.branch.clone(),
                may_fork: proposal.order.may_fork,
                ..ChangeProgress::default()
            },
        }
    }

    /// The pull request to open, from the branch that was pushed.
    pub fn new_pull(&self) -> NewPull {
        NewPull { head: self.progress.branch.clone(), fork: self.progress.fork.clone(), ..self.pull.clone() }
    }

    /// Whether it waits for the user to agree to a fork.
    pub fn can_fork(&self) -> bool {
        let is_offered = self.progress.offer.as_ref().is_some_and(|offer| offer.repository().is_some());
        is_offered && matches!(self.progress.phase, ChangePhase::Push(StepState::Waiting { .. }))
    }

    /// The objects in the cluster that it changes: those that it was asked for, and those that decide on them.
    pub fn objects(&self) -> Vec<ObjectRef> {
        let Some(target) = &self.target else { return Vec::new() };
        let mut found = vec![target.clone()];
        for object in self.fields.iter().filter_map(|field| field.of.as_ref()).map(|of| of.moved(target.cluster)) {
            if !found.contains(&object) {
                found.push(object);
            }
        }
        found
    }

    /// The phase under way.
    pub fn phase(&self) -> &ChangePhase {
        &self.progress.phase
    }

    pub(super) fn bind(&mut self, cluster: ClusterId) {
        for object in [&mut self.target, &mut self.applier].into_iter().flatten() {
            *object = object.moved(cluster);
        }
    }

    pub(super) fn task(&self, job: super::JobId) -> Task {
        Task { job, item: 0, turn: self.progress.turn }
    }

    /// The equivalent command, without its title and its reason.
    pub fn line(&self) -> String {
        self.order.line()
    }
}
