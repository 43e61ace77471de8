//! `fluxdeck info`: versions and paths.

use clap::Args;

use super::command::{self, Command, Run};
use super::output;
use crate::config::{self, Places};
use crate::records;
use fluxdeck_model::domain::ArtifactSource;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::Result;

pub(super) const COMMAND: Command = Command {
    name: "info",
    doc: "Print versions and the paths of configuration, state and log",
    examples: &["fluxdeck info", "fluxdeck info --config"],
    arguments: Arguments::augment_args,
    run: Run::Alone { run: |matches, _, places| print(&command::read(matches)?, places), flags: &[] },
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
    let said = records::sources::all(crate::files::REAL, state.as_deref());
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
    if let Some(state) = places.map(|places| &places.state).filter(|_| !said.is_empty()) {
        output::write(&format!(
            "\nwhat you said of sources, in {} (U in a review changes it, a removed line forgets it)\n",
            records::sources_file(state).display()
        ))?;
    }
    for (key, kept) in &said {
        let ArtifactSource { repository, branch, root } = &kept.from;
        let branch = if branch.is_empty() { "its default branch" } else { branch };
        let root = if root.is_empty() { "." } else { root };
        let line = format!("  {key}: {root} of {repository}, {branch}, since {}", kept.at.strftime("%Y-%m-%d"));
        output::write(&format!("{}\n", sanitise_line(&line)))?;
    }
    Ok(0)
}
