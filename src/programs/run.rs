//! Running one program: a folder of its own, no input, no network, and an end.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::failure::Failure;
use super::last_words;

/// Most of what a program prints that is read.
const MOST: usize = 64 << 20;

/// What it printed, or why it failed.
pub type Ran = Result<String, Failure>;

/// Where a program is, by `PATH`: a file that this user may run.
pub fn find(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

/// Whether there is a program at a path.
pub fn is_there(program: &Path) -> bool {
    program.is_file()
}

/// Runs a program to its end.
pub async fn run(program: &Path, arguments: &[&str], folder: &Path, limit: Duration) -> Ran {
    let mut command = match offline().await {
        Some(unshare) => {
            let mut command = Command::new(unshare);
            command.args(["--map-root-user", "--net", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    // where the kernel does not cut it off, these do
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(proxy, "http://127.0.0.1:9");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy").env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    command.env("KUBECONFIG", "/dev/null");
    let done = tokio::time::timeout(limit, command.output()).await;
    let done = done.map_err(|_| Failure::TooLong(limit))?;
    let done = done.map_err(|error| Failure::NotStarted(error.to_string()))?;
    if done.stdout.len() > MOST {
        return Err(Failure::Lost(format!("it printed more than {MOST} bytes")));
    }
    if !done.status.success() {
        return Err(Failure::Failed(last_words(&done.stderr, &[])));
    }
    String::from_utf8(done.stdout).map_err(|_| Failure::Lost("its output is not text".to_owned()))
}

/// `unshare`, where this user may make a network of their own with nothing in it (Linux).
async fn offline() -> Option<PathBuf> {
    let unshare = find("unshare")?;
    let mut probe = Command::new(&unshare);
    probe.args(["--map-root-user", "--net", "--", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let may = tokio::time::timeout(Duration::from_secs(5), probe.kill_on_drop(true).status()).await;
    matches!(may, Ok(Ok(status)) if status.success()).then_some(unshare)
}
