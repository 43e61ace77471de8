//! Deployment (apps/v1), by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `deploymentConditions`).

use super::draft::number;
use super::{Column, Draft, Kind, Role, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "Deployment",
    group: "apps",
    plural: "deployments",
    short: &["deploy", "dp"],
    role: Role::Workload,
    columns: &[Column::State, Column::Replicas, Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let status = |key: &str| number(&wire.status, &[key]).unwrap_or(0);
    let wished = number(&wire.spec, &["replicas"]).unwrap_or(1);
    let (replicas, updated, available, ready) =
        (status("replicas"), status("updatedReplicas"), status("availableReplicas"), status("readyReplicas"));
    draft.replicas(ready, wished);
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
    let message = match () {
        () if replicas < wished => format!("replicas: {replicas}/{wished}"),
        () if updated < wished => format!("updated: {updated}/{wished}"),
        () if replicas > wished => format!("pending termination: {}", replicas - wished),
        () if available < updated => format!("available: {available}/{updated}"),
        () if ready < wished => format!("ready: {ready}/{wished}"),
        () if !progressing => "replica set not available".to_owned(),
        () if !is_available => "deployment not available".to_owned(),
        () => return draft.verdict(Health::Ready, "", &format!("replicas: {replicas}")),
    };
    draft.verdict(Health::Progressing, "Progressing", &message);
}
