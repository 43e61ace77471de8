//! `fluxdeck run PLAYBOOK KIND/NAME --set FIELD=VALUE…`: a change in git, planned and proven; with `--dry-run` printed as a patch, else
//! committed, pushed and opened as a pull request. With `--repo DIR` no cluster is needed.

mod consent;
mod file;
mod here;
mod plan;
mod print;
mod submit;

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::command::{self, Command, Run};
use super::source::{Files, What};
use super::{Call, ReportFormat};
use crate::runtime::Origin;
use fluxdeck_model::change::{ChangeSetting, OrderedObject};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::forms::Field;
use fluxdeck_model::playbooks::{self, AssignmentTarget, KnownObject, Playbook};
use fluxdeck_model::render::tree;
use fluxdeck_model::state::jobs::ChangeGoal;

pub(super) use plan::connected;
pub(super) use submit::{apart, follow, planned_again, summary};

pub(super) const COMMAND: Command = Command {
    name: "run",
    doc: "Change git: plan, prove by building, and open a pull request; or print a patch with --dry-run",
    examples: &[
        "fluxdeck run scale deploy/web -n web --set replicas=5",
        "fluxdeck run set-field deploy/web --set spec.replicas=3 --repo . --path apps/web --dry-run -o patch",
        "fluxdeck run set-field hr/podinfo -n web --set spec.chart.spec.version=6.9.0 --wait ready",
        "fluxdeck run edit deploy/web -n web --set spec.replicas=3 --unset spec.paused",
        "fluxdeck run edit-file deploy/web -n web --content web.yaml --reason 'as agreed'",
    ],
    arguments,
    run: Run::Called {
        run: |call, matches| {
            Box::pin(async move {
                let (name, matches) = matches.subcommand().ok_or_else(|| Error::usage("no playbook was named", "see --help"))?;
                let missing = || Error::usage(format!("there is no playbook `{name}`"), "see --help");
                run(call, playbooks::find(name).ok_or_else(missing)?, &command::read(matches)?).await
            })
        },
        stops: false,
    },
};

fn arguments(command: clap::Command) -> clap::Command {
    let own = |playbook: &&'static Playbook| {
        let command = Arguments::augment_args(clap::Command::new(playbook.name)).about(playbook.doc).long_about(None);
        let command = command.mut_arg("set", |set| set.help(takes(playbook)));
        let hidden: &[&str] = if file::is_edited(playbook) { &["set", "set_json", "unset", "leave_out"] } else { &["content"] };
        hidden.iter().fold(command, |command, name| command.mut_arg(name, |arg| arg.hide(true)))
    };
    command.subcommand_required(true).arg_required_else_help(true).subcommands(playbooks::ALL.iter().map(own))
}

/// What `--set` takes, for its help.
fn takes(playbook: &Playbook) -> String {
    match playbook.assigns_to {
        AssignmentTarget::ObjectField { below: "", .. } => "The field to set, and its value; may be repeated".to_owned(),
        AssignmentTarget::ObjectField { below, .. } => format!("The key below {below} to set, and its value; may be repeated"),
        AssignmentTarget::FormField => {
            let form = (playbook.form)(&KnownObject::default());
            let one = |field: &Field| format!("{}: {}", field.id, field.help);
            match form.fields.iter().map(one).collect::<Vec<_>>() {
                all if all.is_empty() => "Nothing is to be said".to_owned(),
                all => format!("What is to be said; may be repeated. {}", all.join(". ")),
            }
        }
    }
}

#[derive(Args, Clone)]
struct Arguments {
    /// The object, or several that get the same in one change: KIND/NAME
    #[arg(value_name = "KIND/NAME", required = true)]
    objects: Vec<String>,
    /// The field to set, and its value; may be repeated
    #[arg(long, value_name = "FIELD=VALUE", action = ArgAction::Append)]
    set: Vec<String>,
    /// A field to set to a value of JSON: a list, a map, or a plain value with its type; [+N] is a new item before the Nth; may be repeated
    #[arg(long, value_name = "FIELD=JSON", action = ArgAction::Append)]
    set_json: Vec<String>,
    /// A field to take out, or an item of a list, a map; may be repeated
    #[arg(long, value_name = "FIELD", action = ArgAction::Append)]
    unset: Vec<String>,
    /// A field to leave as it is, though the playbook would set it; may be repeated
    #[arg(long, value_name = "FIELD", action = ArgAction::Append)]
    leave_out: Vec<String>,
    /// The new content of the file; - for standard input. Without it $EDITOR opens the file at a terminal
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
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
    /// Run the programs that the repository names as checks, this time, also if `fluxdeck trust` has not allowed them
    #[arg(long)]
    run_policy: bool,
    /// Write nothing, and print what would be written
    #[arg(long)]
    dry_run: bool,
    /// Push the branch, and open no pull request
    #[arg(long, conflicts_with = "dry_run")]
    push_only: bool,
    /// Where you may not push to the repository: push to a fork of yours, and make one where there is none
    #[arg(long, conflicts_with = "dry_run")]
    fork: bool,
    /// Open the pull request as a draft
    #[arg(long, conflicts_with = "dry_run")]
    draft: bool,
    /// Let the forge merge it once its checks have passed; refused where the base branch requires no check
    #[arg(long, conflicts_with_all = ["dry_run", "draft", "push_only"])]
    auto_merge: bool,
    /// Answer yes to the question whether it is submitted
    #[arg(short = 'y', long, conflicts_with = "dry_run")]
    yes: bool,
    /// The name of a production context, which has to be typed
    #[arg(long, value_name = "WORD", conflicts_with = "dry_run")]
    confirm: Option<String>,
    /// The title of the commit and of the pull request
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Your text for the pull request, in front of what changes and what was checked; in place of --reason there
    #[arg(long, value_name = "TEXT", conflicts_with = "dry_run")]
    body: Option<String>,
    /// The same from a file; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "body"])]
    body_file: Option<PathBuf>,
    /// A label for the pull request, which the forge has to have; may be repeated
    #[arg(long, value_name = "NAME", action = ArgAction::Append, conflicts_with = "dry_run")]
    label: Vec<String>,
    /// Who is asked for a review: a user, or organisation/team; may be repeated
    #[arg(long, value_name = "NAME", action = ArgAction::Append, conflicts_with = "dry_run")]
    reviewer: Vec<String>,
    /// Why, for the commit and the pull request
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The branch that the change goes to; default: the branch that the source follows, else the remote's default branch
    #[arg(long, value_name = "BRANCH", conflicts_with = "dry_run")]
    base: Option<String>,
    /// The remote of the checkout; default: origin, or the only one
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    remote: Option<String>,
    /// How far to follow it; without this, until the pull request is open
    #[arg(long, value_enum, conflicts_with = "dry_run")]
    wait: Option<Wait>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Form,
}

impl Arguments {
    /// What is set, then what is taken out: of items of one list the last first, so that each place is the one that was meant.
    fn settings(&self) -> Vec<ChangeSetting> {
        let mut unset = self.unset.clone();
        unset.sort_by_key(|one| std::cmp::Reverse(places(one)));
        let set = self.set.iter().cloned().map(ChangeSetting::Set);
        let json = self.set_json.iter().cloned().map(ChangeSetting::Json);
        set.chain(json).chain(unset.into_iter().map(ChangeSetting::Unset)).collect()
    }

    /// The objects behind the first.
    fn also(&self) -> Vec<OrderedObject> {
        self.objects[1..].iter().map(|object| OrderedObject { object: object.clone(), namespace: String::new() }).collect()
    }
}

/// The places in a path, in order.
fn places(path: &str) -> Vec<usize> {
    path.split('[').skip(1).filter_map(|rest| rest.split_once(']')?.0.parse().ok()).collect()
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
    /// What `git apply` takes
    Patch,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wait {
    Merged,
    /// Until the cluster has applied it
    Applied,
    /// Until what runs has the new value
    Ready,
}

impl Arguments {
    fn goal(&self) -> ChangeGoal {
        match self.wait {
            None => ChangeGoal::Opened,
            Some(Wait::Merged) => ChangeGoal::Merged,
            Some(Wait::Applied) => ChangeGoal::Applied,
            Some(Wait::Ready) => ChangeGoal::RolledOut,
        }
    }

    fn report(&self) -> ReportFormat {
        if self.output == Form::Json { ReportFormat::Json } else { ReportFormat::Text }
    }
}

/// Plans, and prints or submits. Returns the exit code.
async fn run(call: &Call, playbook: &'static Playbook, arguments: &Arguments) -> Result<u8> {
    file::fits(playbook, arguments)?;
    if arguments.dry_run && needs_cluster(call, arguments) {
        return submit::dry_run(&call.bringing(arguments.files.fetch)?, playbook, arguments).await;
    }
    if arguments.dry_run {
        return here::dry_run(call, playbook, arguments).await;
    }
    let only_dry =
        || Error::usage("a patch is printed, or a pull request opened: not both", "add --dry-run, or leave out -o patch");
    let no_work_tree = || Error::usage("a change is made on the head of a branch", "name it with --base; --rev is for --dry-run");
    match arguments {
        Arguments { output: Form::Patch, .. } => Err(only_dry()),
        Arguments { files: Files { rev: Some(_), .. }, .. } => Err(no_work_tree()),
        Arguments { what: What { substitute_from: Some(_), .. }, .. } => {
            Err(Error::usage("values of variables cannot be kept with a change", "--substitute-from is for --dry-run"))
        }
        _ => submit::run(&call.bringing(arguments.files.fetch)?, playbook, arguments).await,
    }
}

/// Whether only the cluster knows the repository: none is named, and the current directory is in none. The demo's are not around it.
fn needs_cluster(call: &Call, arguments: &Arguments) -> bool {
    let Files { repo, rev, .. } = &arguments.files;
    let is_demo = matches!(call.options.origin, Origin::Demo(_)) && repo.is_none() && rev.is_none();
    arguments.what.substitute_from.is_none() && (is_demo || !arguments.files.are_here())
}

/// A folder of the repository.
fn folder(path: &str) -> Result<String> {
    let outside = || Error::failed(format!("`{path}` leaves the repository"), "pass a folder inside it: --path apps/web");
    tree::join("", path).filter(|_| !path.starts_with('/')).ok_or_else(outside)
}
