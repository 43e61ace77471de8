//! A pod that no node takes (Kubernetes `pkg/scheduler/framework/types.go`, `FitError`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::{brief, unfit};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "unschedulable", doc: "no node takes a pod", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if !clue.is_pod() || !matches!(clue.reason, "Unschedulable" | "SchedulingGated") {
        return None;
    }
    if clue.reason == "SchedulingGated" {
        return Some(clue.diagnose("it is held back by a scheduling gate").press(&[Remedy::Events]));
    }
    let unfit = brief(unfit(clue.message));
    let condition = Witness::Condition { kind: "PodScheduled".to_owned(), reason: clue.reason.to_owned() };
    let key = format!("{} {unfit}", clue.reference().namespace);
    Some(clue.diagnose(format!("no node takes it: {unfit}")).keyed(key).by(condition).press(&[Remedy::File, Remedy::Events]))
}
