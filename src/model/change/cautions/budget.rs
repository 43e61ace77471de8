//! A PodDisruptionBudget that no longer lets any pod be evicted: to drain a node waits.
//!
//! Source: kubernetes v1.36 `pkg/controller/disruption/disruption.go` (`getExpectedPodCount`: percentages are rounded up; `maxUnavailable`
//! first).

use super::query::{CautionQuery, Placed, is, text_of};
use super::{FoundCautions, pods};
use crate::domain::text::counted;
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;
use crate::render::id::meta_text;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for after in query.changes.iter().filter_map(|change| change.applied()) {
        if is(after.node(), kinds::POD_DISRUPTION_BUDGET) {
            let of_budget = query.beside(after.build, true).filter(|pods| is_covered(after, *pods));
            of_budget.for_each(|pods| one(query, after, pods, found));
        } else if pods::template(after.node()).is_some() {
            let budgets = query.in_namespace(after, kinds::POD_DISRUPTION_BUDGET, true);
            budgets.filter(|budget| is_covered(*budget, after)).for_each(|budget| one(query, budget, after, found));
        }
    }
}

fn is_covered(budget: Placed<'_>, pods: Placed<'_>) -> bool {
    let namespace = |of: Placed<'_>| meta_text(of.node(), "namespace").to_owned();
    namespace(budget) == namespace(pods) && pods::are_selected(budget.node(), pods.node())
}

/// Says it where it was not so before.
fn one<'a>(query: &CautionQuery<'a>, budget: Placed<'a>, object: Placed<'a>, found: &mut FoundCautions) {
    let Some(blocks) = blocks(query, budget, object, true) else { return };
    let earlier = pods::other_side(query, budget, false).zip(pods::other_side(query, object, false));
    if earlier.is_none_or(|(budget, object)| self::blocks(query, budget, object, false).is_none()) {
        let (budget, object) = (shown(budget.node()), shown(object.node()));
        found.say(format!("{budget} lets no pod of {object} be evicted ({blocks}): draining its node waits"));
    }
}

/// What of a budget blocks.
fn blocks(query: &CautionQuery<'_>, budget: Placed<'_>, object: Placed<'_>, is_after: bool) -> Option<String> {
    let count = pods::count(query, object, is_after).filter(|count| *count > 0)?;
    let of = |key: &str| Some((amount(budget.node(), key, count)?, text_of(budget.node(), &["spec", key])));
    match (of("maxUnavailable"), of("minAvailable")) {
        (Some((0, text)), _) => Some(format!("maxUnavailable {text}")),
        (None, Some((least, text))) if least >= count => Some(format!("minAvailable {text} of {}", counted(count, "pod"))),
        _ => None,
    }
}

/// A number, or a percentage of the pods.
fn amount(budget: &Node, key: &str, count: i64) -> Option<i64> {
    let text = text_of(budget, &["spec", key]);
    match text.strip_suffix('%') {
        Some(percent) => Some((percent.parse::<i64>().ok()?.checked_mul(count)?.checked_add(99)?) / 100),
        None => text.parse().ok(),
    }
}
