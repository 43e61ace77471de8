//! An object that others refer to, or that was applied, and that is not there.

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::remedy::Remedy;
use crate::insight::why::walk::Lead;

pub(super) const RULE: CauseRule = CauseRule { name: "missing-object", doc: "an object that others need does not exist", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.object.is_some() {
        return None;
    }
    let (says, remedies): (_, &[Remedy]) = match clue.via {
        Some(Lead::Dependency) => ("it does not exist, and others wait for it", &[Remedy::File]),
        Some(_) => ("it does not exist, and others need it", &[Remedy::File]),
        None if clue.sight.store.is_applied(clue.node) => {
            ("it was applied and is gone: what applies it puts it back when it is reconciled", &[Remedy::Reconcile])
        }
        None => ("it does not exist", &[]),
    };
    Some(clue.diagnose(says).keyed(clue.reference().to_string()).by(Witness::Absence).press(remedies))
}
