//! What a Kustomization waits for before it applies a new revision of its source: the Kustomizations that it depends on, themselves or through
//! others, which read the same source and have not applied that revision yet.
//!
//! kustomize-controller does not start before its dependencies have applied the same revision (1.9 `internal/controller/
//! kustomization_controller.go`, `checkDependencies`). It starts the readers of a source in the order of their dependencies, and none of
//! them where these form a cycle anywhere among the readers (`requestsForRevisionChangeOf`): each is then applied at its interval.

use std::collections::BTreeSet;

use crate::domain::{NodeId, ObjectRef, Relation, Store};

/// What a Kustomization waits for until it can apply what its source has fetched: what has to come first, first; not itself.
pub fn behind(applier: &ObjectRef, store: &Store) -> Vec<ObjectRef> {
    let Some(own) = store.find(applier) else { return Vec::new() };
    let (mut seen, mut chain) = (BTreeSet::from([own]), Vec::new());
    // a node is left once everything that it waits for is in the chain
    let mut path = vec![(own, dependencies(own, store))];
    while let Some((node, left)) = path.last_mut() {
        match left.pop() {
            Some(next) if seen.insert(next) => path.push((next, dependencies(next, store))),
            Some(_) => {}
            None => {
                chain.push(*node);
                path.pop();
            }
        }
    }
    chain.pop();
    chain.into_iter().map(|node| store.reference(node).clone()).collect()
}

/// The dependencies of one that have not applied what their common source has fetched, the last first.
fn dependencies(node: NodeId, store: &Store) -> Vec<NodeId> {
    let Some(source) = source(node, store) else { return Vec::new() };
    let Some(fetched) = store.object(source).and_then(|source| source.facts.revision.as_deref()) else { return Vec::new() };
    let is_behind = |node: &NodeId| {
        let applied = store.object(*node).map(|object| object.facts.revision.as_deref());
        applied.is_some_and(|applied| applied != Some(fetched)) && self::source(*node, store) == Some(source)
    };
    let links = store.out(node).iter().rev().filter(|link| link.relation == Relation::DependsOn);
    links.map(|link| link.node).filter(is_behind).collect()
}

fn source(node: NodeId, store: &Store) -> Option<NodeId> {
    store.out(node).iter().find(|link| link.relation == Relation::Source).map(|link| link.node)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::actions::testing::{object, ready, reference, store};

    fn kustomization(name: &str, source: &str, needs: &[&str], applied: &str) -> Value {
        let needs: Vec<_> = needs.iter().map(|name| json!({"name": name})).collect();
        json!({
            "metadata": {"name": name},
            "spec": {"sourceRef": {"kind": "GitRepository", "name": source}, "dependsOn": needs},
            "status": {"lastAppliedRevision": applied, "conditions": ready()["conditions"], "observedGeneration": 1},
        })
    }

    /// Names of what `apps` waits for; the source `fleet` is at `new`.
    fn waits(kustomizations: &[Value]) -> Vec<String> {
        let source = json!({"metadata": {"name": "fleet"}, "status": {"artifact": {"revision": "new"}}});
        let all = kustomizations.iter().map(|body| object("ks", body)).chain([object("gitrepo", &source)]);
        let found = behind(&reference("ks", "apps", "apps"), &store(all));
        found.into_iter().map(|id| id.name.to_string()).collect()
    }

    #[test]
    fn what_has_to_come_first_comes_first_and_once() {
        let of = |name: &str, needs: &[&str], applied: &str| kustomization(name, "fleet", needs, applied);
        let cases: Vec<(Vec<Value>, &[&str])> = vec![
            (vec![of("apps", &["system"], "old"), of("system", &[], "old")], &["system"]),
            (vec![of("apps", &["system"], "old"), of("system", &[], "new")], &[]),
            (vec![of("apps", &["gone"], "old")], &[]),
            (vec![of("apps", &["b", "a"], "old"), of("a", &[], "old"), of("b", &["a"], "old")], &["a", "b"]),
            (vec![of("apps", &["a"], "old"), of("a", &["b"], "old"), of("b", &["c"], "new"), of("c", &[], "old")], &["a"]),
            // a dependency of another source does not have this revision
            (vec![of("apps", &["other"], "old"), kustomization("other", "elsewhere", &[], "old")], &[]),
            (vec![of("apps", &["a"], "old"), of("a", &["b"], "old"), of("b", &["a", "apps"], "old")], &["b", "a"]),
        ];
        for (objects, expected) in cases {
            assert_eq!(waits(&objects), expected, "{objects:?}");
        }
    }

    #[test]
    fn a_chain_of_any_length_is_followed() {
        let name = |number: usize| if number == 0 { "apps".to_owned() } else { format!("ks-{number}") };
        let one = |number: usize| kustomization(&name(number), "fleet", &[&name(number + 1)], "old");
        let all: Vec<_> = (0..3_000).map(one).collect();
        assert_eq!(waits(&all).len(), 2_999);
    }
}
