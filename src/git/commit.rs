//! A commit as a tree.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use fluxdeck_model::render::error::{BuildError, Cause, Result};
use fluxdeck_model::render::tree::{FolderEntry, MAX_FILE, PathKind, Tree, Version, parent};
use git2::{ObjectType, Oid, Repository};

use super::folder::too_large;

/// Mode bits of a symbolic link in a git tree.
const LINK: i32 = 0o120_000;

/// The files of one commit. Its folders are looked up once.
pub struct Commit<'r> {
    repository: &'r Repository,
    root: Oid,
    folders: RefCell<BTreeMap<String, Option<Rc<Names>>>>,
}

type Names = BTreeMap<String, Object>;

#[derive(Clone, Copy)]
struct Object {
    id: Oid,
    sort: Sort,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    File,
    Link,
    Folder,
    /// A submodule: a clone without submodules has an empty folder there.
    Module,
}

impl<'r> Commit<'r> {
    /// `root` is the id of the commit's tree.
    pub(super) fn new(repository: &'r Repository, root: Oid) -> Self {
        Self { repository, root, folders: RefCell::default() }
    }

    fn names(&self, folder: &str) -> Option<Rc<Names>> {
        if let Some(known) = self.folders.borrow().get(folder) {
            return known.clone();
        }
        let found = self.look_up(folder).map(Rc::new);
        self.folders.borrow_mut().insert(folder.to_owned(), found.clone());
        found
    }

    fn look_up(&self, folder: &str) -> Option<Names> {
        let id = if folder.is_empty() {
            self.root
        } else {
            let item = self.item(folder)?;
            match item.sort {
                Sort::Folder => item.id,
                Sort::Module => return Some(Names::new()),
                Sort::File | Sort::Link => return None,
            }
        };
        let tree = self.repository.find_tree(id).ok()?;
        let item = |entry: git2::TreeEntry<'_>| {
            let sort = match entry.kind()? {
                ObjectType::Tree => Sort::Folder,
                ObjectType::Commit => Sort::Module,
                ObjectType::Blob if entry.filemode() == LINK => Sort::Link,
                ObjectType::Blob => Sort::File,
                _ => return None,
            };
            Some((entry.name().ok()?.to_owned(), Object { id: entry.id(), sort }))
        };
        Some(tree.iter().filter_map(item).collect())
    }

    fn item(&self, path: &str) -> Option<Object> {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.names(parent(path))?.get(name).copied()
    }

    fn entry_of(&self, path: &str, item: Object) -> Option<PathKind> {
        Some(match item.sort {
            Sort::File => PathKind::File,
            Sort::Folder | Sort::Module => PathKind::Folder,
            Sort::Link => PathKind::Link(String::from_utf8_lossy(&self.blob(path, item.id).ok()?).into_owned()),
        })
    }

    fn blob(&self, path: &str, id: Oid) -> Result<Arc<[u8]>> {
        let failed = |error: git2::Error| {
            let hint = "the clone may be partial: `git fetch --refetch`";
            BuildError::new(Cause::Missing, format!("git cannot read it: {}", error.message()), hint).in_file(&path.into())
        };
        // the header has the size, before anything is unpacked
        let (length, _) = self.repository.odb().and_then(|odb| odb.read_header(id)).map_err(failed)?;
        if length > MAX_FILE {
            return Err(too_large(path, length as u64));
        }
        Ok(self.repository.find_blob(id).map_err(failed)?.content().into())
    }
}

impl Tree for Commit<'_> {
    fn entry(&self, path: &str) -> Option<PathKind> {
        if path.is_empty() {
            return Some(PathKind::Folder);
        }
        self.entry_of(path, self.item(path)?)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        match self.item(path) {
            Some(Object { id, sort: Sort::File }) => self.blob(path, id),
            _ => Err(BuildError::new(Cause::Missing, format!("`{path}` is not a file"), "")),
        }
    }

    fn is_submodule(&self, path: &str) -> bool {
        !path.is_empty() && self.item(path).is_some_and(|item| item.sort == Sort::Module)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let missing = || BuildError::new(Cause::Missing, format!("`{path}` is not a folder"), "");
        Ok(self.names(path).ok_or_else(missing)?.keys().cloned().collect())
    }

    /// The id of an object is the version of what it holds: of a folder, of everything below it.
    fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
        let missing = || BuildError::new(Cause::Missing, format!("`{path}` is not a folder"), "");
        let names = self.names(path).ok_or_else(missing)?;
        let item = |(name, object): (&String, &Object)| {
            let entry = self.entry_of(&if path.is_empty() { name.clone() } else { format!("{path}/{name}") }, *object)?;
            Some(FolderEntry { name: name.clone(), entry, version: Some(version(object.id)) })
        };
        Ok(names.iter().filter_map(item).collect())
    }

    fn version(&self) -> Option<Version> {
        Some(version(self.root))
    }
}

fn version(id: Oid) -> Version {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(id.as_bytes().chunks(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    Version(words)
}
