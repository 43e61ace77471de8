//! `fluxdeck`, started as a user would start it, with a home directory of its own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use super::terminal::Terminal;
use super::within;

/// No command of the program may take longer: none of them waits for ever.
const LONGEST: Duration = Duration::from_secs(100);

/// A user's environment: nothing of the one who runs the tests reaches the program.
pub struct Fluxdeck {
    home: TempDir,
    environment: Vec<(String, String)>,
    /// A program and its arguments that start the program, where something does.
    through: Vec<String>,
}

/// The program under way.
pub struct Running {
    child: Child,
    arguments: String,
    began: Instant,
    out: Reader,
    err: Reader,
}

/// Everything that a pipe brings, readable while it comes.
struct Reader {
    read: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Fluxdeck {
    /// A user without a kubeconfig.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a home directory");
        let mut environment: Vec<_> =
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8"), ("TZ", "UTC")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        environment.push(("HOME".to_owned(), home.path().display().to_string()));
        environment.push(("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()));
        Self { home, environment, through: Vec::new() }
    }

    /// A user with this kubeconfig.
    pub fn with(kubeconfig: &Path) -> Self {
        Self::new().set("KUBECONFIG", &kubeconfig.display().to_string())
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.add(name, value);
        self
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// A path in the user's home.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file into the user's home.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).expect("the home directory is ours");
        path
    }

    /// Starts everything through another program: these words come first.
    #[allow(dead_code, reason = "the live suites do not")]
    pub fn through(&mut self, words: Vec<String>) {
        self.through = words;
    }

    /// A program in the user's environment, started as everything else of him.
    pub fn command(&self, program: &str) -> Command {
        let mut words = self.through.iter().map(String::as_str).chain([program]);
        let mut command = Command::new(words.next().expect("there is the program itself"));
        command.args(words).env_clear().envs(self.environment.iter().cloned()).current_dir(self.home.path());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.spawn(arguments).end()
    }

    /// Starts a command.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        let began = Instant::now();
        let mut command = self.command(env!("CARGO_BIN_EXE_fluxdeck"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("fluxdeck starts");
        let out = Reader::of(child.stdout.take().expect("piped"));
        let err = Reader::of(child.stderr.take().expect("piped"));
        Running { child, arguments: format!("{arguments:?}"), began, out, err }
    }

    /// Opens the screen.
    pub fn open(&self, arguments: &[&str], size: (u16, u16)) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_fluxdeck"));
        command.args(arguments);
        self.open_command(command, size)
    }

    /// Opens a terminal with another command, in the same environment.
    pub fn open_command(&self, mut command: CommandBuilder, size: (u16, u16)) -> Terminal {
        command.env_clear();
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        Terminal::start(command, size)
    }
}

impl Running {
    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().expect("our child");
    }

    /// Sends a signal.
    #[allow(dead_code, reason = "the live suites send none to it")]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success(), "{name} to fluxdeck {}", self.arguments);
    }

    /// Whether it has written this to its standard output by now.
    #[allow(dead_code, reason = "the flows ask for it only at the end")]
    pub fn has_printed(&self, text: &str) -> bool {
        self.out.text().contains(text)
    }

    /// Whether it has written this to its standard error by now.
    pub fn has_said(&self, text: &str) -> bool {
        self.err.text().contains(text)
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        let Some(status) = within(LONGEST, || self.child.try_wait().expect("our child")) else {
            self.kill();
            panic!("fluxdeck {} did not end within {} s", self.arguments, LONGEST.as_secs());
        };
        let took = self.began.elapsed();
        Ran { code: status.code().unwrap_or(-1), out: self.out.whole(), err: self.err.whole(), took }
    }
}

impl Ran {
    /// Standard output as JSON, of a command that succeeded.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).expect("JSON on standard output")
    }
}

impl Reader {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let read = Arc::new(Mutex::new(Vec::new()));
        let into = read.clone();
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // what came before an error is still what was printed
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..length]);
            }
        });
        Self { read, thread: Some(thread) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The text, once the pipe is closed.
    fn whole(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a reader");
        }
        self.text()
    }
}
