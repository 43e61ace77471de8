//! tmux, where it has the terminal: what is copied goes through it.
//!
//! By default (`set-clipboard external`, since tmux 2.6) it drops what a program copies by OSC 52, and hands to the terminal outside what
//! its own commands copy (tmux(1), OPTIONS). `load-buffer -w` is one of these (tmux 3.2).

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::failure::Failure;
use super::run::find;
use super::{last_words, token};

/// How long it may take: it talks to a server on this machine.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether the terminal is tmux's.
pub fn is_in_tmux() -> bool {
    std::env::var_os("TMUX").is_some_and(|socket| !socket.is_empty())
}

/// Copies a text: into a buffer of tmux's, and on to the clipboard of the terminal outside, unless tmux is set not to (`set-clipboard off`).
///
/// # Errors
/// There is no tmux here, it is older than 3.2, or its server does not answer.
pub async fn copy_by_tmux(text: &str) -> Result<(), Failure> {
    copy_by(&find("tmux").ok_or(Failure::Missing { program: "tmux" })?, text).await
}

/// As [`copy_by_tmux`], by that program. The text goes in as its input: arguments can be read by anybody on the machine.
pub(super) async fn copy_by(tmux: &Path, text: &str) -> Result<(), Failure> {
    let ended = token::run(Command::new(tmux), ["load-buffer", "-w", "-"], text.as_bytes(), LIMIT).await?;
    if ended.status.success() { Ok(()) } else { Err(Failure::Failed(last_words(&ended.said, &[]))) }
}
