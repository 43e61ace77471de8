//! Remote resources: what kustomization files address on the web and in other git repositories.
//!
//! kustomize loads them while it builds, and Flux' controller does too, unless it runs with `--no-remote-bases` (kustomize-controller v1.9.4
//! `main.go`). Here nothing is loaded: a build gets what is known of them ([`Remotes`]), and says what it looked for ([`RemoteUse`]). Who may
//! fetch brings what is missing and builds again. Where something is not there, a build is refused, or goes on without it and says what is
//! not proven ([`Lack`]).

mod address;
mod lack;
mod percent;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::BuildError;
use super::node::{Origin, Text};
use super::tree::Tree;
use crate::domain::text::redact;

pub use address::{RemoteAddress, RepositoryAddress, is_commit, is_web};
pub use lack::Lack;

/// The files of a repository that others may read at the same time.
pub type SharedTree = Arc<dyn Tree + Send + Sync>;

/// What is to be brought.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemoteAsk {
    /// What HTTP answers at a URL.
    Web(Text),
    /// A commit of a repository, by the URL and by the branch, tag or commit; that of its default branch where none is named.
    Repository { url: Text, reference: Text },
}

/// What is known of a remote resource.
#[derive(Clone)]
pub enum RemoteAnswer<T> {
    Found(T, Revision),
    /// It was asked for, and is not there: a build fails of it, as in the cluster.
    Refused(String),
    /// There was no answer, or nobody may ask.
    Unknown(String),
}

/// The digest of a file, as it is kept under.
pub fn digest(bytes: &[u8]) -> Text {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// What was found at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// A commit, or the SHA-256 of a file.
    pub digest: Text,
    /// Something else may be found there another time.
    pub moves: bool,
}

impl Revision {
    /// The digest, as short as people write it.
    pub fn short(&self) -> &str {
        self.digest.get(..7).unwrap_or(&self.digest)
    }
}

/// What is known of remote resources. Clones share it.
#[derive(Clone, Default)]
pub struct Remotes {
    known: Arc<Known>,
    goes_on: bool,
}

#[derive(Clone, Default)]
struct Known {
    files: BTreeMap<Text, RemoteAnswer<Arc<[u8]>>>,
    repositories: BTreeMap<(Text, Text), RemoteAnswer<SharedTree>>,
}

impl fmt::Debug for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Known { files, repositories } = &*self.known;
        write!(f, "files: {}, repositories: {}", files.len(), repositories.len())
    }
}

impl Remotes {
    /// Nothing is known, and builds go on without it.
    pub fn unknown() -> Self {
        Self { goes_on: true, ..Self::default() }
    }

    /// A build goes on without what is not there.
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// The same for a build that is refused where something is not there.
    #[must_use]
    pub fn needed(self) -> Self {
        Self { goes_on: false, ..self }
    }

    pub fn know_file(&mut self, url: &Text, answer: RemoteAnswer<Arc<[u8]>>) {
        Arc::make_mut(&mut self.known).files.insert(url.clone(), answer);
    }

    pub fn know_repository(&mut self, url: &Text, reference: &Text, answer: RemoteAnswer<SharedTree>) {
        Arc::make_mut(&mut self.known).repositories.insert((url.clone(), reference.clone()), answer);
    }

    pub(super) fn file(&self, url: &Text) -> Option<&RemoteAnswer<Arc<[u8]>>> {
        self.known.files.get(url)
    }

    pub(super) fn repository(&self, address: &RepositoryAddress) -> Option<&RemoteAnswer<SharedTree>> {
        self.known.repositories.get(&(address.url.as_str().into(), address.reference.as_str().into()))
    }
}

/// A remote resource that a build looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUse {
    /// As it is written.
    pub address: Text,
    /// The first place that names it; none where its entry has none.
    pub place: Option<Origin>,
    pub state: RemoteState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteState {
    Known(Revision),
    /// It is not here.
    Missing {
        /// What would have to be brought next; nothing, where that was tried.
        wants: Option<RemoteAsk>,
        /// Why not, where it was tried.
        why: String,
    },
}

/// All remote resources of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteUses {
    /// By address.
    pub all: Vec<RemoteUse>,
    /// How many settings may need what is not there: patches, references, replacements.
    pub doubts: usize,
}

impl RemoteUse {
    pub fn is_missing(&self) -> bool {
        matches!(self.state, RemoteState::Missing { .. })
    }

    /// Why it cannot be built, for a build that needs it.
    pub fn refusal(&self) -> BuildError {
        let why = match &self.state {
            RemoteState::Missing { why, .. } => why.as_str(),
            RemoteState::Known(_) => "",
        };
        let error = refusal(&self.address, why);
        self.place.iter().fold(error, |error, place| error.at(place))
    }
}

impl RemoteUses {
    /// Those that are not here.
    pub fn missing(&self) -> impl Iterator<Item = &RemoteUse> {
        self.all.iter().filter(|one| one.is_missing())
    }

    /// What is to be brought next, with its address.
    pub fn wanted(&self) -> impl Iterator<Item = (&Text, &RemoteAsk)> {
        self.all.iter().filter_map(|one| match &one.state {
            RemoteState::Missing { wants, .. } => Some((&one.address, wants.as_ref()?)),
            RemoteState::Known(_) => None,
        })
    }
}

/// Why a build cannot do without an address.
pub(super) fn refusal(address: &str, why: &str) -> BuildError {
    let address = redact(address);
    if why.is_empty() {
        return BuildError::not_here(format!("`{address}` is not in the repository"), "--fetch brings it");
    }
    BuildError::not_here(format!("`{address}` cannot be brought: {why}"), "")
}

#[cfg(test)]
#[path = "tests/build.rs"]
mod tests;
