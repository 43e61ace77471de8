//! Fetching what a remote resource asks of a repository, by the user's own git: a branch, a tag, a commit, or the default branch, alone.
//!
//! The address comes from any author of a repository that is built. So it is fetched as the user fetches, without a credential that
//! the address holds, by a protocol that Flux takes, and no more of it than a limit; submodules are not.

use std::path::Path;
use std::time::Duration;

use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::guards::branch::is_name;
use fluxdeck_model::render::remote::is_commit;

use super::branch::run;
use super::failure::Failure;
use super::remote::{OURS, Remote};
use super::said;

/// How long a question, and a fetch, may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Most that a clone may grow by, in bytes.
const LARGEST: u64 = 128 << 20;
/// How often its size is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// What a reference is at the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedReference {
    /// What git fetches.
    spec: String,
    /// Another commit may have the same name another time: a branch. A tag has not, by convention.
    pub moves: bool,
}

/// Asks what a branch, tag or commit is at a remote; empty for its default branch. A whole commit is not asked for.
///
/// # Errors
/// It is not a name, or the remote cannot be asked.
pub async fn named_reference(clone: &Path, url: &str, reference: &str) -> Result<NamedReference, Failure> {
    let named = |spec: &str, moves| Ok(NamedReference { spec: spec.to_owned(), moves });
    if reference.is_empty() {
        return named("HEAD", true);
    }
    if is_commit(reference) {
        return named(reference, false);
    }
    if !is_name(reference) {
        return Err(Failure::NoCommit(format!("`{}` is not the name of a branch or tag", sanitise(reference))));
    }
    let (tag, branch) = (format!("refs/tags/{reference}"), format!("refs/heads/{reference}"));
    let ended = run(clone, Remote::Url(url), &["ls-remote", "--quiet", OURS, &tag, &branch], LIMIT).await?;
    if !ended.status.success() {
        return Err(said::failure(&ended.said));
    }
    let printed = String::from_utf8_lossy(&ended.printed).into_owned();
    let has = |name: &str| printed.lines().any(|line| line.split('\t').nth(1) == Some(name));
    // git takes a tag before a branch of the same name (git-rev-parse(1))
    match (has(&tag), has(&branch)) {
        (true, _) => named(&tag, false),
        (false, true) => named(&branch, true),
        // what it may be beside, a server knows: `refs/pull/1/head`
        (false, false) => named(reference, true),
    }
}

/// Fetches it into a clone, under a reference there, without its history.
///
/// # Errors
/// There is none, it cannot be fetched, or it is too large.
pub async fn fetch_reference(clone: &Path, url: &str, named: &NamedReference, under: &str) -> Result<(), Failure> {
    fetch_within(clone, url, named, under, LARGEST).await
}

async fn fetch_within(clone: &Path, url: &str, named: &NamedReference, under: &str, largest: u64) -> Result<(), Failure> {
    let refspec = format!("+{}:{under}", named.spec);
    // a pack that is received is kept as one, so that its size is seen
    let fixed = [
        "-c",
        "fetch.unpackLimit=1",
        "fetch",
        "--quiet",
        "--no-tags",
        "--depth=1",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
    ];
    let arguments: Vec<_> = fixed.into_iter().chain(["--recurse-submodules=no", OURS, &refspec]).collect();
    let before = size(clone);
    let fetch = run(clone, Remote::Url(url), &arguments, LIMIT);
    let ended = tokio::select! {
        ended = fetch => ended?,
        () = grown(clone, before + largest) => return Err(Failure::TooLarge(largest)),
    };
    // one that is received at once is seen afterwards
    if size(clone) > before + largest {
        return Err(Failure::TooLarge(largest));
    }
    if ended.status.success() { Ok(()) } else { Err(said::failure(&ended.said)) }
}

/// Waits until a clone is larger than that.
async fn grown(clone: &Path, most: u64) {
    while size(clone) <= most {
        tokio::time::sleep(GLANCE).await;
    }
}

/// What its packs take, those with it that are being received.
fn size(clone: &Path) -> u64 {
    let entries = std::fs::read_dir(clone.join("objects/pack")).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

#[cfg(test)]
#[path = "tests/reference.rs"]
mod tests;
