//! The user's own git, for what only it can do: fetch as the user fetches, with their ssh, helpers, proxies and keys.
//!
//! Nothing of it may reach the terminal: it asks nobody, and what cannot be had without asking fails. The URL comes from a cluster: it goes
//! by a configuration variable and not by an argument, and only protocols that Flux itself takes are spoken. What a URL holds of a
//! credential goes through a pipe: git itself hands its URL to `git-remote-https` as an argument, which everybody on the machine can read.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::failure::Failure;
use super::login::Login;
use super::run::find;
use super::said;
use fluxdeck_model::domain::text::sanitise;

/// How long a fetch may take.
const LIMIT: Duration = Duration::from_secs(180);
/// What Flux's GitRepository takes (source-controller `api/v1`, the pattern of `spec.url`).
const PROTOCOLS: &str = "http:https:ssh";

/// Fetches a commit into a bare repository: that commit alone where the server gives it (every forge does), else all branches and tags.
///
/// # Errors
/// There is no git, or it cannot fetch: what it said.
pub async fn fetch(into: &Path, url: &str, commit: &str) -> Result<(), Failure> {
    let is_spoken = |(scheme, _): (&str, &str)| PROTOCOLS.split(':').any(|known| known == scheme.to_lowercase());
    if !url.split_once("://").is_some_and(is_spoken) {
        return Err(Failure::Call("its protocol is none of Flux's".to_owned()));
    }
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::Call(format!("`{}` is not a commit", sanitise(commit))));
    }
    let git = find("git").ok_or(Failure::Missing { program: "git" })?;
    let alone = ["fetch", "--quiet", "--no-tags", "--depth=1", "origin", commit];
    match run(&git, into, url, &alone).await {
        // a server that gives no commit by its id may have it on a branch; what is not known may be the same
        Err(Failure::NoCommit(_) | Failure::Failed(_)) => {}
        done => return done,
    }
    let all = ["fetch", "--quiet", "--tags", "--force", "origin", "+refs/heads/*:refs/heads/*"];
    run(&git, into, url, &all).await
}

async fn run(git: &Path, into: &Path, url: &str, arguments: &[&str]) -> Result<(), Failure> {
    let login = Login::of(url)?;
    let mut command = login.command(git);
    command.arg("--git-dir").arg(into).args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"]).args(arguments);
    let first: usize = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or_default();
    let settings = login.settings("origin");
    command.env("GIT_CONFIG_COUNT", (first + settings.len()).to_string());
    for (at, (key, value)) in (first..).zip(settings) {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    command.env("GIT_ALLOW_PROTOCOL", PROTOCOLS).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    // ssh asks its questions at the terminal unless a program answers them
    command.env("SSH_ASKPASS_REQUIRE", "force");
    if std::env::var_os("SSH_ASKPASS").is_none() {
        command.env("SSH_ASKPASS", "false");
    }
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
        command.env_remove(variable);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let run = async {
        let mut child = command.spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // a git that needs no credential may have ended
            let _ = pipe.write_all(login.answer().as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let done = tokio::time::timeout(LIMIT, run).await;
    let done = done.map_err(|_| Failure::TooLong(LIMIT))?;
    let done = done.map_err(|error| Failure::NotStarted(error.to_string()))?;
    if done.status.success() {
        return Ok(());
    }
    Err(said::failure(&done.stderr))
}

#[cfg(test)]
#[path = "tests/git.rs"]
mod tests;
