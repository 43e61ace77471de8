//! A health check that failed, of objects that are healthy by now; and what is only under way.

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "under-way",
    doc: "nothing is wrong any more, or not yet: the object is checked again, or is worked on",
    find,
};

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.health == Health::Progressing {
        let text = if clue.message.is_empty() { clue.reason } else { clue.message };
        let text = if text.is_empty() { "it is under way".to_owned() } else { format!("it is under way: {}", brief(text)) };
        return Some(clue.diagnose(text));
    }
    let is_checked = clue.reason == "HealthCheckFailed" && clue.kind.is_flux();
    let is_well_below = is_checked && !clue.sight.below.counts(clue.node).worst().is_some_and(Health::is_failing);
    is_well_below.then(|| {
        let says = format!("a health check failed, and nothing that it applied fails now: {}", brief(clue.message));
        clue.diagnose(says).press(&[Remedy::Reconcile])
    })
}
