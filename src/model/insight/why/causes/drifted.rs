//! A release that is ready and is not what its chart says: `driftDetection.mode: warn` (helm-controller `reconcile/atomic_release.go`).

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::{after, brief};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "drifted", doc: "a release is ready, and objects of it were changed in the cluster", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.reason != "DriftDetected" || clue.health != Health::Ready {
        return None;
    }
    let why = after(clue.message, &["from the desired state:"]).unwrap_or(clue.message);
    let witness = Witness::Condition { kind: "Drifted".to_owned(), reason: clue.reason.to_owned() };
    let text = format!("objects of it were changed in the cluster: {}", brief(why));
    Some(clue.diagnose(text).by(witness).press(&[Remedy::Reconcile, Remedy::File]))
}
