//! What the commands share that build from git: which files, which Kustomization, and the values that only the cluster has.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Config, Fetch, Places};
use crate::git::{Checkout, View};
use crate::runtime::{Bench, RemoteStore, Worker};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::member::{full, members};
use fluxdeck_model::insight::setting::called;
use fluxdeck_model::render::error::BuildError;
use fluxdeck_model::render::flux::{self, Applied, Values};
use fluxdeck_model::render::node::{Layer, Node, Notation, Origin, Text, Trace};
use fluxdeck_model::render::read::{TextPlace as Reading, documents};
use fluxdeck_model::render::remote::RemoteUses;
use fluxdeck_model::render::repository::{BuildOutcome, Builder, MemberIndex, Repository};
use fluxdeck_model::render::substitute::Variables;
use fluxdeck_model::render::tree::{self, Tree};
use fluxdeck_model::render::{self, Cache};

/// Which files are looked at.
#[derive(Args, Clone)]
pub(super) struct Files {
    /// The checkout or folder; default: the git work tree around the current directory
    #[arg(long, value_name = "DIR")]
    pub repo: Option<PathBuf>,
    /// A branch, tag or commit, instead of the files in the work tree
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// Bring what kustomization files address elsewhere (URLs, other repositories) into the cache, and build with it
    #[arg(long)]
    pub fetch: bool,
}

impl Files {
    /// What is known of remote resources. More is brought where the command or the configuration says so; the repository cannot.
    pub fn remotes(&self, places: Option<&Places>) -> Result<RemoteStore> {
        let here = RemoteStore::of(places.map(|places| places.cache.clone()));
        let is_wanted = self.fetch || Config::read(places)?.fetch == Fetch::All;
        if is_wanted { here.fetching() } else { Ok(here) }
    }

    /// The worker thread of the repository.
    pub fn worker(&self, remotes: RemoteStore) -> Result<Worker> {
        match &self.repo {
            Some(folder) => Worker::start(folder, Checkout::open, remotes),
            None => {
                let here =
                    std::env::current_dir().map_err(|error| Error::failed(format!("no current directory: {error}"), ""))?;
                Worker::start(&here, Checkout::around, remotes)
            }
        }
    }

    /// Whether a folder or a revision is named, or the current directory is in a checkout.
    pub fn are_here(&self) -> bool {
        let is_around = || std::env::current_dir().is_ok_and(|here| Checkout::around(&here).is_ok());
        self.repo.is_some() || self.rev.is_some() || is_around()
    }

    pub fn view<'c>(&self, checkout: &'c Checkout) -> Result<View<'c>> {
        Ok(checkout.view(self.rev.as_deref())?)
    }
}

/// What is built from the files.
#[derive(Args, Clone)]
pub(super) struct What {
    /// A folder, built as by kustomize; without a kustomization file, as by Flux
    #[arg(long, value_name = "PATH", conflicts_with = "kustomization")]
    pub path: Option<String>,
    /// A Flux Kustomization, with everything that Flux adds: NAMESPACE/NAME, or CLUSTER/NAMESPACE/NAME
    #[arg(long, value_name = "NS/NAME")]
    pub kustomization: Option<String>,
    /// Values that only the cluster has: manifests of ConfigMaps and Secrets, or lines of NAME=value
    #[arg(long, value_name = "FILE")]
    pub substitute_from: Option<PathBuf>,
}

/// A text of the user's, from a file; from standard input where that is `-`.
pub(super) fn text(file: &Path) -> Result<String> {
    let read = match file.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    read.map_err(|error| Error::failed(format!("cannot read {}: {error}", file.display()), "pass a file of text, or -"))
}

/// Values for variables, from a file of the user.
#[derive(Default)]
pub(super) struct Given {
    /// By kind, namespace and name.
    manifests: Vec<(String, String, String, Values)>,
    plain: Values,
}

impl Given {
    /// # Errors
    /// The file cannot be read, or is neither manifests nor lines of `NAME=value`.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Error::usage(format!("cannot read {shown}: {error}"), ""))?;
        let file: Text = shown.as_str().into();
        let mut given = Self::default();
        let nodes = documents(&bytes, &Reading::file(&file, Layer::Cluster)).unwrap_or_default();
        let text = |node: &Node, path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default().to_owned();
        if !nodes.is_empty() && nodes.iter().all(Node::is_map) {
            for node in &nodes {
                let kind = text(node, &["kind"]);
                if kind == "ConfigMap" || kind == "Secret" {
                    let values = flux::values(node).ok_or_else(|| {
                        Error::failed(format!("{shown}: the {kind} is encrypted or not readable"), "decrypt it first")
                    })?;
                    given.manifests.push((
                        kind,
                        text(node, &["metadata", "namespace"]),
                        text(node, &["metadata", "name"]),
                        values,
                    ));
                } else if kind.is_empty() {
                    let pair = |entry: &render::node::Entry| {
                        Some((entry.key.shared_text()?.clone(), (entry.value.shared_text()?.clone(), entry.value.trace.clone())))
                    };
                    given.plain.extend(node.entries().iter().filter_map(pair));
                }
            }
            return Ok(given);
        }
        let lines = String::from_utf8_lossy(&bytes).into_owned();
        for (line, text) in (1..).zip(lines.lines()).filter(|(_, text)| !text.trim().is_empty() && !text.starts_with('#')) {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                let hint = "pass manifests of ConfigMaps and Secrets, or lines of NAME=value";
                Error::usage(format!("{shown}:{line}: no NAME=value"), hint)
            })?;
            given.plain.insert(
                name.trim().into(),
                (value.into(), Trace::new(Origin::new(&file, line, 1, Layer::Cluster).as_form(Notation::Maker))),
            );
        }
        Ok(given)
    }

    /// Everything together, for a folder that no Kustomization names.
    pub fn variables(&self) -> Variables {
        let mut variables = Variables::default();
        variables.may_miss_some();
        let all = self.manifests.iter().map(|(.., values)| values).chain([&self.plain]);
        for (name, (value, trace)) in all.flatten() {
            variables.set(name, value, trace.clone());
        }
        variables
    }

    /// Builds a repository with these values.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn build(&self, builder: &mut Builder, remotes: &RemoteStore, tree: &dyn Tree) -> Result<Repository> {
        let build = |builder: &mut Builder| Ok(builder.build(tree)?);
        let complete =
            |builder: &mut Builder| remotes.complete(builder, build, |repository, look| repository.remotes().for_each(look));
        for (kind, namespace, name, values) in self.manifests.iter().filter(|(_, namespace, ..)| !namespace.is_empty()) {
            builder.give(kind, namespace, name, values.clone());
        }
        let repository = complete(builder)?;
        let anywhere: Vec<_> = self.manifests.iter().filter(|(_, namespace, ..)| namespace.is_empty()).collect();
        if self.plain.is_empty() && anywhere.is_empty() {
            return Ok(repository);
        }
        // what git does not have itself is asked of what was given
        for (_, member) in repository.members() {
            let cluster = repository.clusters.iter().find(|cluster| cluster.members.iter().any(|one| std::ptr::eq(one, member)));
            for from in member.spec.post_build.iter().flat_map(|post| &post.from) {
                let named = anywhere.iter().find(|(kind, _, name, _)| **kind == *from.kind && **name == *from.name);
                let is_in_git =
                    cluster.is_some_and(|cluster| has_values(cluster, &from.kind, &member.spec.namespace, &from.name));
                match named {
                    Some((.., values)) => builder.give(&from.kind, &member.spec.namespace, &from.name, values.clone()),
                    None if is_in_git || self.plain.is_empty() => {}
                    None => builder.give(&from.kind, &member.spec.namespace, &from.name, self.plain.clone()),
                }
            }
        }
        complete(builder)
    }
}

fn has_values(cluster: &render::repository::RepositoryCluster, kind: &str, namespace: &str, name: &str) -> bool {
    let text = |node: &Node, path: &[&str], wanted: &str| node.at(path).and_then(Node::text) == Some(wanted);
    cluster.members.iter().flat_map(|member| member.outcome.objects()).any(|object| {
        let node = &object.node;
        text(node, &["kind"], kind)
            && text(node, &["metadata", "namespace"], namespace)
            && text(node, &["metadata", "name"], name)
            && flux::values(node).is_some()
    })
}

/// Builds one folder, as far as its remote resources are here; also says which it looked for.
///
/// # Errors
/// It is not there, or cannot be built.
pub(super) fn folder(
    bench: &mut Bench,
    files: &Files,
    path: &str,
    given: Option<&Given>,
) -> Result<(std::result::Result<Vec<Applied>, BuildError>, RemoteUses)> {
    let outside = || BuildError::refused(format!("`{path}` leaves the repository"), "pass a folder inside it: --path apps/web");
    let folder = tree::join("", path.trim_start_matches('/')).filter(|_| !path.starts_with('/')).ok_or_else(outside)?;
    let variables = given.map(Given::variables);
    let Bench { checkout, builder, remotes } = bench;
    let (view, cache) = (files.view(checkout)?, Cache::default());
    let render = |builder: &mut Builder| Ok(flux::rendered(view.tree(), &folder, &cache, builder.remotes()));
    let rendered = remotes.complete(builder, render, |rendered, look| look(&rendered.remotes))?;
    Ok((rendered.objects.and_then(|objects| flux::filled(objects, variables.as_ref())), rendered.remotes))
}

/// Refuses what lacks a remote resource.
///
/// # Errors
/// The first that is not here.
pub(super) fn whole(uses: &RemoteUses) -> Result<()> {
    match uses.missing().next() {
        Some(missing) => Err(missing.refusal().into()),
        None => Ok(()),
    }
}

/// The one matching member.
///
/// # Errors
/// None, or several that differ.
pub(super) fn member(repository: &Repository, wanted: &str) -> Result<MemberIndex> {
    let found = members(repository, wanted)?;
    if let [one] = found[..] {
        return Ok(one);
    }
    let names: Vec<_> = found.iter().map(|place| full(repository, *place)).collect();
    Err(Error::failed(format!("several clusters have a Kustomization `{wanted}`"), format!("name one: {}", names.join(", "))))
}

/// What a member applies.
///
/// # Errors
/// It cannot be built, or its source is another repository.
pub(super) fn objects(repository: &Repository, place: MemberIndex) -> Result<&[Applied]> {
    match &repository.clusters[place.cluster].members[place.member].outcome {
        BuildOutcome::Built(objects) => Ok(objects),
        BuildOutcome::Failed(error) => Err(error.clone().into()),
        BuildOutcome::Elsewhere(why) => {
            let hint = "build it in a checkout of that repository";
            Err(Error::failed(format!("{} is not built from here: {why}", called(repository, place)), hint))
        }
    }
}
