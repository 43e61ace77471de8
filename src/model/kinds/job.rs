//! Job, as Flux's controllers read it (fluxcd/pkg `runtime/statusreaders/job.go`): running is progress, not yet current as in kstatus.

use super::draft::{number, string};
use super::{Column, Draft, Kind, Role, Trait, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "Job",
    group: "batch",
    plural: "jobs",
    role: Role::Workload,
    traits: &[Trait::OwnsPods, Trait::MakesPods],
    follow: true,
    columns: &[Column::State, Column::Replicas, Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let status = |key: &str| number(&wire.status, &[key]).unwrap_or(0);
    let parallelism = number(&wire.spec, &["parallelism"]).unwrap_or(1);
    let completions = number(&wire.spec, &["completions"]).unwrap_or(parallelism);
    let (succeeded, active, failed) = (status("succeeded"), status("active"), status("failed"));
    draft.replicas(succeeded, completions);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    let inputs = draft.inputs(wire);
    if let Some(condition) = inputs.holds("Failed").cloned() {
        let counts = format!("{failed} failed, {succeeded} of {completions} succeeded");
        // why comes first
        let message = if condition.message.is_empty() { counts } else { format!("{}; {counts}", condition.message) };
        return draft.verdict(Health::Failed, &condition.reason, &message);
    }
    let (health, reason, message) = match () {
        () if inputs.holds("Complete").is_some() => {
            (Health::Ready, "Completed", format!("{succeeded} of {completions} succeeded"))
        }
        // Kubernetes 1.24; kstatus upstream calls it current, since nothing happens until it is resumed
        () if wire.spec["suspend"].as_bool() == Some(true) && inputs.holds("Suspended").is_some() => {
            (Health::Ready, "Suspended", "suspended".to_owned())
        }
        () if string(&wire.status, &["startTime"]).is_empty() => (Health::Progressing, "JobNotStarted", "not started".to_owned()),
        () => {
            let counts = format!("{succeeded} of {completions} succeeded, {active} active, {failed} failed");
            (Health::Progressing, "JobInProgress", counts)
        }
    };
    draft.verdict(health, reason, &message);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{read, table};

    fn with(condition: &str, reason: &str) -> Value {
        json!({"status": {
            "startTime": "2026-01-01T00:00:00Z", "failed": 4,
            "conditions": [{"type": condition, "status": "True", "reason": reason, "message": "why"}]
        }})
    }

    #[test]
    fn a_job_is_ready_when_it_is_complete() {
        table(
            &KIND,
            &[
                ("not started", json!({"status": {}}), Progressing, "JobNotStarted"),
                ("running", json!({"status": {"startTime": "2026-01-01T00:00:00Z", "active": 1}}), Progressing, "JobInProgress"),
                ("complete", with("Complete", "CompletionsReached"), Ready, "Completed"),
                ("failed", with("Failed", "BackoffLimitExceeded"), Failed, "BackoffLimitExceeded"),
                ("about to fail", with("FailureTarget", "BackoffLimitExceeded"), Progressing, "JobInProgress"),
                (
                    "suspended",
                    json!({"spec": {"suspend": true}, "status": {"conditions": [{"type": "Suspended", "status": "True"}]}}),
                    Ready,
                    "Suspended",
                ),
                (
                    "resumed",
                    json!({"spec": {"suspend": false}, "status": {"conditions": [{"type": "Suspended", "status": "False"}]}}),
                    Progressing,
                    "JobNotStarted",
                ),
            ],
        );
    }

    #[test]
    fn completions_default_to_the_parallelism() {
        let object = read(
            &KIND,
            &json!({"spec": {"parallelism": 3}, "status": {"succeeded": 1, "failed": 4, "startTime": "2026-01-01T00:00:00Z"}}),
        );

        assert_eq!(object.facts.ready, Some((1, 3)));
        assert_eq!(&*object.verdict.message, "1 of 3 succeeded, 0 active, 4 failed");
    }
}
