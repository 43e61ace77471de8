//! Pods: their spec as a chart would write it, their status as a kubelet would.

use serde_json::{Value, json};

use super::{
    identity::{Child, created, days_before},
    plan::Condition,
    workloads::{Workload, owner},
};

/// The node on which all pods are said to run, so that no scheduler is needed.
pub const NODE: &str = "node-1";

pub fn node() -> Value {
    let capacity = json!({"cpu": "100k", "memory": "100Ti", "pods": "100k"});
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}},
        "spec": {},
        "status": {"capacity": capacity, "allocatable": capacity, "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
            "message": "kubelet is posting ready status", "lastHeartbeatTime": "2026-11-01T08:00:00Z", "lastTransitionTime": "2026-11-01T08:00:00Z"}]}})
}

fn image(workload: &Workload) -> String {
    let seed = workload.seed.of("image", 0);
    format!(
        "registry.example.test/{}/{}:v{}.{}.{}",
        workload.namespace,
        workload.name,
        1 + seed.below(5),
        seed.of("minor", 0).below(30),
        seed.of("patch", 0).below(10)
    )
}

pub fn spec(workload: &Workload) -> Value {
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "http", "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3});
    let variables: Vec<Value> = ["DATABASE_URL", "CACHE_URL", "QUEUE_URL", "LOG_FORMAT", "TRACING_ENDPOINT"]
        .iter()
        .map(|name| json!({"name": name, "value": format!("tcp://{}.{}.svc.cluster.local:5432", workload.name, workload.namespace)}))
        .collect();
    json!({"serviceAccountName": workload.name, "terminationGracePeriodSeconds": 30, "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
        "securityContext": {"runAsNonRoot": true, "fsGroup": 1337, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "app", "image": image(workload), "imagePullPolicy": "IfNotPresent", "env": variables,
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}, {"name": "metrics", "containerPort": 9090, "protocol": "TCP"}],
            "livenessProbe": probe("/healthz"), "readinessProbe": probe("/readyz"),
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}],
        "volumes": [{"name": "tmp", "emptyDir": {}}]})
}

pub fn pod(workload: &Workload, set: &Value, place: usize) -> Value {
    let seed = workload.seed.of("pod", place);
    let mut labels = workload.selector();
    labels.insert("pod-template-hash".into(), workload.template_hash(0).into());
    let name = format!("{}-{}", set["metadata"]["name"].as_str().unwrap_or_default(), seed.suffix(5));
    let mut object = Child::core("Pod", workload.namespace, name).object(workload.plan.seed, labels, &created(seed));
    object["metadata"]["generateName"] = format!("{}-", set["metadata"]["name"].as_str().unwrap_or_default()).into();
    object["metadata"]["annotations"] = json!({"prometheus.io/scrape": "true", "prometheus.io/port": "9090"});
    object["metadata"]["ownerReferences"] = json!([owner(set)]);
    object["spec"] = spec(workload);
    object["spec"]["nodeName"] = NODE.into();
    mount_token(&mut object["spec"], &seed.of("token", 0).suffix(5));
    object["status"] = if place == 0 { status(workload, place) } else { running(workload, place) };
    object
}

/// As the ServiceAccount admission would have done it.
fn mount_token(spec: &mut Value, suffix: &str) {
    let name = format!("kube-api-access-{suffix}");
    if let Some(mounts) = spec["containers"][0]["volumeMounts"].as_array_mut() {
        mounts.push(json!({"name": name, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}));
    }
    if let Some(volumes) = spec["volumes"].as_array_mut() {
        volumes.push(json!({"name": name, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}]}}));
    }
}

/// The first pod shows how its workload fares.
fn status(workload: &Workload, place: usize) -> Value {
    let since = days_before(1, workload.seed);
    let mut status = running(workload, place);
    let waiting = match workload.condition {
        Condition::Unhealthy if workload.seed.below(2) == 0 => {
            status["containerStatuses"][0]["restartCount"] = (5 + workload.seed.below(40)).into();
            status["containerStatuses"][0]["lastState"] =
                json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": since, "finishedAt": since}});
            json!({"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app"})
        }
        Condition::Unhealthy => {
            status["phase"] = "Pending".into();
            json!({"reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{}\"", image(workload))})
        }
        Condition::Progressing => {
            status["phase"] = "Pending".into();
            json!({"reason": "ContainerCreating"})
        }
        _ => return status,
    };
    status["containerStatuses"][0]["state"] = json!({"waiting": waiting});
    status["containerStatuses"][0]["ready"] = false.into();
    status["containerStatuses"][0]["started"] = false.into();
    for at in [1, 2] {
        status["conditions"][at]["status"] = "False".into();
        status["conditions"][at]["reason"] = "ContainersNotReady".into();
        status["conditions"][at]["message"] = "containers with unready status: [app]".into();
    }
    status
}

fn running(workload: &Workload, place: usize) -> Value {
    let seed = workload.seed.of("pod", place);
    let since = days_before(1, seed);
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": since, "lastProbeTime": null});
    let address = format!("10.{}.{}.{}", 16 + workload.index % 200, (workload.index / 200) % 256, 2 + place);
    let digest = seed.of("image", 1).hex(64);
    json!({"phase": "Running", "qosClass": "Burstable", "startTime": since, "hostIP": "10.1.0.1", "podIP": address, "podIPs": [{"ip": address}],
        "conditions": [condition("Initialized"), condition("Ready"), condition("ContainersReady"), condition("PodScheduled")],
        "containerStatuses": [{"name": "app", "ready": true, "started": true, "restartCount": 0, "image": image(workload),
            "imageID": format!("registry.example.test/app@sha256:{digest}"), "containerID": format!("containerd://{}", seed.of("container", 0).hex(64)),
            "state": {"running": {"startedAt": since}}}]})
}
