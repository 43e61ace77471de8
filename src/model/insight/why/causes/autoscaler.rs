//! An autoscaler that cannot scale (Kubernetes `pkg/controller/podautoscaler/horizontal.go`): it is ready all the same, for kstatus.

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;
use crate::kinds::Trait;

pub(super) const RULE: CauseRule =
    CauseRule { name: "autoscaler", doc: "an autoscaler cannot scale: no metrics, no requests, or no target", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if !clue.kind.has(Trait::Scaler) || clue.reason.is_empty() {
        return None;
    }
    let text = match () {
        () if clue.reason == "FailedGetScale" => "its target is not there, or cannot be scaled",
        () if says(clue.message, &["missing request for"]) => "a container of its target requests nothing of what it measures",
        () if says(
            clue.message,
            &["could not find the requested resource", "no metrics returned", "unable to fetch metrics"],
        ) =>
        {
            "there are no metrics of its pods: the metrics server is missing, or has none yet"
        }
        () => "it cannot say how many replicas are needed",
    };
    // `AbleToScale` is about the target, `ScalingActive` about the metrics
    let kind = if matches!(clue.reason, "FailedGetScale" | "FailedUpdateScale") { "AbleToScale" } else { "ScalingActive" };
    let witness = Witness::Condition { kind: kind.to_owned(), reason: clue.reason.to_owned() };
    let found = clue.diagnose(format!("it cannot scale: {text} ({})", brief(clue.message)));
    Some(found.keyed(clue.reference().to_string()).by(witness).press(&[Remedy::Events, Remedy::File]))
}
