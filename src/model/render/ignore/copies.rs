//! Artifacts put together from others: `GitRepository.spec.include` and ArtifactGenerator's copies.
//!
//! Source: source-controller v1.9.4 `gitrepository_controller.go` (reconcileInclude), source-watcher v2.2.2 `internal/builder`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::error::{BuildError, Cause, Result};
use super::super::node::{Entry as Pair, Layer, Node, Text, Trace};
use super::super::read::{self, TextPlace};
use super::super::substitute::glob;
use super::super::tree::{self, PathKind, Tree};
use super::super::write;
use super::extract::{self, Member};

/// Files of an artifact, by path.
const MOST_FILES: usize = 200_000;

/// The strategy that unpacks archives.
const EXTRACT: &str = "Extract";

/// A tree of copied files.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    files: BTreeMap<String, Arc<[u8]>>,
    /// Where each file was copied from; several of one that was merged.
    origins: BTreeMap<String, Vec<Text>>,
    /// Files that are not a copy of a single file: merged, or from an archive.
    made: BTreeSet<String>,
    folders: BTreeSet<String>,
}

/// One copy of an ArtifactGenerator.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// `@alias/pattern`
    pub from: String,
    /// `@artifact/path`
    pub to: String,
    pub exclude: Vec<String>,
    /// `Overwrite` (or nothing), `Merge`, `Extract`
    pub strategy: String,
}

impl Assembled {
    /// Everything of a tree, links left out.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(tree: &dyn Tree) -> Result<Self> {
        let mut all = Self::default();
        all.folder(tree, "", "", &|_| false)?;
        Ok(all)
    }

    /// The path of a file in the repository that it was copied from. None if it was merged or came from an archive: no line of it is
    /// there.
    pub fn origin(&self, path: &str) -> Option<Text> {
        match self.origins.get(path).map(Vec::as_slice) {
            Some([one]) if !self.made.contains(path) => Some(one.clone()),
            _ => None,
        }
    }

    /// All files of the repository that a file, or a folder's list of names (with a `/` at its end), came from.
    pub fn read_from(&self, path: &str) -> Vec<Text> {
        let Some(folder) = path.strip_suffix('/') else { return Tree::origins(self, path) };
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.origins.iter().filter(|(file, _)| file.starts_with(&prefix)).flat_map(|(_, from)| from);
        below.map(|file| format!("{}/", tree::parent(file)).into()).collect()
    }

    /// `include`: a folder of another artifact takes the place of a path.
    ///
    /// # Errors
    /// The folder is not there.
    pub fn include(&mut self, other: &dyn Tree, from: &str, to: &str) -> Result<()> {
        let (from, to) = (clean(from)?, clean(to)?);
        match other.entry(&from) {
            Some(PathKind::Folder) => self.folder(other, &from, &to, &|_| false),
            Some(PathKind::File) => self.file(other, &from, &to),
            _ => Err(BuildError::new(Cause::Missing, format!("`{from}` of an included repository is not there"), "")),
        }
    }

    /// One copy, as `cp` does it.
    ///
    /// # Errors
    /// An alias that is not known, a pattern that nothing matches, an archive that is none.
    pub fn copy(&mut self, copy: &Copy, sources: &BTreeMap<String, &dyn Tree>) -> Result<()> {
        let wrong = |message: String| BuildError::invalid(format!("copy from `{}` to `{}`: {message}", copy.from, copy.to));
        let (alias, pattern) = copy
            .from
            .strip_prefix('@')
            .and_then(|from| from.split_once('/'))
            .ok_or_else(|| wrong("not `@alias/pattern`".into()))?;
        let to = copy.to.strip_prefix("@artifact/").ok_or_else(|| wrong("not `@artifact/path`".into()))?;
        let source = *sources.get(alias).ok_or_else(|| wrong(format!("no source has the alias `{alias}`")))?;
        let base = literal_folder(pattern);
        let is_excluded = |path: &str| is_excluded(&copy.exclude, path, &base);
        if !pattern.contains(['*', '?', '[', ']']) {
            return self.one(source, copy, &clean(pattern)?, to);
        }
        let is_extract = copy.strategy == EXTRACT;
        let found = if is_extract { find_deep(source, pattern)? } else { find(source, pattern)? };
        if found.is_empty() {
            return Err(wrong("nothing matches".into()));
        }
        let found: Vec<_> = found.into_iter().filter(|path| !is_excluded(path)).collect();
        if found.is_empty() {
            return Err(wrong("everything that matches is excluded".into()));
        }
        if is_extract {
            let mut archives = found.iter().filter(|path| extract::is_archive(path));
            return archives.try_for_each(|path| self.extract(source, path, to));
        }
        for path in found {
            // `folder/**` means what is in the folder
            let inner = pattern.strip_suffix("/**").and_then(|folder| path.strip_prefix(folder)?.strip_prefix('/'));
            let target = clean(&format!("{to}/{}", inner.unwrap_or(&path)))?;
            self.place(source, copy, &path, &target, &is_excluded)?;
        }
        Ok(())
    }

    fn one(&mut self, source: &dyn Tree, copy: &Copy, path: &str, to: &str) -> Result<()> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let inside = clean(&format!("{to}/{name}"))?;
        match source.entry(path) {
            Some(PathKind::Folder) if copy.strategy == EXTRACT => {
                Err(BuildError::invalid(format!("extract strategy is not supported for directories, got '{path}'")))
            }
            Some(PathKind::Folder) => {
                let is_excluded = |below: &str| is_excluded(&copy.exclude, below, path);
                self.place(source, copy, path, &inside, &is_excluded)
            }
            Some(PathKind::File) if is_excluded(&copy.exclude, path, "") => Ok(()),
            Some(PathKind::File) if copy.strategy == EXTRACT => self.extract(source, path, to),
            Some(PathKind::File) => {
                let target = clean(to)?;
                let is_folder = to.is_empty() || to.ends_with('/') || self.entry(&target) == Some(PathKind::Folder);
                self.place(source, copy, path, if is_folder { &inside } else { &target }, &|_| false)
            }
            _ => Err(BuildError::new(Cause::Missing, format!("`{}`: there is no such file", copy.from), "")),
        }
    }

    fn extract(&mut self, source: &dyn Tree, path: &str, to: &str) -> Result<()> {
        if !extract::is_archive(path) {
            let message = format!("extract strategy requires tarball file (.tar.gz or .tgz), got '{path}'");
            return Err(BuildError::invalid(message));
        }
        self.parents(&format!("{}/any", clean(to)?));
        for member in extract::members(&source.read(path)?, to).map_err(|error| error.in_file(&path.into()))? {
            match member {
                Member::Folder(path) => self.parents(&format!("{path}/any")),
                Member::File(target, bytes) => {
                    self.put(&target, bytes.into(), source.origins(path))?;
                    self.made.insert(target);
                }
            }
        }
        Ok(())
    }

    fn place(&mut self, source: &dyn Tree, copy: &Copy, path: &str, to: &str, skip: &dyn Fn(&str) -> bool) -> Result<()> {
        match source.entry(path) {
            Some(PathKind::Folder) => self.folder(source, path, to, skip),
            Some(PathKind::File) if copy.strategy == "Merge" && self.files.contains_key(to) => {
                let merged = merge(&self.files[to], &source.read(path)?, path, to)?;
                self.files.insert(to.to_owned(), merged.into());
                self.origins.entry(to.to_owned()).or_default().extend(source.origins(path));
                self.made.insert(to.to_owned());
                Ok(())
            }
            Some(PathKind::File) => self.file(source, path, to),
            _ => Ok(()),
        }
    }

    fn file(&mut self, source: &dyn Tree, path: &str, to: &str) -> Result<()> {
        self.put(to, source.read(path)?, source.origins(path))
    }

    fn put(&mut self, to: &str, bytes: Arc<[u8]>, origins: Vec<Text>) -> Result<()> {
        if self.files.len() >= MOST_FILES {
            return Err(BuildError::new(Cause::Limit, format!("an artifact of more than {MOST_FILES} files"), ""));
        }
        self.parents(to);
        self.files.insert(to.to_owned(), bytes);
        self.origins.insert(to.to_owned(), origins);
        self.made.remove(to);
        Ok(())
    }

    fn folder(&mut self, source: &dyn Tree, from: &str, to: &str, skip: &dyn Fn(&str) -> bool) -> Result<()> {
        self.parents(to);
        self.folders.insert(to.to_owned());
        for name in source.list(from)? {
            let below = |folder: &str| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let (path, target) = (below(from), below(to));
            match source.entry(&path) {
                _ if skip(&path) => {}
                Some(PathKind::Folder) => self.folder(source, &path, &target, skip)?,
                Some(PathKind::File) => self.file(source, &path, &target)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn parents(&mut self, path: &str) {
        let mut folder = tree::parent(path);
        while self.folders.insert(folder.to_owned()) && !folder.is_empty() {
            folder = tree::parent(folder);
        }
    }
}

impl Tree for Assembled {
    fn origins(&self, path: &str) -> Vec<Text> {
        self.origins.get(path).cloned().unwrap_or_default()
    }

    fn entry(&self, path: &str) -> Option<PathKind> {
        if self.files.contains_key(path) {
            return Some(PathKind::File);
        }
        (path.is_empty() || self.folders.contains(path)).then_some(PathKind::Folder)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        let missing = || BuildError::new(Cause::Missing, format!("`{path}` is not there"), "");
        self.files.get(path).cloned().ok_or_else(missing)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let names = self.files.keys().chain(&self.folders).filter_map(|file| file.strip_prefix(&prefix));
        let names: BTreeSet<_> =
            names.filter(|rest| !rest.is_empty()).map(|rest| rest.split('/').next().unwrap_or(rest)).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

/// A path inside of an artifact: what would leave it stays at its root, as Flux joins paths safely.
pub(super) fn clean(path: &str) -> Result<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

/// The folders of a pattern before the first that is a pattern.
fn literal_folder(pattern: &str) -> String {
    let parts = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.take_while(|part| !part.contains(['*', '?', '[', ']'])).collect::<Vec<_>>().join("/")
}

/// Go's `fs.Glob`: folder by folder; `**` is a `*` like any other.
fn find(source: &dyn Tree, pattern: &str) -> Result<Vec<String>> {
    let mut found = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for folder in found.iter().filter(|folder| source.entry(folder) == Some(PathKind::Folder)) {
            let names = source.list(folder)?.into_iter();
            let matching = names.filter(|name| glob::is_match(part.as_bytes(), name.as_bytes()) == Ok(true));
            next.extend(matching.map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }));
        }
        found = next;
    }
    Ok(found)
}

/// doublestar's `Glob`: `**` stands for any number of folders.
fn find_deep(source: &dyn Tree, pattern: &str) -> Result<Vec<String>> {
    let mut all = Vec::new();
    everything(source, "", &mut all)?;
    let is_match = |path: &String| {
        let path: Vec<&str> = path.split('/').collect();
        alternatives(pattern).iter().any(|pattern| is_way(&pattern.split('/').collect::<Vec<_>>(), &path))
    };
    Ok(all.into_iter().filter(is_match).collect())
}

fn everything(source: &dyn Tree, folder: &str, found: &mut Vec<String>) -> Result<()> {
    for name in source.list(folder)? {
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        match source.entry(&path) {
            Some(PathKind::Folder) => {
                found.push(path.clone());
                everything(source, &path, found)?;
            }
            Some(PathKind::File) => found.push(path),
            _ => {}
        }
    }
    Ok(())
}

/// Patterns are tried on the path from the source's root, and from the folder that the copy starts at; those without `/` on the name too.
fn is_excluded(patterns: &[String], path: &str, base: &str) -> bool {
    let inner = path.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
    let name = path.rsplit('/').next().unwrap_or(path);
    patterns.iter().flat_map(|pattern| alternatives(pattern)).any(|pattern| {
        let matches = |path: &str| is_way(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>());
        matches(path) || inner.is_some_and(matches) || !pattern.contains('/') && matches(name)
    })
}

/// `{a,b}` of doublestar's patterns, one level deep.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let Some((inner, after)) = rest.split_once('}') else { return vec![pattern.to_owned()] };
    inner.split(',').flat_map(|choice| alternatives(&format!("{before}{choice}{after}"))).collect()
}

/// doublestar's `Match`: `**` stands for any number of folders.
fn is_way(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        (["**"], _) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skip| is_way(rest, &path[skip..])),
        ([part, rest @ ..], [name, below @ ..]) => {
            let part = part.replace("[!", "[^");
            glob::is_match(part.as_bytes(), name.as_bytes()) == Ok(true) && is_way(rest, below)
        }
        ([], []) => true,
        _ => false,
    }
}

/// As Helm merges values: maps key by key, everything else is replaced.
fn merge(base: &[u8], over: &[u8], path: &str, to: &str) -> Result<Vec<u8>> {
    let parse = |bytes: &[u8], file: &str| -> Result<Node> {
        let place = TextPlace::file(&file.into(), Layer::Resource);
        let empty = || Node::map(Vec::new(), Trace::new(super::super::node::Origin::new(&file.into(), 0, 0, Layer::Resource)));
        Ok(read::document(bytes, &place)?.unwrap_or_else(empty))
    };
    let merged = merged(&parse(base, to)?, &parse(over, path)?);
    Ok(write::yaml(&merged)?.into_bytes())
}

fn merged(base: &Node, over: &Node) -> Node {
    if !base.is_map() || !over.is_map() {
        return over.clone();
    }
    let mut entries: Vec<Pair> = base.entries().to_vec();
    for entry in over.entries() {
        match entries.iter_mut().find(|before| before.key.text() == entry.key.text()) {
            Some(before) => before.value = merged(&before.value, &entry.value),
            None => entries.push(entry.clone()),
        }
    }
    Node::map(entries, base.trace.clone())
}
