//! Kustomization: builds a path of a source and applies it (kustomize-controller `api/v1/kustomization_types.go`).

use super::draft::{list, string};
use super::{Column, Draft, Kind, Role, Suspend, Wire};
use crate::domain::object::Relation;

pub(super) const GROUP: &str = "kustomize.toolkit.fluxcd.io";
pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io";

pub(super) const KIND: Kind = Kind {
    kind: "Kustomization",
    group: GROUP,
    versions: &["v1", "v1beta2", "v1beta1"],
    plural: "kustomizations",
    short: &["ks"],
    role: Role::Applier,
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("SOURCE", 0),
        Column::Wide("PATH", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    let source = &spec["sourceRef"];
    draft.edge(Relation::Source, SOURCES, string(source, &["kind"]), source["namespace"].as_str(), string(source, &["name"]));
    for dependency in list(spec, &["dependsOn"]) {
        draft.edge(Relation::DependsOn, GROUP, "Kustomization", dependency["namespace"].as_str(), string(dependency, &["name"]));
    }
    for values in list(spec, &["postBuild", "substituteFrom"]) {
        draft.edge(Relation::Values, "", string(values, &["kind"]), None, string(values, &["name"]));
    }
    draft.facts.remote = !spec["kubeConfig"].is_null();
    draft.facts.children_by = "inventory";
    draft.inventory(status);
    let revision = |key: &str| status[key].as_str().filter(|text| !text.is_empty());
    draft.facts.revision = revision("lastAppliedRevision").map(|text| draft.share(text));
    draft.facts.attempted = revision("lastAttemptedRevision").map(|text| draft.share(text));
    draft.cells([&format!("{}/{}", string(source, &["kind"]), string(source, &["name"])), string(spec, &["path"])]);
}
