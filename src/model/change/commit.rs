//! A commit of a repository as it is read: who made it, when and what for, and what it changed; and, of what applies a repository, all that
//! is between the revision that it applied and the one that was fetched.

use super::proposal::ProposedFile;
use crate::domain::{CommitNote, HistoryEnd};
use crate::insight::declared::Commit;

/// Which commit is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitAsk {
    /// That of the revision that an object has: that its applier attempted last, or that a source has fetched.
    Present,
    /// The one that a person names, in the repository of the object: an id, a part of one, a branch, a revision as Flux writes it.
    Named(String),
    /// This one.
    At(Commit),
}

/// A commit, with what it changed.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitReview {
    pub at: Commit,
    pub note: CommitNote,
    /// None where its parent is not here, as at the end of a shallow clone.
    pub changed: Option<PatchText>,
    /// What is fetched and not applied yet, where the object's applier says so.
    pub range: Option<RangeReview>,
}

/// The commits between two revisions, and what they change together.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeReview {
    /// As Flux writes them.
    pub applied: String,
    pub fetched: String,
    /// The newest first.
    pub commits: Vec<CommitNote>,
    pub end: HistoryEnd,
    pub changed: PatchText,
}

/// Changed files as a patch that may be shown: values of Secrets are masked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatchText {
    pub files: Vec<ProposedFile>,
    pub patch: String,
    /// Files that are left out, since there are too many.
    pub left_out: usize,
}
