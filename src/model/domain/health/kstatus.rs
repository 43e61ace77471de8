//! kstatus' generic rule (fluxcd/cli-utils `pkg/kstatus/status/generic.go`): for kinds without a rule of their own.

use super::{Health, Inputs};
use crate::domain::object::Verdict;

/// Returns the verdict before any rule of a kind: deletion, generations, then `Reconciling` and `Stalled` in list order.
/// `None` lets the kind's rule decide.
pub fn preamble(inputs: &Inputs) -> Option<Verdict> {
    if let Some(deleted) = inputs.deleted {
        return Some(Verdict { since: Some(deleted), ..Verdict::new(Health::Terminating, "Terminating", "being deleted") });
    }
    if let (Some(generation), Some(observed)) = (inputs.generation, inputs.observed)
        && generation != observed
    {
        let message = format!("generation is {generation}, but latest observed generation is {observed}");
        return Some(Verdict::new(Health::Progressing, "LatestGenerationNotObserved", message));
    }
    inputs.conditions.iter().filter(|condition| &*condition.status == "True").find_map(|condition| match &*condition.kind {
        "Reconciling" => Some(Verdict::of(Health::Progressing, condition)),
        "Stalled" => Some(Verdict::of(Health::Stalled, condition)),
        _ => None,
    })
}

/// The rule for kinds that kstatus does not know: by Ready where there is one, else it is enough to exist.
///
/// One step further than kstatus: Ready=False is shown as failed unless it is known to be progress, because people must see it.
pub fn generic(inputs: &Inputs) -> Verdict {
    if let Some(verdict) = preamble(inputs) {
        return verdict;
    }
    let Some(ready) = inputs.condition("Ready") else { return Verdict::new(Health::Ready, "", "") };
    let health = match &*ready.status {
        "True" => Health::Ready,
        "False" => Health::Failed,
        _ => Health::Progressing,
    };
    Verdict::of(health, ready)
}

/// The rule for kinds that are current as soon as they exist.
pub fn exists(inputs: &Inputs) -> Verdict {
    preamble(inputs).unwrap_or_else(|| Verdict::new(Health::Ready, "", ""))
}
