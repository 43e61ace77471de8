//! A program run to its end: never longer than a limit, never more of its output than is asked for, and ended with all that it started.

use std::process::ExitStatus;
use std::time::Duration;

use futures::FutureExt;
use futures::future::FusedFuture;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// How long its pipes are read after its end: what it left behind (ssh with `ControlPersist`, a daemon of a credential helper) may hold
/// them open.
const REST: Duration = Duration::from_millis(500);

/// What a program gets, and how much of it is kept.
pub struct Leash<'a> {
    /// For its standard input, where that is a pipe.
    pub input: &'a [u8],
    /// It has a session of its own, and so no terminal: `/dev/tty` cannot be opened, and no key reaches it.
    pub is_alone: bool,
    /// Most bytes that are kept of its standard output and of its standard error; what comes after them is read and dropped.
    pub most: (usize, usize),
    pub limit: Duration,
}

/// How it ended. What was no pipe is empty.
pub struct Ended {
    pub status: ExitStatus,
    pub printed: Vec<u8>,
    pub said: Vec<u8>,
}

/// Why it has no exit status.
pub enum Halted {
    NotStarted(std::io::Error),
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
            // it may be gone already
            let _ = self.child.start_kill();
        }
    }
}

impl Leash<'_> {
    /// Runs it to its end. Who drops the future ends the program.
    ///
    /// # Errors
    /// It cannot be started, or does not end within the limit.
    pub async fn run(&self, mut command: Command) -> Result<Ended, Halted> {
        command.kill_on_drop(true);
        let mut wrap = CommandWrap::from(command);
        #[cfg(unix)]
        if self.is_alone {
            wrap.wrap(process_wrap::tokio::ProcessSession);
        }
        let mut leashed = Leashed { child: wrap.spawn().map_err(Halted::NotStarted)?, has_ended: false };
        tokio::time::timeout(self.limit, self.talk(&mut leashed)).await.map_err(|_| Halted::TooLong)?
    }

    async fn talk(&self, leashed: &mut Leashed) -> Result<Ended, Halted> {
        let (stdin, out, err) = (leashed.child.stdin().take(), leashed.child.stdout().take(), leashed.child.stderr().take());
        let (mut printed, mut said) = (Vec::new(), Vec::new());
        let write = async {
            if let Some(mut pipe) = stdin {
                // a program that needs nothing of it may have ended
                let _ = pipe.write_all(self.input).await;
            }
        };
        let status = {
            let talking = async { tokio::join!(write, read(out, &mut printed, self.most.0), read(err, &mut said, self.most.1)) };
            let mut talking = std::pin::pin!(talking.fuse());
            let mut ending = leashed.child.wait();
            loop {
                tokio::select! {
                    _ = &mut talking, if !talking.is_terminated() => {}
                    status = &mut ending => {
                        if !talking.is_terminated() {
                            // what is written at the very end is still in the pipes
                            let _ = tokio::time::timeout(REST, &mut talking).await;
                        }
                        break status;
                    }
                }
            }
        };
        let status = status.map_err(Halted::NotStarted)?;
        leashed.has_ended = true;
        Ok(Ended { status, printed, said })
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
