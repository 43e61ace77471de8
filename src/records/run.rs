//! Which runs of the program are alive: each that acts holds a lock as long as it lives, so that what it left in the log of acts when it
//! was killed can be told from what another program is doing right now.
//!
//! A lock of a file (`flock`) ends with its process, however that ends. Where a file system has no locks a run has no name, and nothing
//! is said about it.

use std::fs::File;
use std::path::{Path, PathBuf};

const DIR: &str = "runs";

/// This run, as long as it lives.
pub struct Run {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Run {
    /// Begins one, and tidies up after those that were killed; none where files cannot be locked.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn begin(state: &Path) -> std::io::Result<Option<Self>> {
        let dir = state.join(DIR);
        std::fs::create_dir_all(&dir)?;
        for other in std::fs::read_dir(&dir)?.flatten() {
            if let Some(name) = other.file_name().to_str().filter(|name| !name.starts_with('.')) {
                is_over(state, name);
            }
        }
        let name = format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
        let (fresh, path) = (dir.join(format!(".{name}")), dir.join(&name));
        let lock = File::create(&fresh)?;
        if lock.try_lock().is_err() {
            return std::fs::remove_file(&fresh).map(|()| None);
        }
        // nobody sees it before it is locked
        std::fs::rename(&fresh, &path)?;
        Ok(Some(Self { name, path, _lock: lock }))
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // one that stays is found to be nobody's
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether the run of that name is over. Takes away what it left behind.
pub(super) fn is_over(dir: &Path, name: &str) -> bool {
    let path = dir.join(DIR).join(name);
    match File::open(&path) {
        Ok(file) if file.try_lock_shared().is_ok() => {
            let _ = std::fs::remove_file(&path);
            true
        }
        Ok(_) => false,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_alive_until_it_ends() {
        let dir = tempfile::tempdir().expect("a directory");
        let run = Run::begin(dir.path()).expect("written").expect("locks");
        let name = run.name().to_owned();

        assert!(!is_over(dir.path(), &name) && !is_over(dir.path(), &name), "looking ends nothing");
        drop(run);
        assert!(is_over(dir.path(), &name));
    }

    #[test]
    fn a_run_that_was_killed_left_a_file_that_nobody_holds() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join(DIR).join("7-1");
        std::fs::create_dir_all(dir.path().join(DIR)).and_then(|()| std::fs::write(&file, "")).expect("written");

        assert!(is_over(dir.path(), "7-1"));
        assert!(!file.exists(), "it is tidied up");
        std::fs::write(&file, "").expect("written");
        let run = Run::begin(dir.path()).expect("written").expect("locks");
        assert!(!file.exists(), "also by the next one");
        assert!(!is_over(dir.path(), run.name()));
    }
}
