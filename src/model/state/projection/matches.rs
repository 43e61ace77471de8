//! Which nodes match a filter. A changed object is tested alone; a new filter is tested in slices, so that no key waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Bits, Forest, haystack};
use crate::domain::query::{Fuzzy, Query, Visible};
use crate::domain::{Changes, Health, Labels, NodeId, ObjectRef, Store, Str};
use crate::kinds;

/// What is to be shown: everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub query: Option<Query>,
    /// The selected namespaces; none means all. Cluster-scoped objects are shown with the namespace of that name only.
    pub namespaces: Option<BTreeSet<Str>>,
    pub health: Option<BTreeSet<Health>>,
    /// None but these.
    pub only: Option<Arc<BTreeSet<ObjectRef>>>,
}

/// The namespace by which an object is chosen: a Namespace is in itself.
pub(super) fn namespace_of(reference: &ObjectRef) -> &Str {
    if kinds::NAMESPACE.is(&reference.gk) { &reference.name } else { &reference.namespace }
}

impl Filter {
    pub fn is_none(&self) -> bool {
        self.query.is_none() && self.namespaces.is_none() && self.health.is_none() && self.only.is_none()
    }

    /// Whether that node is meant.
    pub fn admits(&self, store: &Store, forest: &Forest, id: NodeId, fuzzy: &mut Fuzzy) -> bool {
        let reference = store.reference(id);
        if self.namespaces.as_ref().is_some_and(|namespaces| !namespaces.contains(namespace_of(reference))) {
            return false;
        }
        if self.only.as_ref().is_some_and(|only| !only.contains(reference)) {
            return false;
        }
        if let Some(wanted) = &self.health
            && !forest.health(id).is_some_and(|health| wanted.contains(&health))
        {
            return false;
        }
        let Some(query) = &self.query else { return true };
        let none = Labels::default();
        match query {
            Query::Labels(_) => store.object(id).is_some_and(|object| query.matches(Visible::default(), &object.labels, fuzzy)),
            Query::Fuzzy(_) => query.matches(Visible { cells: "", name: &reference.path() }, &none, fuzzy),
            Query::Text { .. } => query.matches(Visible { cells: &haystack(store, forest, id), name: "" }, &none, fuzzy),
        }
    }
}

/// The nodes that the present filter means, as far as they have been tested.
#[derive(Default)]
pub struct Matches {
    filter: Filter,
    bits: Bits,
    /// The next node to test; past the end when done.
    next: u32,
    stamp: u64,
    fuzzy: Fuzzy,
}

/// Without the stamp: it counts the slices in which they were tested, which is up to the driver.
impl std::fmt::Debug for Matches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { filter, bits, next, .. } = self;
        f.debug_struct("Matches").field("filter", filter).field("bits", bits).field("next", next).finish_non_exhaustive()
    }
}

impl Matches {
    /// Starts over with another filter. Nothing is tested yet: call [`Self::step`].
    pub fn restart(&mut self, filter: Filter) {
        self.filter = filter;
        self.bits.clear();
        self.next = 0;
        self.stamp += 1;
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn is_done(&self, store: &Store) -> bool {
        self.filter.is_none() || self.next as usize >= store.bound()
    }

    /// Tests nodes until all are tested or `go_on` says no; asked every 256 nodes.
    pub fn step(&mut self, store: &Store, forest: &Forest, mut go_on: impl FnMut() -> bool) {
        if self.is_done(store) {
            return;
        }
        self.stamp += 1;
        while (self.next as usize) < store.bound() {
            let id = NodeId(self.next);
            self.next += 1;
            if store.is_used(id) {
                self.test(store, forest, id);
            }
            if self.next.is_multiple_of(256) && !go_on() {
                break;
            }
        }
    }

    /// Tests again what changed.
    pub fn update(&mut self, store: &Store, forest: &Forest, changes: &Changes) {
        if self.filter.is_none() {
            return;
        }
        let mut changed = false;
        for id in &changes.freed {
            if !store.is_used(*id) {
                changed |= self.bits.set(*id, false);
            }
        }
        for id in changes.touched.iter().filter(|id| store.is_used(**id)) {
            // what the pass has not reached yet it will test by itself
            if id.0 < self.next {
                changed |= self.test(store, forest, *id);
            }
        }
        self.stamp += u64::from(changed);
    }

    pub fn contains(&self, id: NodeId) -> bool {
        self.bits.contains(id)
    }

    pub fn bits(&self) -> &Bits {
        &self.bits
    }

    /// Rises when the set changed.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    fn test(&mut self, store: &Store, forest: &Forest, id: NodeId) -> bool {
        let admitted = forest.contains(id) && self.filter.admits(store, forest, id, &mut self.fuzzy);
        self.bits.set(id, admitted)
    }
}
