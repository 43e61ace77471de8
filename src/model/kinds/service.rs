//! Service, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `serviceConditions`): a load balancer's own address
//! is not waited for, only reported as missing.

use super::draft::{list, string};
use super::{Column, Draft, Kind, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "Service",
    plural: "services",
    short: &["svc"],
    columns: &[
        Column::State,
        Column::Cell("TYPE", 0),
        Column::Cell("ADDRESS", 1),
        Column::Message,
        Column::Wide("CLUSTER IP", 2),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let kind = wire.spec["type"].as_str().unwrap_or("ClusterIP");
    let ip = string(&wire.spec, &["clusterIP"]);
    let addresses = addresses(wire);
    draft.cells([kind, &addresses, ip]);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    match kind {
        "LoadBalancer" if ip.is_empty() => draft.verdict(Health::Progressing, "NoIPAssigned", "no cluster IP yet"),
        "LoadBalancer" if addresses.is_empty() => draft.verdict(Health::Ready, "", "the load balancer has no address yet"),
        _ => draft.verdict(Health::Ready, "", ""),
    }
}

/// The addresses of `status.loadBalancer`; shared with Ingress, whose status has the same shape.
pub(super) fn addresses(wire: &Wire) -> String {
    let address = |entry| [string(entry, &["ip"]), string(entry, &["hostname"])].into_iter().find(|text| !text.is_empty());
    list(&wire.status, &["loadBalancer", "ingress"]).iter().filter_map(address).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn only_a_load_balancer_without_cluster_ip_is_not_ready() {
        table(
            &KIND,
            &[
                ("cluster IP", json!({"spec": {"clusterIP": "10.0.0.1"}}), Ready, ""),
                ("headless", json!({"spec": {"clusterIP": "None"}}), Ready, ""),
                ("load balancer", json!({"spec": {"type": "LoadBalancer"}}), Progressing, "NoIPAssigned"),
                ("load balancer without address", json!({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}}), Ready, ""),
            ],
        );
    }

    #[test]
    fn a_load_balancer_without_address_says_so() {
        let missing = read(&KIND, &json!({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}}));
        let there = read(
            &KIND,
            &json!({
                "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"},
                "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "lb.example.com"}]}}
            }),
        );

        assert_eq!(&*missing.verdict.message, "the load balancer has no address yet");
        assert_eq!((&*there.verdict.message, cells(&there)), ("", vec!["LoadBalancer", "192.0.2.1, lb.example.com", "10.0.0.1"]));
    }
}
