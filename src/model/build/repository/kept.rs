//! What was built before, for as long as everything that was read for it is the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::error::{BuildError, Cause, Result};
use super::super::flux::{Applied, Rendered};
use super::super::node::Text;
use super::super::substitute::Variables;
use super::super::tree::{Entry, Tree};

/// Folders inside folders that are looked through.
const DEEPEST: usize = 200;
/// Files of one repository.
const MOST_FILES: usize = 1_000_000;

/// A tree whose folders are known, and whose files are read once.
pub struct Index<'t> {
    tree: &'t dyn Tree,
    entries: BTreeMap<String, Entry>,
    names: HashMap<String, Vec<String>>,
    read: RefCell<HashMap<String, Arc<[u8]>>>,
}

impl<'t> Index<'t> {
    /// # Errors
    /// A folder that cannot be read, more files than any repository has.
    pub fn new(tree: &'t dyn Tree) -> Result<Self> {
        let mut index = Self { tree, entries: BTreeMap::new(), names: HashMap::new(), read: RefCell::default() };
        index.walk("", 0)?;
        Ok(index)
    }

    fn walk(&mut self, folder: &str, depth: usize) -> Result<()> {
        if depth > DEEPEST || self.entries.len() > MOST_FILES {
            return Err(
                BuildError::new(Cause::Limit, "more files or folders than any repository has", "").in_file(&folder.into())
            );
        }
        let names = self.tree.list(folder)?;
        for name in &names {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let Some(entry) = self.tree.entry(&path) else { continue };
            let is_folder = entry == Entry::Folder && name != ".git";
            self.entries.insert(path.clone(), entry);
            if is_folder {
                self.walk(&path, depth + 1)?;
            }
        }
        self.names.insert(folder.to_owned(), names);
        Ok(())
    }

    /// Files that may be manifests.
    pub fn manifests(&self) -> impl Iterator<Item = &str> {
        let is_manifest =
            |(path, entry): &(&String, &Entry)| **entry == Entry::File && (path.ends_with(".yaml") || path.ends_with(".yml"));
        self.entries.iter().filter(is_manifest).map(|(path, _)| path.as_str())
    }

    /// The ignore files and what they say: another text may show or hide any file.
    pub fn ignore_rules(&self) -> String {
        let is_one = |(path, _): &(&String, &Entry)| path.rsplit('/').next() == Some(".sourceignore");
        let text = |path: &str| self.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        self.entries.iter().filter(is_one).map(|(path, _)| format!("{path}\n{}\n", text(path))).collect()
    }

    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|(_, entry)| **entry == Entry::Folder).map(|(path, _)| path.as_str())
    }
}

impl Tree for Index<'_> {
    fn entry(&self, path: &str) -> Option<Entry> {
        if path.is_empty() { Some(Entry::Folder) } else { self.entries.get(path).cloned() }
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        if let Some(known) = self.read.borrow().get(path) {
            return Ok(known.clone());
        }
        let bytes = self.tree.read(path)?;
        self.read.borrow_mut().insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let missing = || BuildError::new(Cause::Missing, format!("`{path}` is not a folder"), "");
        self.names.get(path).cloned().ok_or_else(missing)
    }
}

/// What was found under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stamp {
    Nothing,
    Content(Arc<[u8]>),
    Folder,
    Names(Vec<String>),
    Unreadable,
}

impl Stamp {
    fn of(tree: &dyn Tree, path: &str) -> Self {
        if let Some(folder) = path.strip_suffix('/') {
            return tree.list(folder).map_or(Self::Unreadable, Self::Names);
        }
        match tree.entry(path) {
            None => Self::Nothing,
            Some(Entry::Folder) => Self::Folder,
            Some(Entry::File | Entry::Link(_)) => tree.read(path).map_or(Self::Unreadable, Self::Content),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Content(a), Self::Content(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => self == other,
        }
    }
}

struct One {
    rendered: Arc<Rendered>,
    stamps: Vec<(Text, Stamp)>,
    applied: Option<(Variables, Arc<Vec<Applied>>)>,
    is_used: bool,
}

/// Builds by what was asked: the source and the Kustomization's own manifest.
#[derive(Default)]
pub struct Kept {
    all: HashMap<String, One>,
}

impl Kept {
    /// What was asked before, if nothing that was read for it has changed; else it is made.
    ///
    /// # Errors
    /// What making it says.
    pub fn rendered(&mut self, key: &str, tree: &dyn Tree, make: impl FnOnce() -> Result<Rendered>) -> Result<Arc<Rendered>> {
        if let Some(one) = self.all.get_mut(key)
            && one.stamps.iter().all(|(path, stamp)| stamp.is_same(&Stamp::of(tree, path)))
        {
            one.is_used = true;
            return Ok(one.rendered.clone());
        }
        self.all.remove(key);
        let rendered = Arc::new(make()?);
        let stamps = rendered.files.iter().map(|path| (path.clone(), Stamp::of(tree, path))).collect();
        self.all.insert(key.to_owned(), One { rendered: rendered.clone(), stamps, applied: None, is_used: true });
        Ok(rendered)
    }

    /// The same with its variables filled in.
    ///
    /// # Errors
    /// What making it says.
    pub fn applied(
        &mut self,
        key: &str,
        variables: &Variables,
        make: impl FnOnce() -> Result<Vec<Applied>>,
    ) -> Result<Arc<Vec<Applied>>> {
        let one = self.all.get_mut(key).expect("it was rendered before");
        if let Some((with, applied)) = &one.applied
            && with == variables
        {
            return Ok(applied.clone());
        }
        let applied = Arc::new(make()?);
        one.applied = Some((variables.clone(), applied.clone()));
        Ok(applied)
    }

    pub fn forget(&mut self, key: &str) {
        self.all.remove(key);
    }

    /// Drops what the last build did not ask for.
    pub fn forget_unused(&mut self) {
        self.all.retain(|_, one| std::mem::take(&mut one.is_used));
    }
}
