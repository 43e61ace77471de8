//! What a cluster says of a source that is put together from others: the objects that it is made of, and which of them are this repository.

use super::super::flux::SourceRef;
use super::super::node::Node;
use super::artifacts::Artifacts;
use super::members::remembered;
use super::sources::{Files, Objects, Sources};

/// The sources of an ExternalArtifact, or of a GitRepository that includes others.
#[derive(Clone, Debug, Default)]
pub struct ComposedSource {
    objects: Objects,
    own: Vec<SourceRef>,
}

impl ComposedSource {
    /// `objects`: generators and sources as the cluster has them; `own`: those that are this repository.
    pub fn new<'n>(objects: impl IntoIterator<Item = &'n Node>, own: Vec<SourceRef>) -> Self {
        Self { objects: objects.into_iter().filter_map(remembered).collect(), own }
    }

    pub(super) fn sources<'s, 'f>(&'s self, files: &'s Files<'f>, artifacts: &'s Artifacts<'s>) -> Sources<'s, 'f> {
        Sources { files, artifacts, own: &self.own, objects: &self.objects }
    }
}
