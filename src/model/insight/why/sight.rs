//! What an explanation looks at: the objects, and the health below each of them, which is counted once for all that ask.

use std::cell::OnceCell;

use jiff::Timestamp;

use super::controllers::Controllers;

use crate::domain::health::Counts;
use crate::domain::{Health, NodeId, Object, ObjectRef, Relation, Store};
use crate::kinds::{Kind, Trait};

/// Most children of one object that are looked at. An inventory of the largest cluster known has fewer entries; what is beyond is said
/// by [`Picked::is_cut`].
const MOST_CHILDREN: usize = 20_000;

/// The health that objects show, and what is below them: the trees of the screen know it, and keep it up with every change.
pub trait Below {
    fn kind_of(&self, id: NodeId) -> &'static Kind;
    /// The health that a node shows: its own, or `Failed` for a workload whose pods have failed. None where only its name is known.
    fn shown(&self, id: NodeId) -> Option<Health>;
    /// Counts of everything below it, itself excluded.
    fn counts(&self, id: NodeId) -> Counts;
    /// What has its home directly below it.
    fn homes(&self, id: NodeId) -> &[NodeId];
    /// Whether it is in one of the trees: of Flux, or applied by it.
    fn holds(&self, id: NodeId) -> bool;
}

/// Everything that is looked at.
pub struct Sight<'a> {
    pub store: &'a Store,
    pub below: &'a dyn Below,
    pub now: Timestamp,
    /// Looked for once, when the first object of Flux asks.
    controllers: OnceCell<Controllers>,
}

/// One child among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    pub node: NodeId,
    /// Not all children were looked at.
    pub is_cut: bool,
}

impl<'a> Sight<'a> {
    pub fn new(store: &'a Store, below: &'a dyn Below, now: Timestamp) -> Self {
        Self { store, below, now, controllers: OnceCell::new() }
    }

    pub(super) fn controllers(&self) -> &Controllers {
        self.controllers.get_or_init(|| Controllers::of(self))
    }

    pub fn object(&self, id: NodeId) -> Option<&'a Object> {
        self.store.object(id)
    }

    pub fn reference(&self, id: NodeId) -> &'a ObjectRef {
        self.store.reference(id)
    }

    pub fn kind(&self, id: NodeId) -> &'static Kind {
        self.below.kind_of(id)
    }

    pub fn health(&self, id: NodeId) -> Health {
        self.below.shown(id).unwrap_or(Health::Unknown)
    }

    /// The ends of its edges of that relation, itself excluded.
    pub fn out(&self, id: NodeId, relation: Relation) -> impl Iterator<Item = NodeId> + use<'a> {
        self.store.out(id).iter().filter(move |link| link.relation == relation && link.node != id).map(|link| link.node)
    }

    /// What applies it, by inventory; else by label, which is only a claim.
    pub fn appliers(&self, id: NodeId) -> Vec<NodeId> {
        let incoming = self.store.incoming(id).iter();
        let mut found: Vec<_> =
            incoming.filter(|link| link.relation == Relation::Applies && link.node != id).map(|link| link.node).collect();
        found.sort_by(|a, b| self.reference(*a).cmp(self.reference(*b)));
        if found.is_empty() {
            found.extend(self.out(id, Relation::ManagedBy));
            // the last label is the nearest: Helm's comes after that which a parent put on the release's own objects
            found.reverse();
        }
        found
    }

    /// What it applied, owns, or has below it otherwise.
    fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
        let (store, below) = (self.store, self.below);
        let applied = self.out(id, Relation::Applies);
        let others = store.found_children(id).iter().chain(store.owned(id)).chain(below.homes(id));
        applied.chain(others.copied())
    }

    /// The child that is worst, itself or below, among those whose state is one that `is_meant`. Children of which only the name is known
    /// do not count: what is merely missing is rarely the cause of another's failure.
    ///
    /// Costs a look at each child.
    pub fn worst_child(
        &self,
        id: NodeId,
        is_meant: impl Fn(Health) -> bool,
        among: impl Fn(&ObjectRef) -> bool,
    ) -> Option<Picked> {
        let mut seen = 0;
        let mut worst: Option<(Health, NodeId)> = None;
        for child in self.children(id).take(MOST_CHILDREN + 1) {
            seen += 1;
            if self.object(child).is_none() || child == id {
                continue;
            }
            let own = self.below.shown(child);
            let Some(state) = own.into_iter().chain(self.below.counts(child).worst()).filter(|state| is_meant(*state)).min()
            else {
                continue;
            };
            if worst.is_some_and(|(known, other)| (known, self.reference(other)) <= (state, self.reference(child))) {
                continue;
            }
            if among(self.reference(child)) {
                worst = Some((state, child));
            }
        }
        worst.map(|(_, node)| Picked { node, is_cut: seen > MOST_CHILDREN })
    }

    /// Whether a kind only passes on what its owner wants: a ReplicaSet between a Deployment and its pods.
    pub fn passes_on(&self, id: NodeId) -> bool {
        self.kind(id).has(Trait::OwnsPods) && !self.store.owners(id).is_empty()
    }
}
