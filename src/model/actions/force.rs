//! Force: one install or upgrade even if nothing changed (HelmRelease), or a run outside of the schedule (the operator's kinds).

use super::{Action, Case, Consequence, Fit, Grade, Weight, guards, reconcile};
use crate::forms::{Answers, FieldValue};
use crate::kinds::Trait;

pub(super) const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";

pub(super) const ACTION: Action = Action {
    name: "force",
    word: "force",
    key: "F",
    label: "force the upgrade again…",
    doc: "one install or upgrade of a HelmRelease even if nothing changed; for the operator's kinds, a run outside of the schedule",
    weight: Weight::Grave,
    kinds: |kind| kind.has(Trait::Forced),
    reads: guards::appliers,
    fits: |case, _| fits(case),
    steps: |case, answers| reconcile::steps(case, &forced(answers)),
    consequences,
    line: |case, answers| reconcile::line(case, &forced(answers)),
    ..Action::BASE
};

fn forced(answers: &Answers) -> Answers {
    answers.clone().with(reconcile::FORCE, FieldValue::Yes(true))
}

/// Kinds whose controllers read `forceAt` (helm-controller; Flux Operator `internal/controller`).
pub(super) fn fits(case: &Case) -> Fit {
    let is_meant = case.kind.has(Trait::Forced);
    if is_meant { reconcile::fits(case) } else { Fit::Never(format!("{} cannot be forced", case.a_kind())) }
}

fn consequences(case: &Case) -> Vec<Consequence> {
    if !case.kind.has(Trait::Charted) {
        return Vec::new();
    }
    vec![Consequence::new(Grade::Warning, "Helm upgrades the release again, with its hooks, even if nothing changed")]
}
