//! ResourceSetInputProvider: inputs from pull requests, branches, tags (the Flux Operator's documentation,
//! `docs/api/v1/resourcesetinputprovider.md`).

use super::draft::{list, string};
use super::flux_instance::RECONCILE;
use super::{Column, Draft, Kind, Role, Suspend, Trait, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "ResourceSetInputProvider",
    group: group::OPERATOR,
    plural: "resourcesetinputproviders",
    short: &["rsip"],
    role: Role::Operator,
    traits: &[Trait::Forced],
    suspend: Suspend::Annotation(RECONCILE),
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Cell("TYPE", 0),
        Column::Cell("INPUTS", 1),
        Column::Message,
        Column::Wide("URL", 2),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    draft.facts.revision = draft.revision(string(&wire.status, &["lastExportedRevision"]));
    let inputs = list(&wire.status, &["exportedInputs"]).len().to_string();
    draft.cells([string(&wire.spec, &["type"]), &inputs, string(&wire.spec, &["url"])]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn the_exported_inputs_are_counted() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"type": "GitHubPullRequest", "url": "https://github.com/example/web"},
                "status": {"lastExportedRevision": "sha256:ab", "exportedInputs": [{"id": "1"}, {"id": "2"}]}
            }),
        );

        assert_eq!(object.facts.revision.as_deref(), Some("sha256:ab"));
        assert_eq!(cells(&object), ["GitHubPullRequest", "2", "https://github.com/example/web"]);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "no access",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ReconciliationFailed"}]}}),
                    Failed,
                    "ReconciliationFailed",
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
