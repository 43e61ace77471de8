//! Which Flux Kustomization renders an object from git, by the graph.

use super::Cluster;
use crate::domain::store::StoredEdge;
use crate::domain::{NodeId, ObjectRef, Relation};
use crate::kinds;

/// Steps up from an object: pod, ReplicaSet, Deployment, HelmRelease, Kustomization, with some to spare.
const MOST_STEPS: usize = 10;

/// An object whose manifest is in git, and the Flux Kustomization that applies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub object: ObjectRef,
    pub applied_by: ObjectRef,
}

impl Cluster {
    /// The nearest object, from this one upwards, that a Flux Kustomization applies: for a pod its Deployment, for an object of a
    /// chart its HelmRelease. None where neither an inventory nor an owner label names it.
    pub fn manifest(&self, object: &ObjectRef) -> Option<Manifest> {
        let mut at = self.store.find(object)?;
        for _ in 0..MOST_STEPS {
            if let Some(applier) = self.applier(at, |object| kinds::KUSTOMIZATION.is(&object.gk)) {
                let (object, applied_by) = (self.store.reference(at).clone(), self.store.reference(applier).clone());
                return Some(Manifest { object, applied_by });
            }
            let owner = self.store.owners(at).first().copied();
            at = owner.or_else(|| self.applier(at, |_| true)).filter(|next| *next != at)?;
        }
        None
    }

    /// The nearest HelmRelease, from this object upwards: itself, or the one whose chart it is of. None where none is known.
    pub fn release_of(&self, object: &ObjectRef) -> Option<ObjectRef> {
        let is_release = |object: &ObjectRef| kinds::of(&object.gk).has_values();
        if is_release(object) {
            return Some(object.clone());
        }
        let mut at = self.store.find(object)?;
        for _ in 0..MOST_STEPS {
            let owner = self.store.owners(at).first().copied();
            at = self.applier(at, is_release).or(owner).filter(|next| *next != at)?;
            if is_release(self.store.reference(at)) {
                return Some(self.store.reference(at).clone());
            }
        }
        None
    }

    /// The applier of a node: by inventory, or else by label, which is only a claim.
    fn applier(&self, id: NodeId, is_meant: impl Fn(&ObjectRef) -> bool) -> Option<NodeId> {
        let first = |links: &[StoredEdge], relation| {
            let nodes = links.iter().filter(|link| link.relation == relation).map(|link| link.node);
            nodes.filter(|node| is_meant(self.store.reference(*node))).min()
        };
        let by_inventory = first(self.store.incoming(id), Relation::Applies);
        by_inventory.or_else(|| first(self.store.out(id), Relation::ManagedBy))
    }
}
