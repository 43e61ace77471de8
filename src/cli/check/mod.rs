//! `fluxdeck check`: whether the content of a repository is sound. Everything is built and checked, without a cluster. With `--cluster` or
//! `--pre` it is about Flux itself in a cluster.

mod cluster;
mod policy;
mod print;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::command::{self, Command, Run};
use super::source::{Files, Given};
use crate::config::Places;
use crate::git::Change;
use crate::runtime::{self, Bench};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards;
use fluxdeck_model::insight::check::{self, CheckPolicy, Difference, Findings, Level};
use fluxdeck_model::insight::schema::Schemas;
use fluxdeck_model::kinds::KUSTOMIZATION;
use fluxdeck_model::render::node::Layer;
use fluxdeck_model::render::read::{TextPlace as Reading, documents};
use fluxdeck_model::render::repository::{BuildOutcome, Repository};
use fluxdeck_model::render::tree::Tree;
use policy::Programs;

pub(super) const COMMAND: Command = Command {
    name: "check",
    doc: "Build every Flux Kustomization of a checkout and report problems, without a cluster; --cluster, --pre: as `flux check`",
    examples: &[
        "fluxdeck check",
        "fluxdeck check --repo ~/fleet --since origin/main -o github",
        "fluxdeck check --cluster",
        "fluxdeck check --pre --context production",
    ],
    arguments: Arguments::augment_args,
    run: Run::Either {
        is_called: |matches| matches.get_flag("pre") || is_typed(matches, "cluster"),
        alone: |matches, _, places| print(&command::read(matches)?, places),
        run: |call, matches| Box::pin(async move { cluster::run(call, &command::read(matches)?).await }),
    },
};

fn is_typed(matches: &clap::ArgMatches, flag: &str) -> bool {
    matches.value_source(flag) == Some(clap::parser::ValueSource::CommandLine)
}

#[derive(Args, Clone)]
struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Also look at what changed since this revision: guarded files, and objects per Kustomization and cluster
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// With --since: guarded files that this change may touch; what was an error of theirs is a warning then
    #[arg(long, value_name = "GLOB", requires = "since")]
    allow: Vec<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Form,
    /// Every finding by itself, also where many say the same
    #[arg(short, long)]
    verbose: bool,
    /// Run the programs that the repository names as checks ([[policy]] in .fluxdeck.toml), as it was at --since, else as it is
    #[arg(long)]
    run_policy: bool,
    /// More schemas: CRDs in YAML, or JSON schemas named GROUP/KIND_VERSION.json
    #[arg(long, value_name = "DIR")]
    schemas: Option<PathBuf>,
    /// Values that only the cluster has: manifests of ConfigMaps and Secrets, or lines of NAME=value
    #[arg(long, value_name = "FILE")]
    substitute_from: Option<PathBuf>,
    /// Instead of files: whether Flux can be installed in the cluster, as `flux check --pre`. --cluster: whether the installed Flux is as it
    /// has to be, as `flux check`; its namespace with -n, else flux-system, else it is looked for
    #[arg(long)]
    pre: bool,
    /// With --cluster: the controllers that must be there, separated by commas. Default: those that are there
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "pre")]
    components: Vec<String>,
    /// With --cluster: controllers that must be there besides those of --components, or besides Flux's usual four
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "pre")]
    components_extra: Vec<String>,
    /// With --cluster: how long to wait for controllers that are not ready: 30s, 5m. Default: 10s
    #[arg(long, value_name = "DURATION", value_parser = super::duration, conflicts_with = "pre")]
    timeout: Option<std::time::Duration>,
}

impl Arguments {
    fn is_about_components(&self) -> bool {
        !self.components.is_empty() || !self.components_extra.is_empty() || self.timeout.is_some()
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0
    Sarif,
}

/// Everything that is printed.
struct Report {
    findings: Findings,
    differences: Option<Vec<Difference>>,
    /// Where the checkout is.
    root: PathBuf,
    clusters: usize,
    /// Flux Kustomizations in files, and how many of them no cluster reaches.
    declared: usize,
    unreached: usize,
    members: usize,
    built: usize,
    objects: usize,
}

/// Looks at a checkout. Returns the exit code.
fn print(arguments: &Arguments, places: Option<&Places>) -> Result<u8> {
    if arguments.is_about_components() {
        return Err(Error::usage("--components and --timeout are about the controllers of a cluster", "say so: --cluster"));
    }
    let wanted = arguments.clone();
    let (mut report, programs) =
        arguments.files.worker(arguments.files.remotes(places)?)?.wait(move |bench| examine(bench, &wanted))?;
    if let Some(code) = programs.run(&mut report.findings)? {
        return Ok(code);
    }
    print::report(&report, arguments.output, arguments.verbose)?;
    let errors = report.findings.count(Level::Error);
    if report.built == 0 && errors == 0 {
        let hint = "it takes Flux Kustomizations, FluxInstances or kustomization files; what another repository applies from here is \
            said in .fluxdeck.toml: [[kustomizations]] cluster, path";
        let root = report.root.display();
        let message = match report.members {
            0 => format!("{root} declares nothing to build"),
            count => format!("{root}: none of {} is built from here", counted(count, KUSTOMIZATION.kind)),
        };
        return Err(Error::failed(message, hint));
    }
    Ok((errors > 0).into())
}

fn examine(bench: &mut Bench, arguments: &Arguments) -> Result<(Report, Programs)> {
    let Bench { checkout, builder, remotes } = bench;
    let view = arguments.files.view(checkout)?;
    let given = Given::read(arguments.substitute_from.as_deref())?;
    let mut schemas = schemas(arguments.schemas.as_deref())?;
    let repository = given.build(builder, remotes, view.tree())?;
    let mut findings = check::check(&repository, &mut schemas);
    let mut differences = None;
    let mut programs = Programs::default();
    if let Some(since) = &arguments.since {
        let revision = arguments.files.rev.as_deref();
        let base = checkout.view(Some(&checkout.base(since, revision)?))?;
        let changed = checkout.changed(since, revision)?;
        let paths: Vec<_> = changed.iter().map(|one| one.path.clone()).collect();
        let policy = policy([base.tree(), view.tree()], &arguments.allow)?;
        for one in changed {
            let before = (one.change != Change::Added).then_some(base.tree());
            check::guard(&one.path, view.tree(), before, &policy).into_iter().for_each(|finding| findings.add(finding, None));
        }
        let before = given.build(builder, remotes, base.tree())?;
        for (finding, who) in check::opened(&before, &repository) {
            // the file was already reported where it is the same as before
            if !findings.has(Level::Error, finding.rule, &finding.file) {
                findings.add(finding, Some(who));
            }
        }
        let found = check::differences(&before, &repository);
        programs = Programs::since(base.tree(), view.tree(), &paths, &found, arguments.run_policy)?;
        differences = Some(found);
    }
    if arguments.since.is_none() {
        programs = Programs::of(view.tree(), arguments.run_policy)?;
    }
    let report = Report {
        findings,
        differences,
        root: checkout.root().to_owned(),
        clusters: repository.clusters.len(),
        declared: repository.declared,
        unreached: repository.unreached.len(),
        members: repository.members().count(),
        built: count(&repository),
        objects: repository.members().map(|(_, member)| member.outcome.objects().len()).sum(),
    };
    Ok((report, programs))
}

fn count(repository: &Repository) -> usize {
    repository.members().filter(|(_, member)| matches!(member.outcome, BuildOutcome::Built(_))).count()
}

/// What the repository forbade before and forbids now, and what this run may change.
fn policy(trees: [&dyn Tree; 2], allow: &[String]) -> Result<CheckPolicy> {
    let mut deny = Vec::new();
    for tree in trees {
        deny.extend(guards::RepositoryPolicy::of(tree)?.deny().map(str::to_owned));
    }
    deny.sort();
    deny.dedup();
    CheckPolicy::new(&deny, allow)
}

/// The built-in table, and what the user has.
pub(super) fn schemas(more: Option<&Path>) -> Result<Schemas> {
    let mut schemas = runtime::schemas()?;
    let Some(folder) = more else { return Ok(schemas) };
    let mut todo = vec![folder.to_owned()];
    let mut learnt = 0;
    while let Some(folder) = todo.pop() {
        let failed =
            |error| Error::usage(format!("cannot read {}: {error}", folder.display()), "pass a folder of schemas: --schemas DIR");
        for entry in std::fs::read_dir(&folder).map_err(failed)?.flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
            } else {
                learnt += usize::from(learn(&path, &mut schemas)?);
            }
        }
    }
    if learnt == 0 {
        let hint = "it takes CRDs in YAML, or JSON schemas named GROUP/KIND_VERSION.json";
        return Err(Error::usage(format!("there is no schema in {}", folder.display()), hint));
    }
    Ok(schemas)
}

/// Reads one file of schemas; says whether it was one.
fn learn(path: &Path, schemas: &mut Schemas) -> Result<bool> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if !["json", "yaml", "yml"].contains(&extension) {
        return Ok(false);
    }
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Error::failed(format!("cannot read {shown}: {error}"), ""))?;
    if extension != "json" {
        let nodes = documents(&bytes, &Reading::file(&shown.as_str().into(), Layer::Resource)).map_err(Error::from)?;
        return Ok(nodes.iter().filter(|node| schemas.learn(node)).count() > 0);
    }
    let schema: Value = serde_json::from_slice(&bytes).map_err(|error| Error::failed(format!("{shown}: {error}"), ""))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    let Some((kind, version)) = stem.rsplit_once('_') else { return Ok(false) };
    // such files are called in small letters; the kind says itself how it is written, where it does
    let known = schema.pointer("/properties/kind/enum/0").and_then(Value::as_str).unwrap_or(kind).to_owned();
    schemas.add(&format!("{folder}/{version}"), &known, schema);
    Ok(true)
}
