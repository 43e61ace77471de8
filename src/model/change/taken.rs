//! Which commits a change takes back: found in the history once, and kept in the journal, so that planning it again takes back the same.

use serde::{Deserialize, Serialize};

use crate::domain::text::counted;
use crate::domain::{CommitNote, HistoryEnd};

/// Commits that are taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// The newest first.
    pub commits: Vec<TakenCommit>,
    /// One commit with all that it did; else only what belongs to the object.
    pub is_whole: bool,
    /// Image automation that would write over it is suspended in the same change.
    pub suspends: bool,
}

/// A commit, as far as it is named. Its texts are sanitised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenCommit {
    /// Its whole id.
    pub id: String,
    pub author: String,
    pub subject: String,
}

/// The commits that may have changed an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVersions {
    /// The newest first.
    pub commits: Vec<CommitNote>,
    /// Why there are no older ones.
    pub end: HistoryEnd,
}

impl From<&CommitNote> for TakenCommit {
    fn from(note: &CommitNote) -> Self {
        Self { id: note.id.clone(), author: note.author.clone(), subject: note.subject.clone() }
    }
}

impl TakenCommit {
    /// Its first digits.
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }

    /// `1f2e3d4 "bump web" by ana`.
    pub fn words(&self) -> String {
        format!("{} \"{}\" by {}", self.short(), self.subject, self.author)
    }
}

impl TakenBack {
    /// The oldest: before that is where it goes back to.
    pub fn oldest(&self) -> Option<&TakenCommit> {
        self.commits.last()
    }

    /// The oldest by its first digits.
    pub fn name(&self) -> String {
        self.oldest().map(|commit| commit.short().to_owned()).unwrap_or_default()
    }

    /// `1f2e3d4 "bump web" by ana`, `1f2e3d4 "bump web" by ana and 2 later commits`.
    pub fn words(&self) -> String {
        let Some(oldest) = self.oldest() else { return "no commit".to_owned() };
        match self.commits.len() - 1 {
            0 => oldest.words(),
            later => format!("{} and {}", oldest.words(), counted(later, "later commit")),
        }
    }

    /// What a change of an object is called that takes them back.
    pub fn title(&self, object: &str) -> String {
        let subject = self.oldest().map(|commit| commit.subject.as_str()).unwrap_or_default();
        match self.is_whole {
            true => format!("Revert \"{subject}\""),
            false => format!("Roll back {object} to before \"{subject}\""),
        }
    }
}
