//! What git resumes: all that was held back arrives at once.

use super::FoundCautions;
use super::query::{CautionQuery, is};
use super::suspended::is_suspended;
use crate::insight::named::shown;
use crate::kinds;
use crate::render::flux::Spec;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for (before, after) in query.changes.iter().filter_map(|change| change.both()) {
        let node = after.node();
        if !is_suspended(before.node()) || is_suspended(node) {
            continue;
        }
        let prunes = || Spec::read(node).ok().and_then(|spec| spec.upkeep).is_some_and(|upkeep| upkeep.prunes);
        let what = match () {
            () if is(node, kinds::HELM_RELEASE) => "all that changed in git since it was suspended is released at once",
            () if !is(node, kinds::KUSTOMIZATION) => "it catches up at once with all that happened since it was suspended",
            () if prunes() => {
                "all that changed in git since it was suspended is applied at once, and what left git is deleted (spec.prune)"
            }
            () => "all that changed in git since it was suspended is applied at once",
        };
        found.say(format!("{} resumes: {what}", shown(node)));
    }
}
