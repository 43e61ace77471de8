//! Fetching a commit by the user's own git, as the user fetches: with their ssh, helpers, proxies and keys.
//!
//! Nothing of it may reach the terminal: it asks nobody, and what cannot be had without asking fails. The URL comes from a cluster, so only
//! protocols that Flux itself takes are spoken, and a credential that it holds goes through a pipe (`remote`).

use std::path::Path;
use std::time::Duration;

use fluxdeck_model::domain::text::sanitise;

use super::branch::run;
use super::failure::Failure;
use super::remote::{OURS, Remote};
use super::said;

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
    let alone = ["fetch", "--quiet", "--no-tags", "--depth=1", OURS, commit];
    match fetched(into, url, &alone).await {
        // a server that gives no commit by its id may have it on a branch; what is not known may be the same
        Err(Failure::NoCommit(_) | Failure::Failed(_)) => {}
        done => return done,
    }
    fetched(into, url, &["fetch", "--quiet", "--tags", "--force", OURS, "+refs/heads/*:refs/heads/*"]).await
}

/// Fetches the history of a commit that is there already: so many commits of it.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_history(into: &Path, url: &str, commit: &str, depth: u32) -> Result<(), Failure> {
    let depth = format!("--depth={depth}");
    fetched(into, url, &["fetch", "--quiet", "--no-tags", &depth, OURS, commit]).await
}

async fn fetched(into: &Path, url: &str, arguments: &[&str]) -> Result<(), Failure> {
    let ended = run(into, Remote::Source(url), arguments, LIMIT).await?;
    if ended.status.success() { Ok(()) } else { Err(said::failure(&ended.said)) }
}

#[cfg(test)]
#[path = "tests/git.rs"]
mod tests;
