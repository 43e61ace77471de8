//! Deployment, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `deploymentConditions`).

use super::draft::number;
use super::{Column, Draft, Kind, Role, Trait, Wire, legacy};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "Deployment",
    group: "apps",
    plural: "deployments",
    short: &["deploy", "dp"],
    role: Role::Workload,
    traits: &[Trait::Restarts, Trait::Scales, Trait::MakesPods, Trait::Policies],
    columns: &[Column::State, Column::Replicas, Column::Message, Column::Wide(legacy::POLICY, 0)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let status = |key: &str| number(&wire.status, &[key]).unwrap_or(0);
    let desired = number(&wire.spec, &["replicas"]).unwrap_or(1);
    let (replicas, updated, available, ready) =
        (status("replicas"), status("updatedReplicas"), status("availableReplicas"), status("readyReplicas"));
    let policies = legacy::mark(draft);
    draft.cells([&policies]);
    draft.replicas(ready, desired);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    // without a deadline the Progressing condition is never written
    let deadline = number(&wire.spec, &["progressDeadlineSeconds"]);
    let mut progressing = deadline.is_none_or(|seconds| seconds == i64::from(i32::MAX));
    let mut is_available = false;
    for condition in draft.conditions.clone() {
        match (&*condition.kind, &*condition.status, &*condition.reason) {
            ("Progressing", _, "ProgressDeadlineExceeded") => {
                return draft.verdict(Health::Failed, &condition.reason, "progress deadline exceeded");
            }
            ("Progressing", "True", "NewReplicaSetAvailable") => progressing = true,
            ("Available", "True", _) => is_available = true,
            _ => {}
        }
    }
    let (reason, message) = match () {
        () if replicas < desired => ("LessReplicas", format!("replicas: {replicas}/{desired}")),
        () if updated < desired => ("LessUpdated", format!("updated: {updated}/{desired}")),
        () if replicas > desired => ("ExtraPods", format!("pending termination: {}", replicas - desired)),
        () if available < updated => ("LessAvailable", format!("available: {available}/{updated}")),
        () if ready < desired => ("LessReady", format!("ready: {ready}/{desired}")),
        () if !progressing => ("ReplicaSetNotAvailable", "replica set not available".to_owned()),
        () if !is_available => ("DeploymentNotAvailable", "deployment not available".to_owned()),
        () => return draft.verdict(Health::Ready, "", &format!("replicas: {replicas}")),
    };
    // it stays so until it is resumed: which is not progress, though kstatus calls it that
    match wire.spec["paused"].as_bool() {
        Some(true) => draft.verdict(Health::Progressing, "DeploymentPaused", &format!("paused; {message}")),
        _ => draft.verdict(Health::Progressing, reason, &message),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    /// Three desired replicas and the deadline that the API server sets.
    fn rollout(replicas: i64, updated: i64, available: i64, ready: i64, conditions: &Value) -> Value {
        json!({
            "spec": {"replicas": 3, "progressDeadlineSeconds": 600},
            "status": {
                "observedGeneration": 1, "replicas": replicas, "updatedReplicas": updated,
                "availableReplicas": available, "readyReplicas": ready, "conditions": conditions
            }
        })
    }

    fn with_spec(mut object: Value, key: &str, value: &Value) -> Value {
        object["spec"][key] = value.clone();
        object
    }

    #[test]
    fn a_rollout_is_ready_when_every_replica_is_new_and_available() {
        let done = json!([
            {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
        ]);
        let under_way = json!([
            {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
            {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
        ]);
        let unavailable = json!([{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]);
        let exceeded = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
        table(
            &KIND,
            &[
                ("done", rollout(3, 3, 3, 3, &done), Ready, ""),
                (
                    "scaled to nothing",
                    json!({"spec": {"replicas": 0}, "status": {"conditions": [{"type": "Available", "status": "True"}]}}),
                    Ready,
                    "",
                ),
                ("one replica is desired by default", json!({"status": {}}), Progressing, "LessReplicas"),
                ("too few", rollout(2, 2, 2, 2, &done), Progressing, "LessReplicas"),
                ("old ones left", rollout(3, 1, 3, 3, &done), Progressing, "LessUpdated"),
                ("too many", rollout(4, 3, 3, 3, &done), Progressing, "ExtraPods"),
                ("not available for long enough", rollout(3, 3, 2, 3, &done), Progressing, "LessAvailable"),
                ("not ready", rollout(3, 3, 3, 2, &done), Progressing, "LessReady"),
                ("new replica set not complete", rollout(3, 3, 3, 3, &under_way), Progressing, "ReplicaSetNotAvailable"),
                ("not available", rollout(3, 3, 3, 3, &unavailable), Progressing, "DeploymentNotAvailable"),
                ("paused", with_spec(rollout(3, 1, 3, 3, &done), "paused", &json!(true)), Progressing, "DeploymentPaused"),
                ("deadline exceeded", rollout(3, 1, 3, 3, &exceeded), Failed, "ProgressDeadlineExceeded"),
                (
                    "edited",
                    json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}),
                    Progressing,
                    "LatestGenerationNotObserved",
                ),
                ("being deleted", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}), Terminating, "Terminating"),
            ],
        );
    }

    #[test]
    fn annotations_of_flux_v1_mark_it() {
        let legacy = read(&KIND, &json!({"metadata": {"annotations": {"fluxcd.io/automated": "true"}}}));
        let modern = read(&KIND, &json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}}));

        assert_eq!((legacy.facts.legacy, cells(&legacy)), (true, vec!["automated"]));
        assert_eq!((modern.facts.legacy, cells(&modern)), (false, vec![""]));
    }
}
