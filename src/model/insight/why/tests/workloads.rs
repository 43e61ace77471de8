//! Pods that are not made or do not run, in the words of kubelet, scheduler and controllers; and what is said once all is well again.

use serde_json::{Value, json};

use super::causes::{Row, check};
use super::world::*;
use crate::domain::EventRow;
use crate::insight::why::{Dossier, Evidence, Learned, Remedy, StepPart};

/// A Deployment whose ReplicaSet cannot make its pods.
fn unmade(case: &'static str, message: &str, rule: &'static str, says: &'static str) -> Row {
    let failure = json!({"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message,
        "lastTransitionTime": "2026-01-01T00:52:00Z"}]}});
    let objects = vec![
        ("deploy apps/web", replicas(0, 2)),
        ("rs apps/web-1", with(with(replicas(0, 2), failure), owned_by("deploy apps/web"))),
    ];
    (case, objects, "deploy apps/web", rule, "rs apps/web-1", says)
}

#[test]
fn pods_that_are_not_made() {
    check(vec![
        unmade(
            "pod security",
            "pods \"web-1-x\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"web\" must set securityContext.allowPrivilegeEscalation=false)",
            "pod-security",
            "pod security restricted:latest of namespace apps forbids its pods: allowPrivilegeEscalation",
        ),
        unmade(
            "a quota",
            "pods \"web-1-x\" is forbidden: exceeded quota: compute, requested: limits.cpu=1, used: limits.cpu=4, limited: limits.cpu=4",
            "quota",
            "quota compute of namespace apps is used up: limits.cpu=4 of limits.cpu=4",
        ),
        unmade(
            "a quota that wants limits",
            "pods \"web-1-x\" is forbidden: failed quota: compute: must specify limits.cpu for: web; limits.memory for: web",
            "quota",
            "quota compute of namespace apps asks for limits.cpu",
        ),
        unmade(
            "a limit",
            "pods \"web-1-x\" is forbidden: maximum cpu usage per Container is 1, but limit is 2",
            "quota",
            "a limit of namespace apps forbids it: maximum cpu usage per Container is 1, but limit is 2",
        ),
        unmade(
            "a limit of sizes with points",
            "pods \"web-1-x\" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000",
            "quota",
            "cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000",
        ),
        unmade(
            "no service account",
            "pods \"web-1-x\" is forbidden: error looking up service account apps/web: serviceaccount \"web\" not found",
            "missing-reference",
            "ServiceAccount apps/web does not exist",
        ),
        unmade(
            "no priority class",
            "pods \"web-1-x\" is forbidden: no PriorityClass with name high was found",
            "missing-reference",
            "PriorityClass high does not exist",
        ),
        unmade(
            "a webhook",
            "Internal error occurred: failed calling webhook \"inject.example.test\": failed to call webhook: Post \"https://inject.inject.svc:443/\": dial tcp 10.0.0.9:443: connect: connection refused",
            "admission",
            "inject.example.test does not answer",
        ),
        (
            "a paused rollout",
            vec![(
                "deploy apps/web",
                with(
                    replicas(1, 1),
                    json!({"spec": {"paused": true}, "status": {"updatedReplicas": 0, "conditions": [
                        {"type": "Available", "status": "True"},
                        {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused", "message": "Deployment is paused"}]}}),
                ),
            )],
            "deploy apps/web",
            "paused",
            "deploy apps/web",
            "its rollout is paused",
        ),
        (
            "an autoscaler without metrics",
            vec![(
                "hpa apps/web",
                json!({"status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric",
                    "message": "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"}]}}),
            )],
            "hpa apps/web",
            "autoscaler",
            "hpa apps/web",
            "it cannot scale: there are no metrics of its pods",
        ),
        (
            "a certificate of cert-manager",
            vec![(
                "ks apps/web",
                failed(
                    "HealthCheckFailed",
                    "health check failed after 1m: timeout waiting for: [Certificate/apps/web status: 'InProgress']",
                ),
            )],
            "ks apps/web",
            "under-way",
            "ks apps/web",
            "nothing that it applied fails now",
        ),
    ]);
}

#[test]
fn pods_in_the_words_of_the_kubelet() {
    let waits =
        |reason: &str, message: &str, last: Value| pod(&json!({"waiting": {"reason": reason, "message": message}}), &last);
    let alone = |case, object, rule, says| (case, vec![("po apps/web", object)], "po apps/web", rule, "po apps/web", says);
    let pulls = |case, message: &str, says| alone(case, waits("ImagePullBackOff", message, json!({})), "image", says);
    let creates = |case, reason: &str, message: &str, rule, says| alone(case, waits(reason, message, json!({})), rule, says);
    check(vec![
        pulls(
            "not found",
            "Back-off pulling image \"ghcr.io/o/web:2\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"ghcr.io/o/web:2\": failed to resolve reference \"ghcr.io/o/web:2\": ghcr.io/o/web:2: not found",
            "the registry has no such image or tag",
        ),
        pulls(
            "not for everybody",
            "Back-off pulling image \"o/web:2\": ErrImagePull: failed to pull and unpack image \"docker.io/o/web:2\": failed to resolve reference \"docker.io/o/web:2\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
            "the registry refuses the credentials, or wants some",
        ),
        pulls(
            "too often",
            "Back-off pulling image \"web:2\": ErrImagePull: failed to pull and unpack image \"docker.io/library/web:2\": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/web/manifests/2: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit",
            "limits how often it is asked",
        ),
        pulls(
            "an unknown authority",
            "Back-off pulling image \"r.example.test/web:2\": ErrImagePull: failed to pull and unpack image \"r.example.test/web:2\": failed to do request: Head \"https://r.example.test/v2/web/manifests/2\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "the certificate of the registry is not accepted",
        ),
        creates(
            "never pulled",
            "ErrImageNeverPull",
            "Container image \"web:2\" is not present with pull policy of Never",
            "image",
            "its policy is never to pull it",
        ),
        creates(
            "no ConfigMap",
            "CreateContainerConfigError",
            "configmap \"settings\" not found",
            "missing-reference",
            "ConfigMap apps/settings does not exist",
        ),
        creates(
            "no key",
            "CreateContainerConfigError",
            "couldn't find key password in Secret apps/db",
            "missing-reference",
            "Secret apps/db has no key password",
        ),
        creates(
            "root",
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root (pod: \"web_apps(1)\", container: web)",
            "crash",
            "cannot be started: container has runAsNonRoot and image will run as root",
        ),
        creates(
            "no command",
            "RunContainerError",
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"serve\": executable file not found in $PATH: unknown",
            "crash",
            "cannot be started: its command serve is not in its image",
        ),
        alone(
            "no command, again and again",
            waits(
                "CrashLoopBackOff",
                "back-off 5m0s restarting failed container=web",
                json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"./run.sh\": permission denied: unknown"}}),
            ),
            "crash",
            "its command ./run.sh may not be executed, restarted 7 times",
        ),
    ]);
}

#[test]
fn pods_in_the_words_of_the_scheduler() {
    let alone = |case, object, rule, says| (case, vec![("po apps/web", object)], "po apps/web", rule, "po apps/web", says);
    let unfit = |case, message: &str, rule, says| {
        let conditions = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]);
        alone(case, json!({"status": {"phase": "Pending", "conditions": conditions}}), rule, says)
    };
    check(vec![
        unfit(
            "taints and more",
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
            "unschedulable",
            "no node takes it: 1 node(s) had untolerated taint(s), 2 Insufficient memory",
        ),
        unfit(
            "affinity",
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
            "unschedulable",
            "3 node(s) didn't match Pod's node affinity/selector",
        ),
        unfit("full", "0/2 nodes are available: 2 Too many pods. preemption: none", "unschedulable", "2 Too many pods"),
        unfit(
            "a zone",
            "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
            "unschedulable",
            "didn't match PersistentVolume's node affinity",
        ),
        unfit(
            "no claim",
            "0/1 nodes are available: persistentvolumeclaim \"data\" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
            "missing-reference",
            "PersistentVolumeClaim apps/data does not exist",
        ),
        alone(
            "preempted",
            json!({"spec": {"nodeName": "node-1"}, "status": {"phase": "Failed", "reason": "Preempting", "message": "Preempted in order to admit critical pod"}}),
            "node",
            "node node-1 has put it out (Preempting)",
        ),
    ]);
}

#[test]
fn claims_that_are_not_bound() {
    let claim = json!({"spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}});
    let world = World::of(&[("pvc apps/data", claim)]);
    for (reason, is_warning, message, says) in [
        ("ProvisioningFailed", true, "storageclass.storage.k8s.io \"fast\" not found", "\"fast\" not found"),
        (
            "FailedBinding",
            false,
            "no persistent volumes available for this claim and no storage class is set",
            "no storage class is set",
        ),
        (
            "WaitForFirstConsumer",
            false,
            "waiting for first consumer to be created before binding",
            "no volume of class fast is bound to it, and none will be until a pod uses it",
        ),
    ] {
        let event = EventRow { is_warning, reason: reason.into(), message: message.into(), ..EventRow::default() };
        let evidence = Evidence { events: Learned::Here(vec![event]), ..Evidence::default() };
        let found = world.why_with("pvc apps/data", &Dossier::from([(reference("pvc apps/data"), evidence)]));
        let first = found.cause().expect("a cause");
        assert_eq!(found.rule, Some("volume"), "{reason}: {}", first.says);
        assert!(first.says.contains(says), "{reason}: {}", first.says);
        assert_eq!(first.witness.text(), format!("event {reason}"));
    }
}

#[test]
fn what_was_repaired_is_well_and_since_when() {
    let mut world = World::of(&[
        ("ks apps/web", with(failed("BuildFailed", "kustomize build failed: x"), applies(&["deploy apps/web"]))),
        ("deploy apps/web", replicas(0, 1)),
        ("po apps/web-a", with(crashing(1, "Error", "boom"), owned_by("deploy apps/web"))),
    ]);
    assert!(world.why("ks apps/web").cause().is_some());
    let done = json!({"status": {"conditions": [{"type": "Available", "status": "True", "lastTransitionTime": "2026-01-01T00:58:00Z"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastTransitionTime": "2026-01-01T00:58:00Z"}]}});
    let running = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:58:00Z"}],
        "containerStatuses": [{"name": "web", "ready": true, "restartCount": 7, "state": {"running": {}}}]}});
    world.put("po apps/web-a", &with(running, owned_by("deploy apps/web")));
    world.put("deploy apps/web", &with(replicas(1, 1), done));
    world.put(
        "ks apps/web",
        &with(
            with(well(), applies(&["deploy apps/web"])),
            json!({"status": {"lastAppliedRevision": "main@sha1:86058ad0123456789abcdef0123456789abcdef0"}}),
        ),
    );
    for asked in ["ks apps/web", "deploy apps/web", "po apps/web-a"] {
        let found = world.why(asked);
        assert_eq!((found.rule, found.steps.len()), (None, 1), "{asked}: {found:#?}");
        assert!(found.steps[0].says.starts_with("all is well"), "{asked}: {}", found.steps[0].says);
        assert!(found.since.is_some(), "{asked}: since when");
        assert!(found.presses.is_empty() && found.steps[0].part == StepPart::Asked, "{asked}");
    }
    // its own condition is older: that says nothing of pods
    assert_eq!(world.why("ks apps/web").since, Some("2026-01-01T00:58:00Z".parse().expect("a time")));
}

#[test]
fn without_a_health_check_ready_says_nothing_of_pods_and_the_last_set_that_was_available_says_since_when() {
    let made = |at: &str| json!({"metadata": {"creationTimestamp": at}});
    let old = with(with(replicas(2, 2), owned_by("deploy apps/web")), made("2026-01-01T00:05:00Z"));
    let older = with(with(replicas(0, 0), owned_by("deploy apps/web")), made("2026-01-01T00:01:00Z"));
    let new = with(with(replicas(0, 1), owned_by("deploy apps/web")), made("2026-01-01T00:45:00Z"));
    let world = World::of(&[
        ("ks apps/web", with(well(), applies(&["deploy apps/web"]))),
        ("deploy apps/web", replicas(2, 3)),
        ("rs apps/web-0", older),
        ("rs apps/web-1", old),
        ("rs apps/web-2", new),
        ("po apps/web-2-a", with(crashing(1, "Error", "boom"), owned_by("rs apps/web-2"))),
    ]);
    let found = world.why("ks apps/web");
    assert_eq!(found.rule, Some("crash"), "{found:#?}");
    let says: Vec<_> = found.steps.iter().map(|step| format!("{}: {}", step.object, step.says)).collect();
    assert_eq!(says[1], "Deployment apps/web: 2 of 3 pods ready; rolled out 15m ago, 2 pods of web-1 before it still ready");
    assert_eq!(says[2], "Kustomization apps/web: it is ready itself: what is below it is not");
    let press: Vec<_> = found.presses.iter().map(|press| press.remedy).collect();
    assert!(press.contains(&Remedy::Logs) && press.contains(&Remedy::File), "{press:?}");
}
