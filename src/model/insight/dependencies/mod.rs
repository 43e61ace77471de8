//! What depends on what: sources, and what is applied from them, as a graph that can be drawn.
//!
//! ```text
//!  gather  ─→ Dependencies: nodes, links (upstream first), which of them are blocked
//!  layers  ─→ each node's layer, circles cut; the order in a layer, with few crossings
//!  routes  ─→ GraphLayout: columns and rows of the nodes, and of the lines between them
//!  document   the same as a text: Mermaid, DOT
//! ```
//! Links are `dependsOn`, the source and the chart of what is applied, what a source includes, and what generates an artifact. An
//! inventory is not one: the tree shows those.

mod document;
mod layers;
mod routes;
#[cfg(test)]
mod tests;

pub use document::{Drawing, DrawnLink, DrawnNode};
pub use routes::{GraphLayout, GraphSpot};

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::store::Presence;
use crate::domain::{Health, NodeId, ObjectRef, Relation, Store};
use crate::kinds::{self, HELM_CHART, Role};

/// Sources, and what is applied from them, with what each depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// In the order of kind, namespace and name.
    pub nodes: Vec<GraphNode>,
    pub links: Vec<GraphLink>,
    /// How many objects are not among them, because they would be too many for one picture.
    pub left_out: usize,
}

/// One object of the graph. It may not exist: then something depends on what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphNode {
    pub object: ObjectRef,
    /// None where the object is not here.
    pub health: Option<Health>,
}

/// What one object needs of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphLink {
    /// What is needed: a place in [`Dependencies::nodes`].
    pub from: usize,
    /// What needs it.
    pub to: usize,
    pub passage: Passage,
}

/// Whether what is needed is ready, so that what needs it can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passage {
    Open,
    /// It cannot be read, or says nothing of itself.
    Unknown,
    Blocked,
}

/// The relations that a graph of dependencies has, from the end that needs the other.
const NEEDS: [Relation; 4] = [Relation::Source, Relation::Chart, Relation::DependsOn, Relation::Includes];

/// Whether objects of that identity are in such a graph: what fetches, and what applies.
pub fn is_drawn(object: &ObjectRef) -> bool {
    matches!(kinds::of(&object.gk).role, Role::Source | Role::Applier)
}

impl Dependencies {
    /// The links that close a circle, by their places: the picture cuts them.
    pub fn closing(&self) -> Vec<usize> {
        let kept = layers::without_circles(self.nodes.len(), &self.pairs());
        let is_cut = |link: &GraphLink| !kept.contains(&(link.from, link.to));
        self.links.iter().enumerate().filter(|(_, link)| is_cut(link)).map(|(at, _)| at).collect()
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let mut pairs: Vec<_> = self.links.iter().map(|link| (link.from, link.to)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}

/// Returns the graph of all that is meant, with what that needs elsewhere. Where that is more than `most` objects, what is blocked, and what
/// blocks it, comes first. Costs a look at the edges of each.
pub fn all(store: &Store, is_meant: &dyn Fn(NodeId) -> bool, most: usize) -> Dependencies {
    let drawn = kinds::ALL.iter().filter(|kind| matches!(kind.role, Role::Source | Role::Applier));
    let meant: BTreeSet<_> =
        drawn.flat_map(|kind| store.of_kind(&kind.gk()).collect::<Vec<_>>()).filter(|id| is_meant(*id)).collect();
    let needed: BTreeSet<_> = meant.iter().flat_map(|id| upstream(store, *id)).collect();
    let mut nodes: Vec<_> = meant.union(&needed).copied().collect();
    let total = nodes.len();
    if total > most {
        let blocks = |id: &NodeId| passage(store, *id) == Passage::Blocked;
        let is_blocked = |id: &NodeId| blocks(id) || upstream(store, *id).iter().any(blocks);
        nodes.sort_by_cached_key(|id| (!is_blocked(id), rank(store, *id)));
        nodes.truncate(most);
    }
    gathered(store, &nodes, total)
}

/// Returns the graph of what one object needs, however far, and of what needs it. Where that is more than `most` objects, the nearest of
/// them.
pub fn around(store: &Store, of: NodeId, most: usize) -> Dependencies {
    let mut near: BTreeMap<NodeId, usize> = BTreeMap::from([(of, 0)]);
    for next in [upstream, downstream] {
        let mut rest = VecDeque::from([(of, 0)]);
        let mut seen = BTreeSet::from([of]);
        while let Some((id, steps)) = rest.pop_front() {
            for other in next(store, id).into_iter().filter(|other| seen.insert(*other)) {
                let known = near.entry(other).or_insert(steps + 1);
                *known = (*known).min(steps + 1);
                rest.push_back((other, steps + 1));
            }
        }
    }
    let total = near.len();
    let mut nodes: Vec<_> = near.into_iter().collect();
    nodes.sort_by_cached_key(|(id, steps)| (*steps, rank(store, *id)));
    let nodes: Vec<_> = nodes.into_iter().take(most).map(|(id, _)| id).collect();
    gathered(store, &nodes, total)
}

fn rank(store: &Store, id: NodeId) -> (usize, ObjectRef) {
    let object = store.reference(id);
    (kinds::rank(kinds::of(&object.gk)), object.clone())
}

fn gathered(store: &Store, nodes: &[NodeId], total: usize) -> Dependencies {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_cached_key(|id| rank(store, *id));
    let places: BTreeMap<_, _> = nodes.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let of = |(to, id): (usize, &NodeId)| {
        let link = |from: NodeId| Some(GraphLink { from: *places.get(&from)?, to, passage: passage(store, from) });
        upstream(store, *id).into_iter().filter_map(link).collect::<Vec<_>>()
    };
    let links = nodes.iter().enumerate().flat_map(of).collect();
    let node = |id: &NodeId| GraphNode {
        object: store.reference(*id).clone(),
        health: store.object(*id).map(|object| object.verdict.health),
    };
    Dependencies { nodes: nodes.iter().map(node).collect(), links, left_out: total - nodes.len() }
}

/// What an object needs, once each. A release that is made from a chart needs the repository of that by way of the chart.
pub fn upstream(store: &Store, id: NodeId) -> Vec<NodeId> {
    let out =
        |relation: &Relation, node: NodeId| store.out(node).iter().any(|link| link.relation == *relation && link.node != node);
    let charts =
        store.out(id).iter().filter(|link| link.relation == Relation::Chart && HELM_CHART.is(&store.reference(link.node).gk));
    let is_fetched_by_chart = charts.into_iter().any(|link| out(&Relation::Source, link.node));
    let needs = store
        .out(id)
        .iter()
        .filter(|link| NEEDS.contains(&link.relation) && !(link.relation == Relation::Source && is_fetched_by_chart));
    let generators = store.incoming(id).iter().filter(|link| link.relation == Relation::Generates);
    let mut found: Vec<NodeId> = Vec::new();
    for link in needs.chain(generators) {
        if is_drawn(store.reference(link.node)) && !found.contains(&link.node) {
            found.push(link.node);
        }
    }
    found
}

/// What needs an object, once each.
pub fn downstream(store: &Store, id: NodeId) -> Vec<NodeId> {
    let users = store.incoming(id).iter().filter(|link| NEEDS.contains(&link.relation));
    let generated = store.out(id).iter().filter(|link| link.relation == Relation::Generates);
    let found: BTreeSet<_> =
        users.chain(generated).map(|link| link.node).filter(|node| is_drawn(store.reference(*node))).collect();
    found.into_iter().filter(|node| upstream(store, *node).contains(&id)).collect()
}

/// Whether what needs an object can go on. Both controllers look at its Ready condition (kustomize-controller and helm-controller,
/// `checkDependencies`), which somebody who suspends it leaves as it is.
pub fn passage(store: &Store, id: NodeId) -> Passage {
    let Some(object) = store.object(id) else {
        return match store.presence(id) {
            Presence::Missing | Presence::NotServed => Passage::Blocked,
            Presence::Present | Presence::Restricted | Presence::Unknown => Passage::Unknown,
        };
    };
    let health = match object.verdict.health {
        Health::Suspended => object.suspension.as_ref().and_then(|suspension| suspension.frozen).unwrap_or(Health::Unknown),
        health => health,
    };
    match health {
        Health::Ready => Passage::Open,
        Health::Unknown => Passage::Unknown,
        _ => Passage::Blocked,
    }
}
