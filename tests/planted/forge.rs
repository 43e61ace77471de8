//! A forge that asks for a login, and looks at what runs while it is asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A program of the user's as everybody, or he himself, can see it.
#[derive(Clone, Debug)]
pub struct Process {
    pub arguments: String,
    /// A variable a line.
    pub environment: String,
}

#[derive(Default)]
struct Seen {
    /// Heads of requests.
    asked: Vec<String>,
    processes: Vec<Process>,
}

pub struct Forge {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Forge {
    /// Answers until the process of the tests ends. `variable` distinguishes the user's processes from all others.
    pub fn open(variable: &str) -> Self {
        Self::serve(variable, None)
    }

    /// One whose repositories have moved to another, as it says.
    pub fn moved(variable: &str, to: &Self) -> Self {
        Self::serve(variable, Some(to.port))
    }

    fn serve(variable: &str, moved: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let forge = Self { port: listener.local_addr().expect("an address").port(), seen: Arc::default() };
        let (seen, variable) = (forge.seen.clone(), variable.to_owned());
        std::thread::spawn(move || {
            for call in listener.incoming().flatten() {
                let found = processes(&variable);
                let asked = answer(call, moved).unwrap_or_default();
                let mut seen = lock(&seen);
                seen.processes.extend(found);
                seen.asked.push(asked);
            }
        });
        forge
    }

    /// What was asked of it.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.seen).asked.clone()
    }

    /// What ran meanwhile.
    pub fn processes(&self) -> Vec<Process> {
        lock(&self.seen).processes.clone()
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks for a login, and knows no repository; or names the port to which they have moved. Returns the request's head.
fn answer(mut call: TcpStream, moved: Option<u16>) -> std::io::Result<String> {
    let (mut head, mut chunk) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match call.read(&mut chunk)? {
            0 => break,
            read => head.extend_from_slice(&chunk[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let status = match moved {
        Some(port) => format!("302 Found\r\nLocation: http://127.0.0.1:{port}{path}"),
        None if head.to_lowercase().contains("\r\nauthorization:") => "404 Not Found".to_owned(),
        None => "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"forge\"".to_owned(),
    };
    call.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())?;
    Ok(head)
}

/// All processes with that variable.
pub fn processes(variable: &str) -> Vec<Process> {
    let read = |folder: &Path, file: &str| {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', "\n")
    };
    let all = std::fs::read_dir("/proc").expect("a system with processes").flatten();
    let all = all.map(|entry| Process { arguments: read(&entry.path(), "cmdline"), environment: read(&entry.path(), "environ") });
    all.filter(|process| process.environment.lines().any(|line| line == variable)).collect()
}
