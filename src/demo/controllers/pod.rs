//! Scheduler and kubelet: a pod is placed, its containers start, and it ends when it is deleted.
//!
//! Times are those of a quick node: a pod runs three seconds after it was created. A pod of a workload that was recorded as broken
//! breaks again, as long as its image is the same.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::scene::{Scene, is_deleted};
use crate::demo::objects::{self, Key, list, scatter, text};

const SCHEDULED: SignedDuration = SignedDuration::from_millis(400);
const STARTED: SignedDuration = SignedDuration::from_millis(2500);
const NODE: &str = "bed-node";

pub(super) fn is_ready(pod: &Value) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|condition| text(condition, "/type") == "Ready" && text(condition, "/status") == "True")
        || text(pod, "/status/phase") == "Succeeded"
}

/// One step of a pod's life.
pub(super) fn reconcile(scene: &mut Scene, key: &Key) {
    let mut object = scene.object(key);
    if is_deleted(&object) {
        return leave(scene, key, object);
    }
    let born = text(&object, "/metadata/creationTimestamp").parse::<Timestamp>().unwrap_or(scene.now);
    let is_old =
        !list(&object, "/status/containerStatuses").is_empty() || scene.now.duration_since(born) > SignedDuration::from_secs(60);
    if is_old {
        return;
    }
    let stage = scene.stages.get(key).map(|stage| stage.name);
    match stage {
        None => scene.stage(key, "schedule", SCHEDULED),
        Some(_) if matches!(scene.under_way(key), Some(None) | None) => (),
        Some("schedule") => {
            let fate = scene.recording.fate(&object);
            if let Some(fate) = fate.filter(|fate| text(fate, "/conditions/0/reason") == "Unschedulable").cloned() {
                let message = text(&fate, "/conditions/0/message").to_owned();
                scene.event(&object, "default-scheduler", true, "FailedScheduling", &message);
                object["status"] = fate;
                scene.save(key, object);
                scene.stages.remove(key);
                return;
            }
            object["spec"]["nodeName"] = NODE.into();
            let full = format!("{}/{}", key.namespace, key.name);
            scene.event(&object, "default-scheduler", false, "Scheduled", &format!("Successfully assigned {full} to {NODE}"));
            object["status"] = status(&object, scene.now, "Pending", false, &json!({"waiting": {"reason": "ContainerCreating"}}));
            // statuses of containers come with the next stage
            object["status"].as_object_mut().expect("made above").remove("containerStatuses");
            scene.save(key, object);
            scene.stage(key, "start", STARTED);
        }
        Some(_) => {
            scene.stages.remove(key);
            object["status"] = scene.recording.fate(&object).cloned().unwrap_or_else(|| {
                let now = objects::time(scene.now);
                match text(&object, "/metadata/ownerReferences/0/kind") {
                    "Job" => status(
                        &object,
                        scene.now,
                        "Succeeded",
                        true,
                        &json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}),
                    ),
                    _ => status(&object, scene.now, "Running", true, &json!({"running": {"startedAt": now}})),
                }
            });
            scene.save(key, object);
        }
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

fn status(pod: &Value, now: Timestamp, phase: &str, is_ready: bool, state: &Value) -> Value {
    let now = objects::time(now);
    let yes = |is: bool| if is { "True" } else { "False" };
    let ready = is_ready && phase == "Running";
    let condition =
        |kind: &str, is: bool| json!({"type": kind, "status": yes(is), "lastProbeTime": null, "lastTransitionTime": now});
    let number = text(pod, "/metadata/uid").bytes().fold(1, |seed, byte| scatter(seed ^ u64::from(byte)));
    let ip = format!("10.0.{}.{}", number % 4, 2 + (number >> 8) % 250);
    let container = |it: &Value| json!({"name": it["name"], "image": it["image"], "imageID": "", "ready": ready, "started": ready, "restartCount": 0, "state": state, "lastState": {}});
    let mut status = json!({
        "phase": phase, "qosClass": "BestEffort", "hostIP": "127.0.0.1", "startTime": now,
        "conditions": [condition("Initialized", true), condition("Ready", ready), condition("ContainersReady", ready), condition("PodScheduled", true)],
        "containerStatuses": list(pod, "/spec/containers").iter().map(container).collect::<Vec<_>>(),
    });
    if phase == "Running" {
        status["podIP"] = ip.as_str().into();
        status["podIPs"] = json!([{"ip": ip}]);
    }
    status
}
