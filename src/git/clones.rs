//! Where repositories that the user has no checkout of are kept: bare ones in the cache directory, one for each URL.
//!
//! Fetching into them is another program's work (`programs`); here they are made, named and closed to others.

use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository, RepositoryInitOptions};

use super::failure::Failure;

/// Longest readable part of a directory's name.
const READABLE: usize = 60;

/// The directory of a URL's repository below `cache`: readable, and different for each URL. It contains no password.
pub fn clone_of(cache: &Path, url: &str) -> PathBuf {
    let plain = url.split_once("://").map_or(url, |(_, rest)| rest);
    let plain = plain.rsplit_once('@').map_or(plain, |(_, rest)| rest);
    let word: String = plain.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let word = word.trim_matches('-');
    let mark = Oid::hash_object(ObjectType::Blob, plain.as_bytes()).map(|id| id.to_string()).unwrap_or_default();
    cache.join("repositories").join(format!("{}-{}.git", &word[..word.len().min(READABLE)], mark.get(..10).unwrap_or(&mark)))
}

/// Makes the repository where there is none yet. Nobody else may look into it, and it holds no hooks.
///
/// # Errors
/// The directory cannot be made.
pub fn make_clone(path: &Path) -> Result<(), Failure> {
    if Repository::open_bare(path).is_ok() {
        return Ok(());
    }
    let unmade = |source| Failure::Unmade { folder: path.to_owned(), source };
    std::fs::create_dir_all(path).and_then(|()| close(path)).map_err(unmade)?;
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
