//! `fluxdeck run PLAYBOOK KIND/NAME --set FIELD=VALUE…`: a change in git, planned and proven on a checkout, without a cluster.

mod print;

use clap::{ArgAction, ArgMatches, Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::check::schemas;
use super::command::{self, Command, Run};
use super::source::{Files, Given, What};
use crate::runtime::Bench;
use fluxdeck_model::change::{self, Builds, ChangeContext, LayerChoice, PlanOutcome, WantedField};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::forms::Clock;
use fluxdeck_model::guards;
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::playbooks::{self, Playbook};
use fluxdeck_model::render::tree::{self, Tree};

pub(super) const COMMAND: Command = Command {
    name: "run",
    doc: "Plan a change in git, prove it by building, and print it as a patch",
    arguments,
    run: Run::Alone(|matches, global, _| {
        let (name, matches) = matches.subcommand().ok_or_else(|| Error::usage("no playbook was named", "see --help"))?;
        let playbook =
            playbooks::find(name).ok_or_else(|| Error::usage(format!("there is no playbook `{name}`"), "see --help"))?;
        run(playbook, matches, &global.namespace)
    }),
};

fn arguments(command: clap::Command) -> clap::Command {
    let own = |playbook: &&'static Playbook| {
        Arguments::augment_args(clap::Command::new(playbook.name)).about(playbook.doc).long_about(None)
    };
    command.subcommand_required(true).arg_required_else_help(true).subcommands(playbooks::ALL.iter().map(own))
}

#[derive(Args, Clone)]
struct Arguments {
    /// The object: KIND/NAME
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// The field to set, and its value; may be repeated
    #[arg(long, value_name = "FIELD=VALUE", required = true, action = ArgAction::Append)]
    set: Vec<String>,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    what: What,
    /// The place to change: its number, FILE:LINE, or new-patch for a patch of this object only
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Accept everything else that changes with it
    #[arg(long)]
    wide: bool,
    /// Write nothing, and print what would be written
    #[arg(long)]
    dry_run: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Form,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
    /// What `git apply` takes
    Patch,
}

/// Plans, and prints. Returns the exit code.
fn run(playbook: &'static Playbook, matches: &ArgMatches, namespaces: &[String]) -> Result<u8> {
    let arguments = command::read::<Arguments>(matches)?;
    if !arguments.dry_run {
        let hint = "use --dry-run, and apply what -o patch prints";
        return Err(Error::usage("there is no forge yet that would take a pull request", hint));
    }
    let named = Named::parse(&arguments.object)?;
    let clock = Clock { now: Timestamp::now(), zone: TimeZone::system() };
    let wanted = playbook.read(&arguments.set, &clock)?;
    let (asked, namespaces) = (arguments.clone(), namespaces.to_owned());
    let outcome = arguments.files.worker()?.wait(move |bench| plan(bench, playbook, &asked, &named, &namespaces, &wanted))?;
    print::outcome(&outcome, arguments.output)
}

fn plan(
    bench: &mut Bench,
    playbook: &Playbook,
    asked: &Arguments,
    named: &Named,
    namespaces: &[String],
    wanted: &[WantedField],
) -> Result<PlanOutcome> {
    let view = asked.files.view(&bench.checkout)?;
    let given = Given::read(asked.what.substitute_from.as_deref())?;
    if asked.what.substitute_from.is_some() {
        // what only the cluster has is known to the builder from here on
        given.build(&mut bench.builder, view.tree())?;
    }
    let attributes = bench.checkout.attributes();
    let context = ChangeContext {
        tree: view.tree(),
        schemas: &schemas(None)?,
        scope: scope(asked, &given)?,
        layer: asked.layer.as_deref().map(LayerChoice::parse).transpose()?.unwrap_or_default(),
        is_wide: asked.wide,
        guards: guards::GuardRules {
            deny: &deny(view.tree())?,
            sources: &guards::SecretSources::in_tree(view.tree()),
            filter: &|path| attributes.filter(view.tree(), path),
        },
        rules: playbook.rules,
    };
    change::plan(&context, &mut Builds::new(&mut bench.builder), named, namespaces, wanted)
}

/// What the repository forbids.
fn deny(tree: &dyn Tree) -> Result<guards::DenyList> {
    guards::DenyList::new(guards::RepositoryPolicy::of(tree)?.deny().map(|glob| (glob, guards::RuleOwner::Repository)))
}

fn scope(asked: &Arguments, given: &Given) -> Result<change::ChangeScope> {
    Ok(match (&asked.what.path, &asked.what.kustomization) {
        (Some(path), _) => {
            let outside = || Error::failed(format!("`{path}` leaves the repository"), "pass a folder inside it: --path apps/web");
            let path = tree::join("", path).filter(|_| !path.starts_with('/')).ok_or_else(outside)?;
            let variables = asked.what.substitute_from.is_some().then(|| given.variables());
            change::ChangeScope::Folder { path, variables }
        }
        (None, Some(name)) => change::ChangeScope::Kustomization(name.clone()),
        (None, None) => change::ChangeScope::Any,
    })
}
