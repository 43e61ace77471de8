//! What the API server refuses to change in an object that is there. Flux fails then with all that the Kustomization applies; with `force` it
//! deletes the object and creates it again.
//!
//! Source: fluxcd/pkg v0.76 `ssa/manager_apply.go` (`shouldForceApply`: by the option, or by a label or annotation before or after) and
//! `ssa/errors/immutable.go` (all that is invalid counts, what is forbidden does not).

use super::query::{CautionQuery, Placed, is};
use super::refusal::refusal;
use super::{FoundCautions, listed, losses, switches};
use crate::insight::named::shown;
use crate::kinds;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    let applied = query.changes.iter().filter(|change| change.applied().is_some());
    for (before, after) in applied.filter_map(|change| change.both()) {
        let refusal = refusal(query, before, after);
        if refusal.fields.is_empty() {
            continue;
        }
        let head = format!("{}: {} cannot change", shown(after.node()), listed(&refusal.fields, "other field"));
        match forced(before, after).filter(|_| !refusal.is_forbidden) {
            None if after.build.spec.is_none() => found.say(format!("{head}: the API server refuses it")),
            None => found.say_of(format!("{head}: the API server refuses it, and with it the rest of "), after.build, ""),
            Some(by) => {
                let loss = losses::with(query, before).or_else(|| interruption(before).map(str::to_owned));
                let loss = loss.map(|loss| format!(", {loss}")).unwrap_or_default();
                let head = format!("{head}: Flux deletes it and creates it again{loss} (");
                match by {
                    Forced::Object => found.say(format!("{head}{})", switches::FORCE)),
                    Forced::Build => found.say_of(format!("{head}spec.force of "), after.build, ")"),
                }
            }
        }
    }
}

/// Whether a change of both is refused, and not made by deleting and creating.
pub fn is_refused(query: &CautionQuery<'_>, before: Placed<'_>, after: Placed<'_>) -> bool {
    forced(before, after).is_none() && !refusal(query, before, after).fields.is_empty()
}

/// What says that an object is created again.
enum Forced {
    Object,
    Build,
}

fn forced(before: Placed<'_>, after: Placed<'_>) -> Option<Forced> {
    if switches::is_forced(before.node()) || switches::is_forced(after.node()) {
        return Some(Forced::Object);
    }
    after.upkeep().is_some_and(|upkeep| upkeep.recreates).then_some(Forced::Build)
}

/// What happens meanwhile, as the end of a sentence.
fn interruption(before: Placed<'_>) -> Option<&'static str> {
    let node = before.node();
    let has_pods = [kinds::DEPLOYMENT, kinds::STATEFUL_SET, kinds::DAEMON_SET, kinds::REPLICA_SET];
    match () {
        () if has_pods.into_iter().any(|kind| is(node, kind)) => Some("and its pods stop meanwhile"),
        () if is(node, kinds::JOB) => Some("and it runs again"),
        () if is(node, kinds::SERVICE) => Some("with another address"),
        () => None,
    }
}
