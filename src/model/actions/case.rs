//! One object of an action, with the facts around it that the action needs.

use jiff::Timestamp;

use crate::domain::{GroupKind, Health, NodeId, Object, ObjectRef, Relation, Store};
use crate::kinds::{self, Kind, Trait};

/// Whether an action can be done to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    Yes,
    /// Not to this kind, and why.
    Never(String),
    /// Not as the object is now, and why.
    NotNow(String),
    /// Not while it is suspended.
    Suspended,
    /// Not for this user, who may not read what it needs.
    Forbidden(String),
    /// It is so already, and how: nothing is left to do.
    Already(String),
}

impl Fit {
    /// Why not.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Yes => None,
            Self::Suspended => Some("suspended: resume it first"),
            Self::Never(why) | Self::NotNow(why) | Self::Forbidden(why) | Self::Already(why) => Some(why),
        }
    }
}

/// An object with its cluster's picture, the moment, and who acts.
pub struct Case<'a> {
    pub store: &'a Store,
    pub node: NodeId,
    pub object: &'a Object,
    pub kind: &'static Kind,
    pub now: Timestamp,
    /// The Kubernetes user.
    pub who: &'a str,
}

impl<'a> Case<'a> {
    /// None where the object is not here (any more).
    pub fn new(store: &'a Store, id: &ObjectRef, who: &'a str, now: Timestamp) -> Option<Self> {
        let node = store.find(id)?;
        let object = store.object(node)?;
        Some(Self { store, node, object, kind: kinds::rules(&id.gk.group, &id.gk.kind), now, who })
    }

    /// The same for a neighbour.
    pub fn beside(&self, node: NodeId) -> Option<Case<'a>> {
        let object = self.store.object(node)?;
        Some(Case { node, object, kind: kinds::rules(&object.id.gk.group, &object.id.gk.kind), ..*self })
    }

    /// What the kind is called, also where we know no more than its name: `a Pod`, `an Alert`.
    pub fn a_kind(&self) -> String {
        let kind = &self.object.id.gk.kind;
        let article = if kind.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
        format!("{article} {kind}")
    }

    pub fn is_going(&self) -> bool {
        self.object.verdict.health == Health::Terminating
    }

    pub fn is_suspended(&self) -> bool {
        self.object.suspension.is_some()
    }

    /// Whether a controller answers a request to reconcile it.
    pub fn is_reconciled(&self) -> bool {
        let is_fixed = self.object.control.as_ref().is_some_and(|control| control.fixed);
        self.kind.is_flux() && !is_fixed && !self.kind.has(Trait::Unasked)
    }

    /// The first object that this one points at in that way.
    pub fn neighbour(&self, relation: Relation) -> Option<NodeId> {
        self.store.out(self.node).iter().find(|link| link.relation == relation).map(|link| link.node)
    }

    /// Who applies it: an inventory that names it, else what its owner labels claim; for a pod or a ReplicaSet its owner's.
    pub fn applier(&self) -> Option<&'a ObjectRef> {
        let mut at = self.node;
        // owners of owners: pod, ReplicaSet, Deployment, and whatever made that
        for _ in 0..5 {
            let named = self.store.incoming(at).iter().find(|link| link.relation == Relation::Applies && link.node != at);
            let claimed = || self.store.out(at).iter().find(|link| link.relation == Relation::ManagedBy && link.node != at);
            if let Some(link) = named.or_else(claimed) {
                return Some(self.store.reference(link.node));
            }
            at = *self.store.owners(at).first()?;
        }
        None
    }

    /// `kind name -n namespace` with the kind as `flux` spells it; none for kinds that it does not know.
    pub fn flux_words(&self) -> Option<String> {
        let word = Some(self.kind.flux).filter(|word| !word.is_empty())?;
        let id = &self.object.id;
        Some(format!("{word} {} -n {}", id.name, id.namespace))
    }

    /// `plural.group/name -n namespace`, as kubectl takes it.
    pub fn kubectl_words(&self) -> String {
        let id = &self.object.id;
        let group = if self.kind.group.is_empty() { String::new() } else { format!(".{}", self.kind.group) };
        let place = if id.namespace.is_empty() { String::new() } else { format!(" -n {}", id.namespace) };
        format!("{}{group}/{}{place}", self.kind.plural, id.name)
    }

    /// The line that sets annotations with kubectl, under our field manager.
    pub fn annotate_line(&self, annotations: &str) -> String {
        format!("kubectl annotate {} {annotations} --overwrite --field-manager={}", self.kubectl_words(), super::FIELD_MANAGER)
    }

    /// A reference in this object's cluster.
    pub fn reference(&self, kind: &Kind, namespace: &str, name: &str) -> ObjectRef {
        ObjectRef::new(self.object.id.cluster, GroupKind::new(kind.group, kind.kind), namespace, name)
    }
}
