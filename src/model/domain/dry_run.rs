//! A server-side apply that stores nothing.

use std::fmt;

use super::identity::GroupKind;

/// One object, as Flux would apply it.
#[derive(Clone, PartialEq)]
pub struct DryRun {
    /// `Kind namespace/name`.
    pub object: String,
    pub gk: GroupKind,
    pub version: String,
    pub namespace: String,
    pub name: String,
    /// The manifest as JSON. May hold values of a Secret: never shown.
    pub body: String,
    /// The ServiceAccount by whose rights Flux applies it; none for the controller's own.
    pub account: Option<String>,
    /// What the API server refuses to change, Flux deletes and creates again.
    pub is_forced: bool,
}

/// What the API server says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunAnswer {
    Taken,
    /// It would not take it: its own words.
    Refused(String),
    /// It did not look at it, and why.
    NotAsked(String),
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DryRun").field(&self.object).finish()
    }
}
