//! Files that must not be edited, checked against changes by others.
//!
//! A change by fluxdeck itself refuses all of them. In a pull request, errors are: what the repository forbids (`deny`,
//! `DO_NOT_EDIT`), links that leave it, and a secret that is no longer encrypted. Everyday changes by others are reported without
//! failing the check: an encrypted file that stays encrypted is a note, a generated file is a warning, since its generator may
//! have written it.

use regex::Regex;

use super::{Finding, Level, Rule, encrypted};
use crate::error::{Error, Result};
use crate::render::tree::{self, PathKind, Tree, join, parent};

pub(super) static RULE: Rule =
    Rule { name: "guard", doc: "a changed file that must not be edited, or a secret that is no longer encrypted", look: None };

/// In a folder: nothing below it is edited.
const MARKER: &str = "DO_NOT_EDIT";
/// Lines of a file in which it may say that it was generated.
const HEAD: usize = 20;

/// What a repository forbids itself, and what this run may change all the same.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    deny: Vec<(String, Regex)>,
    allow: Vec<(String, Regex)>,
}

impl Policy {
    /// From globs: `*` within a name, `**` over folders; without a `/` they mean a name anywhere.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn new(deny: &[String], allow: &[String]) -> Result<Self> {
        let one = |glob: &String| {
            let wrong = |_| Error::failed(format!("`{glob}` is not a glob"), "a glob is written like clusters/*/flux-system/**");
            Ok((glob.clone(), Regex::new(&pattern(glob)).map_err(wrong)?))
        };
        let all = |globs: &[String]| globs.iter().map(one).collect::<Result<_>>();
        Ok(Self { deny: all(deny)?, allow: all(allow)? })
    }

    /// How much it weighs that a path is changed that the repository forbids.
    fn level(&self, path: &str) -> Level {
        if self.allow.iter().any(|(_, pattern)| pattern.is_match(path)) { Level::Warning } else { Level::Error }
    }
}

fn pattern(glob: &str) -> String {
    let glob = glob.trim_start_matches('/');
    let mut out = if glob.contains('/') { "^".to_owned() } else { "(^|/)".to_owned() };
    let mut rest = glob.strip_suffix('/').unwrap_or(glob);
    while !rest.is_empty() {
        let (word, taken) = match rest {
            _ if rest.starts_with("**/") => ("(.*/)?".to_owned(), 3),
            _ if rest.starts_with("**") => (".*".to_owned(), 2),
            _ if rest.starts_with('*') => ("[^/]*".to_owned(), 1),
            _ if rest.starts_with('?') => ("[^/]".to_owned(), 1),
            _ => {
                let letter = rest.chars().next().expect("it is not empty");
                (regex::escape(&letter.to_string()), letter.len_utf8())
            }
        };
        out.push_str(&word);
        rest = &rest[taken..];
    }
    out + "(/.*)?$"
}

/// What is to be said of a change of a file. `before` is where it came from, for files that are gone.
pub fn guard(path: &str, now: &dyn Tree, before: Option<&dyn Tree>, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut report = |level: Level, message: String, hint: &str| {
        found.push(Finding { file: path.to_owned(), ..Finding::new(level, &RULE, message).hint(hint) });
    };
    if join("", path).is_none_or(|joined| joined != path) {
        report(Level::Error, format!("`{path}` leaves the repository"), "");
        return found;
    }
    for (glob, _) in policy.deny.iter().filter(|(_, pattern)| pattern.is_match(path)) {
        report(policy.level(path), format!("`{path}` is denied by `{glob}`"), "`deny` in .fluxdeck.toml");
    }
    let trees: Vec<&dyn Tree> = std::iter::once(now).chain(before).collect();
    let folders = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
    for folder in folders {
        let marker = if folder.is_empty() { MARKER.to_owned() } else { format!("{folder}/{MARKER}") };
        // a change that takes the marker away as well is still one of what it guards
        if path != marker && trees.iter().any(|tree| tree.entry(&marker).is_some()) {
            report(policy.level(path), format!("`{path}` is below `{marker}`"), "change what generates it");
        }
    }
    if let Some(PathKind::Link(target)) = now.entry(path)
        && tree::resolve(now, "", path).is_err()
    {
        let message = format!("`{path}` is a link to `{target}`, which is not in the repository");
        report(Level::Error, message, "link to a file of the repository");
    }
    let texts = trees.iter().filter_map(|tree| tree.read(path).ok());
    if texts.into_iter().any(|bytes| is_generated(&String::from_utf8_lossy(&bytes))) {
        let message = format!("`{path}` is marked as generated: do not edit it");
        report(Level::Warning, message, "change what generates it; its generator may change it");
    }
    found.extend(encrypted::guard(path, now, before));
    found
}

fn is_generated(text: &str) -> bool {
    let is_comment =
        |line: &str| line.starts_with('#') || line.starts_with("//") || line.starts_with("<!--") || line.starts_with("/*");
    text.lines().take(HEAD).map(str::trim).filter(|line| is_comment(line)).any(|line| {
        let upper = line.to_uppercase();
        upper.contains("DO NOT EDIT") || upper.contains(MARKER) || upper.contains("@GENERATED")
    })
}
