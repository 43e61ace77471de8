//! What docker's credential helpers print: programs called `docker-credential-NAME` that look into a keychain
//! (`docker/docker-credential-helpers`, "Development": the server on standard input, JSON on standard output).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::Command;

use super::failure::Failure;
use super::last_words;
use super::leash::{Halted, Leash};
use fluxdeck_model::domain::text::sanitise;

/// How long it may take: a keychain may ask in a window of its own.
const LIMIT: Duration = Duration::from_secs(60);
/// Most that is read of what it prints, in bytes: a token of a cloud has up to 16 KiB.
const MOST: usize = 64 << 10;
/// What a helper prints, and fails, where it knows nothing of the server (`credentials/error.go`).
const UNKNOWN: &str = "credentials not found in native keychain";

/// What a helper knows of a server. No Debug: it holds a secret.
pub struct Helped {
    /// The server that it is for, where the helper says it.
    pub server: String,
    /// `<token>` where the secret is an identity token.
    pub user: String,
    pub secret: SecretString,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    #[serde(rename = "ServerURL", default)]
    server: String,
    #[serde(default)]
    username: String,
    secret: String,
}

/// Asks the helper of that name for a server; `folders` is the `PATH` that it is looked for in. None if it knows nothing of the server.
///
/// # Errors
/// It is not there, does not end, fails, or prints something else.
pub async fn ask_docker_helper(name: &str, server: &str, folders: &OsStr) -> Result<Option<Helped>, Failure> {
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_name || server.contains(char::is_control) {
        return Err(Failure::Call(format!("`{}` cannot be the name of a credential helper", sanitise(name))));
    }
    let program = format!("docker-credential-{name}");
    let found: Option<PathBuf> = which::which_in(&program, Some(folders), "/").ok();
    let found = found.ok_or_else(|| Failure::Call(format!("{program} is not installed")))?;
    ask(&found, server, LIMIT).await
}

/// As [`ask_docker_helper`], of that program.
pub(super) async fn ask(program: &Path, server: &str, limit: Duration) -> Result<Option<Helped>, Failure> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let leash = Leash { input: server.as_bytes(), is_alone: true, most: (MOST, MOST), limit };
    let ended = leash.run(command).await.map_err(|halted| match halted {
        Halted::NotStarted(error) => Failure::NotStarted(error.to_string()),
        Halted::TooLong => Failure::TooLong(limit),
    })?;
    if ended.status.success() {
        let printed = serde_json::from_slice(&ended.printed);
        let Printed { server, username, secret } =
            printed.map_err(|_| Failure::Lost("it prints something that is not a credential".to_owned()))?;
        return Ok(Some(Helped { server, user: username, secret: SecretString::from(secret) }));
    }
    if ended.printed.trim_ascii() == UNKNOWN.as_bytes() {
        return Ok(None);
    }
    // helpers complain on standard output; one that prints a credential there and fails does not get it repeated
    let is_complaint = !ended.printed.trim_ascii().is_empty() && !ended.printed.contains(&b'{');
    let said = if is_complaint { &ended.printed } else { &ended.said };
    Err(Failure::Failed(sanitise(&last_words(said, &[])).into_owned()))
}
