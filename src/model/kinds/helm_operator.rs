//! What the three kinds of helm-operator's releases share: how they are read and judged (fluxcd/helm-operator 1.4
//! `pkg/apis/helm.fluxcd.io/v1/types_helmrelease.go`, `pkg/status/conditions.go`).

use super::draft::{list, string};
use super::{Column, Draft, Wire, legacy};
use crate::domain::Condition;
use crate::domain::health::Health;
use crate::domain::object::Relation;

pub(super) const COLUMNS: &[Column] = &[
    Column::State,
    Column::Revision,
    Column::Message,
    Column::Wide("CHART", 0),
    Column::Wide("RELEASE", 1),
    Column::Wide("PHASE", 2),
    Column::Wide(legacy::POLICY, 3),
];

pub(super) fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    for values in list(spec, &["valuesFrom"]) {
        draft.refer(Relation::Values, "", "ConfigMap", &values["configMapKeyRef"]);
        draft.refer(Relation::Values, "", "Secret", &values["secretKeyRef"]);
    }
    for secret in list(spec, &["valueFileSecrets"]) {
        draft.refer(Relation::Values, "", "Secret", secret);
    }
    let policies = legacy::policies(draft.meta);
    draft.facts.legacy = true;
    draft.facts.revision = draft.revision(string(status, &["revision"]));
    draft.facts.attempted = draft.revision(string(status, &["lastAttemptedRevision"]));
    // from an index, from git, from git in v1alpha2
    let charts = [string(spec, &["chart", "name"]), string(spec, &["chart", "path"]), string(spec, &["chartGitPath"])];
    let chart = charts.into_iter().find(|chart| !chart.is_empty()).unwrap_or_default();
    draft.cells([chart, string(status, &["releaseName"]), string(status, &["phase"]), &policies]);
    judge(wire, draft);
}

/// Sets the verdict on a release: its conditions first, then Helm's own word for it (`status.releaseStatus`).
///
/// Not kstatus: without a Ready condition it would call every release current.
pub(super) fn judge(wire: &Wire, draft: &mut Draft) {
    if let Some(deleted) = draft.inputs(wire).deleted {
        draft.verdict(Health::Terminating, "Terminating", "being deleted");
        if let Some(verdict) = draft.verdict.as_mut() {
            verdict.since = Some(deleted);
        }
        return;
    }
    let (health, reason, message) = match deciding(&draft.conditions) {
        Some((health, condition)) => (health, condition.reason.clone(), condition.message.clone()),
        None => {
            let word = string(&wire.status, &["releaseStatus"]);
            let message = if word.is_empty() { "waiting to be reconciled" } else { "" };
            (by_release(word), word.into(), message.into())
        }
    };
    let inputs = draft.inputs(wire);
    if health == Health::Ready
        && inputs.observed.zip(inputs.generation).is_some_and(|(observed, generation)| observed < generation)
    {
        return draft.verdict(Health::Progressing, "NewGeneration", "the latest generation has not been released yet");
    }
    draft.verdict(health, &reason, &message);
}

/// The condition that decides. The operator drops RolledBack when a release succeeds, so a RolledBack that is there is news.
fn deciding(conditions: &[Condition]) -> Option<(Health, &Condition)> {
    [
        (Health::Progressing, "RolledBack", "Unknown"),
        (Health::Progressing, "Tested", "Unknown"),
        (Health::Progressing, "Deployed", "Unknown"),
        (Health::Progressing, "Released", "Unknown"),
        (Health::Failed, "RolledBack", "True"),
        (Health::Failed, "RolledBack", "False"),
        (Health::Failed, "Released", "False"),
        (Health::Failed, "ChartFetched", "False"),
        (Health::Ready, "Released", "True"),
    ]
    .into_iter()
    .find_map(|(health, kind, status)| {
        let found = conditions.iter().find(|condition| &*condition.kind == kind && &*condition.status == status)?;
        Some((health, found))
    })
}

/// Helm 3 writes lower case with hyphens, Helm 2 upper case with underscores.
fn by_release(status: &str) -> Health {
    match status.to_ascii_lowercase().replace('_', "-").as_str() {
        "deployed" => Health::Ready,
        "failed" => Health::Failed,
        "uninstalling" | "deleting" => Health::Progressing,
        pending if pending.starts_with("pending-") => Health::Progressing,
        _ => Health::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::domain::health::Health::*;
    use crate::kinds::helm_operator_release::KIND;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn conditions_decide_before_helms_own_word() {
        let of = |conditions: &[(&str, &str, &str)], release: &str| {
            let conditions: Vec<Value> = conditions
                .iter()
                .map(|(kind, status, reason)| json!({"type": kind, "status": status, "reason": reason}))
                .collect();
            json!({"status": {"observedGeneration": 1, "releaseStatus": release, "conditions": conditions}})
        };
        let fetched = ("ChartFetched", "True", "ChartFetched");
        table(
            &KIND,
            &[
                ("released", of(&[fetched, ("Released", "True", "Succeeded")], "deployed"), Ready, "Succeeded"),
                ("failed", of(&[fetched, ("Released", "False", "DeployFailed")], "failed"), Failed, "DeployFailed"),
                ("upgrading", of(&[fetched, ("Released", "Unknown", "Upgrading")], "pending-upgrade"), Progressing, "Upgrading"),
                (
                    "testing",
                    of(&[("Deployed", "True", "Deployed"), ("Tested", "Unknown", "Testing")], "deployed"),
                    Progressing,
                    "Testing",
                ),
                (
                    "rolling back",
                    of(&[("Released", "False", "Failed"), ("RolledBack", "Unknown", "RollingBack")], "failed"),
                    Progressing,
                    "RollingBack",
                ),
                (
                    "rolled back",
                    of(&[("Released", "False", "Failed"), ("RolledBack", "True", "RolledBack")], "deployed"),
                    Failed,
                    "RolledBack",
                ),
                (
                    "rollback failed",
                    of(&[("Released", "False", "Failed"), ("RolledBack", "False", "RollbackFailed")], "failed"),
                    Failed,
                    "RollbackFailed",
                ),
                (
                    "no chart",
                    of(&[("Released", "True", "Succeeded"), ("ChartFetched", "False", "ChartFetchFailed")], "deployed"),
                    Failed,
                    "ChartFetchFailed",
                ),
                ("no conditions, deployed", of(&[], "deployed"), Ready, "deployed"),
                ("no conditions, Helm 2", of(&[], "PENDING_INSTALL"), Progressing, "PENDING_INSTALL"),
                ("no conditions, failed", of(&[], "FAILED"), Failed, "FAILED"),
                ("superseded", of(&[], "superseded"), Unknown, "superseded"),
                ("never seen", json!({}), Unknown, ""),
                (
                    "a new generation",
                    json!({
                        "metadata": {"generation": 2},
                        "status": {"observedGeneration": 1, "conditions": [{"type": "Released", "status": "True", "reason": "Succeeded"}]}
                    }),
                    Progressing,
                    "NewGeneration",
                ),
                ("being deleted", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}), Terminating, "Terminating"),
            ],
        );
    }

    #[test]
    fn values_are_edges_and_policies_a_cell() {
        let object = read(
            &KIND,
            &json!({
                "metadata": {"annotations": {"fluxcd.io/automated": "true"}},
                "spec": {
                    "chart": {"repository": "https://charts.example.com", "name": "podinfo", "version": "5.0.0"},
                    "valuesFrom": [{"configMapKeyRef": {"name": "a"}}, {"secretKeyRef": {"name": "b", "namespace": "shop"}}]
                },
                "status": {"releaseName": "apps-web", "phase": "Succeeded", "revision": "5.0.0"}
            }),
        );

        assert_eq!(edges(&object), ["values from ConfigMap apps/a", "values from Secret shop/b"]);
        assert_eq!(cells(&object), ["podinfo", "apps-web", "Succeeded", "automated"]);
        assert!(object.facts.legacy);
    }
}
