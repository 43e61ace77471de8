//! What changes objects: one file for each transformer. `FIELDS` lists those of a kustomization's fields in the order in which kustomize runs them,
//! `KINDS` those that a file of `transformers:` may ask for by kind.
//! Source: kustomize api v0.21.1 `internal/target/kusttarget_configplugin.go`, `internal/builtins`.

mod affix;
pub(super) mod images;
mod json_patch;
mod namespace;
mod pairs;
mod patch;
mod path_match;
mod replacement;
mod replicas;
mod structured;
mod unknown;
mod value_add;

pub mod names;
pub mod sort;
pub mod variables;

pub use unknown::Unknown;

use super::config::Config;
use super::decode::{Fields, Mode};
use super::error::{BuildError, Result};
use super::field_spec::FieldSpec;
use super::kustomization::Kustomization;
use super::node::Node;
use super::resources::Resources;
use super::session::{Folder, Session};

/// Changes objects in place.
pub trait Transform {
    /// # Errors
    /// What does not fit the objects.
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()>;
}

pub type Transforms = Vec<Box<dyn Transform>>;

/// Where a transformer is made: the session, the folder for its files.
#[derive(Clone, Copy)]
pub struct TransformContext<'s> {
    pub session: &'s Session<'s>,
    pub folder: &'s Folder,
}

type FromField = fn(TransformContext<'_>, &Kustomization, &Config) -> Result<Transforms>;
type FromFile = fn(TransformContext<'_>, &Node) -> Result<Transforms>;

/// kustomize's name of each, and how it is made from a kustomization.
pub const FIELDS: &[(&str, FromField)] = &[
    ("PatchStrategicMergeTransformer", patch::strategic_from_field),
    ("PatchTransformer", patch::from_field),
    ("NamespaceTransformer", namespace::from_field),
    ("PrefixTransformer", affix::prefix_from_field),
    ("SuffixTransformer", affix::suffix_from_field),
    ("LabelTransformer", pairs::labels_from_field),
    ("AnnotationsTransformer", pairs::annotations_from_field),
    ("PatchJson6902Transformer", patch::json_from_field),
    ("ReplicaCountTransformer", replicas::from_field),
    ("ImageTagTransformer", images::from_field),
    ("ReplacementTransformer", replacement::from_field),
];

/// The kinds of `apiVersion: builtin`, and how each is made from its file.
pub const KINDS: &[(&str, FromFile)] = &[
    ("AnnotationsTransformer", pairs::annotations_from_file),
    ("HashTransformer", names::hash_from_file),
    ("ImageTagTransformer", images::from_file),
    ("LabelTransformer", pairs::labels_from_file),
    ("NamespaceTransformer", namespace::from_file),
    ("PatchJson6902Transformer", patch::json_from_file),
    ("PatchStrategicMergeTransformer", patch::strategic_from_file),
    ("PatchTransformer", patch::from_file),
    ("PrefixSuffixTransformer", affix::both_from_file),
    ("PrefixTransformer", affix::prefix_from_file),
    ("SuffixTransformer", affix::suffix_from_file),
    ("ReplacementTransformer", replacement::from_file),
    ("ReplicaCountTransformer", replicas::from_file),
    ("ValueAddTransformer", value_add::from_file),
];

/// The field specs of a transformer's file.
fn field_specs(fields: &Fields<'_>) -> Result<Vec<FieldSpec>> {
    fields.all("fieldSpecs", FieldSpec::read)
}

/// As [`field_specs`]; they have to be there.
fn needed_field_specs(node: &Node, fields: &Fields<'_>) -> Result<Vec<FieldSpec>> {
    if !fields.has("fieldSpecs") {
        return Err(BuildError::invalid("fieldSpecs is not expected to be nil").at(node.origin()));
    }
    field_specs(fields)
}

fn lenient<'n>(node: &'n Node, known: &[&'static str]) -> Result<Fields<'n>> {
    Fields::of(node, known, Mode::Lenient)
}
