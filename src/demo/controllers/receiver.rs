//! notification-controller: what a forge sets off when it calls a Receiver after a push: everything that the Receiver lists is asked to
//! reconcile (notification-controller `internal/server/receiver_handlers.go`).

use jiff::Timestamp;
use serde_json::Value;

use super::scene::{is_suspended, is_true};
use crate::demo::objects::{Key, Store, list, text};

/// The forge calls every Receiver that is ready.
pub(in crate::demo) fn call(store: &mut Store, now: Timestamp) {
    let Some(kind) = store.kind_of("notification.toolkit.fluxcd.io", "Receiver") else { return };
    let ready = store.of_kind(kind).filter(|(_, receiver)| is_true(receiver, "Ready") && !is_suspended(receiver));
    let asked: Vec<_> = ready.flat_map(|(_, receiver)| listed(store, receiver)).collect();
    for key in asked {
        let mut object = store.get(&key).map(|object| (**object).clone()).unwrap_or_default();
        object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"] = now.to_string().into();
        store.replace(&key, object);
    }
}

/// The objects that a Receiver lists, as far as they are there.
fn listed(store: &Store, receiver: &Value) -> Vec<Key> {
    let own = text(receiver, "/metadata/namespace");
    let one = |resource: &Value| {
        let kind = text(resource, "/kind");
        let known = store.kinds().find(|known| known.kind == kind && known.group.ends_with(".toolkit.fluxcd.io"))?;
        let namespace = resource["namespace"].as_str().unwrap_or(own);
        let key = store.key(&known.group, kind, namespace, text(resource, "/name"))?;
        store.get(&key).is_some().then_some(key)
    };
    list(receiver, "/spec/resources").iter().filter_map(one).collect()
}
