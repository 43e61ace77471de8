//! A program in a pseudo terminal: its screen, and the time of every byte it wrote.
//!
//! Times are taken by a thread that does nothing but read, so that interpreting the output
//! does not delay them. A terminal answers questions, and some programs wait for the answer.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    io::{Read, Write},
    num::NonZeroU16,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{Parser, Screen};

use crate::cluster::Failure;

pub const COLUMNS: u16 = 180;
pub const ROWS: u16 = 50;

struct Chunk {
    at: Instant,
    bytes: Vec<u8>,
}

pub struct Terminal {
    parser: Parser,
    writer: Box<dyn Write + Send>,
    chunks: Receiver<Chunk>,
    child: Box<dyn Child + Send + Sync>,
    /// Output that may be the beginning of a question.
    pending: Vec<u8>,
    /// Bytes and pieces written by the program so far.
    pub written: Written,
    /// When the program was started.
    pub begin: Instant,
    /// The program closed its terminal.
    pub ended: bool,
    /// Output ends when this is closed.
    _master: Box<dyn MasterPty + Send>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    pub bytes: usize,
    pub pieces: usize,
}

/// What followed a key, counted from when it was written.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// The first piece of output after which the screen was another one.
    pub first: Duration,
    /// The last piece of output of the same burst.
    pub last: Duration,
}

/// When a key counts as painted.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A burst of output is over when this long nothing came.
    pub quiet: Duration,
    /// A key that changed nothing until then is silent.
    pub timeout: Duration,
}

impl Terminal {
    pub fn spawn(command: &[String], environment: &[(String, String)]) -> Result<Self, Failure> {
        let pair = native_pty_system().openpty(PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 })?;
        let (program, arguments) = command.split_first().ok_or("no program to measure")?;
        let mut builder = CommandBuilder::new(program);
        builder.args(arguments);
        builder.cwd(std::env::current_dir()?);
        builder.env("TERM", "xterm-256color");
        builder.env("COLORTERM", "truecolor");
        for (name, value) in environment {
            builder.env(name, value);
        }
        let mut reader = pair.master.try_clone_reader()?;
        let writer = pair.master.take_writer()?;
        let (sender, chunks) = channel();
        let begin = Instant::now();
        let child = pair.slave.spawn_command(builder)?;
        drop(pair.slave);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                let chunk = Chunk { at: Instant::now(), bytes: buffer[..count].to_vec() };
                if count == 0 || sender.send(chunk).is_err() {
                    break;
                }
            }
        });
        let size = |cells| NonZeroU16::new(cells).expect("a screen has cells");
        let parser = Parser::new(size(ROWS), size(COLUMNS), 0);
        let (pending, written) = (Vec::new(), Written::default());
        Ok(Self { parser, writer, chunks, child, pending, written, begin, ended: false, _master: pair.master })
    }

    pub fn process(&self) -> Option<u32> {
        self.child.process_id()
    }

    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// The next piece of output, shown on the screen; its time. None: nothing until `deadline`.
    pub fn receive(&mut self, deadline: Instant) -> Option<Instant> {
        match self.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => {
                self.parser.process(&chunk.bytes);
                self.written.bytes += chunk.bytes.len();
                self.written.pieces += 1;
                self.answer(&chunk.bytes);
                Some(chunk.at)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.ended = true;
                std::thread::sleep(deadline.saturating_duration_since(Instant::now()).min(Duration::from_millis(50)));
                None
            }
        }
    }

    /// Watches for some time; what was written meanwhile.
    pub fn watch(&mut self, time: Duration) -> Written {
        let (before, deadline) = (self.written, Instant::now() + time);
        while Instant::now() < deadline && !self.ended {
            self.receive(deadline);
        }
        Written { bytes: self.written.bytes - before.bytes, pieces: self.written.pieces - before.pieces }
    }

    /// Waits until this long nothing came, at most until `timeout`; the time of the last piece.
    pub fn settle(&mut self, quiet: Duration, timeout: Duration) -> Option<Instant> {
        let end = Instant::now() + timeout;
        let mut last = None;
        while let Some(at) = self.receive((Instant::now() + quiet).min(end)) {
            last = Some(at);
        }
        last
    }

    /// Writes a key and waits for its paint. None: the screen stayed as it was.
    pub fn press(&mut self, key: &[u8], patience: Patience) -> Result<Option<Paint>, Failure> {
        self.press_seen(key, patience, fingerprint)
    }

    /// The same, where only a part of the screen shows that the key was painted: what `look` returns.
    pub fn press_seen(&mut self, key: &[u8], patience: Patience, look: fn(&Screen) -> u64) -> Result<Option<Paint>, Failure> {
        while self.receive(Instant::now()).is_some() {}
        let before = look(self.screen());
        let begin = Instant::now();
        self.writer.write_all(&self.in_cursor_mode(key))?;
        self.writer.flush()?;
        let end = begin + patience.timeout;
        let mut first = None;
        let mut last = begin;
        loop {
            let deadline = if first.is_some() { (last + patience.quiet).max(Instant::now()).min(end) } else { end };
            let Some(at) = self.receive(deadline) else { break };
            last = at.max(begin);
            if first.is_none() && look(self.screen()) != before {
                first = Some(last);
            }
        }
        Ok(first.map(|first| Paint { first: first - begin, last: last - begin }))
    }

    /// Arrows are other bytes while a program has asked for application cursor keys.
    fn in_cursor_mode(&self, key: &[u8]) -> Vec<u8> {
        match key {
            [0x1b, b'[', arrow @ b'A'..=b'D'] if self.screen().application_cursor() => vec![0x1b, b'O', *arrow],
            _ => key.to_vec(),
        }
    }

    /// Ends the program, however it likes it.
    pub fn end(mut self) {
        // The program may have ended before; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Answers what a program may ask its terminal.
    fn answer(&mut self, output: &[u8]) {
        self.pending.extend_from_slice(output);
        while let Some((end, reply)) = self.question() {
            self.pending.drain(..end);
            // A program that is gone does not need the answer.
            let _ = self.writer.write_all(reply.as_bytes()).and_then(|()| self.writer.flush());
        }
        const LONGEST_QUESTION: usize = 16;
        let open = self.pending.iter().rposition(|byte| *byte == 0x1b).filter(|at| self.pending.len() - at < LONGEST_QUESTION);
        let keep = open.unwrap_or(self.pending.len());
        self.pending.drain(..keep);
    }

    /// The first question in the pending output: where it ends, and the answer.
    fn question(&self) -> Option<(usize, String)> {
        let (row, column) = self.screen().cursor_position();
        let questions: [(&[u8], String); 11] = [
            (b"\x1b[6n", format!("\x1b[{};{}R", row + 1, column + 1)),
            (b"\x1b[5n", "\x1b[0n".into()),
            (b"\x1b[c", "\x1b[?62;22c".into()),
            (b"\x1b[0c", "\x1b[?62;22c".into()),
            (b"\x1b[>c", "\x1b[>1;10;0c".into()),
            (b"\x1b[>0c", "\x1b[>1;10;0c".into()),
            (b"\x1b[?2026$p", "\x1b[?2026;0$y".into()),
            (b"\x1b[18t", format!("\x1b[8;{ROWS};{COLUMNS}t")),
            (b"\x1b[14t", format!("\x1b[4;{};{}t", ROWS * 16, COLUMNS * 8)),
            (b"\x1b]10;?", "\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\".into()),
            (b"\x1b]11;?", "\x1b]11;rgb:1010/1010/1818\x1b\\".into()),
        ];
        let found = questions.into_iter().filter_map(|(question, reply)| {
            let at = self.pending.windows(question.len()).position(|window| window == question)?;
            Some((at + question.len(), reply))
        });
        found.min_by_key(|(end, _)| *end)
    }
}

/// Text, attributes and cursor of a screen in one number.
pub fn fingerprint(screen: &Screen) -> u64 {
    let mut hasher = DefaultHasher::new();
    screen.contents_formatted().hash(&mut hasher);
    screen.cursor_position().hash(&mut hasher);
    hasher.finish()
}
