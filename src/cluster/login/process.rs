//! Running a login program: without the terminal unless it may talk, never longer than a limit, never more of its output than a
//! credential needs, and ended with everything that it started.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures::FutureExt;
use futures::future::FusedFuture;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Most of its standard output that is read, in bytes: a credential with a chain of certificates is a hundredth of it.
const MOST: usize = 1 << 20;
/// Most of what it says on standard error that is kept, in bytes. All of it is looked through for secrets, and then cut for people.
const MOST_SAID: usize = 256 << 10;
/// How long its output is read after its end: what it left behind may hold the pipes open.
const REST: Duration = Duration::from_millis(500);

/// How it ended.
pub(super) struct Ran {
    pub status: ExitStatus,
    pub printed: Vec<u8>,
    /// What it said on standard error, in whole lines: half a secret looks like none. Nothing where that was the terminal.
    pub said: String,
}

/// Why there is no end of its own to tell of.
pub(super) enum Halted {
    NotStarted(std::io::Error),
    TooMuch,
    TooLong,
}

/// A process that is ended with all that it started, unless it ended by itself.
struct Leashed {
    child: Box<dyn ChildWrapper>,
    has_ended: bool,
}

impl Drop for Leashed {
    fn drop(&mut self) {
        if !self.has_ended {
            // nobody is left to be told that it was gone already
            let _ = self.child.start_kill();
        }
    }
}

/// Runs it to its end, or drops it: who drops the future ends the program.
///
/// # Errors
/// See [`Halted`].
pub(super) async fn run(mut command: Command, is_talking: bool, limit: Duration) -> Result<Ran, Halted> {
    command.stderr(if is_talking { Stdio::inherit() } else { Stdio::piped() }).kill_on_drop(true);
    let mut wrap = CommandWrap::from(command);
    #[cfg(unix)]
    if !is_talking {
        // a session of its own has no terminal: `/dev/tty` cannot be opened, and no key reaches it
        wrap.wrap(process_wrap::tokio::ProcessSession);
    }
    let child = wrap.spawn().map_err(Halted::NotStarted)?;
    let mut leashed = Leashed { child, has_ended: false };
    let ran = tokio::time::timeout(limit, to_its_end(&mut leashed)).await;
    ran.map_err(|_| Halted::TooLong)?
}

async fn to_its_end(leashed: &mut Leashed) -> Result<Ran, Halted> {
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    let (out, err) = (leashed.child.stdout().take(), leashed.child.stderr().take());
    let status = {
        let reading = async { tokio::join!(read(out, &mut printed, MOST + 1), read(err, &mut said, MOST_SAID + 1)) };
        let mut reading = std::pin::pin!(reading.fuse());
        let mut ending = leashed.child.wait();
        loop {
            tokio::select! {
                _ = &mut reading, if !reading.is_terminated() => {}
                status = &mut ending => {
                    if !reading.is_terminated() {
                        // what is told at the very end is still in the pipes
                        let _ = tokio::time::timeout(REST, &mut reading).await;
                    }
                    break status;
                }
            }
        }
    };
    let status = status.map_err(Halted::NotStarted)?;
    leashed.has_ended = true;
    if printed.len() > MOST {
        return Err(Halted::TooMuch);
    }
    Ok(Ran { status, printed, said: String::from_utf8_lossy(lines(&said, MOST_SAID)).into_owned() })
}

/// The whole lines of the first `most` bytes.
fn lines(said: &[u8], most: usize) -> &[u8] {
    match said.get(..most) {
        Some(kept) if said.len() > most => kept.rsplitn(2, |byte| matches!(byte, b'\n' | b'\r')).nth(1).unwrap_or_default(),
        _ => said,
    }
}

/// Reads all, and keeps the first `most` bytes.
async fn read(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>, most: usize) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = vec![0; 16 << 10];
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read.min(most - kept.len())]);
    }
}
