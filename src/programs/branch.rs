//! Fetching a branch, and asking a remote which branch is its default, by the user's own git.
//!
//! What is fetched goes to a reference of ours (`refs/fluxdeck/base/…`): no branch of the user's moves, no file of theirs changes, and
//! `FETCH_HEAD` stays as it is. No hook and no housekeeping runs, since nobody asked for them.

use std::path::Path;
use std::time::Duration;

use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::guards::branch::is_name;

use super::failure::Failure;
use super::leash::Ended;
use super::remote::{Direction, OURS, PROTOCOLS, Remote, reach};
use super::{quiet, said};

/// How long a fetch may take.
const LIMIT: Duration = Duration::from_secs(180);
/// How long a question to the server may take.
const ASKED: Duration = Duration::from_secs(60);
/// How often it is tried where another git works in the same repository (another view's, another program's), and how long between: half a
/// minute and more.
const TRIES: usize = 150;
const PAUSE: Duration = Duration::from_millis(200);
/// Commits by which a shallow clone is deepened at a time.
const DEEPER: &str = "--deepen=200";

/// What every fetch says first.
const FETCH: &[&str] =
    &["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no"];

/// The reference under which the head of a branch is kept once it was fetched.
pub fn base_reference(branch: &str) -> String {
    format!("refs/fluxdeck/base/{branch}")
}

/// Fetches the head of a branch into a repository and returns the reference that has it ([`base_reference`]). `is_shallow`: no more than
/// that commit, where the repository has no history anyway.
///
/// # Errors
/// There is no such branch, or the remote cannot be asked.
pub async fn fetch_branch(repository: &Path, remote: Remote<'_>, branch: &str, is_shallow: bool) -> Result<String, Failure> {
    let into = base_reference(branch);
    let depth = if is_shallow { &["--depth=1"][..] } else { &[] };
    fetch_into(repository, remote, branch, &into, depth).await?;
    Ok(into)
}

/// Fetches more of the history of a branch into a shallow repository.
///
/// # Errors
/// As [`fetch_branch`].
pub async fn deepen_branch(repository: &Path, remote: Remote<'_>, branch: &str) -> Result<(), Failure> {
    fetch_into(repository, remote, branch, &base_reference(branch), &[DEEPER]).await
}

/// The reference under which the head of a pull request is kept once it was fetched.
pub fn pull_reference(number: u64) -> String {
    format!("refs/fluxdeck/pull/{number}")
}

/// Fetches the head of a branch ([`base_reference`]) and those of pull requests ([`pull_reference`]) with their history, in one go. Each is
/// named by its number and the forge's reference for it. `depth`: no more commits than that of each.
///
/// # Errors
/// One of them is not there, or the remote cannot be asked.
pub async fn fetch_pulls(
    repository: &Path,
    remote: Remote<'_>,
    branch: &str,
    pulls: &[(u64, String)],
    depth: Option<u32>,
) -> Result<(), Failure> {
    if !is_name(branch) {
        return Err(Failure::Call(format!("`{}` is not a name for a branch", sanitise(branch))));
    }
    let base = format!("+refs/heads/{branch}:{}", base_reference(branch));
    let heads = pulls.iter().map(|(number, from)| format!("+{from}:{}", pull_reference(*number)));
    let refspecs: Vec<_> = std::iter::once(base).chain(heads).collect();
    let depth = depth.map(|depth| format!("--depth={depth}"));
    let more = depth.as_deref().into_iter().chain([OURS]).chain(refspecs.iter().map(String::as_str));
    let arguments: Vec<_> = FETCH.iter().copied().chain(more).collect();
    let ended = run(repository, remote, &arguments, LIMIT).await?;
    if ended.status.success() { Ok(()) } else { Err(said::failure(&ended.said)) }
}

async fn fetch_into(repository: &Path, remote: Remote<'_>, branch: &str, into: &str, more: &[&str]) -> Result<(), Failure> {
    if !is_name(branch) {
        return Err(Failure::Call(format!("`{}` is not a name for a branch", sanitise(branch))));
    }
    let refspec = format!("+refs/heads/{branch}:{into}");
    let arguments: Vec<_> = FETCH.iter().copied().chain(more.iter().copied()).chain([OURS, refspec.as_str()]).collect();
    let ended = run(repository, remote, &arguments, LIMIT).await?;
    if ended.status.success() { Ok(()) } else { Err(said::failure(&ended.said)) }
}

/// The default branch of a remote; none if it does not report one.
///
/// # Errors
/// The remote cannot be asked.
pub async fn default_branch(repository: &Path, remote: Remote<'_>) -> Result<Option<String>, Failure> {
    let ended = run(repository, remote, &["ls-remote", "--quiet", "--symref", OURS, "HEAD"], ASKED).await?;
    if !ended.status.success() {
        return Err(said::failure(&ended.said));
    }
    // `ref: refs/heads/main<TAB>HEAD`
    let printed = String::from_utf8_lossy(&ended.printed).into_owned();
    let name = |line: &str| Some(line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD")?.to_owned());
    Ok(printed.lines().find_map(name).filter(|name| is_name(name)))
}

/// The references of a remote that patterns mean, each as its id and its whole name. A pattern begins with `refs/`: it is never an option,
/// and asks for no more than it says. `folder`: where git runs, which does not have to be a repository for an address.
///
/// # Errors
/// The remote cannot be asked.
pub async fn references(folder: &Path, remote: Remote<'_>, patterns: &[String]) -> Result<Vec<(String, String)>, Failure> {
    if let Some(wrong) = patterns.iter().find(|pattern| !pattern.starts_with("refs/")) {
        return Err(Failure::Call(format!("`{}` is not the name of a reference", sanitise(wrong))));
    }
    let arguments: Vec<&str> = ["ls-remote", "--quiet", OURS].into_iter().chain(patterns.iter().map(String::as_str)).collect();
    let ended = run(folder, remote, &arguments, ASKED).await?;
    if !ended.status.success() {
        return Err(said::failure(&ended.said));
    }
    let printed = String::from_utf8_lossy(&ended.printed).into_owned();
    let pair = |line: &str| line.split_once('\t').map(|(id, name)| (id.to_owned(), name.to_owned()));
    Ok(printed.lines().filter_map(pair).collect())
}

/// Runs a fetch or a question. Where another git holds a lock of the repository (`shallow.lock`, a reference's), nothing was done: it is tried
/// again until that one has ended.
pub(super) async fn run(repository: &Path, remote: Remote<'_>, arguments: &[&str], limit: Duration) -> Result<Ended, Failure> {
    for _ in 1..TRIES {
        let ended = once(repository, remote, arguments, limit).await?;
        if ended.status.success() || !said::is_locked(&ended.said) {
            return Ok(ended);
        }
        tokio::time::sleep(PAUSE).await;
    }
    once(repository, remote, arguments, limit).await
}

async fn once(repository: &Path, remote: Remote<'_>, arguments: &[&str], limit: Duration) -> Result<Ended, Failure> {
    let reached = reach(repository, remote, Direction::Fetch).await?;
    let mut command = reached.login.command(&quiet::git()?);
    let quietly = [("core.hooksPath".to_owned(), "/dev/null".to_owned()), ("gc.auto".to_owned(), "0".to_owned())];
    let settings: Vec<_> = reached.settings.iter().cloned().chain(quietly).collect();
    quiet::into(&mut command, repository, &settings);
    command.env("GIT_ALLOW_PROTOCOL", PROTOCOLS).args(arguments);
    quiet::run(command, reached.login.answer().as_bytes(), limit).await
}
