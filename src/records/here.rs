//! The same on the machine's own disk, for callers that are not handed one. Each goes when its callers are.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Run, Snapshot, acts, remember as namespaces, snapshot};
use crate::files::REAL;
use fluxdeck_model::domain::Str;
use fluxdeck_model::error::Result;
use fluxdeck_model::state::jobs::Act;

/// [`acts::record`] here.
///
/// # Errors
/// When the file cannot be written.
pub fn record(dir: &Path, run: Option<&Run>, act: &Act) -> std::io::Result<()> {
    acts::record(REAL, dir, run, act)
}

/// [`acts::recorded`] here.
pub fn recorded(dir: Option<&Path>, most: usize) -> Vec<Act> {
    acts::recorded(REAL, dir, most)
}

/// [`namespaces::remembered`] here.
pub fn remembered(dir: Option<&Path>, context: &str) -> Vec<Str> {
    namespaces::remembered(REAL, dir, context)
}

/// [`namespaces::remember`] here.
pub fn remember(dir: Option<&Path>, context: &str, known: &BTreeSet<Str>) {
    namespaces::remember(REAL, dir, context, known);
}

/// [`snapshot::save`] here.
///
/// # Errors
/// When the file cannot be written.
pub fn save(snapshot: &Snapshot, path: &Path) -> Result<()> {
    snapshot::save(REAL, snapshot, path)
}
