//! `fluxdeck`, started as a user would start it, with a home directory of its own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
        Self { home, environment }
    }

    /// A user with this kubeconfig.
    pub fn with(kubeconfig: &Path) -> Self {
        Self::new().set("KUBECONFIG", &kubeconfig.display().to_string())
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
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

    /// Writes the user's configuration.
    pub fn write_config(&self, text: &str) {
        std::fs::create_dir_all(self.file(".config/fluxdeck")).expect("the home directory is ours");
        self.write(".config/fluxdeck/config.toml", text);
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let begin = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fluxdeck"));
        command.args(arguments).env_clear().envs(self.environment.iter().cloned()).current_dir(self.home.path());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("fluxdeck starts");
        let out = reader(child.stdout.take().expect("piped"));
        let err = reader(child.stderr.take().expect("piped"));
        let Some(status) = within(LONGEST, || child.try_wait().expect("our child")) else {
            child.kill().expect("our child");
            panic!("fluxdeck {arguments:?} did not end within {} s", LONGEST.as_secs());
        };
        let took = begin.elapsed();
        let text = |reader: std::thread::JoinHandle<String>| reader.join().expect("a reader");
        Ran { code: status.code().unwrap_or(-1), out: text(out), err: text(err), took }
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

impl Ran {
    /// Standard output as JSON, of a command that succeeded.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).expect("JSON on standard output")
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // what came before an error is still what was printed
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
