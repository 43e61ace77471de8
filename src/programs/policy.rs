//! Programs that a repository names as checks of its changes, run on a copy of the changed files.
//!
//! Whether one may be run is decided elsewhere; here it gets as little as it needs: a private folder that is removed afterwards, no input, no
//! terminal, none of the user's variables but where programs are, no home of the user's, and an end, for itself and all that it started.

use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use super::copy::{copy_tree, private, replace_file, write_file};
use super::leash::{Halted, Leash};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::tree::{self, Tree};

/// How long one may take.
const LIMIT: Duration = Duration::from_secs(120);
/// Most that is kept of what it says, on either way, in bytes.
const MOST: usize = 1 << 20;
/// Most that is copied, in bytes.
const LARGEST: u64 = 1 << 30;
/// Variables that it gets as the user has them: where programs are, and which certificates they trust.
const KEPT: &[&str] = &["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The folder of one run: `tree`, a home, and the list of files that changed.
pub struct PolicyFolder {
    dir: TempDir,
}

impl PolicyFolder {
    /// Copies a tree, with these files in the place of its own. `changed`: the paths that the program is said to have changed.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn new(tree: &dyn Tree, files: &[(String, Option<Vec<u8>>)], changed: impl IntoIterator<Item = String>) -> Result<Self> {
        let failed = |error: std::io::Error| Error::failed(format!("there is no place for a copy of the files: {error}"), "");
        let dir = private("fluxdeck-policy-").map_err(failed)?;
        let folder = Self { dir };
        for made in [folder.tree(), folder.home()] {
            std::fs::create_dir(made).map_err(failed)?;
        }
        copy_tree(tree, &folder.tree(), LARGEST)?;
        for (path, bytes) in files {
            let path = folder.tree().join(tree::join("", path).unwrap_or_default());
            replace_file(&path, bytes.as_deref()).map_err(failed)?;
        }
        let changed: String = changed.into_iter().map(|path| path + "\n").collect();
        write_file(&folder.changed(), changed.as_bytes())?;
        Ok(folder)
    }

    fn tree(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    fn changed(&self) -> PathBuf {
        self.dir.path().join("changed")
    }

    /// Runs a program with its arguments in the copy, to its end. Who drops the future ends the program. Returns its exit code, none after a
    /// signal, and all that it said.
    ///
    /// # Errors
    /// Why it has no end of its own.
    pub async fn run(&self, command: &[String]) -> std::result::Result<(Option<i32>, String), String> {
        self.run_within(command, LIMIT).await
    }

    async fn run_within(&self, words: &[String], limit: Duration) -> std::result::Result<(Option<i32>, String), String> {
        let (name, arguments) = words.split_first().ok_or("no program is named")?;
        let search = search();
        let program = self.program(name, &search).ok_or_else(|| format!("{name} is not installed"))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.tree()).env_clear();
        command.env("PATH", &search).env("HOME", self.home()).env("TMPDIR", self.home()).env("FLUXDECK_CHANGED", self.changed());
        command.env("LC_ALL", "C.UTF-8").env("TERM", "dumb").env("NO_COLOR", "1").env("GIT_TERMINAL_PROMPT", "0");
        for (variable, value) in KEPT.iter().filter_map(|variable| Some((variable, std::env::var_os(variable)?))) {
            command.env(variable, value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match (Leash { input: b"", is_alone: true, most: (MOST, MOST), limit }).run(command).await {
            Ok(ended) => {
                let said = [ended.printed, ended.said].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                Ok((ended.status.code(), said.join("\n")))
            }
            Err(Halted::TooLong) => Err(format!("it did not end within {} s", limit.as_secs())),
            Err(Halted::NotStarted(error)) => Err(format!("{name} cannot be started: {error}")),
        }
    }

    /// A name is looked for where programs are; a path is one of the copy, or of the machine.
    fn program(&self, name: &str, search: &std::ffi::OsStr) -> Option<PathBuf> {
        if Path::new(name).is_absolute() {
            return Some(PathBuf::from(name));
        }
        if !name.contains('/') {
            return which::which_in(name, Some(search), "/").ok();
        }
        let path = self.tree().join(tree::join("", name)?);
        let is_inside = path.canonicalize().is_ok_and(|path| self.tree().canonicalize().is_ok_and(|tree| path.starts_with(tree)));
        if !is_inside || !path.is_file() {
            return None;
        }
        // a tree does not say which of its files may be run
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).ok()?;
        Some(path)
    }
}

/// Where programs are: what of `PATH` depends on the folder that one is in would be the repository's to fill.
fn search() -> std::ffi::OsString {
    let all = std::env::var_os("PATH").unwrap_or_default();
    let is_plain = |path: &PathBuf| path.is_absolute() && !path.components().any(|part| part == Component::ParentDir);
    std::env::join_paths(std::env::split_paths(&all).filter(is_plain)).unwrap_or_default()
}

#[cfg(test)]
#[path = "tests/policy.rs"]
mod tests;
