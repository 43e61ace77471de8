//! What of a change is news wherever its user is: merged, applied, rolled out, stuck, or over; each once.

use super::{Change, ChangePhase, Reached};
use crate::domain::{Pull, PullState};
use crate::error::Error;

/// How far a change has come, as far as that is news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeMilestones {
    is_merged: bool,
    is_applied: bool,
    is_stuck: bool,
    is_over: bool,
}

/// A line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeNews {
    Good(String),
    /// Something that has to be looked at.
    Bad(Error),
}

impl ChangeMilestones {
    pub fn of(change: &Change) -> Self {
        let pull = change.progress.pull.as_ref();
        Self {
            is_merged: pull.is_some_and(|pull| matches!(pull.state, PullState::Merged(_))),
            is_applied: matches!(change.progress.rollout.applied, Reached::Seen { .. }),
            is_stuck: pull.is_some_and(Pull::is_stuck),
            is_over: change.phase().is_over(),
        }
    }

    /// What is new since then: the last of it, which says the rest.
    pub fn news(self, since: &Self, change: &Change) -> Option<ChangeNews> {
        let (phase, title) = (change.phase(), &change.pull.title);
        let number = change.progress.pull.as_ref().map(|pull| format!("#{}", pull.number)).unwrap_or_default();
        let good = |what: &str| Some(ChangeNews::Good(format!("{title}: {number} {what}")));
        let bad = |text: String| Some(ChangeNews::Bad(Error::failed(text, "J shows it")));
        match () {
            () if self.is_over && !since.is_over => {
                let text = match phase.message() {
                    "" => format!("{title}: {}", phase.word()),
                    message => format!("{title}: {}: {message}", phase.word()),
                };
                if phase.is_done() { Some(ChangeNews::Good(text)) } else { bad(text) }
            }
            () if *phase != ChangePhase::Follow => None,
            () if self.is_applied && !since.is_applied => good("is applied"),
            () if self.is_merged && !since.is_merged => good("is merged"),
            () if self.is_stuck && !since.is_stuck => bad(format!("{title}: the forge cannot merge {number} at present")),
            () => None,
        }
    }
}
