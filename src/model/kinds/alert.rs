//! Alert: sends events of objects to a Provider (notification-controller `api/v1beta3/alert_types.go`).

use super::draft::{list, string};
use super::{Column, Draft, Kind, Reference, Role, Suspend, Trait, Wire, flux_group, group, provider};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "Alert",
    group: group::NOTIFICATION,
    versions: &["v1beta3", "v1beta2", "v1beta1"],
    plural: "alerts",
    flux: "alert",
    role: Role::Notification,
    traits: &[Trait::Unasked],
    references: &[Reference::one(&["spec", "providerRef"], &provider::KIND)],
    suspend: Suspend::Spec,
    columns: &[Column::State, Column::Suspended, Column::Message, Column::Wide("PROVIDER", 0), Column::Wide("SEVERITY", 1)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let provider = string(&wire.spec, &["providerRef", "name"]);
    draft.edge(Relation::Provider, group::NOTIFICATION, provider::KIND.kind, None, provider);
    for source in list(&wire.spec, &["eventSources"]) {
        let kind = string(source, &["kind"]);
        if let Some(group) = flux_group(kind).filter(|_| string(source, &["name"]) != "*") {
            draft.refer(Relation::EventSource, group, kind, source);
        }
    }
    draft.cells([provider, wire.spec["eventSeverity"].as_str().unwrap_or("info")]);
    // v1beta3 has no status and no controller that would write one
    if draft.conditions.is_empty() {
        draft.fixed(wire, "Alert is Ready");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, read_in, table};

    #[test]
    fn only_sources_with_a_name_are_edges() {
        let object = read(
            &KIND,
            &json!({"spec": {
                "providerRef": {"name": "slack"},
                "eventSources": [
                    {"kind": "Kustomization", "name": "*"},
                    {"kind": "HelmRelease", "name": "web", "namespace": "shop"},
                    {"kind": "GitRepository", "name": "fleet"},
                    {"kind": "Nonsense", "name": "web"}
                ]
            }}),
        );

        assert_eq!(
            edges(&object),
            [
                "notifies Provider.notification.toolkit.fluxcd.io apps/slack",
                "events of HelmRelease.helm.toolkit.fluxcd.io shop/web",
                "events of GitRepository.source.toolkit.fluxcd.io apps/fleet",
            ]
        );
        assert_eq!(cells(&object), ["slack", "info"]);
    }

    #[test]
    fn it_is_ready_unless_an_old_api_says_otherwise() {
        let failing = json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ValidationFailed"}]}});
        table(
            &KIND,
            &[
                ("no status", json!({}), Ready, ""),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
                ("conditions of v1beta2", failing.clone(), Failed, "ValidationFailed"),
            ],
        );

        assert_eq!(read_in("v1beta2", &KIND, &failing).version.as_ref(), "v1beta2");
    }
}
