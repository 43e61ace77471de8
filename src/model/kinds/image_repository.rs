//! ImageRepository: scans the tags of an image (image-reflector-controller `api/v1/imagerepository_types.go`).

use super::draft::{number, string, time};
use super::{Column, Draft, Kind, Role, Suspend, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "ImageRepository",
    group: group::IMAGE,
    versions: &["v1", "v1beta2", "v1beta1", "v1alpha2", "v1alpha1"],
    plural: "imagerepositories",
    short: &["imgrepo", "imagerepo", "img"],
    flux: "image repository",
    role: Role::Image,
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Suspended,
        Column::Cell("IMAGE", 0),
        Column::Cell("TAGS", 1),
        Column::Message,
        Column::Wide("LAST SCAN", 2),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let scan = &wire.status["lastScanResult"];
    let tags = number(scan, &["tagCount"]).map(|count| count.to_string()).unwrap_or_default();
    // every scan that succeeds writes its time (`internal/controller/imagerepository_controller.go`, `scan`)
    draft.paced(time(scan["scanTime"].as_str()), None);
    draft.cells([string(&wire.spec, &["image"]), &tags, string(scan, &["scanTime"])]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn cells_are_image_tags_and_last_scan() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"image": "ghcr.io/stefanprodan/podinfo"},
                "status": {"lastScanResult": {"tagCount": 52, "scanTime": "2026-01-01T00:00:00Z"}}
            }),
        );

        assert_eq!(cells(&object), ["ghcr.io/stefanprodan/podinfo", "52", "2026-01-01T00:00:00Z"]);
        assert_eq!(cells(&read(&KIND, &json!({}))), ["", "", ""]);
    }

    #[test]
    fn health_is_fluxs_rule() {
        table(
            &KIND,
            &[
                (
                    "registry says no",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ReadOperationFailed"}]}}),
                    Failed,
                    "ReadOperationFailed",
                ),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
            ],
        );
    }
}
