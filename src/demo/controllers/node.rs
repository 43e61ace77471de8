//! Nodes: what the cluster knows of them, and what happens to the pods of a lost node (kube-controller-manager
//! `pkg/controller/{nodelifecycle,tainteviction}`).
//!
//! Pods tolerate a lost node for a tenth of the time that they say, so that one need not wait five minutes to see what happens.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::SOON;
use super::scene::{Scene, is_deleted};
use crate::demo::content;
use crate::demo::objects::{self, Key, Propagation, Store, list, text};

/// The node of a cluster that knows none.
const NODE: &str = "bed-node";
const LOST: &str = "node.kubernetes.io/unreachable";
/// How long a pod tolerates a lost node that does not say (admission `DefaultTolerationSeconds`), in seconds.
const TOLERATED: i64 = 300;
/// By how much quicker it is here.
const QUICKER: i64 = 10;

/// Whether nothing is known of a node any more.
pub(super) fn is_lost(store: &Store, name: &str) -> bool {
    store.find("", "Node", "", name).is_some_and(|node| readiness(node) == "Unknown")
}

fn readiness(node: &Value) -> &str {
    super::scene::condition(node, "Ready").map_or("", |ready| text(ready, "/status"))
}

/// All nodes by name.
pub(super) fn names(store: &Store) -> Vec<String> {
    let nodes = store.kind_of("", "Node").into_iter().flat_map(|kind| store.of_kind(kind));
    let names: Vec<_> = nodes.map(|(key, _)| key.name.clone()).collect();
    if names.is_empty() { vec![NODE.to_owned()] } else { names }
}

/// A node that takes pods: the first that has no taint.
///
/// # Errors
/// What the scheduler says when there is none (kube-scheduler `framework/types.go`, `FitError`).
pub(super) fn free(store: &Store) -> Result<String, String> {
    let names = names(store);
    let is_tainted = |name: &String| store.find("", "Node", "", name).is_some_and(|node| !list(node, "/spec/taints").is_empty());
    let all = names.len();
    names.into_iter().find(|name| !is_tainted(name)).ok_or_else(|| {
        format!(
            "0/{all} nodes are available: {all} node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/{all} nodes are available: {all} Preemption is not helpful for scheduling."
        )
    })
}

/// A node is lost: its kubelet reports nothing, and what it has reported is unknown (`monitorNodeHealth`).
pub(in crate::demo) fn lose(store: &mut Store, name: &str, now: Timestamp) {
    let Some((key, mut node)) = find(store, name) else { return };
    for condition in node.pointer_mut("/status/conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        for (field, value) in [
            ("status", "Unknown"),
            ("reason", "NodeStatusUnknown"),
            ("message", "Kubelet stopped posting node status."),
            ("lastTransitionTime", &objects::time(now)),
        ] {
            condition[field] = value.into();
        }
    }
    store.replace(&key, node);
}

/// A node joins the cluster, made as the one that it has.
pub(in crate::demo) fn join(store: &mut Store, name: &str, now: Timestamp) {
    let (Some(kind), Some(mut node)) = (store.kind_of("", "Node"), content::nodes().next()) else { return };
    if find(store, name).is_some() {
        return;
    }
    node["metadata"]["name"] = name.into();
    node["metadata"]["labels"]["kubernetes.io/hostname"] = name.into();
    let addresses = node.pointer_mut("/status/addresses").and_then(Value::as_array_mut).into_iter().flatten();
    addresses.filter(|address| address["type"] == "Hostname").for_each(|address| address["address"] = name.into());
    for condition in node.pointer_mut("/status/conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        condition["lastHeartbeatTime"] = objects::time(now).into();
        condition["lastTransitionTime"] = objects::time(now).into();
    }
    store.create(kind, node, now);
}

/// Whether a cluster has a node of that name that is ready.
pub(in crate::demo) fn is_ready(store: &Store, name: &str) -> bool {
    store.find("", "Node", "", name).is_some_and(|node| readiness(node) == "True")
}

fn find(store: &Store, name: &str) -> Option<(Key, Value)> {
    let key = store.key("", "Node", "", name)?;
    Some((key.clone(), (**store.get(&key)?).clone()))
}

/// One look of the controllers at a node.
pub(super) fn reconcile(scene: &mut Scene, key: &Key) {
    let node = scene.object(key);
    if readiness(&node) == "Unknown" {
        let since = list(&node, "/spec/taints").iter().find(|taint| taint["key"] == LOST && taint["effect"] == "NoExecute");
        match since.and_then(|taint| text(taint, "/timeAdded").parse().ok()) {
            Some(since) => evict(scene, key, since),
            None => taint(scene, key, node),
        }
    } else {
        greet(scene, &node);
    }
}

/// A lost node keeps new pods away, and its pods are not ready.
fn taint(scene: &mut Scene, key: &Key, mut node: Value) {
    let now = objects::time(scene.now);
    let taint = |effect: &str| json!({"key": LOST, "effect": effect, "timeAdded": now});
    node["spec"]["taints"] = json!([taint("NoSchedule"), taint("NoExecute")]);
    let said = format!("Node {} status is now: NodeNotReady", key.name);
    scene.event(&node, "node-controller", false, "NodeNotReady", &said);
    scene.save(key, node);
    for (pod_key, mut pod) in pods(scene, &key.name) {
        let conditions = pod.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
        let ready = conditions.into_iter().flatten().find(|it| it["type"] == "Ready" && it["status"] == "True");
        let Some(ready) = ready else { continue };
        (ready["status"], ready["lastTransitionTime"]) = ("False".into(), now.as_str().into());
        scene.event(&pod, "node-controller", true, "NodeNotReady", "Node is not ready");
        scene.save(&pod_key, pod);
    }
}

/// Deletes the pods of a lost node that do not tolerate it any longer. Nobody is there who would end them: they stay until it comes back.
fn evict(scene: &mut Scene, key: &Key, since: Timestamp) {
    for (pod_key, mut pod) in pods(scene, &key.name) {
        let Some(tolerated) = tolerated(&pod) else { continue };
        let left = tolerated - scene.now.duration_since(since);
        if left.is_positive() {
            scene.later(key, left);
            continue;
        }
        let full = format!("{}/{}", pod_key.namespace, pod_key.name);
        scene.event(
            &pod,
            "taint-eviction-controller",
            false,
            "TaintManagerEviction",
            &format!("Marking for deletion Pod {full}"),
        );
        let condition = json!({
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint", "lastProbeTime": null,
            "lastTransitionTime": objects::time(scene.now),
        });
        let mut conditions = list(&pod, "/status/conditions").to_vec();
        conditions.push(condition);
        pod["status"]["conditions"] = conditions.into();
        scene.save(&pod_key, pod);
        objects::delete(scene.store, &pod_key, Propagation::Background, None, scene.now);
    }
}

/// How long a pod stays on a lost node; none for ever, as pods of DaemonSets do.
fn tolerated(pod: &Value) -> Option<SignedDuration> {
    if text(pod, "/metadata/ownerReferences/0/kind") == "DaemonSet" {
        return None;
    }
    let is_it = |it: &&Value| text(it, "/key") == LOST && matches!(text(it, "/effect"), "" | "NoExecute");
    let seconds = match list(pod, "/spec/tolerations").iter().find(is_it) {
        Some(toleration) => toleration["tolerationSeconds"].as_i64()?,
        None => TOLERATED,
    };
    Some(SignedDuration::from_secs(seconds / QUICKER))
}

/// A node that takes pods: those that wait for one are tried again, and DaemonSets want a pod there.
fn greet(scene: &mut Scene, node: &Value) {
    let name = text(node, "/metadata/name");
    scene.event(
        node,
        "node-controller",
        false,
        "RegisteredNode",
        &format!("Node {name} event: Registered Node {name} in Controller"),
    );
    scene.event(node, "kubelet", false, "NodeReady", &format!("Node {name} status is now: NodeReady"));
    let waiting: Vec<_> = scene.stages.iter().filter(|(_, stage)| stage.name == "schedule").map(|(key, _)| key.clone()).collect();
    for key in waiting {
        if let Some(stage) = scene.stages.get_mut(&key) {
            stage.at = scene.now;
        }
        scene.later(&key, SOON);
    }
    let sets = scene.store.kind_of("apps", "DaemonSet").into_iter().flat_map(|kind| scene.store.of_kind(kind));
    let sets: Vec<_> = sets.map(|(key, _)| key.clone()).collect();
    for key in sets {
        scene.later(&key, SOON);
    }
}

/// The pods of a node that are not on their way out.
fn pods(scene: &Scene, node: &str) -> Vec<(Key, Value)> {
    let Some(kind) = scene.store.kind_of("", "Pod") else { return Vec::new() };
    let is_ours = |pod: &Value| text(pod, "/spec/nodeName") == node && !is_deleted(pod);
    scene.store.of_kind(kind).filter(|(_, pod)| is_ours(pod)).map(|(key, pod)| (key.clone(), (**pod).clone())).collect()
}
