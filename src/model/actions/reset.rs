//! Reset: forget the failed attempts of a HelmRelease, so that it is tried again.

use super::{Action, Case, Fit, reconcile};
use crate::forms::{Answers, FieldValue};
use crate::kinds::Trait;

pub(super) const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";

pub(super) const ACTION: Action = Action {
    name: "reset",
    word: "reset",
    key: "z",
    label: "reset the failure count",
    doc: "forget the failed attempts of a HelmRelease and try again",
    kinds: |kind| kind.has(Trait::CountsFailures),
    fits: |case, _| fits(case),
    steps: |case, answers| reconcile::steps(case, &reset(answers)),
    line: |case, answers| reconcile::line(case, &reset(answers)),
    ..Action::BASE
};

fn reset(answers: &Answers) -> Answers {
    answers.clone().with(reconcile::RESET, FieldValue::Yes(true))
}

pub(super) fn fits(case: &Case) -> Fit {
    if case.kind.has(Trait::CountsFailures) {
        return reconcile::fits(case);
    }
    Fit::Never(format!("{} counts no failures", case.a_kind()))
}
