//! A release that Helm left in a pending state: each further action is refused (helm.sh/helm `pkg/action`, `errPending`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::says;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "release-locked", doc: "a Helm release is locked: an action on it was cut off and left it pending", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    let is_locked = says(
        message,
        &[
            "another operation (install/upgrade/rollback) is in progress",
            "pending-install",
            "pending-upgrade",
            "pending-rollback",
        ],
    );
    let text = "Helm's release is locked: an earlier action was cut off and left it pending; a rollback by Helm, or deleting its last Secret, frees it";
    is_locked.then(|| clue.diagnose(text).press(&[Remedy::Reset, Remedy::Reconcile]))
}
