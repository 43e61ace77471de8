//! What explanations cost on trees of a real size, in looks at objects: the same for one object however many there are, and for all that
//! is broken in proportion to what there is.

use std::cell::Cell;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::insight::why::{Below, BrokenGroup, Dossier, broken, explain};
use crate::kinds::{self, Kind, Reader, Wire};

/// Objects of one application: a Kustomization, its Deployment, the ReplicaSet of that, and pods.
const PODS: usize = 9;
const OF_ONE: usize = 3 + PODS;
/// One application of so many is broken, with all that is in it.
const BROKEN: usize = 16;

/// Counts the looks at objects.
struct Looks<'a> {
    forest: &'a Forest,
    count: Cell<usize>,
}

impl Looks<'_> {
    fn look(&self) {
        self.count.set(self.count.get() + 1);
    }
}

impl Below for Looks<'_> {
    fn kind_of(&self, id: NodeId) -> &'static Kind {
        self.forest.kind_of(id)
    }

    fn shown(&self, id: NodeId) -> Option<Health> {
        self.look();
        self.forest.shown(id)
    }

    fn counts(&self, id: NodeId) -> Counts {
        self.look();
        self.forest.counts(id)
    }

    fn homes(&self, id: NodeId) -> &[NodeId] {
        self.look();
        self.forest.homes(id)
    }

    fn holds(&self, id: NodeId) -> bool {
        self.look();
        self.forest.holds(id)
    }
}

fn now() -> Timestamp {
    "2026-01-01T01:00:00Z".parse().expect("a time")
}

/// A cluster of so many applications.
fn fleet(applications: usize) -> (Store, Forest) {
    let (mut store, mut changes) = (Store::default(), Changes::default());
    let kinds = [kinds::KUSTOMIZATION, kinds::DEPLOYMENT, kinds::REPLICA_SET, kinds::POD];
    for kind in kinds {
        store.apply(Delta::Coverage(Scope { gk: kind.gk(), namespace: None }, Coverage::Complete), &mut changes);
    }
    let mut readers = kinds.map(|kind| Reader::new(ClusterId(0), kind.gk(), kind.versions[0], kind));
    let mut put = |at: usize, name: &str, mut object: Value| {
        object["metadata"]["name"] = name.into();
        object["metadata"]["namespace"] = "apps".into();
        object["metadata"]["uid"] = format!("{at} {name}").into();
        let wire: Wire = serde_json::from_value(object).expect("an object of the API");
        store.apply(Delta::Upsert(Box::new(readers[at].read(&wire, now()))), &mut changes);
    };
    let owned = |version: &str, kind: &str, at: usize, name: &str| json!([{"apiVersion": version, "kind": kind, "name": name, "uid": format!("{at} {name}")}]);
    for application in 0..applications {
        let (name, is_broken) = (format!("a{application}"), application % BROKEN == 0);
        let ready = if is_broken { 0 } else { PODS };
        let message = format!("health check failed after 1m: timeout waiting for: [Deployment/apps/{name} status: 'InProgress']");
        let (status, reason) = if is_broken { ("False", "HealthCheckFailed") } else { ("True", "ReconciliationSucceeded") };
        let condition = json!({"type": "Ready", "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let inventory = json!({"entries": [{"id": format!("apps_{name}_apps_Deployment"), "v": "v1"}]});
        put(0, &name, json!({"status": {"conditions": [condition], "inventory": inventory}}));
        let counts = json!({"replicas": PODS, "updatedReplicas": PODS, "availableReplicas": ready, "readyReplicas": ready, "fullyLabeledReplicas": PODS,
            "conditions": [{"type": "Available", "status": if is_broken { "False" } else { "True" }}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]});
        put(1, &name, json!({"spec": {"replicas": PODS}, "status": counts}));
        let owner = owned("apps/v1", "Deployment", 1, &name);
        put(2, &name, json!({"metadata": {"ownerReferences": owner}, "spec": {"replicas": PODS}, "status": counts}));
        for pod in 0..PODS {
            let owner = owned("apps/v1", "ReplicaSet", 2, &name);
            let state = if is_broken { json!({"waiting": {"reason": "CrashLoopBackOff"}}) } else { json!({"running": {}}) };
            let last = json!({"terminated": {"exitCode": 1, "reason": "Error", "message": "cannot open config"}});
            let container = json!({"name": "web", "ready": !is_broken, "restartCount": 3, "state": state, "lastState": last});
            let condition = json!({"type": "Ready", "status": if is_broken { "False" } else { "True" }});
            let status = json!({"phase": "Running", "conditions": [condition], "containerStatuses": [container]});
            put(3, &format!("{name}-{pod}"), json!({"metadata": {"ownerReferences": owner}, "status": status}));
        }
    }
    let forest = Forest::plant(&store, Root::Kustomizations);
    (store, forest)
}

/// What was found, and after how many looks.
fn counted<R>(store: &Store, forest: &Forest, find: impl FnOnce(&Sight) -> R) -> (R, usize) {
    let looks = Looks { forest, count: Cell::new(0) };
    let found = find(&Sight::new(store, &looks, now()));
    (found, looks.count.get())
}

#[test]
fn all_that_is_broken_costs_in_proportion_and_one_object_the_same_in_any_cluster() {
    let cost = |applications: usize| {
        let (store, forest) = fleet(applications);
        let objects = applications * OF_ONE;
        let (groups, all): (Vec<BrokenGroup>, _) = counted(&store, &forest, |sight| broken(sight, |_| true));
        assert_eq!(groups.len(), applications.div_ceil(BROKEN), "one cause an application that is broken");
        let hits: usize = groups.iter().map(|group| group.hits.len()).sum();
        assert_eq!(hits, groups.len() * OF_ONE, "everything in it is hit");
        assert!(all < 8 * objects, "{all} looks at {objects} objects");
        let node = store.nodes().find(|node| store.reference(*node).to_string() == "Kustomization apps/a0").expect("it is there");
        let (found, one) = counted(&store, &forest, |sight| explain(sight, node, &Dossier::new()));
        assert_eq!(found.rule, Some("crash"), "{found:#?}");
        let (below, down) = counted(&store, &forest, |sight| sight.cause_below(node));
        assert_eq!(below.map(|node| store.reference(node).to_string()).as_deref(), Some("Pod apps/a0-0"));
        (all, one, down)
    };
    let (small, large) = (cost(200), cost(800));
    assert!(large.0 < 5 * small.0, "four times the objects cost {} looks after {}", large.0, small.0);
    assert_eq!((small.1, small.2), (large.1, large.2), "one object costs the same");
    assert!(large.1 < 40 * OF_ONE, "{} looks", large.1);
}

#[test]
fn a_first_cause_that_was_asked_for_is_known_until_something_changes() {
    let (mut store, mut forest) = fleet(16);
    let node = store.nodes().find(|node| store.reference(*node).to_string() == "Deployment apps/a0").expect("it is there");
    let first = forest.first_cause(&store, node, now()).expect("a cause");
    assert_eq!(forest.first_cause(&store, node, now()), Some(first.clone()));
    assert!(first.says.contains("exits 1"), "{}", first.says);
    // the same object, with another end
    let kind = kinds::POD;
    let mut reader = Reader::new(ClusterId(0), kind.gk(), kind.versions[0], kind);
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"name": "web", "ready": false, "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 7, "reason": "Error"}}}]});
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a0", "uid": "2 a0"}]);
    let object =
        json!({"metadata": {"name": "a0-0", "namespace": "apps", "uid": "3 a0-0", "ownerReferences": owner}, "status": status});
    let wire: Wire = serde_json::from_value(object).expect("an object of the API");
    let mut changes = Changes::default();
    store.apply(Delta::Upsert(Box::new(reader.read(&wire, now()))), &mut changes);
    forest.update(&store, &changes);
    let second = forest.first_cause(&store, node, now()).expect("a cause");
    assert!(second.says.contains("exits 7"), "{}", second.says);
}
