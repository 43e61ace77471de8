//! ExternalArtifact: an artifact made by another controller, such as an ArtifactGenerator (source-controller
//! `api/v1/externalartifact_types.go`, since Flux 2.7). No controller reconciles it: its state is that of its maker.

use super::draft::{named, string};
use super::{Column, Draft, Kind, Role, Trait, Wire, group};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "ExternalArtifact",
    group: group::SOURCE,
    versions: &["v1"],
    plural: "externalartifacts",
    short: &["ea"],
    role: Role::Source,
    traits: &[Trait::Unasked, Trait::Remade],
    columns: &[Column::State, Column::Revision, Column::Cell("SOURCE", 0), Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let source = &wire.spec["sourceRef"];
    let group = string(source, &["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
    draft.refer(Relation::Source, group, string(source, &["kind"]), source);
    draft.artifact(&wire.status);
    draft.facts.requested = false;
    draft.cells([&named(source)]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn its_source_is_who_made_it() {
        let object = read(
            &KIND,
            &json!({
                "metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "1"}},
                "spec": {"sourceRef": {"apiVersion": "source.extensions.fluxcd.io/v1beta1", "kind": "ArtifactGenerator", "name": "split"}},
                "status": {"artifact": {"revision": "latest@sha256:ab"}}
            }),
        );

        assert_eq!(edges(&object), ["source ArtifactGenerator.source.extensions.fluxcd.io apps/split"]);
        assert_eq!(object.facts.revision.as_deref(), Some("latest@sha256:ab"));
        assert_eq!(cells(&object), ["ArtifactGenerator/split"]);
        assert!(!object.facts.requested);
    }

    #[test]
    fn generations_are_not_observed() {
        table(
            &KIND,
            &[
                (
                    "edited after it was made",
                    json!({"metadata": {"generation": 3}, "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}]}}),
                    Ready,
                    "Succeeded",
                ),
                ("nobody makes it", json!({}), Unknown, ""),
            ],
        );
    }
}
