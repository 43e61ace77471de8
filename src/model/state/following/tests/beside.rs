//! What is read beside what was asked for.

use super::*;
use crate::actions::testing::object;
use crate::kinds;

const TABLE: Beside = Beside { sources: true, below: true, parents: false };
const DOCUMENT: Beside = Beside { sources: false, below: true, parents: true };

/// A session of these scopes, `kind` or `kind namespace`, to which everything that we know is served.
fn bench(only: &[&str], beside: Beside) -> Bench {
    let mut bench = Bench::new(&["Pod"]);
    bench.following.rules.only = Some(only.iter().map(|scope| parsed(scope)).collect());
    (bench.following.rules.beside, bench.following.rules.once) = (beside, true);
    bench.receive(Event::Wake);
    let offer =
        |kind: &&kinds::Kind| (kind.gk(), ServedAs { version: "v1".into(), is_watchable: true, is_namespaced: kind.namespaced });
    let offers = Offers { kinds: kinds::ALL.iter().map(offer).collect(), unread: BTreeMap::new() };
    bench.receive(Event::Connected { offers, namespaces: Vec::new() });
    bench
}

fn parsed(scope: &str) -> Scope {
    let (name, namespace) = scope.split_once(' ').map_or((scope, None), |(name, namespace)| (name, Some(namespace.into())));
    Scope { gk: kinds::by_name(name).first().expect("a kind").gk(), namespace }
}

/// What is asked for.
fn asked(orders: &[Order]) -> Vec<String> {
    let one = |order: &Order| match order {
        Order::List { scope, .. } => {
            let namespace = scope.namespace.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
            Some(format!("{}{namespace}", scope.gk.kind))
        }
        Order::Watch { scope, .. } => Some(format!("a watch of {}", scope.gk.kind)),
        _ => None,
    };
    let mut asked: Vec<_> = orders.iter().filter_map(one).collect();
    asked.sort();
    asked
}

impl Bench {
    /// A scope is listed: these are all. Returns what is asked for then.
    fn lists(&mut self, scope: &str, objects: Vec<Object>) -> Vec<String> {
        let scope = parsed(scope);
        let is_it = |order: &Order| match order {
            Order::List { scope: of, turn } if *of == scope => Some(*turn),
            _ => None,
        };
        let turn = self.orders.iter().rev().find_map(|(_, order)| is_it(order)).expect("it was asked for");
        let deltas =
            vec![Delta::Listed { generation: turn, objects }, Delta::Complete { scope: scope.clone(), generation: turn }];
        asked(&self.receive(Event::Listed { scope, turn, version: "7".into(), deltas }))
    }
}

fn kustomization(name: &str, source: &str) -> Object {
    let (kind, place) = source.split_once(' ').expect("a kind and a place");
    let (namespace, source) = place.split_once('/').expect("a namespace and a name");
    let body = json!({
        "metadata": {"name": name, "namespace": "flux-system", "labels": {
            "kustomize.toolkit.fluxcd.io/name": "root", "kustomize.toolkit.fluxcd.io/namespace": "fleet"}},
        "spec": {"sourceRef": {"kind": kind, "name": source, "namespace": namespace}},
        "status": {"inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]}},
    });
    object("ks", &body)
}

fn deployment(namespace: &str, ready: u32) -> Object {
    let labels = json!({"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop"});
    object(
        "deploy",
        &json!({
            "metadata": {"namespace": namespace, "labels": labels}, "spec": {"replicas": 1},
            "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": ready, "readyReplicas": ready,
                "conditions": [{"type": "Available", "status": "True"}]},
        }),
    )
}

#[test]
fn what_is_asked_for_is_read_once_and_nothing_is_followed_from_there() {
    let mut bench = bench(&["deploy shop", "svc"], TABLE);
    assert_eq!(bench.lists("svc", Vec::new()), [""; 0]);
    assert_eq!(bench.lists("deploy shop", vec![deployment("shop", 1)]), [""; 0], "all is well");
    let later = asked(&bench.pass(seconds(300)));
    assert_eq!(later, [""; 0], "it is not listed again");
}

#[test]
fn a_table_of_appliers_reads_the_sources_that_they_name_where_they_are() {
    let mut of_one = bench(&["ks flux-system"], TABLE);
    let all = vec![
        kustomization("one", "GitRepository fleet/main"),
        kustomization("two", "GitRepository fleet/main"),
        kustomization("three", "OCIRepository shop/web"),
    ];
    assert_eq!(of_one.lists("ks flux-system", all), ["GitRepository fleet", "OCIRepository shop"]);
    assert_eq!(of_one.lists("oci shop", Vec::new()), [""; 0]);

    let mut of_many = bench(&["ks"], TABLE);
    let all = (0..20).map(|at| kustomization(&format!("n{at}"), &format!("GitRepository n{at}/main"))).collect();
    assert_eq!(of_many.lists("ks", all), ["GitRepository"], "in many places it is read at once");
}

#[test]
fn a_release_is_compared_with_its_chart_only() {
    let release = |chart: serde_json::Value, status: serde_json::Value| object("hr", &json!({"spec": chart, "status": status}));
    let mut bench = bench(&["hr"], TABLE);
    let of_chart = release(
        json!({"chart": {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}}),
        json!({"helmChart": "apps/apps-web"}),
    );
    let of_artifact = release(json!({"chartRef": {"kind": "OCIRepository", "name": "web", "namespace": "oci"}}), json!({}));
    assert_eq!(bench.lists("hr", vec![of_chart, of_artifact]), ["HelmChart apps"]);
}

#[test]
fn below_a_workload_in_progress_its_pods_are_read_and_below_no_other() {
    let mut bench = bench(&["deploy"], TABLE);
    let all = vec![deployment("quiet", 1), deployment("shop", 0), deployment("web", 0)];
    let expected = ["Job shop", "Job web", "Pod shop", "Pod web", "ReplicaSet shop", "ReplicaSet web"];
    assert_eq!(bench.lists("deploy", all), expected);
}

#[test]
fn in_very_many_namespaces_pods_are_read_everywhere() {
    let mut bench = bench(&["deploy"], TABLE);
    let all = (0..201).map(|at| deployment(&format!("n{at}"), 0)).collect();
    assert_eq!(bench.lists("deploy", all), ["Job", "Pod", "ReplicaSet"]);
}

#[test]
fn a_document_reads_who_applied_and_who_owns_what_is_in_it() {
    let mut of_flux = bench(&["ks flux-system"], DOCUMENT);
    assert_eq!(of_flux.lists("ks flux-system", vec![kustomization("a", "Bucket b/c")]), ["Kustomization fleet"]);
    // what is read beside makes nothing else be read
    assert_eq!(of_flux.lists("ks fleet", vec![kustomization("root", "Bucket b/c")]), [""; 0]);

    let pod = object(
        "pod",
        &json!({"metadata": {"ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u"},
        {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "n"},
    ]}, "status": {"phase": "Pending"}}),
    );
    assert_eq!(bench(&["pod"], DOCUMENT).lists("pod", vec![pod]), ["ReplicaSet apps"]);

    let mut of_workloads = bench(&["deploy"], DOCUMENT);
    assert_eq!(of_workloads.lists("deploy", vec![deployment("shop", 1)]), ["HelmRelease shop"]);
}

#[test]
fn an_old_release_that_applied_something_is_looked_up_in_helms_storage() {
    let old = || {
        let history = json!([{"name": "web", "namespace": "shop", "version": 3}]);
        object("hr", &json!({"metadata": {"namespace": "shop"}, "status": {"storageNamespace": "shop", "history": history}}))
    };
    let mut bench = bench(&["deploy"], DOCUMENT);
    bench.lists("deploy", vec![deployment("shop", 1)]);
    bench.lists("hr shop", vec![old()]);
    let is_release = |(_, order): &(Duration, Order)| matches!(order, Order::Release { .. });
    assert_eq!(bench.orders.iter().filter(|order| is_release(order)).count(), 1);

    let mut asked_for = super::beside::bench(&["hr"], DOCUMENT);
    asked_for.lists("hr", vec![old()]);
    assert!(!asked_for.orders.iter().any(is_release), "nobody asked what it applied");
}

#[test]
fn where_a_kind_may_not_be_listed_everywhere_it_is_read_where_it_is_needed() {
    let mut bench = bench(&["deploy", "pod"], TABLE);
    bench.receive(Event::Include(vec!["shop".into()]));
    let turn = bench.turn("Pod");
    let scope = parsed("pod");
    bench.receive(Event::Ended { scope, turn, trouble: Some(it(TroubleKind::Forbidden)) });
    let all = vec![deployment("shop", 0), deployment("web", 0)];
    assert_eq!(bench.lists("deploy", all), ["Job shop", "Job web", "Pod web", "ReplicaSet shop", "ReplicaSet web"]);
}

#[test]
fn more_is_read_when_it_is_asked_for_later() {
    let mut bench = bench(&[], TABLE);
    assert_eq!(asked(&bench.orders.iter().map(|(_, order)| order.clone()).collect::<Vec<_>>()), [""; 0], "nothing yet");
    let orders = bench.receive(Event::Read(vec![parsed("ks shop")]));
    assert_eq!(asked(&orders), ["Kustomization shop"]);
}
