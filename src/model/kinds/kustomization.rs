//! Kustomization: builds a path of a source and applies it (kustomize-controller `api/v1/kustomization_types.go`).

use serde_json::Value;

use super::draft::{list, named, string};
use super::{Column, Draft, Kind, Reference, Role, Suspend, Trait, Wire, git_repository, group};
use crate::domain::object::{Deletion, Relation};

pub(super) const KIND: Kind = Kind {
    kind: "Kustomization",
    group: group::KUSTOMIZE,
    versions: &["v1", "v1beta2", "v1beta1"],
    plural: "kustomizations",
    short: &["ks"],
    flux: "kustomization",
    role: Role::Applier,
    traits: &[Trait::Sourced],
    references: &[
        Reference::one(&["spec", "sourceRef"], &git_repository::KIND),
        Reference::list(&["spec", "dependsOn"], "Kustomization"),
    ],
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("SOURCE", 0),
        Column::Wide("PATH", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    let source = &spec["sourceRef"];
    draft.refer(Relation::Source, group::SOURCE, string(source, &["kind"]), source);
    for dependency in list(spec, &["dependsOn"]) {
        draft.refer(Relation::DependsOn, group::KUSTOMIZE, "Kustomization", dependency);
    }
    for values in list(spec, &["postBuild", "substituteFrom"]) {
        draft.edge(Relation::Values, "", string(values, &["kind"]), None, string(values, &["name"]));
    }
    draft.facts.remote = !spec["kubeConfig"].is_null();
    draft.facts.children_by = "inventory";
    draft.inventory(status);
    draft.facts.revision = draft.revision(string(status, &["lastAppliedRevision"]));
    draft.facts.attempted = draft.revision(string(status, &["lastAttemptedRevision"]));
    draft.deletion(deletion(spec));
    draft.folder(string(spec, &["path"]));
    draft.cells([&named(source), string(spec, &["path"])]);
}

/// What the finalizer does with the inventory (kustomize-controller `finalizerShouldDeleteResources`).
fn deletion(spec: &Value) -> Deletion {
    let prunes = match string(spec, &["deletionPolicy"]) {
        "Delete" | "WaitForTermination" => true,
        "Orphan" => false,
        _ => spec["prune"].as_bool() == Some(true),
    };
    if prunes { Deletion::Prunes } else { Deletion::Leaves }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{edges, read, table};

    #[test]
    fn edges_are_its_source_dependencies_values_and_inventory() {
        let object = read(
            &KIND,
            &json!({
                "spec": {
                    "path": "./apps",
                    "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"},
                    "dependsOn": [{"name": "infra"}, {"name": "crds", "namespace": "flux-system"}],
                    "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "settings"}]}
                },
                "status": {
                    "lastAppliedRevision": "main@sha1:1", "lastAttemptedRevision": "main@sha1:2",
                    "inventory": {"entries": [{"id": "web_web_apps_Deployment", "v": "v1"}, {"id": "_web__Namespace", "v": "v1"}]}
                }
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "source GitRepository.source.toolkit.fluxcd.io flux-system/fleet",
                "depends on Kustomization.kustomize.toolkit.fluxcd.io apps/infra",
                "depends on Kustomization.kustomize.toolkit.fluxcd.io flux-system/crds",
                "values from ConfigMap apps/settings",
                "applies Deployment.apps web/web",
                "applies Namespace web",
            ]
        );
        assert_eq!(
            (object.facts.revision.as_deref(), object.facts.attempted.as_deref()),
            (Some("main@sha1:1"), Some("main@sha1:2"))
        );
        assert_eq!(object.facts.cells[..], ["GitRepository/flux-system/fleet".into(), "./apps".into()]);
    }

    #[test]
    fn children_in_another_cluster_have_no_edges() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"kubeConfig": {"secretRef": {"name": "remote"}}},
                "status": {"inventory": {"entries": [{"id": "web_web_apps_Deployment", "v": "v1"}]}}
            }),
        );

        assert!(object.facts.remote);
        assert_eq!(edges(&object), ["uses Secret apps/remote"]);
    }

    fn status(observed: i64, conditions: &serde_json::Value) -> serde_json::Value {
        json!({"metadata": {"generation": 2}, "status": {"observedGeneration": observed, "conditions": conditions}})
    }

    #[test]
    fn health_follows_the_conditions_in_the_order_of_urgency() {
        table(
            &KIND,
            &[
                ("never reconciled", json!({"status": {"observedGeneration": -1}}), Unknown, ""),
                (
                    "ready",
                    status(2, &json!([{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}])),
                    Ready,
                    "ReconciliationSucceeded",
                ),
                (
                    "a new generation",
                    status(1, &json!([{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}])),
                    Progressing,
                    "NewGeneration",
                ),
                (
                    "a failed edit is not progress",
                    status(
                        1,
                        &json!([
                            {"type": "Ready", "status": "False", "reason": "BuildFailed"},
                            {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry"}
                        ]),
                    ),
                    Failed,
                    "BuildFailed",
                ),
                (
                    "stalled before generations",
                    status(
                        1,
                        &json!([
                            {"type": "Ready", "status": "False", "reason": "AccessDenied"},
                            {"type": "Stalled", "status": "True", "reason": "AccessDenied"}
                        ]),
                    ),
                    Stalled,
                    "AccessDenied",
                ),
            ],
        );
    }

    #[test]
    fn what_waits_applies_is_suspended_or_goes_says_so() {
        table(
            &KIND,
            &[
                (
                    "a dependency",
                    status(2, &json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady"}])),
                    Waiting,
                    "DependencyNotReady",
                ),
                (
                    "health checks cut short",
                    status(2, &json!([{"type": "Ready", "status": "False", "reason": "HealthCheckCanceled"}])),
                    Progressing,
                    "HealthCheckCanceled",
                ),
                (
                    "applying",
                    status(
                        2,
                        &json!([
                            {"type": "Ready", "status": "Unknown", "reason": "Progressing"},
                            {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "running"}
                        ]),
                    ),
                    Progressing,
                    "Progressing",
                ),
                (
                    "suspended while failing",
                    json!({
                        "spec": {"suspend": true}, "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed"}]}
                    }),
                    Suspended,
                    "BuildFailed",
                ),
                ("being deleted", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}), Terminating, "Terminating"),
            ],
        );
    }
}
