//! The tree of files that is built: a commit, a folder, or memory.
//!
//! Paths are relative to the tree's root, separated by `/`, without `.` and `..`; the root itself is the empty path. Links are followed here,
//! by [`resolve`], the same way for every tree, so that none can lead out of it. Reading a disk or a commit is I/O and lives elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{BuildError, Cause, Result};
use super::node::Text;

/// What a path is, without following it when it is a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    File,
    Folder,
    /// A symbolic link and its target as it is written.
    Link(String),
}

/// Tells one state of a path from another without reading it. What it is, the tree knows: the id of a blob, the times and size of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(pub [u64; 4]);

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub entry: Entry,
    /// Where two builds see the same version, the file has the same content, and the folder the same with all that is below it. `None` where
    /// the tree does not know: then it is looked at again.
    pub version: Option<Version>,
}

/// A tree of files. Implementations answer for plain paths only: no `..`, and no links in any parent.
pub trait Tree {
    /// What is at this path; `None` when nothing is.
    fn entry(&self, path: &str) -> Option<Entry>;
    /// The content of a file.
    ///
    /// # Errors
    /// The file is not there, too large, or cannot be read.
    fn read(&self, path: &str) -> Result<Arc<[u8]>>;
    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    fn list(&self, path: &str) -> Result<Vec<String>>;
    /// Where a file stands in the repository, which is elsewhere in a tree that was put together.
    fn origins(&self, path: &str) -> Vec<Text> {
        vec![path.into()]
    }
    /// Whether another repository stands at a path: for a build an empty folder, or one with files that no commit of this one has.
    fn is_submodule(&self, _path: &str) -> bool {
        false
    }
    /// Everything in a folder, sorted by name. A tree that changes what another tree holds must not pass that one's versions on.
    ///
    /// # Errors
    /// As [`Tree::list`].
    fn items(&self, path: &str) -> Result<Vec<Item>> {
        let item = |name: String| {
            let entry = if path.is_empty() { self.entry(&name) } else { self.entry(&format!("{path}/{name}")) }?;
            Some(Item { name, entry, version: None })
        };
        Ok(self.list(path)?.into_iter().filter_map(item).collect())
    }
    /// The version of the tree as a whole, as of a folder in [`Tree::items`].
    fn version(&self) -> Option<Version> {
        None
    }
}

/// Files larger than this are refused: the largest real manifests (bundles of CRDs) have some megabytes.
pub const MAX_FILE: usize = 32 << 20;

/// As many links in one path as Linux follows.
const MAX_LINKS: usize = 40;

/// `base` joined with a relative path, without looking at the tree: `None` when it leaves the tree.
pub fn join(base: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The folder of a path.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a path lies in a folder, however deep; everything lies in the root.
pub fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Where `path`, seen from the folder `base`, really is, and what is there (a file or a folder). Links are followed as the kernel does it.
///
/// # Errors
/// Nothing there, a loop of links, or a way that leaves the tree.
pub fn resolve(tree: &dyn Tree, base: &str, path: &str) -> Result<(String, Entry)> {
    let outside = || {
        BuildError::new(
            Cause::Refused,
            format!("`{path}` leads out of the repository"),
            "only files of the repository can be built",
        )
    };
    if path.starts_with('/') {
        return Err(outside());
    }
    let mut links = 0;
    let mut here: Vec<String> = base.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut entry = Entry::Folder;
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => continue,
            _ if entry != Entry::Folder => return Err(missing(path)),
            ".." => {
                here.pop().ok_or_else(outside)?;
                continue;
            }
            _ => here.push(part),
        }
        match tree.entry(&here.join("/")).ok_or_else(|| missing(path))? {
            Entry::Link(target) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(BuildError::new(
                        Cause::Limit,
                        format!("`{path}` is a loop of links"),
                        "make the link point to a file",
                    ));
                }
                if target.starts_with('/') {
                    return Err(outside());
                }
                here.pop();
                todo.extend(target.split('/').rev().map(str::to_owned));
                entry = Entry::Folder;
            }
            found => entry = found,
        }
    }
    Ok((here.join("/"), entry))
}

fn missing(path: &str) -> BuildError {
    BuildError::new(Cause::Missing, format!("`{path}` is not there"), "")
}

/// A tree in memory, for tests and for files that a build adds.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Arc<[u8]>>,
    links: BTreeMap<String, String>,
}

impl Memory {
    /// From pairs of path and content.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut tree = Self::default();
        for (path, content) in files {
            tree.insert(path, content.as_bytes());
        }
        tree
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub fn insert(&mut self, path: &str, content: &[u8]) {
        self.files.insert(path.to_owned(), content.into());
    }

    /// Takes a file, a link, or a folder with everything in it out.
    pub fn remove(&mut self, path: &str) {
        let is_kept = |file: &String| file != path && !is_below(file, path);
        self.files.retain(|file, _| is_kept(file));
        self.links.retain(|file, _| is_kept(file));
    }

    pub fn link(&mut self, path: &str, target: &str) {
        self.links.insert(path.to_owned(), target.to_owned());
    }

    fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.files.keys().chain(self.links.keys());
        all.filter_map(move |file| if path.is_empty() { Some(file.as_str()) } else { file.strip_prefix(path)?.strip_prefix('/') })
    }
}

impl Tree for Memory {
    fn entry(&self, path: &str) -> Option<Entry> {
        if let Some(target) = self.links.get(path) {
            return Some(Entry::Link(target.clone()));
        }
        if self.files.contains_key(path) {
            return Some(Entry::File);
        }
        (path.is_empty() || self.below(path).next().is_some()).then_some(Entry::Folder)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        self.files.get(path).cloned().ok_or_else(|| missing(path))
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let mut names: Vec<_> =
            self.below(path).map(|rest| rest.split_once('/').map_or(rest, |(first, _)| first).to_owned()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() && !path.is_empty() { Err(missing(path)) } else { Ok(names) }
    }
}

/// A path as shared text, for origins.
pub fn name(path: &str) -> Text {
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_inside_the_tree_only() {
        let mut tree = Memory::new([("a/b/c.yaml", "x"), ("d/e.yaml", "y")]);
        tree.link("l", "a/b");
        tree.link("a/up", "../d");
        tree.link("loop", "loop2");
        tree.link("loop2", "loop");
        tree.link("out", "../etc/passwd");
        tree.link("abs", "/etc/passwd");
        let found = |base: &str, path: &str| resolve(&tree, base, path).map(|(path, _)| path).map_err(|error| error.cause);
        assert_eq!(found("", "l/c.yaml"), Ok("a/b/c.yaml".to_owned()));
        assert_eq!(found("a", "up/e.yaml"), Ok("d/e.yaml".to_owned()));
        assert_eq!(found("a/b", "../up/e.yaml"), Ok("d/e.yaml".to_owned()));
        assert_eq!(found("", "loop"), Err(Cause::Limit));
        assert_eq!(found("", "out"), Err(Cause::Refused));
        assert_eq!(found("", "abs"), Err(Cause::Refused));
        assert_eq!(found("a", "../../x"), Err(Cause::Refused));
        assert_eq!(found("", "a/missing"), Err(Cause::Missing));
        assert_eq!(found("", "d/e.yaml/x"), Err(Cause::Missing));
    }
}
