//! What is to be changed.

use super::place::NodePlace;
use super::value::{NewValue, Scalar};

/// A wanted change of one file. Several are made one after the other: a place refers to the file after the changes before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Another value for a scalar. `was` is the text that the caller has read there; any other is refused.
    Set {
        at: NodePlace,
        value: Scalar,
        was: Option<String>,
    },
    /// As `Set`, and every alias of the value changes with it.
    SetShared {
        at: NodePlace,
        value: Scalar,
        was: Option<String>,
    },
    /// A key that is not there yet, or an item of a list; maps on the way are made.
    Add {
        at: NodePlace,
        value: NewValue,
    },
    /// A key with its value, or an item. What becomes empty stays as `{}` or `[]`.
    Remove {
        at: NodePlace,
    },
    /// A document before another one; behind the last where there is no such.
    InsertDocument {
        before: usize,
        value: NewValue,
    },
    RemoveDocument {
        document: usize,
    },
    /// A file or folder in a kustomization's `resources`, `components` or another of its lists. Nothing where it is there.
    List {
        field: String,
        entry: String,
    },
}

impl Operation {
    pub fn set(at: NodePlace, value: Scalar) -> Self {
        Self::Set { at, value, was: None }
    }
}
