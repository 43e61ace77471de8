//! A pod that no node takes (Kubernetes `pkg/scheduler/framework/types.go`, `FitError`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "unschedulable", doc: "no node takes a pod", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if !clue.is_pod() || !matches!(clue.reason, "Unschedulable" | "SchedulingGated") {
        return None;
    }
    if clue.reason == "SchedulingGated" {
        return Some(clue.diagnose("it is held back by a scheduling gate").press(&[Remedy::Events]));
    }
    // `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {…}. preemption: …`
    let why = clue.message.split_once(": ").map_or(clue.message, |(_, why)| why);
    let why = ["preemption:", "no new claims", "Preemption is not helpful"]
        .iter()
        .filter_map(|cut| why.find(cut))
        .min()
        .map_or(why, |at| &why[..at]);
    let why = brief(why);
    let condition = Witness::Condition { kind: "PodScheduled".to_owned(), reason: clue.reason.to_owned() };
    let key = format!("{} {why}", clue.reference().namespace);
    Some(clue.diagnose(format!("no node takes it: {why}")).keyed(key).by(condition).press(&[Remedy::File, Remedy::Events]))
}
