//! Which runs of the program are alive: each that acts holds a lock as long as it lives, so that what it left in the log of acts when it
//! was killed can be distinguished from what another run is doing right now.
//!
//! A lock of a file (`flock`) ends with its process, however that ends. Where a file system has no locks a run has no name, and nothing
//! is said about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files::{self, Attempt, Disk, Lock};

const DIR: &str = "runs";

/// This run, as long as it lives.
pub struct Run {
    disk: Arc<dyn Disk>,
    name: String,
    path: PathBuf,
    _lock: Lock,
}

impl Run {
    /// Begins one, and tidies up after those that were killed; none where files cannot be locked.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn begin(disk: Arc<dyn Disk>, state: &Path) -> std::io::Result<Option<Self>> {
        let dir = state.join(DIR);
        disk.make_dir(&dir)?;
        for other in files::names(&*disk, &dir)?.iter().filter(|name| !name.starts_with('.')) {
            is_over(&*disk, state, other);
        }
        let name = format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
        let (fresh, path) = (dir.join(format!(".{name}")), dir.join(&name));
        let lock = match disk.try_lock(&fresh) {
            Ok(Attempt::Held(lock)) => lock,
            Ok(Attempt::Busy) => return Ok(None),
            // it was made: what is missing are locks
            Err(_) if disk.look(&fresh).is_ok() => return disk.remove(&fresh).map(|()| None),
            Err(error) => return Err(error),
        };
        // nobody sees it before it is locked
        disk.rename(&fresh, &path)?;
        Ok(Some(Self { disk, name, path, _lock: lock }))
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // one that stays is found without a lock
        let _ = self.disk.remove(&self.path);
    }
}

/// Whether the run of that name is over. Takes away what it left behind.
pub(super) fn is_over(disk: &dyn Disk, dir: &Path, name: &str) -> bool {
    let path = dir.join(DIR).join(name);
    // unknown counts as nothing
    let is_over = disk.is_locked(&path).is_ok_and(|is_locked| !is_locked);
    if is_over && disk.look(&path).is_ok() {
        let _ = disk.remove(&path);
    }
    is_over
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::REAL;

    #[test]
    fn a_run_is_alive_until_it_ends() {
        let dir = tempfile::tempdir().expect("a directory");
        let run = Run::begin(files::real(), dir.path()).expect("written").expect("locks");
        let name = run.name().to_owned();

        assert!(!is_over(REAL, dir.path(), &name) && !is_over(REAL, dir.path(), &name), "looking ends nothing");
        drop(run);
        assert!(is_over(REAL, dir.path(), &name));
    }

    #[test]
    fn a_run_that_was_killed_left_a_file_that_nobody_holds() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join(DIR).join("7-1");
        std::fs::create_dir_all(dir.path().join(DIR)).and_then(|()| std::fs::write(&file, "")).expect("written");

        assert!(is_over(REAL, dir.path(), "7-1"));
        assert!(!file.exists(), "it is tidied up");
        std::fs::write(&file, "").expect("written");
        let run = Run::begin(files::real(), dir.path()).expect("written").expect("locks");
        assert!(!file.exists(), "also by the next one");
        assert!(!is_over(REAL, dir.path(), run.name()));
    }
}
