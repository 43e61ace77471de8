//! Which files a folder takes in, by what kustomization files list: what a build of it would read if nothing in it failed.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::node::Text;
use super::super::tree::{self, PathKind, Tree};
use super::declarations::Declarations;
use super::index::Index;

/// The files of a folder.
#[derive(Debug, Default)]
pub struct Cover {
    pub files: HashSet<Text>,
    /// Folders whose kustomization files are read.
    pub folders: HashSet<Text>,
    /// Something that it lists is not here, or cannot be read: it cannot be built, and who knows what it would take in.
    pub is_torn: bool,
}

/// The files of every folder that is asked for.
pub struct Covers<'i> {
    pub index: &'i Index<'i>,
    declared: &'i Declarations,
    known: RefCell<HashMap<String, Rc<Cover>>>,
}

impl<'i> Covers<'i> {
    pub fn new(index: &'i Index<'i>, declared: &'i Declarations) -> Self {
        Self { index, declared, known: RefCell::default() }
    }

    /// What Flux takes in of a folder: what its kustomization file lists, else all manifests below it.
    pub fn of(&self, folder: &str) -> Rc<Cover> {
        if let Some(known) = self.known.borrow().get(folder) {
            return Rc::clone(known);
        }
        let mut cover = Cover::default();
        // folders with whether a kustomization file has listed them: such a one must have its own
        let mut todo = vec![(folder.to_owned(), false)];
        while let Some((folder, is_listed)) = todo.pop() {
            match self.declared.listing(self.index, &folder) {
                Some(listing) => {
                    if !cover.folders.insert(folder.as_str().into()) {
                        continue;
                    }
                    cover.files.insert(listing.file.clone());
                    cover.is_torn |= !listing.is_whole;
                    for entry in &listing.entries {
                        match tree::resolve(self.index, &folder, entry) {
                            Ok((path, PathKind::File)) => drop(cover.files.insert(path.into())),
                            Ok((path, _)) => todo.push((path, true)),
                            Err(_) => cover.is_torn = true,
                        }
                    }
                }
                None if is_listed => cover.is_torn = true,
                None => self.walk(&folder, &mut cover, &mut todo),
            }
        }
        let made = Rc::new(cover);
        self.known.borrow_mut().insert(folder.to_owned(), Rc::clone(&made));
        made
    }

    fn walk(&self, folder: &str, cover: &mut Cover, todo: &mut Vec<(String, bool)>) {
        for name in self.index.list(folder).unwrap_or_default() {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            match self.index.entry(&path) {
                Some(PathKind::Folder) if path != ".git" => todo.push((path, false)),
                Some(PathKind::File) if path.ends_with(".yaml") || path.ends_with(".yml") => {
                    cover.files.insert(path.into());
                }
                _ => {}
            }
        }
    }
}
