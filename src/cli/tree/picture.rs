//! The tree as a picture for documents and pull requests: homes as lines, what depends on what as dashed ones.

use std::collections::BTreeMap;

use crate::cli::output::{self, nodes_below, sorted};
use fluxdeck_model::domain::{Health, NodeId, Relation};
use fluxdeck_model::error::Result;
use fluxdeck_model::insight::dependencies::{Drawing, DrawnLink, DrawnNode, Passage, passage, upstream};
use fluxdeck_model::state::Cluster;
use fluxdeck_model::state::projection::{message_of, word_of};

/// What Mermaid draws unless it is configured otherwise (`maxTextSize` and `maxEdges` of its configuration, which documents cannot set).
const MOST_TEXT: usize = 50_000;
const MOST_LINKS: usize = 500;

/// Prints a flowchart of Mermaid, and says where Mermaid would refuse it.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn mermaid(cluster: &Cluster, roots: &[NodeId], wanted: &dyn Fn(NodeId) -> bool, all_links: bool) -> Result<()> {
    let drawing = drawn(cluster, roots, wanted, all_links);
    let text = drawing.mermaid();
    if text.chars().count() > MOST_TEXT || drawing.links.len() > MOST_LINKS {
        output::beside(&format!(
            "Mermaid draws no more than {MOST_LINKS} lines and {MOST_TEXT} letters unless its configuration says so: \
             --dependencies, KIND/NAME, -n or --status make the picture smaller"
        ));
    }
    output::raw(text.as_bytes())
}

/// Prints a graph for Graphviz.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn dot(cluster: &Cluster, roots: &[NodeId], wanted: &dyn Fn(NodeId) -> bool, all_links: bool) -> Result<()> {
    output::raw(drawn(cluster, roots, wanted, all_links).dot().as_bytes())
}

/// The objects of the trees that are wanted, with their homes and what they depend on; `all_links`: also sources and charts that are not
/// their homes.
fn drawn(cluster: &Cluster, roots: &[NodeId], wanted: &dyn Fn(NodeId) -> bool, all_links: bool) -> Drawing {
    let (mut drawing, mut places) = (Drawing::default(), BTreeMap::new());
    for root in roots {
        plant(cluster, *root, None, wanted, &mut drawing, &mut places);
    }
    let store = &cluster.store;
    for (id, to) in &places {
        for from in upstream(store, *id) {
            let (relation, word) = need(cluster, *id, from);
            let is_home = cluster.forest.parent(*id) == Some(from);
            let is_meant = relation == Relation::DependsOn || all_links && !is_home;
            if let Some(place) = places.get(&from).filter(|_| is_meant) {
                let is_blocked = passage(store, from) == Passage::Blocked;
                drawing.links.push(DrawnLink { from: *place, to: *to, word, is_blocked });
            }
        }
    }
    drawing
}

/// How one object needs another, and what the line from that other says.
fn need(cluster: &Cluster, id: NodeId, from: NodeId) -> (Relation, &'static str) {
    let relations = cluster.store.out(id).iter().filter(|link| link.node == from).map(|link| link.relation);
    match relations.min_by_key(|relation| *relation != Relation::DependsOn) {
        Some(relation) => (relation, relation.reverse()),
        // only what generates another declares it itself
        None => (Relation::Generates, Relation::Generates.word()),
    }
}

/// Adds an object with what is below it. One that is there already, below another root, gets no second place.
fn plant(
    cluster: &Cluster,
    id: NodeId,
    parent: Option<usize>,
    wanted: &dyn Fn(NodeId) -> bool,
    drawing: &mut Drawing,
    places: &mut BTreeMap<NodeId, usize>,
) {
    let (store, forest) = (&cluster.store, &cluster.forest);
    if places.contains_key(&id) || nodes_below(cluster, id, wanted).is_none() {
        return;
    }
    let at = drawing.nodes.len();
    places.insert(id, at);
    drawing.nodes.push(DrawnNode {
        name: store.reference(id).to_string(),
        health: forest.health(id).unwrap_or(Health::Unknown),
        word: word_of(store, forest, id).to_owned(),
        message: message_of(store, forest, id),
    });
    drawing.links.extend(parent.map(|from| DrawnLink { from, to: at, word: "", is_blocked: false }));
    for child in sorted(cluster, forest.children(id)) {
        plant(cluster, child, Some(at), wanted, drawing, places);
    }
}
