//! Files that must not be edited, checked against changes by others.
//!
//! A change by fluxdeck itself refuses all of them. In a pull request, errors are: what the repository forbids (`deny`,
//! `DO_NOT_EDIT`), links that leave it, and a secret that is no longer encrypted. Everyday changes by others are reported without
//! failing the check: an encrypted file that stays encrypted is a note, a generated file is a warning, since its generator may
//! have written it.

use super::{Finding, Level, Rule, encrypted};
use crate::error::Result;
use crate::guards::{DenyList, MARKER, RuleOwner, generated_at};
use crate::render::tree::{self, PathKind, Tree, join, parent};

pub(super) static RULE: Rule =
    Rule { name: "guard", doc: "a changed file that must not be edited, or a secret that is no longer encrypted", look: None };

/// What a repository forbids itself, and what this run may change all the same.
#[derive(Clone, Debug, Default)]
pub struct CheckPolicy {
    deny: DenyList,
    allow: DenyList,
}

impl CheckPolicy {
    /// From globs, as [`DenyList`] takes them.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn new(deny: &[String], allow: &[String]) -> Result<Self> {
        let all = |globs: &[String]| DenyList::new(globs.iter().map(|glob| (glob.as_str(), RuleOwner::Repository)));
        Ok(Self { deny: all(deny)?, allow: all(allow)? })
    }

    /// How much it weighs that a path is changed that the repository forbids.
    fn level(&self, path: &str) -> Level {
        if self.allow.globs(path).is_empty() { Level::Error } else { Level::Warning }
    }
}

/// What is to be said of a change of a file. `before` is where it came from, for files that are gone.
pub fn guard(path: &str, now: &dyn Tree, before: Option<&dyn Tree>, policy: &CheckPolicy) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut report = |level: Level, say: &dyn Fn(&str) -> String, hint: &str| {
        let one = Finding::about(level, &RULE, format!("`{path}`"), say).hint(hint);
        found.push(Finding { file: path.to_owned(), ..one });
    };
    if join("", path).is_none_or(|joined| joined != path) {
        report(Level::Error, &|path| format!("{path} leaves the repository"), "");
        return found;
    }
    for glob in policy.deny.globs(path) {
        report(policy.level(path), &|path| format!("{path} is denied by `{glob}`"), "`deny` in .fluxdeck.toml");
    }
    let trees: Vec<&dyn Tree> = std::iter::once(now).chain(before).collect();
    let folders = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
    for folder in folders {
        let marker = if folder.is_empty() { MARKER.to_owned() } else { format!("{folder}/{MARKER}") };
        // a change that takes the marker away as well is still one of what it guards
        if path != marker && trees.iter().any(|tree| tree.entry(&marker).is_some()) {
            report(policy.level(path), &|path| format!("{path} is below `{marker}`"), "change what generates it");
        }
    }
    if let Some(PathKind::Link(target)) = now.entry(path)
        && tree::resolve(now, "", path).is_err()
    {
        let say = |path: &str| format!("{path} is a link to `{target}`, which is not in the repository");
        report(Level::Error, &say, "link to a file of the repository");
    }
    let texts = trees.iter().filter_map(|tree| tree.read(path).ok());
    if texts.into_iter().any(|bytes| generated_at(path, &bytes).is_some()) {
        let say = |path: &str| format!("{path} is marked as generated: do not edit it");
        report(Level::Warning, &say, "change what generates it; its generator may change it");
    }
    found.extend(encrypted::guard(path, now, before));
    found
}
