//! A Kustomization that from now on deletes what it did not delete before.
//!
//! Source: kustomize-controller v1.9.4 `docs/spec/v1/kustomizations.md` (`prune`, `force`, `deletionPolicy`).

use super::FoundCautions;
use super::query::CautionQuery;
use crate::domain::object::Deletion;
use crate::insight::named::shown;
use crate::render::Node;
use crate::render::flux::{Spec, Upkeep};

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for (before, after) in query.changes.iter().filter_map(|change| change.both()) {
        let (Some(old), Some(new)) = (upkeep(before.node()), upkeep(after.node())) else { continue };
        let name = shown(after.node());
        if new.recreates && !old.recreates {
            let what = "what the API server refuses to change is deleted and created again, with the data in it";
            found.say(format!("{name}: from now on {what} (spec.force)"));
        }
        let deletes = |upkeep: Upkeep| upkeep.deletion == Deletion::Prunes;
        // that it deletes then as it prunes now is what pruning is
        if new.prunes && !old.prunes {
            found.say(format!("{name}: from now on what leaves git is deleted from the cluster (spec.prune)"));
        } else if deletes(new) && !deletes(old) {
            found.say(format!("{name}: once it is deleted, all that it applied is deleted with it (spec.deletionPolicy)"));
        }
    }
}

fn upkeep(node: &Node) -> Option<Upkeep> {
    Spec::is_one(node).then(|| Spec::read(node).ok()?.upkeep).flatten()
}
