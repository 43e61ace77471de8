//! The tree is what kubectl says: every object once, in its state, and nothing else.

use std::collections::BTreeSet;

use crate::harness::trials;
use crate::node::{Node, by_key, flat, tree};
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::truth::{self, Key, Objects, says, settled};

const EXPECTED: &str = include_str!("../expected.tsv");

/// Objects for which the tree shows more than their Ready condition, on purpose: what it shows instead.
const SHARPER: &[(&str, &str)] = &[("unobserved", "NewGeneration"), ("drifted", "DriftDetected"), ("tests-failed", "TestFailed")];

fn user(bed: &Bed) -> Fluxdeck {
    Fluxdeck::with(&bed.kubeconfig("admin"))
}

fn assert_none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

/// The tree, and what was in the cluster before and after it was made.
fn seen(bed: &Bed) -> (Vec<Node>, [Objects; 2], [Objects; 2]) {
    let before = (truth::of_flux(bed), truth::workloads(bed));
    let trees = tree(&user(bed), &["-A"]);
    let after = (truth::of_flux(bed), truth::workloads(bed));
    (trees, [before.0, after.0], [before.1, after.1])
}

fn every_deliberate_fault_has_the_state_and_the_reason_of_the_table() {
    let bed = bed::shared();
    let trees = tree(&user(&bed), &["-A"]);
    let nodes = flat(&trees);
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in EXPECTED.lines().filter(|line| !line.starts_with('#')) {
        rows += 1;
        let row: Vec<_> = line.split('\t').collect();
        let [kind, namespace, name, health, reason, fragment] = row[..] else { panic!("six columns: {line}") };
        let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
        let is_it = |node: &&&Node| {
            let is_group = if group.is_empty() { is_today(&node.group) } else { node.group == group };
            is_group && node.kind == kind && node.namespace == namespace && node.name == name
        };
        let Some(node) = nodes.iter().find(is_it) else {
            wrong.push(format!("{line}: is not in the tree"));
            continue;
        };
        let deciding = node.condition(if health == "stalled" { "Stalled" } else { "Ready" }).filter(|_| group.is_empty());
        let sharper = SHARPER.iter().find(|(other, _)| *other == name).map(|(_, reason)| *reason);
        let expected = sharper.unwrap_or(reason);
        let found = deciding.map_or(node.reason.as_str(), |condition| condition.reason.as_str());
        let message = node.condition("Ready").filter(|_| group.is_empty()).map_or(&node.message, |ready| &ready.message);
        if node.health != health
            || reason != "-" && (found != reason || node.reason != expected)
            || fragment != "-" && !message.contains(fragment)
        {
            wrong.push(format!("{line}: is {} {} ({found}) «{message}»", node.health, node.reason));
        }
    }
    assert!(rows > 100, "the table was read");
    assert_none("not as tests/live/expected.tsv says", &wrong);
}

/// Groups of today's Flux and of its operator.
fn is_today(group: &str) -> bool {
    group.ends_with(".toolkit.fluxcd.io") || group == "source.extensions.fluxcd.io" || group == "fluxcd.controlplane.io"
}

fn every_flux_object_is_in_the_tree_once_with_its_conditions_and_revision() {
    let bed = bed::shared();
    let (trees, [before, after], _) = seen(&bed);
    let (nodes, twice) = by_key(&trees);
    assert_eq!(twice, [], "an object has one home");

    let mut wrong = Vec::new();
    let settled = settled(before, &after);
    assert!(settled.len() > 90, "the fleet is at rest: {}", settled.len());
    for (key, object) in &settled {
        let Some(node) = nodes.get(key) else {
            wrong.push(format!("{key}: is not in the tree"));
            continue;
        };
        for [kind, status, reason, message] in truth::conditions(object) {
            match node.condition(kind) {
                None => wrong.push(format!("{key}: lacks condition {kind}")),
                Some(shown) if shown.status == status && shown.reason == reason && says(&shown.message, message) => {}
                Some(shown) => wrong.push(format!("{key}: {kind} is {status} {reason} «{message}», shown as {shown:?}")),
            }
        }
        if let Some(revision) = truth::revision(object).filter(|revision| *revision != node.revision) {
            wrong.push(format!("{key}: revision is {revision}, shown as {}", node.revision));
        }
        let is_deleted = object.pointer("/metadata/deletionTimestamp").is_some();
        if is_deleted != (node.health == "terminating") {
            wrong.push(format!("{key}: is shown as {}", node.health));
        }
        if object.pointer("/spec/suspend").is_some_and(|suspend| suspend == true) && !node.suspended {
            wrong.push(format!("{key}: is suspended"));
        }
    }
    assert_none("kubectl says otherwise", &wrong);
}

fn pods_of_what_flux_manages_are_in_the_tree_in_their_phase_and_no_other_pods() {
    let bed = bed::shared();
    let (trees, [flux, _], [before, after]) = seen(&bed);
    let (nodes, _) = by_key(&trees);
    let shown: BTreeSet<_> = nodes.keys().filter(|key| key.kind == "Pod").cloned().collect();
    let managed = truth::managed_pods(&flux, &before);
    assert!(managed.len() > 25, "the fleet runs: {managed:?}");

    let name = |key: &Key| key.to_string();
    let settled = settled(before, &after);
    assert_none(
        "missing pods",
        &managed.difference(&shown).filter(|key| settled.contains_key(*key)).map(name).collect::<Vec<_>>(),
    );
    assert_none("pods that Flux does not manage", &shown.difference(&managed).map(name).collect::<Vec<_>>());
    let wrong: Vec<_> = managed
        .iter()
        .filter_map(|key| Some((key, settled.get(key)?, nodes.get(key)?)))
        .filter(|(_, pod, node)| truth::pod_health(pod) != node.health)
        .map(|(key, pod, node)| format!("{key}: is {}, shown as {} {}", truth::pod_health(pod), node.health, node.reason))
        .collect();
    assert_none("pods in another state", &wrong);
}

fn what_inventories_name_is_below_its_applier() {
    let bed = bed::shared();
    let (trees, [flux, _], _) = seen(&bed);
    let (nodes, _) = by_key(&trees);
    let named = truth::inventories(&flux);
    assert!(named.len() > 60, "inventories were read: {named:?}");

    let missing: Vec<_> = named.iter().filter(|key| !nodes.contains_key(*key)).map(Key::to_string).collect();
    assert_none("in an inventory, but not in the tree", &missing);
}

fn nothing_is_in_the_tree_that_is_not_in_the_cluster() {
    let bed = bed::shared();
    let trees = tree(&user(&bed), &["-A"]);
    let nodes = flat(&trees);
    let kinds = nodes.iter().map(|node| (node.group.clone(), node.kind.clone())).collect();
    let existing = truth::existing(&bed, &kinds);

    let (placeholders, objects): (Vec<&Node>, Vec<&Node>) = nodes.iter().partition(|node| node.is_placeholder());
    let ghosts: Vec<_> =
        objects.iter().map(|node| node.key()).filter(|key| !existing.contains(key)).map(|key| key.to_string()).collect();
    assert_none("not in the cluster", &ghosts);
    for node in placeholders {
        assert_eq!(node.reason, "Missing", "the administrator may read everything: {node:?}");
        assert!(!existing.contains(&node.key()), "it is there: {node:?}");
    }
}

fn a_picture_has_the_objects_of_the_tree_and_what_depends_on_what() {
    let bed = bed::shared();
    let user = user(&bed);
    let trees = tree(&user, &["-A", "--dependencies"]);
    let dot = user.run(&["tree", "-A", "--dependencies", "-o", "dot"]);
    assert_eq!(dot.code, 0, "{}", dot.err);
    let is_missing = |node: &&Node| !dot.out.contains(&format!("label=\"{} {}/{}\\n", node.kind, node.namespace, node.name));
    let missing: Vec<_> = flat(&trees).into_iter().filter(is_missing).map(|node| node.key().to_string()).collect();
    assert_none("not in the picture", &missing);
    assert!(dot.out.contains("label=\"needed by\" style=dashed"), "dependencies are dashed");

    let mermaid = user.run(&["tree", "-A", "--dependencies", "-o", "mermaid"]);
    assert_eq!(mermaid.code, 0, "{}", mermaid.err);
    assert!(mermaid.out.starts_with("flowchart LR\n") && mermaid.out.contains("-. needed by .->"), "{}", mermaid.out);
}

trials![
    every_deliberate_fault_has_the_state_and_the_reason_of_the_table,
    every_flux_object_is_in_the_tree_once_with_its_conditions_and_revision,
    pods_of_what_flux_manages_are_in_the_tree_in_their_phase_and_no_other_pods,
    what_inventories_name_is_below_its_applier,
    nothing_is_in_the_tree_that_is_not_in_the_cluster,
    a_picture_has_the_objects_of_the_tree_and_what_depends_on_what,
];
