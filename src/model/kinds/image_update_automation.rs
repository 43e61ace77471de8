//! ImageUpdateAutomation: commits what policies selected (image-automation-controller `api/v1/imageupdateautomation_types.go`).

use super::draft::{named, string};
use super::{Column, Draft, Kind, Reference, Role, Suspend, Wire, git_repository, group, image_policy};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "ImageUpdateAutomation",
    group: group::IMAGE,
    versions: &["v1", "v1beta2", "v1beta1", "v1alpha2", "v1alpha1"],
    plural: "imageupdateautomations",
    short: &["iua", "imgupd", "imgauto"],
    flux: "image update",
    role: Role::Image,
    references: &[Reference::one(&["spec", "sourceRef"], &git_repository::KIND)],
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("LAST RUN", 0),
        Column::Wide("SOURCE", 1),
        Column::Wide("BRANCH", 2),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    let source = &spec["sourceRef"];
    draft.refer(Relation::Updates, group::SOURCE, string(source, &["kind"]), source);
    // policies are selected by label, in the automation's own namespace only; the controller writes down which it found
    for policy in status["observedPolicies"].as_object().into_iter().flatten() {
        draft.edge(Relation::Images, group::IMAGE, image_policy::KIND.kind, None, policy.0);
    }
    draft.facts.revision = draft.revision(string(status, &["lastPushCommit"]));
    let branch = string(spec, &["git", "push", "branch"]);
    draft.cells([string(status, &["lastAutomationRunTime"]), &named(source), branch]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn it_writes_to_a_repository_what_its_policies_say() {
        let object = read(
            &KIND,
            &json!({
                "spec": {
                    "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"},
                    "git": {"push": {"branch": "updates"}}
                },
                "status": {
                    "lastAutomationRunTime": "2026-01-01T00:00:00Z", "lastPushCommit": "86058ad",
                    "observedPolicies": {"web": {"name": "ghcr.io/web", "tag": "1.0.0"}, "db": {"name": "ghcr.io/db", "tag": "9"}}
                }
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "writes to GitRepository.source.toolkit.fluxcd.io flux-system/fleet",
                "images ImagePolicy.image.toolkit.fluxcd.io apps/db",
                "images ImagePolicy.image.toolkit.fluxcd.io apps/web",
            ]
        );
        assert_eq!(object.facts.revision.as_deref(), Some("86058ad"));
        assert_eq!(cells(&object), ["2026-01-01T00:00:00Z", "GitRepository/flux-system/fleet", "updates"]);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "push refused",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "GitOperationFailed"}]}}),
                    Failed,
                    "GitOperationFailed",
                ),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
            ],
        );
    }
}
