//! A Deployment whose rollout somebody has paused (`spec.paused`; Kubernetes `pkg/controller/deployment/sync.go`, `DeploymentPaused`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "paused", doc: "the rollout of a Deployment is paused", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.reason != "DeploymentPaused" {
        return None;
    }
    let text = "its rollout is paused: nothing new is rolled out until `spec.paused` is taken away";
    Some(clue.diagnose(text).keyed(clue.reference().to_string()).by(Witness::Spec).press(&[Remedy::File]))
}
