//! A source whose repository the cluster does not know: what is asked of a person.

use crate::domain::ArtifactSource;

/// What of a source has to be said by a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceQuestion {
    /// `OCIRepository flux-system/policies`.
    pub source: String,
    /// What it fetches: the answer is kept under this, for all clusters that fetch the same.
    pub key: String,
    /// Why it is asked.
    pub why: String,
    /// As far as it is known: from its artifact, or as it was said before.
    pub known: ArtifactSource,
    /// Folders of the repository that build the object, where it was looked at.
    pub roots: Vec<String>,
}
