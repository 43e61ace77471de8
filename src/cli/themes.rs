//! `fluxdeck themes`: the themes that are built in.

use clap::Args;

use super::command::{Command, Run};
use super::output;
use crate::config::Config;

pub(super) const COMMAND: Command = Command {
    name: "themes",
    doc: "Print the themes of the configuration",
    arguments: Arguments::augment_args,
    run: Run::Alone(|_, _, places| {
        let names: Vec<_> = Config::themes(places).into_iter().map(|(name, _)| name + "\n").collect();
        output::write(&names.concat()).map(|()| 0)
    }),
};

#[derive(Args)]
struct Arguments {}
