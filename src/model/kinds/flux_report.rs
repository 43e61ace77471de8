//! FluxReport: the Flux Operator's own survey of the cluster (its documentation, `docs/api/v1/fluxreport.md`). Its findings are in
//! `spec`.

use super::draft::{list, number, string};
use super::flux_instance::RECONCILE;
use super::{Column, Draft, Kind, Role, Suspend, Trait, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "FluxReport",
    group: group::OPERATOR,
    plural: "fluxreports",
    role: Role::Operator,
    traits: &[Trait::Remade],
    suspend: Suspend::Annotation(RECONCILE),
    columns: &[
        Column::State,
        Column::Suspended,
        Column::Cell("VERSION", 0),
        Column::Cell("FAILING", 1),
        Column::Message,
        Column::Wide("ENTITLEMENT", 2),
        Column::Wide("SYNC", 3),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let spec = &wire.spec;
    let failing: i64 =
        list(spec, &["reconcilers"]).iter().filter_map(|reconciler| number(reconciler, &["stats", "failing"])).sum();
    let distribution = &spec["distribution"];
    draft.cells([
        string(distribution, &["version"]),
        &failing.to_string(),
        string(distribution, &["entitlement"]),
        string(spec, &["sync", "id"]),
    ]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn failures_add_up_over_the_kinds() {
        let object = read(
            &KIND,
            &json!({"spec": {
                "distribution": {"version": "v2.9.4", "entitlement": "Issued by controlplane"},
                "reconcilers": [{"kind": "Kustomization", "stats": {"failing": 2}}, {"kind": "Bucket", "stats": {"failing": 1}}, {}],
                "sync": {"id": "kustomization/flux-system"}
            }}),
        );

        assert_eq!(cells(&object), ["v2.9.4", "3", "Issued by controlplane", "kustomization/flux-system"]);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "reported",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}]}}),
                    Ready,
                    "ReconciliationSucceeded",
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
