//! The tree as `fluxdeck … -o json` prints it, read by the documented fields only.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::support::program::Fluxdeck;
use crate::truth::Key;

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub kind: String,
    pub group: String,
    pub version: String,
    pub namespace: String,
    pub name: String,
    pub health: String,
    pub reason: String,
    pub message: String,
    pub suspended: bool,
    #[serde(default)]
    pub suspension: Option<Suspension>,
    pub revision: String,
    pub created: Option<String>,
    pub since: Option<String>,
    pub edge: String,
    #[serde(default)]
    pub conditions: Vec<Condition>,
    #[serde(default)]
    pub children: Vec<Node>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Suspension {
    pub by: Option<String>,
    pub reason: Option<String>,
    pub until: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Condition {
    pub r#type: String,
    pub status: String,
    pub reason: String,
    pub message: String,
}

impl Node {
    pub fn key(&self) -> Key {
        Key::new(&self.group, &self.kind, &self.namespace, &self.name)
    }

    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.r#type == kind)
    }

    /// A node that stands for an object which is not there, or may not be read.
    pub fn is_placeholder(&self) -> bool {
        self.version.is_empty()
    }
}

/// The whole tree of `fluxdeck tree`.
pub fn tree(user: &Fluxdeck, more: &[&str]) -> Vec<Node> {
    user.run(&[&["tree", "-o", "json"], more].concat()).json()
}

/// Every node of trees, as often as it occurs.
pub fn flat(trees: &[Node]) -> Vec<&Node> {
    trees.iter().flat_map(|node| std::iter::once(node).chain(flat(&node.children))).collect()
}

/// Nodes by identity, and those that occur more than once.
pub fn by_key(trees: &[Node]) -> (BTreeMap<Key, &Node>, Vec<Key>) {
    let (mut found, mut twice) = (BTreeMap::new(), Vec::new());
    for node in flat(trees) {
        if found.insert(node.key(), node).is_some() {
            twice.push(node.key());
        }
    }
    (found, twice)
}
