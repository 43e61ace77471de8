//! All objects of one cluster and the edges between them, indexed both ways.
//!
//! Records arrive complete; applying one costs a few hash look-ups. A node exists as soon as anything refers to it, so an edge
//! always has an end, even if the object is missing, not readable or not loaded yet ([`Presence`]).

mod links;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

use super::health::Health;
use super::identity::{GroupKind, ObjectRef, Str, Uid};
use super::object::{Object, Relation, Verdict};

/// A node of this store. Valid until its object is gone and nothing refers to it; views keep an [`ObjectRef`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What one list or watch covers: a kind, in one namespace or in all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    pub gk: GroupKind,
    pub namespace: Option<Str>,
}

/// How far a scope is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    Listing,
    /// Listed completely at least once, and watched; an object that is not here does not exist.
    Complete,
    /// As [`Self::Complete`], but listed again every so many seconds instead of watched.
    Polled(u16),
    /// It could not be read so far, for reasons other than rights: it is retried.
    Failing,
    /// The API server refuses to list it.
    Restricted,
    /// The cluster has no such kind.
    NotServed,
}

/// One change to the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// A page of a list; `generation` numbers the lists of a scope.
    Listed {
        generation: u32,
        objects: Vec<Object>,
    },
    /// The list is complete: objects of the scope that this generation did not bring are gone.
    Complete {
        scope: Scope,
        generation: u32,
    },
    /// A watch event.
    Upsert(Box<Object>),
    Remove(ObjectRef),
    Coverage(Scope, Coverage),
    /// Children of an object that its own status does not name, and how they were found.
    Children {
        of: ObjectRef,
        by: &'static str,
        children: Vec<ObjectRef>,
    },
}

/// Whether a node's object is here, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Present,
    /// Its kind was listed completely without it.
    Missing,
    /// Its kind may not be read in its namespace.
    Restricted,
    /// Its kind is not served.
    NotServed,
    /// Its kind is not listed, or not completely yet.
    Unknown,
}

/// Which nodes a delta changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// The record or the presence changed.
    pub touched: Vec<NodeId>,
    /// Edges at this node changed, and perhaps its place in the tree.
    pub relinked: Vec<NodeId>,
    /// The node is gone; its id may be used again after this batch.
    pub freed: Vec<NodeId>,
    /// Objects whose state or revision is another now, in the order in which that was seen.
    pub shifts: Vec<StateShift>,
}

/// A change of an object's state or revision: what it was, and what it is. Before: none where it appeared, in a scope that was known
/// completely. After: none where it is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct StateShift {
    pub object: ObjectRef,
    pub before: Option<ObjectState>,
    pub after: Option<ObjectState>,
}

/// How an object's record says that it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectState {
    pub health: Health,
    pub reason: Str,
    pub message: Str,
    pub revision: Option<Str>,
}

impl ObjectState {
    fn of(object: &Object) -> Self {
        let Verdict { health, reason, message, .. } = &object.verdict;
        Self { health: *health, reason: reason.clone(), message: message.clone(), revision: object.facts.revision.clone() }
    }
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.relinked.is_empty() && self.freed.is_empty()
    }
}

/// An edge as stored: what it means and where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredEdge {
    pub relation: Relation,
    pub node: NodeId,
}

#[derive(Debug)]
struct Node {
    id: ObjectRef,
    object: Option<Box<Object>>,
    /// The list generation that last brought it.
    seen: u32,
    /// How often the API has reported it.
    reports: u32,
    /// Edges that the object declares.
    out: Vec<StoredEdge>,
    /// Children found by other means than the object's own status.
    found: Vec<NodeId>,
    incoming: Vec<StoredEdge>,
    owners: Vec<NodeId>,
    owned: Vec<NodeId>,
}

/// All objects of one cluster.
#[derive(Debug, Default)]
pub struct Store {
    nodes: Vec<Option<Node>>,
    free: Vec<NodeId>,
    by_ref: FxHashMap<ObjectRef, NodeId>,
    by_uid: FxHashMap<Uid, NodeId>,
    by_kind: FxHashMap<GroupKind, FxHashSet<NodeId>>,
    /// Objects whose owner is not here, by the owner's uid.
    orphans: FxHashMap<Uid, Vec<NodeId>>,
    coverage: FxHashMap<Scope, Coverage>,
}

impl Store {
    /// Applies one delta and adds to `changes` what it changed. Costs a few look-ups an object.
    pub fn apply(&mut self, delta: Delta, changes: &mut Changes) {
        match delta {
            Delta::Listed { generation, objects } => {
                for object in objects {
                    self.upsert(object, generation, changes);
                }
            }
            Delta::Complete { scope, generation } => {
                self.sweep(&scope, generation, changes);
                self.cover(scope, Coverage::Complete, changes);
            }
            Delta::Upsert(object) => {
                let seen = self.find(&object.id).map_or(0, |id| self.node(id).seen);
                self.upsert(*object, seen, changes);
            }
            Delta::Remove(id) => {
                if let Some(node) = self.find(&id) {
                    self.lose(node, changes);
                }
            }
            Delta::Coverage(scope, coverage) => {
                if coverage == Coverage::Restricted || coverage == Coverage::NotServed {
                    // what may no longer be read, or is no longer served, must not stay on the screen as if it were known
                    self.blank(&scope, changes);
                }
                self.cover(scope, coverage, changes);
            }
            Delta::Children { of, by, children } => self.found(&of, by, &children, changes),
        }
    }

    pub fn find(&self, id: &ObjectRef) -> Option<NodeId> {
        self.by_ref.get(id).copied()
    }

    pub fn object(&self, id: NodeId) -> Option<&Object> {
        self.node(id).object.as_deref()
    }

    pub fn object_of(&self, id: &ObjectRef) -> Option<&Object> {
        self.object(self.find(id)?)
    }

    /// How often the API has reported an object. A new number means that its body may have changed, even if its record has not.
    pub fn reports(&self, id: &ObjectRef) -> u32 {
        self.find(id).map_or(0, |id| self.node(id).reports)
    }

    pub fn reference(&self, id: NodeId) -> &ObjectRef {
        &self.node(id).id
    }

    /// Nodes of a kind whose object is here, in no order.
    pub fn of_kind(&self, gk: &GroupKind) -> impl Iterator<Item = NodeId> + '_ {
        self.by_kind.get(gk).into_iter().flatten().copied()
    }

    /// All nodes, in no order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0u32..).zip(&self.nodes).filter(|(_, node)| node.is_some()).map(|(id, _)| NodeId(id))
    }

    /// Whether that id names a node at present.
    pub fn is_used(&self, id: NodeId) -> bool {
        self.nodes.get(id.0 as usize).is_some_and(Option::is_some)
    }

    /// One more than the largest id in use: the length of a table indexed by node.
    pub fn bound(&self) -> usize {
        self.nodes.len()
    }

    /// Edges that the object declares, in its order.
    pub fn out(&self, id: NodeId) -> &[StoredEdge] {
        &self.node(id).out
    }

    /// Edges of others that end here.
    pub fn incoming(&self, id: NodeId) -> &[StoredEdge] {
        &self.node(id).incoming
    }

    pub fn owners(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).owners
    }

    pub fn owned(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).owned
    }

    /// Children found otherwise than by the object's own inventory.
    pub fn found_children(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).found
    }

    /// Whether the node's object is here, and if not, why.
    pub fn presence(&self, id: NodeId) -> Presence {
        if self.node(id).object.is_some() {
            return Presence::Present;
        }
        match self.known_by(id) {
            Some(Coverage::Complete | Coverage::Polled(_)) => Presence::Missing,
            Some(Coverage::Restricted) => Presence::Restricted,
            Some(Coverage::NotServed) => Presence::NotServed,
            Some(Coverage::Listing | Coverage::Failing) | None => Presence::Unknown,
        }
    }

    /// The coverage of the node's scope; none if it is not followed.
    pub fn known_by(&self, id: NodeId) -> Option<Coverage> {
        self.covers(self.reference(id))
    }

    /// The coverage of an object's scope; none if it is not followed.
    pub fn covers(&self, id: &ObjectRef) -> Option<Coverage> {
        let scope =
            |namespace: Option<&Str>| self.coverage.get(&Scope { gk: id.gk.clone(), namespace: namespace.cloned() }).copied();
        let own = (!id.namespace.is_empty()).then(|| scope(Some(&id.namespace))).flatten();
        own.or_else(|| scope(None))
    }

    /// The health to count for a node: its object's; `Unknown` for a missing object in an inventory; none for one that is only
    /// referred to.
    pub fn health(&self, id: NodeId) -> Option<Health> {
        match self.object(id) {
            Some(object) => Some(object.verdict.health),
            None => (self.presence(id) == Presence::Missing && self.is_applied(id)).then_some(Health::Unknown),
        }
    }

    /// Whether an inventory names it.
    pub fn is_applied(&self, id: NodeId) -> bool {
        self.incoming(id).iter().any(|link| link.relation == Relation::Applies)
    }

    pub fn coverage(&self) -> impl Iterator<Item = (&Scope, Coverage)> {
        self.coverage.iter().map(|(scope, coverage)| (scope, *coverage))
    }

    pub fn coverage_of(&self, scope: &Scope) -> Option<Coverage> {
        self.coverage.get(scope).copied()
    }

    fn node(&self, id: NodeId) -> &Node {
        self.nodes[id.0 as usize].as_ref().expect("a node id is valid while its node is in use")
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        self.nodes[id.0 as usize].as_mut().expect("a node id is valid while its node is in use")
    }

    fn intern(&mut self, id: &ObjectRef) -> NodeId {
        if let Some(known) = self.by_ref.get(id) {
            return *known;
        }
        let node = Node {
            id: id.clone(),
            object: None,
            seen: 0,
            reports: 0,
            out: Vec::new(),
            found: Vec::new(),
            incoming: Vec::new(),
            owners: Vec::new(),
            owned: Vec::new(),
        };
        let fresh = match self.free.pop() {
            Some(slot) => {
                self.nodes[slot.0 as usize] = Some(node);
                slot
            }
            None => {
                self.nodes.push(Some(node));
                NodeId(u32::try_from(self.nodes.len() - 1).expect("fewer than four billion objects"))
            }
        };
        self.by_ref.insert(id.clone(), fresh);
        fresh
    }

    fn upsert(&mut self, mut object: Object, seen: u32, changes: &mut Changes) {
        let id = self.intern(&object.id);
        object.id = self.node(id).id.clone();
        let edges = std::mem::take(&mut object.edges);
        if object.facts.children_by.is_empty()
            && !self.node(id).found.is_empty()
            && let Some(before) = &self.node(id).object
        {
            object.facts.children_by = before.facts.children_by;
        }
        let before = self.node_mut(id).object.take();
        let replaced = before.as_ref().is_none_or(|before| before.uid != object.uid);
        if replaced && let Some(before) = &before {
            self.disown(id, before.uid, changes);
        }
        if replaced || before.as_ref().is_some_and(|before| before.owners != object.owners) {
            let owned_by = before.as_ref().map_or(&[][..], |before| &before.owners);
            self.link_owners(id, owned_by, &object.owners, changes);
        }
        if before.is_none() {
            self.by_kind.entry(object.id.gk.clone()).or_default().insert(id);
            changes.relinked.push(id);
            // those who hang below it by label need to know that it can be read
            changes.relinked.extend(self.node(id).incoming.iter().map(|link| link.node));
        }
        if before.as_deref() != Some(&object) {
            changes.touched.push(id);
            changes.shifts.extend(self.shift(before.as_deref(), &object));
        }
        let uid = object.uid;
        let node = self.node_mut(id);
        node.seen = seen;
        node.reports = node.reports.wrapping_add(1);
        node.object = Some(Box::new(object));
        if replaced {
            self.by_uid.insert(uid, id);
            self.adopt(id, uid, changes);
        }
        self.link_out(id, &edges, changes);
    }

    /// What another record of an object changes of its state. The first lists of a kind bring what was there before.
    fn shift(&self, before: Option<&Object>, after: &Object) -> Option<StateShift> {
        let is_shift = match before {
            Some(before) => before.verdict.health != after.verdict.health || before.facts.revision != after.facts.revision,
            None => matches!(self.covers(&after.id), Some(Coverage::Complete | Coverage::Polled(_))),
        };
        is_shift.then(|| StateShift {
            object: after.id.clone(),
            before: before.map(ObjectState::of),
            after: Some(ObjectState::of(after)),
        })
    }

    /// Removes an object that is gone from the cluster.
    fn lose(&mut self, id: NodeId, changes: &mut Changes) {
        changes.shifts.extend(self.object(id).map(|object| StateShift {
            object: object.id.clone(),
            before: Some(ObjectState::of(object)),
            after: None,
        }));
        self.remove(id, changes);
    }

    fn remove(&mut self, id: NodeId, changes: &mut Changes) {
        let Some(object) = self.node_mut(id).object.take() else { return };
        if let Some(of_kind) = self.by_kind.get_mut(&object.id.gk) {
            of_kind.remove(&id);
        }
        self.disown(id, object.uid, changes);
        self.link_owners(id, &object.owners, &[], changes);
        self.link_out(id, &[], changes);
        self.link_found(id, &[], changes);
        changes.touched.push(id);
        changes.relinked.push(id);
        changes.relinked.extend(self.node(id).incoming.iter().map(|link| link.node));
        self.release(id, changes);
    }

    /// Removes the objects of a scope that the list of that generation did not bring.
    fn sweep(&mut self, scope: &Scope, generation: u32, changes: &mut Changes) {
        let gone: Vec<_> = self
            .of_kind(&scope.gk)
            .filter(|id| {
                let node = self.node(*id);
                node.seen != generation && scope.namespace.as_ref().is_none_or(|namespace| node.id.namespace == *namespace)
            })
            .collect();
        for id in gone {
            self.lose(id, changes);
        }
    }

    /// Removes the objects of a scope that cannot be read, but not those that the scope of their own namespace covers.
    fn blank(&mut self, scope: &Scope, changes: &mut Changes) {
        let is_covered = |id: NodeId| {
            let namespace = Some(self.node(id).id.namespace.clone());
            let own = self.coverage.get(&Scope { gk: scope.gk.clone(), namespace });
            scope.namespace.is_none()
                && matches!(own, Some(Coverage::Complete | Coverage::Polled(_) | Coverage::Listing | Coverage::Failing))
        };
        let is_in = |id: NodeId| scope.namespace.as_ref().is_none_or(|namespace| self.node(id).id.namespace == *namespace);
        let gone: Vec<_> = self.of_kind(&scope.gk).filter(|id| is_in(*id) && !is_covered(*id)).collect();
        for id in gone {
            self.remove(id, changes);
        }
    }

    fn cover(&mut self, scope: Scope, coverage: Coverage, changes: &mut Changes) {
        if self.coverage.get(&scope) == Some(&coverage) {
            return;
        }
        let named: Vec<_> =
            self.nodes().filter(|id| self.node(*id).object.is_none() && self.node(*id).id.gk == scope.gk).collect();
        self.coverage.insert(scope, coverage);
        for id in named {
            changes.touched.push(id);
            changes.relinked.push(id);
            changes.relinked.extend(self.node(id).incoming.iter().map(|link| link.node));
        }
    }
}
