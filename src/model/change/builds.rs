//! Everything that a repository builds, before and after: the one thing that was named, and the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare::ObjectKey;
use super::edited::EditedFiles;
use super::reach::FolderReach;
use crate::domain::text::redact;
use crate::error::Result;
use crate::insight::member::{full, members};
use crate::kinds::group::SOURCE;
use crate::render::Cache;
use crate::render::flux::{self, Applied, Spec};
use crate::render::node::Text;
use crate::render::remote::RemoteUses;
use crate::render::repository::{BuildOutcome, BuildRequest, Builder, Extent, Member, MemberIndex, Repository};
use crate::render::substitute::Variables;
use crate::render::tree::{Tree, parent};

/// What the change is asked for.
#[derive(Clone, Debug)]
pub enum ChangeScope {
    /// A folder, as kustomize builds it, with these values of variables.
    Folder { path: String, variables: Option<Variables> },
    /// A Flux Kustomization, as people name it.
    Kustomization(String),
    /// The Flux Kustomizations of that `NAMESPACE/NAME` that build this folder, as one is applied in a cluster. Where the repository declares
    /// none (teams keep their files apart from the fleet's), it is built as the cluster has it.
    /// `beside`: others of that cluster that read the repository, and that it does not declare.
    Applied { name: String, path: String, request: Option<Box<BuildRequest>>, beside: Vec<BuildRequest> },
    /// Whichever Flux Kustomization builds the object.
    Any,
}

/// One folder or Flux Kustomization, built.
#[derive(Clone, Debug)]
pub struct Build {
    /// `production/flux-system/apps`, or the folder.
    pub name: String,
    /// The folder that is built.
    pub folder: String,
    /// The cluster, by its number.
    pub cluster: Option<usize>,
    /// The folder that the cluster begins with: a cluster may get another name when another one comes. None without a cluster.
    pub home: Option<Text>,
    /// None for a folder that no Kustomization names.
    pub spec: Option<Arc<Spec>>,
    /// The `NAMESPACE/NAME` of what applies that Kustomization; none for one that its cluster begins with.
    pub parent: Option<String>,
    pub outcome: BuildOutcome,
    pub files: Arc<BTreeSet<Text>>,
    /// The remote resources that were looked for.
    pub remotes: Arc<RemoteUses>,
}

impl Build {
    /// What it applies; nothing where that cannot be known.
    pub fn objects(&self) -> &[Applied] {
        self.outcome.objects()
    }

    /// Whether an object of another build says how this one is built: its Flux Kustomization, its source, or a ConfigMap that its variables
    /// come from. A folder belongs to any cluster.
    pub fn is_said_by(&self, other: &Self, object: &ObjectKey) -> bool {
        let is_of_cluster = other.cluster.is_none() || self.cluster == other.cluster;
        let Some(spec) = self.spec.as_ref().filter(|_| is_of_cluster) else { return false };
        let is_in = |namespace: &str, name: &str| *object.namespace == *namespace && *object.name == *name;
        let has_variables = |from: &flux::From| *from.kind == *object.kind && is_in(&spec.namespace, &from.name);
        object.group == flux::GROUP && is_in(&spec.namespace, &spec.name)
            || object.group == SOURCE && *spec.source.kind == *object.kind && is_in(&spec.source.namespace, &spec.source.name)
            || object.group.is_empty() && spec.post_build.iter().flat_map(|post| &post.from).any(has_variables)
    }

    /// Whether both are applied to one cluster. A folder belongs to any; what goes elsewhere by `spec.kubeConfig` is alone.
    pub fn is_with(&self, other: &Self) -> bool {
        let is_alone = |build: &Self| build.spec.as_ref().is_some_and(|spec| spec.is_remote);
        if is_alone(self) || is_alone(other) {
            return self.is_same(other);
        }
        match (&self.home, &other.home) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    }

    /// Whether it is the same Kustomization of the same cluster, or the same folder, before and after a change.
    pub fn is_same(&self, other: &Self) -> bool {
        let id = |build: &Self| build.spec.as_ref().map(|spec| spec.id());
        match (&self.home, &other.home) {
            (Some(home), Some(other_home)) => home == other_home && id(self) == id(other),
            _ => self.name == other.name,
        }
    }

    /// The remote resources that are not here, and without which it was built.
    pub fn lacks(&self) -> Option<String> {
        let all: Vec<_> = self.remotes.missing().map(|one| redact(&one.address).into_owned()).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// Whether its result may depend on a file, or on which names are beside it.
    pub fn reads(&self, file: &str) -> bool {
        let listed = format!("{}/", parent(file));
        self.files.contains(file) || self.files.contains(listed.as_str())
    }
}

/// Builds trees of one repository. It gets faster with every one: only what changed is built again.
pub struct Builds<'b> {
    builder: &'b mut Builder,
    cache: Cache,
    /// Where the repository declares no Flux Kustomization: what kustomize may build from which files.
    reach: Option<FolderReach>,
    /// What a cluster builds of it besides, unless the repository declares the same.
    beside: Vec<BuildRequest>,
}

impl<'b> Builds<'b> {
    pub fn new(builder: &'b mut Builder) -> Self {
        Self { builder, cache: Cache::default(), reach: None, beside: Vec::new() }
    }

    /// The same with what a cluster builds besides.
    #[must_use]
    pub fn with(self, beside: Vec<BuildRequest>) -> Self {
        Self { beside, ..self }
    }

    /// A folder that is named.
    pub fn folder(&self, tree: &dyn Tree, path: &str, variables: Option<&Variables>) -> Build {
        let flux::Rendered { objects, files, remotes } = flux::rendered(tree, path, &self.cache, self.builder.remotes());
        let outcome = objects.and_then(|objects| flux::filled(objects, variables));
        let outcome = outcome.map_or_else(BuildOutcome::Failed, |objects| BuildOutcome::Built(Arc::new(objects)));
        let name = if path.is_empty() { ".".to_owned() } else { path.to_owned() };
        let (files, remotes) = (Arc::new(files), Arc::new(remotes));
        Build { name, folder: path.to_owned(), cluster: None, home: None, spec: None, parent: None, outcome, files, remotes }
    }

    /// A Flux Kustomization as a cluster has it.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn requested(&mut self, tree: &dyn Tree, request: &BuildRequest) -> Result<Build> {
        let member = self.builder.one(tree, request)?;
        Ok(Build {
            name: format!("{}/{}", member.spec.namespace, member.spec.name),
            cluster: None,
            home: None,
            folder: member.folder(),
            spec: Some(Arc::clone(&member.spec)),
            parent: None,
            outcome: member.outcome.clone(),
            files: Arc::clone(&member.files),
            remotes: Arc::clone(&member.remotes),
        })
    }

    /// Every Flux Kustomization of the repository, and what a cluster builds of it besides.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn members(&mut self, tree: &dyn Tree) -> Result<Vec<Build>> {
        let mut all = of(&self.builder.build(tree)?);
        for request in self.beside.clone() {
            let found = self.requested(tree, &request)?;
            let is_it = |build: &Build| {
                build.spec.as_ref().is_some_and(|spec| spec.id() == request.spec.id()) && build.folder == found.folder
            };
            if !all.iter().any(is_it) {
                all.push(found);
            }
        }
        Ok(all)
    }

    /// The names of the Flux Kustomizations that a `[CLUSTER/]NAMESPACE/NAME` means.
    ///
    /// # Errors
    /// None is meant, or the tree cannot be read.
    pub fn named(&mut self, tree: &dyn Tree, wanted: &str) -> Result<Vec<String>> {
        let repository = self.builder.build(tree)?;
        Ok(members(&repository, wanted)?.into_iter().map(|place| full(&repository, place)).collect())
    }

    /// What else the repository builds after a change: its Flux Kustomizations; where it declares none, the folders that kustomize may build
    /// from the files that changed. `known` holds the same before the change, as far as it was built yet.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn others(
        &mut self,
        before: &dyn Tree,
        after: &dyn Tree,
        known: &mut Option<Vec<Build>>,
        changed: &EditedFiles,
    ) -> Result<Vec<Build>> {
        let builds = match known {
            Some(builds) => builds,
            None => known.insert(self.members(before)?),
        };
        if builds.iter().any(|build| build.spec.is_some()) {
            return self.members(after);
        }
        if self.reach.is_none() {
            self.reach = Some(FolderReach::of(before)?);
        }
        let reach = self.reach.as_ref().expect("it was found");
        for folder in reach.readers(changed.keys()) {
            if builds.iter().all(|build| build.folder != folder) {
                builds.push(self.folder(before, folder, None));
            }
        }
        let again = |build: &Build| match changed.keys().any(|file| build.reads(file)) {
            true => self.folder(after, &build.folder, None),
            false => build.clone(),
        };
        Ok(builds.iter().map(again).collect())
    }
}

/// The Flux Kustomizations of a repository that was built.
pub fn of(repository: &Repository) -> Vec<Build> {
    let one = |(place, member): (MemberIndex, &Member)| Build {
        name: full(repository, place),
        cluster: Some(place.cluster),
        home: Some(repository.clusters[place.cluster].folder.clone()),
        folder: repository.folder(place),
        spec: Some(Arc::clone(&member.spec)),
        parent: member.parent.map(|parent| repository.clusters[place.cluster].members[parent].spec.id()),
        outcome: member.outcome.clone(),
        files: Arc::clone(&member.files),
        remotes: Arc::clone(&member.remotes),
    };
    // a folder that no Flux Kustomization names is built as kustomize does it
    let is_known = |place: &MemberIndex| repository.clusters[place.cluster].extent != Extent::Unknown;
    repository.members().filter(|(place, _)| is_known(place)).map(one).collect()
}
