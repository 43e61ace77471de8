//! What set a field: the layer that wins, what it overrode, what the value is composed of, and what else reads that file.

use crate::render::Node;
use crate::render::node::Origin;
use crate::render::repository::{MemberIndex, Repository};
use crate::render::trace::{Composition, Joint, Part, PartRole};

/// A field's value with its layers.
#[derive(Clone, Debug)]
pub struct LayeredValue<'n> {
    pub node: &'n Node,
    /// The winner first, then what it overrode.
    pub layers: Vec<&'n Origin>,
    /// What the value is composed of, in order; nothing where it was set as a whole.
    pub parts: Vec<Given<'n>>,
    /// Where the text with variables is written, the reference to an object, or the text that a piece was put into.
    pub written: Option<&'n Origin>,
}

/// A part of a composed value.
#[derive(Clone, Debug)]
pub struct Given<'n> {
    pub part: &'n Part,
    /// Who set it, and what that overrode; nothing of a part that is made.
    pub layers: Vec<&'n Origin>,
}

/// Who set a field.
pub fn of(node: &Node) -> LayeredValue<'_> {
    let trace = node.trace.seen();
    let mut layers: Vec<_> = trace.chain().collect();
    layers.dedup();
    let made = trace.composition();
    let mut parts = Vec::new();
    if let Some(made) = made {
        flatten(made, &mut parts);
    }
    LayeredValue { node, layers, parts, written: made.and_then(written) }
}

/// Parts that are composed themselves count as their parts.
fn flatten<'n>(made: &'n Composition, found: &mut Vec<Given<'n>>) {
    for part in made.parts.iter().filter(|part| part.role != PartRole::Separator) {
        let Some((at, range)) = &part.cut else {
            found.push(Given { part, layers: Vec::new() });
            continue;
        };
        let scalar = &made.scalars[*at];
        let trace = scalar.trace.seen();
        match trace.composition() {
            Some(inner) if *range == (0..scalar.text.len()) => flatten(inner, found),
            _ => found.push(Given { part, layers: trace.chain().collect() }),
        }
    }
}

fn written(made: &Composition) -> Option<&Origin> {
    let is_put_into = matches!(made.joint, Joint::Substitution(_) | Joint::Vars | Joint::Structured | Joint::Reference);
    made.scalars.first().filter(|_| is_put_into).map(|scalar| &scalar.trace.origin)
}

/// The name of a Kustomization of a repository: `production flux-system/apps`.
pub fn called(repository: &Repository, place: MemberIndex) -> String {
    let cluster = &repository.clusters[place.cluster];
    format!("{} {}", cluster.name, cluster.members[place.member].spec.id())
}

/// The Kustomizations that read a file, without `own`.
pub fn others(repository: &Repository, file: &str, own: &[MemberIndex]) -> Vec<String> {
    let readers = repository.readers(file).into_iter().filter(|place| !own.contains(place));
    readers.map(|place| called(repository, place)).collect()
}

/// A line of a text, with the lines around it and their numbers from 1.
pub fn context(text: &str, line: u32, around: u32) -> Vec<(u32, &str)> {
    let (from, to) = (line.saturating_sub(around).max(1), line.saturating_add(around));
    (1..).zip(text.lines()).skip_while(|(number, _)| *number < from).take_while(|(number, _)| *number <= to).collect()
}
