//! An artifact that source-controller does not serve (fluxcd/pkg `http/fetch`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "artifact-server",
    doc: "source-controller does not serve an artifact: it does not answer, has lost it, or its network is closed",
    find,
};

/// Words of who could not fetch an artifact.
pub(in crate::insight::why) const NOT_FETCHED: &[&str] =
    &["failed to download archive", "failed to verify archive", "failed to fetch artifact", "computed digest doesn't match"];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|message| clue.kind.is_flux() && says(message, NOT_FETCHED))?;
    let text = match () {
        () if says(message, &["digest doesn't match"]) => "the artifact that it got is not the one that its source names",
        () if says(message, &["404", "file not found"]) => {
            "source-controller has no such artifact any more: its storage was lost, and the source has to be fetched again"
        }
        () => "source-controller does not serve the artifact: it does not run, or a network policy is between them",
    };
    Some(clue.diagnose(format!("{text} ({})", brief(message))).press(&[Remedy::ReconcileWithSource, Remedy::Reconcile]))
}
