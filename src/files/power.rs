//! What a loss of power would leave of the files of a [`super::Faulty`] disk.
//!
//! Stricter than most file systems: a name counts only after an fsync of its folder, and what a failed fsync was for never comes back
//! (Linux marks those pages clean: PostgreSQL's "fsyncgate", 2018).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::is_missing;

#[derive(Debug, Default)]
pub(super) struct Power {
    /// Files whose content is not confirmed as it is, with the content that is.
    contents: BTreeMap<PathBuf, Vec<u8>>,
    /// Names that are not confirmed, with the content that they would have; none for those that would not be there.
    names: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// Files for which an fsync failed.
    lost: BTreeSet<PathBuf>,
}

impl Power {
    /// Before a file's content changes.
    pub fn changing(&mut self, path: &Path) -> io::Result<()> {
        if !self.contents.contains_key(path) {
            self.contents.insert(path.to_owned(), std::fs::read(path)?);
        }
        Ok(())
    }

    pub fn synced(&mut self, path: &Path) {
        if !self.lost.contains(path) {
            self.contents.remove(path);
        }
    }

    pub fn lost(&mut self, path: &Path) {
        self.lost.insert(path.to_owned());
    }

    pub fn created(&mut self, path: &Path) {
        self.names.entry(path.to_owned()).or_insert(None);
        self.contents.insert(path.to_owned(), Vec::new());
    }

    /// Before a file gets another name.
    pub fn renaming(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.removing(to)?;
        let (content, is_lost) = (self.contents.get(from).cloned(), self.lost.contains(from));
        self.removing(from)?;
        if let Some(content) = content {
            self.contents.insert(to.to_owned(), content);
        }
        if is_lost {
            self.lost.insert(to.to_owned());
        }
        Ok(())
    }

    /// Before a name goes, to nobody or to another file.
    pub fn removing(&mut self, path: &Path) -> io::Result<()> {
        let confirmed = self.confirmed(path)?;
        self.names.entry(path.to_owned()).or_insert(confirmed);
        self.contents.remove(path);
        self.lost.remove(path);
        Ok(())
    }

    pub fn synced_dir(&mut self, dir: &Path) {
        self.names.retain(|path, _| super::folder(path) != dir);
    }

    /// Makes the files what is confirmed.
    pub fn cut(&mut self) -> io::Result<()> {
        let Self { contents, names, .. } = std::mem::take(self);
        for (path, content) in contents.iter().filter(|(path, _)| !names.contains_key(*path)) {
            std::fs::write(path, content)?;
        }
        for (path, content) in &names {
            match content {
                Some(content) => std::fs::write(path, content)?,
                None => std::fs::remove_file(path).or_else(|error| if is_missing(&error) { Ok(()) } else { Err(error) })?,
            }
        }
        Ok(())
    }

    /// The content of a file that is confirmed, were its name.
    fn confirmed(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match self.contents.get(path) {
            Some(content) => Ok(Some(content.clone())),
            None => match std::fs::read(path) {
                Err(error) if is_missing(&error) => Ok(None),
                read => read.map(Some),
            },
        }
    }
}
