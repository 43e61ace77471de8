//! CustomResourceDefinition, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `crdConditions`).

use super::draft::{list, string};
use super::{Column, Draft, Kind, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "CustomResourceDefinition",
    group: "apiextensions.k8s.io",
    plural: "customresourcedefinitions",
    short: &["crd", "crds"],
    namespaced: false,
    columns: &[Column::State, Column::Cell("KIND", 0), Column::Cell("VERSIONS", 1), Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let served = list(&wire.spec, &["versions"]).iter().filter(|version| version["served"].as_bool() == Some(true));
    let versions: Vec<_> = served.map(|version| string(version, &["name"])).collect();
    draft.cells([string(&wire.spec, &["names", "kind"]), &versions.join(", ")]);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    let decides = |kind: &str, status: &str, reason: &str| match (kind, status) {
        ("NamesAccepted", "False") => Some(Health::Failed),
        ("Established", "True") => Some(Health::Ready),
        ("Established", "False") if reason != "Installing" => Some(Health::Failed),
        _ => None,
    };
    for condition in draft.conditions.clone() {
        match decides(&condition.kind, &condition.status, &condition.reason) {
            Some(Health::Ready) => return draft.verdict(Health::Ready, "Established", ""),
            Some(health) => return draft.verdict(health, &condition.reason, &condition.message),
            None => {}
        }
    }
    draft.verdict(Health::Progressing, "Installing", "not established yet");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn it_is_ready_when_it_is_served() {
        let of = |kind: &str, status: &str, reason: &str| json!({"status": {"conditions": [{"type": kind, "status": status, "reason": reason}]}});
        table(
            &KIND,
            &[
                ("established", of("Established", "True", "InitialNamesAccepted"), Ready, "Established"),
                ("names taken", of("NamesAccepted", "False", "PluralConflict"), Failed, "PluralConflict"),
                ("installing", of("Established", "False", "Installing"), Progressing, "Installing"),
                ("not accepted", of("Established", "False", "NotAccepted"), Failed, "NotAccepted"),
                ("new", json!({}), Progressing, "Installing"),
            ],
        );
    }

    #[test]
    fn served_versions_are_shown() {
        let versions =
            json!([{"name": "v1", "served": true}, {"name": "v1beta1", "served": false}, {"name": "v1beta2", "served": true}]);
        let object = read(&KIND, &json!({"spec": {"names": {"kind": "Bucket"}, "versions": versions}}));

        assert_eq!(cells(&object), ["Bucket", "v1, v1beta2"]);
        assert!(object.id.namespace.is_empty());
    }
}
