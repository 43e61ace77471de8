//! ImagePolicy: selects one tag of an ImageRepository (image-reflector-controller `api/v1/imagepolicy_types.go`).

use serde_json::Value;

use super::draft::string;
use super::{Column, Draft, Kind, Reference, Role, Suspend, Wire, group, image_repository};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "ImagePolicy",
    group: group::IMAGE,
    versions: &["v1", "v1beta2", "v1beta1", "v1alpha2", "v1alpha1"],
    plural: "imagepolicies",
    short: &["imgpol", "imagepol"],
    flux: "image policy",
    role: Role::Image,
    references: &[Reference::one(&["spec", "imageRepositoryRef"], &image_repository::KIND)],
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Cell("IMAGE", 0),
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("PREVIOUS", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    draft.refer(Relation::Images, group::IMAGE, image_repository::KIND.kind, &wire.spec["imageRepositoryRef"]);
    let latest = match wire.status["latestImage"].as_str() {
        Some(image) => split(image),
        None => (string(&wire.status, &["latestRef", "name"]), revision(&wire.status["latestRef"])),
    };
    draft.facts.revision = draft.revision(&latest.1);
    draft.cells([latest.0, &revision(&wire.status["observedPreviousRef"])]);
    // only since Flux 2.7, which serves v1, it answers requests
    draft.facts.requested &= draft.version() == "v1";
}

/// Tag and, where it is reflected, digest of an image reference.
fn revision(reference: &Value) -> String {
    match (string(reference, &["tag"]), string(reference, &["digest"])) {
        (tag, "") => tag.to_owned(),
        (tag, digest) => format!("{tag}@{digest}"),
    }
}

/// Name and tag of an image as Flux before 2.7 writes it: `registry:5000/image:tag`.
fn split(image: &str) -> (&str, String) {
    match image.rsplit_once('/').map_or(image, |(_, last)| last).split_once(':') {
        Some((_, tag)) => (&image[..image.len() - tag.len() - 1], tag.to_owned()),
        None => (image, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, read_in, table};

    #[test]
    fn the_selected_tag_is_the_revision() {
        for (status, image, revision) in [
            (json!({"latestRef": {"name": "ghcr.io/podinfo", "tag": "6.0.3"}}), "ghcr.io/podinfo", Some("6.0.3")),
            (
                json!({"latestRef": {"name": "ghcr.io/podinfo", "tag": "latest", "digest": "sha256:ab"}}),
                "ghcr.io/podinfo",
                Some("latest@sha256:ab"),
            ),
            (json!({"latestImage": "registry:5000/podinfo:6.0.3"}), "registry:5000/podinfo", Some("6.0.3")),
            (json!({"latestImage": "registry:5000/podinfo"}), "registry:5000/podinfo", None),
            (json!({}), "", None),
        ] {
            let object = read(&KIND, &json!({"status": status}));
            assert_eq!((cells(&object)[0], object.facts.revision.as_deref()), (image, revision));
        }
    }

    #[test]
    fn its_repository_may_live_elsewhere() {
        for (reference, expected) in [
            (json!({"name": "web"}), "images ImageRepository.image.toolkit.fluxcd.io apps/web"),
            (
                json!({"name": "web", "namespace": "flux-system"}),
                "images ImageRepository.image.toolkit.fluxcd.io flux-system/web",
            ),
        ] {
            assert_eq!(edges(&read(&KIND, &json!({"spec": {"imageRepositoryRef": reference}}))), [expected]);
        }
    }

    #[test]
    fn a_request_is_answered_since_flux_2_7() {
        let object = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "1"}}});

        assert!(read_in("v1", &KIND, &object).facts.requested);
        assert!(!read_in("v1beta2", &KIND, &object).facts.requested);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "no scan yet",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "DependencyNotReady"}]}}),
                    Waiting,
                    "DependencyNotReady",
                ),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
            ],
        );
    }
}
