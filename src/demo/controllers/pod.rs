//! Scheduler and kubelet: a pod is placed, its containers start, and it ends when it is deleted.
//!
//! Times are those of a quick node: a pod runs three seconds after it was created. A pod of a workload that was recorded as broken
//! breaks again, as long as its image is the same; how others fare is for `container`, and which nodes there are for `node`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::scene::{Scene, is_deleted};
use super::{container, node};
use crate::demo::objects::{self, Key, list, scatter, text};

const SCHEDULED: SignedDuration = SignedDuration::from_millis(400);
const STARTED: SignedDuration = SignedDuration::from_millis(2500);
/// How soon a container is started again for the first time: nothing holds it back yet.
const AGAIN: SignedDuration = SignedDuration::from_secs(1);
/// How often the scheduler tries again by itself (kube-scheduler `flushUnschedulablePodsLeftover`); a node that comes is tried at once.
const UNSCHEDULABLE: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn is_ready(pod: &Value) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|condition| text(condition, "/type") == "Ready" && text(condition, "/status") == "True")
        || text(pod, "/status/phase") == "Succeeded"
}

/// One step of a pod's life.
pub(super) fn reconcile(scene: &mut Scene, key: &Key) {
    let object = scene.object(key);
    if node::is_lost(scene.store, text(&object, "/spec/nodeName")) {
        // nobody is there who would do anything
        scene.stages.remove(key);
        return;
    }
    if is_deleted(&object) {
        return leave(scene, key, object);
    }
    let stage = scene.stages.get(key).map(|stage| stage.name);
    let born = text(&object, "/metadata/creationTimestamp").parse::<Timestamp>().unwrap_or(scene.now);
    let is_old =
        !list(&object, "/status/containerStatuses").is_empty() || scene.now.duration_since(born) > SignedDuration::from_secs(60);
    match stage {
        None if is_old => (),
        None => scene.stage(key, "schedule", SCHEDULED),
        Some(_) if matches!(scene.under_way(key), Some(None) | None) => (),
        Some("schedule") => schedule(scene, key, object),
        Some("start") => start(scene, key, object),
        Some(_) => restart(scene, key, object),
    }
}

/// Finds a node for a pod, or says why there is none.
fn schedule(scene: &mut Scene, key: &Key, mut object: Value) {
    let fate = scene.recording.fate(&object);
    if let Some(fate) = fate.filter(|fate| text(fate, "/conditions/0/reason") == "Unschedulable").cloned() {
        let message = text(&fate, "/conditions/0/message").to_owned();
        scene.event(&object, "default-scheduler", true, "FailedScheduling", &message);
        object["status"] = fate;
        scene.save(key, object);
        scene.stages.remove(key);
        return;
    }
    let assigned = Some(text(&object, "/spec/nodeName").to_owned()).filter(|name| !name.is_empty());
    let node = match assigned.map_or_else(|| node::free(scene.store), Ok) {
        Ok(node) => node,
        Err(message) => return wait_for_node(scene, key, object, &message),
    };
    let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
    object["spec"]["nodeName"] = node.into();
    scene.event(&object, "default-scheduler", false, "Scheduled", &message);
    let creating = json!({"waiting": {"reason": "ContainerCreating"}});
    let containers = list(&object, "/spec/containers").iter().map(|it| container::status(it, &creating, &json!({}), 0));
    object["status"] = status(&object, scene.now, "Pending", &containers.collect::<Vec<_>>());
    // statuses of containers come with the next stage
    object["status"].as_object_mut().expect("made above").remove("containerStatuses");
    scene.save(key, object);
    scene.stage(key, "start", STARTED);
}

fn wait_for_node(scene: &mut Scene, key: &Key, mut object: Value, message: &str) {
    scene.event(&object, "default-scheduler", true, "FailedScheduling", message);
    let condition = json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastProbeTime": null,
        "lastTransitionTime": objects::time(scene.now),
    });
    object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort", "conditions": [condition]});
    scene.save(key, object);
    scene.stage(key, "schedule", UNSCHEDULABLE);
}

/// The kubelet starts what a pod consists of.
fn start(scene: &mut Scene, key: &Key, mut object: Value) {
    scene.stages.remove(key);
    let fate = scene.recording.fate(&object).cloned();
    let is_job = text(&object, "/metadata/ownerReferences/0/kind") == "Job";
    object["status"] = fate.unwrap_or_else(|| {
        let containers: Vec<_> =
            list(&object, "/spec/containers").iter().map(|it| container::started(scene, &object, it)).collect();
        let is_failed = containers.iter().any(|it| it.pointer("/state/terminated").is_some());
        match (is_job, is_failed) {
            (true, false) => status(&object, scene.now, "Succeeded", &completed(scene, &object)),
            (true, true) => status(&object, scene.now, "Failed", &containers),
            (false, true) => {
                scene.stage(key, "back-off", AGAIN);
                status(&object, scene.now, "Running", &containers)
            }
            (false, false) => status(&object, scene.now, "Running", &containers),
        }
    });
    scene.save(key, object);
}

/// How the containers of a Job's pod end.
fn completed(scene: &Scene, pod: &Value) -> Vec<Value> {
    let now = objects::time(scene.now);
    let state = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}});
    list(pod, "/spec/containers").iter().map(|it| container::status(it, &state, &json!({}), 0)).collect()
}

/// The kubelet starts again what has ended.
fn restart(scene: &mut Scene, key: &Key, mut object: Value) {
    let was = list(&object, "/status/containerStatuses").to_vec();
    let containers: Vec<_> = list(&object, "/spec/containers").to_vec();
    let is_of = |was: &&Value, container: &Value| was["name"] == container["name"];
    let containers: Vec<_> = containers
        .iter()
        .filter_map(|container| Some((container, was.iter().find(|was| is_of(was, container))?)))
        .map(|(container, was)| container::restarted(scene, &object, container, was))
        .collect();
    let waiting = containers.iter().filter(|it| it.pointer("/state/waiting").is_some());
    let next = waiting.map(|it| container::back_off(it["restartCount"].as_i64().unwrap_or(1))).min();
    let was = object["status"].clone();
    object["status"] = since(status(&object, scene.now, "Running", &containers), &was);
    scene.save(key, object);
    match next {
        Some(next) => scene.stage(key, "back-off", next),
        None => drop(scene.stages.remove(key)),
    }
}

fn leave(scene: &mut Scene, key: &Key, mut object: Value) {
    if scene.stages.get(key).is_none_or(|stage| stage.name != "leave") {
        scene.stages.remove(key);
        return scene.stage(key, "leave", STARTED);
    }
    if matches!(scene.under_way(key), Some(None)) {
        return;
    }
    scene.stages.remove(key);
    object["metadata"]["deletionGracePeriodSeconds"] = 0.into();
    scene.save(key, object);
    objects::release(scene.store, key, scene.now);
}

/// A status that follows another of the same pod: what is as it was has been so since then.
fn since(mut status: Value, was: &Value) -> Value {
    status["startTime"] = was["startTime"].clone();
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        let same =
            list(was, "/conditions").iter().find(|it| it["type"] == condition["type"] && it["status"] == condition["status"]);
        if let Some(same) = same {
            condition["lastTransitionTime"] = same["lastTransitionTime"].clone();
        }
    }
    status
}

/// The status of a pod in a phase, with those of its containers (kubelet `status/generate.go`).
fn status(pod: &Value, now: Timestamp, phase: &str, containers: &[Value]) -> Value {
    let now = objects::time(now);
    let unready: Vec<_> = containers.iter().filter(|it| it["ready"] != true).map(|it| text(it, "/name")).collect();
    let is_ready = unready.is_empty() && phase == "Running";
    let yes = |is: bool| if is { "True" } else { "False" };
    let condition =
        |kind: &str, is: bool| json!({"type": kind, "status": yes(is), "lastProbeTime": null, "lastTransitionTime": now});
    let readiness = |kind: &str| {
        let mut condition = condition(kind, is_ready);
        if phase == "Running" && !is_ready {
            condition["reason"] = "ContainersNotReady".into();
            condition["message"] = format!("containers with unready status: [{}]", unready.join(" ")).into();
        }
        condition
    };
    let number = text(pod, "/metadata/uid").bytes().fold(1, |seed, byte| scatter(seed ^ u64::from(byte)));
    let ip = format!("10.0.{}.{}", number % 4, 2 + (number >> 8) % 250);
    let mut status = json!({
        "phase": phase, "qosClass": "BestEffort", "hostIP": "127.0.0.1", "startTime": now,
        "conditions": [condition("Initialized", true), readiness("Ready"), readiness("ContainersReady"), condition("PodScheduled", true)],
        "containerStatuses": containers,
    });
    if phase == "Running" {
        status["podIP"] = ip.as_str().into();
        status["podIPs"] = json!([{"ip": ip}]);
    }
    status
}
