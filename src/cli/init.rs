//! `fluxdeck init`: writes a `.fluxdeck.toml` in which every key is explained, filled with what can be learned from the repository. All of it
//! is commented out: the file changes nothing until somebody decides so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use super::command::{self, Command, Run};
use super::output;
use super::source::Files;
use crate::config::Places;
use crate::files::REAL;
use crate::git::Checkout;
use crate::runtime::Bench;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::settings::LearntSettings;
use fluxdeck_model::insight::named::group;
use fluxdeck_model::kinds;
use fluxdeck_model::render::Node;
use fluxdeck_model::render::id::{meta_text, text_at};
use fluxdeck_model::render::repository::{Extent, Repository, SETTINGS_FILE};
use fluxdeck_model::render::tree::Tree;

/// How many commits, and branches, are enough to learn a habit from.
const COMMITS: usize = 10;
const BRANCHES: usize = 3;
/// What `flux bootstrap` writes, and nobody edits by hand.
const GENERATED: &str = "gotk-components.yaml";

pub(super) const COMMAND: Command = Command {
    name: "init",
    doc: "Write a commented .fluxdeck.toml at the root of a checkout, with what is known of the repository",
    examples: &["fluxdeck init", "fluxdeck init --repo ~/fleet --stdout"],
    arguments: Arguments::augment_args,
    run: Run::Alone { run: |matches, _, places| run(&command::read(matches)?, places), flags: &[] },
};

#[derive(Args)]
struct Arguments {
    /// The checkout; default: the git work tree around the current directory
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// Write no file, and print it
    #[arg(long)]
    stdout: bool,
}

fn run(arguments: &Arguments, places: Option<&Places>) -> Result<u8> {
    let files = Files { repo: arguments.repo.clone(), rev: None, fetch: false };
    let (root, learnt) =
        files.worker(files.remotes(places)?)?.wait(|bench| Ok((bench.checkout.root().to_owned(), learn(bench)?)))?;
    let text = learnt.text(false);
    if arguments.stdout {
        output::write(&text)?;
        return Ok(0);
    }
    let path = root.join(SETTINGS_FILE);
    let mut file = REAL.create(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::failed(
            format!("{} is there already: it stays as it is", path.display()),
            "--stdout prints what would be written",
        ),
        _ => Error::failed(format!("{} cannot be written: {error}", path.display()), "--stdout prints it"),
    })?;
    let written = file.write(text.as_bytes()).and_then(|()| file.sync());
    written.map_err(|error| Error::failed(format!("{} cannot be written: {error}", path.display()), "--stdout prints it"))?;
    output::write(&format!("{}\n", path.display()))?;
    output::beside("take the `# ` away from what is to hold, and commit it: fluxdeck reads it from the base branch");
    Ok(0)
}

/// What can be known of a repository without a cluster. One that cannot be built teaches less.
fn learn(bench: &mut Bench) -> Result<LearntSettings> {
    let Bench { checkout, builder, .. } = bench;
    let view = checkout.view(None)?;
    let mut learnt = LearntSettings { branch: branches(checkout), ..LearntSettings::default() };
    learnt.sign_off = checkout.commit("HEAD").ok().map(|head| checkout.signs_off(&head, COMMITS));
    let Ok(repository) = builder.build(view.tree()) else { return Ok(learnt) };
    learnt.deny = generated(&repository, view.tree());
    learnt.artifacts = artifacts(&repository);
    let unknown = |cluster: usize| repository.clusters[cluster].extent == Extent::Unknown;
    let places = repository.members().filter(|(place, _)| unknown(place.cluster)).map(|(place, _)| repository.folder(place));
    learnt.kustomizations = places.collect::<BTreeSet<_>>().into_iter().map(|folder| ("production".to_owned(), folder)).collect();
    Ok(learnt)
}

/// The first part of the names that most branches have in common.
fn branches(checkout: &Checkout) -> Option<String> {
    let all = checkout.remote_branches();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (prefix, _) in all.iter().filter_map(|name| name.split_once('/')) {
        *counts.entry(prefix).or_default() += 1;
    }
    let (prefix, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= BRANCHES && count * 2 > all.len()).then(|| format!("{prefix}/{{change}}"))
}

/// The folders that `flux bootstrap` has written.
fn generated(repository: &Repository, tree: &dyn Tree) -> Vec<String> {
    let folders = repository.clusters.iter().flat_map(|cluster| {
        let folder = &cluster.folder;
        let own = if folder.is_empty() { "flux-system".to_owned() } else { format!("{folder}/flux-system") };
        [own, folder.to_string()]
    });
    let is_there = |folder: &String| !folder.is_empty() && tree.entry(&format!("{folder}/{GENERATED}")).is_some();
    folders.filter(is_there).collect::<BTreeSet<_>>().into_iter().map(|folder| format!("{folder}/**")).collect()
}

/// The folders that are pushed, known by the files of CI or the paths of Kustomizations.
fn artifacts(repository: &Repository) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    for cluster in &repository.clusters {
        let objects = cluster.members.iter().flat_map(|member| member.outcome.objects()).map(|object| &object.node);
        let objects: Vec<&Node> = objects.chain(&cluster.beside).collect();
        for (source, folder) in &cluster.artifacts {
            let is_it = |node: &&&Node| {
                let kind = kinds::OCI_REPOSITORY;
                (group(node), text_at(node, "kind")) == (kind.group, kind.kind)
                    && *source.kind == *kind.kind
                    && (meta_text(node, "namespace"), meta_text(node, "name")) == (&*source.namespace, &*source.name)
            };
            let url = objects.iter().find(is_it).and_then(|node| node.at(&["spec", "url"])?.text());
            found.extend(url.map(|url| (url.to_owned(), folder.folder.clone())));
        }
    }
    found.into_iter().collect()
}
