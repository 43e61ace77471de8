//! Annotations that say where objects come from: when they come or go, each object changes once.
//!
//! Source: kustomize v5.8.1 `api/resource/origin.go`: they are of the object, not of the pods that it makes.

use super::FoundCautions;
use super::query::{CautionQuery, Placed};
use crate::domain::text::counted;

/// The annotation (kustomize `api/internal/utils/annotations.go`).
const ORIGIN: &str = "config.kubernetes.io/origin";

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    let has = |placed: Placed<'_>| placed.node().at(&["metadata", "annotations", ORIGIN]).is_some();
    let both = query.changes.iter().filter_map(|change| change.both());
    let turned: Vec<_> = both.filter(|(before, after)| has(*before) != has(*after)).collect();
    let [(before, _), ..] = &turned[..] else { return };
    let verb = if has(*before) { "lose" } else { "get" };
    let objects = counted(turned.len(), "object");
    found.say(format!("{objects} {verb} the annotation {ORIGIN}: each changes once in the cluster; no pod restarts for it"));
}
