//! Keyboard input as it arrives: each read of the terminal with its time, so that an escape key can be distinguished from the start of an
//! escape sequence. What it means is not decided here.
//!
//! A thread does nothing but read: keys that are typed while a frame is drawn keep their own reads. It polls before each read. crossterm's
//! poll misses input that becomes ready together with a resize, and so holds that key back until the next one.

use std::io::{PipeReader, PipeWriter};
use std::os::fd::AsFd;
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

/// Most that one read takes, in bytes: as much as a terminal keeps (Linux, `N_TTY_BUF_SIZE`).
const BUFFER: usize = 4096;

/// What comes from the keyboard.
#[derive(Debug)]
pub enum Typed {
    /// What one read brought, at that moment.
    Bytes(Vec<u8>, Instant),
    /// The terminal is gone.
    Gone,
}

/// Listens to the terminal on standard input until it is paused or dropped.
pub struct Keyboard {
    typed: mpsc::UnboundedSender<Typed>,
    listening: Option<(PipeWriter, JoinHandle<()>)>,
}

impl Keyboard {
    /// A keyboard that rests, and where what is typed will come.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Typed>) {
        let (typed, reads) = mpsc::unbounded_channel();
        (Self { typed, listening: None }, reads)
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// When the system gives no thread or no pipe.
    pub fn listen(&mut self) -> std::io::Result<()> {
        self.rest();
        let (stop, hold) = std::io::pipe()?;
        let typed = self.typed.clone();
        let thread = std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || read(&stop, &typed))?;
        self.listening = Some((hold, thread));
        Ok(())
    }

    /// Leaves the terminal's keys to somebody else. What has been read stays read.
    pub fn rest(&mut self) {
        if let Some((hold, thread)) = self.listening.take() {
            drop(hold);
            // it has nothing to say, and a thread that broke has ended as well
            let _ = thread.join();
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.rest();
    }
}

/// Reads until the other end of `stop` is closed, or the terminal is gone.
fn read(stop: &PipeReader, typed: &mpsc::UnboundedSender<Typed>) {
    let stdin = std::io::stdin();
    let terminal = stdin.as_fd();
    let mut buffer = [0; BUFFER];
    loop {
        let mut ready = [PollFd::new(&terminal, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        let waited = poll(&mut ready, None);
        if waited.is_ok() && !ready[1].revents().is_empty() {
            return;
        }
        let read = match waited.and_then(|_| rustix::io::read(terminal, &mut buffer)) {
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Ok(0) | Err(_) => Typed::Gone,
            Ok(count) => Typed::Bytes(buffer[..count].to_vec(), Instant::now()),
        };
        let is_gone = matches!(read, Typed::Gone);
        if typed.send(read).is_err() || is_gone {
            return;
        }
    }
}
