//! The git repository that the artifacts of a source are made from, where only a person knows it.

use serde::{Deserialize, Serialize};

/// Where the files of an artifact come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactSource {
    /// A URL without a credential, or a folder of this machine.
    pub repository: String,
    /// Empty for the default branch.
    pub branch: String,
    /// The folder of the repository that is the artifact's root; empty for the repository's own.
    pub root: String,
}

impl ArtifactSource {
    /// The folder of this machine that it names; none for a URL.
    pub fn folder(&self) -> Option<&str> {
        let is_folder = self.repository.starts_with(['/', '.', '~']);
        is_folder.then_some(&*self.repository)
    }
}

/// What a person says of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidSource {
    /// What the source fetches: its answer is kept under this.
    pub key: String,
    pub from: ArtifactSource,
}
