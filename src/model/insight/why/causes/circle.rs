//! Objects that wait for one another: none of them ever begins (kustomize-controller and helm-controller look for no circles).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "circular-dependency", doc: "objects wait for one another by dependsOn", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let first = *clue.circle.first()?;
    let names: Vec<_> = clue.circle.iter().chain([&first]).map(|node| clue.sight.reference(*node).path()).collect();
    let mut members: Vec<_> = clue.circle.iter().map(|node| clue.sight.reference(*node).to_string()).collect();
    members.sort();
    let found = clue.diagnose(format!("they wait for one another: {}", names.join(" → ")));
    Some(found.keyed(members.join(" ")).by(Witness::Graph).press(&[Remedy::File]))
}
