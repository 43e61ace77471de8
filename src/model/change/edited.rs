//! A tree in which some files have other bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::render::Result;
use crate::render::node::Text;
use crate::render::tree::{FolderEntry, Memory, PathKind, Tree, is_below, parent};

/// Files by path, with the bytes that they are to have; none: they are taken away.
pub type EditedFiles = BTreeMap<Text, Option<Arc<[u8]>>>;

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

    /// Whether nothing is left of a folder of which files were taken away.
    fn is_emptied(&self, path: &str) -> bool {
        let is_less = self.files.iter().any(|(file, bytes)| bytes.is_none() && is_below(file, path));
        is_less && self.items(path).is_ok_and(|items| items.is_empty())
    }
}

impl Tree for EditedTree<'_> {
    fn entry(&self, path: &str) -> Option<PathKind> {
        match self.files.get(path) {
            Some(bytes) => bytes.as_ref().map(|_| PathKind::File),
            // git has no empty folders
            None => self.tree.entry(path).filter(|entry| *entry != PathKind::Folder || !self.is_emptied(path)),
        }
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        match self.files.get(path) {
            Some(Some(bytes)) => Ok(bytes.clone()),
            // as any tree says it of what is not there
            Some(None) => Memory::default().read(path),
            None => self.tree.read(path),
        }
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
        items.retain(|item| item.entry != PathKind::Folder || !self.is_emptied(&below(&item.name)));
        for (file, bytes) in self.files.iter().filter(|(file, _)| parent(file) == path) {
            let name = file.rsplit('/').next().unwrap_or(file);
            match (items.binary_search_by(|item| item.name.as_str().cmp(name)), bytes) {
                (Err(at), Some(_)) => {
                    items.insert(at, FolderEntry { name: name.to_owned(), entry: PathKind::File, version: None });
                }
                (Ok(at), None) => drop(items.remove(at)),
                _ => {}
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::Version;

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
        let files: EditedFiles = [
            ("a/b/c.yaml".into(), Some(b"w"[..].into())),
            ("a/b/new.yaml".into(), Some(b"n"[..].into())),
            ("e/f.yaml".into(), None),
        ]
        .into();
        let edited = EditedTree { tree: &tree, files: &files };
        let items = |path: &str| {
            let items = edited.items(path).expect("a folder");
            items.into_iter().map(|item| (item.name, item.version.is_some())).collect::<Vec<_>>()
        };
        let named = |name: &str, has_version: bool| (name.to_owned(), has_version);

        assert_eq!(edited.version(), None);
        assert_eq!(items(""), [named("a", false)]);
        assert_eq!(items("a"), [named("b", false), named("d.yaml", true)]);
        assert_eq!(items("a/b"), [named("c.yaml", false), named("new.yaml", false)]);
        assert_eq!(edited.list("a/b").expect("a folder"), ["c.yaml", "new.yaml"]);
        assert_eq!((edited.entry("e"), edited.entry("e/f.yaml")), (None, None));
        assert!(edited.read("e/f.yaml").is_err());
        assert_eq!((&*edited.read("a/b/c.yaml").expect("it"), &*edited.read("a/d.yaml").expect("it")), (&b"w"[..], &b"y"[..]));
    }
}
