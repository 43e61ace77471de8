//! Running a login program: without the terminal unless it may talk, never longer than a limit, and never more of its output than a
//! credential needs.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::programs::{self, Leash};

/// Most of its standard output that is read, in bytes: a credential with a chain of certificates is a hundredth of it.
const MOST: usize = 1 << 20;
/// Most of what it says on standard error that is kept, in bytes. All of it is looked through for secrets, and then cut for people.
const MOST_SAID: usize = 256 << 10;

/// How it ended.
pub(super) struct Ran {
    pub status: ExitStatus,
    pub printed: Vec<u8>,
    /// What it said on standard error, in whole lines: half a secret looks like none. Nothing where that was the terminal.
    pub said: String,
}

/// Why it yields no credential and no exit status.
pub(super) enum Halted {
    NotStarted(std::io::Error),
    TooMuch,
    TooLong,
}

impl From<programs::Halted> for Halted {
    fn from(halted: programs::Halted) -> Self {
        match halted {
            programs::Halted::NotStarted(why) => Self::NotStarted(why),
            programs::Halted::TooLong => Self::TooLong,
        }
    }
}

/// Runs it to its end, or drops it: who drops the future ends the program.
///
/// # Errors
/// See [`Halted`].
pub(super) async fn run(mut command: Command, is_talking: bool, limit: Duration) -> Result<Ran, Halted> {
    command.stderr(if is_talking { Stdio::inherit() } else { Stdio::piped() });
    let leash = Leash { input: &[], is_alone: !is_talking, most: (MOST + 1, MOST_SAID + 1), limit };
    let ended = leash.run(command).await?;
    if ended.printed.len() > MOST {
        return Err(Halted::TooMuch);
    }
    let said = String::from_utf8_lossy(lines(&ended.said, MOST_SAID)).into_owned();
    Ok(Ran { status: ended.status, printed: ended.printed, said })
}

/// The whole lines of the first `most` bytes.
fn lines(said: &[u8], most: usize) -> &[u8] {
    match said.get(..most) {
        Some(kept) if said.len() > most => kept.rsplitn(2, |byte| matches!(byte, b'\n' | b'\r')).nth(1).unwrap_or_default(),
        _ => said,
    }
}
