//! A user with limited rights sees what is allowed and a note about the rest, and never requests more than to read.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::trials;
use crate::node::{Node, by_key, flat, tree};
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::truth::{self, Key, text};

fn developer(bed: &Bed) -> Fluxdeck {
    Fluxdeck::with(&bed.kubeconfig("developer"))
}

/// Who manages an object, by its labels: Helm's stand nearer than those of the Kustomization that brought the release.
fn manager(object: &Value) -> Option<Key> {
    let label = |name: &str| object.pointer(&format!("/metadata/labels/{}", name.replace('/', "~1"))).and_then(Value::as_str);
    let of = |group: &str, kind: &str| {
        Some(Key::new(group, kind, label(&format!("{group}/namespace"))?, label(&format!("{group}/name"))?))
    };
    of("helm.toolkit.fluxcd.io", "HelmRelease").or_else(|| of("kustomize.toolkit.fluxcd.io", "Kustomization"))
}

/// Nodes with the nodes that they hang under.
fn with_parents<'a>(nodes: &'a [Node], parent: Option<&'a Node>) -> Vec<(&'a Node, Option<&'a Node>)> {
    nodes.iter().flat_map(|node| std::iter::once((node, parent)).chain(with_parents(&node.children, Some(node)))).collect()
}

fn a_developer_sees_his_workloads_below_owners_that_he_may_not_read() {
    let bed = bed::shared();
    let ran = developer(&bed).run(&["tree", "-n", "web,shop", "-o", "json"]);
    let trees: Vec<Node> = ran.json();
    let (nodes, twice) = by_key(&trees);
    assert_eq!(twice, []);
    let placed = with_parents(&trees, None);

    let (mut deployments, mut restricted) = (0, BTreeSet::new());
    for (key, object) in truth::workloads(&bed).iter().filter(|(key, _)| key.kind == "Deployment") {
        let Some(manager) = manager(object).filter(|_| ["web", "shop"].contains(&key.namespace.as_str())) else { continue };
        deployments += 1;
        let (node, parent) =
            placed.iter().find(|(node, _)| node.key() == *key).unwrap_or_else(|| panic!("{key} is not in the tree"));
        let parent = parent.unwrap_or_else(|| panic!("{key} has no home"));
        assert_eq!(parent.key(), manager, "{key} hangs below the owner that its labels name");
        let may_read = ["web", "shop"].contains(&manager.namespace.as_str());
        assert_eq!(parent.reason == "Restricted", !may_read, "{parent:?}");
        if !may_read {
            assert_eq!((parent.message.as_str(), parent.version.as_str()), ("you may not read it", ""));
            restricted.insert(manager);
        }
        let pods = flat(std::slice::from_ref(*node)).into_iter().filter(|node| node.kind == "Pod").count();
        assert_eq!(Some(pods as u64), object.pointer("/status/replicas").and_then(Value::as_u64), "{key} down to its pods");
    }
    assert!(deployments >= 6 && restricted.len() >= 3, "{deployments} Deployments, {restricted:?}");
    let foreign: Vec<_> =
        nodes.values().filter(|node| !node.is_placeholder() && !["web", "shop"].contains(&node.namespace.as_str())).collect();
    assert!(foreign.is_empty(), "nothing from other namespaces: {foreign:?}");
    assert!(ran.err.contains("restricted") && ran.err.contains("shop, web"), "it is reported: {ran:?}");
}

fn without_a_namespace_that_of_the_kubeconfig_is_read_and_the_rest_is_said() {
    let bed = bed::shared();
    let user = developer(&bed);

    let ran = user.run(&["tree", "-o", "json"]);
    let trees: Vec<Node> = ran.json();
    let places: BTreeSet<_> =
        flat(&trees).into_iter().filter(|node| !node.is_placeholder()).map(|node| node.namespace.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["web"]), "the kubeconfig's namespace");
    assert!(ran.err.contains("restricted") && ran.err.contains("-n"), "what to do is said: {ran:?}");

    let ran = user.run(&["get", "deploy", "-n", "shop", "-o", "name"]);
    assert!(ran.code == 0 && ran.out.contains("deployment.apps/cart"), "{ran:?}");
}

fn an_empty_table_never_stands_for_a_refusal() {
    let bed = bed::shared();
    let user = developer(&bed);

    for command in
        [&["get", "ks", "-n", "flux-system"][..], &["get", "ks", "apps", "-n", "flux-system"], &["get", "fluxinstances", "-A"]]
    {
        let ran = user.run(command);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{command:?}: {ran:?}");
        assert!(ran.err.contains("may not list"), "{command:?}: {ran:?}");
    }
}

fn a_viewer_sees_what_the_administrator_sees() {
    let bed = bed::shared();
    let keys = |user: &str| -> BTreeSet<Key> {
        let trees = tree(&Fluxdeck::with(&bed.kubeconfig(user)), &["-A"]);
        flat(&trees).into_iter().map(Node::key).collect()
    };

    assert_eq!(keys("viewer"), keys("admin"));
    let ran = Fluxdeck::with(&bed.kubeconfig("viewer")).run(&["get", "secrets", "-n", "shop", "-o", "name"]);
    assert!(ran.code == 0 && ran.err.is_empty(), "nothing is kept from him: {ran:?}");
}

fn nothing_is_ever_written_and_no_secret_is_read_in_full() {
    let bed = bed::shared();
    // other suites try these users' rights themselves: only what is asked from here on is ours
    let before = std::fs::read_to_string(bed.value("BED_AUDIT_LOG")).expect("the audit log").len();
    for user in ["developer", "viewer"] {
        let user = Fluxdeck::with(&bed.kubeconfig(user));
        for command in [&["tree", "-n", "web"][..], &["get", "ks", "-n", "web"], &["snapshot", "mine.gz", "-n", "web"]] {
            assert_eq!(user.run(command).code, 0, "{command:?}");
        }
    }

    let log = std::fs::read_to_string(bed.value("BED_AUDIT_LOG")).expect("the audit log");
    let requests = log[before..].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let (mut all, mut writes) = (0, Vec::new());
    for request in requests.filter(|request| ["developer", "viewer"].contains(&text(request, "/user/username"))) {
        all += 1;
        let (verb, resource) = (text(&request, "/verb"), text(&request, "/objectRef/resource"));
        if !["get", "list", "watch"].contains(&verb) && !resource.starts_with("selfsubject") {
            writes.push(format!("{verb} {}", text(&request, "/requestURI")));
        }
    }
    assert!(all > 50, "their requests are in the log: {all}");
    assert!(writes.is_empty(), "{writes:?}");
}

trials![
    a_developer_sees_his_workloads_below_owners_that_he_may_not_read,
    without_a_namespace_that_of_the_kubeconfig_is_read_and_the_rest_is_said,
    an_empty_table_never_stands_for_a_refusal,
    a_viewer_sees_what_the_administrator_sees,
    nothing_is_ever_written_and_no_secret_is_read_in_full,
];
