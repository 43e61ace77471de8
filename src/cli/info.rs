//! `fluxdeck info`: versions and paths.

use clap::Args;

use super::command::{self, Command, Run};
use super::output;
use crate::config::{self, Places};
use crate::records;
use fluxdeck_model::error::Result;

pub(super) const COMMAND: Command = Command {
    name: "info",
    doc: "Print versions and the paths of configuration, state and log",
    arguments: Arguments::augment_args,
    run: Run::Alone(|matches, _, places| print(&command::read(matches)?, places)),
};

#[derive(Args)]
struct Arguments {
    /// Print the default configuration file with every key
    #[arg(long)]
    config: bool,
}

/// Prints versions and paths. Returns the exit code.
fn print(arguments: &Arguments, places: Option<&Places>) -> Result<u8> {
    if arguments.config {
        output::raw(config::DEFAULT.as_bytes())?;
        return Ok(0);
    }
    let path = |path: Option<std::path::PathBuf>| {
        path.map_or_else(|| "none: there is no home directory".to_owned(), |path| path.display().to_string())
    };
    let config = places.map(|places| places.config.clone());
    let state = places.map(|places| places.state.clone());
    let clones = places.map(|places| places.cache.join("repositories"));
    output::write(&format!(
        "version        {}\nconfiguration  {}\nthemes         {}\nstate          {}\nlog of acts    {}\njournals       {}\nclones         {}\nlog            {} (with FLUXDECK_LOG=info)\n",
        env!("CARGO_PKG_VERSION"),
        path(config.as_ref().map(|dir| dir.join("config.toml"))),
        path(config.map(|dir| dir.join("themes"))),
        path(state.clone()),
        path(state.as_deref().map(records::acts_file)),
        path(state.as_deref().map(records::jobs::folder)),
        path(clones),
        path(state.map(|dir| dir.join("fluxdeck.log.DATE"))),
    ))?;
    Ok(0)
}
