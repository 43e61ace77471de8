//! Ingress: current as soon as it exists, kstatus has no rule for it.

use super::draft::{list, string};
use super::service::addresses;
use super::{Column, Draft, Kind, Wire};

pub(super) const KIND: Kind = Kind {
    kind: "Ingress",
    group: "networking.k8s.io",
    plural: "ingresses",
    short: &["ing"],
    columns: &[Column::State, Column::Cell("CLASS", 0), Column::Cell("HOSTS", 1), Column::Cell("ADDRESS", 2), Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let hosts: Vec<_> =
        list(&wire.spec, &["rules"]).iter().map(|rule| string(rule, &["host"])).filter(|host| !host.is_empty()).collect();
    draft.cells([string(&wire.spec, &["ingressClassName"]), &hosts.join(", "), &addresses(wire)]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::Health;
    use crate::kinds::testing::{cells, read};

    #[test]
    fn its_address_is_shown_and_not_waited_for() {
        let object = read(
            &KIND,
            &json!({"spec": {"ingressClassName": "nginx", "rules": [{"host": "web.example.com"}, {}, {"host": "www.example.com"}]}}),
        );

        assert_eq!(
            (object.verdict.health, cells(&object)),
            (Health::Ready, vec!["nginx", "web.example.com, www.example.com", ""])
        );
    }
}
