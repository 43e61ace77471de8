//! The user's git in one of their repositories: with their configuration, and without a terminal.
//!
//! It runs in a session of its own, so that neither it nor ssh, gpg or a hook finds a terminal to ask at: what needs an answer fails. It is
//! ended at a limit with all that it started.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::failure::Failure;
use super::leash::{Ended, Halted, Leash};
use super::run::find;

/// Most that is kept of what it says, on either way, in bytes: a server's hook may say anything.
const MOST: usize = 1 << 20;

/// Where the user's git is.
///
/// # Errors
/// There is none.
pub(super) fn git() -> Result<std::path::PathBuf, Failure> {
    find("git").ok_or(Failure::Missing { program: "git" })
}

/// Sets git up for a repository, be it a checkout or one without a work tree, which `safe.bareRepository` may forbid to find.
pub(super) fn into(command: &mut Command, repository: &Path, settings: &[(String, String)]) {
    command.current_dir(repository);
    let settings = settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let settings: Vec<_> = settings.chain([("safe.bareRepository", "all")]).collect();
    let first: usize = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or_default();
    command.env("GIT_CONFIG_COUNT", (first + settings.len()).to_string());
    for (at, (key, value)) in (first..).zip(settings) {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").env_remove("LANGUAGE").env_remove("GPG_TTY");
    // ssh and ssh-keygen ask a program where there is no terminal
    command.env("SSH_ASKPASS_REQUIRE", "force");
    if std::env::var_os("SSH_ASKPASS").is_none() {
        command.env("SSH_ASKPASS", "false");
    }
    // where fluxdeck itself was started from a hook
    for variable in ["DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES", "NAMESPACE", "PREFIX"]
    {
        command.env_remove(format!("GIT_{variable}"));
    }
}

/// Runs it to its end, with `input` to read. Who drops the future ends the program.
///
/// # Errors
/// It cannot be started, or does not end.
pub(super) async fn run(mut command: Command, input: &[u8], limit: Duration) -> Result<Ended, Failure> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Leash { input, is_alone: true, most: (MOST, MOST), limit }.run(command).await.map_err(|halted| match halted {
        Halted::NotStarted(error) => Failure::NotStarted(error.to_string()),
        Halted::TooLong => Failure::TooLong(limit),
    })
}
