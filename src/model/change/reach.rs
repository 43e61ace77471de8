//! Which folders kustomize may build from a file: those that name it, a folder above it, or another folder that does, as far as that goes.
//!
//! Every text of a kustomization, and of the settings that it lists, is taken for a path: too many folders are found, never too few. What they
//! really read, the build says.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::insight::field::scalars;
use crate::render::Layer;
use crate::render::kustomization::FILE_NAMES;
use crate::render::node::{Node, Text};
use crate::render::read::{self, TextPlace};
use crate::render::tree::{self, PathKind, Tree, is_below};

/// Fields that list files with settings of kustomize, which name files in their turn.
const SETTINGS: &[&str] = &["generators", "transformers", "validators", "configurations", "replacements", "crds", "openapi"];

/// The folders of a tree that have a kustomization, and what each names.
#[derive(Debug)]
pub struct FolderReach {
    folders: BTreeMap<String, Folder>,
}

#[derive(Debug, Default)]
struct Folder {
    is_component: bool,
    /// Files and folders.
    names: BTreeSet<String>,
}

impl FolderReach {
    /// # Errors
    /// The tree cannot be read.
    pub fn of(tree: &dyn Tree) -> Result<Self> {
        let (mut folders, mut todo) = (BTreeMap::new(), vec![String::new()]);
        while let Some(path) = todo.pop() {
            for item in tree.items(&path)? {
                let below = if path.is_empty() { item.name.clone() } else { format!("{path}/{}", item.name) };
                match item.entry {
                    PathKind::Folder if item.name != ".git" => todo.push(below),
                    PathKind::File if FILE_NAMES.contains(&&*item.name) => {
                        folders.insert(path.clone(), folder(tree, &path, &below));
                    }
                    _ => {}
                }
            }
        }
        Ok(Self { folders })
    }

    /// The folders that may be built from any of these files, sorted. Components are built by others.
    pub fn readers<'f>(&self, files: impl IntoIterator<Item = &'f Text>) -> Vec<&str> {
        let files: Vec<&Text> = files.into_iter().collect();
        let is_named = |name: &String| files.iter().any(|file| ***file == **name || is_below(file, name));
        let is_first = |(path, folder): &(&String, &Folder)| is_named(path) || folder.names.iter().any(is_named);
        let mut found: BTreeSet<&str> = self.folders.iter().filter(is_first).map(|(path, _)| path.as_str()).collect();
        loop {
            let leads = |folder: &Folder| folder.names.iter().any(|name| found.contains(name.as_str()));
            let more: Vec<&str> = self
                .folders
                .iter()
                .filter(|(path, folder)| !found.contains(path.as_str()) && leads(folder))
                .map(|(path, _)| path.as_str())
                .collect();
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        found.into_iter().filter(|path| !self.folders[*path].is_component).collect()
    }
}

fn folder(tree: &dyn Tree, path: &str, file: &str) -> Folder {
    let Some(node) = document(tree, file) else { return Folder::default() };
    let mut names = named(tree, path, &node);
    let settings = SETTINGS.iter().filter_map(|field| node.get(field)).flat_map(|node| named(tree, path, node));
    for listed in settings.collect::<Vec<_>>() {
        names.extend(document(tree, &listed).iter().flat_map(|node| named(tree, path, node)));
    }
    let is_component = node.get("kind").and_then(Node::text) == Some("Component");
    Folder { is_component, names }
}

fn document(tree: &dyn Tree, file: &str) -> Option<Node> {
    read::document(&tree.read(file).ok()?, &TextPlace::file(&file.into(), Layer::Resource)).ok()?
}

/// What texts name, where something is there: a path, or `key=path` of a generator.
fn named(tree: &dyn Tree, folder: &str, node: &Node) -> BTreeSet<String> {
    let texts = scalars(node).into_iter().filter_map(|(_, node)| node.text());
    let paths = texts.flat_map(|text| [Some(text), text.split_once('=').map(|(_, path)| path)]).flatten();
    let is_path = |path: &&str| !path.is_empty() && path.len() < 1000 && !path.contains('\n');
    paths.filter(is_path).filter_map(|path| Some(tree::resolve(tree, "", &tree::join(folder, path)?).ok()?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::Memory;

    #[test]
    fn who_may_read_a_file_is_found_over_bases_components_and_settings() {
        let component = "kind: Component\npatches: [{path: ../shared/patch.yaml}]\n";
        let tree = Memory::new([
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", "x"),
            ("one/kustomization.yaml", "resources: [../base]\ncomponents: [../part]\n"),
            ("two/kustomization.yaml", "configMapGenerator:\n- name: c\n  files: [a.conf=../shared/a.conf]\n"),
            ("three/kustomization.yaml", "generators: [g.yaml]\n"),
            ("three/g.yaml", "kind: ConfigMapGenerator\nfiles: [../shared/a.conf]\n"),
            ("four/kustomization.yaml", "resources: [../one]\n"),
            ("part/kustomization.yaml", component),
            ("shared/patch.yaml", "x"),
            ("shared/a.conf", "x"),
        ]);
        let reach = FolderReach::of(&tree).expect("a tree");
        for (file, readers) in [
            ("base/web.yaml", vec!["base", "four", "one"]),
            ("shared/patch.yaml", vec!["four", "one"]),
            ("shared/a.conf", vec!["three", "two"]),
            ("part/kustomization.yaml", vec!["four", "one"]),
            ("base/new.yaml", vec!["base", "four", "one"]),
        ] {
            assert_eq!(reach.readers([&Text::from(file)]), readers, "{file}");
        }
    }
}
