//! What every controller does: look things up, set conditions, send events, come back later.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::log::{ControllerLog, Said};
use super::{Git, Recording};
use crate::demo::objects::{self, Key, Store, list, text};
use fluxdeck_model::domain::duration;

/// How often dependencies are tried again (`--requeue-dependency`).
pub(super) const DEPENDENCY: SignedDuration = SignedDuration::from_secs(30);
/// The finalizer of all Flux kinds.
pub(super) const FINALIZER: &str = "finalizers.fluxcd.io";
pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How long events are kept (kube-apiserver `--event-ttl`).
const EVENTS: SignedDuration = SignedDuration::from_hours(1);

/// One moment of a controller: the objects, the time, and what it remembers.
pub(super) struct Scene<'a> {
    pub store: &'a mut Store,
    pub now: Timestamp,
    pub recording: &'a Recording,
    pub git: Option<&'a dyn Git>,
    pub queue: &'a mut BTreeMap<Key, Timestamp>,
    pub stages: &'a mut BTreeMap<Key, Stage>,
    pub log: &'a mut ControllerLog,
}

/// What is under way with an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub name: &'static str,
    /// When the attempt began.
    pub began: Timestamp,
    /// When this stage began.
    pub since: Timestamp,
    /// When it is looked at again.
    pub at: Timestamp,
    /// Whether something was asked for meanwhile.
    pub again: bool,
    /// What the attempt is about.
    pub revision: String,
    /// What was built for it; none where what was recorded is applied.
    pub manifests: Option<Arc<Vec<Value>>>,
    /// Whether an event says that all is healthy.
    pub is_news: bool,
}

impl Scene<'_> {
    /// The object, to be changed and saved again.
    pub fn object(&self, key: &Key) -> Value {
        self.store.get(key).map(|object| (**object).clone()).unwrap_or_default()
    }

    pub fn find(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.store.find(group, kind, namespace, name).cloned()
    }

    /// Saves the next state of an object that is still there.
    pub fn save(&mut self, key: &Key, object: Value) {
        if self.store.get(key).is_some() {
            self.store.replace(key, object);
        }
    }

    pub fn later(&mut self, key: &Key, after: SignedDuration) {
        let at = self.now.saturating_add(after).unwrap_or(Timestamp::MAX);
        let due = self.queue.entry(key.clone()).or_insert(at);
        *due = at.min(*due);
    }

    /// Continues with the next stage of an attempt after some time.
    pub fn stage(&mut self, key: &Key, name: &'static str, after: SignedDuration) {
        let at = self.now.saturating_add(after).unwrap_or(Timestamp::MAX);
        let fresh = Stage { name, began: self.now, since: self.now, at, ..Stage::default() };
        let stage = self.stages.entry(key.clone()).or_insert(fresh);
        if stage.name != name {
            stage.since = self.now;
        }
        (stage.name, stage.at) = (name, at);
        self.later(key, after);
    }

    /// What is under way and due; nothing where nothing is. One that is not due yet is asked to look again when it has ended.
    pub fn under_way(&mut self, key: &Key) -> Option<Option<Stage>> {
        let stage = self.stages.get_mut(key)?;
        if self.now < stage.at {
            stage.again = true;
            let rest = stage.at.duration_since(self.now);
            self.later(key, rest);
            return Some(None);
        }
        Some(Some(stage.clone()))
    }

    /// Saves an object whose attempt is over, with the request that it has handled; comes back after some time.
    pub fn settle(&mut self, key: &Key, mut object: Value, after: SignedDuration) {
        let [requested, ..] = request(&object).map(str::to_owned);
        // fluxcd/pkg `apis/meta/annotations.go`
        if !requested.is_empty() {
            object["status"]["lastHandledReconcileAt"] = requested.into();
        }
        self.save(key, object);
        self.end(key, after);
    }

    /// Ends an attempt; what was asked for meanwhile comes next, else the interval.
    pub fn end(&mut self, key: &Key, after: SignedDuration) {
        let again = self.stages.remove(key).is_some_and(|stage| stage.again);
        self.queue.remove(key);
        self.later(key, if again { SignedDuration::from_millis(10) } else { after });
    }

    /// How long an attempt has taken, as Go writes durations.
    pub fn took(&self, since: Timestamp) -> String {
        let nanos = self.now.duration_since(since).as_nanos().max(0);
        let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        // nobody takes round times
        let noise = i128::from(objects::scatter(u64::try_from(seconds).unwrap_or(0)) % 999_999);
        if seconds == 0 {
            return format!("{}.{noise:06}ms", rest / 1_000_000);
        }
        let fraction = format!("{:09}", (rest / 1_000_000) * 1_000_000 + noise);
        if seconds < 60 { format!("{seconds}.{fraction}s") } else { format!("{}m{}.{fraction}s", seconds / 60, seconds % 60) }
    }

    /// Sends an event; the same again only counts (client-go `record/events_cache.go`). A controller of Flux writes the same into its log.
    pub fn event(&mut self, of: &Value, component: &str, is_warning: bool, reason: &str, message: &str) {
        self.log.write(self.now, of, &Said { component, is_warning, message });
        let Some(kind) = self.store.kind_of("", "Event") else { return };
        let uid = text(of, "/metadata/uid");
        let is_it = |event: &Value| {
            text(event, "/involvedObject/uid") == uid && text(event, "/reason") == reason && text(event, "/message") == message
        };
        let old = self.now.checked_sub(EVENTS).unwrap_or(Timestamp::MIN);
        let is_old = |event: &Value| text(event, "/lastTimestamp").parse::<Timestamp>().is_ok_and(|at| at < old);
        let gone: Vec<_> = self.store.of_kind(kind).filter(|(_, event)| is_old(event)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.store.remove(&key);
        }
        let now = objects::time(self.now);
        let same = self.store.of_kind(kind).find(|(_, event)| is_it(event)).map(|(key, event)| (key.clone(), (**event).clone()));
        if let Some((key, mut event)) = same {
            event["count"] = (event["count"].as_i64().unwrap_or(1) + 1).into();
            event["lastTimestamp"] = now.into();
            self.store.replace(&key, event);
            return;
        }
        let name = text(of, "/metadata/name");
        let namespace = text(of, "/metadata/namespace");
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        let number = objects::scatter(self.store.version());
        let event = json!({
            "metadata": {"name": format!("{name}.{number:016x}"), "namespace": namespace},
            "involvedObject": {
                "apiVersion": of["apiVersion"], "kind": of["kind"], "name": name, "namespace": of["metadata"]["namespace"],
                "uid": uid, "resourceVersion": of["metadata"]["resourceVersion"],
            },
            "reason": reason, "message": message, "type": if is_warning { "Warning" } else { "Normal" }, "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "eventTime": null,
            "source": {"component": component}, "reportingComponent": component, "reportingInstance": "",
        });
        self.store.create(kind, event, self.now);
    }
}

/// The condition of a type.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

pub(super) fn is_true(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|condition| text(condition, "/status") == "True")
}

/// Sets a condition; its time moves when anything of it changes (fluxcd/pkg `runtime/conditions/setter.go`).
pub(super) fn mark(object: &mut Value, now: Timestamp, kind: &str, status: &str, reason: &str, message: &str) {
    let generation = object["metadata"]["generation"].as_i64().unwrap_or(1);
    let found = condition(object, kind);
    let is_same = found.is_some_and(|found| {
        (text(found, "/status"), text(found, "/reason"), text(found, "/message")) == (status, reason, message)
    });
    let since =
        found.filter(|_| is_same).map_or_else(|| objects::time(now), |found| text(found, "/lastTransitionTime").to_owned());
    let fresh = json!({
        "type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": generation, "lastTransitionTime": since,
    });
    let mut conditions: Vec<_> =
        list(object, "/status/conditions").iter().filter(|condition| text(condition, "/type") != kind).cloned().collect();
    conditions.push(fresh);
    conditions.sort_by_key(|condition| (place(text(condition, "/type")), text(condition, "/type").to_owned()));
    object["status"]["conditions"] = conditions.into();
}

/// What is abnormal stands first, then Ready, then the rest.
fn place(kind: &str) -> u8 {
    match kind {
        "Stalled" => 0,
        "Reconciling" => 1,
        "Ready" => 2,
        _ => 3,
    }
}

pub(super) fn unmark(object: &mut Value, kind: &str) {
    if let Some(conditions) = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| text(condition, "/type") != kind);
    }
}

/// The tokens of a request: reconcile, force, reset.
pub(super) fn request(object: &Value) -> [&str; 3] {
    ["requestedAt", "forceAt", "resetAt"].map(|name| text(object, &format!("/metadata/annotations/reconcile.fluxcd.io~1{name}")))
}

pub(super) fn observed(object: &mut Value) {
    object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
}

/// The interval of a spec.
pub(super) fn interval(object: &Value) -> SignedDuration {
    span(object, "/spec/interval").unwrap_or(HOUR)
}

/// A Go duration of a spec.
pub(super) fn span(object: &Value, pointer: &str) -> Option<SignedDuration> {
    duration::parse(text(object, pointer)).and_then(|span| span.try_into().ok())
}

/// A duration as Go prints it: `1h0m0s`, `30s`.
pub(super) fn go(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// Whether a finalizer holds an object.
pub(super) fn holds(object: &Value, finalizer: &str) -> bool {
    list(object, "/metadata/finalizers").iter().any(|name| name == finalizer)
}

pub(super) fn is_deleted(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some()
}

pub(super) fn is_suspended(object: &Value) -> bool {
    object.pointer("/spec/suspend") == Some(&Value::Bool(true))
}
