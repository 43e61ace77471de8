//! Tokens that other programs print: a command of the user's, GitHub's and GitLab's clients, git's credential helpers.
//!
//! None of them may ask: there is no terminal, no window of a helper, and an end. What they print as their result is in no error; nothing
//! of a token is an argument.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::failure::Failure;
use super::last_words;
use super::leash::{Ended, Halted, Leash};
use super::run::find;
use fluxdeck_model::domain::secrets::MASK;
use fluxdeck_model::domain::text::sanitise;

/// How long a program may take: a password manager may ask in a window of its own.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a program may take that has only to look.
const SHORT: Duration = Duration::from_secs(15);
/// Most that is read of what it prints, in bytes.
const MOST: usize = 64 << 10;
/// Variables that hold tokens: without them `gh` prints the token that it has for the host asked for, and not one for any host
/// (gh `internal/config`, `TokenFromEnvOrConfig`).
const TOKENS: [&str; 4] = ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];
/// As [`TOKENS`], for `glab` (glab `internal/config/config_mapping.go`); the last lets it take the token of a job.
const GLAB_TOKENS: [&str; 5] = ["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN", "JOB_TOKEN", "GLAB_ENABLE_CI_AUTOLOGIN"];
/// The user name with which GitLab takes the token of a job (`doc/ci/jobs/ci_job_token.md`), which opens no merge request.
const JOB: &str = "gitlab-ci-token";

/// What a command prints on standard output: a program and its arguments, run with the environment of the user.
///
/// # Errors
/// It is not there, does not end, or fails: with the last line of its standard error.
pub async fn token_of(command: &[String]) -> Result<String, Failure> {
    let (name, arguments) = command.split_first().ok_or_else(|| Failure::Call("it names no program".to_owned()))?;
    let program = find(name).ok_or_else(|| Failure::Call(format!("{} is not installed", sanitise(name))))?;
    let ended = run(Command::new(program), arguments, b"", LIMIT).await?;
    if ended.status.success() {
        return String::from_utf8(ended.printed).map_err(|_| Failure::Lost("it prints something that is not text".to_owned()));
    }
    let printed = String::from_utf8_lossy(&ended.printed);
    let said = String::from_utf8_lossy(&ended.said);
    // a program that prints a token and fails may have it in its complaint as well
    let said =
        printed.split_whitespace().filter(|word| word.len() > 3).fold(said.into_owned(), |said, word| said.replace(word, MASK));
    Err(Failure::Failed(sanitise(&last_words(said.as_bytes(), &[])).into_owned()))
}

/// The token that `gh` has for a host. None if it is not installed, or does not know the host.
pub async fn token_of_gh(host: &str) -> Option<String> {
    ask_gh(&find("gh")?, host).await
}

/// As [`token_of_gh`], of that program.
pub(super) async fn ask_gh(gh: &Path, host: &str) -> Option<String> {
    let mut command = Command::new(gh);
    for variable in TOKENS {
        command.env_remove(variable);
    }
    command.env("GH_PROMPT_DISABLED", "1").env("GH_NO_UPDATE_NOTIFIER", "1");
    let ended = run(command, ["auth", "token", "--hostname", host], b"", SHORT).await.ok()?;
    ended.status.success().then(|| String::from_utf8(ended.printed).ok()).flatten()
}

/// The token that `glab` has for a host. None if it is not installed, or does not know the host.
pub async fn token_of_glab(host: &str) -> Option<String> {
    ask_glab(&find("glab")?, host).await
}

/// As [`token_of_glab`], of that program: as a helper of git's, which it is as well, it also renews a token of OAuth.
pub(super) async fn ask_glab(glab: &Path, host: &str) -> Option<String> {
    let mut command = Command::new(glab);
    for variable in GLAB_TOKENS {
        command.env_remove(variable);
    }
    command.env("NO_PROMPT", "true").env("GLAB_CHECK_UPDATE", "false").env("GLAB_SEND_TELEMETRY", "false");
    ask_helper(command, ["auth", "git-credential", "get"], "https", host, "").await.map(|(_, password)| password)
}

/// The name and the password that git's helpers have for a host; the password is a token where forges take no other (git-credential(1)). Without the helper's
/// windows: `GIT_ASKPASS` that is empty also turns `SSH_ASKPASS` off (git `prompt.c`).
pub async fn login_of_git(scheme: &str, host: &str, path: &str) -> Option<(String, String)> {
    ask_git(Command::new(find("git")?), scheme, host, path).await
}

/// As [`login_of_git`], of that git.
pub(super) async fn ask_git(mut command: Command, scheme: &str, host: &str, path: &str) -> Option<(String, String)> {
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("GCM_INTERACTIVE", "never").env("LC_ALL", "C");
    ask_helper(command, ["credential", "fill"], scheme, host, path).await
}

/// What a program prints that is asked as git asks its helpers (git-credential(1), "INPUT/OUTPUT FORMAT").
async fn ask_helper<const N: usize>(
    command: Command,
    arguments: [&str; N],
    scheme: &str,
    host: &str,
    path: &str,
) -> Option<(String, String)> {
    if [host, path].iter().any(|text| text.contains(['\n', '\r', '\0'])) {
        return None;
    }
    let path = if path.is_empty() { String::new() } else { format!("path={path}\n") };
    let asked = format!("protocol={scheme}\nhost={host}\n{path}\n");
    let ended = run(command, arguments, asked.as_bytes(), SHORT).await.ok()?;
    let printed = ended.status.success().then(|| String::from_utf8(ended.printed).ok()).flatten()?;
    let value = |key: &str| printed.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    // a helper may answer for another host only if git lets it: it is looked at all the same
    let is_asked =
        value("host").is_none_or(|it| it.eq_ignore_ascii_case(host)) && value("protocol").is_none_or(|it| it == scheme);
    let name = value("username").unwrap_or_default();
    (is_asked && name != JOB).then(|| Some((name.to_owned(), value("password")?.to_owned()))).flatten()
}

/// Runs a program that gets an input and asks nobody.
///
/// # Errors
/// It cannot be started, or does not end within the limit.
pub(super) async fn run<A: AsRef<OsStr>>(
    mut command: Command,
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
    limit: Duration,
) -> Result<Ended, Failure> {
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Leash { input, is_alone: true, most: (MOST, MOST), limit }.run(command).await.map_err(|halted| match halted {
        Halted::NotStarted(error) => Failure::NotStarted(error.to_string()),
        Halted::TooLong => Failure::TooLong(limit),
    })
}
