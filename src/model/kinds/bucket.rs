//! Bucket: fetches objects from S3-compatible storage (source-controller `api/v1/bucket_types.go`).

use super::draft::string;
use super::{Column, Draft, Kind, Role, Suspend, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "Bucket",
    group: group::SOURCE,
    versions: &["v1", "v1beta2", "v1beta1"],
    plural: "buckets",
    flux: "source bucket",
    role: Role::Source,
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("ENDPOINT", 0),
        Column::Wide("BUCKET", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    draft.artifact(&wire.status);
    draft.cells([string(&wire.spec, &["endpoint"]), string(&wire.spec, &["bucketName"])]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn the_artifact_is_the_revision() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"endpoint": "minio.example.com", "bucketName": "fleet"},
                "status": {"artifact": {"revision": "sha256:ab"}}
            }),
        );

        assert_eq!(object.facts.revision.as_deref(), Some("sha256:ab"));
        assert_eq!(cells(&object), ["minio.example.com", "fleet"]);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "failing",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "BucketOperationFailed"}]}}),
                    Failed,
                    "BucketOperationFailed",
                ),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
            ],
        );
    }
}
