//! Each guard with a file that it locks, and with files that only look like it.

mod command;
mod content;
mod place;
mod policy;
mod secret;
mod settings;

use super::*;
use crate::render::tree::Memory;

/// Which guard locks a file of a tree, without rules but those of its files.
fn why(tree: &dyn Tree, path: &str) -> Option<LockReason> {
    why_by(tree, path, &DenyList::default(), &|_| None)
}

fn why_by(tree: &dyn Tree, path: &str, deny: &DenyList, filter: &dyn Fn(&str) -> Option<String>) -> Option<LockReason> {
    let (sources, bytes) = (SecretSources::in_tree(tree), tree.read(path).ok());
    check(path, bytes.as_deref(), tree, &GuardRules { deny, sources: &sources, filter }).err().map(|locked| locked.why)
}

/// The same of one file alone.
fn why_of(path: &str, text: &str) -> Option<LockReason> {
    why(&Memory::new([(path, text)]), path)
}
