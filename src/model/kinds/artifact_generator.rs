//! ArtifactGenerator: composes artifacts from sources (source-watcher `api/v1beta1/artifactgenerator_types.go`, since Flux 2.7).

use super::draft::{list, string};
use super::{Column, Draft, Kind, Reference, Role, Suspend, Wire, external_artifact, git_repository, group};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "ArtifactGenerator",
    group: group::EXTENSIONS,
    versions: &["v1beta1"],
    plural: "artifactgenerators",
    short: &["ag"],
    role: Role::Source,
    references: &[Reference::list(&["spec", "sources"], git_repository::KIND.kind)],
    suspend: Suspend::Annotation("source.extensions.fluxcd.io/reconcile"),
    columns: &[Column::State, Column::Suspended, Column::Message, Column::Wide("ARTIFACTS", 0)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    for source in list(&wire.spec, &["sources"]) {
        draft.refer(Relation::Source, group::SOURCE, string(source, &["kind"]), source);
    }
    let made = list(&wire.status, &["inventory"]);
    for artifact in made {
        draft.refer(Relation::Generates, group::SOURCE, external_artifact::KIND.kind, artifact);
    }
    draft.cells([&made.len().to_string()]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn edges_are_its_sources_and_what_it_made() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"sources": [
                    {"alias": "a", "kind": "GitRepository", "name": "fleet", "namespace": "flux-system"},
                    {"alias": "b", "kind": "OCIRepository", "name": "web"}
                ]},
                "status": {"inventory": [{"name": "split", "namespace": "apps", "digest": "sha256:ab", "filename": "1.tar.gz"}]}
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "source GitRepository.source.toolkit.fluxcd.io flux-system/fleet",
                "source OCIRepository.source.toolkit.fluxcd.io apps/web",
                "generates ExternalArtifact.source.toolkit.fluxcd.io apps/split",
            ]
        );
        assert_eq!(cells(&object), ["1"]);
    }

    #[test]
    fn it_is_suspended_by_annotation() {
        let disabled = json!({"annotations": {"source.extensions.fluxcd.io/reconcile": "Disabled"}});
        let enabled = json!({"annotations": {"source.extensions.fluxcd.io/reconcile": "enabled"}});
        let status = json!({"conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1}]});
        table(
            &KIND,
            &[
                ("disabled", json!({"metadata": disabled, "status": status}), Suspended, "Succeeded"),
                ("enabled", json!({"metadata": enabled, "status": status}), Ready, "Succeeded"),
                ("spec.suspend means nothing", json!({"spec": {"suspend": true}, "status": status}), Ready, "Succeeded"),
                ("an older generation", json!({"metadata": {"generation": 2}, "status": status}), Progressing, "NewGeneration"),
            ],
        );
    }
}
