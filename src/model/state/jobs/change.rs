//! A change in git as a job: which playbook, on what, with which answers, and its progress. So far only the phases are here.
//!
//! ```text
//!  draft → survey → review → commit → push → open → merge → follow → end
//! ```
//! Steps that only read (survey) or stay on this machine (commit) may be repeated. Steps at a remote are sent once and looked up if
//! their reply is lost, like requests of acts. A change whose progress cannot be written down stops.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ObjectRef;

/// A change in git.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it is about.
    pub target: ObjectRef,
    /// The recipe, by name.
    pub playbook: String,
    /// What the user answered, by field.
    pub answers: BTreeMap<String, String>,
    /// The commit it starts from; empty before the survey.
    pub base: String,
    pub phase: ChangePhase,
}

/// How far a change has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangePhase {
    /// The user fills in the form.
    Draft,
    /// The repository is fetched, and the place of the change is looked for.
    Survey,
    /// The user looks at what would be written; `digest` names exactly that.
    Review {
        digest: String,
    },
    /// The commit is being made, on this machine.
    Commit,
    Push {
        oid: String,
        step: Remote,
    },
    Open {
        step: Remote,
    },
    Merge {
        step: Remote,
    },
    /// It is in git: the cluster is watched until it shows it.
    Follow,
    End(End),
}

/// How far a step at a remote has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remote {
    /// The request is out.
    Sent,
    /// Nobody knows whether the request arrived: the remote is being looked at.
    Checking { why: String },
}

/// How a change has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Done,
    Failed {
        why: String,
    },
    /// The user stopped it, or it could not be written down.
    Stopped {
        why: String,
    },
}

impl ChangePhase {
    /// One word for lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Survey => "survey",
            Self::Review { .. } => "review",
            Self::Commit => "commit",
            Self::Push { step: Remote::Sent, .. } => "push",
            Self::Open { step: Remote::Sent } => "open",
            Self::Merge { step: Remote::Sent } => "merge",
            Self::Push { .. } | Self::Open { .. } | Self::Merge { .. } => "unknown, checking",
            Self::Follow => "follow",
            Self::End(End::Done) => "done",
            Self::End(End::Failed { .. }) => "failed",
            Self::End(End::Stopped { .. }) => "stopped",
        }
    }

    /// What is to be said beyond the word.
    pub fn message(&self) -> &str {
        match self {
            Self::End(End::Failed { why } | End::Stopped { why }) => why,
            Self::Push { step: Remote::Checking { why }, .. }
            | Self::Open { step: Remote::Checking { why } }
            | Self::Merge { step: Remote::Checking { why } } => why,
            _ => "",
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self, Self::End(_))
    }

    pub fn is_done(&self) -> bool {
        *self == Self::End(End::Done)
    }

    fn step_mut(&mut self) -> Option<&mut Remote> {
        match self {
            Self::Push { step, .. } | Self::Open { step } | Self::Merge { step } => Some(step),
            _ => None,
        }
    }
}

impl Change {
    /// It could not be written down how far it has come, so nothing more was sent: it stops, and says why.
    pub(super) fn unrecorded(&mut self, why: &str) {
        self.stop(format!("it cannot be written down how far it has come: {why}"));
    }

    /// Ends what is not over.
    pub(super) fn stop(&mut self, why: String) {
        if !self.phase.is_over() {
            self.phase = ChangePhase::End(End::Stopped { why });
        }
    }

    /// Goes on in another run: what was sent is looked up and never sent again.
    pub(super) fn take_up(&mut self) {
        if let Some(step) = self.phase.step_mut() {
            *step = Remote::Checking { why: super::steer::ENDED.to_owned() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ClusterId, GroupKind};

    fn change(phase: ChangePhase) -> Change {
        let target = ObjectRef::new(ClusterId(0), GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease"), "apps", "web");
        let answers = BTreeMap::from([("version".to_owned(), "1.2.3".to_owned())]);
        Change { target, playbook: "upgrade".into(), answers, base: "4f1c".into(), phase }
    }

    fn phases() -> Vec<(ChangePhase, &'static str)> {
        let checking = || Remote::Checking { why: "reset".into() };
        let oid = || "9a2b".to_owned();
        vec![
            (ChangePhase::Draft, "draft"),
            (ChangePhase::Survey, "survey"),
            (ChangePhase::Review { digest: "c0ff".into() }, "review"),
            (ChangePhase::Commit, "commit"),
            (ChangePhase::Push { oid: oid(), step: Remote::Sent }, "push"),
            (ChangePhase::Push { oid: oid(), step: checking() }, "unknown, checking"),
            (ChangePhase::Open { step: Remote::Sent }, "open"),
            (ChangePhase::Open { step: checking() }, "unknown, checking"),
            (ChangePhase::Merge { step: Remote::Sent }, "merge"),
            (ChangePhase::Merge { step: checking() }, "unknown, checking"),
            (ChangePhase::Follow, "follow"),
            (ChangePhase::End(End::Done), "done"),
            (ChangePhase::End(End::Failed { why: "closed".into() }), "failed"),
            (ChangePhase::End(End::Stopped { why: "by hand".into() }), "stopped"),
        ]
    }

    #[test]
    fn every_phase_has_a_word_and_is_read_as_it_was_written() {
        for (phase, word) in phases() {
            let change = change(phase);
            let text = serde_json::to_string(&change).expect("a change can be written");
            assert_eq!(serde_json::from_str::<Change>(&text).expect("and read"), change);
            assert_eq!(change.phase.word(), word);
        }
    }

    #[test]
    fn a_change_that_cannot_be_written_down_stops_and_says_why() {
        for (phase, _) in phases() {
            let mut change = change(phase.clone());
            change.unrecorded("no space left on device");
            if phase.is_over() {
                assert_eq!(change.phase, phase, "what is over stays so");
            } else {
                assert!(change.phase.message().ends_with("no space left on device"), "{}", change.phase.message());
                assert!(change.phase.is_over() && !change.phase.is_done());
            }
        }
    }

    #[test]
    fn what_was_sent_at_a_remote_is_looked_up_by_the_next_run() {
        for (phase, word) in phases() {
            let mut change = change(phase.clone());
            change.take_up();
            let expected = if ["push", "open", "merge"].contains(&word) { "unknown, checking" } else { word };
            assert_eq!(change.phase.word(), expected);
        }
    }
}
