//! Of what a view shows what happened: of one object, of everything below it too, or of all that is looked at.

use std::collections::{BTreeSet, HashSet};

use fluxdeck_model::domain::{ObjectRef, Str};
use fluxdeck_model::state::{Cluster, State};

/// What counts. Who belonged to it once does so from there on: what happened to a pod that is gone is worth reading.
pub(in crate::ui::views) struct Members {
    /// None for all.
    pub object: Option<ObjectRef>,
    pub with_below: bool,
    known: HashSet<Identity>,
    /// Those of who is known; events of what has none are in `default`.
    pub namespaces: BTreeSet<Str>,
    /// The shape of the graph for which it was looked up.
    structure: Option<u64>,
}

/// Kind, namespace and name: an event may leave out the group of what it is about.
type Identity = (Str, Str, Str);

fn identity(object: &ObjectRef) -> Identity {
    (object.gk.kind.clone(), object.namespace.clone(), object.name.clone())
}

impl Members {
    pub fn of(object: Option<ObjectRef>, with_below: bool) -> Self {
        Self { object, with_below, known: HashSet::new(), namespaces: BTreeSet::new(), structure: None }
    }

    /// Looks again who belongs to it, if the graph has another shape. Returns whether somebody came. Costs what is below the object.
    pub fn update(&mut self, state: &State) -> bool {
        let (Some(object), cluster) = (&self.object, state.cluster()) else { return false };
        let structure = cluster.forest.structure();
        if !self.with_below || self.structure == Some(structure) {
            return false;
        }
        self.structure = Some(structure);
        let before = self.known.len();
        for one in below(cluster, object).iter().chain([object]) {
            let namespace = if one.namespace.is_empty() { "default".into() } else { one.namespace.clone() };
            self.known.insert(identity(one));
            self.namespaces.insert(namespace);
        }
        self.known.len() > before
    }

    pub fn contains(&self, object: &ObjectRef) -> bool {
        match &self.object {
            None => true,
            Some(_) if self.with_below => self.known.contains(&identity(object)),
            Some(own) => identity(own) == identity(object),
        }
    }
}

/// What is below an object in the tree.
fn below(cluster: &Cluster, object: &ObjectRef) -> Vec<ObjectRef> {
    let (store, forest) = (&cluster.store, &cluster.forest);
    let mut found = Vec::new();
    let mut ahead: Vec<_> = store.find(object).into_iter().collect();
    while let Some(node) = ahead.pop() {
        found.push(store.reference(node).clone());
        ahead.extend(forest.children(node).iter().filter(|child| store.is_used(**child)));
    }
    found
}
