//! Who set a field: the layer that wins, what it overrode, and who else reads that file.

use crate::render::Node;
use crate::render::node::Origin;
use crate::render::repository::{Place, Repository};

/// A field's value with its layers.
#[derive(Clone, Debug)]
pub struct Setting<'n> {
    pub node: &'n Node,
    /// The winner first.
    pub layers: Vec<&'n Origin>,
}

/// Who set a field.
pub fn of(node: &Node) -> Setting<'_> {
    let mut layers: Vec<_> = node.trace.chain().collect();
    layers.dedup();
    Setting { node, layers }
}

/// How people call a Kustomization of a repository: `production flux-system/apps`.
pub fn called(repository: &Repository, place: Place) -> String {
    let cluster = &repository.clusters[place.cluster];
    format!("{} {}", cluster.name, cluster.members[place.member].spec.id())
}

/// The Kustomizations that read a file, without `own`.
pub fn others(repository: &Repository, file: &str, own: &[Place]) -> Vec<String> {
    let readers = repository.readers(file).into_iter().filter(|place| !own.contains(place));
    readers.map(|place| called(repository, place)).collect()
}

/// A line of a text, with the lines around it and their numbers from 1.
pub fn context(text: &str, line: u32, around: u32) -> Vec<(u32, &str)> {
    let (from, to) = (line.saturating_sub(around).max(1), line.saturating_add(around));
    (1..).zip(text.lines()).skip_while(|(number, _)| *number < from).take_while(|(number, _)| *number <= to).collect()
}
