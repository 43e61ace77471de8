//! Pushing a commit to a branch that is not there yet, by the user's own git, and asking where a branch is.
//!
//! Only ever that: `--force-with-lease` with nothing expected makes the server create the branch or refuse, so that no branch is overwritten,
//! even if someone else pushes at the same moment. A [`Branch`] is not its base, so that nothing here can push to the base branch.
//!
//! *Hooks run.* `pre-push` is a program of the user's: a scan for secrets, a rule of the company's by `core.hooksPath`, the upload of Git
//! LFS. git is asked instead of libgit2 so that what the user has set up holds, signing as well as hooks, and `--no-verify` would go
//! around a rule without anybody having said so. A hook gets what git gives it: the remote and its URL without a credential, the commit
//! and the branch, no terminal. One that refuses is [`Failure::Refused`] with its own words; one that never ends is ended. A clone in the
//! cache has no hooks of its own. Hooks of `git commit` are another matter: see `commit`.
//!
//! After a failure that leaves open whether it was done (`Lost`, `TooLong`, `Unreachable`, `Failed`), [`branch_at`] knows.

use std::path::Path;
use std::time::Duration;

use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::guards::Branch;
use tokio::process::Command;

use super::failure::{Failure, Refuser};
use super::leash::Ended;
use super::push::{Pushed, pushed};
use super::remote::{Direction, OURS, PROTOCOLS, Reached, Remote, reach};
use super::run::is_there;
use super::{quiet, said};

/// How long a push may take, its hooks included.
const LIMIT: Duration = Duration::from_secs(600);
/// How long a question to the server may take.
const ASKED: Duration = Duration::from_secs(60);

/// Pushes a commit of a repository to a branch of its own. Where the branch is at that commit already, that is well.
///
/// # Errors
/// See [`Failure`]: nothing was overwritten, whatever it is.
pub async fn publish(repository: &Path, remote: Remote<'_>, commit: &str, branch: &Branch) -> Result<Pushed, Failure> {
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::Call(format!("`{}` is not the id of a commit", sanitise(commit))));
    }
    let reference = branch.reference();
    let (lease, refspec) = (format!("--force-with-lease={reference}:"), format!("{commit}:{reference}"));
    // what else the user's configuration would push along is not part of the change
    let arguments = ["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", &lease, OURS, &refspec];
    let ended = run(repository, &reach(repository, remote, Direction::Push).await?, &arguments, LIMIT).await?;
    match pushed(&String::from_utf8_lossy(&ended.printed), &reference) {
        Err(Failure::Refused { by, said }) => Err(Failure::Refused { by, said: rule(&ended.said).unwrap_or(said) }),
        // git `transport.c`: a hook of the user's ends the push before anything is sent, with 1 and no word of git's own
        Err(Failure::Lost(_)) if ended.status.code() == Some(1) && !is_of_git(&ended.said) && has_hook(repository).await? => {
            let said = words(&ended.said, |line| !line.starts_with("error: failed to push some refs"));
            Err(Failure::Refused { by: Refuser::Hook, said: said.unwrap_or_else(|| "the pre-push hook declined".to_owned()) })
        }
        Err(Failure::Lost(lost)) if !ended.status.success() => Err(match said::failure(&ended.said) {
            Failure::Failed(said) => Failure::Lost(format!("{lost}: {said}")),
            known => known,
        }),
        known => known,
    }
}

/// The commit that a branch is at; none where there is no such branch.
///
/// # Errors
/// The repository cannot be asked.
pub async fn branch_at(repository: &Path, remote: Remote<'_>, branch: &Branch) -> Result<Option<String>, Failure> {
    let reference = branch.reference();
    let ended =
        run(repository, &reach(repository, remote, Direction::Push).await?, &["ls-remote", "--quiet", OURS, &reference], ASKED)
            .await?;
    if !ended.status.success() {
        return Err(said::failure(&ended.said));
    }
    let printed = String::from_utf8_lossy(&ended.printed).into_owned();
    // a pattern fits the end of longer names too
    let at = |line: &str| line.split_once('\t').filter(|(_, name)| *name == reference).map(|(id, _)| id.to_owned());
    Ok(printed.lines().find_map(at))
}

async fn run(repository: &Path, reached: &Reached, arguments: &[&str], limit: Duration) -> Result<Ended, Failure> {
    let mut command = reached.login.command(&quiet::git()?);
    quiet::into(&mut command, repository, &reached.settings);
    command.env("GIT_ALLOW_PROTOCOL", PROTOCOLS).args(arguments);
    quiet::run(command, reached.login.answer().as_bytes(), limit).await
}

/// Whether git ended on its own account: what was being sent when a connection broke may have arrived.
fn is_of_git(said: &[u8]) -> bool {
    String::from_utf8_lossy(said).lines().any(|line| line.starts_with("fatal:") || line.starts_with("error: RPC failed"))
}

/// Whether the user has a `pre-push` hook here, wherever `core.hooksPath` says.
async fn has_hook(repository: &Path) -> Result<bool, Failure> {
    let mut command = Command::new(quiet::git()?);
    quiet::into(&mut command, repository, &[]);
    command.args(["rev-parse", "--git-path", "hooks/pre-push"]);
    let ended = quiet::run(command, &[], ASKED).await?;
    let printed = String::from_utf8_lossy(&ended.printed).into_owned();
    Ok(ended.status.success() && is_there(&repository.join(printed.trim_end_matches('\n'))))
}

/// What the server's own rule says: the lines that git passes on from it.
fn rule(said: &[u8]) -> Option<String> {
    words(said, |line| line.starts_with("remote:"))
}

/// Some of the lines, in one line fit for people.
fn words(said: &[u8], is_wanted: impl Fn(&str) -> bool) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let said = redact(&said);
    let bare = |line| ["remote:", "error:"].iter().fold(line, |line: &str, word| line.strip_prefix(word).unwrap_or(line).trim());
    let lines = said.lines().filter(|line| is_wanted(line)).map(bare);
    let said = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    (!said.is_empty()).then(|| sanitise(&said).into_owned())
}
