//! FluxInstance: Flux itself as installed by the Flux Operator (its documentation, `docs/api/v1/fluxinstance.md`).

use super::draft::string;
use super::{Column, Draft, Kind, Role, Suspend, Trait, Wire, group, kustomization};
use crate::domain::object::{Deletion, Relation};

/// The annotation that suspends the operator's kinds.
pub(super) const RECONCILE: &str = "fluxcd.controlplane.io/reconcile";

pub(super) const KIND: Kind = Kind {
    kind: "FluxInstance",
    group: group::OPERATOR,
    plural: "fluxinstances",
    role: Role::Operator,
    traits: &[Trait::Root, Trait::Forced],
    suspend: Suspend::Annotation(RECONCILE),
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("VERSION", 0),
        Column::Wide("SYNC", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    draft.facts.children_by = "inventory";
    draft.inventory(status);
    let sync = &spec["sync"];
    if !sync.is_null() {
        // source and Kustomization share this name
        let name = sync["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(&wire.metadata.namespace);
        draft.edge(Relation::Source, group::SOURCE, string(sync, &["kind"]), None, name);
        if !draft.has_children() {
            draft.edge(Relation::Applies, group::KUSTOMIZE, kustomization::KIND.kind, None, name);
        }
    }
    draft.deletion(Deletion::Prunes);
    draft.facts.revision = draft.revision(string(status, &["lastAppliedRevision"]));
    draft.facts.attempted = draft.revision(string(status, &["lastAttemptedRevision"]));
    draft.cells([string(spec, &["distribution", "version"]), string(sync, &["url"])]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn its_sync_is_named_after_the_namespace_unless_it_has_a_name() {
        for (name, expected) in [(json!(null), "apps/apps"), (json!("fleet"), "apps/fleet")] {
            let object = read(
                &KIND,
                &json!({"spec": {"sync": {"kind": "GitRepository", "url": "https://git.example.com/f.git", "name": name}}}),
            );
            assert_eq!(
                edges(&object),
                [
                    format!("source GitRepository.source.toolkit.fluxcd.io {expected}"),
                    format!("applies Kustomization.kustomize.toolkit.fluxcd.io {expected}"),
                ]
            );
        }
    }

    #[test]
    fn an_inventory_already_holds_the_sync() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"distribution": {"version": "2.x"}, "sync": {"kind": "OCIRepository", "url": "oci://registry.example.com/fleet"}},
                "status": {
                    "lastAppliedRevision": "v2.9.4@sha256:ab",
                    "inventory": {"entries": [{"id": "apps_apps_kustomize.toolkit.fluxcd.io_Kustomization", "v": "v1"}]}
                }
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "applies Kustomization.kustomize.toolkit.fluxcd.io apps/apps",
                "source OCIRepository.source.toolkit.fluxcd.io apps/apps"
            ]
        );
        assert_eq!(object.facts.revision.as_deref(), Some("v2.9.4@sha256:ab"));
        assert_eq!(cells(&object), ["2.x", "oci://registry.example.com/fleet"]);
    }

    #[test]
    fn it_is_suspended_by_annotation() {
        table(
            &KIND,
            &[
                (
                    "disabled",
                    json!({"metadata": {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}}),
                    Suspended,
                    "",
                ),
                (
                    "failing",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed"}]}}),
                    Failed,
                    "BuildFailed",
                ),
            ],
        );
    }
}
