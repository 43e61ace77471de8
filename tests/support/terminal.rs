//! A program in a pseudo terminal, and its screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use super::{GLANCE, within};

/// Columns and rows.
pub const WIDE: (u16, u16) = (120, 30);
pub const SMALL: (u16, u16) = (80, 24);

pub struct Terminal {
    parser: Parser,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    chunks: Receiver<Vec<u8>>,
    child: Box<dyn Child + Send + Sync>,
    /// Everything that the program wrote.
    pub written: Vec<u8>,
}

impl Terminal {
    pub fn start(command: CommandBuilder, size: (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(pty_size(size)).expect("a pseudo terminal");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let (columns, rows) = size;
        Self {
            parser: Parser::new(cells(rows), cells(columns), 0),
            master: pair.master,
            writer,
            chunks,
            child,
            written: Vec::new(),
        }
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().expect("it was started")
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Shows what the program writes within that time; whether there was anything.
    pub fn read(&mut self, limit: Duration) -> bool {
        let Ok(chunk) = self.chunks.recv_timeout(limit) else { return false };
        self.parser.process(&chunk);
        // a terminal answers questions, and some programs wait for the answer
        for (question, answer) in
            [("\x1b]11;?", "\x1b]11;rgb:1010/1010/1818\x1b\\"), ("\x1b[c", "\x1b[?62;22c"), ("\x1b[6n", "\x1b[1;1R")]
        {
            if chunk.windows(question.len()).any(|bytes| bytes == question.as_bytes()) {
                self.keys(answer);
            }
        }
        self.written.extend(chunk);
        true
    }

    /// Waits until the screen shows what is expected; returns how long that took.
    pub fn until(&mut self, what: &str, limit: Duration, mut shown: impl FnMut(&str) -> bool) -> Duration {
        let begin = Instant::now();
        loop {
            while self.read(Duration::ZERO) {}
            if shown(&self.text()) {
                return begin.elapsed();
            }
            if begin.elapsed() >= limit {
                let state = if self.is_running() { "runs" } else { "has ended" };
                panic!("the screen does not show {what} within {limit:?}; the program {state}:\n{}", self.text());
            }
            self.read(GLANCE);
        }
    }

    /// Waits until the screen shows these words.
    pub fn until_shows(&mut self, words: &str, limit: Duration) -> Duration {
        self.until(&format!("«{words}»"), limit, |text| text.contains(words))
    }

    /// Watches for that long: the screen must stay as is claimed, in every state in which the program leaves it.
    pub fn stays(&mut self, what: &str, time: Duration, mut claim: impl FnMut(&str) -> bool) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.read(GLANCE);
            assert!(claim(&self.text()), "the screen should have stayed so: {what}:\n{}", self.text());
        }
    }

    /// Types. A program that has ended does not need the keys.
    pub fn keys(&mut self, keys: &str) {
        let _ = self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush());
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.master.resize(pty_size(size)).expect("the terminal is ours");
        self.parser.screen_mut().set_size(cells(size.1), cells(size.0));
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("our child").is_none()
    }

    /// Sends the program a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.process().to_string()]).status().expect("kill");
        assert!(sent.success(), "kill -{name}");
    }

    /// Waits for the program to end.
    pub fn end(&mut self, limit: Duration) -> ExitStatus {
        let status = within(limit, || {
            while self.read(Duration::ZERO) {}
            self.child.try_wait().expect("our child")
        });
        let status = status.unwrap_or_else(|| panic!("the program does not end:\n{}", self.text()));
        while self.read(Duration::from_millis(50)) {}
        status
    }

    /// Asserts that the terminal was given back as it was: no alternate screen, a cursor, no mouse, cooked input.
    pub fn assert_given_back(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "still on the alternate screen");
        assert!(!screen.hide_cursor(), "no cursor");
        assert!(!screen.bracketed_paste(), "still in bracketed paste");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still taken");
        assert!(self.is_cooked(), "the terminal is not cooked");
    }

    /// Whether what is typed is a line, shown and with its signals.
    pub fn is_cooked(&self) -> bool {
        let path = self.master.tty_name().expect("a terminal has a name");
        let modes = Command::new("stty").arg("-F").arg(path).arg("-a").output().expect("stty");
        let modes = String::from_utf8_lossy(&modes.stdout).into_owned();
        let modes: Vec<_> = modes.split([' ', ';', '\n']).collect();
        ["icanon", "echo", "isig", "icrnl", "opost"].iter().all(|mode| modes.contains(mode))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // it may have ended before
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a screen has cells")
}

fn pty_size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
