//! A repository as a whole: the clusters that it declares, every Flux Kustomization of each, how they nest, and what each applies.
//!
//! A cluster is what one root applies, transitively (`roots`). Everything else is reached by building: the objects of a Kustomization may
//! be Kustomizations, and the root itself may be among them, patched. ConfigMaps and sources that one applies count for the others, so
//! that a cluster is built until nothing changes. Which Kustomizations of the files no cluster reaches is said too.
//! Reading the tree, and saying what changed since another commit, do not belong here.

mod artifacts;
mod composition;
mod controller;
mod covers;
mod declarations;
mod generator;
mod index;
mod instance;
mod kept;
mod members;
mod one;
mod outside;
mod patched;
#[cfg(test)]
mod property;
mod pushes;
mod roots;
mod settings;
mod sources;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::Cache;
use super::error::{BuildError, Result};
use super::flux::{self, Applied, SourceRef, Spec, Values};
use super::kustomization::FILE_NAMES;
use super::node::{Node, Origin, Text, Value};
use super::remote::{RemoteUses, Remotes};
use super::tree::Tree;
use super::weight;

use artifacts::Artifacts;
pub use artifacts::{ArtifactFolder, ArtifactRule, rerooted};
pub use composition::ComposedSource;
pub use controller::{Said, of_version};
use covers::Covers;
use declarations::Declarations;
pub use generator::{made_of, observed};
use index::{Index, Seen};
use kept::Kept;
pub use one::BuildRequest;
pub use roots::Extent;
use settings::RepositorySettings;
pub use settings::{AppliedElsewhere, LARGEST_SETTINGS, PushedFolder, SETTINGS_FILE};
pub use sources::is_same_url;
use sources::{Files, KnownRules};
pub use sums::Unreached;

/// Builds repositories, and keeps what it built for as long as nothing that was read for it changes.
///
/// A build costs what changed since the last one, whichever tree that was of: where the tree knows versions
/// ([`super::tree::FolderEntry`]) only what has another one is read.
#[derive(Default)]
pub struct Builder {
    seen: Seen,
    declared: Declarations,
    /// What was not looked at for `declared` since it changed.
    unread: HashSet<Text>,
    /// Of everything that a tree declares.
    kept: Kept,
    /// Of single Kustomizations, as their clusters have them.
    looked_up: Kept,
    rules: KnownRules,
    parsed: Cache,
    given: BTreeMap<(Text, Text, Text), Values>,
    remotes: KnownRemotes,
}

/// What is known of remote resources. Builds go on without the others, and say so.
struct KnownRemotes(Remotes);

impl Default for KnownRemotes {
    fn default() -> Self {
        Self(Remotes::unknown())
    }
}

/// What a repository declares.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    pub clusters: Vec<RepositoryCluster>,
    /// Files that look like manifests and cannot be read.
    pub unreadable: Vec<BuildError>,
    /// How many Flux Kustomizations its files declare.
    pub declared: usize,
    /// Those that no cluster reaches.
    pub unreached: Vec<Unreached>,
}

/// A cluster and its Kustomizations, parents before children.
#[derive(Clone, Debug)]
pub struct RepositoryCluster {
    /// The last part of its folder that distinguishes it.
    pub name: String,
    /// Where it begins.
    pub folder: Text,
    pub extent: Extent,
    pub members: Vec<Member>,
    /// Objects that are in it too: what a sync outside of the repository applies.
    pub beside: Vec<Node>,
    /// Its sources that are folders of this repository.
    pub artifacts: BTreeMap<SourceRef, ArtifactFolder>,
}

/// One Flux Kustomization of a cluster.
#[derive(Clone, Debug)]
pub struct Member {
    pub spec: Arc<Spec>,
    /// Who applies it; none for one that the cluster begins with.
    pub parent: Option<usize>,
    pub outcome: BuildOutcome,
    /// What was read for it, by path in the repository (see [`super::flux::Rendered::files`]).
    pub files: Arc<BTreeSet<Text>>,
    /// The remote resources that were looked for.
    pub remotes: Arc<RemoteUses>,
}

impl Member {
    /// The folder that it builds. Of an artifact that was copied together: the folder that its kustomization file was copied from, where one
    /// alone of those that were read ends with that path; else the path in the artifact.
    pub fn folder(&self) -> String {
        let own = flux::folder(&self.spec.path);
        let is_it = |folder: &str| {
            !own.is_empty() && folder.strip_suffix(own.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('/'))
        };
        let folders = self.files.iter().filter_map(|file| file.rsplit_once('/'));
        let mut found = folders.filter(|(folder, name)| FILE_NAMES.contains(name) && is_it(folder));
        match (found.next(), found.next()) {
            (Some((folder, _)), None) => folder.to_owned(),
            _ => own,
        }
    }
}

/// The outcome of a Kustomization's build.
#[derive(Clone, Debug)]
pub enum BuildOutcome {
    Built(Arc<Vec<Applied>>),
    Failed(BuildError),
    /// Its source is not this repository: why.
    Elsewhere(String),
}

impl BuildOutcome {
    /// What it applies; nothing where it cannot be known.
    pub fn objects(&self) -> &[Applied] {
        match self {
            Self::Built(objects) => objects,
            Self::Failed(_) | Self::Elsewhere(_) => &[],
        }
    }
}

/// A member by its place in a [`Repository`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberIndex {
    pub cluster: usize,
    pub member: usize,
}

impl Builder {
    /// The data of a ConfigMap or a Secret that only the cluster has, for `substituteFrom`.
    pub fn give(&mut self, kind: &str, namespace: &str, name: &str, values: Values) {
        self.given.insert((kind.into(), namespace.into(), name.into()), values);
    }

    /// What is known of remote resources from now on.
    pub fn know(&mut self, remotes: Remotes) {
        self.remotes = KnownRemotes(remotes);
        self.kept.forget_remotes();
        self.looked_up.forget_remotes();
    }

    pub fn remotes(&self) -> &Remotes {
        &self.remotes.0
    }

    /// Builds everything that a tree declares. A Kustomization that fails is a part of the result, not an error.
    ///
    /// # Errors
    /// The tree itself cannot be read.
    pub fn build(&mut self, tree: &dyn Tree) -> Result<Repository> {
        self.on(tree, Self::declared_by)
    }

    /// About how many bytes of memory all that is kept takes.
    pub fn weight(&self) -> usize {
        let unread: usize = self.unread.iter().map(weight::text).sum();
        self.seen.weight() + self.kept.weight() + self.looked_up.weight() + self.parsed.weight() + unread
    }

    /// Does something with a tree, once what changed since the last one is forgotten.
    fn on<T>(&mut self, tree: &dyn Tree, work: impl FnOnce(&mut Self, &Index<'_>) -> Result<T>) -> Result<T> {
        let done = Index::new(tree, std::mem::take(&mut self.seen)).and_then(|index| {
            self.forget(&index);
            let done = work(self, &index)?;
            self.seen = index.seen();
            Ok(done)
        });
        if done.is_err() {
            // nobody knows any more what it would be compared with
            (self.declared, self.kept, self.looked_up, self.seen) = Default::default();
            (self.rules, self.unread) = Default::default();
        }
        done
    }

    fn forget(&mut self, index: &Index<'_>) {
        let changed = index.changed();
        if index.changes_rules() {
            (self.kept, self.looked_up) = Default::default();
        }
        if index.changes_rules() || changed.iter().any(|path| path.ends_with('/')) {
            // rules are gathered from folder to folder
            self.rules.clear();
        }
        self.kept.forget_changed(changed);
        self.looked_up.forget_changed(changed);
        self.parsed.forget(changed);
        self.unread.extend(changed.iter().cloned());
    }

    fn declared_by(&mut self, index: &Index<'_>) -> Result<Repository> {
        self.declared.update(index, &std::mem::take(&mut self.unread));
        let mut unreadable = self.declared.unreadable();
        let settings = RepositorySettings::of(index).unwrap_or_else(|error| {
            unreadable.push(error);
            RepositorySettings::default()
        });
        let files = Files::new(index, std::mem::take(&mut self.rules));
        let covers = Covers::new(index, &self.declared);
        let patched = patched::of(&self.declared, index, &covers);
        let artifacts = Artifacts::new(index, &self.declared, &patched, &settings.artifacts);
        let roots = roots::find(&self.declared, &patched, &settings, &artifacts, &covers);
        let clusters: Vec<_> = roots.into_iter().map(|root| self.cluster(&files, &artifacts, root)).collect();
        self.rules = files.into_rules();
        self.kept.forget_unused();
        let (declared, unreached) = sums::unreached(&self.declared, &clusters);
        Ok(Repository { clusters, unreadable, declared, unreached })
    }
}

impl Repository {
    /// The remote resources that its Kustomizations look for.
    pub fn remotes(&self) -> impl Iterator<Item = &RemoteUses> {
        self.members().map(|(_, member)| &*member.remotes)
    }

    /// All members with their places.
    pub fn members(&self) -> impl Iterator<Item = (MemberIndex, &Member)> {
        self.clusters.iter().enumerate().flat_map(|(cluster, found)| {
            found.members.iter().enumerate().map(move |(member, one)| (MemberIndex { cluster, member }, one))
        })
    }

    /// The folder of the repository that a member builds.
    pub fn folder(&self, place: MemberIndex) -> String {
        let cluster = &self.clusters[place.cluster];
        let member = &cluster.members[place.member];
        match cluster.artifacts.get(&member.spec.source) {
            Some(found) => flux::folder(&artifacts::rerooted(&member.spec, &found.folder).path),
            None => member.folder(),
        }
    }

    /// The Kustomizations whose result may depend on a file: the blast radius of a change to it.
    pub fn readers(&self, file: &str) -> Vec<MemberIndex> {
        let listed = format!("{}/", super::tree::parent(file));
        let reads = |member: &Member| member.files.contains(file) || member.files.contains(listed.as_str());
        self.members().filter(|(_, member)| reads(member)).map(|(place, _)| place).collect()
    }

    /// The objects that a file, or one line of it, has set something of.
    pub fn objects_of(&self, file: &str, line: Option<u32>) -> Vec<(MemberIndex, &Applied)> {
        let mut found = Vec::new();
        for (place, member) in self.members() {
            let touched = member.outcome.objects().iter().filter(|object| is_set_by(&object.node, file, line));
            found.extend(touched.map(|object| (place, object)));
        }
        found
    }
}

/// Whether any value of a node, a part of it, or one that it overrode, is there.
fn is_set_by(node: &Node, file: &str, line: Option<u32>) -> bool {
    let is_there =
        |origin: &Origin| origin.file().is_some_and(|path| path.as_ref() == file) && line.is_none_or(|line| origin.line == line);
    let own = node.trace.any(&mut { is_there });
    own || match &node.value {
        Value::Scalar(_) => false,
        Value::List(items) => items.iter().any(|item| is_set_by(item, file, line)),
        Value::Map(entries) => {
            entries.iter().any(|entry| is_set_by(&entry.key, file, line) || is_set_by(&entry.value, file, line))
        }
    }
}
