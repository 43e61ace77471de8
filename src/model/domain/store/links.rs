//! Keeps both ends of every edge consistent.

use super::{Changes, NodeId, Store, StoredEdge};
use crate::domain::identity::{ObjectRef, Uid};
use crate::domain::object::{Edge, Owner, Relation};

impl Store {
    /// Replaces the edges that an object declares.
    pub(super) fn link_out(&mut self, id: NodeId, edges: &[Edge], changes: &mut Changes) {
        let mut wanted = Vec::with_capacity(edges.len());
        for edge in edges {
            let link = StoredEdge { relation: edge.relation, node: self.intern(&edge.to) };
            wanted.push(link);
        }
        if self.node(id).out == wanted {
            return;
        }
        let before = std::mem::replace(&mut self.node_mut(id).out, wanted);
        let after = self.node(id).out.clone();
        let (kept, new) = (set(&before), set(&after));
        changes.relinked.push(id);
        for link in after.iter().filter(|link| !kept.contains(&key(link))) {
            self.node_mut(link.node).incoming.push(StoredEdge { relation: link.relation, node: id });
            self.renamed(link.node, changes);
        }
        for link in before.iter().filter(|link| !new.contains(&key(link))) {
            self.unlink(link.node, StoredEdge { relation: link.relation, node: id });
            self.renamed(link.node, changes);
            self.release(link.node, changes);
        }
    }

    /// Replaces the children that were found otherwise than by the object's own status.
    pub(super) fn found(&mut self, of: &ObjectRef, by: &'static str, children: &[ObjectRef], changes: &mut Changes) {
        let Some(id) = self.find(of) else { return };
        let children: Vec<_> = children.iter().map(|child| self.intern(child)).collect();
        if let Some(object) = &mut self.node_mut(id).object {
            object.facts.children_by = by;
        }
        changes.touched.push(id);
        self.link_found(id, &children, changes);
    }

    pub(super) fn link_found(&mut self, id: NodeId, children: &[NodeId], changes: &mut Changes) {
        let before = std::mem::replace(&mut self.node_mut(id).found, children.to_vec());
        for child in children {
            self.node_mut(*child).incoming.push(StoredEdge { relation: Relation::Applies, node: id });
        }
        for child in before.iter().chain(children) {
            self.renamed(*child, changes);
        }
        for child in before {
            self.unlink(child, StoredEdge { relation: Relation::Applies, node: id });
            self.release(child, changes);
        }
    }

    /// Somebody names the node who did not before, or does no longer: whether an absent object counts as missing hangs on that.
    fn renamed(&self, id: NodeId, changes: &mut Changes) {
        changes.relinked.push(id);
        if self.node(id).object.is_none() {
            changes.touched.push(id);
        }
    }

    /// Replaces an object's owners; those that are not here are waited for by uid.
    pub(super) fn link_owners(&mut self, id: NodeId, before: &[Owner], owners: &[Owner], changes: &mut Changes) {
        for owner in std::mem::take(&mut self.node_mut(id).owners) {
            self.node_mut(owner).owned.retain(|owned| *owned != id);
        }
        for owner in before {
            if let Some(waiting) = self.orphans.get_mut(&owner.uid) {
                waiting.retain(|waiting| *waiting != id);
                if waiting.is_empty() {
                    self.orphans.remove(&owner.uid);
                }
            }
        }
        for owner in owners {
            match self.by_uid.get(&owner.uid).copied() {
                Some(owner) if owner != id => {
                    self.node_mut(id).owners.push(owner);
                    self.node_mut(owner).owned.push(id);
                }
                Some(_) => {}
                None => self.orphans.entry(owner.uid).or_default().push(id),
            }
        }
        changes.relinked.push(id);
    }

    /// Gives a newly arrived owner those that wait for it.
    pub(super) fn adopt(&mut self, owner: NodeId, uid: Uid, changes: &mut Changes) {
        for id in self.orphans.remove(&uid).unwrap_or_default() {
            self.node_mut(id).owners.push(owner);
            self.node_mut(owner).owned.push(id);
            changes.relinked.push(id);
        }
    }

    /// Lets go of what an owner owned: it waits until the owner is back.
    pub(super) fn disown(&mut self, owner: NodeId, uid: Uid, changes: &mut Changes) {
        if self.by_uid.get(&uid) == Some(&owner) {
            self.by_uid.remove(&uid);
        }
        for id in std::mem::take(&mut self.node_mut(owner).owned) {
            self.node_mut(id).owners.retain(|known| *known != owner);
            self.orphans.entry(uid).or_default().push(id);
            changes.relinked.push(id);
        }
    }

    /// Frees a node that has no object and that nobody names.
    pub(super) fn release(&mut self, id: NodeId, changes: &mut Changes) {
        let Some(node) = &self.nodes[id.0 as usize] else { return };
        if node.object.is_some() || !node.incoming.is_empty() || !node.owned.is_empty() {
            return;
        }
        let name = node.id.clone();
        self.by_ref.remove(&name);
        self.nodes[id.0 as usize] = None;
        changes.freed.push(id);
    }

    /// Makes freed ids available again. Call it when the projections have seen the changes.
    pub fn recycle(&mut self, changes: &Changes) {
        self.free.extend(changes.freed.iter().filter(|id| self.nodes[id.0 as usize].is_none()));
    }

    fn unlink(&mut self, end: NodeId, link: StoredEdge) {
        let incoming = &mut self.node_mut(end).incoming;
        if let Some(at) = incoming.iter().position(|known| *known == link) {
            incoming.swap_remove(at);
        }
    }
}

fn key(link: &StoredEdge) -> (Relation, NodeId) {
    (link.relation, link.node)
}

fn set(links: &[StoredEdge]) -> rustc_hash::FxHashSet<(Relation, NodeId)> {
    links.iter().map(key).collect()
}
