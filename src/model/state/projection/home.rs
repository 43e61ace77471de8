//! Where an object is in the tree. The graph is not a tree: each object has one home, every other edge is a reference.

use super::forest::Root;
use crate::domain::store::Presence;
use crate::domain::{NodeId, Relation, Store};
use crate::kinds::{Kind, Role};

/// Returns the nodes below which an object may live, best first: its applier, else its owner, else its source. The first that does not
/// close a circle is taken; none means that it is a root, or not in the tree at all ([`is_root`]).
pub(super) fn candidates(store: &Store, id: NodeId, kind: &Kind, root: Root) -> Vec<NodeId> {
    match (root, kind.role) {
        (Root::Sources, Role::Source) => [incoming(store, id, Relation::Generates), out(store, id, Relation::Source)].concat(),
        (Root::Sources, _) => [appliers(store, id), owners(store, id), managers(store, id), content(store, id)].concat(),
        (Root::Kustomizations, _) => {
            [appliers(store, id), owners(store, id), managers(store, id), incoming(store, id, Relation::Generates)].concat()
        }
        (Root::Namespaces, _) if kind.is_flux() => Vec::new(),
        (Root::Namespaces, _) => {
            let same = |node: &NodeId| store.reference(*node).namespace == store.reference(id).namespace;
            [appliers(store, id), managers(store, id)].concat().into_iter().filter(same).chain(owners(store, id)).collect()
        }
    }
}

/// Whether a node without a home starts a tree: what Flux reconciles, what Flux v1 left, and what is named as the home of
/// others but cannot be read. Everything else is not Flux's business.
pub(super) fn is_root(store: &Store, id: NodeId, kind: &Kind, root: Root, has_children: bool) -> bool {
    match store.object(id) {
        Some(object) => {
            kind.is_flux()
                || kind.role == Role::Legacy
                || object.facts.legacy
                || root == Root::Namespaces && (store.is_applied(id) || !managers(store, id).is_empty())
        }
        None => kind.is_flux() && has_children,
    }
}

fn appliers(store: &Store, id: NodeId) -> Vec<NodeId> {
    incoming(store, id, Relation::Applies)
}

fn owners(store: &Store, id: NodeId) -> Vec<NodeId> {
    store.owners(id).to_vec()
}

/// Managers by label count where no inventory can speak: the manager may not be read, or it keeps none (HelmReleases before Flux 2.8).
/// A label beside an inventory that does not name the object is a copy or a leftover.
fn managers(store: &Store, id: NodeId) -> Vec<NodeId> {
    let mut managers = out(store, id, Relation::ManagedBy);
    managers.retain(|manager| match store.presence(*manager) {
        Presence::Restricted => true,
        Presence::Present => !has_inventory(store, *manager),
        Presence::Missing | Presence::NotServed | Presence::Unknown => false,
    });
    // the last label is the nearest: Helm's comes after the Kustomization's that a parent put on the release's own objects
    managers.reverse();
    managers
}

fn has_inventory(store: &Store, id: NodeId) -> bool {
    let is_remote = store.object(id).is_some_and(|object| object.facts.remote);
    is_remote || !store.found_children(id).is_empty() || store.out(id).iter().any(|link| link.relation == Relation::Applies)
}

/// What an object takes its content from, for those that nobody applied.
fn content(store: &Store, id: NodeId) -> Vec<NodeId> {
    [Relation::Chart, Relation::Source, Relation::Images, Relation::Updates, Relation::Provider, Relation::Inputs]
        .into_iter()
        .flat_map(|relation| out(store, id, relation))
        .collect()
}

fn out(store: &Store, id: NodeId, relation: Relation) -> Vec<NodeId> {
    store.out(id).iter().filter(|link| link.relation == relation && link.node != id).map(|link| link.node).collect()
}

/// Ends of incoming edges in the order of their names, so that the same graph always makes the same tree.
fn incoming(store: &Store, id: NodeId, relation: Relation) -> Vec<NodeId> {
    let links = store.incoming(id).iter();
    let mut nodes: Vec<_> = links.filter(|link| link.relation == relation && link.node != id).map(|link| link.node).collect();
    if nodes.len() > 1 {
        nodes.sort_by(|a, b| store.reference(*a).cmp(store.reference(*b)));
    }
    nodes
}
