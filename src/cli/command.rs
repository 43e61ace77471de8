//! What a headless command is: a value, one a file, one line in [`ALL`]. The actions add theirs, made of what they declare.

use std::pin::Pin;

use clap::{ArgMatches, FromArgMatches};

use super::{
    Call, Global, act, build, changes, check, completion, demo, drift, get, info, jobs, playbook, snapshot, tree, where_field,
};
use crate::config::Places;
use fluxdeck_model::actions::{self, Action, Headless};
use fluxdeck_model::error::{Error, Result};

/// The commands that look, in the order of `--help`.
pub(super) const BEFORE: &[&Command] = &[&tree::COMMAND, &get::COMMAND];

/// The others, which come after those of the actions.
pub(super) const AFTER: &[&Command] = &[
    &jobs::COMMAND,
    &build::COMMAND,
    &where_field::COMMAND,
    &playbook::COMMAND,
    &changes::COMMAND,
    &check::COMMAND,
    &drift::COMMAND,
    &snapshot::COMMAND,
    &demo::COMMAND,
    &info::COMMAND,
    &completion::COMMAND,
];

/// A command without the screen.
pub(super) struct Command {
    pub name: &'static str,
    pub doc: &'static str,
    /// Adds its arguments.
    pub arguments: fn(clap::Command) -> clap::Command,
    pub run: Run,
}

/// A running call, which gives its exit code.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<u8>> + 'a>>;

/// How a command runs.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Without a cluster, a configuration and a log.
    Alone(fn(&ArgMatches, &Global, Option<&Places>) -> Result<u8>),
    /// With them. `stops`: it only reads, so that it can be ended at any point.
    Called { run: for<'a> fn(&'a Call, &'a ArgMatches) -> Running<'a>, stops: bool },
    /// Changes the flags of all commands, and runs unless the screen is wanted.
    Prepares { prepare: fn(&ArgMatches, &mut Global) -> Result<bool>, run: for<'a> fn(&'a Call, &'a ArgMatches) -> Running<'a> },
}

/// A parsed command.
pub(super) enum Called {
    Own(&'static Command),
    Act(&'static Action),
}

/// All commands as clap knows them.
pub(super) fn all() -> impl Iterator<Item = clap::Command> {
    // what groups of flags say of themselves is not what the command does
    let own = |command: &&Command| (command.arguments)(clap::Command::new(command.name)).about(command.doc).long_about(None);
    let acts = act::commands().map(|(_, command)| command);
    BEFORE.iter().map(own).chain(acts).chain(AFTER.iter().map(own))
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
