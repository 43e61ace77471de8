//! Which files of a repository get into its artifact: `.sourceignore` files and `spec.ignore` of the source.
//!
//! Source: fluxcd/pkg `sourceignore` v0.18.0 and `artifact/storage/archive.go` v0.18.1; source-controller v1.9.4. A matcher of
//! its own, not git's: an ignored folder is still walked, so that a later `!` brings back what is below it. Artifacts have no
//! links. What Flux builds from is [`Artifact`], a tree like any other; what it is composed of (includes, copies) is in
//! [`copies`].

pub mod copies;
mod extract;
mod pattern;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

pub use extract::unpacked;

use super::error::{BuildError, Cause, Result};
use super::node::Text;
use super::tree::{PathKind, Tree};

use pattern::{Inclusion, Pattern};

/// Says what of its folder is left out.
pub const FILE: &str = ".sourceignore";
const VCS: &[&str] = &[".git/", ".gitignore", ".gitmodules", ".gitattributes"];
/// Left out where nothing else is said: with one pattern of their own, users get only [`VCS`] besides.
const DEFAULT: &[&str] = &[
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];
/// A line longer than this ends the reading of a file, without a word (Go's `bufio.Scanner`).
const LONGEST_LINE: usize = 64 * 1024;
/// Folders inside folders that are looked through.
const DEEPEST: usize = 100;

/// The patterns of a source, later ones before earlier ones.
#[derive(Clone, Debug)]
pub struct IgnoreRules {
    patterns: Vec<Pattern>,
}

impl Default for IgnoreRules {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl IgnoreRules {
    fn new(own: Vec<Pattern>) -> Self {
        let defaults = if own.is_empty() { DEFAULT } else { &[] };
        let given = VCS.iter().chain(defaults).map(|line| Pattern::read(line, ""));
        Self { patterns: given.chain(own).collect() }
    }

    /// The `.sourceignore` files of a tree, those of folders after those above them, then the source's own `spec.ignore`.
    ///
    /// # Errors
    /// A file or folder that cannot be read.
    pub fn of(tree: &dyn Tree, spec_ignore: Option<&str>) -> Result<Self> {
        let mut own = Vec::new();
        collect(tree, "", 0, &mut own)?;
        own.extend(spec_ignore.map(|text| lines(text, "")).into_iter().flatten());
        Ok(Self::new(own))
    }

    /// Whether a path is left out.
    pub fn is_ignored(&self, path: &str, is_folder: bool) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let verdicts = self.patterns.iter().rev().map(|pattern| pattern.verdict(&parts, is_folder));
        verdicts.flatten().next() == Some(Inclusion::Out)
    }
}

fn lines(text: &str, folder: &str) -> Vec<Pattern> {
    let lines = text.lines().take_while(|line| line.len() < LONGEST_LINE);
    lines.filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(|line| Pattern::read(line, folder)).collect()
}

fn collect(tree: &dyn Tree, folder: &str, depth: usize, into: &mut Vec<Pattern>) -> Result<()> {
    if depth > DEEPEST {
        let error = BuildError::new(Cause::Limit, format!("folders more than {DEEPEST} deep"), "");
        return Err(error.in_file(&folder.into()));
    }
    let below = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let file = below(FILE);
    if tree.entry(&file) == Some(PathKind::File) {
        into.extend(lines(&String::from_utf8_lossy(&tree.read(&file)?), folder));
    }
    for name in tree.list(folder)? {
        if name != ".git" && tree.entry(&below(&name)) == Some(PathKind::Folder) {
            collect(tree, &below(&name), depth + 1, into)?;
        }
    }
    Ok(())
}

/// A tree without what its source leaves out.
pub struct Artifact<'t> {
    tree: &'t dyn Tree,
    rules: Arc<IgnoreRules>,
    /// What was asked before: builds ask for the same paths again and again, and every pattern is tried on every part of a path.
    known: RefCell<HashMap<String, Option<PathKind>>>,
}

impl<'t> Artifact<'t> {
    pub fn new(tree: &'t dyn Tree, rules: impl Into<Arc<IgnoreRules>>) -> Self {
        Self { tree, rules: rules.into(), known: RefCell::default() }
    }

    fn missing(path: &str) -> BuildError {
        BuildError::new(Cause::Missing, format!("`{path}` is not in the artifact"), "the source's ignore rules leave it out")
    }
}

impl Tree for Artifact<'_> {
    fn origins(&self, path: &str) -> Vec<Text> {
        self.tree.origins(path)
    }

    fn is_submodule(&self, path: &str) -> bool {
        self.tree.is_submodule(path)
    }

    fn entry(&self, path: &str) -> Option<PathKind> {
        if path.is_empty() {
            return self.tree.entry(path);
        }
        if let Some(known) = self.known.borrow().get(path) {
            return known.clone();
        }
        let found = self.find(path);
        self.known.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        match self.entry(path) {
            Some(PathKind::File) => self.tree.read(path),
            _ => Err(Self::missing(path)),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let mut names = self.tree.list(path)?;
        names.retain(|name| self.entry(&if path.is_empty() { name.clone() } else { format!("{path}/{name}") }).is_some());
        Ok(names)
    }
}

impl Artifact<'_> {
    fn find(&self, path: &str) -> Option<PathKind> {
        match self.tree.entry(path)? {
            PathKind::Link(_) => None,
            PathKind::File => (!self.rules.is_ignored(path, false)).then_some(PathKind::File),
            // unpacked again, a folder is there when it or anything below it is
            PathKind::Folder => (!self.rules.is_ignored(path, true) || self.holds_something(path)).then_some(PathKind::Folder),
        }
    }

    fn holds_something(&self, folder: &str) -> bool {
        let names = self.tree.list(folder).unwrap_or_default();
        names.iter().any(|name| self.entry(&format!("{folder}/{name}")).is_some())
    }
}
