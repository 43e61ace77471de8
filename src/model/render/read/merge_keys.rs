//! Merge keys (`<<: *base`), resolved as kyaml's `DeAnchor` does it: merged maps first, the map's own keys win; of several merged maps the
//! first wins. Source: kyaml v0.21.1 `yaml/rnode.go` (removeMergeTags, mergeAll).

use super::super::error::{BuildError, Result};
use super::super::node::{Entry, Node, Tag};

/// The entries of a mapping without its merge key.
pub(super) fn resolved(entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let mut merges = entries.iter().filter(|entry| entry.key.tag == Tag::Merge);
    let Some(merge) = merges.next() else { return Ok(entries) };
    if let Some(second) = merges.next() {
        return Err(BuildError::invalid("duplicate merge key").at(second.key.origin()));
    }
    let merged = maps(&merge.value)?;
    let own: Vec<Entry> = {
        let mut own = entries;
        let at = own.iter().position(|entry| entry.key.text() == Some("<<"));
        own.remove(at.expect("the merge key is spelled <<"));
        own
    };
    let mut result = own.clone();
    for entry in merged.iter().rev().flat_map(|map| map.entries()).chain(&own) {
        match result.iter_mut().find(|existing| existing.key.text() == entry.key.text()) {
            Some(existing) => *existing = entry.clone(),
            None => result.push(entry.clone()),
        }
    }
    Ok(result)
}

fn maps(value: &Node) -> Result<Vec<Node>> {
    if value.is_map() {
        return Ok(vec![value.clone()]);
    }
    if !value.is_list() {
        return Err(BuildError::invalid("map merge requires map or sequence of maps as the value").at(value.origin()));
    }
    for item in value.items() {
        if !item.is_map() {
            return Err(BuildError::invalid("invalid map merge: received a value that is not a map").at(item.origin()));
        }
    }
    Ok(value.items().to_vec())
}
