//! What happens to a container that the kubelet starts: it runs, unless its environment names the host of a Service that the cluster does
//! not have. Such a program ends at once, as one that cannot reach its database does, and is started again after a longer and longer
//! while (kubelet `kuberuntime_manager.go`, `doBackOff`).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::demo::objects::{self, Store, list, text};

/// The first wait before a container is started again, and the longest (kubelet `MaxCrashLoopBackOff`).
const FIRST: i64 = 10;
const LONGEST: i64 = 300;

/// What ends the names of variables that hold an address.
const ADDRESSES: &[&str] = &["_HOST", "_ADDRESS", "_ADDR", "_ENDPOINT", "_DSN", "_URL"];

/// A host that a container cannot do without and does not find.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    /// What the program calls what is there: `database` for `DATABASE_HOST`.
    what: String,
    /// `db.web.svc`.
    name: String,
}

impl Host {
    /// What the program says.
    pub fn complaint(&self) -> String {
        format!("cannot reach the {} at {}: lookup failed: no such host", self.what, self.name)
    }
}

/// The first host of a Service in the environment of a container that the cluster does not have.
fn missing(store: &Store, pod: &Value, container: &Value) -> Option<Host> {
    environment(store, text(pod, "/metadata/namespace"), container).into_iter().find_map(|(variable, value)| {
        let (name, [service, namespace]) = service_host(&value)?;
        let is_missing = store.find("", "Service", &namespace, &service).is_none();
        is_missing.then(|| Host { what: noun(&variable), name })
    })
}

/// Names and values of a container's environment, if they are written in the pod or in ConfigMaps.
fn environment(store: &Store, namespace: &str, container: &Value) -> Vec<(String, String)> {
    let map = |name: &str| store.find("", "ConfigMap", namespace, name).map(|map| map["data"].clone()).unwrap_or_default();
    let all = list(container, "/envFrom").iter().flat_map(|from| {
        let data = map(text(from, "/configMapRef/name"));
        let prefix = text(from, "/prefix").to_owned();
        let pairs = data.as_object().cloned().unwrap_or_default();
        pairs.into_iter().map(move |(name, value)| (format!("{prefix}{name}"), value.as_str().unwrap_or_default().to_owned()))
    });
    let each = list(container, "/env").iter().map(|variable| {
        let reference = &variable["valueFrom"]["configMapKeyRef"];
        let value = match variable["value"].as_str() {
            Some(value) => value.to_owned(),
            None => map(text(reference, "/name"))[text(reference, "/key")].as_str().unwrap_or_default().to_owned(),
        };
        (text(variable, "/name").to_owned(), value)
    });
    all.chain(each).collect()
}

/// The host in a text that is a Service's, with the Service's name and namespace: `NAME.NAMESPACE.svc`, alone or in a URL.
fn service_host(value: &str) -> Option<(String, [String; 2])> {
    let is_of_host = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    value.split(|letter| !is_of_host(letter)).find_map(|host| {
        let host = host.trim_matches('.');
        let parts: Vec<_> = host.split('.').collect();
        let at = parts.iter().position(|part| *part == "svc").filter(|at| *at >= 2)?;
        Some((host.to_owned(), [parts[at - 2].to_owned(), parts[at - 1].to_owned()]))
    })
}

fn noun(variable: &str) -> String {
    let name = ADDRESSES.iter().find_map(|ending| variable.strip_suffix(ending)).unwrap_or(variable);
    name.to_lowercase().replace('_', " ")
}

/// The status of a container that is started for the first time.
pub(super) fn started(scene: &Scene, pod: &Value, container: &Value) -> Value {
    let state = match missing(scene.store, pod, container) {
        Some(host) => json!({"terminated": ended(scene.now, &host)}),
        None => running(scene.now),
    };
    status(container, &state, &json!({}), 0)
}

/// The status of a container that is looked at again: one that has ended is started, and may end again.
pub(super) fn restarted(scene: &mut Scene, pod: &Value, container: &Value, was: &Value) -> Value {
    if was.pointer("/state/running").is_some() {
        return was.clone();
    }
    let count = was["restartCount"].as_i64().unwrap_or(0) + 1;
    let Some(host) = missing(scene.store, pod, container) else {
        let last = was.pointer("/state/terminated").or_else(|| was.pointer("/lastState/terminated")).cloned().unwrap_or_default();
        return status(container, &running(scene.now), &json!({"terminated": last}), count);
    };
    let (name, metadata) = (text(container, "/name"), &pod["metadata"]);
    let of = format!("{}_{}({})", text(metadata, "/name"), text(metadata, "/namespace"), text(metadata, "/uid"));
    scene.event(pod, "kubelet", true, "BackOff", &format!("Back-off restarting failed container {name} in pod {of}"));
    let wait = super::scene::go(back_off(count));
    let message = format!("back-off {wait} restarting failed container={name} pod={of}");
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
    status(container, &waiting, &json!({"terminated": ended(scene.now, &host)}), count)
}

/// How long the kubelet waits before it starts a container again that it has restarted so often.
pub(super) fn back_off(count: i64) -> SignedDuration {
    let doublings = u32::try_from(count.clamp(1, 10) - 1).unwrap_or(0);
    SignedDuration::from_secs((FIRST << doublings).min(LONGEST))
}

fn running(now: Timestamp) -> Value {
    json!({"running": {"startedAt": objects::time(now)}})
}

/// How a program ends that does not find a host: at once, with its reason in `/dev/termination-log`.
fn ended(now: Timestamp, host: &Host) -> Value {
    let now = objects::time(now);
    json!({"exitCode": 1, "reason": "Error", "message": host.complaint(), "startedAt": now, "finishedAt": now})
}

/// The status of a container in a state.
pub(super) fn status(container: &Value, state: &Value, last: &Value, count: i64) -> Value {
    let is_running = state.get("running").is_some();
    json!({
        "name": container["name"], "image": container["image"], "imageID": "", "ready": is_running, "started": is_running,
        "restartCount": count, "state": state, "lastState": last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_host_is_found_alone_and_in_addresses() {
        let found = |value: &str| service_host(value).map(|(host, service)| (host, service.join(" of ")));
        for (value, host, service) in [
            ("db.web.svc", "db.web.svc", "db of web"),
            ("db.web.svc.cluster.local:5432", "db.web.svc.cluster.local", "db of web"),
            ("postgres://me@db.web.svc:5432/shop?x=1", "db.web.svc", "db of web"),
            ("first.db.web.svc.", "first.db.web.svc", "db of web"),
        ] {
            assert_eq!(found(value), Some((host.to_owned(), service.to_owned())), "{value}");
        }
        for value in ["db", "db.svc", "svc", "db.example.com", "", "http://svc.example.com/"] {
            assert_eq!(found(value), None, "{value}");
        }
    }

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<_> = [1, 2, 3, 4, 5, 6, 7, 90].map(|count| back_off(count).as_secs()).into();

        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn what_is_missing_is_called_as_its_variable() {
        assert_eq!(["DATABASE_HOST", "CART_API_URL", "QUEUE"].map(noun), ["database", "cart api", "queue"]);
    }
}
