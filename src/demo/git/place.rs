//! The directory of one run: its own, hidden from other users, and gone with its owner however that ends.
//!
//! Who holds the lock of a directory lives. What a killed run could not clear away is cleared by a shell that outlives it and waits for
//! the end of a pipe; if that was killed too, by the next run that finds the lock free.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::files::{Attempt, Lock, REAL};
use fluxdeck_model::error::{Error, Result};

const PREFIX: &str = "fluxdeck-demo-";
const LOCK: &str = "owner.lock";

/// Where one run keeps files. Dropping it removes them, unless they are to stay.
pub struct RunDirectory {
    /// The directory that the user named; none for one that passes.
    kept: Option<PathBuf>,
    taken: OnceLock<Result<Taken>>,
}

struct Taken {
    path: PathBuf,
    /// Held while the run lasts.
    _lock: Lock,
    /// Removes what a killed run leaves; none for a directory that stays.
    sweeper: Option<Child>,
}

impl RunDirectory {
    /// A directory that is made when it is needed and gone after the run.
    pub fn passing() -> Self {
        Self { kept: None, taken: OnceLock::new() }
    }

    /// A directory of the user's, which stays.
    pub fn kept(path: &Path) -> Self {
        Self { kept: Some(path.to_owned()), taken: OnceLock::new() }
    }

    /// Whether what is written here is there in the next run.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// The directory.
    ///
    /// # Errors
    /// When it cannot be made, or another run has it.
    pub fn path(&self) -> Result<&Path> {
        let taken = self.taken.get_or_init(|| match &self.kept {
            Some(path) => keep(path),
            None => pass(&std::env::temp_dir()),
        });
        taken.as_ref().map(|taken| taken.path.as_path()).map_err(Clone::clone)
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        if let Some(Ok(taken)) = self.taken.get_mut()
            && let Some(sweeper) = &mut taken.sweeper
        {
            // it ends first: once the directory is gone another run may have made one of that name, which it would take
            let _ = sweeper.kill();
            let _ = sweeper.wait();
            // what does not go now the next run takes
            let _ = std::fs::remove_dir_all(&taken.path);
        }
    }
}

fn keep(path: &Path) -> Result<Taken> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::failed(format!("the demo's directory {}: {why}", path.display()), "name another one with --demo-dir")
    };
    REAL.make_dir(path).map_err(|error| failed(&error))?;
    let path = path.canonicalize().map_err(|error| failed(&error))?;
    match lock(&path) {
        Ok(Attempt::Held(lock)) => Ok(Taken { path, _lock: lock, sweeper: None }),
        Ok(Attempt::Busy) => Err(failed(&"another demo runs in it")),
        Err(error) => Err(failed(&error)),
    }
}

fn pass(parent: &Path) -> Result<Taken> {
    sweep(parent);
    let failed = |error: &std::io::Error| {
        Error::failed(format!("no directory for the demo in {}: {error}", parent.display()), "name one with --demo-dir")
    };
    for attempt in 0..1000 {
        let path = parent.join(format!("{PREFIX}{}-{attempt}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(failed(&error)),
        }
        // another run may have taken it for a dead one's in between
        if let Ok(Attempt::Held(lock)) = lock(&path) {
            let sweeper = watch(&path).map_err(|error| failed(&error))?;
            return Ok(Taken { path, _lock: lock, sweeper: Some(sweeper) });
        }
    }
    Err(failed(&std::io::ErrorKind::AlreadyExists.into()))
}

fn lock(path: &Path) -> std::io::Result<Attempt> {
    REAL.try_lock(&path.join(LOCK))
}

/// Removes the directories of runs that are dead.
fn sweep(parent: &Path) {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for entry in ours.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        let path = entry.path();
        // another user's stays: we may not remove it
        if path.join(LOCK).exists() {
            if let Ok(Attempt::Held(_lock)) = lock(&path) {
                let _ = std::fs::remove_dir_all(&path);
            }
        } else if is_numbered(&entry.file_name().to_string_lossy()) {
            // one that was killed before it had its lock; who has just made it takes another where it is gone
            let _ = std::fs::remove_dir(&path);
        }
    }
}

/// `PREFIX`, a process and an attempt.
fn is_numbered(name: &str) -> bool {
    let numbers = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    numbers.is_some_and(|(process, attempt)| process.parse::<u32>().is_ok() && attempt.parse::<u32>().is_ok())
}

/// Starts who removes the directory when we are gone. Its own group: a ctrl-c is not meant for it.
fn watch(path: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "read -r _; rm -rf -- \"$0\""]).arg(path).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_passes_is_gone_and_two_are_apart() {
        let parent = tempfile::tempdir().expect("a directory");
        let (one, other) = (pass(parent.path()).expect("made"), pass(parent.path()).expect("made"));
        let place = |taken: Taken| RunDirectory { kept: None, taken: OnceLock::from(Ok(taken)) };

        assert_ne!(one.path, other.path);
        assert!(one.path.exists() && other.path.exists());
        drop((place(one), place(other)));
        assert_eq!(std::fs::read_dir(parent.path()).expect("still there").count(), 0);
    }

    #[test]
    fn a_place_that_goes_takes_none_with_it_that_has_its_name_since() {
        let parent = tempfile::tempdir().expect("a directory");
        for _ in 0..20 {
            let one = pass(parent.path()).expect("made");
            let freed = one.path.clone();
            let next = std::thread::scope(|scope| {
                let next = scope.spawn(|| {
                    while freed.exists() {
                        std::hint::spin_loop();
                    }
                    pass(parent.path()).expect("made")
                });
                drop(RunDirectory { kept: None, taken: OnceLock::from(Ok(one)) });
                next.join().expect("no panic")
            });
            assert!(next.path.join(LOCK).exists(), "{} was swept away", next.path.display());
            drop(RunDirectory { kept: None, taken: OnceLock::from(Ok(next)) });
        }
    }

    #[test]
    fn what_a_dead_run_left_goes_with_the_next() {
        let parent = tempfile::tempdir().expect("a directory");
        let left = parent.path().join("fluxdeck-demo-1-0");
        std::fs::create_dir(&left).expect("made");
        std::fs::write(left.join(LOCK), "").expect("written");
        let empty = parent.path().join("fluxdeck-demo-2-0");
        std::fs::create_dir(&empty).expect("made");
        let foreign = parent.path().join("fluxdeck-demo-notes");
        std::fs::create_dir(&foreign).expect("made");

        sweep(parent.path());
        assert!(!left.exists() && !empty.exists() && foreign.exists());
    }

    #[test]
    fn a_kept_place_stays_and_belongs_to_one_run() {
        let parent = tempfile::tempdir().expect("a directory");
        let path = parent.path().join("mine");
        let place = RunDirectory::kept(&path);
        std::fs::write(place.path().expect("made").join("note"), "x").expect("written");

        let other = RunDirectory::kept(&path);
        assert!(other.path().is_err_and(|error| error.message.contains("another demo runs in it")));
        drop(place);
        assert!(RunDirectory::kept(&path).path().is_ok_and(|path| path.join("note").exists()));
    }
}
