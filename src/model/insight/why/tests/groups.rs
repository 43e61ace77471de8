//! Forty red rows become three sentences.

use std::cell::Cell;

use serde_json::json;

use super::world::*;
use crate::domain::health::Counts;
use crate::domain::{Health, NodeId};
use crate::insight::why::{Below, Dossier, Sight, broken, explain};
use crate::kinds::Kind;

#[test]
fn what_is_broken_by_one_cause_is_one_group() {
    let source = json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}});
    let mut objects = vec![
        (
            "gitrepo apps/fleet".to_owned(),
            failed("GitOperationFailed", "unable to clone 'https://git.example.test/x': authentication required"),
        ),
        ("deploy apps/web".to_owned(), replicas(0, 3)),
        ("rs apps/web-1".to_owned(), with(replicas(0, 3), owned_by("deploy apps/web"))),
        ("ks apps/apps".to_owned(), with(well(), applies(&["deploy apps/web"]))),
        ("ks apps/broken".to_owned(), failed("BuildFailed", "kustomize build failed: x")),
    ];
    objects.extend((0..20).map(|at| {
        let object = with(failed("ArtifactFailed", "Source artifact not found, retrying in 30s"), source.clone());
        (format!("ks apps/k{at}"), object)
    }));
    objects
        .extend((0..3).map(|at| (format!("po apps/web-1-{at}"), with(crashing(1, "Error", "boom"), owned_by("rs apps/web-1")))));
    let objects: Vec<_> = objects.iter().map(|(name, object)| (name.as_str(), object.clone())).collect();
    let world = World::of(&objects);
    let groups = world.sight(|sight| broken(sight, |_| true));
    let found: Vec<_> =
        groups.iter().map(|group| (group.rule, group.cause.object.to_string(), group.same.len(), group.hits.len())).collect();
    assert_eq!(
        found,
        [
            ("authentication", "GitRepository apps/fleet".to_owned(), 0, 21),
            // three pods, their ReplicaSet, their Deployment
            ("crash", "Pod apps/web-1-0".to_owned(), 2, 5),
            ("build-failed", "Kustomization apps/broken".to_owned(), 0, 1),
        ]
    );
    let all: usize = groups.iter().map(|group| group.hits.len()).sum();
    let red = world.sight(|sight| sight.store.nodes().filter(|node| sight.health(*node) != Health::Ready).count());
    assert_eq!(all, red, "each broken object is in one group");
}

#[test]
fn a_circle_is_one_group_with_those_that_wait_for_it() {
    let waits = |on: &str| {
        with(
            failed("DependencyNotReady", &format!("dependency 'apps/{on}' is not ready")),
            json!({"spec": {"dependsOn": [{"name": on}]}}),
        )
    };
    let world = World::of(&[("ks apps/a", waits("b")), ("ks apps/b", waits("a")), ("ks apps/c", waits("a"))]);
    let groups = world.sight(|sight| broken(sight, |_| true));
    assert_eq!(groups.len(), 1, "{groups:#?}");
    assert_eq!((groups[0].rule, groups[0].hits.len()), ("circular-dependency", 3));
}

#[test]
fn only_what_is_meant_is_grouped() {
    let world = World::of(&[("ks blue/web", failed("BuildFailed", "x")), ("ks green/web", failed("BuildFailed", "x"))]);
    let groups = world.sight(|sight| broken(sight, |node| &*sight.reference(node).namespace == "blue"));
    assert_eq!(groups.iter().map(|group| group.hits.len()).sum::<usize>(), 1);
}

/// Counts how often the health of an object is asked for.
struct Counting<'a> {
    world: &'a World,
    asked: Cell<usize>,
}

impl Below for Counting<'_> {
    fn kind_of(&self, id: NodeId) -> &'static Kind {
        self.world.kind_of(id)
    }

    fn shown(&self, id: NodeId) -> Option<Health> {
        self.asked.set(self.asked.get() + 1);
        self.world.shown(id)
    }

    fn counts(&self, id: NodeId) -> Counts {
        self.world.counts(id)
    }

    fn homes(&self, id: NodeId) -> &[NodeId] {
        self.world.homes(id)
    }

    fn holds(&self, id: NodeId) -> bool {
        self.world.holds(id)
    }
}

#[test]
fn ways_that_meet_are_walked_once_so_that_the_cost_grows_with_what_is_broken() {
    let many = 200;
    let children: Vec<_> = (0..many).map(|at| format!("job apps/j{at}")).collect();
    let children: Vec<_> = children.iter().map(String::as_str).collect();
    let checked = "health check failed after 1m: timeout waiting for: [Job/apps/j7 status: 'Failed']";
    let over = json!({"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}});
    let mut objects = vec![("ks apps/base".to_owned(), with(failed("HealthCheckFailed", checked), applies(&children)))];
    objects.extend(children.iter().map(|name| ((*name).to_owned(), over.clone())));
    objects.extend((0..many).map(|at| {
        let waits = failed("DependencyNotReady", "dependency 'apps/base' is not ready");
        (format!("ks apps/w{at}"), with(waits, json!({"spec": {"dependsOn": [{"name": "base"}]}})))
    }));
    let objects: Vec<_> = objects.iter().map(|(name, object)| (name.as_str(), object.clone())).collect();
    let world = World::of(&objects);
    let counting = Counting { world: &world, asked: Cell::new(0) };
    let sight = Sight::new(&world.store, &counting, NOW.parse().expect("a time"));
    let groups = broken(&sight, |_| true);
    assert_eq!(groups[0].hits.len(), many + 2, "those that wait, what they wait for, and the job");
    // each alone would look at all children again
    let nodes = objects.len();
    assert!(counting.asked.get() < 30 * nodes, "{} looks at {nodes} objects", counting.asked.get());

    counting.asked.set(0);
    explain(&sight, world.node("ks apps/w1"), &Dossier::new());
    assert!(counting.asked.get() < 4 * nodes, "one way looks at the children of each object on it: {}", counting.asked.get());
}
