//! A small file of JSON that maps names to what is kept of each: read as a whole, replaced as a whole.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::Disk;

/// What is kept in a file of the directory; nothing where there is no file, or one that nobody can read as it is.
///
/// # Errors
/// The file is there and cannot be read.
pub(super) fn read<T: DeserializeOwned>(disk: &dyn Disk, dir: &Path, file: &str) -> io::Result<BTreeMap<String, T>> {
    match disk.read(&dir.join(file)) {
        Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Changes what is kept. What cannot be read is not replaced: it holds the rest.
///
/// # Errors
/// It cannot be read or written.
pub(super) fn change<T: Serialize + DeserializeOwned>(
    disk: &dyn Disk,
    dir: &Path,
    file: &str,
    change: impl FnOnce(&mut BTreeMap<String, T>),
) -> io::Result<()> {
    let mut known = read(disk, dir, file)?;
    change(&mut known);
    let text = serde_json::to_vec_pretty(&known).map_err(io::Error::other)?;
    disk.make_dir(dir)?;
    disk.replace(&dir.join(file), &text)
}
