//! Kubernetes' own controllers: Deployments roll out ReplicaSets, those and the others make pods
//! (kube-controller-manager `pkg/controller/{deployment,replicaset,…}`).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::node;
use super::pod::is_ready;
use super::scene::{Scene, is_deleted};
use crate::demo::objects::{self, Key, Propagation, list, scatter, text};

/// The pods of a controller that are not on their way out.
fn pods(scene: &Scene, owner: &Value) -> Vec<(Key, Value)> {
    let uid = text(owner, "/metadata/uid");
    let Some(kind) = scene.store.kind_of("", "Pod") else { return Vec::new() };
    let is_ours = |pod: &Value| text(pod, "/metadata/ownerReferences/0/uid") == uid && !is_deleted(pod);
    scene.store.of_kind(kind).filter(|(_, pod)| is_ours(pod)).map(|(key, pod)| (key.clone(), (**pod).clone())).collect()
}

/// Creates a pod of a controller, on a node where one is given.
fn create_pod(scene: &mut Scene, owner: &Value, name: &str, node: Option<&str>, component: &str) {
    let Some(kind) = scene.store.kind_of("", "Pod") else { return };
    let template = &owner["spec"]["template"];
    let mut pod = json!({"metadata": template["metadata"].clone(), "spec": template["spec"].clone(), "status": {"phase": "Pending", "qosClass": "BestEffort"}});
    if !pod["metadata"].is_object() {
        pod["metadata"] = json!({});
    }
    let metadata = pod["metadata"].as_object_mut().expect("made above");
    metadata.remove("creationTimestamp");
    metadata.insert("name".into(), name.into());
    metadata.insert("namespace".into(), owner["metadata"]["namespace"].clone());
    metadata.insert("ownerReferences".into(), json!([objects::owner(owner)]));
    if let Some(node) = node {
        pod["spec"]["nodeName"] = node.into();
    }
    scene.store.create(kind, pod, scene.now);
    scene.event(owner, component, false, "SuccessfulCreate", &format!("Created pod: {name}"));
}

fn delete_pod(scene: &mut Scene, owner: &Value, key: &Key, component: &str) {
    objects::delete(scene.store, key, Propagation::Background, None, scene.now);
    scene.event(owner, component, false, "SuccessfulDelete", &format!("Deleted pod: {}", key.name));
}

fn replicas(object: &Value) -> usize {
    let desired = object.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    usize::try_from(desired).unwrap_or(0)
}

/// Writes into fields of a status how many pods there are, how many of them are ready, and how many are not.
fn count(scene: &mut Scene, key: &Key, [all, ready, unready]: [&str; 3]) {
    let mut object = scene.object(key);
    let found = pods(scene, &object);
    let number = found.iter().filter(|(_, pod)| is_ready(pod)).count();
    for (fields, number) in [(all, found.len()), (ready, number), (unready, found.len() - number)] {
        for field in fields.split_whitespace() {
            object["status"][field] = number.into();
        }
    }
    object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
    scene.save(key, object);
}

/// The hash that names the ReplicaSet of a template.
fn hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut seed = template.to_string().bytes().fold(5, |seed, byte| scatter(seed ^ u64::from(byte)));
    (0..10)
        .map(|_| {
            let letter = LETTERS[(seed % LETTERS.len() as u64) as usize];
            seed /= LETTERS.len() as u64;
            char::from(letter)
        })
        .collect()
}

pub(super) fn deployment(scene: &mut Scene, key: &Key) {
    let object = scene.object(key);
    if is_deleted(&object) {
        return;
    }
    let uid = text(&object, "/metadata/uid").to_owned();
    let Some(kind) = scene.store.kind_of("apps", "ReplicaSet") else { return };
    let is_ours = |set: &Value| text(set, "/metadata/ownerReferences/0/uid") == uid;
    let sets: Vec<_> =
        scene.store.of_kind(kind).filter(|(_, set)| is_ours(set)).map(|(key, set)| (key.clone(), (**set).clone())).collect();
    let template = &object["spec"]["template"];
    let is_current = |set: &Value| {
        let mut theirs = set["spec"]["template"].clone();
        if let Some(labels) = theirs.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove("pod-template-hash");
        }
        theirs == *template
    };
    let Some((current, set)) = sets.iter().find(|(_, set)| is_current(set)) else { return new_set(scene, key, &object, &sets) };
    let desired = replicas(&object);
    let share = |name: &str, up: bool| {
        let said = object.pointer(&format!("/spec/strategy/rollingUpdate/{name}")).cloned().unwrap_or_else(|| "25%".into());
        let percent = said.as_str().and_then(|said| said.trim_end_matches('%').parse::<usize>().ok());
        let part = percent.map_or_else(
            || said.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
            |percent| (desired * percent + if up { 99 } else { 0 }) / 100,
        );
        if object.pointer("/spec/strategy/type") == Some(&"Recreate".into()) { 0 } else { part }
    };
    let (surge, unavailable) = (share("maxSurge", true), share("maxUnavailable", false));
    let surge = if surge == 0 && unavailable == 0 { 1 } else { surge };
    let count = |set: &Value, pointer: &str| {
        set.pointer(pointer).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    };
    let olds: Vec<_> = sets.iter().filter(|(key, set)| key != current && replicas(set) > 0).collect();
    let old: usize = olds.iter().map(|(_, set)| replicas(set)).sum();
    let target = desired.min((desired + surge).saturating_sub(old)).max(if olds.is_empty() { desired } else { 0 });
    if target != replicas(set) && (target > replicas(set) || olds.is_empty()) {
        return scale(scene, &object, current, target);
    }
    let ready: usize = sets.iter().map(|(_, set)| count(set, "/status/readyReplicas")).sum();
    let spare = ready.saturating_sub(desired.saturating_sub(unavailable));
    if let Some((key, set)) = olds.first() {
        // those that are not ready go first, then as many as can be spared
        let broken = replicas(set).saturating_sub(count(set, "/status/readyReplicas"));
        let fewer = (broken + spare).min(replicas(set));
        if fewer > 0 {
            let left = replicas(set) - fewer;
            return scale(scene, &object, key, left);
        }
    }
    judge(scene, key, &object, current, &sets);
}

fn scale(scene: &mut Scene, deployment: &Value, key: &Key, to: usize) {
    let mut set = scene.object(key);
    let from = replicas(&set);
    set["spec"]["replicas"] = to.into();
    scene.save(key, set);
    let way = if to > from { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {} from {from} to {to}", key.name);
    scene.event(deployment, "deployment-controller", false, "ScalingReplicaSet", &message);
}

fn new_set(scene: &mut Scene, key: &Key, object: &Value, sets: &[(Key, Value)]) {
    let revision =
        |set: &Value| text(set, "/metadata/annotations/deployment.kubernetes.io~1revision").parse::<u64>().unwrap_or(0);
    let next = sets.iter().map(|(_, set)| revision(set)).max().unwrap_or(0) + 1;
    let hash = hash(&object["spec"]["template"]);
    let name = format!("{}-{hash}", key.name);
    let mut template = object["spec"]["template"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = hash.as_str().into();
    let mut selector = object["spec"]["selector"].clone();
    selector["matchLabels"]["pod-template-hash"] = hash.as_str().into();
    let metadata = json!({
        "name": name, "namespace": key.namespace, "labels": template["metadata"]["labels"], "ownerReferences": [objects::owner(object)],
        "annotations": {"deployment.kubernetes.io/revision": next.to_string(), "deployment.kubernetes.io/desired-replicas": replicas(object).to_string()},
    });
    let Some(kind) = scene.store.kind_of("apps", "ReplicaSet") else { return };
    let set = json!({"metadata": metadata, "spec": {"replicas": 0, "selector": selector, "template": template}, "status": {"replicas": 0}});
    let born = Key { kind, namespace: key.namespace.clone(), name };
    if scene.store.get(&born).is_none() {
        scene.store.create(kind, set, scene.now);
    }
    let mut object = object.clone();
    object["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = next.to_string().into();
    scene.save(key, object);
}

/// Status and conditions of a Deployment (`pkg/controller/deployment/{sync,progress}.go`).
fn judge(scene: &mut Scene, key: &Key, object: &Value, current: &Key, sets: &[(Key, Value)]) {
    let desired = replicas(object);
    let sum = |pointer: &str| sets.iter().filter_map(|(_, set)| set.pointer(pointer).and_then(Value::as_u64)).sum::<u64>();
    let of_current = scene.object(current);
    let updated = of_current["status"]["replicas"].as_u64().unwrap_or(0);
    let (all, ready) = (sum("/status/replicas"), sum("/status/readyReplicas"));
    let is_available = ready + u64::from(desired > 3) >= desired as u64;
    let is_complete = updated == desired as u64 && all == updated && ready == updated;
    let mut next = object.clone();
    let status = json!({
        "replicas": all, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": ready,
        "unavailableReplicas": (desired as u64).saturating_sub(ready),
    });
    json_patch::merge(&mut next["status"], &status);
    if let Some(status) = next["status"].as_object_mut() {
        status.retain(|name, value| value != 0 || !name.ends_with("eplicas") || name == "terminatingReplicas");
    }
    next["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
    let (status, reason, message) = if is_available {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    note(scene, &mut next, "Available", status, reason, message);
    let changed = |pointer: &str| object.pointer(pointer) != next.pointer(pointer);
    let was = list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == "Progressing").cloned();
    let updated_at = was.as_ref().and_then(|was| text(was, "/lastUpdateTime").parse::<Timestamp>().ok());
    let deadline = object.pointer("/spec/progressDeadlineSeconds").and_then(Value::as_i64).unwrap_or(600);
    let progresses = changed("/status/updatedReplicas") || changed("/status/readyReplicas") || changed("/metadata/generation");
    let name = &current.name;
    if is_complete {
        note(
            scene,
            &mut next,
            "Progressing",
            "True",
            "NewReplicaSetAvailable",
            &format!("ReplicaSet \"{name}\" has successfully progressed."),
        );
    } else if !progresses && updated_at.is_some_and(|at| scene.now.duration_since(at).as_secs() >= deadline) {
        note(
            scene,
            &mut next,
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            &format!("ReplicaSet \"{name}\" has timed out progressing."),
        );
    } else if was.is_none_or(|was| text(&was, "/reason") != "ProgressDeadlineExceeded") {
        note(scene, &mut next, "Progressing", "True", "ReplicaSetUpdated", &format!("ReplicaSet \"{name}\" is progressing."));
        scene.later(key, SignedDuration::from_secs(deadline));
    }
    scene.save(key, next);
}

fn note(scene: &Scene, object: &mut Value, kind: &str, status: &str, reason: &str, message: &str) {
    let mut conditions = list(object, "/status/conditions").to_vec();
    let found = conditions.iter_mut().find(|condition| text(condition, "/type") == kind);
    let now = objects::time(scene.now);
    match found {
        Some(found) if text(found, "/status") == status && text(found, "/reason") == reason && text(found, "/message") == message => (),
        Some(found) => {
            if text(found, "/status") != status {
                found["lastTransitionTime"] = now.as_str().into();
            }
            (found["status"], found["reason"], found["message"], found["lastUpdateTime"]) = (status.into(), reason.into(), message.into(), now.into());
        }
        None => conditions.push(json!({
            "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now, "lastUpdateTime": now,
        })),
    }
    object["status"]["conditions"] = conditions.into();
}

pub(super) fn replica_set(scene: &mut Scene, key: &Key) {
    let object = scene.object(key);
    if is_deleted(&object) {
        return;
    }
    let mut found = pods(scene, &object);
    for _ in found.len()..replicas(&object) {
        let name = format!("{}-{}", key.name, scene.store.suffix());
        create_pod(scene, &object, &name, None, "replicaset-controller");
    }
    // those that are not ready go first
    found.sort_by_key(|(_, pod)| is_ready(pod));
    for (pod, _) in found.iter().take(found.len().saturating_sub(replicas(&object))) {
        delete_pod(scene, &object, pod, "replicaset-controller");
    }
    count(scene, key, ["replicas fullyLabeledReplicas", "readyReplicas availableReplicas", ""]);
}

/// Replaces one pod at a time whose containers are not what the template says.
fn outdated<'a>(object: &Value, found: &'a [(Key, Value)]) -> Option<&'a Key> {
    let images = |spec: &Value| list(spec, "/containers").iter().map(|it| text(it, "/image").to_owned()).collect::<Vec<_>>();
    let stamp = |template: &Value| template.pointer("/metadata/annotations/kubectl.kubernetes.io~1restartedAt").cloned();
    let template = &object["spec"]["template"];
    let is_old = |pod: &Value| images(&pod["spec"]) != images(&template["spec"]) || stamp(pod) != stamp(template);
    found.iter().find(|(_, pod)| is_old(pod)).map(|(key, _)| key)
}

pub(super) fn stateful_set(scene: &mut Scene, key: &Key) {
    let object = scene.object(key);
    if is_deleted(&object) {
        return;
    }
    let found = pods(scene, &object);
    let desired = replicas(&object);
    let is_settled = found.iter().all(|(_, pod)| is_ready(pod));
    let names: Vec<_> = (0..desired).map(|number| format!("{}-{number}", key.name)).collect();
    let Some(kind) = scene.store.kind_of("", "Pod") else { return };
    let free = |scene: &Scene, name: &str| {
        scene.store.get(&Key { kind, namespace: key.namespace.clone(), name: name.to_owned() }).is_none()
    };
    if let Some((extra, _)) = found.iter().rev().find(|(pod, _)| !names.contains(&pod.name)) {
        delete_pod(scene, &object, extra, "statefulset-controller");
    } else if let Some(name) = names.iter().find(|name| free(scene, name)).filter(|_| is_settled) {
        create_pod(scene, &object, name, None, "statefulset-controller");
    } else if let Some(old) = outdated(&object, &found).filter(|_| is_settled) {
        delete_pod(scene, &object, old, "statefulset-controller");
    }
    count(scene, key, ["replicas currentReplicas updatedReplicas", "readyReplicas availableReplicas", ""]);
}

pub(super) fn daemon_set(scene: &mut Scene, key: &Key) {
    let object = scene.object(key);
    if is_deleted(&object) {
        return;
    }
    let found = pods(scene, &object);
    let has_pod = |node: &str| found.iter().any(|(_, pod)| ["", node].contains(&text(pod, "/spec/nodeName")));
    let bare: Vec<_> = node::names(scene.store).into_iter().filter(|node| !has_pod(node)).collect();
    for node in &bare {
        let name = format!("{}-{}", key.name, scene.store.suffix());
        create_pod(scene, &object, &name, Some(node), "daemonset-controller");
    }
    if let Some(old) = outdated(&object, &found).filter(|_| bare.is_empty()) {
        delete_pod(scene, &object, old, "daemonset-controller");
    }
    let all = "desiredNumberScheduled currentNumberScheduled updatedNumberScheduled";
    count(scene, key, [all, "numberReady numberAvailable", "numberUnavailable"]);
}

pub(super) fn job(scene: &mut Scene, key: &Key) {
    let mut object = scene.object(key);
    let is_over = list(&object, "/status/conditions").iter().any(|it| matches!(text(it, "/type"), "Complete" | "Failed"));
    if is_deleted(&object) || is_over {
        return;
    }
    let found = pods(scene, &object);
    if found.is_empty() {
        let name = format!("{}-{}", key.name, scene.store.suffix());
        create_pod(scene, &object, &name, None, "job-controller");
        object["status"] = json!({"active": 1, "startTime": objects::time(scene.now)});
        return scene.save(key, object);
    }
    let now = objects::time(scene.now);
    let ended = |phase: &str| found.iter().any(|(_, pod)| text(pod, "/status/phase") == phase);
    if ended("Succeeded") {
        object["status"] = json!({"succeeded": 1, "startTime": object["status"]["startTime"], "completionTime": now});
        note(scene, &mut object, "Complete", "True", "CompletionsReached", "Reached expected number of succeeded pods");
        scene.event(&object, "job-controller", false, "Completed", "Job completed");
    } else if ended("Failed") {
        object["status"] = json!({"failed": 1, "startTime": object["status"]["startTime"]});
        note(scene, &mut object, "Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        scene.event(&object, "job-controller", true, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
    }
    scene.save(key, object);
}
