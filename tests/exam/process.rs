//! A program that is run to its end, with its input and its output.

use std::io::{Read, Write as _};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::within;

/// Nothing that is asked here may take longer.
const LONGEST: Duration = Duration::from_secs(300);

pub struct Ran {
    /// None: ended by a signal, or by us because it did not end.
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ran {
    /// # Errors
    /// What it printed on standard error, where it failed.
    pub fn checked(self) -> Result<Vec<u8>, String> {
        if self.code == Some(0) { Ok(self.out) } else { Err(self.err) }
    }
}

pub fn run(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (mut stdin, input) = (child.stdin.take().expect("piped"), input.to_owned());
    // who does not read its input to the end says why elsewhere
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let out = reader(child.stdout.take().expect("piped"));
    let err = reader(child.stderr.take().expect("piped"));
    let status = within(LONGEST, || child.try_wait().expect("our child"));
    if status.is_none() {
        child.kill().expect("our child");
        child.wait().expect("our child");
    }
    writer.join().expect("a writer");
    let (out, err) = (out.join().expect("a reader"), err.join().expect("a reader"));
    Ran { code: status.and_then(|status| status.code()), out, err: String::from_utf8_lossy(&err).into_owned() }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // what came before an error is still what was printed
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}
