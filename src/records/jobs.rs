//! Jobs on disk: one file each, in whole lines, with the lock of the run that works on it.
//!
//! `jobs/<id>.job` is created whole, then added to, and now and then rewritten; what a line says is not known here. `jobs/<id>.lock`
//! is a file of its own which is never renamed, so that the lock outlasts each of these. Only the holder of the lock writes.
//!
//! What was confirmed is kept: after each loss the file holds every confirmed line, in order, then at most lines that were under way, the
//! last of them perhaps torn. A line is never added behind a torn one, nor behind one that an fsync may have lost.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::files::{self, Attempt, Disk, Lock, is_missing};

const DIR: &str = "jobs";
const JOB: &str = ".job";
const LOCK: &str = ".lock";

/// Where the jobs are, below a state directory.
pub fn folder(state: &Path) -> PathBuf {
    state.join(DIR)
}

/// A job that this program holds. Dropping it lets go of the lock.
pub struct Held {
    disk: Arc<dyn Disk>,
    at: Place,
    /// What the disk has confirmed.
    known: Vec<u8>,
    /// Whether the file may hold something else: then it is not added to, but rewritten.
    is_doubtful: bool,
    /// Let go of last: when the fields are dropped.
    _lock: Lock,
}

/// The result of taking a job.
pub enum Taken {
    /// It is ours, and this is what it says: whole lines, a torn one left out.
    Held(Held, Vec<u8>),
    /// Somebody else carries it out.
    Elsewhere,
    /// It is over and removed.
    Gone,
}

/// A job as read without its lock.
#[derive(Debug)]
pub struct Stored {
    pub id: String,
    /// Its lines, the last perhaps torn or under way; or why it cannot be read, which is not a reason to hide the others.
    pub bytes: io::Result<Vec<u8>>,
    pub modified: SystemTime,
    /// Whether a run holds it, or that cannot be determined.
    pub is_elsewhere: bool,
}

/// The files of one job.
#[derive(Clone, Debug)]
struct Place {
    dir: PathBuf,
    job: PathBuf,
    lock: PathBuf,
}

/// Writes a new job down and holds it. `dir` is the state directory.
///
/// # Errors
/// When something of it cannot be written; then there is no such job, as far as the disk lets it be removed again. Also when there is
/// one of that id.
pub fn create(disk: &Arc<dyn Disk>, dir: &Path, id: &str, bytes: &[u8]) -> io::Result<Held> {
    are_lines(bytes)?;
    let at = Place::of(dir, id)?;
    disk.make_dir(&at.dir)?;
    let Attempt::Held(lock) = disk.try_lock(&at.lock)? else { return Err(io::ErrorKind::AlreadyExists.into()) };
    if disk.look(&at.job).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut held = Held { disk: disk.clone(), at, known: Vec::new(), is_doubtful: true, _lock: lock };
    match held.replace(bytes) {
        Ok(()) => Ok(held),
        Err(error) => {
            // what was not confirmed must not come back as a job
            let _ = held.remove();
            Err(error)
        }
    }
}

/// Takes a job over: locks it, then reads it again, because its last holder may have continued since the first read.
///
/// # Errors
/// When it cannot be locked or read.
pub fn take(disk: &Arc<dyn Disk>, dir: &Path, id: &str) -> io::Result<Taken> {
    let at = Place::of(dir, id)?;
    match disk.look(&at.job) {
        Err(error) if is_missing(&error) => return Ok(Taken::Gone),
        there => there?,
    };
    let Attempt::Held(lock) = disk.try_lock(&at.lock)? else { return Ok(Taken::Elsewhere) };
    // what its last holder wrote may never have reached the disk, and end in a torn line: our first line rewrites it
    let mut held = Held { disk: disk.clone(), at, known: Vec::new(), is_doubtful: true, _lock: lock };
    match disk.read(&held.at.job) {
        Err(error) if is_missing(&error) => Ok(Taken::Gone),
        read => {
            held.known = whole(read?);
            let known = held.known.clone();
            Ok(Taken::Held(held, known))
        }
    }
}

/// Every job on disk, by id. Looking changes nothing and blocks nobody; what a holder is writing may be half seen.
///
/// # Errors
/// When the folder cannot be read. One that is missing holds no job.
pub fn load(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<Stored>> {
    let dir = dir.join(DIR);
    let found = ids(disk, &dir, JOB)?.into_iter().map(|id| stored(disk, &Place::below(dir.clone(), &id), id));
    // one that was removed since the folder was read is none
    found.filter(|stored| !stored.as_ref().is_err_and(is_missing)).collect()
}

fn stored(disk: &dyn Disk, at: &Place, id: String) -> io::Result<Stored> {
    let modified = disk.look(&at.job)?.modified;
    let bytes = disk.read(&at.job);
    match bytes {
        Err(error) if is_missing(&error) => Err(error),
        bytes => Ok(Stored { id, bytes, modified, is_elsewhere: disk.is_locked(&at.lock).unwrap_or(true) }),
    }
}

/// Removes what nobody needs any more, as far as it is older than that moment: jobs of which `is_over` says so, locks without a job, and
/// what killed programs left half-written. Locked files stay, and what cannot be removed is found again the next time.
///
/// # Errors
/// When the folder cannot be read.
pub fn sweep(disk: &Arc<dyn Disk>, dir: &Path, before: SystemTime, is_over: impl Fn(&str, &[u8]) -> bool) -> io::Result<()> {
    let jobs = dir.join(DIR);
    for id in ids(&**disk, &jobs, JOB)? {
        // what is young is not read
        let is_old = disk.look(&Place::below(jobs.clone(), &id).job).is_ok_and(|look| look.modified < before);
        if is_old {
            logged(&id, remove(disk, dir, &id, |bytes| is_over(&id, bytes)));
        }
    }
    for id in ids(&**disk, &jobs, LOCK)? {
        logged(&id, remove_orphan(&**disk, &Place::below(jobs.clone(), &id), before));
    }
    files::tidy(&**disk, &jobs, before)
}

/// Removes a job that is over also now that it is held.
fn remove(disk: &Arc<dyn Disk>, dir: &Path, id: &str, is_over: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    match take(disk, dir, id)? {
        Taken::Held(held, bytes) if is_over(&bytes) => held.remove(),
        _ => Ok(()),
    }
}

/// Removes a lock whose job is gone. A young one may be of a job that is about to be written.
fn remove_orphan(disk: &dyn Disk, at: &Place, before: SystemTime) -> io::Result<()> {
    let is_orphan = || disk.look(&at.job).is_err_and(|error| is_missing(&error));
    if !is_orphan() || disk.look(&at.lock)?.modified >= before {
        return Ok(());
    }
    match disk.try_lock(&at.lock)? {
        Attempt::Held(_lock) if is_orphan() => disk.remove(&at.lock),
        _ => Ok(()),
    }
}

fn logged(id: &str, result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(id, %error, "the rest of a job is not removed");
    }
}

impl Held {
    /// The lines that the disk has confirmed.
    pub fn known(&self) -> &[u8] {
        &self.known
    }

    /// Adds whole lines: one write and one fsync. They are kept once this has returned.
    ///
    /// # Errors
    /// Then they may be there or not, and the next lines come directly after what was confirmed before.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        are_lines(lines)?;
        if self.is_doubtful {
            let all = [self.known.as_slice(), lines].concat();
            return self.replace(&all);
        }
        // until the disk says otherwise
        self.is_doubtful = true;
        let mut file = self.disk.open(&self.at.job)?;
        let len = self.known.len() as u64;
        if file.length()? != len {
            return Err(io::Error::other(format!("{} was changed by another program", self.at.job.display())));
        }
        if let Err(error) = file.write(lines) {
            // as it was, if the disk confirms that what landed is gone
            self.is_doubtful = file.truncate(len).and_then(|()| file.sync()).is_err();
            return Err(error);
        }
        if let Err(error) = file.sync() {
            // not asked again: a second fsync says yes to what the first has lost. Others need not see what was not confirmed
            let _ = file.truncate(len);
            return Err(error);
        }
        self.known.extend_from_slice(lines);
        self.is_doubtful = false;
        Ok(())
    }

    /// Rewrites the job, in fewer lines. At every moment the file is the old one or the new one, whole; the new one once this has
    /// returned.
    ///
    /// # Errors
    /// Then it may be either, and counts as the old one.
    pub fn replace(&mut self, lines: &[u8]) -> io::Result<()> {
        are_lines(lines)?;
        self.is_doubtful = true;
        self.disk.replace(&self.at.job, lines)?;
        lines.clone_into(&mut self.known);
        self.is_doubtful = false;
        Ok(())
    }

    /// Removes the job, and with it the lock.
    ///
    /// # Errors
    /// Then it may still be there, or come back after a loss of power.
    pub fn remove(self) -> io::Result<()> {
        self.disk.remove(&self.at.job)?;
        self.disk.sync_dir(&self.at.dir)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.disk.look(&self.at.job).is_err_and(|error| is_missing(&error)) {
            // removed while locked: a run that opened it meanwhile sees that the path no longer leads to it. One that stays is swept
            let _ = self.disk.remove(&self.at.lock);
        }
    }
}

impl Place {
    /// # Errors
    /// When the id is not a file's name.
    fn of(state: &Path, id: &str) -> io::Result<Self> {
        let is_name = !id.is_empty() && !id.starts_with('.') && !id.contains(['/', '\0']);
        is_name.then(|| Self::below(state.join(DIR), id)).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    fn below(dir: PathBuf, id: &str) -> Self {
        Self { job: dir.join(format!("{id}{JOB}")), lock: dir.join(format!("{id}{LOCK}")), dir }
    }
}

/// The ids of the files that end like this.
fn ids(disk: &dyn Disk, dir: &Path, end: &str) -> io::Result<Vec<String>> {
    let names = files::names(disk, dir)?.into_iter().filter(|name| !name.starts_with('.'));
    Ok(names.filter_map(|name| name.strip_suffix(end).filter(|id| !id.is_empty()).map(str::to_owned)).collect())
}

/// What is read back by line must be written by line.
fn are_lines(bytes: &[u8]) -> io::Result<()> {
    if bytes.ends_with(b"\n") { Ok(()) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// Leaves out a line that has no end.
fn whole(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    bytes.truncate(end);
    bytes
}

#[cfg(test)]
#[path = "tests/jobs.rs"]
mod tests;
