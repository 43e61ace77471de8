//! `fluxdeck completion SHELL`, and what the shell then calls at each tab: this program with `COMPLETE` in its environment.
//!
//! Whatever happens then, nothing is written but candidates: no error, no question, no file. It ends soon, also where a cluster, a login
//! program or a disk does not answer.

mod candidates;
mod line;
mod shells;

use std::time::Duration;

use clap::Args;
use clap_complete::env::CompleteEnv;

use super::command::{self, Command, Run};
use super::{output, program};
use crate::runtime;
use fluxdeck_model::error::{Error, Result};

/// What shells set to have something completed; the name is that of clap's engine.
const VARIABLE: &str = "COMPLETE";
/// When it ends at the latest, whatever it waits for: a file system that does not answer is not waited for by [`candidates`].
const LONGEST: Duration = Duration::from_secs(5);

pub(super) const COMMAND: Command = Command {
    name: "completion",
    doc: "Print a completion script: for commands, flags, contexts, namespaces, kinds and names",
    examples: &["fluxdeck completion bash", "source <(fluxdeck completion bash)", "fluxdeck completion fish"],
    arguments: |command| Arguments::augment_args(command).after_help(SETUP),
    run: Run::Alone { run: |matches, _, _| print(&command::read(matches)?).map(|()| 0), flags: &[] },
};

const SETUP: &str = "For every new shell:
  bash  echo 'source <(fluxdeck completion bash)' >> ~/.bashrc
  zsh   echo 'source <(fluxdeck completion zsh)' >> ~/.zshrc
  fish  echo 'fluxdeck completion fish | source' >> ~/.config/fish/config.fish";

#[derive(Args)]
struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints what makes a shell ask this program at each tab.
fn print(arguments: &Arguments) -> Result<()> {
    let shell = shells::find(&arguments.shell.to_string());
    let shell = shell.ok_or_else(|| Error::usage(format!("{} is not completed", arguments.shell), "use bash, zsh or fish"))?;
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, "fluxdeck", "fluxdeck", &program_path(), &mut script);
    written.map_err(|error| Error::failed(format!("cannot make the script: {error}"), ""))?;
    output::raw(&script)
}

/// How the shell calls this program: by the name that it was called by, made absolute if it is a path.
fn program_path() -> String {
    let called = std::env::args_os().next().unwrap_or_else(|| "fluxdeck".into());
    let path = std::path::PathBuf::from(called);
    let path = if path.components().count() > 1 { std::path::absolute(&path).unwrap_or(path) } else { path };
    path.to_string_lossy().into_owned()
}

/// Completes, if a shell asks for that. Returns the exit code then: with 1, the shell completes as it would without us.
pub fn complete() -> Option<u8> {
    std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty() && shell != "0")?;
    std::panic::set_hook(Box::new(|_| {}));
    runtime::end_within(LONGEST);
    let engine = CompleteEnv::with_factory(|| candidates::offered(program())).var(VARIABLE).shells(shells::all());
    let done = engine.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref());
    Some(u8::from(!matches!(done, Ok(true))))
}
