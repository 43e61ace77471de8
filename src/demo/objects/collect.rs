//! Deleting, and what goes with it: finalizers, grace, and the garbage collection of what an object owns.
//!
//! The rules are those of the apiserver (`pkg/registry/rest/delete.go`) and of kube-controller-manager's garbage collector.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Key, Store, list, text, time};

/// What happens to what an object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::demo) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

impl Propagation {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "Background" => Some(Self::Background),
            "Foreground" => Some(Self::Foreground),
            "Orphan" => Some(Self::Orphan),
            _ => None,
        }
    }
}

/// Deletes an object: at once where nothing holds it, else it is marked and waits for its finalizers. Returns what is left of it.
pub(in crate::demo) fn delete(
    store: &mut Store,
    key: &Key,
    propagation: Propagation,
    grace: Option<i64>,
    now: Timestamp,
) -> Option<Arc<Value>> {
    let mut object = (**store.get(key)?).clone();
    let kind = store.kind(key.kind);
    let mut finalizers: Vec<_> = list(&object, "/metadata/finalizers").to_vec();
    let hold = match propagation {
        Propagation::Foreground => Some("foregroundDeletion"),
        Propagation::Orphan => Some("orphan"),
        Propagation::Background => None,
    };
    if let Some(hold) = hold.filter(|hold| !finalizers.iter().any(|finalizer| finalizer == hold)) {
        finalizers.push(hold.into());
    }
    let is_pod = kind.is("", "Pod");
    let is_namespace = kind.is("", "Namespace");
    // a pod on a node is given time to end; the kubelet takes it away
    let has_node = is_pod && !text(&object, "/spec/nodeName").is_empty();
    let grace = grace.unwrap_or_else(|| object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30));
    let grace = if has_node { grace } else { 0 };
    if finalizers.is_empty() && grace == 0 && !is_namespace {
        remove(store, key, now);
        return None;
    }
    let has_generation = object["metadata"]["generation"].is_i64();
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    if !metadata.contains_key("deletionTimestamp") {
        metadata
            .insert("deletionTimestamp".into(), time(now.saturating_add(SignedDuration::from_secs(grace)).unwrap_or(now)).into());
        metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
        if let Some(generation) = metadata.get("generation").and_then(Value::as_i64).filter(|_| has_generation) {
            metadata.insert("generation".into(), (generation + 1).into());
        }
    }
    if !finalizers.is_empty() {
        metadata.insert("finalizers".into(), finalizers.into());
    }
    if is_namespace {
        object["status"] = json!({"phase": "Terminating"});
    }
    store.replace(key, object);
    if hold.is_none() {
        release(store, key, now);
    }
    // the garbage collector looks at what it holds in its own time
    store.get(key).cloned()
}

/// Carries on with an object that is marked for deletion: what the garbage collector and the namespace controller do for it, and its end
/// once nothing holds it.
pub(in crate::demo) fn release(store: &mut Store, key: &Key, now: Timestamp) {
    let Some(object) = store.get(key).cloned() else { return };
    if object.pointer("/metadata/deletionTimestamp").is_none() {
        return;
    }
    let holds = |name: &str| list(&object, "/metadata/finalizers").iter().any(|finalizer| finalizer == name);
    if holds("orphan") {
        let uid = text(&object, "/metadata/uid");
        for (dependant, mut orphan) in owned(store, uid) {
            let others: Vec<_> = references(&orphan).iter().filter(|owner| text(owner, "/uid") != uid).cloned().collect();
            let metadata = orphan["metadata"].as_object_mut().expect("an object has metadata");
            metadata.remove("ownerReferences");
            if !others.is_empty() {
                metadata.insert("ownerReferences".into(), others.into());
            }
            store.replace(&dependant, orphan);
        }
        return let_go(store, key, "orphan", now);
    }
    if holds("foregroundDeletion") {
        let dependants = owned(store, text(&object, "/metadata/uid"));
        for (dependant, child) in &dependants {
            if child.pointer("/metadata/deletionTimestamp").is_none() {
                delete(store, dependant, Propagation::Foreground, None, now);
            }
        }
        if owned(store, text(&object, "/metadata/uid")).is_empty() {
            let_go(store, key, "foregroundDeletion", now);
        }
        return;
    }
    let kind = store.kind(key.kind);
    if kind.is("", "Namespace") {
        let inside: Vec<_> =
            store.all().filter(|(inside, _)| inside.namespace == key.name).map(|(inside, _)| inside.clone()).collect();
        for inside in &inside {
            if store.get(inside).is_some_and(|object| object.pointer("/metadata/deletionTimestamp").is_none()) {
                delete(store, inside, Propagation::Background, None, now);
            }
        }
        if !store.all().any(|(inside, _)| inside.namespace == key.name) {
            remove(store, key, now);
        }
        return;
    }
    let waits = kind.is("", "Pod") && object["metadata"]["deletionGracePeriodSeconds"].as_i64().is_some_and(|grace| grace > 0);
    if list(&object, "/metadata/finalizers").is_empty() && !waits {
        remove(store, key, now);
    }
}

/// Whether the garbage collector has something to do for an object that is marked for deletion.
pub(in crate::demo) fn is_held(object: &Value) -> bool {
    let is_hold = |finalizer: &Value| finalizer == "orphan" || finalizer == "foregroundDeletion";
    object.pointer("/metadata/deletionTimestamp").is_some() && list(object, "/metadata/finalizers").iter().any(is_hold)
}

/// Takes one finalizer away.
fn let_go(store: &mut Store, key: &Key, finalizer: &str, now: Timestamp) {
    let Some(object) = store.get(key) else { return };
    let mut object = (**object).clone();
    let left: Vec<_> = list(&object, "/metadata/finalizers").iter().filter(|name| *name != finalizer).cloned().collect();
    object["metadata"]["finalizers"] = left.into();
    store.replace(key, object);
    release(store, key, now);
}

/// Takes an object out, and after it what only it owned; those who wait for its end are notified.
fn remove(store: &mut Store, key: &Key, now: Timestamp) {
    let Some(gone) = store.remove(key) else { return };
    let uid = text(&gone, "/metadata/uid");
    for (dependant, child) in owned(store, uid) {
        let is_alone = references(&child).iter().all(|owner| text(owner, "/uid") == uid);
        if is_alone && child.pointer("/metadata/deletionTimestamp").is_none() {
            delete(store, &dependant, Propagation::Background, None, now);
        }
    }
    let owners: Vec<_> = references(&gone).iter().map(|owner| text(owner, "/uid").to_owned()).collect();
    let waits = |key: &Key, object: &Value| {
        owners.iter().any(|uid| uid == text(object, "/metadata/uid"))
            || (key.namespace.is_empty() && key.name == text(&gone, "/metadata/namespace"))
    };
    let waiting: Vec<_> = store
        .all()
        .filter(|(key, object)| object.pointer("/metadata/deletionTimestamp").is_some() && waits(key, object))
        .map(|(key, _)| key.clone())
        .collect();
    for waiting in waiting {
        release(store, &waiting, now);
    }
}

fn references(object: &Value) -> &[Value] {
    list(object, "/metadata/ownerReferences")
}

/// What names an owner by its UID.
fn owned(store: &Store, uid: &str) -> Vec<(Key, Value)> {
    let is_owned = |object: &Value| references(object).iter().any(|owner| text(owner, "/uid") == uid);
    store.all().filter(|(_, object)| is_owned(object)).map(|(key, object)| (key.clone(), (**object).clone())).collect()
}
