//! DaemonSet, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `daemonsetConditions`, and `status.go` for the generations).

use super::draft::number;
use super::{Column, Draft, Kind, Role, Trait, Wire, legacy};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "DaemonSet",
    group: "apps",
    plural: "daemonsets",
    short: &["ds"],
    role: Role::Workload,
    traits: &[Trait::Restarts, Trait::OwnsPods, Trait::MakesPods, Trait::Policies],
    columns: &[Column::State, Column::Replicas, Column::Message, Column::Wide(legacy::POLICY, 0)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let status = |key: &str| number(&wire.status, &[key]);
    let desired = status("desiredNumberScheduled");
    let ready = status("numberReady").unwrap_or(0);
    let policies = legacy::mark(draft);
    draft.cells([&policies]);
    draft.replicas(ready, desired.unwrap_or(0));
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    let inputs = draft.inputs(wire);
    let is_observed = inputs.generation.is_some() && inputs.observed.is_some();
    let Some(desired) = desired.filter(|_| is_observed) else {
        return draft.verdict(Health::Progressing, "NotObserved", "the controller has not seen it yet");
    };
    for (reason, word, count) in [
        ("LessCurrent", "scheduled", status("currentNumberScheduled")),
        ("LessUpdated", "updated", status("updatedNumberScheduled")),
        ("LessAvailable", "available", status("numberAvailable")),
        ("LessReady", "ready", Some(ready)),
    ] {
        let count = count.unwrap_or(0);
        if count < desired {
            return draft.verdict(Health::Progressing, reason, &format!("{word}: {count}/{desired}"));
        }
    }
    draft.verdict(Health::Ready, "", &format!("replicas: {desired}"));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::table;

    fn rollout(current: i64, updated: i64, available: i64, ready: i64) -> Value {
        json!({"status": {
            "observedGeneration": 1, "desiredNumberScheduled": 3, "currentNumberScheduled": current,
            "updatedNumberScheduled": updated, "numberAvailable": available, "numberReady": ready
        }})
    }

    #[test]
    fn every_node_counts() {
        table(
            &KIND,
            &[
                ("done", rollout(3, 3, 3, 3), Ready, ""),
                ("not scheduled", rollout(2, 3, 3, 3), Progressing, "LessCurrent"),
                ("old ones left", rollout(3, 2, 3, 3), Progressing, "LessUpdated"),
                ("not available", rollout(3, 3, 2, 3), Progressing, "LessAvailable"),
                ("not ready", rollout(3, 3, 3, 2), Progressing, "LessReady"),
                ("never seen", json!({"status": {"desiredNumberScheduled": 0}}), Progressing, "NotObserved"),
                ("nothing counted", json!({"status": {"observedGeneration": 1}}), Progressing, "NotObserved"),
                ("no node fits", json!({"status": {"observedGeneration": 1, "desiredNumberScheduled": 0}}), Ready, ""),
            ],
        );
    }
}
