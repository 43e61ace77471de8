//! ReplicaSet, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `replicasetConditions`).

use super::draft::number;
use super::{Column, Draft, Kind, Role, Trait, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "ReplicaSet",
    group: "apps",
    plural: "replicasets",
    short: &["rs"],
    role: Role::Workload,
    traits: &[Trait::OwnsPods],
    follow: true,
    columns: &[Column::State, Column::Replicas, Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let status = |key: &str| number(&wire.status, &[key]).unwrap_or(0);
    let desired = number(&wire.spec, &["replicas"]).unwrap_or(1);
    let (replicas, labelled, available, ready) =
        (status("replicas"), status("fullyLabeledReplicas"), status("availableReplicas"), status("readyReplicas"));
    draft.replicas(ready, desired);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    let inputs = draft.inputs(wire);
    if let Some(failure) = inputs.holds("ReplicaFailure").cloned() {
        // in progress for kstatus: the controller keeps trying (a quota may grow)
        return draft.verdict(Health::Progressing, &failure.reason, &failure.message);
    }
    let (reason, message) = match () {
        () if labelled < desired => ("LessLabelled", format!("labelled: {labelled}/{desired}")),
        () if available < desired => ("LessAvailable", format!("available: {available}/{desired}")),
        () if ready < desired => ("LessReady", format!("ready: {ready}/{desired}")),
        () if replicas > desired => ("ExtraPods", format!("pending termination: {}", replicas - desired)),
        () => return draft.verdict(Health::Ready, "", &format!("replicas: {replicas}")),
    };
    draft.verdict(Health::Progressing, reason, &message);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::table;

    fn scaled(desired: i64, replicas: i64, labelled: i64, available: i64, ready: i64) -> Value {
        json!({
            "spec": {"replicas": desired},
            "status": {"replicas": replicas, "fullyLabeledReplicas": labelled, "availableReplicas": available, "readyReplicas": ready}
        })
    }

    #[test]
    fn it_is_ready_when_the_desired_replicas_are() {
        table(
            &KIND,
            &[
                ("done", scaled(3, 3, 3, 3, 3), Ready, ""),
                ("replaced by a newer one", scaled(0, 0, 0, 0, 0), Ready, ""),
                ("scaling down", scaled(0, 1, 1, 1, 1), Progressing, "ExtraPods"),
                ("not labelled", scaled(3, 3, 2, 3, 3), Progressing, "LessLabelled"),
                ("not available", scaled(3, 3, 3, 2, 3), Progressing, "LessAvailable"),
                ("not ready", scaled(3, 3, 3, 3, 2), Progressing, "LessReady"),
                ("one replica is desired by default", json!({}), Progressing, "LessLabelled"),
                (
                    "a quota is exhausted",
                    json!({"spec": {"replicas": 3}, "status": {"conditions": [
                        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
                    ]}}),
                    Progressing,
                    "FailedCreate",
                ),
            ],
        );
    }
}
