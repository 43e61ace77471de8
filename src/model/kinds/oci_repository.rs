//! OCIRepository: fetches an artifact from a registry (source-controller `api/v1/ocirepository_types.go`).

use serde_json::Value;

use super::draft::string;
use super::{Column, Draft, Kind, Role, Suspend, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "OCIRepository",
    group: group::SOURCE,
    versions: &["v1", "v1beta2"],
    plural: "ocirepositories",
    short: &["ocirepo", "oci"],
    flux: "source oci",
    role: Role::Source,
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("URL", 0),
        Column::Wide("REF", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    draft.artifact(&wire.status);
    draft.cells([string(&wire.spec, &["url"]), &reference(&wire.spec["ref"])]);
}

/// What is pulled, in source-controller's precedence: digest, semver, tag.
fn reference(reference: &Value) -> String {
    ["digest", "semver", "tag"]
        .into_iter()
        .find_map(|key| reference[key].as_str().filter(|text| !text.is_empty()).map(|text| format!("{key} {text}")))
        .unwrap_or_else(|| "tag latest".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{KIND, reference};
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn the_artifact_is_the_revision() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"url": "oci://registry.example.com/manifests", "ref": {"semver": "1.x"}},
                "status": {"artifact": {"revision": "1.2.3@sha256:ab"}}
            }),
        );

        assert_eq!(object.facts.revision.as_deref(), Some("1.2.3@sha256:ab"));
        assert_eq!(cells(&object), ["oci://registry.example.com/manifests", "semver 1.x"]);
    }

    #[test]
    fn the_most_exact_reference_wins() {
        for (spec, expected) in [
            (json!({"tag": "v1", "semver": ">1", "digest": "sha256:ab"}), "digest sha256:ab"),
            (json!({"tag": "v1", "semver": ">1"}), "semver >1"),
            (json!({"tag": "v1"}), "tag v1"),
            (json!(null), "tag latest"),
        ] {
            assert_eq!(reference(&spec), expected);
        }
    }

    #[test]
    fn health_is_fluxs_rule() {
        let ready = |status: &str, reason: &str| json!({"status": {"conditions": [{"type": "Ready", "status": status, "reason": reason}]}});
        table(
            &KIND,
            &[
                ("pulled", ready("True", "Succeeded"), Ready, "Succeeded"),
                ("pull failed", ready("False", "OCIArtifactPullFailed"), Failed, "OCIArtifactPullFailed"),
            ],
        );
    }
}
