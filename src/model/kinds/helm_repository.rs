//! HelmRepository: fetches an index of charts (source-controller `api/v1/helmrepository_types.go`).

use super::draft::string;
use super::{Column, Draft, Kind, Role, Suspend, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "HelmRepository",
    group: group::SOURCE,
    versions: &["v1", "v1beta2", "v1beta1"],
    plural: "helmrepositories",
    short: &["helmrepo"],
    flux: "source helm",
    role: Role::Source,
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("URL", 0),
        Column::Wide("TYPE", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let kind = wire.spec["type"].as_str().unwrap_or("default");
    draft.cells([string(&wire.spec, &["url"]), kind]);
    if kind == "oci" {
        // `internal/controller/helmrepository_controller.go`, migrationToStatic: only its spec is ever read
        return draft.fixed(wire, "Helm repository is Ready");
    }
    draft.artifact(&wire.status);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{read, table};

    #[test]
    fn an_oci_repository_is_not_reconciled() {
        table(
            &KIND,
            &[
                ("default status", json!({"spec": {"type": "oci"}, "status": {"observedGeneration": -1}}), Ready, ""),
                (
                    "leftover conditions",
                    json!({"spec": {"type": "oci"}, "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Failed"}]}}),
                    Ready,
                    "",
                ),
                ("suspended", json!({"spec": {"type": "oci", "suspend": true}}), Suspended, ""),
                (
                    "being deleted",
                    json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"type": "oci"}}),
                    Terminating,
                    "Terminating",
                ),
                ("an index, never fetched", json!({"status": {"observedGeneration": -1}}), Unknown, ""),
                (
                    "an index, failing",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "IndexationFailed"}]}}),
                    Failed,
                    "IndexationFailed",
                ),
            ],
        );
    }

    #[test]
    fn nobody_answers_a_request_to_an_oci_repository() {
        let metadata = json!({"annotations": {"reconcile.fluxcd.io/requestedAt": "1"}});

        assert!(!read(&KIND, &json!({"metadata": metadata, "spec": {"type": "oci"}})).facts.requested);
        assert!(read(&KIND, &json!({"metadata": metadata, "spec": {}})).facts.requested);
    }
}
