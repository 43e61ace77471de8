//! What the commands share that build from git: which files, which Kustomization, and the values that only the cluster has.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::git::{Checkout, View};
use crate::runtime::Worker;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::member::{full, members};
use fluxdeck_model::insight::setting::called;
use fluxdeck_model::render::error::BuildError;
use fluxdeck_model::render::flux::{self, Applied, Values};
use fluxdeck_model::render::node::{Form, Layer, Node, Origin, Text, Trace};
use fluxdeck_model::render::read::{Place as Reading, documents};
use fluxdeck_model::render::repository::{Builder, Outcome, Place, Repository};
use fluxdeck_model::render::substitute::Variables;
use fluxdeck_model::render::tree::{self, Tree};
use fluxdeck_model::render::{self, Cache};

/// Which files are looked at.
#[derive(Args, Clone)]
pub(super) struct Files {
    /// The checkout or folder; else the git work tree around the current directory
    #[arg(long, value_name = "DIR")]
    pub repo: Option<PathBuf>,
    /// A branch, tag or commit, instead of the files as they lie there
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
}

impl Files {
    /// The thread of the repository that is meant.
    pub fn worker(&self) -> Result<Worker> {
        match &self.repo {
            Some(folder) => Worker::start(folder, Checkout::open),
            None => {
                let here =
                    std::env::current_dir().map_err(|error| Error::failed(format!("no current directory: {error}"), ""))?;
                Worker::start(&here, Checkout::around)
            }
        }
    }

    pub fn view<'c>(&self, checkout: &'c Checkout) -> Result<View<'c>> {
        Ok(checkout.view(self.rev.as_deref())?)
    }
}

/// What is built of them.
#[derive(Args, Clone)]
pub(super) struct What {
    /// A folder, as kustomize builds it; one without a kustomization file as Flux does it
    #[arg(long, value_name = "PATH", conflicts_with = "kustomization")]
    pub path: Option<String>,
    /// A Flux Kustomization with everything that Flux adds: NAMESPACE/NAME, or CLUSTER/NAMESPACE/NAME
    #[arg(long, value_name = "NS/NAME")]
    pub kustomization: Option<String>,
    /// Values that only the cluster has: manifests of ConfigMaps and Secrets, or lines of NAME=value
    #[arg(long, value_name = "FILE")]
    pub substitute_from: Option<PathBuf>,
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
                let hint = "give manifests of ConfigMaps and Secrets, or lines of NAME=value";
                Error::usage(format!("{shown}:{line}: no NAME=value"), hint)
            })?;
            given.plain.insert(
                name.trim().into(),
                (value.into(), Trace::new(Origin::new(&file, line, 1, Layer::Cluster).as_form(Form::Maker))),
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
    pub fn build(&self, builder: &mut Builder, tree: &dyn Tree) -> Result<Repository> {
        for (kind, namespace, name, values) in self.manifests.iter().filter(|(_, namespace, ..)| !namespace.is_empty()) {
            builder.give(kind, namespace, name, values.clone());
        }
        let repository = builder.build(tree).map_err(Error::from)?;
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
        builder.build(tree).map_err(Error::from)
    }
}

fn has_values(cluster: &render::repository::Cluster, kind: &str, namespace: &str, name: &str) -> bool {
    let text = |node: &Node, path: &[&str], wished: &str| node.at(path).and_then(Node::text) == Some(wished);
    cluster.members.iter().flat_map(|member| member.outcome.objects()).any(|object| {
        let node = &object.node;
        text(node, &["kind"], kind)
            && text(node, &["metadata", "namespace"], namespace)
            && text(node, &["metadata", "name"], name)
            && flux::values(node).is_some()
    })
}

/// Builds one folder.
///
/// # Errors
/// It is not there, or cannot be built.
pub(super) fn folder(tree: &dyn Tree, path: &str, given: Option<&Given>) -> std::result::Result<Vec<Applied>, BuildError> {
    let outside =
        || BuildError::refused(format!("`{path}` leads out of the repository"), "name a folder inside: --path apps/web");
    let folder = tree::join("", path.trim_start_matches('/')).filter(|_| !path.starts_with('/')).ok_or_else(outside)?;
    let variables = given.map(Given::variables);
    flux::alone(tree, &folder, variables.as_ref(), &Cache::default())
}

/// The one member that is meant.
///
/// # Errors
/// None, or several that differ.
pub(super) fn member(repository: &Repository, wished: &str) -> Result<Place> {
    let found = members(repository, wished)?;
    if let [one] = found[..] {
        return Ok(one);
    }
    let names: Vec<_> = found.iter().map(|place| full(repository, *place)).collect();
    Err(Error::failed(format!("several clusters have a Kustomization `{wished}`"), format!("name one: {}", names.join(", "))))
}

/// What a member applies.
///
/// # Errors
/// It cannot be built, or lies elsewhere.
pub(super) fn objects(repository: &Repository, place: Place) -> Result<&[Applied]> {
    match &repository.clusters[place.cluster].members[place.member].outcome {
        Outcome::Built(objects) => Ok(objects),
        Outcome::Failed(error) => Err(error.clone().into()),
        Outcome::Elsewhere(why) => {
            let hint = "build it in a checkout of that repository";
            Err(Error::failed(format!("{} is not built from here: {why}", called(repository, place)), hint))
        }
    }
}
