//! A small cluster for the tests of actions and jobs: invented JSON, read as the API's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Action, Case, Circumstances, Confirmation, Rights, Target, confirm, find};
use crate::domain::{Changes, ClusterId, Coverage, Delta, GroupKind, Object, ObjectRef, Policy, Scope, Store};
use crate::forms::Answers;
use crate::kinds::testing::{NOW, read};
use crate::kinds::{self, Kind};

/// The kind of that name.
pub fn kind(name: &str) -> &'static Kind {
    kinds::by_name(name).first().copied().unwrap_or_else(|| panic!("{name} is no kind"))
}

/// An object of that kind, `apps/web` unless its metadata says otherwise; its uid is made of its kind and name.
pub fn object(name: &str, body: &Value) -> Object {
    let kind = kind(name);
    let mut body = body.clone();
    let own = body["metadata"]["name"].as_str().unwrap_or("web").to_owned();
    if body["metadata"]["uid"].is_null() {
        body["metadata"]["uid"] = uid(kind.kind, &own).into();
    }
    read(kind, &body)
}

/// A uid as Kubernetes writes them.
pub fn uid(kind: &str, name: &str) -> String {
    let text = format!("{kind}/{name}");
    let sum = text.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{:08x}-0000-4000-8000-{:012x}", sum & 0xffff_ffff, sum >> 16)
}

/// A ready object that has been reconciled in its present generation.
pub fn ready() -> Value {
    json!({"observedGeneration": 1, "lastHandledReconcileAt": "before",
        "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1}]})
}

pub fn store(objects: impl IntoIterator<Item = Object>) -> Store {
    let mut store = Store::default();
    for object in objects {
        put(&mut store, object);
    }
    store
}

/// Puts an object into the store as a watch event would; its kind is listed to the end.
pub fn put(store: &mut Store, object: Object) {
    let mut changes = Changes::default();
    let scope = Scope { gk: object.id.gk.clone(), namespace: None };
    store.apply(Delta::Upsert(Box::new(object)), &mut changes);
    if store.coverage_of(&scope).is_none() {
        store.apply(Delta::Coverage(scope, Coverage::Complete), &mut changes);
    }
}

pub fn remove(store: &mut Store, id: &ObjectRef) {
    store.apply(Delta::Remove(id.clone()), &mut Changes::default());
}

pub fn reference(kind_name: &str, namespace: &str, name: &str) -> ObjectRef {
    let kind = kind(kind_name);
    ObjectRef::new(ClusterId(0), GroupKind::new(kind.group, kind.kind), namespace, name)
}

pub fn case<'a>(store: &'a Store, id: &ObjectRef) -> Case<'a> {
    Case::new(store, id, "ana", NOW.parse().expect("a time")).unwrap_or_else(|| panic!("{id} is not there"))
}

pub fn action(name: &str) -> &'static Action {
    find(name).unwrap_or_else(|| panic!("{name} is no action"))
}

/// A confirmation where everything is allowed.
pub fn confirmed(name: &str, store: &Store, ids: &[ObjectRef], policy: &Policy) -> Confirmation {
    let uid = |id: &ObjectRef| store.object_of(id).map(|object| object.uid).unwrap_or_default();
    let targets: Vec<_> = ids.iter().map(|id| Target { object: id.clone(), uid: uid(id) }).collect();
    confirmed_with(name, store, &targets, policy, &allowed(name, ids), &[])
}

/// The same at another moment: tokens of requests are moments.
pub fn confirmed_at(now: Timestamp, name: &str, store: &Store, ids: &[ObjectRef]) -> Confirmation {
    let uid = |id: &ObjectRef| store.object_of(id).map(|object| object.uid).unwrap_or_default();
    let targets: Vec<_> = ids.iter().map(|id| Target { object: id.clone(), uid: uid(id) }).collect();
    let (policy, rights, owners) = (Policy::default(), allowed(name, ids), BTreeMap::new());
    let around = Circumstances {
        store,
        policy: &policy,
        context: "prod-eu",
        who: "ana",
        now,
        rights: &rights,
        owners: &owners,
        hidden: &[],
    };
    confirm(action(name), &targets, &Answers::default(), &around)
}

pub fn confirmed_with(
    name: &str,
    store: &Store,
    targets: &[Target],
    policy: &Policy,
    rights: &Rights,
    hidden: &[ObjectRef],
) -> Confirmation {
    let around = Circumstances {
        store,
        policy,
        context: "prod-eu",
        who: "ana",
        now: NOW.parse().expect("a time"),
        rights,
        owners: &BTreeMap::new(),
        hidden,
    };
    confirm(action(name), targets, &Answers::default(), &around)
}

/// Everything that the action needs is allowed in the namespaces of these objects.
pub fn allowed(name: &str, ids: &[ObjectRef]) -> Rights {
    let mut rights = Rights::default();
    for (ask, is_allowed) in permissions(name, ids) {
        rights.learn(ask, is_allowed);
    }
    rights
}

/// The same as the API server says it.
pub fn permissions(name: &str, ids: &[ObjectRef]) -> Vec<(super::Ask, bool)> {
    let namespaces = || ids.iter().map(|id| id.namespace.clone()).chain(["flux-system".into()]);
    let ask = |kind: &kinds::Kind, namespace| super::Ask {
        verb: action(name).verb.word(),
        group: kind.group,
        plural: kind.plural,
        namespace,
        name: None,
    };
    kinds::ALL.iter().flat_map(|kind| namespaces().map(move |namespace| (ask(kind, namespace), true))).collect()
}
