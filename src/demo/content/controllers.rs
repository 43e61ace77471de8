//! The controllers of Flux as the cluster runs them: snapshots leave them out, which are about what Flux manages.

use serde_json::{Value, json};

/// The controllers of Flux 2.9: name, version, and what the names of its ReplicaSet and its pod end with.
const CONTROLLERS: &[(&str, &str, &str, &str)] = &[
    ("helm-controller", "v1.6.3", "6f558f6c5d", "q8w2t"),
    ("image-automation-controller", "v1.2.4", "75d4f7c9b8", "x4n7k"),
    ("image-reflector-controller", "v1.2.4", "5c8b9d6f44", "m2r9z"),
    ("kustomize-controller", "v1.9.4", "7d9c54b6f8", "88vtw"),
    ("notification-controller", "v1.9.3", "66b5f9d7cc", "h6p3d"),
    ("source-controller", "v1.9.4", "84c7d9f5b6", "j5k8s"),
    ("source-watcher", "v2.2.2", "58f6b7c9d4", "t7v4g"),
];

/// Where they run, and since when. Times are those of the recording.
const NAMESPACE: &str = "flux-system";
const SINCE: &str = "2026-11-19T06:13:02Z";
const NODE: &str = "bed-node";

/// Deployments, their ReplicaSets and pods, each with the group and the kind.
pub fn controllers() -> impl Iterator<Item = ((&'static str, &'static str), Value)> {
    CONTROLLERS.iter().zip(1..).flat_map(|(&(name, version, hash, suffix), number)| {
        let controller = Controller { name, version, hash, suffix, number };
        [
            (("apps", "Deployment"), controller.deployment()),
            (("apps", "ReplicaSet"), controller.replica_set()),
            (("", "Pod"), controller.pod()),
        ]
    })
}

struct Controller {
    name: &'static str,
    version: &'static str,
    hash: &'static str,
    suffix: &'static str,
    number: u32,
}

impl Controller {
    fn uid(&self, kind: u32) -> String {
        format!("5f0e6a10-{kind:04}-4c1e-9a1a-{:012}", self.number)
    }

    fn metadata(&self, name: &str, kind: u32, labels: &Value) -> Value {
        json!({
            "name": name, "namespace": NAMESPACE, "uid": self.uid(kind), "resourceVersion": "91", "generation": 1,
            "creationTimestamp": SINCE, "labels": labels,
        })
    }

    /// The labels of its pods (flux2 `manifests/bases`, `pkg/manifestgen/labels.go`).
    fn labels(&self) -> Value {
        json!({
            "app": self.name, "app.kubernetes.io/component": self.name, "app.kubernetes.io/instance": NAMESPACE,
            "app.kubernetes.io/part-of": "flux",
        })
    }

    fn hashed(&self) -> Value {
        let mut labels = self.labels();
        labels["pod-template-hash"] = self.hash.into();
        labels
    }

    fn image(&self) -> String {
        format!("ghcr.io/fluxcd/{}:{}", self.name, self.version)
    }

    fn spec(&self) -> Value {
        json!({
            "containers": [{
                "name": "manager", "image": self.image(), "imagePullPolicy": "IfNotPresent",
                "args": ["--watch-all-namespaces", "--log-level=info", "--log-encoding=json", "--enable-leader-election"],
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            }],
            "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
            "serviceAccount": self.name, "serviceAccountName": self.name, "terminationGracePeriodSeconds": 10,
        })
    }

    fn deployment(&self) -> Value {
        let mut labels = self.labels();
        labels["app.kubernetes.io/version"] = "v2.9.0".into();
        labels["control-plane"] = "controller".into();
        let mut metadata = self.metadata(self.name, 1, &labels);
        metadata["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
        let condition = |kind: &str, reason: &str, message: String| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": SINCE, "lastUpdateTime": SINCE});
        let progressed = format!("ReplicaSet \"{}-{}\" has successfully progressed.", self.name, self.hash);
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {
                "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                "selector": {"matchLabels": {"app": self.name}}, "strategy": {"type": "Recreate"},
                "template": {"metadata": {"labels": self.labels()}, "spec": self.spec()},
            },
            "status": {
                "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1,
                "conditions": [
                    condition("Available", "MinimumReplicasAvailable", "Deployment has minimum availability.".to_owned()),
                    condition("Progressing", "NewReplicaSetAvailable", progressed),
                ],
            },
        })
    }

    fn replica_set(&self) -> Value {
        let mut metadata = self.metadata(&format!("{}-{}", self.name, self.hash), 2, &self.hashed());
        metadata["annotations"] =
            json!({"deployment.kubernetes.io/desired-replicas": "1", "deployment.kubernetes.io/revision": "1"});
        metadata["ownerReferences"] = json!([owner("Deployment", self.name, &self.uid(1))]);
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata,
            "spec": {
                "replicas": 1, "selector": {"matchLabels": {"app": self.name, "pod-template-hash": self.hash}},
                "template": {"metadata": {"labels": self.hashed()}, "spec": self.spec()},
            },
            "status": {"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "fullyLabeledReplicas": 1},
        })
    }

    fn pod(&self) -> Value {
        let set = format!("{}-{}", self.name, self.hash);
        let mut metadata = self.metadata(&format!("{set}-{}", self.suffix), 3, &self.hashed());
        metadata["generateName"] = format!("{set}-").into();
        metadata["ownerReferences"] = json!([owner("ReplicaSet", &set, &self.uid(2))]);
        let mut spec = self.spec();
        spec["nodeName"] = NODE.into();
        let condition = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": SINCE});
        let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition);
        let ip = format!("10.0.0.{}", 200 + self.number);
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
            "status": {
                "phase": "Running", "hostIP": "127.0.0.1", "podIP": ip, "podIPs": [{"ip": ip}], "qosClass": "Burstable", "startTime": SINCE,
                "conditions": conditions,
                "containerStatuses": [{
                    "name": "manager", "image": self.image(), "imageID": "", "ready": true, "started": true, "restartCount": 0,
                    "state": {"running": {"startedAt": SINCE}}, "lastState": {},
                }],
            },
        })
    }
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true,
    })
}
