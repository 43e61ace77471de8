use serde_json::{Value, json};

use super::*;
use crate::actions::testing::{object, reference};
use crate::domain::{ClusterId, Coverage, Delta, Edge, Object, Owner, Scope};
use crate::kinds::testing::NOW;
use crate::state::Cluster;

fn cluster() -> Cluster {
    Cluster::new(ClusterId(0), "prod".to_owned())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(NOW.parse::<Timestamp>().expect("a time").as_second() + second).expect("a time")
}

fn scope(object: &Object) -> Scope {
    Scope { gk: object.id.gk.clone(), namespace: None }
}

fn conditions(status: &str, message: &str) -> Value {
    let reason = if status == "True" { "ReconciliationSucceeded" } else { "HealthCheckFailed" };
    json!([{"type": "Ready", "status": status, "reason": reason, "message": message, "lastTransitionTime": NOW, "observedGeneration": 1}])
}

fn ks(status: &str, revision: &str, message: &str) -> Object {
    let status = json!({
        "observedGeneration": 1, "conditions": conditions(status, message),
        "lastAppliedRevision": revision, "lastAttemptedRevision": revision,
    });
    object("ks", &json!({"status": status}))
}

/// As the first list of a kind brings it.
fn listed(cluster: &mut Cluster, object: Object) {
    let scope = scope(&object);
    let deltas = vec![
        Delta::Coverage(scope.clone(), Coverage::Listing),
        Delta::Listed { generation: 1, objects: vec![object] },
        Delta::Complete { scope, generation: 1 },
    ];
    cluster.apply(deltas, at(0));
}

fn put(cluster: &mut Cluster, object: Object, second: i64) {
    cluster.apply(vec![Delta::Upsert(Box::new(object))], at(second));
}

fn said(cluster: &Cluster) -> Vec<String> {
    cluster.timeline.entries().map(Shift::words).collect()
}

#[test]
fn the_first_list_is_how_things_were_and_each_change_after_it_is_an_entry() {
    let mut cluster = cluster();
    listed(&mut cluster, ks("True", "main@sha1:aaa", "applied"));
    assert!(cluster.timeline.is_empty());

    put(&mut cluster, ks("False", "main@sha1:bbb", "health check failed after 2m"), 60);
    put(&mut cluster, ks("False", "main@sha1:bbb", "health check failed after 3m"), 61);
    put(&mut cluster, ks("True", "main@sha1:ccc", "applied"), 120);
    put(&mut cluster, ks("True", "main@sha1:ddd", "applied"), 180);
    assert_eq!(said(&cluster), ["Ready → Failed", "Failed → Ready", "Ready, another revision"]);

    let first = cluster.timeline.get(0).expect("an entry");
    let after = first.after.as_ref().expect("it is there");
    assert_eq!((first.at, &*after.message), (at(60), "health check failed after 2m"));
    assert_eq!(first.revision().map(|revision| &**revision), Some("main@sha1:bbb"));
    assert!(first.is_failing() && !first.is_revision());
    assert!(cluster.timeline.get(2).is_some_and(Shift::is_revision));
}

#[test]
fn a_list_after_a_lost_watch_brings_what_changed_meanwhile() {
    let mut cluster = cluster();
    let web = ks("True", "main@sha1:aaa", "applied");
    listed(&mut cluster, web.clone());
    let again =
        |generation, objects| vec![Delta::Listed { generation, objects }, Delta::Complete { scope: scope(&web), generation }];
    cluster.apply(again(2, vec![web.clone()]), at(10));
    assert!(cluster.timeline.is_empty(), "the same");
    cluster.apply(again(3, vec![ks("False", "main@sha1:bbb", "failed")]), at(20));
    cluster.apply(again(4, Vec::new()), at(30));
    assert_eq!(said(&cluster), ["Ready → Failed", "gone, was Failed"]);
}

#[test]
fn what_appears_and_what_is_deleted_are_entries_and_what_may_no_longer_be_read_is_not() {
    let mut cluster = cluster();
    let web = ks("True", "main@sha1:aaa", "applied");
    cluster.apply(vec![Delta::Coverage(scope(&web), Coverage::Complete)], at(0));
    put(&mut cluster, web.clone(), 10);
    cluster.apply(vec![Delta::Remove(web.id.clone())], at(20));
    assert_eq!(said(&cluster), ["appeared: Ready", "gone, was Ready"]);
    assert!(cluster.timeline.get(1).is_some_and(|gone| gone.health().is_none()));

    put(&mut cluster, web.clone(), 30);
    cluster.apply(vec![Delta::Coverage(scope(&web), Coverage::Restricted)], at(40));
    assert_eq!(cluster.timeline.len(), 3, "nothing says that it is gone");
    // of a kind that is not covered nothing is known: it may have been there
    let pod = object("po", &json!({"status": {"phase": "Running"}}));
    put(&mut cluster, pod, 50);
    assert_eq!(cluster.timeline.len(), 3);
}

#[test]
fn what_applied_an_object_is_named_with_its_revision_through_its_owners() {
    let mut cluster = cluster();
    let deploy = object("deploy", &json!({"spec": {"replicas": 1}}));
    let mut apps = ks("True", "main@sha1:aaa", "applied");
    apps.id = reference("ks", "flux-system", "apps");
    apps.edges = [Edge { relation: Relation::Applies, to: deploy.id.clone() }].into();
    let mut pod = object("po", &json!({"status": {"phase": "Pending"}}));
    pod.owners = [Owner { uid: deploy.uid, group: "apps".into(), kind: "Deployment".into(), name: "web".into() }].into();
    for object in [apps.clone(), deploy, pod.clone()] {
        listed(&mut cluster, object);
    }
    cluster.apply(vec![Delta::Remove(pod.id.clone())], at(10));
    put(&mut cluster, pod, 20);
    let applied_by = cluster.timeline.get(1).and_then(|shift| shift.applied_by.clone()).expect("an applier");
    assert_eq!((applied_by.0, applied_by.1.as_deref()), (apps.id, Some("main@sha1:aaa")));
    assert_eq!(cluster.timeline.get(1).and_then(Shift::revision).map(|revision| &**revision), Some("main@sha1:aaa"));
}

#[test]
fn the_oldest_entries_go_and_numbers_stay() {
    let mut cluster = cluster();
    listed(&mut cluster, ks("True", "main@sha1:aaa", "applied"));
    for n in 0..MOST + 5 {
        let second = i64::try_from(n).expect("small");
        put(&mut cluster, ks("True", &format!("main@sha1:{n}"), "applied"), second);
    }
    let timeline = &cluster.timeline;
    assert_eq!((timeline.len(), timeline.dropped(), timeline.count()), (MOST, 5, MOST + 5));
    assert!(timeline.get(4).is_none());
    assert_eq!(timeline.get(5).map(|shift| shift.at), Some(at(5)));
    assert_eq!(timeline.entries().next_back().map(|shift| shift.number), Some(MOST + 4));
}
