//! Values of Secrets: never set, in any file.
//!
//! What counts: `data` and `stringData` of whatever says `kind: Secret` (a manifest, an item of a List, a template of a ResourceSet, a patch
//! in a text), what patches set there whose target names Secrets, `literals` and the names of the files of a `secretGenerator`, and those
//! files as a whole.
//! A manifest whose values Flux substitutes is a Secret like any other. The contents before and after are compared, so that it
//! does not matter how an edit was made. Values may go, with a manifest that is removed.
//!
//! What deliberately does not: other fields of a Secret (labels); kinds that hold references or sealed values (ExternalSecret,
//! SealedSecret); a password in a chart's values, which no kind gives away.

use std::collections::{BTreeMap, BTreeSet};

use super::locked::{LockReason, Locked};
use crate::render::generate::GeneratedKind;
use crate::render::kustomization::FILE_NAMES;
use crate::render::node::{Layer, Node, Value};
use crate::render::read::{TextPlace, documents};
use crate::render::tree::{PathKind, Tree, parent, resolve};

const VALUES: &[&str] = &["data", "stringData"];
const GENERATOR: &str = "secretGenerator";
const GENERATOR_KIND: &str = "SecretGenerator";
const SOURCES: &[&str] = &["literals", "files", "envs", "env"];
/// How deep texts in texts are read.
const DEEPEST: usize = 4;

/// Whether a field of an object is a Secret's value.
pub fn is_value(kind: &str, path: &[&str]) -> bool {
    kind == GeneratedKind::Secret.word() && path.first().is_some_and(|first| VALUES.contains(first))
}

/// Whether an edit sets no value of a Secret.
///
/// # Errors
/// It does, or it is unknown what it sets.
pub fn values_are_kept(path: &str, before: &[u8], after: &[u8]) -> Result<(), Locked> {
    let locked = Err(Locked { path: path.to_owned(), why: LockReason::SecretValue });
    let (Some(mut kept), Some(found)) = (values(before), values(after)) else {
        let speaks = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase().contains("secret");
        return if before != after && (speaks(before) || speaks(after)) { locked } else { Ok(()) };
    };
    for value in found {
        let Some(at) = kept.iter().position(|known| *known == value) else { return locked };
        kept.swap_remove(at);
    }
    Ok(())
}

/// Key and value of every Secret in a file; nothing where it cannot be read.
fn values(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let documents = documents(bytes, &TextPlace::file(&"".into(), Layer::Resource)).ok()?;
    Some(found_in(&documents).values)
}

/// The values of the Secrets in some documents of one file.
pub(super) fn found_in(documents: &[Node]) -> Found {
    let mut found = Found::default();
    documents.iter().for_each(|node| walk(node, 0, &mut found));
    found
}

/// Values of Secrets.
#[derive(Default)]
pub(super) struct Found {
    /// Each with its nearest key.
    values: Vec<(String, String)>,
    /// The lines of the file on which they begin, from 1.
    pub lines: BTreeSet<u32>,
    /// The line of the text that is looked into: what is inside counts as all of it.
    text: Option<u32>,
}

impl Found {
    fn add(&mut self, key: &str, value: &str, at: &Node) {
        self.values.push((key.to_owned(), value.to_owned()));
        self.lines.insert(self.text.unwrap_or(at.origin().line));
    }

    /// Looks into a text.
    fn within(&mut self, text: &Node, look: impl FnOnce(&mut Self)) {
        let before = self.text;
        self.text = before.or(Some(text.origin().line));
        look(self);
        self.text = before;
    }
}

fn walk(node: &Node, depth: usize, found: &mut Found) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| walk(item, depth, found)),
        Value::Scalar(text) => found.within(node, |found| inside(text, depth, found)),
        Value::Map(entries) => {
            let says = |word: &str| node.get("kind").and_then(Node::text) == Some(word);
            let keys = match () {
                () if says(GeneratedKind::Secret.word()) => VALUES,
                () if says(GENERATOR_KIND) => SOURCES,
                () => &[],
            };
            for entry in entries.iter() {
                let key = entry.key.text().unwrap_or_default();
                match key {
                    _ if keys.contains(&key) => all(key, &entry.value, found),
                    GENERATOR => entry.value.items().iter().for_each(|args| below(args, SOURCES, found)),
                    "patch" if is_of_secrets(node) => found.within(&entry.value, |found| patch(&entry.value, found)),
                    "path" if is_of_secrets(node) => all(key, &entry.value, found),
                    _ => walk(&entry.value, depth, found),
                }
            }
        }
    }
}

/// Whether an entry of `patches` has Secrets for its target: its kind is an expression.
fn is_of_secrets(node: &Node) -> bool {
    node.at(&["target", "kind"]).and_then(Node::text).is_some_and(|kind| kind.contains(GeneratedKind::Secret.word()))
}

/// The values that a patch of Secrets sets: operations of RFC 6902, or a part of a manifest.
fn patch(patch: &Node, found: &mut Found) {
    let text = patch.text().unwrap_or_default();
    let Ok(documents) = documents(text.as_bytes(), &TextPlace::file(&"".into(), Layer::Patch)) else {
        return found.add("patch", text, patch);
    };
    for node in &documents {
        below(node, VALUES, found);
        node.items().iter().filter(|operation| is_setting(operation)).for_each(|operation| all("patch", operation, found));
    }
}

fn is_setting(operation: &Node) -> bool {
    let path = operation.get("path").and_then(Node::text).unwrap_or_default();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    first.is_empty() || VALUES.contains(&first)
}

/// Everything below some keys of a map.
fn below(node: &Node, keys: &[&str], found: &mut Found) {
    keys.iter().filter_map(|key| Some((key, node.get(key)?))).for_each(|(key, value)| all(key, value, found));
}

/// A text that is YAML itself: a patch.
fn inside(text: &str, depth: usize, found: &mut Found) {
    if depth < DEEPEST && text.contains(GeneratedKind::Secret.word()) && text.contains(['\n', '{']) {
        let documents = documents(text.as_bytes(), &TextPlace::file(&"".into(), Layer::Patch)).unwrap_or_default();
        documents.iter().for_each(|node| walk(node, depth + 1, found));
    }
}

/// Every text below a key, with its nearest key.
fn all(key: &str, node: &Node, found: &mut Found) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| {
            let name = entry.key.text();
            if name.is_none() {
                // `{{ value }}` reads as a map whose key is a map
                all(key, &entry.key, found);
            }
            all(name.unwrap_or(key), &entry.value, found);
        }),
        Value::List(items) => items.iter().for_each(|item| all(key, item, found)),
        Value::Scalar(text) => found.add(key, text, node),
    }
}

/// The files that Secrets are generated from, each with the file that says so.
#[derive(Clone, Debug, Default)]
pub struct SecretSources(BTreeMap<String, String>);

impl SecretSources {
    /// Looks through the kustomizations of a tree, and the generators that they name. Cost: a look into each folder, and one into each of
    /// those files.
    pub fn in_tree(tree: &dyn Tree) -> Self {
        let (mut found, mut folders) = (Self::default(), vec![String::new()]);
        while let Some(folder) = folders.pop() {
            for item in tree.items(&folder).unwrap_or_default() {
                let path = if folder.is_empty() { item.name.clone() } else { format!("{folder}/{}", item.name) };
                match item.entry {
                    PathKind::Folder => folders.push(path),
                    PathKind::File if FILE_NAMES.contains(&item.name.as_str()) => found.kustomization(tree, &path),
                    _ => {}
                }
            }
        }
        found
    }

    fn kustomization(&mut self, tree: &dyn Tree, path: &str) {
        let folder = parent(path);
        for node in self::read(tree, path) {
            let patches = ["patches", "patchesJson6902"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
            let files = patches.filter(|patch| is_of_secrets(patch)).filter_map(|patch| patch.get("path")?.text());
            for (file, entry) in files.filter_map(|file| resolve(tree, folder, file).ok()) {
                // one with a manifest in it says itself that it is of a Secret
                let sets = |node: &Node| node.items().iter().any(is_setting);
                if entry == PathKind::File && self::read(tree, &file).iter().any(sets) {
                    self.0.insert(file, path.to_owned());
                }
            }
            node.get(GENERATOR).into_iter().flat_map(Node::items).for_each(|args| self.add(tree, path, folder, args));
            for text in node.get("generators").into_iter().flat_map(Node::items).filter_map(Node::text) {
                let (by, generators) = match resolve(tree, folder, text) {
                    Ok((file, PathKind::File)) => (file.clone(), self::read(tree, &file)),
                    _ => (
                        path.to_owned(),
                        documents(text.as_bytes(), &TextPlace::file(&path.into(), Layer::Generator)).unwrap_or_default(),
                    ),
                };
                let is_ours = |node: &&Node| node.get("kind").and_then(Node::text) == Some(GENERATOR_KIND);
                generators.iter().filter(is_ours).for_each(|args| self.add(tree, &by, folder, args));
            }
        }
    }

    /// Takes the files of one generator in: `path` or `key=path`.
    fn add(&mut self, tree: &dyn Tree, by: &str, folder: &str, args: &Node) {
        let listed = ["files", "envs"].into_iter().filter_map(|key| args.get(key)).flat_map(Node::items);
        for text in listed.chain(args.get("env")).filter_map(Node::text) {
            let path = text.split_once('=').map_or(text, |(_, path)| path);
            if let Ok((file, PathKind::File)) = resolve(tree, folder, path) {
                self.0.insert(file, by.to_owned());
            }
        }
    }

    pub(super) fn of(&self, path: &str) -> Option<LockReason> {
        Some(LockReason::SecretSource { by: self.0.get(path)?.clone() })
    }
}

fn read(tree: &dyn Tree, path: &str) -> Vec<Node> {
    let Ok(bytes) = tree.read(path) else { return Vec::new() };
    documents(&bytes, &TextPlace::file(&path.into(), Layer::Resource)).unwrap_or_default()
}
