//! A Deployment whose rollout somebody has paused (`spec.paused`; Kubernetes `pkg/controller/deployment/sync.go`, `DeploymentPaused`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "paused", doc: "the rollout of a Deployment is paused", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let object = clue.object.filter(|_| clue.health != crate::domain::Health::Ready)?;
    let paused = object.conditions.iter().find(|condition| &*condition.reason == "DeploymentPaused")?;
    let witness = Witness::Condition { kind: paused.kind.to_string(), reason: paused.reason.to_string() };
    let text = "its rollout is paused: nothing new is rolled out until `spec.paused` is taken away";
    Some(clue.diagnose(text).keyed(clue.reference().to_string()).by(witness).since(paused.since).press(&[Remedy::File]))
}
