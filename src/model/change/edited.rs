//! A tree in which some files have other bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::render::Result;
use crate::render::node::Text;
use crate::render::tree::{FolderEntry, PathKind, Tree, is_below, parent};

/// Files by path, with the bytes that they are to have.
pub type EditedFiles = BTreeMap<Text, Arc<[u8]>>;

/// What a repository would be. Neither an edited file nor a folder above one has a version: else who keeps builds would take them for what
/// they were, and every proof would pass.
pub struct EditedTree<'t> {
    pub tree: &'t dyn Tree,
    pub files: &'t EditedFiles,
}

impl EditedTree<'_> {
    fn is_touched(&self, path: &str) -> bool {
        self.files.keys().any(|file| **file == *path || is_below(file, path))
    }
}

impl Tree for EditedTree<'_> {
    fn entry(&self, path: &str) -> Option<PathKind> {
        if self.files.contains_key(path) { Some(PathKind::File) } else { self.tree.entry(path) }
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        self.files.get(path).cloned().map_or_else(|| self.tree.read(path), Ok)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        Ok(self.items(path)?.into_iter().map(|item| item.name).collect())
    }

    fn origins(&self, path: &str) -> Vec<Text> {
        self.tree.origins(path)
    }

    fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
        let mut items = self.tree.items(path)?;
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        for item in items.iter_mut().filter(|item| self.is_touched(&below(&item.name))) {
            item.version = None;
        }
        for file in self.files.keys().filter(|file| parent(file) == path) {
            let name = file.rsplit('/').next().unwrap_or(file);
            if let Err(at) = items.binary_search_by(|item| item.name.as_str().cmp(name)) {
                items.insert(at, FolderEntry { name: name.to_owned(), entry: PathKind::File, version: None });
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::{Memory, Version};

    struct Versioned(Memory);

    impl Tree for Versioned {
        fn entry(&self, path: &str) -> Option<PathKind> {
            self.0.entry(path)
        }
        fn read(&self, path: &str) -> Result<Arc<[u8]>> {
            self.0.read(path)
        }
        fn list(&self, path: &str) -> Result<Vec<String>> {
            self.0.list(path)
        }
        fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
            let items = self.0.items(path)?.into_iter();
            Ok(items.map(|item| FolderEntry { version: Some(Version([1; 4])), ..item }).collect())
        }
        fn version(&self) -> Option<Version> {
            Some(Version([1; 4]))
        }
    }

    #[test]
    fn what_is_edited_and_the_folders_above_have_no_version() {
        let tree = Versioned(Memory::new([("a/b/c.yaml", "x"), ("a/d.yaml", "y"), ("e/f.yaml", "z")]));
        let files: EditedFiles = [("a/b/c.yaml".into(), b"w"[..].into()), ("a/b/new.yaml".into(), b"n"[..].into())].into();
        let edited = EditedTree { tree: &tree, files: &files };
        let items = |path: &str| {
            let items = edited.items(path).expect("a folder");
            items.into_iter().map(|item| (item.name, item.version.is_some())).collect::<Vec<_>>()
        };
        let named = |name: &str, has_version: bool| (name.to_owned(), has_version);

        assert_eq!(edited.version(), None);
        assert_eq!(items(""), [named("a", false), named("e", true)]);
        assert_eq!(items("a"), [named("b", false), named("d.yaml", true)]);
        assert_eq!(items("a/b"), [named("c.yaml", false), named("new.yaml", false)]);
        assert_eq!(edited.list("a/b").expect("a folder"), ["c.yaml", "new.yaml"]);
        assert_eq!((&*edited.read("a/b/c.yaml").expect("it"), &*edited.read("a/d.yaml").expect("it")), (&b"w"[..], &b"y"[..]));
    }
}
