//! `fluxdeck completion SHELL`: a script that completes commands and flags.

use clap::Args;

use super::command::{self, Command, Run};
use super::program;

pub(super) const COMMAND: Command = Command {
    name: "completion",
    doc: "Print a completion script",
    arguments: Arguments::augment_args,
    run: Run::Alone(|matches, _, _| {
        let Arguments { shell } = command::read(matches)?;
        clap_complete::generate(shell, &mut program(), "fluxdeck", &mut std::io::stdout());
        Ok(0)
    }),
};

#[derive(Args)]
struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}
