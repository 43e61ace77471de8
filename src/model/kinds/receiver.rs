//! Receiver: a webhook that requests reconciliations (notification-controller `api/v1/receiver_types.go`).

use super::draft::{list, string};
use super::{Column, Draft, Kind, Role, Suspend, Wire, flux_group, group};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "Receiver",
    group: group::NOTIFICATION,
    versions: &["v1", "v1beta2", "v1beta1"],
    plural: "receivers",
    flux: "receiver",
    role: Role::Notification,
    suspend: Suspend::Spec,
    columns: &[Column::State, Column::Suspended, Column::Cell("TYPE", 0), Column::Message, Column::Wide("PATH", 1)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    for resource in list(&wire.spec, &["resources"]) {
        let kind = string(resource, &["kind"]);
        let named = resource["apiVersion"].as_str().map(|version| version.rsplit_once('/').map_or("", |(group, _)| group));
        if let Some(group) = named.or_else(|| flux_group(kind)).filter(|_| string(resource, &["name"]) != "*") {
            draft.refer(Relation::Triggers, group, kind, resource);
        }
    }
    // until Flux 2.0 `url`
    let path = [string(&wire.status, &["webhookPath"]), string(&wire.status, &["url"])];
    draft.cells([string(&wire.spec, &["type"]), path.into_iter().find(|path| !path.is_empty()).unwrap_or_default()]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn only_resources_with_a_name_are_edges() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"type": "github", "resources": [
                    {"kind": "GitRepository", "name": "fleet"},
                    {"kind": "GitRepository", "name": "*", "matchLabels": {"app": "web"}},
                    {"apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImageRepository", "name": "web", "namespace": "flux-system"},
                    {"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider", "name": "prs"}
                ]},
                "status": {"webhookPath": "/hook/ab"}
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "triggers GitRepository.source.toolkit.fluxcd.io apps/fleet",
                "triggers ImageRepository.image.toolkit.fluxcd.io flux-system/web",
                "triggers ResourceSetInputProvider.fluxcd.controlplane.io apps/prs",
            ]
        );
        assert_eq!(cells(&object), ["github", "/hook/ab"]);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "no token",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "TokenNotFound"}]}}),
                    Failed,
                    "TokenNotFound",
                ),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
            ],
        );
    }
}
