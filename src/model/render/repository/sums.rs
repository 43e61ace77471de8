//! Which Flux Kustomizations of the files no cluster reaches.
//!
//! Many of them mean that where the clusters begin was not understood, or that a sync is missing; few are switched off.

use std::collections::HashSet;

use super::super::flux::Spec;
use super::super::node::{Node, Origin, Text};
use super::RepositoryCluster;
use super::declarations::Declarations;

/// A Flux Kustomization that no cluster applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// `namespace/name`, as its file has it.
    pub id: String,
    pub origin: Origin,
}

/// How many there are, and those that are not reached.
pub fn unreached(declared: &Declarations, clusters: &[RepositoryCluster]) -> (usize, Vec<Unreached>) {
    let reached = reached(clusters);
    let (mut count, mut missed, mut written) = (0, Vec::new(), HashSet::new());
    for start in declared.starts().filter(|start| start.instance.is_none()) {
        count += 1;
        written.extend([place(&start.place), place(&start.spec.origin)]);
        if !reached.contains(&place(&start.place)) && !reached.contains(&place(&start.spec.origin)) {
            missed.push(Unreached { id: start.spec.id(), origin: start.place.clone() });
        }
    }
    (count + completed(clusters, &written), missed)
}

/// How many are reached whose files do not say their source: a patch that many have in common does. Where nothing reaches one, it cannot be
/// discerned from a patch.
fn completed(clusters: &[RepositoryCluster], written: &HashSet<(Text, u32)>) -> usize {
    let mut found = HashSet::new();
    for node in kustomizations(clusters) {
        let mut is_written = |origin: &Origin| written.contains(&place(origin));
        let name = node.at(&["metadata", "name"]);
        let is_known = node.trace.any(&mut is_written) || name.is_some_and(|name| name.trace.any(&mut is_written));
        if !is_known && node.origin().file().is_some() {
            found.insert(place(node.origin()));
        }
    }
    found.len()
}

/// Those that members, or a sync outside, apply.
fn kustomizations(clusters: &[RepositoryCluster]) -> impl Iterator<Item = &Node> {
    clusters.iter().flat_map(|cluster| {
        let applied = cluster.members.iter().flat_map(|member| member.outcome.objects()).map(|object| &object.node);
        applied.chain(&cluster.beside).filter(|node| Spec::is_one(node))
    })
}

fn place(origin: &Origin) -> (Text, u32) {
    (origin.file().cloned().unwrap_or_default(), origin.line)
}

/// The places of everything that is a part of a reached one: its manifest, its name, and what patches overrode of these.
fn reached(clusters: &[RepositoryCluster]) -> HashSet<(Text, u32)> {
    let mut found = HashSet::new();
    let mut take = |node: &Node| {
        let mut note = |origin: &Origin| {
            found.insert(place(origin));
            false
        };
        node.trace.any(&mut note);
        if let Some(name) = node.at(&["metadata", "name"]) {
            name.trace.any(&mut note);
        }
    };
    kustomizations(clusters).for_each(&mut take);
    let members = clusters.iter().flat_map(|cluster| &cluster.members);
    found.extend(members.map(|member| place(&member.spec.origin)));
    found
}
