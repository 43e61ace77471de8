//! Files that must not be edited, asked of what somebody else changed.
//!
//! A change of fluxdeck's own refuses all of them. Of another person's pull request it is an error what the repository forbids (`deny`,
//! `DO_NOT_EDIT`), what leads out of it, and a secret that is open now. What is everyday work of others is told and fails nothing: an
//! encrypted file that stays encrypted is a note, a generated file is a warning, for its generator may have written it.

use super::{Finding, Level, Rule, encrypted};
use crate::error::Result;
use crate::guards::{Deny, MARKER, Whose, generated_at};
use crate::render::tree::{self, Entry, Tree, join, parent};

pub(super) static RULE: Rule =
    Rule { name: "guard", doc: "a changed file that must not be edited, or a secret that is open now", look: None };

/// What a repository forbids itself, and what this run may change all the same.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    deny: Deny,
    allow: Deny,
}

impl Policy {
    /// From globs, as [`Deny`] takes them.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn new(deny: &[String], allow: &[String]) -> Result<Self> {
        let all = |globs: &[String]| Deny::new(globs.iter().map(|glob| (glob.as_str(), Whose::Repository)));
        Ok(Self { deny: all(deny)?, allow: all(allow)? })
    }

    /// How much it weighs that a path is changed that the repository forbids.
    fn level(&self, path: &str) -> Level {
        if self.allow.globs(path).is_empty() { Level::Error } else { Level::Warning }
    }
}

/// What is to be said of a change of a file. `before` is where it came from, for files that are gone.
pub fn guard(path: &str, now: &dyn Tree, before: Option<&dyn Tree>, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |level: Level, message: String, hint: &str| {
        found.push(Finding { file: path.to_owned(), ..Finding::new(level, &RULE, message).hint(hint) });
    };
    if join("", path).is_none_or(|joined| joined != path) {
        tell(Level::Error, format!("`{path}` leaves the repository"), "");
        return found;
    }
    for glob in policy.deny.globs(path) {
        tell(policy.level(path), format!("`{path}` is denied by `{glob}`"), "`deny` in .fluxdeck.toml");
    }
    let trees: Vec<&dyn Tree> = std::iter::once(now).chain(before).collect();
    let folders = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
    for folder in folders {
        let marker = if folder.is_empty() { MARKER.to_owned() } else { format!("{folder}/{MARKER}") };
        // a change that takes the marker away as well is still one of what it guards
        if path != marker && trees.iter().any(|tree| tree.entry(&marker).is_some()) {
            tell(policy.level(path), format!("`{path}` lies below `{marker}`"), "change what generates it");
        }
    }
    if let Some(Entry::Link(target)) = now.entry(path)
        && tree::resolve(now, "", path).is_err()
    {
        let told = format!("`{path}` is a link to `{target}`, which is not in the repository");
        tell(Level::Error, told, "link to a file of the repository");
    }
    let texts = trees.iter().filter_map(|tree| tree.read(path).ok());
    if texts.into_iter().any(|bytes| generated_at(path, &bytes).is_some()) {
        let told = format!("`{path}` says that it was generated and must not be edited");
        tell(Level::Warning, told, "change what generates it; its generator may change it");
    }
    found.extend(encrypted::guard(path, now, before));
    found
}
