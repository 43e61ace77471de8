//! The user's git in one of their repositories: with their configuration, and without a terminal.
//!
//! It runs in a session of its own, so that neither it nor ssh, gpg or a hook finds a terminal to ask at: what needs an answer fails. It is
//! ended at a limit with all that it started.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures::FutureExt;
use futures::future::FusedFuture;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::failure::Failure;
use super::run::find;

/// Most that is kept of what it says, on either way, in bytes: a server's hook may say anything.
const MOST: usize = 1 << 20;
/// How long is read after its end: what it left behind (ssh with `ControlPersist`, a daemon of a credential helper) may hold the pipes open.
const REST: Duration = Duration::from_millis(500);

/// How it ended.
pub(super) struct Ended {
    pub status: ExitStatus,
    pub printed: Vec<u8>,
    pub said: Vec<u8>,
}

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

/// A process that is ended with all that it started, unless it ended by itself.
struct Leashed {
    child: Box<dyn ChildWrapper>,
    has_ended: bool,
}

impl Drop for Leashed {
    fn drop(&mut self) {
        if !self.has_ended {
            // it may be gone already
            let _ = self.child.start_kill();
        }
    }
}

/// Runs it to its end, with `input` to read. Who drops the future ends the program.
///
/// # Errors
/// It cannot be started, or does not end.
pub(super) async fn run(mut command: Command, input: &[u8], limit: Duration) -> Result<Ended, Failure> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut wrap = CommandWrap::from(command);
    #[cfg(unix)]
    wrap.wrap(process_wrap::tokio::ProcessSession);
    let not_started = |error: std::io::Error| Failure::NotStarted(error.to_string());
    let mut leashed = Leashed { child: wrap.spawn().map_err(not_started)?, has_ended: false };
    let (stdin, out, err) = (leashed.child.stdin().take(), leashed.child.stdout().take(), leashed.child.stderr().take());
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    let talk = async {
        let write = async {
            if let Some(mut pipe) = stdin {
                // who needs nothing of it may have ended
                let _ = pipe.write_all(input).await;
            }
        };
        let talking = async { tokio::join!(write, read(out, &mut printed), read(err, &mut said)) };
        let mut talking = std::pin::pin!(talking.fuse());
        let mut ending = leashed.child.wait();
        loop {
            tokio::select! {
                _ = &mut talking, if !talking.is_terminated() => {}
                status = &mut ending => {
                    if !talking.is_terminated() {
                        let _ = tokio::time::timeout(REST, &mut talking).await;
                    }
                    break status;
                }
            }
        }
    };
    let status = tokio::time::timeout(limit, talk).await.map_err(|_| Failure::TooLong(limit))?.map_err(not_started)?;
    leashed.has_ended = true;
    Ok(Ended { status, printed, said })
}

/// Reads all, and keeps the first [`MOST`] bytes.
async fn read(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = vec![0; 16 << 10];
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read.min(MOST - kept.len())]);
    }
}
