//! A folder on the disk as a tree that can be built.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use fluxdeck_model::render::error::{BuildError, Cause, Result};
use fluxdeck_model::render::tree::{MAX_FILE, PathKind, Tree};

pub struct Disk {
    pub root: PathBuf,
}

impl Tree for Disk {
    fn entry(&self, path: &str) -> Option<PathKind> {
        let path = self.root.join(path);
        let kind = path.symlink_metadata().ok()?.file_type();
        if kind.is_symlink() {
            return Some(PathKind::Link(path.read_link().ok()?.to_string_lossy().into_owned()));
        }
        if kind.is_dir() { Some(PathKind::Folder) } else { kind.is_file().then_some(PathKind::File) }
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        let failed =
            |error: std::io::Error| BuildError::new(Cause::Missing, format!("cannot read it: {error}"), "").in_file(&path.into());
        let mut bytes = Vec::new();
        // one byte more than is read of any file shows that there is more
        let file = std::fs::File::open(self.root.join(path)).map_err(failed)?;
        file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes.into())
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let failed =
            |error: std::io::Error| BuildError::new(Cause::Missing, format!("cannot list it: {error}"), "").in_file(&path.into());
        let entries = std::fs::read_dir(self.root.join(path)).map_err(failed)?;
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    }
}
