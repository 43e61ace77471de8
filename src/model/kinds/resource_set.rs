//! ResourceSet: objects generated from inputs (the Flux Operator's documentation, `docs/api/v1/resourceset.md`).

use super::draft::{list, string};
use super::flux_instance::RECONCILE;
use super::{Column, Draft, Kind, Role, Suspend, Wire, group, resource_set_input_provider};
use crate::domain::object::{Deletion, Relation};

pub(super) const KIND: Kind = Kind {
    kind: "ResourceSet",
    group: group::OPERATOR,
    plural: "resourcesets",
    short: &["rset"],
    role: Role::Operator,
    suspend: Suspend::Annotation(RECONCILE),
    columns: &[Column::State, Column::Revision, Column::Suspended, Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    for provider in list(spec, &["inputsFrom"]) {
        // by selector there is no name, and no edge
        draft.edge(Relation::Inputs, group::OPERATOR, resource_set_input_provider::KIND.kind, None, string(provider, &["name"]));
    }
    for dependency in list(spec, &["dependsOn"]) {
        let (kind, name) = (string(dependency, &["kind"]), string(dependency, &["name"]));
        let group = string(dependency, &["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
        // any kind, also cluster-scoped ones: the operator takes the namespace as written
        draft.edge_exact(Relation::DependsOn, group, kind, string(dependency, &["namespace"]), name);
    }
    draft.facts.children_by = "inventory";
    draft.inventory(status);
    draft.deletion(Deletion::Prunes);
    draft.facts.revision = draft.revision(string(status, &["lastAppliedRevision"]));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{edges, read, table};

    #[test]
    fn edges_are_its_inputs_dependencies_and_inventory() {
        let object = read(
            &KIND,
            &json!({
                "spec": {
                    "inputsFrom": [{"kind": "ResourceSetInputProvider", "name": "prs"}, {"kind": "ResourceSetInputProvider", "selector": {}}],
                    "dependsOn": [
                        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "name": "certificates.cert-manager.io"},
                        {"apiVersion": "v1", "kind": "Secret", "name": "token", "namespace": "flux-system"}
                    ]
                },
                "status": {"lastAppliedRevision": "sha256:ab", "inventory": {"entries": [{"id": "web_web_apps_Deployment", "v": "v1"}]}}
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "inputs ResourceSetInputProvider.fluxcd.controlplane.io apps/prs",
                "depends on CustomResourceDefinition.apiextensions.k8s.io certificates.cert-manager.io",
                "depends on Secret flux-system/token",
                "applies Deployment.apps web/web",
            ]
        );
        assert_eq!(object.facts.revision.as_deref(), Some("sha256:ab"));
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "a bad template",
                    json!({"status": {"conditions": [
                        {"type": "Ready", "status": "False", "reason": "BuildFailed"},
                        {"type": "Stalled", "status": "True", "reason": "BuildFailed"}
                    ]}}),
                    Stalled,
                    "BuildFailed",
                ),
                (
                    "disabled",
                    json!({"metadata": {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}}),
                    Suspended,
                    "",
                ),
            ],
        );
    }
}
