//! `fluxdeck man [DIR]`: the pages of the manual, made of what `--help` is made of.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::command::{self, Command, Run};
use super::{output, program};
use fluxdeck_model::error::{Error, Result};

pub(super) const COMMAND: Command = Command {
    name: "man",
    doc: "Print the manual page, or write one for each command into a directory",
    examples: &["fluxdeck man", "fluxdeck man /usr/local/share/man/man1"],
    arguments: Arguments::augment_args,
    run: Run::Alone {
        run: |matches, _, _| {
            let Arguments { dir } = command::read(matches)?;
            dir.map_or_else(print, |dir| write(&dir)).map(|()| 0)
        },
        flags: &[],
    },
};

#[derive(Args)]
struct Arguments {
    /// Where the pages are written: fluxdeck.1, fluxdeck-get.1, …
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

fn print() -> Result<()> {
    let mut page = Vec::new();
    let made = clap_mangen::Man::new(program()).render(&mut page);
    made.map_err(|error| Error::failed(format!("cannot make the page: {error}"), ""))?;
    output::raw(&page)
}

/// The pages are for others to read as well: the library writes them, not `files`, whose files are for their owner alone.
fn write(dir: &Path) -> Result<()> {
    let failed = |error| {
        let dir = dir.display();
        Error::failed(format!("cannot write the pages into {dir}: {error}"), format!("mkdir -p {dir}, or name another directory"))
    };
    clap_mangen::generate_to(program(), dir).map_err(failed)
}
