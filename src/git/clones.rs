//! Where repositories that the user has no checkout of are kept: bare ones in the cache directory, one for each URL.
//!
//! Fetching into them is another program's work (`programs`); here they are made, named and closed to others.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{ObjectType, Oid, Repository, RepositoryInitOptions};

use super::checkout::Checkout;
use super::failure::Failure;
use super::shared::SharedCommit;

/// Longer than any git that this program starts may run.
const LONGEST: Duration = Duration::from_secs(600);
/// Longest readable part of a directory's name.
const READABLE: usize = 60;

/// The directory of a URL's repository below `cache`: readable, and different for each URL. It contains no password.
pub fn clone_of(cache: &Path, url: &str) -> PathBuf {
    cache.join("repositories").join(format!("{}.git", name_of(url)))
}

/// A name for what is kept of a URL: readable, and different for each. It contains no password.
pub fn name_of(url: &str) -> String {
    let plain = url.split_once("://").map_or(url, |(_, rest)| rest);
    let plain = plain.rsplit_once('@').map_or(plain, |(_, rest)| rest);
    let word: String = plain.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let word = word.trim_matches('-');
    let mark = mark(plain);
    format!("{}-{}", &word[..word.len().min(READABLE)], mark.get(..10).unwrap_or(&mark))
}

fn mark(text: &str) -> String {
    Oid::hash_object(ObjectType::Blob, text.as_bytes()).map(|id| id.to_string()).unwrap_or_default()
}

/// The reference under which a clone keeps what a remote resource asked of it: a branch, tag or commit; empty for the default branch.
/// `moves`: something else may be asked for by the same name another time.
pub fn remote_reference(reference: &str, moves: bool) -> String {
    format!("refs/fluxdeck/remote/{}/{}", if moves { "moving" } else { "fixed" }, mark(reference))
}

/// What was kept last of a reference, and whether it moves.
///
/// # Errors
/// There is no such clone.
pub fn kept(path: &Path, reference: &str) -> Result<Option<(SharedCommit, bool)>, Failure> {
    let checkout = Checkout::open(path)?;
    for moves in [true, false] {
        if let Ok(commit) = checkout.commit(&remote_reference(reference, moves)) {
            return SharedCommit::open(checkout, &commit).map(|found| Some((found, moves)));
        }
    }
    Ok(None)
}

/// Forgets what was kept of a reference.
pub fn forget_kept(path: &Path, reference: &str) {
    let Ok(repository) = Repository::open_bare(path) else { return };
    for moves in [true, false] {
        if let Ok(mut found) = repository.find_reference(&remote_reference(reference, moves)) {
            // one that stays is fetched again all the same
            let _ = found.delete();
        }
    }
}

/// Keeps a reference that was taken for fixed as one that moves.
///
/// # Errors
/// There is no such reference.
pub fn mark_moving(path: &Path, reference: &str) -> Result<(), Failure> {
    let unmarked = |source| Failure::Unopened { folder: path.to_owned(), source };
    let repository = Repository::open_bare(path).map_err(unmarked)?;
    let mut fixed = repository.find_reference(&remote_reference(reference, false)).map_err(unmarked)?;
    fixed.rename(&remote_reference(reference, true), true, "it has moved").map(drop).map_err(unmarked)
}

/// Takes away the locks that a git of ours left when it was killed: nobody else works in a clone of ours, and no git runs so long.
fn unlock(path: &Path) {
    let mut folders = vec![path.to_owned(), path.join("refs")];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let file = item.path();
            let is_lock = file.extension().is_some_and(|extension| extension == "lock");
            let found = item.metadata().ok();
            let age = found.as_ref().and_then(|found| found.modified().ok()?.elapsed().ok());
            if is_lock && age.is_some_and(|age| age > LONGEST) {
                // one that cannot be removed is named by git
                let _ = std::fs::remove_file(&file);
            } else if folder != path && found.is_some_and(|found| found.is_dir()) {
                folders.push(file);
            }
        }
    }
}

/// Makes the repository where there is none yet, also where others make it at the same moment. Nobody else may look into it, and it holds no
/// hooks.
///
/// # Errors
/// The directory cannot be made.
pub fn make_clone(path: &Path) -> Result<(), Failure> {
    let is_made = || Repository::open_bare(path).is_ok();
    if is_made() {
        unlock(path);
        return Ok(());
    }
    let unmade = |source| Failure::Unmade { folder: path.to_owned(), source };
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(unmade)?;
    // whole or not at all: who comes second takes that of the first
    let fresh = tempfile::Builder::new().prefix(".new-").tempdir_in(parent).map_err(unmade)?;
    close(fresh.path()).map_err(unmade)?;
    initialise(fresh.path())?;
    match std::fs::rename(fresh.path(), path) {
        Ok(()) => {
            // it is elsewhere by now
            let _ = fresh.keep();
            Ok(())
        }
        Err(_) if is_made() => Ok(()),
        // what an earlier version left half made is completed where it is
        Err(_) => close(path).map_err(unmade).and_then(|()| initialise(path)),
    }
}

fn initialise(path: &Path) -> Result<(), Failure> {
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false);
    Repository::init_opts(path, &options).map(drop).map_err(|source| Failure::Uninitialised { folder: path.to_owned(), source })
}

#[cfg(unix)]
fn close(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn close(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn locks_that_a_killed_git_left_go_and_no_others() {
        let dir = tempfile::tempdir().expect("a folder");
        let clone = dir.path().join("fleet.git");
        make_clone(&clone).expect("made");
        std::fs::create_dir_all(clone.join("refs/fluxdeck/base")).expect("made");
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
        let made = |name: &str, age: Duration| {
            let file = std::fs::File::create(clone.join(name)).expect("made");
            file.set_modified(SystemTime::UNIX_EPOCH + (now - age)).expect("a time");
        };
        let (old, new) = (LONGEST * 2, LONGEST / 2);
        let cases = [("shallow.lock", old, true), ("refs/fluxdeck/base/main.lock", old, true), ("packed-refs.lock", new, false)];
        let cases = cases.into_iter().chain([("refs/fluxdeck/base/main", old, false), ("description", old, false)]);
        for (name, age, goes) in cases {
            made(name, age);
            make_clone(&clone).expect("it is there");
            assert_eq!(clone.join(name).exists(), !goes, "{name}");
        }
    }
}
