//! What a headless command is: a value, one a file, one line in [`ALL`]. The actions add theirs, made of what they declare.

use std::pin::Pin;

use clap::{ArgMatches, Args, FromArgMatches};

use super::{
    Call, Global, act, build, changes, check, completion, demo, describe, drift, events, get, info, init, jobs, logs, man,
    playbook, playbooks, prs, pulse, snapshot, trace, tree, trust, values, where_field, why,
};
use crate::config::Places;
use fluxdeck_model::actions::{self, Action, Headless};
use fluxdeck_model::error::{Error, Result};

/// The commands that look, in the order of `--help`.
pub(super) const BEFORE: &[&Command] = &[
    &tree::COMMAND,
    &get::COMMAND,
    &pulse::COMMAND,
    &why::COMMAND,
    &trace::COMMAND,
    &describe::COMMAND,
    &events::COMMAND,
    &values::COMMAND,
    &logs::COMMAND,
];

/// The others, which come after those of the actions.
pub(super) const AFTER: &[&Command] = &[
    &jobs::COMMAND,
    &build::COMMAND,
    &where_field::COMMAND,
    &playbook::COMMAND,
    &playbooks::COMMAND,
    &changes::COMMAND,
    &prs::COMMAND,
    &check::COMMAND,
    &trust::COMMAND,
    &init::COMMAND,
    &drift::COMMAND,
    &snapshot::COMMAND,
    &demo::COMMAND,
    &info::COMMAND,
    &completion::COMMAND,
    &man::COMMAND,
];

/// Flags, by id, that mean something to every command.
const EVERYWHERE: &[&str] = &["ascii"];

/// A command without the screen.
pub(super) struct Command {
    pub name: &'static str,
    pub doc: &'static str,
    /// Calls as somebody would type them.
    pub examples: &'static [&'static str],
    /// Adds its arguments.
    pub arguments: fn(clap::Command) -> clap::Command,
    pub run: Run,
}

/// A running call, which gives its exit code.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<u8>> + 'a>>;

/// What runs without a cluster.
type RunsAlone = fn(&ArgMatches, &Global, Option<&Places>) -> Result<u8>;

/// How a command runs.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Without a cluster, a configuration and a log. `flags`: of those of all commands, by id, the ones that mean something here.
    Alone { run: RunsAlone, flags: &'static [&'static str] },
    /// As `Called`, where its flags are about a cluster; else as `Alone`.
    Either { is_called: fn(&ArgMatches) -> bool, alone: RunsAlone, run: for<'a> fn(&'a Call, &'a ArgMatches) -> Running<'a> },
    /// With them. `stops`: it only reads, so that it can be ended at any point.
    Called { run: for<'a> fn(&'a Call, &'a ArgMatches) -> Running<'a>, stops: bool },
    /// Changes the flags of all commands, and runs unless the screen is wanted.
    Prepares { prepare: fn(&ArgMatches, &mut Global) -> Result<bool>, run: for<'a> fn(&'a Call, &'a ArgMatches) -> Running<'a> },
}

impl Run {
    /// What it runs without a cluster, with these flags, and which flags of all commands mean something to that; none where it takes one.
    pub fn alone(&self, matches: &ArgMatches) -> Option<(RunsAlone, &'static [&'static str])> {
        match self {
            Self::Alone { run, flags } => Some((*run, flags)),
            Self::Either { is_called, alone, .. } if !is_called(matches) => Some((*alone, &[])),
            Self::Either { .. } | Self::Called { .. } | Self::Prepares { .. } => None,
        }
    }
}

/// A parsed command.
pub(super) enum Called {
    Own(&'static Command),
    Act(&'static Action),
}

/// All commands as clap knows them.
pub(super) fn all() -> impl Iterator<Item = clap::Command> {
    // what groups of flags say of themselves is not what the command does
    let own = |command: &&Command| {
        let made = (command.arguments)(clap::Command::new(command.name)).about(command.doc).long_about(None);
        let made = with_examples(made, command.examples);
        if let Run::Alone { flags, .. } = command.run { without_a_cluster(made, flags) } else { made }
    };
    let acts = act::commands().map(|(action, command)| with_examples(command, &act::examples(action)));
    BEFORE.iter().map(own).chain(acts).chain(AFTER.iter().map(own))
}

/// Calls at the end of its help.
fn with_examples(command: clap::Command, examples: &[impl AsRef<str>]) -> clap::Command {
    let lines: String = examples.iter().map(|line| format!("\n  {}", line.as_ref())).collect();
    let before = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    command.after_help(format!("{before}Examples:{lines}"))
}

/// Flags of all commands that mean nothing to one that asks no cluster are not shown there, and are refused.
fn without_a_cluster(command: clap::Command, meant: &[&str]) -> clap::Command {
    let all = Global::augment_args(clap::Command::new("all"));
    let others = all.get_arguments().filter(|arg| arg.is_global_set() && !means(arg, meant));
    others.fold(command, |command, arg| command.arg(arg.clone().hide(true)))
}

/// The first flag that was typed and means nothing to a command that asks no cluster.
///
/// # Errors
/// Always, if there is one.
pub(super) fn refuse_meaningless(name: &str, matches: &ArgMatches, meant: &[&str]) -> Result<()> {
    let all = Global::augment_args(clap::Command::new("all"));
    let is_typed = |id: &str| matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
    let mut typed = all.get_arguments().filter(|arg| arg.is_global_set() && is_typed(arg.get_id().as_str()));
    match typed.find(|arg| !means(arg, meant)) {
        Some(arg) => {
            let flag = arg.get_long().unwrap_or_default();
            let hint = if name == check::COMMAND.name { "leave it out, or check a cluster: --cluster" } else { "leave it out" };
            Err(Error::usage(format!("`fluxdeck {name}` asks no cluster: --{flag} means nothing to it"), hint))
        }
        None => Ok(()),
    }
}

fn means(arg: &clap::Arg, meant: &[&str]) -> bool {
    EVERYWHERE.iter().chain(meant).any(|id| *id == arg.get_id().as_str())
}

/// The command of that name.
pub(super) fn find(name: &str) -> Option<Called> {
    let own = BEFORE.iter().chain(AFTER).copied().find(|command| command.name == name).map(Called::Own);
    own.or_else(|| actions::find(name).filter(|action| matches!(action.headless, Headless::Command { .. })).map(Called::Act))
}

/// Reads a command's parsed arguments.
///
/// # Errors
/// When clap accepts arguments that the struct does not; a defect.
pub(super) fn read<T: FromArgMatches>(matches: &ArgMatches) -> Result<T> {
    T::from_arg_matches(matches).map_err(|error| Error::usage(error.to_string(), ""))
}
