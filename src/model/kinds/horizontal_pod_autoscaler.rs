//! HorizontalPodAutoscaler: current as soon as it exists, since kstatus has no rule for it; the reason why it cannot scale is
//! shown.

use super::draft::{named, number, scalar};
use super::{Column, Draft, Kind, Trait, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "HorizontalPodAutoscaler",
    group: "autoscaling",
    versions: &["v2", "v2beta2", "v2beta1", "v1"],
    plural: "horizontalpodautoscalers",
    short: &["hpa"],
    traits: &[Trait::Scaler],
    columns: &[
        Column::State,
        Column::Replicas,
        Column::Cell("TARGET", 0),
        Column::Cell("MIN", 1),
        Column::Cell("MAX", 2),
        Column::Message,
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    let least = number(spec, &["minReplicas"]).unwrap_or(1).to_string();
    draft.cells([&named(&spec["scaleTargetRef"]), &least, &scalar(&spec["maxReplicas"])]);
    draft.scaler(&spec["scaleTargetRef"], number(spec, &["minReplicas"]).unwrap_or(1), &scalar(&spec["maxReplicas"]));
    draft.replicas(number(status, &["currentReplicas"]).unwrap_or(0), number(status, &["desiredReplicas"]).unwrap_or(0));
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    let stuck = |condition: &&crate::domain::Condition| {
        matches!(&*condition.kind, "AbleToScale" | "ScalingActive") && &*condition.status == "False"
    };
    match draft.conditions.iter().find(stuck).cloned() {
        // ScalingDisabled: the target is scaled to nothing, on purpose
        Some(condition) if &*condition.reason != "ScalingDisabled" => {
            draft.verdict(Health::Ready, &condition.reason, &condition.message);
        }
        _ => draft.verdict(Health::Ready, "", ""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn it_shows_its_bounds() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 9},
                "status": {"currentReplicas": 2, "desiredReplicas": 3}
            }),
        );

        assert_eq!((object.facts.ready, cells(&object)), (Some((2, 3)), vec!["Deployment/web", "1", "9"]));
    }

    #[test]
    fn what_keeps_it_from_scaling_is_a_remark() {
        let of =
            |kind: &str, reason: &str| json!({"status": {"conditions": [{"type": kind, "status": "False", "reason": reason}]}});
        table(
            &KIND,
            &[
                ("no metrics", of("ScalingActive", "FailedGetResourceMetric"), Ready, "FailedGetResourceMetric"),
                ("no target", of("AbleToScale", "FailedGetScale"), Ready, "FailedGetScale"),
                ("target scaled to nothing", of("ScalingActive", "ScalingDisabled"), Ready, ""),
                ("within its bounds", of("ScalingLimited", "DesiredWithinRange"), Ready, ""),
            ],
        );
    }
}
