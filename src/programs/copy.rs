//! A copy of a tree of files on disk, for a program that must neither change the original nor see what is around it.

use std::path::Path;

use tempfile::TempDir;

use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::tree::{self, PathKind, Tree};

/// Folders inside folders that are copied.
const DEEPEST: usize = 200;

/// A folder for its owner alone, which goes with what is returned.
pub(super) fn private(prefix: &str) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Writes a file of a copy, with the folders above it, or takes it away.
pub(super) fn replace_file(path: &Path, bytes: Option<&[u8]>) -> std::io::Result<()> {
    match bytes {
        Some(bytes) => {
            std::fs::create_dir_all(path.parent().unwrap_or(path))?;
            std::fs::write(path, bytes)
        }
        None if path.is_file() => std::fs::remove_file(path),
        None => Ok(()),
    }
}

/// Copies a tree into an empty folder: no link that leads out of it, and no file that is too large for us. `most`: bytes in all.
///
/// # Errors
/// It is larger, or cannot be read or written.
pub(super) fn copy_tree(tree: &dyn Tree, into: &Path, most: u64) -> Result<()> {
    copy_below(tree, "", into, most)
}

/// The same of what is in a folder of a tree: a link that leads out of the folder would lead elsewhere in the copy, and is left away.
///
/// # Errors
/// As [`copy_tree`].
pub(super) fn copy_below(tree: &dyn Tree, folder: &str, into: &Path, most: u64) -> Result<()> {
    let mut left = most;
    copy_all(tree, (folder, folder), into, 0, &mut left)
}

/// Writes a file, and says which one where that fails.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display()), ""))
}

/// `root`: the folder that is copied.
fn copy_all(tree: &dyn Tree, (root, path): (&str, &str), into: &Path, depth: usize, left: &mut u64) -> Result<()> {
    let failed = |error: fluxdeck_model::render::BuildError| Error::failed(error.to_string(), "");
    if depth > DEEPEST {
        return Err(Error::failed(format!("`{path}` is too deep to be copied"), ""));
    }
    for name in tree.list(path).map_err(failed)? {
        let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let to = into.join(&name);
        match tree.entry(&below) {
            Some(PathKind::Folder) => {
                std::fs::create_dir(&to).map_err(|error| Error::failed(format!("cannot make {}: {error}", to.display()), ""))?;
                copy_all(tree, (root, &below), &to, depth + 1, left)?;
            }
            Some(PathKind::File) => {
                // what is too large for us is not asked about
                if let Ok(bytes) = tree.read(&below) {
                    *left = left
                        .checked_sub(bytes.len() as u64)
                        .ok_or_else(|| Error::failed("the repository is too large to be copied", ""))?;
                    write_file(&to, &bytes)?;
                }
            }
            // one that leads out is left away
            #[cfg(unix)]
            Some(PathKind::Link(target)) if tree::resolve(tree, "", &below).is_ok() && stays(root, path, &target) => {
                std::os::unix::fs::symlink(&target, &to)
                    .map_err(|error| Error::failed(format!("cannot link {}: {error}", to.display()), ""))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a link in a folder leads to something below the root of what is copied, as it is written.
#[cfg(unix)]
fn stays(root: &str, folder: &str, target: &str) -> bool {
    let inside = folder.strip_prefix(root).unwrap_or(folder).trim_start_matches('/');
    tree::join(inside, target).is_some()
}

#[cfg(test)]
mod tests {
    use fluxdeck_model::render::tree::Memory;

    use super::*;

    #[test]
    fn a_copy_has_no_link_that_leads_out() {
        let mut tree = Memory::new([("a/b.yaml", "x")]);
        tree.link("in", "a/b.yaml");
        tree.link("out", "../../etc/passwd");
        let dir = tempfile::tempdir().expect("a folder");
        copy_tree(&tree, dir.path(), 9).expect("copied");

        assert_eq!(std::fs::read_to_string(dir.path().join("in")).expect("a link"), "x");
        assert!(dir.path().join("out").symlink_metadata().is_err());
    }

    #[test]
    fn a_copy_of_a_folder_has_no_link_that_leads_out_of_the_folder() {
        let mut tree = Memory::new([("etc/passwd", "x"), ("a/b/chart/values.yaml", "y"), ("a/b/chart/sub/c.yaml", "z")]);
        tree.link("a/b/chart/out", "../../../etc/passwd");
        tree.link("a/b/chart/sub/in", "../values.yaml");
        tree.link("a/b/chart/sub/back", "../../chart/values.yaml");
        let dir = tempfile::tempdir().expect("a folder");
        copy_below(&tree, "a/b/chart", dir.path(), 99).expect("copied");

        let is_there = |path: &str| dir.path().join(path).symlink_metadata().is_ok();
        assert!(is_there("sub/in") && !is_there("out") && !is_there("sub/back"));
    }

    #[test]
    fn a_copy_has_a_limit() {
        let dir = tempfile::tempdir().expect("a folder");
        let error = copy_tree(&Memory::new([("a/b.yaml", "four"), ("c.yaml", "four")]), dir.path(), 7).expect_err("it is larger");
        assert_eq!(error.message, "the repository is too large to be copied");
    }
}
