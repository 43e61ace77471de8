//! Programs that a repository names as checks of its changes: `[[policy]]` in `.fluxdeck.toml`.
//!
//! Here they are data: which there are, for which changes, and which files of the repository they name. What a person allows of them, and
//! running them, do *not* belong here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::policy::DenyList;
use super::policy::RuleOwner;
use crate::domain::text::sanitise_line;
use crate::error::Result;
use crate::render::tree::{self, PathKind, Tree};

/// Most of them, the longest name, and the longest command, in bytes.
const MOST: usize = 20;
const LONGEST_NAME: usize = 60;
const LONGEST_COMMAND: usize = 8 << 10;

/// One program, as a check of a change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyCommand {
    pub name: String,
    /// The program and its arguments. No shell reads them, unless the program is one.
    pub command: Vec<String>,
    #[serde(default)]
    pub when: PolicyScope,
}

/// For which changes it is: one that fits each list that is there; without any, every change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyScope {
    /// Globs, as `deny` takes them: a file that they fit changes.
    pub paths: Vec<String>,
    /// `Deployment`, or with its group `HelmRelease.helm.toolkit.fluxcd.io`: an object of that kind is built otherwise.
    pub kinds: Vec<String>,
    /// The change was made by this playbook of fluxdeck.
    pub playbooks: Vec<String>,
}

/// What a change is, as far as a policy asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySubject {
    pub paths: BTreeSet<String>,
    /// Group and kind of the objects that are built otherwise.
    pub kinds: BTreeSet<(String, String)>,
    /// None for a change of anybody.
    pub playbook: Option<String>,
}

impl PolicyCommand {
    /// What is wrong with a list of them.
    pub(super) fn fault(all: &[Self]) -> Option<String> {
        if all.len() > MOST {
            return Some(format!("there are more than {MOST} [[policy]]"));
        }
        all.iter().enumerate().find_map(|(at, one)| {
            let name = sanitise_line(&one.name);
            let length: usize = one.command.iter().map(String::len).sum();
            let is_empty = one.command.first().is_none_or(|program| program.trim().is_empty());
            match () {
                () if one.name.trim().is_empty() => Some("a [[policy]] has no name".to_owned()),
                () if one.name.len() > LONGEST_NAME || *name != *one.name => {
                    Some(format!("`{name}` is not a name of a [[policy]]"))
                }
                () if all[..at].iter().any(|other| other.name == one.name) => Some(format!("there are two [[policy]] {name}")),
                () if is_empty => Some(format!("[[policy]] {name} names no program: command = [\"PROGRAM\", …]")),
                () if length > LONGEST_COMMAND => Some(format!("the command of [[policy]] {name} is too long")),
                () if one.command.iter().any(|word| word.contains('\0')) => {
                    Some(format!("the command of [[policy]] {name} has a NUL in it"))
                }
                () => one.when.globs().err().map(|error| format!("[[policy]] {name}: {}", error.message)),
            }
        })
    }

    /// As one would type it.
    pub fn line(&self) -> String {
        shlex::try_join(self.command.iter().map(String::as_str)).unwrap_or_else(|_| self.command.join(" "))
    }

    /// The files of a repository that it names, each with its content: a word, or a piece of a word (of `--policy=FILE`, of a line for a
    /// shell), that is the path of a file.
    pub fn files(&self, tree: &dyn Tree) -> BTreeMap<String, Vec<u8>> {
        let is_edge = |letter: char| letter.is_whitespace() || "\"'=;|&()<>,".contains(letter);
        let pieces = self.command.iter().flat_map(|word| std::iter::once(word.as_str()).chain(word.split(is_edge)));
        let content = |piece: &str| match tree::resolve(tree, "", piece) {
            Ok((path, PathKind::File)) => {
                let content = tree.read(&path).ok()?.to_vec();
                Some((path, content))
            }
            _ => None,
        };
        pieces.filter(|piece| !piece.is_empty()).filter_map(content).collect()
    }
}

impl PolicyScope {
    /// # Errors
    /// One that is none.
    fn globs(&self) -> Result<DenyList> {
        DenyList::new(self.paths.iter().map(|glob| (glob.as_str(), RuleOwner::Repository)))
    }

    /// Whether a change is one of those.
    pub fn fits(&self, subject: &PolicySubject) -> bool {
        // they were read before
        let globs = self.globs().unwrap_or_default();
        let has_path = self.paths.is_empty() || subject.paths.iter().any(|path| !globs.globs(path).is_empty());
        let is_kind = |wanted: &String| {
            let (kind, group) = wanted.split_once('.').map_or((wanted.as_str(), None), |(kind, group)| (kind, Some(group)));
            subject.kinds.iter().any(|(known, other)| other == kind && group.is_none_or(|group| group == known))
        };
        let has_kind = self.kinds.is_empty() || self.kinds.iter().any(is_kind);
        let is_own = |playbook: &String| self.playbooks.contains(playbook);
        has_path && has_kind && (self.playbooks.is_empty() || subject.playbook.as_ref().is_some_and(is_own))
    }

    /// The same in words; empty for every change.
    pub fn words(&self) -> String {
        let list = |word: &str, all: &[String]| (!all.is_empty()).then(|| format!("{word} {}", all.join(", ")));
        let all = [list("paths", &self.paths), list("kinds", &self.kinds), list("playbooks", &self.playbooks)];
        all.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}
