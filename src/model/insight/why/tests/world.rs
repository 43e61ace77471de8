//! A small cluster: objects as the API sends them, and a naive count of what is below each.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::health::Counts;
use crate::domain::store::Changes;
use crate::domain::{ClusterId, Coverage, Delta, GroupKind, Health, NodeId, ObjectRef, Relation, Scope, Store};
use crate::insight::why::{Below, Dossier, Explanation, Sight, explain};
use crate::kinds::{self, Kind, Reader, Role, Wire};

pub const NOW: &str = "2026-01-01T01:00:00Z";

#[derive(Default)]
pub struct World {
    pub store: Store,
}

/// Kind and `namespace/name`, as tests write them: `ks apps/web`; a name without a namespace is that of something cluster-scoped.
fn named(text: &str) -> (&'static Kind, &str, &str) {
    let (kind, path) = text.split_once(' ').unwrap_or_else(|| panic!("{text}: kind and name"));
    let (namespace, name) = path.split_once('/').unwrap_or(("", path));
    (kinds::by_name(kind).first().copied().unwrap_or_else(|| panic!("{kind} is not a kind")), namespace, name)
}

pub fn reference(text: &str) -> ObjectRef {
    let (kind, namespace, name) = named(text);
    ObjectRef::new(ClusterId(0), kind.gk(), namespace, name)
}

/// The Ready condition, since ten minutes.
pub fn ready(status: &str, reason: &str, message: &str) -> Value {
    json!({"type": "Ready", "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-01-01T00:50:00Z"})
}

/// A status with these conditions, of the present generation.
pub fn status(conditions: &[Value]) -> Value {
    json!({"status": {"observedGeneration": 1, "conditions": conditions}})
}

/// A Flux object that failed.
pub fn failed(reason: &str, message: &str) -> Value {
    status(&[ready("False", reason, message)])
}

pub fn well() -> Value {
    status(&[ready("True", "ReconciliationSucceeded", "Applied revision: main@sha1:1111")])
}

/// The same object with more in it.
pub fn with(mut object: Value, more: Value) -> Value {
    fn lay(into: &mut Value, more: Value) {
        match (into, more) {
            (Value::Object(into), Value::Object(more)) => {
                for (key, value) in more {
                    lay(into.entry(key).or_insert(Value::Null), value);
                }
            }
            (into, more) => *into = more,
        }
    }
    lay(&mut object, more);
    object
}

/// An inventory of these.
pub fn applies(objects: &[&str]) -> Value {
    let entry = |text: &&str| {
        let (kind, namespace, name) = named(text);
        json!({"id": format!("{namespace}_{name}_{}_{}", kind.group, kind.kind), "v": "v1"})
    };
    json!({"status": {"inventory": {"entries": objects.iter().map(entry).collect::<Vec<_>>()}}})
}

/// Who owns an object.
pub fn owned_by(owner: &str) -> Value {
    let (kind, _, name) = named(owner);
    let version = if kind.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group) };
    json!({"metadata": {"ownerReferences": [{"apiVersion": version, "kind": kind.kind, "name": name, "uid": owner}]}})
}

/// A Deployment of which that many replicas are ready.
pub fn replicas(ready: i64, desired: i64) -> Value {
    let reason = if ready < desired { "False" } else { "True" };
    json!({
        "spec": {"replicas": desired},
        "status": {
            "observedGeneration": 1, "replicas": desired, "updatedReplicas": desired, "availableReplicas": ready, "readyReplicas": ready,
            "fullyLabeledReplicas": desired,
            "conditions": [{"type": "Available", "status": reason, "lastTransitionTime": "2026-01-01T00:52:00Z"}]
        }
    })
}

/// A pod with one container in that state.
pub fn pod(state: &Value, last: &Value) -> Value {
    json!({
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:55:00Z",
            "message": "containers with unready status: [web]"}],
            "containerStatuses": [{"name": "web", "image": "registry.example.test/web:2", "restartCount": 7, "ready": false,
                "state": state, "lastState": last}]}
    })
}

pub fn crashing(code: i64, reason: &str, said: &str) -> Value {
    pod(
        &json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=web"}}),
        &json!({"terminated": {"exitCode": code, "reason": reason, "message": said}}),
    )
}

impl World {
    /// A cluster with these, every kind of which was listed.
    pub fn of(objects: &[(&str, Value)]) -> Self {
        let mut world = Self::default();
        for kind in kinds::ALL {
            world.cover(kind, Coverage::Complete);
        }
        for (name, object) in objects {
            world.put(name, object);
        }
        world
    }

    pub fn cover(&mut self, kind: &Kind, coverage: Coverage) {
        self.apply(Delta::Coverage(Scope { gk: kind.gk(), namespace: None }, coverage));
    }

    fn apply(&mut self, delta: Delta) {
        self.store.apply(delta, &mut Changes::default());
    }

    pub fn put(&mut self, name: &str, object: &Value) {
        let (kind, namespace, own) = named(name);
        let metadata = json!({"metadata": {"name": own, "namespace": namespace, "uid": name, "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z"}});
        let wire: Wire = serde_json::from_value(with(metadata, object.clone())).expect("an object of the API");
        let gk = GroupKind::new(kind.group, kind.kind);
        let object = Reader::new(ClusterId(0), gk, kind.versions[0], kind).read(&wire, NOW.parse().expect("a time"));
        self.apply(Delta::Upsert(Box::new(object)));
    }

    pub fn node(&self, name: &str) -> NodeId {
        self.store.find(&reference(name)).unwrap_or_else(|| panic!("{name} is not there"))
    }

    pub fn sight<R>(&self, look: impl FnOnce(&Sight) -> R) -> R {
        let now: Timestamp = NOW.parse().expect("a time");
        look(&Sight::new(&self.store, self, now))
    }

    pub fn why(&self, name: &str) -> Explanation {
        self.why_with(name, &Dossier::new())
    }

    pub fn why_with(&self, name: &str, dossier: &Dossier) -> Explanation {
        self.sight(|sight| explain(sight, self.node(name), dossier))
    }

    fn children(&self, id: NodeId) -> Vec<NodeId> {
        let applied =
            self.store.out(id).iter().filter(|link| link.relation == Relation::Applies && link.node != id).map(|link| link.node);
        applied.chain(self.store.owned(id).iter().copied()).collect()
    }

    fn everything_below(&self, id: NodeId, seen: &mut BTreeSet<NodeId>) {
        for child in self.children(id) {
            if seen.insert(child) {
                self.everything_below(child, seen);
            }
        }
    }
}

impl Below for World {
    fn kind_of(&self, id: NodeId) -> &'static Kind {
        kinds::of(&self.store.reference(id).gk)
    }

    fn shown(&self, id: NodeId) -> Option<Health> {
        let own = self.store.health(id)?;
        let is_failed = || self.counts(id).of(Health::Failed) > 0;
        if own == Health::Progressing && self.kind_of(id).role == Role::Workload && is_failed() {
            Some(Health::Failed)
        } else {
            Some(own)
        }
    }

    fn counts(&self, id: NodeId) -> Counts {
        let mut seen = BTreeSet::new();
        self.everything_below(id, &mut seen);
        let mut counts = Counts::default();
        for health in seen.into_iter().filter(|node| *node != id).filter_map(|node| self.store.health(node)) {
            counts += Counts::one(health);
        }
        counts
    }

    fn homes(&self, _: NodeId) -> &[NodeId] {
        &[]
    }

    fn holds(&self, id: NodeId) -> bool {
        self.kind_of(id).is_flux() || self.store.is_applied(id) || !self.store.owners(id).is_empty()
    }
}
