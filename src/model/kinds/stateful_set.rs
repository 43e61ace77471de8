//! StatefulSet, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `stsConditions`). Its controller writes no conditions.

use super::draft::{number, string};
use super::{Column, Draft, Kind, Role, Trait, Wire, legacy};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "StatefulSet",
    group: "apps",
    plural: "statefulsets",
    short: &["sts"],
    role: Role::Workload,
    traits: &[Trait::Restarts, Trait::Scales, Trait::OwnsPods, Trait::MakesPods, Trait::Policies],
    columns: &[Column::State, Column::Replicas, Column::Message, Column::Wide(legacy::POLICY, 0)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let status = |key: &str| number(&wire.status, &[key]).unwrap_or(0);
    let desired = number(&wire.spec, &["replicas"]).unwrap_or(1);
    let (replicas, ready) = (status("replicas"), status("readyReplicas"));
    let policies = legacy::mark(draft);
    draft.cells([&policies]);
    draft.replicas(ready, desired);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    let strategy = &wire.spec["updateStrategy"];
    if string(strategy, &["type"]) == "OnDelete" {
        return draft.verdict(Health::Ready, "", "updated by deleting its pods");
    }
    // the API server defaults it to 0, so this is the usual branch; -1 is kstatus' own word for none
    let partition = number(strategy, &["rollingUpdate", "partition"]).filter(|partition| *partition != -1);
    let (current, updated) = (status("currentReplicas"), status("updatedReplicas"));
    let (reason, message) = match partition {
        _ if replicas < desired => ("LessReplicas", format!("replicas: {replicas}/{desired}")),
        _ if ready < desired => ("LessReady", format!("ready: {ready}/{desired}")),
        _ if replicas > desired => ("ExtraPods", format!("pending termination: {}", replicas - desired)),
        Some(partition) if updated < desired - partition => {
            ("PartitionRollout", format!("updated: {updated}/{}", desired - partition))
        }
        Some(_) => return draft.verdict(Health::Ready, "", &format!("replicas: {replicas}")),
        None if current < desired => ("LessCurrent", format!("current: {current}/{desired}")),
        None if string(&wire.status, &["currentRevision"]) != string(&wire.status, &["updateRevision"]) => {
            ("RevisionMismatch", "waiting for the updated revision".to_owned())
        }
        None => return draft.verdict(Health::Ready, "", &format!("replicas: {replicas}")),
    };
    draft.verdict(Health::Progressing, reason, &message);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::table;

    #[test]
    fn a_rollout_is_ready_when_every_replica_is_ready_and_updated() {
        let plain = |status: serde_json::Value| json!({"spec": {"replicas": 3}, "status": status});
        let partitioned = |partition: i64, status: serde_json::Value| json!({"spec": {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": partition}}}, "status": status});
        table(
            &KIND,
            &[
                ("on delete", json!({"spec": {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}}), Ready, ""),
                ("too few", plain(json!({"replicas": 2, "readyReplicas": 2})), Progressing, "LessReplicas"),
                ("not ready", plain(json!({"replicas": 3, "readyReplicas": 2})), Progressing, "LessReady"),
                ("too many", plain(json!({"replicas": 4, "readyReplicas": 4})), Progressing, "ExtraPods"),
                (
                    "old ones left",
                    partitioned(0, json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 2})),
                    Progressing,
                    "PartitionRollout",
                ),
                (
                    "held back by the partition",
                    partitioned(2, json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1})),
                    Ready,
                    "",
                ),
                ("done", partitioned(0, json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3})), Ready, ""),
                (
                    "no partition, current missing",
                    plain(json!({"replicas": 3, "readyReplicas": 3, "currentReplicas": 1})),
                    Progressing,
                    "LessCurrent",
                ),
                (
                    "no partition, revisions differ",
                    plain(json!({
                        "replicas": 3, "readyReplicas": 3, "currentReplicas": 3, "currentRevision": "web-1", "updateRevision": "web-2"
                    })),
                    Progressing,
                    "RevisionMismatch",
                ),
                (
                    "no partition, done",
                    plain(json!({
                        "replicas": 3, "readyReplicas": 3, "currentReplicas": 3, "currentRevision": "web-2", "updateRevision": "web-2"
                    })),
                    Ready,
                    "",
                ),
                ("scaled to nothing", json!({"spec": {"replicas": 0}, "status": {"replicas": 0}}), Ready, ""),
            ],
        );
    }
}
