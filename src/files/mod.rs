//! The only module that writes what this program keeps on disk.
//!
//! Few verbs, each with a promise: what is there after the program was killed, and what is there after the power was cut. What records
//! need beyond that (whole lines, locks that mean a job) they build out of these. Tests replace them by a disk that fails on demand
//! ([`Faulty`]).
//!
//! Not here: what external programs and git2 write, and reading files of the user (checkouts, configuration).

mod faulty;
mod power;
mod real;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

pub use faulty::{Fault, Faulty};
pub use real::Real;

/// The machine's own disk.
pub const REAL: &dyn Disk = &Real;

/// The machine's own disk, for those who keep it.
pub fn real() -> Arc<dyn Disk> {
    Arc::new(Real)
}

/// What the program asks of a disk. Whatever it makes is for its owner alone: folders 0700, files 0600.
///
/// *Killed* means that the program ends between two instructions: what was written is there. *Without power* means that the machine
/// ends: only what an fsync confirmed is there.
pub trait Disk: Send + Sync {
    /// The whole of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in a folder, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>>;

    /// What is known of a file without reading it.
    fn look(&self, path: &Path) -> io::Result<Look>;

    /// Makes a folder, with those above it. One that is there is left as it is. Each that was made outlasts a loss of power.
    fn make_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes a new, empty file. Its name outlasts a loss of power only after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// Also when something of that name is there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>>;

    /// Opens a file that is there, for more at its end.
    fn open(&self, path: &Path) -> io::Result<Box<dyn OpenFile>>;

    /// Gives a file another name, in place of what had it: at every moment the name means the one or the other, whole. Which of the two
    /// after a loss of power is open until [`Disk::sync_dir`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. It may come back after a loss of power until [`Disk::sync_dir`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder outlast a loss of power. File systems that do not know this for folders say yes.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Takes the lock that this file stands for, which is created if missing. The lock belongs to this path, not to a file that
    /// another process removed meanwhile; who only looks ([`Disk::is_locked`]) is waited for. It ends with the [`Lock`], or with
    /// the program.
    ///
    /// # Errors
    /// Also where the file system has no locks.
    fn try_lock(&self, path: &Path) -> io::Result<Attempt>;

    /// Whether a process has that lock now. Changes nothing and blocks nobody; a missing file is not locked.
    fn is_locked(&self, path: &Path) -> io::Result<bool>;

    /// Adds to a file, which is made where it is missing: in one write, so that what two programs add never mixes.
    ///
    /// Killed: all, nothing, or a part of it at the end. Without power: the same, of this and of all that was added before.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let opened = match self.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create(path),
            opened => opened,
        };
        // another process was faster
        let opened = opened.or_else(|error| if is_there(&error) { self.open(path) } else { Err(error) });
        opened?.write(bytes)
    }

    /// Rewrites a file: beside it, with an fsync, then in its place, with an fsync of the folder.
    ///
    /// Killed or without power: the old one or the new one, whole; the new one once this has returned. What was written beside stays
    /// only where the program was killed ([`tidy`]).
    ///
    /// # Errors
    /// Nothing was replaced, unless it was the folder's fsync that failed: then it is open which of the two outlasts a loss of power.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (part, mut file) = beside(self, path)?;
        let moved = file.write(bytes).and_then(|()| file.sync()).and_then(|()| self.rename(&part, path));
        if moved.is_err() {
            // the error that led here says more than one about this
            let _ = self.remove(&part);
            return moved;
        }
        self.sync_dir(folder(path))
    }
}

/// A file that is open for more at its end.
pub trait OpenFile: Send {
    /// In bytes, of all writers together.
    fn length(&self) -> io::Result<u64>;

    /// Adds to its end, in one write where the disk has room.
    ///
    /// # Errors
    /// Then a part of it may be there.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes all that was written outlast a loss of power.
    ///
    /// # Errors
    /// Then nothing that was written since the last success can be relied on, and asking again does not help: Linux forgets what it
    /// could not write and says yes the next time.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to that length; outlasts a loss of power after [`OpenFile::sync`].
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub len: u64,
    pub modified: SystemTime,
}

/// A lock that is held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // to close it is not enough: a program that another thread starts has a copy of it, from its fork to its exec, and the lock would
        // be held as long. Unlocked, it is let go of by every copy (flock(2)). What cannot be unlocked ends with the file
        let _ = self.file.unlock();
    }
}

/// The result of a request for a lock.
#[derive(Debug)]
pub enum Attempt {
    Held(Lock),
    /// Somebody else has it, in this program or in another one.
    Busy,
}

/// Removes what killed programs left half-written in a folder ([`Disk::replace`]), if it is older than that time:
/// a process may still be writing newer files. A missing folder is tidy.
///
/// # Errors
/// When the folder cannot be read.
pub fn tidy(disk: &dyn Disk, dir: &Path, before: SystemTime) -> io::Result<()> {
    for name in names(disk, dir)?.iter().filter(|name| name.starts_with('.') && name.ends_with(PART)) {
        let path = dir.join(name);
        if disk.look(&path).is_ok_and(|look| look.modified < before) {
            // one that stays is found the next time
            let _ = disk.remove(&path);
        }
    }
    Ok(())
}

/// The names in a folder that are text, in their order; none where it is missing.
///
/// # Errors
/// When the folder cannot be read.
pub fn names(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<String>> {
    let listed = disk.list(dir).or_else(|error| if is_missing(&error) { Ok(Vec::new()) } else { Err(error) });
    let mut names: Vec<_> = listed?.into_iter().filter_map(|name| name.into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

/// Whether something failed because the file is not there.
pub fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Whether something failed because the file is there.
fn is_there(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// How the names of half-written files end; they begin with a dot.
const PART: &str = ".part";

/// A new file for what is to take a path's place.
fn beside(disk: &(impl Disk + ?Sized), path: &Path) -> io::Result<(PathBuf, Box<dyn OpenFile>)> {
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
    for n in 0_u32.. {
        // another thread, or a program that was killed with this number, may have one too
        let part = format!(".{}.{}-{n}{PART}", name.to_string_lossy(), std::process::id());
        let part = path.with_file_name(part);
        match disk.create(&part) {
            Err(error) if is_there(&error) => {}
            made => return made.map(|file| (part, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The folder of a path, also of a mere name.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
