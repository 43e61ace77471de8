//! The files of a repository as they are now, and what became of each since they were looked at last.
//!
//! A tree is listed once for each build. What a version tells to be the same is neither read nor, for a folder, listed again; what has no
//! version is read where it was read before, and compared. So an edit costs what it touches, and a folder on a disk its names besides.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::error::{BuildError, Cause, Result};
use super::super::ignore;
use super::super::node::Text;
use super::super::tree::{self, Entry, Item, Tree, Version};

/// Folders inside folders that are looked through.
const DEEPEST: usize = 200;
/// Files of one repository.
const MOST_FILES: usize = 1_000_000;
/// What an item of a folder takes in memory besides its name, in bytes.
const ITEM: usize = size_of::<Item>() + 16;

/// What was seen of a tree: every folder's items by name, and what was read.
#[derive(Debug, Default)]
pub struct Seen {
    version: Option<Version>,
    files: usize,
    folders: HashMap<Text, Arc<Vec<Item>>>,
    contents: HashMap<Text, Arc<[u8]>>,
}

impl Seen {
    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let names = |items: &Arc<Vec<Item>>| items.iter().map(|item| item.name.len() + ITEM).sum::<usize>();
        let folders: usize = self.folders.iter().map(|(path, items)| path.len() + ITEM + names(items)).sum();
        folders + self.contents.iter().map(|(path, bytes)| path.len() + ITEM + bytes.len()).sum::<usize>()
    }
}

/// A tree whose folders are known, and whose files are read once.
pub struct Index<'t> {
    tree: &'t dyn Tree,
    folders: HashMap<Text, Arc<Vec<Item>>>,
    contents: RefCell<HashMap<Text, Arc<[u8]>>>,
    files: usize,
    changed: HashSet<Text>,
    changes_rules: bool,
}

impl<'t> Index<'t> {
    /// # Errors
    /// A folder that cannot be read, more files than any repository has.
    pub fn new(tree: &'t dyn Tree, before: Seen) -> Result<Self> {
        let mut index = Self {
            tree,
            folders: HashMap::new(),
            contents: RefCell::new(before.contents),
            files: 0,
            changed: HashSet::new(),
            changes_rules: false,
        };
        let mut folders = before.folders;
        if before.version.is_some() && before.version == tree.version() {
            (index.folders, index.files) = (folders, before.files);
            return Ok(index);
        }
        index.folders.reserve(folders.len());
        index.walk("".into(), &mut folders, 0)?;
        Ok(index)
    }

    /// What the next build compares with.
    pub fn seen(self) -> Seen {
        let version = self.tree.version();
        Seen { version, files: self.files, folders: self.folders, contents: self.contents.into_inner() }
    }

    /// Files and folders that came, went, or are not as they were; a folder's list of names has a `/` at its end. At first: all.
    pub fn changed(&self) -> &HashSet<Text> {
        &self.changed
    }

    /// Any file may be shown, hidden or stand elsewhere now: an ignore file or a link is not as it was.
    pub fn changes_rules(&self) -> bool {
        self.changes_rules
    }

    /// Whether a file is there that may be a manifest.
    pub fn is_manifest(&self, path: &str) -> bool {
        (path.ends_with(".yaml") || path.ends_with(".yml")) && self.entry(path) == Some(Entry::File)
    }

    /// All folders, sorted.
    pub fn folders(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.folders.keys().map(AsRef::as_ref).filter(|folder| !folder.is_empty()).collect();
        all.sort_unstable();
        all
    }

    fn walk(&mut self, folder: Text, before: &mut HashMap<Text, Arc<Vec<Item>>>, depth: usize) -> Result<()> {
        let items = self.tree.items(&folder)?;
        self.files += items.len();
        if depth > DEEPEST || self.files > MOST_FILES {
            return Err(BuildError::new(Cause::Limit, "more files or folders than any repository has", "").in_file(&folder));
        }
        let known = before.remove(&folder);
        let old = known.as_ref().map(|known| known.as_slice()).unwrap_or_default();
        let (mut new_at, mut old_at) = (0, 0);
        let mut is_listed_anew = known.is_none();
        while new_at < items.len() || old_at < old.len() {
            let order = match (items.get(new_at), old.get(old_at)) {
                (Some(new), Some(old)) => new.name.cmp(&old.name),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            is_listed_anew |= order != Ordering::Equal;
            let (new, old) = (items.get(new_at).filter(|_| order.is_le()), old.get(old_at).filter(|_| order.is_ge()));
            (new_at, old_at) = (new_at + usize::from(new.is_some()), old_at + usize::from(old.is_some()));
            let is_known =
                new.zip(old).is_some_and(|(new, old)| new.entry == Entry::File && new.entry == old.entry && is_same(new, old));
            if !is_known {
                let path = child(&folder, &new.or(old).expect("one of both is there").name);
                self.compare(&path, new, old, before, depth)?;
            }
        }
        if is_listed_anew {
            self.changed.insert(format!("{folder}/").into());
        }
        self.folders.insert(folder, Arc::new(items));
        Ok(())
    }

    fn compare(
        &mut self,
        path: &str,
        new: Option<&Item>,
        old: Option<&Item>,
        before: &mut HashMap<Text, Arc<Vec<Item>>>,
        depth: usize,
    ) -> Result<()> {
        match (new, old) {
            (Some(new), Some(old)) if new.entry == Entry::Folder && old.entry == Entry::Folder => match is_same(new, old) {
                true => self.take_over(path, before),
                false if new.name != ".git" => self.walk(path.into(), before, depth + 1)?,
                false => {}
            },
            (Some(new), Some(old)) if new.entry == old.entry => {
                if new.entry == Entry::File && !is_same(new, old) && !self.is_read_again(path) {
                    self.change(path, new);
                }
            }
            _ => {
                if let Some(old) = old {
                    self.contents.get_mut().remove(path);
                    self.forget(path, before);
                    self.change(path, old);
                }
                if let Some(new) = new {
                    self.change(path, new);
                    if new.entry == Entry::Folder && new.name != ".git" {
                        self.walk(path.into(), before, depth + 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn change(&mut self, path: &str, item: &Item) {
        self.changed.insert(path.into());
        self.changes_rules |= item.name == ignore::FILE || matches!(item.entry, Entry::Link(_));
    }

    /// Reads a file that was read before; says whether it is the same.
    fn is_read_again(&mut self, path: &str) -> bool {
        let Some(known) = self.contents.get_mut().get_mut(path) else { return false };
        match self.tree.read(path) {
            Ok(bytes) if Arc::ptr_eq(known, &bytes) || *known == bytes => true,
            Ok(bytes) => {
                *known = bytes;
                false
            }
            Err(_) => {
                self.contents.get_mut().remove(path);
                false
            }
        }
    }

    /// A folder with everything below it is as it was.
    fn take_over(&mut self, folder: &str, before: &mut HashMap<Text, Arc<Vec<Item>>>) {
        let Some((name, items)) = before.remove_entry(folder) else { return };
        for item in items.iter().filter(|item| item.entry == Entry::Folder) {
            self.take_over(&child(folder, &item.name), before);
        }
        self.files += items.len();
        self.folders.insert(name, items);
    }

    /// A folder is gone, with everything below it.
    fn forget(&mut self, folder: &str, before: &mut HashMap<Text, Arc<Vec<Item>>>) {
        let Some(items) = before.remove(folder) else { return };
        self.changed.insert(format!("{folder}/").into());
        for item in items.iter() {
            let path = child(folder, &item.name);
            self.contents.get_mut().remove(path.as_str());
            self.change(&path, item);
            self.forget(&path, before);
        }
    }
}

/// The tree knows that nothing of it changed.
fn is_same(new: &Item, old: &Item) -> bool {
    new.version.is_some() && new.version == old.version
}

fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

impl Tree for Index<'_> {
    fn entry(&self, path: &str) -> Option<Entry> {
        if path.is_empty() {
            return Some(Entry::Folder);
        }
        let items = self.folders.get(tree::parent(path))?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let at = items.binary_search_by(|item| item.name.as_str().cmp(name)).ok()?;
        Some(items[at].entry.clone())
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        if let Some(known) = self.contents.borrow().get(path) {
            return Ok(known.clone());
        }
        let bytes = self.tree.read(path)?;
        self.contents.borrow_mut().insert(path.into(), bytes.clone());
        Ok(bytes)
    }

    fn is_submodule(&self, path: &str) -> bool {
        self.tree.is_submodule(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let missing = || BuildError::new(Cause::Missing, format!("`{path}` is not a folder"), "");
        Ok(self.folders.get(path).ok_or_else(missing)?.iter().map(|item| item.name.clone()).collect())
    }
}
