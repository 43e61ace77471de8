//! A disk that fails on demand: tests use it in place of [`Real`]. It works on real folders and files, counts what it is
//! asked, and knows what a loss of power would leave.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::power::Power;
use super::{Attempt, Disk, Look, OpenFile, Real};

/// What can be wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// No space is left; of a write this many bytes land.
    NoSpace { lands: usize },
    /// An fsync fails: what it was for is lost without power, whatever a later fsync says.
    NoSync,
    /// Nothing can be changed.
    ReadOnly,
    /// The program is killed; of a write this many bytes land. Nothing works from then on, also no tidying up.
    Killed { lands: usize },
}

/// A disk with faults. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Faulty {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    operations: u64,
    /// By the number of the operation that they hit.
    planned: Vec<(u64, Fault)>,
    /// What is wrong until it is repaired.
    standing: Option<Fault>,
    power: Power,
}

/// What the disk is asked to do.
#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Look,
    /// Needs room: a name or a folder is made.
    Make,
    Write,
    Sync,
    /// Needs no room: something is removed or cut.
    Clear,
}

impl Faulty {
    /// One with nothing wrong.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a fault for the nth operation from the beginning, the first being 1. A fault that does not fit the operation has no
    /// effect, such as no space left for reading.
    pub fn hit(&self, nth: u64, fault: Fault) {
        self.state().planned.push((nth, fault));
    }

    /// Lets everything meet this fault from now on.
    pub fn set(&self, fault: Fault) {
        self.state().standing = Some(fault);
    }

    /// Takes away every fault, planned ones too, as if the program were started again.
    pub fn repair(&self) {
        let mut state = self.state();
        (state.standing, state.planned) = (None, Vec::new());
    }

    /// How much the disk was asked so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Cuts the power: files become what the disk has confirmed.
    ///
    /// # Errors
    /// When the files themselves cannot be written.
    pub fn cut_power(&self) -> io::Result<()> {
        self.state().power.cut()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation, and carries it out where nothing is in its way.
    fn run<T>(&self, operation: Operation, run: impl FnOnce(&mut Power) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        match state.fault(operation) {
            Some(fault) => Err(fault.error()),
            None => run(&mut state.power),
        }
    }
}

impl State {
    /// What is wrong with the next operation.
    fn fault(&mut self, operation: Operation) -> Option<Fault> {
        self.operations += 1;
        let now = self.planned.iter().find(|(nth, _)| *nth == self.operations).map(|(_, fault)| *fault);
        let fault = self.standing.or(now).filter(|fault| fault.meets(operation));
        if let Some(Fault::Killed { .. }) = fault {
            // it dies once: later writes land nowhere
            self.standing = Some(Fault::Killed { lands: 0 });
        }
        fault
    }
}

impl Fault {
    fn meets(self, operation: Operation) -> bool {
        match self {
            Self::NoSpace { .. } => matches!(operation, Operation::Make | Operation::Write),
            Self::NoSync => operation == Operation::Sync,
            Self::ReadOnly => !matches!(operation, Operation::Look | Operation::Sync),
            Self::Killed { .. } => true,
        }
    }

    /// How much of a write lands all the same.
    fn lands(self) -> usize {
        match self {
            Self::NoSpace { lands } | Self::Killed { lands } => lands,
            Self::NoSync | Self::ReadOnly => 0,
        }
    }

    fn error(self) -> io::Error {
        match self {
            Self::NoSpace { .. } => io::ErrorKind::StorageFull.into(),
            Self::NoSync => io::Error::other("the disk does not write"),
            Self::ReadOnly => io::ErrorKind::ReadOnlyFilesystem.into(),
            Self::Killed { .. } => io::Error::other("the program is dead"),
        }
    }
}

impl Disk for Faulty {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.run(Operation::Look, |_| Real.read(path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        self.run(Operation::Look, |_| Real.list(dir))
    }

    fn look(&self, path: &Path) -> io::Result<Look> {
        self.run(Operation::Look, |_| Real.look(path))
    }

    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        let operation = if dir.is_dir() { Operation::Look } else { Operation::Make };
        self.run(operation, |_| Real.make_dir(dir))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        self.run(Operation::Make, |power| {
            let real = Real.create(path)?;
            power.created(path);
            Ok(self.opened(path, real))
        })
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        // for writing: what is read-only refuses that already here
        self.run(Operation::Clear, |_| Real.open(path).map(|real| self.opened(path, real)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run(Operation::Make, |power| {
            power.renaming(from, to)?;
            Real.rename(from, to)
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.run(Operation::Clear, |power| {
            power.removing(path)?;
            Real.remove(path)
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.run(Operation::Sync, |power| {
            power.synced_dir(dir);
            Ok(())
        })
    }

    fn try_lock(&self, path: &Path) -> io::Result<Attempt> {
        let operation = if path.exists() { Operation::Clear } else { Operation::Make };
        self.run(operation, |_| Real.try_lock(path))
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.run(Operation::Look, |_| Real.is_locked(path))
    }
}

impl Faulty {
    fn opened(&self, path: &Path, real: Box<dyn OpenFile>) -> Box<dyn OpenFile> {
        Box::new(FaultyFile { disk: self.clone(), path: path.to_owned(), real })
    }
}

/// A file of that disk.
struct FaultyFile {
    disk: Faulty,
    path: PathBuf,
    real: Box<dyn OpenFile>,
}

impl OpenFile for FaultyFile {
    fn length(&self) -> io::Result<u64> {
        self.disk.run(Operation::Look, |_| self.real.length())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let fault = state.fault(Operation::Write);
        state.power.changing(&self.path)?;
        let lands = fault.map_or(bytes.len(), Fault::lands).min(bytes.len());
        self.real.write(&bytes[..lands])?;
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        match state.fault(Operation::Sync) {
            Some(fault) => {
                state.power.lost(&self.path);
                Err(fault.error())
            }
            None => {
                state.power.synced(&self.path);
                Ok(())
            }
        }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let Self { disk, path, real } = self;
        disk.run(Operation::Clear, |power| {
            power.changing(path)?;
            real.truncate(len)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf, Faulty) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        (dir, path, Faulty::new())
    }

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_else(|_| "(none)".to_owned())
    }

    #[test]
    fn a_disk_with_nothing_wrong_is_a_disk() {
        let (dir, path, disk) = place();
        disk.replace(&path, b"one\n").and_then(|()| disk.append(&path, b"two\n")).expect("written");

        assert_eq!((text(&path).as_str(), disk.list(dir.path()).expect("read").len()), ("one\ntwo\n", 1));
        // made, written, synced, renamed, folder synced; opened, written; listed
        assert_eq!(disk.operations(), 8);
    }

    #[test]
    fn faults_hit_what_they_are_for() {
        let (_dir, path, disk) = place();
        disk.append(&path, b"one\n").expect("written");
        disk.set(Fault::NoSpace { lands: 2 });
        assert!(disk.append(&path, b"two\n").is_err_and(|error| error.kind() == io::ErrorKind::StorageFull));
        assert_eq!(disk.read(&path).expect("reading needs no space"), b"one\ntw");

        disk.set(Fault::ReadOnly);
        assert!(disk.append(&path, b"x").is_err_and(|error| error.kind() == io::ErrorKind::ReadOnlyFilesystem));
        assert!(disk.remove(&path).is_err() && disk.try_lock(&path).is_err() && disk.look(&path).is_ok());

        disk.repair();
        disk.set(Fault::NoSync);
        let mut file = disk.open(&path).expect("there");
        assert!(file.truncate(4).is_ok() && file.sync().is_err());
        disk.repair();
        disk.hit(disk.operations() + 1, Fault::Killed { lands: 1 });
        assert!(file.write(b"two\n").is_err() && file.write(b"two\n").is_err() && disk.read(&path).is_err());
        assert_eq!(text(&path), "one\nt");
    }

    #[test]
    fn without_power_only_what_was_synced_is_there() {
        let (dir, path, disk) = place();
        disk.append(&path, b"never synced").expect("written");
        disk.cut_power().expect("cut");
        assert_eq!(text(&path), "(none)");

        disk.replace(&path, b"one\n").and_then(|()| disk.append(&path, b"two\n")).expect("written");
        disk.cut_power().expect("cut");
        assert_eq!(text(&path), "one\n");

        let other = dir.path().join("other");
        disk.rename(&path, &other).expect("renamed");
        disk.cut_power().expect("cut");
        assert_eq!((text(&path).as_str(), text(&other).as_str()), ("one\n", "(none)"));
        disk.remove(&path).and_then(|()| disk.sync_dir(dir.path())).expect("removed");
        disk.cut_power().expect("cut");
        assert_eq!(text(&path), "(none)");
    }

    #[test]
    fn what_a_failed_fsync_was_for_is_lost_whatever_a_later_one_says() {
        let (_dir, path, disk) = place();
        disk.replace(&path, b"one\n").expect("written");
        let mut file = disk.open(&path).expect("there");
        file.write(b"two\n").expect("written");
        disk.set(Fault::NoSync);
        assert!(file.sync().is_err());
        disk.repair();
        file.write(b"three\n").and_then(|()| file.sync()).expect("it says yes");

        disk.cut_power().expect("cut");
        assert_eq!(text(&path), "one\n");
    }
}
