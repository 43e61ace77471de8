//! An object that waits for nothing that is wrong: it is asked again soon.

use super::CauseRule;
use crate::domain::{Health, Relation};
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "waiting",
    doc: "the object waits, and what it waits for is ready by now, or works on a new revision",
    find,
};

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.health != Health::Waiting {
        return None;
    }
    // a dependency of the same source has to have applied the same revision (kustomize-controller `checkDependencies`)
    let behind = clue
        .sight
        .out(clue.node, Relation::DependsOn)
        .find(|node| clue.sight.object(*node).is_some_and(|object| object.facts.attempted != object.facts.revision));
    let says = match behind {
        Some(node) => format!("it waits until {} has applied the newest revision", clue.sight.reference(node)),
        None => format!("{}: it looks again by itself", brief(clue.message)),
    };
    Some(clue.diagnose(says).press(&[Remedy::Reconcile]))
}
