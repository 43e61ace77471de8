//! A commit as a tree that several may read: its repository with it, one reader at a time.

use std::sync::{Arc, Mutex, PoisonError};

use fluxdeck_model::render::error::Result;
use fluxdeck_model::render::tree::{FolderEntry, PathKind, Tree, Version};
use git2::{Oid, Repository};

use super::checkout::Checkout;
use super::commit::Commit;
use super::failure::Failure;

/// The files of one commit. Nothing of it is kept in memory: few files of it are read.
pub struct SharedCommit {
    /// Its id.
    pub id: String,
    repository: Mutex<Repository>,
    root: Oid,
}

impl SharedCommit {
    /// # Errors
    /// There is no such commit.
    pub(super) fn open(checkout: Checkout, id: &str) -> std::result::Result<Self, Failure> {
        let root = checkout.tree_of(id)?.id();
        let repository = checkout.repository.ok_or(Failure::NoRepository(checkout.root))?;
        Ok(Self { id: id.to_owned(), repository: Mutex::new(repository), root })
    }

    fn with<T>(&self, look: impl FnOnce(&Commit<'_>) -> T) -> T {
        let repository = self.repository.lock().unwrap_or_else(PoisonError::into_inner);
        look(&Commit::new(&repository, self.root))
    }
}

impl Tree for SharedCommit {
    fn entry(&self, path: &str) -> Option<PathKind> {
        self.with(|commit| commit.entry(path))
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        self.with(|commit| commit.read(path))
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        self.with(|commit| commit.list(path))
    }

    fn is_submodule(&self, path: &str) -> bool {
        self.with(|commit| commit.is_submodule(path))
    }

    fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
        self.with(|commit| commit.items(path))
    }

    fn version(&self) -> Option<Version> {
        self.with(|commit| commit.version())
    }
}
