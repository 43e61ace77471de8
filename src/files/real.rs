//! The machine's own disk.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use super::{Attempt, Disk, Lock, Look, OpenFile, folder, is_missing, is_there};

/// The machine's own disk.
#[derive(Clone, Copy, Debug)]
pub struct Real;

/// How often a lock is asked for that others only look at, or whose file goes away in that moment.
const ATTEMPTS: u32 = 100;
/// How long one waits in between; who looks has the lock for a few microseconds.
const MOMENT: Duration = Duration::from_millis(1);

impl Disk for Real {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn look(&self, path: &Path) -> io::Result<Look> {
        let known = fs::metadata(path)?;
        Ok(Look { len: known.len(), modified: known.modified()? })
    }

    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let above = folder(dir);
        self.make_dir(above)?;
        match DirBuilder::new().mode(0o700).create(dir) {
            // another process was faster
            Err(error) if is_there(&error) && dir.is_dir() => Ok(()),
            made => made.and_then(|()| self.sync_dir(above)),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        Ok(Box::new(OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        Ok(Box::new(OpenOptions::new().append(true).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        match File::open(dir)?.sync_all() {
            // some file systems know no fsync of a folder (CIFS, some FUSE); PostgreSQL's fsync_fname takes this for a yes as well
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    fn try_lock(&self, path: &Path) -> io::Result<Attempt> {
        for _ in 0..ATTEMPTS {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path)? => return Ok(Attempt::Held(Lock { file })),
                // its last holder removed it between our opening and our locking
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if is_held(&file)? => return Ok(Attempt::Busy),
                Err(TryLockError::WouldBlock) => std::thread::sleep(MOMENT),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(Attempt::Busy)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        match File::open(path) {
            Err(error) if is_missing(&error) => Ok(false),
            opened => is_held(&opened?),
        }
    }
}

/// Whether a file that was opened is still the one that its path means.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Err(error) if is_missing(&error) => Ok(false),
        there => {
            let (there, opened) = (there?, file.metadata()?);
            Ok((there.dev(), there.ino()) == (opened.dev(), opened.ino()))
        }
    }
}

/// Whether a process holds a file's lock. Tests with a shared lock, which several testers can have at the same time, but never
/// beside a holder.
fn is_held(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl OpenFile for File {
    fn length(&self) -> io::Result<u64> {
        self.metadata().map(|known| known.len())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::SystemTime;

    use super::super::{REAL, tidy};
    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a/b");
        REAL.make_dir(&path).expect("made");
        (dir, path)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    fn is_held(attempt: &io::Result<Attempt>) -> bool {
        matches!(attempt, Ok(Attempt::Held(_)))
    }

    #[test]
    fn what_it_makes_is_for_its_owner_alone() {
        let (_dir, path) = place();
        REAL.append(&path.join("log"), b"x").expect("written");
        REAL.replace(&path.join("file"), b"x").expect("written");
        let _lock = REAL.try_lock(&path.join("lock")).expect("locks");

        assert_eq!((mode(&path), mode(path.parent().expect("above"))), (0o700, 0o700));
        assert_eq!(["log", "file", "lock"].map(|name| mode(&path.join(name))), [0o600; 3]);
        REAL.make_dir(&path).expect("one that is there is no error");
    }

    #[test]
    fn what_is_added_comes_to_the_end() {
        let (_dir, path) = place();
        let log = path.join("log");
        REAL.append(&log, b"one\n").expect("written");
        REAL.append(&log, b"two\n").expect("written");
        assert_eq!(REAL.read(&log).expect("there"), b"one\ntwo\n");

        let mut file = REAL.open(&log).expect("there");
        file.truncate(4).and_then(|()| file.write(b"three\n")).and_then(|()| file.sync()).expect("written");
        assert_eq!((REAL.read(&log).expect("there").as_slice(), file.length().ok()), (b"one\nthree\n".as_slice(), Some(10)));
        assert!(REAL.open(&path.join("none")).is_err_and(|error| is_missing(&error)));
        assert!(REAL.create(&log).is_err_and(|error| is_there(&error)));
    }

    #[test]
    fn a_file_that_is_replaced_leaves_nothing_beside_it() {
        let (_dir, path) = place();
        let file = path.join("file");
        REAL.replace(&file, b"old").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("opened to all");
        REAL.replace(&file, b"new").expect("written");

        assert_eq!((REAL.read(&file).expect("there").as_slice(), mode(&file)), (b"new".as_slice(), 0o600));
        assert!(REAL.replace(&path, b"a folder is in its place").is_err());
        assert_eq!(REAL.list(&path).expect("there"), ["file"]);
        assert_eq!(REAL.list(path.parent().expect("above")).expect("there"), ["b"]);
    }

    #[test]
    fn what_a_killed_program_left_half_written_is_tidied_up_once_it_is_old() {
        let (_dir, path) = place();
        let part = path.join(format!(".file.{}-0.part", std::process::id()));
        REAL.append(&part, b"half").and_then(|()| REAL.append(&path.join(".part"), b"")).expect("written");
        REAL.replace(&path.join("file"), b"whole").expect("a name that is taken is left alone");

        let (before, after) = (SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(60));
        tidy(REAL, &path, before).expect("tidied");
        assert_eq!(REAL.read(&part).expect("too young"), b"half");
        tidy(REAL, &path, after).expect("tidied");
        assert_eq!(REAL.list(&path).expect("there"), ["file"]);
        tidy(REAL, &path.join("none"), after).expect("a folder that is missing is tidy");
    }

    #[test]
    fn a_lock_has_one_holder() {
        let (_dir, path) = place();
        let path = path.join("lock");
        assert!(!REAL.is_locked(&path).expect("the lock can be tested") && !path.exists(), "looking makes nothing");

        let held = REAL.try_lock(&path);
        assert!(is_held(&held) && !is_held(&REAL.try_lock(&path)));
        assert!(REAL.is_locked(&path).expect("the lock can be tested") && REAL.is_locked(&path).expect("the lock can be tested"));
        drop(held);
        assert!(!REAL.is_locked(&path).expect("the lock can be tested") && is_held(&REAL.try_lock(&path)));
    }

    #[test]
    fn a_lock_is_let_go_of_although_a_program_that_starts_has_a_copy_of_it() {
        let (_dir, path) = place();
        let path = path.join("lock");
        let Ok(Attempt::Held(lock)) = REAL.try_lock(&path) else { panic!("a lock that nobody holds was not given") };
        let copy = lock.file.try_clone().expect("a copy");
        drop(lock);
        assert!(!REAL.is_locked(&path).expect("the lock can be tested") && is_held(&REAL.try_lock(&path)));
        drop(copy);
    }

    #[test]
    fn a_lock_is_of_its_path_and_not_of_a_file_that_was_removed() {
        let (_dir, path) = place();
        let path = path.join("lock");
        let old = REAL.try_lock(&path);
        let file = File::open(&path).expect("there");
        assert!(is_at(&file, &path).expect("the path can be read"));
        REAL.remove(&path).expect("removed");
        assert!(!is_at(&file, &path).expect("the path can be read"));

        let new = REAL.try_lock(&path);
        assert!(is_held(&old) && is_held(&new) && !is_at(&file, &path).expect("the path can be read"));
        drop(old);
        assert!(REAL.is_locked(&path).expect("the lock can be tested"), "the old one's end is not the new one's");
    }

    #[test]
    fn who_takes_and_removes_a_lock_at_the_same_time_never_shares_it() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let (_dir, path) = place();
        let path = path.join("lock");
        let (inside, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Ok(Attempt::Held(_lock)) = REAL.try_lock(&path) {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
                            taken.fetch_add(1, Ordering::SeqCst);
                            // from its removal on the path is free
                            inside.fetch_sub(1, Ordering::SeqCst);
                            REAL.remove(&path).expect("its holder removes it");
                        }
                    }
                });
            }
        });
        assert!(taken.into_inner() > 0);
    }

    #[test]
    fn who_looks_is_in_nobodys_way() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let (_dir, path) = place();
        let path = path.join("lock");
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::SeqCst) {
                        REAL.is_locked(&path).expect("the lock can be tested");
                    }
                });
            }
            let all = (0..500).all(|_| is_held(&REAL.try_lock(&path)));
            is_over.store(true, Ordering::SeqCst);
            assert!(all, "a lock that nobody holds was not given");
        });
    }
}
