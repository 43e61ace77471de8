//! What a body says beside spec and conditions that people look for in `kubectl describe` (kubectl `pkg/describe/describe.go`): what holds
//! an object back from its deletion, who owns it; of pods and of what makes pods the containers with their states, and volumes.
//!
//! Works on the whole body, masked before. Values of environment variables are never shown, only their names and where they are from.

use serde_json::Value;

use super::draft::{list, number, string};
use super::{CONFIG_MAP, PERSISTENT_VOLUME_CLAIM, SECRET};
use crate::domain::text::{counted, sanitise};

/// More lines of one part than a screen can use.
const LONGEST: usize = 120;
/// Names in one line.
const MOST_NAMES: usize = 60;
/// Tolerations that every pod gets (Kubernetes `DefaultTolerationSeconds`).
const USUAL: &[&str] = &["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// A part of a body, as a heading with labels and values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodyPart {
    pub heading: &'static str,
    pub lines: Vec<(String, String)>,
}

/// The parts of a body that say something. Costs a look at its containers and volumes.
pub fn parts(body: &Value) -> Vec<BodyPart> {
    let pod = pod_spec(body);
    let containers = pod.map_or_else(Vec::new, |pod| containers(pod, &body["status"]));
    let volumes = pod.map_or_else(Vec::new, |pod| list(pod, &["volumes"]).iter().map(volume).collect());
    let all = [("Metadata", metadata(body)), ("Placement", placed(body, pod)), ("Containers", containers), ("Volumes", volumes)];
    let bounded = |(heading, mut lines): (&'static str, Vec<(String, String)>)| {
        let more = lines.len().saturating_sub(LONGEST);
        if more > 0 {
            lines.truncate(LONGEST);
            lines.push(("…".to_owned(), format!("({more} more)")));
        }
        BodyPart { heading, lines }
    };
    all.into_iter().map(bounded).filter(|part| !part.lines.is_empty()).collect()
}

/// Whether a path of the spec is in one of the parts: it is not said twice.
pub fn is_in_parts(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    matches!(first, "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "tolerations")
}

/// The spec of a pod: its own, or that of the template of a workload.
fn pod_spec(body: &Value) -> Option<&Value> {
    let paths = ["/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    paths.iter().filter_map(|path| body.pointer(path)).find(|spec| spec["containers"].is_array())
}

fn line(label: &str, value: impl Into<String>) -> (String, String) {
    (label.to_owned(), value.into())
}

fn text(value: &Value, path: &[&str]) -> String {
    sanitise(string(value, path)).into_owned()
}

/// A number or a text, as written.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => sanitise(text).into_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// As many names as fit into a line.
fn names(found: Vec<String>) -> String {
    let more = found.len().saturating_sub(MOST_NAMES);
    let shown = found.into_iter().take(MOST_NAMES).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}

fn metadata(body: &Value) -> Vec<(String, String)> {
    let metadata = &body["metadata"];
    let mut lines = Vec::new();
    let deleted = string(metadata, &["deletionTimestamp"]);
    if !deleted.is_empty() {
        let grace = number(metadata, &["deletionGracePeriodSeconds"]).filter(|seconds| *seconds > 0);
        let grace = grace.map(|seconds| format!(", with {seconds} s of grace")).unwrap_or_default();
        lines.push(line("deletion", format!("requested, due at {}{grace}", sanitise(deleted))));
    }
    let finalizers = list(metadata, &["finalizers"]).iter().map(plain).collect::<Vec<_>>();
    if !finalizers.is_empty() {
        lines.push(line("finalizers", names(finalizers)));
    }
    for owner in list(metadata, &["ownerReferences"]) {
        let is_controller = owner["controller"].as_bool() == Some(true);
        let name = format!("{} {}", text(owner, &["kind"]), text(owner, &["name"]));
        lines.push(line("owner", if is_controller { format!("{name} (controls it)") } else { name }));
    }
    lines
}

/// Where a pod runs, and as what.
fn placed(body: &Value, pod: Option<&Value>) -> Vec<(String, String)> {
    let Some(pod) = pod else { return Vec::new() };
    let status = &body["status"];
    let mut lines = Vec::new();
    let mut put = |label: &str, value: String| {
        if !value.is_empty() {
            lines.push(line(label, value));
        }
    };
    put("node", text(pod, &["nodeName"]));
    put("addresses", names(list(status, &["podIPs"]).iter().map(|ip| text(ip, &["ip"])).collect()));
    put("class", text(status, &["qosClass"]));
    put("account", text(pod, &["serviceAccountName"]));
    put("priority", text(pod, &["priorityClassName"]));
    let selector = pod["nodeSelector"].as_object().into_iter().flatten();
    put("node labels", names(selector.map(|(key, value)| format!("{}={}", sanitise(key), plain(value))).collect()));
    let tolerations = list(pod, &["tolerations"]).iter().filter(|one| !USUAL.contains(&string(one, &["key"])));
    put("tolerates", names(tolerations.map(toleration).collect()));
    lines
}

fn toleration(one: &Value) -> String {
    let key = match text(one, &["key"]) {
        key if key.is_empty() => "everything".to_owned(),
        key => key,
    };
    let value = text(one, &["value"]);
    let effect = text(one, &["effect"]);
    let value = if value.is_empty() { key } else { format!("{key}={value}") };
    if effect.is_empty() { value } else { format!("{value}:{effect}") }
}

fn containers(pod: &Value, status: &Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (field, states, word) in [
        ("initContainers", "initContainerStatuses", " (init)"),
        ("containers", "containerStatuses", ""),
        ("ephemeralContainers", "ephemeralContainerStatuses", " (ephemeral)"),
    ] {
        for one in list(pod, &[field]) {
            let name = string(one, &["name"]);
            let state = list(status, &[states]).iter().find(|state| string(state, &["name"]) == name);
            container(one, state, word, &mut lines);
        }
    }
    lines
}

fn container(one: &Value, state: Option<&Value>, word: &str, lines: &mut Vec<(String, String)>) {
    lines.push(line(&format!("{}{word}", text(one, &["name"])), text(one, &["image"])));
    let mut put = |label: &str, value: String| {
        if !value.is_empty() {
            lines.push(line(&format!("  {label}"), value));
        }
    };
    if let Some(state) = state {
        put("state", state_of(&state["state"]));
        put("last state", state_of(&state["lastState"]));
        let ready = if state["ready"].as_bool() == Some(true) { "yes" } else { "no" };
        let restarts = number(state, &["restartCount"]).unwrap_or(0);
        put("ready", format!("{ready}, {}", counted(restarts, "restart")));
    }
    put("command", names(["command", "args"].iter().flat_map(|field| list(one, &[field])).map(plain).collect()));
    put("resources", resources(&one["resources"]));
    put("ports", names(list(one, &["ports"]).iter().map(port).collect()));
    for field in ["liveness", "readiness", "startup"] {
        put(field, probe(&one[&format!("{field}Probe")]));
    }
    put("env", names(list(one, &["env"]).iter().map(variable).chain(list(one, &["envFrom"]).iter().map(variables)).collect()));
    put("mounts", names(list(one, &["volumeMounts"]).iter().map(mount).collect()));
}

/// `running since …`, `waiting: CrashLoopBackOff: back-off 5m0s …`, `ended: OOMKilled, exit code 137, at …`.
fn state_of(state: &Value) -> String {
    let with = |lead: &str, parts: &[String]| {
        let said: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
        if said.is_empty() { lead.to_owned() } else { format!("{lead}: {}", said.join(", ")) }
    };
    if let Some(running) = state.get("running") {
        return format!("running since {}", text(running, &["startedAt"]));
    }
    if let Some(waiting) = state.get("waiting") {
        return with("waiting", &[text(waiting, &["reason"]), text(waiting, &["message"])]);
    }
    let Some(ended) = state.get("terminated") else { return String::new() };
    let code = number(ended, &["exitCode"]).map(|code| format!("exit code {code}")).unwrap_or_default();
    let signal = number(ended, &["signal"]).filter(|signal| *signal > 0).map(|signal| format!("signal {signal}"));
    let at = text(ended, &["finishedAt"]);
    let at = if at.is_empty() { at } else { format!("at {at}") };
    with("ended", &[text(ended, &["reason"]), code, signal.unwrap_or_default(), at, text(ended, &["message"])])
}

/// `cpu 100m (limit 1), memory 128Mi`.
fn resources(resources: &Value) -> String {
    let (requests, limits) = (&resources["requests"], &resources["limits"]);
    let both = requests.as_object().into_iter().flatten().chain(limits.as_object().into_iter().flatten());
    let mut found: Vec<_> = both.map(|(name, _)| name.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    let one = |name: &str| {
        let (asked, limit) = (plain(&requests[name]), plain(&limits[name]));
        let name = sanitise(name);
        match (asked.is_empty(), limit.is_empty()) {
            (_, true) => format!("{name} {asked}"),
            (true, false) => format!("{name} (limit {limit})"),
            (false, false) => format!("{name} {asked} (limit {limit})"),
        }
    };
    names(found.into_iter().map(one).collect())
}

fn port(port: &Value) -> String {
    let (name, protocol) = (text(port, &["name"]), text(port, &["protocol"]));
    let protocol = if protocol.is_empty() { "TCP".to_owned() } else { protocol };
    format!("{name} {}/{protocol}", plain(&port["containerPort"])).trim_start().to_owned()
}

/// `GET :8080/healthz, after 10 s, every 10 s, within 1 s, 3 failures`, with the defaults of the API (`core/v1` `Probe`).
fn probe(probe: &Value) -> String {
    let how = if let Some(get) = probe.get("httpGet") {
        format!("GET :{}{}", plain(&get["port"]), text(get, &["path"]))
    } else if let Some(socket) = probe.get("tcpSocket") {
        format!("TCP :{}", plain(&socket["port"]))
    } else if let Some(grpc) = probe.get("grpc") {
        format!("gRPC :{}", plain(&grpc["port"]))
    } else if let Some(exec) = probe.get("exec") {
        list(exec, &["command"]).iter().map(plain).collect::<Vec<_>>().join(" ")
    } else {
        return String::new();
    };
    let of = |field: &str, usual: i64| number(probe, &[field]).unwrap_or(usual);
    let after = match of("initialDelaySeconds", 0) {
        0 => String::new(),
        seconds => format!(", after {seconds} s"),
    };
    let (every, within) = (of("periodSeconds", 10), of("timeoutSeconds", 1));
    format!("{how}{after}, every {every} s, within {within} s, {}", counted(of("failureThreshold", 3), "failure"))
}

/// The name of a variable, and where its value is from; never the value.
fn variable(one: &Value) -> String {
    let name = text(one, &["name"]);
    let of = |kind: &str, field: &str| {
        let from = &one["valueFrom"][field];
        from.is_object().then(|| format!("{name} ({kind} {}, {})", text(from, &["name"]), text(from, &["key"])))
    };
    let secret = of(SECRET.kind, "secretKeyRef").or_else(|| of(CONFIG_MAP.kind, "configMapKeyRef"));
    secret.unwrap_or(name)
}

fn variables(from: &Value) -> String {
    let secret = text(from, &["secretRef", "name"]);
    if secret.is_empty() {
        format!("all of {} {}", CONFIG_MAP.kind, text(from, &["configMapRef", "name"]))
    } else {
        format!("all of {} {secret}", SECRET.kind)
    }
}

fn mount(mount: &Value) -> String {
    let readonly = if mount["readOnly"].as_bool() == Some(true) { ", read-only" } else { "" };
    format!("{} ({}{readonly})", text(mount, &["mountPath"]), text(mount, &["name"]))
}

/// A volume by its name, and what it is.
fn volume(volume: &Value) -> (String, String) {
    let kind = volume.as_object().into_iter().flatten().find(|(key, _)| *key != "name");
    let Some((kind, of)) = kind else { return (text(volume, &["name"]), String::new()) };
    let named = |kind: &str, path: &[&str]| format!("{kind} {}", text(of, path)).trim_end().to_owned();
    let what = match kind.as_str() {
        "persistentVolumeClaim" => named(PERSISTENT_VOLUME_CLAIM.kind, &["claimName"]),
        "configMap" => named(CONFIG_MAP.kind, &["name"]),
        "secret" => named(SECRET.kind, &["secretName"]),
        "hostPath" => named("path of the node:", &["path"]),
        "csi" => named("csi", &["driver"]),
        "projected" => {
            let sources = list(of, &["sources"]).iter().filter_map(Value::as_object).flatten();
            named(&format!("projected: {}", names(sources.map(|(kind, _)| sanitise(kind).into_owned()).collect())), &[])
        }
        other => sanitise(other).into_owned(),
    };
    (text(volume, &["name"]), what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(body: &Value) -> String {
        let one = |part: BodyPart| {
            let lines = part.lines.into_iter().map(|(label, value)| format!("\n {label}: {value}"));
            format!("{}{}\n", part.heading, lines.collect::<String>())
        };
        parts(body).into_iter().map(one).collect()
    }

    fn pod() -> Value {
        json!({
            "metadata": {"finalizers": ["a/b"], "deletionTimestamp": "2026-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30,
                "ownerReferences": [{"kind": "ReplicaSet", "name": "web-7d9c", "controller": true}]},
            "spec": {
                "nodeName": "node-1", "serviceAccountName": "web",
                "tolerations": [{"key": "node.kubernetes.io/not-ready"}, {"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
                "containers": [{
                    "name": "app", "image": "ghcr.io/x/app:1.2",
                    "env": [{"name": "LEVEL", "value": "hunter2"}, {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}}],
                    "envFrom": [{"configMapRef": {"name": "settings"}}],
                    "ports": [{"name": "http", "containerPort": 8080}],
                    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                    "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "initialDelaySeconds": 5},
                    "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": true}],
                }],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}}, {"name": "tmp", "emptyDir": {}}],
            },
            "status": {"qosClass": "Burstable", "podIPs": [{"ip": "10.0.0.7"}], "containerStatuses": [{
                "name": "app", "ready": false, "restartCount": 7,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-01T00:00:00Z"}},
            }]},
        })
    }

    #[test]
    fn a_pod_has_its_containers_with_states_limits_probes_and_names_of_variables() {
        let shown = shown(&pod());
        for line in [
            " deletion: requested, due at 2026-01-01T00:00:30Z, with 30 s of grace",
            " finalizers: a/b",
            " owner: ReplicaSet web-7d9c (controls it)",
            " node: node-1",
            " addresses: 10.0.0.7",
            " class: Burstable",
            " tolerates: gpu=yes:NoSchedule",
            " app: ghcr.io/x/app:1.2",
            "   state: waiting: CrashLoopBackOff, back-off 5m0s",
            "   last state: ended: OOMKilled, exit code 137, at 2026-01-01T00:00:00Z",
            "   ready: no, 7 restarts",
            "   resources: cpu 100m, memory 128Mi (limit 256Mi)",
            "   ports: http 8080/TCP",
            "   liveness: GET :http/healthz, after 5 s, every 10 s, within 1 s, 3 failures",
            "   env: LEVEL, PASSWORD (Secret db, pw), all of ConfigMap settings",
            "   mounts: /data (data, read-only)",
            " data: PersistentVolumeClaim web-data",
            " tmp: emptyDir",
        ] {
            assert!(shown.lines().any(|known| known == line), "{line}\nis not in\n{shown}");
        }
        assert!(!shown.contains("hunter2") && !shown.contains("not-ready"), "{shown}");
    }

    #[test]
    fn what_makes_pods_has_the_containers_of_its_template_and_other_kinds_have_none() {
        let spec = pod()["spec"].clone();
        for body in [
            json!({"spec": {"template": {"spec": spec}}}),
            json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
        ] {
            let shown = shown(&body);
            assert!(shown.contains(" app: ghcr.io/x/app:1.2") && !shown.contains("  state:"), "{shown}");
        }
        assert!(parts(&json!({"spec": {"interval": "10m"}})).is_empty());
        assert!(parts(&json!(null)).is_empty());
    }

    #[test]
    fn hostile_and_large_bodies_are_bounded() {
        let many: Vec<_> = (0..500).map(|n| json!({"name": format!("v{n}\u{1b}[31m"), "emptyDir": {}})).collect();
        let body = json!({"spec": {"containers": [{"name": "a\nb", "env": "no list", "ports": [1, null]}], "volumes": many}});
        let parts = parts(&body);
        let volumes = parts.iter().find(|part| part.heading == "Volumes").expect("volumes");
        assert_eq!(volumes.lines.len(), LONGEST + 1);
        let all = parts.iter().flat_map(|part| &part.lines);
        assert!(all.clone().all(|(label, value)| !label.contains(['\n', '\u{1b}']) && !value.contains(['\n', '\u{1b}'])));
    }
}
