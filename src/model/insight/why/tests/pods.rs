//! Pods that do not run, and what is found out about them on demand.

use serde_json::{Value, json};

use super::causes::check;
use super::world::*;
use crate::domain::EventRow;
use crate::insight::why::evidence::{BodyCondition, ClaimFacts, NodeFacts};
use crate::insight::why::{Dossier, Evidence, Learned};

/// A Kustomization that checks the health of a Deployment whose pod is so.
fn rollout(pod: Value) -> Vec<(&'static str, Value)> {
    let message = "health check failed after 1m0s: timeout waiting for: [Deployment/apps/web status: 'InProgress']";
    vec![
        ("ks flux-system/apps", with(failed("HealthCheckFailed", message), applies(&["deploy apps/web", "cm apps/settings"]))),
        ("cm apps/settings", json!({})),
        ("deploy apps/web", replicas(0, 1)),
        ("rs apps/web-1", with(replicas(0, 1), owned_by("deploy apps/web"))),
        ("po apps/web-1-a", with(pod, owned_by("rs apps/web-1"))),
    ]
}

#[test]
fn pods_that_do_not_run() {
    let waits = |reason: &str, message: &str| pod(&json!({"waiting": {"reason": reason, "message": message}}), &json!({}));
    let pending = |reason: &str, message: &str| json!({"status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]}});
    let row = |case, object, rule, says| (case, rollout(object), "ks flux-system/apps", rule, "po apps/web-1-a", says);
    check(vec![
        row(
            "a crash",
            crashing(1, "Error", "cannot open config"),
            "crash",
            "container web exits 1 (\"cannot open config\"), restarted 7 times",
        ),
        row(
            "out of memory",
            crashing(137, "OOMKilled", ""),
            "out-of-memory",
            "container web uses more memory than its limit and is killed, restarted 7 times",
        ),
        row("no such command", crashing(127, "Error", ""), "crash", "exits 127 (its command is not found)"),
        row(
            "no such image",
            waits("ErrImagePull", "rpc error: code = NotFound desc = registry.example.test/web:2: not found"),
            "image",
            "image registry.example.test/web:2 cannot be pulled: the registry has no such image or tag",
        ),
        row(
            "no right to an image",
            waits("ImagePullBackOff", "Back-off pulling image: ErrImagePull: unauthorized: authentication required"),
            "image",
            "refuses the credentials",
        ),
        row("not an image", waits("InvalidImageName", "couldn't parse image name"), "image", "this is not the name of an image"),
        row(
            "a missing ConfigMap",
            waits("CreateContainerConfigError", "configmap \"settings\" not found"),
            "missing-reference",
            "container web: ConfigMap apps/settings does not exist; it is there by now",
        ),
        row(
            "a missing Secret",
            waits("CreateContainerConfigError", "secret \"db\" not found"),
            "missing-reference",
            "Secret apps/db does not exist",
        ),
        row(
            "a missing key",
            waits("CreateContainerConfigError", "couldn't find key password in Secret apps/db"),
            "missing-reference",
            "Secret apps/db has no key password",
        ),
        row(
            "no node",
            pending(
                "Unschedulable",
                "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
            ),
            "unschedulable",
            "no node takes it: 3 Insufficient cpu",
        ),
        row(
            "a claim",
            pending(
                "Unschedulable",
                "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/1",
            ),
            "volume",
            "a volume claim of it is not bound",
        ),
        row(
            "evicted",
            json!({"spec": {"nodeName": "node-1"}, "status": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage"}}),
            "node",
            "node node-1 has put it out (Evicted): The node was low on resource",
        ),
        row("not ready", pod(&json!({"running": {}}), &json!({})), "probe", "container web runs and is not ready"),
    ]);
}

#[test]
fn the_way_is_from_the_cause_to_what_was_asked_about_and_beyond() {
    let world = World::of(&rollout(crashing(1, "Error", "cannot open config")));
    let found = world.why("deploy apps/web");
    let steps: Vec<_> = found.steps.iter().map(|step| format!("{} {}: {}", step.part.slug(), step.object, step.says)).collect();
    assert_eq!(
        steps,
        [
            "cause Pod apps/web-1-a: container web exits 1 (\"cannot open config\"), restarted 7 times",
            "asked Deployment apps/web: 0 of 1 pod ready; rolled out 60m ago",
            "beyond Kustomization flux-system/apps: health check failed, 1 other applied",
        ]
    );
    assert_eq!(found.since, Some("2026-01-01T00:52:00Z".parse().expect("a time")), "since the Deployment was not available");
    assert_eq!(found.steps[0].witness.text(), "state of container web: CrashLoopBackOff");
    assert_eq!(found.steps[2].witness.text(), "condition Ready: HealthCheckFailed");
}

/// A case: its pod, what was asked of it, and the cause that follows: its rule and its words.
type Sharper = (&'static str, Value, Evidence, &'static str, &'static str);

fn sharper(rows: Vec<Sharper>) {
    for (case, object, evidence, rule, says) in rows {
        let world = World::of(&rollout(object));
        let dossier = Dossier::from([(reference("po apps/web-1-a"), evidence)]);
        let found = world.why_with("ks flux-system/apps", &dossier);
        let first = found.cause().expect("a cause");
        assert_eq!((found.rule, first.object.clone()), (Some(rule), reference("po apps/web-1-a")), "{case}: {}", first.says);
        assert!(first.says.contains(says), "{case}: {}", first.says);
    }
}

fn events(reason: &str, message: &str) -> Evidence {
    let event = EventRow { is_warning: true, reason: reason.into(), message: message.into(), count: 3, ..EventRow::default() };
    Evidence { events: Learned::Here(vec![event]), ..Evidence::default() }
}

#[test]
fn what_a_container_waits_for_makes_the_answer_sharper() {
    let creating = || json!({"status": {"phase": "Pending", "containerStatuses": [{"name": "web", "ready": false, "state": {"waiting": {"reason": "ContainerCreating"}}}]}});
    let back_off = || {
        pod(
            &json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.example.test/web:2\""}}),
            &json!({}),
        )
    };
    sharper(vec![
        (
            "a Secret that is mounted",
            creating(),
            events("FailedMount", "MountVolume.SetUp failed for volume \"keys\" : secret \"keys\" not found"),
            "missing-reference",
            "Secret apps/keys does not exist",
        ),
        (
            "a volume",
            creating(),
            events("FailedAttachVolume", "Multi-Attach error for volume \"pvc-1\": already used by pod(s) web-0"),
            "volume",
            "Multi-Attach error",
        ),
        (
            "a claim",
            creating(),
            Evidence {
                claims: Learned::Here(vec![ClaimFacts {
                    name: "data".into(),
                    phase: "Pending".into(),
                    class: "fast".into(),
                    warning: "storageclass \"fast\" not found".into(),
                }]),
                ..Evidence::default()
            },
            "volume",
            "volume claim apps/data (class fast) is pending: storageclass \"fast\" not found",
        ),
        (
            "a registry",
            back_off(),
            events(
                "Failed",
                "Failed to pull image \"registry.example.test/web:2\": rpc error: 429 Too Many Requests - toomanyrequests",
            ),
            "image",
            "limits how often",
        ),
    ]);
}

#[test]
fn what_happens_to_a_running_container_makes_the_answer_sharper() {
    let running = || pod(&json!({"running": {}}), &json!({}));
    let unready_node = BodyCondition {
        kind: "Ready".into(),
        status: "Unknown".into(),
        message: "Kubelet stopped posting node status.".into(),
        ..BodyCondition::default()
    };
    sharper(vec![
        (
            "a probe",
            running(),
            events("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500"),
            "probe",
            "fails its readiness probe and gets no requests: HTTP probe failed with statuscode: 500",
        ),
        (
            "a liveness probe",
            crashing(137, "Error", ""),
            events("Unhealthy", "Liveness probe failed: dial tcp 10.0.0.1:80: connect: connection refused"),
            "probe",
            "is started again and again",
        ),
        (
            "a node",
            running(),
            Evidence {
                node: Learned::Here(NodeFacts { name: "node-1".into(), troubles: vec![unready_node], is_cordoned: false }),
                ..Evidence::default()
            },
            "node",
            "node node-1 is not ready: Kubelet stopped posting node status",
        ),
    ]);
}

#[test]
fn a_rollout_that_fails_says_when_it_began_and_what_still_serves() {
    let old = with(replicas(2, 2), owned_by("deploy apps/web"));
    let new = with(replicas(0, 1), owned_by("deploy apps/web"));
    let world = World::of(&[
        ("deploy apps/web", replicas(2, 3)),
        ("rs apps/web-1", old),
        ("rs apps/web-2", with(new, json!({"metadata": {"creationTimestamp": "2026-01-01T00:45:00Z"}}))),
        ("po apps/web-2-a", with(crashing(1, "Error", "boom"), owned_by("rs apps/web-2"))),
    ]);
    let found = world.why("deploy apps/web");
    assert_eq!(found.steps[1].says, "2 of 3 pods ready; rolled out 15m ago, 2 pods of web-1 before it still ready");
}
