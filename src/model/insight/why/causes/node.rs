//! A node that does not answer, or that has put a pod out (Kubernetes `pkg/kubelet/eviction`).

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "node", doc: "the node of a pod does not answer, or has put the pod out", find };

/// Reasons that a kubelet or the control plane gives for a pod that it ended.
const ENDED: &[&str] = &[
    "Evicted",
    "NodeLost",
    "NodeShutdown",
    "Terminated",
    "Preempting",
    "UnexpectedAdmissionError",
    "NodeAffinity",
    "OutOfcpu",
    "OutOfmemory",
    "OutOfpods",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    if !clue.is_pod() {
        return None;
    }
    let name = clue.object.and_then(|object| object.facts.cells.first()).map_or("", |name| name);
    if let Some(node) = clue.evidence.and_then(|evidence| evidence.node.get())
        && let Some(trouble) = node.troubles.iter().min_by_key(|trouble| trouble.kind != "Ready")
        && (trouble.kind == "Ready" || clue.container().is_none())
    {
        let what = if trouble.kind == "Ready" { "is not ready".to_owned() } else { format!("has {}", trouble.kind) };
        let text = format!("node {} {what}: {}", node.name, brief(&trouble.message));
        return Some(
            clue.diagnose(text)
                .keyed(format!("node {}", node.name))
                .by(Witness::Node)
                .since(trouble.since)
                .press(&[Remedy::Events]),
        );
    }
    if ENDED.contains(&clue.reason) {
        let says = format!("node {name} has put it out ({}): {}", clue.reason, brief(clue.message));
        return Some(clue.diagnose(says).press(&[Remedy::Events]));
    }
    let is_silent = clue.health == Health::Unknown && clue.reason == "Unknown" || says(clue.message, &["node is not ready"]);
    is_silent
        .then(|| clue.diagnose(format!("node {name} does not answer")).keyed(format!("node {name}")).press(&[Remedy::Events]))
}
