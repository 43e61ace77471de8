//! Reset: forget the failed attempts of a HelmRelease, so that it is tried again.

use super::{Action, Answers, Case, Fit, Form, Step, Weight, reconcile};
use crate::kinds::group;

pub(super) const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";

pub(super) const ACTION: Action = Action {
    name: "reset",
    key: "z",
    label: "reset the failure count",
    doc: "forget the failed attempts of a HelmRelease and try again",
    weight: Weight::Light,
    form: Form::Nothing,
    verb: "patch",
    fits,
    steps: |case, answers| {
        let answers = Answers { reset: true, ..answers.clone() };
        vec![Step::reconcile(case.object, &reconcile::token(case), &reconcile::also(&answers))]
    },
    consequences: |_| Vec::new(),
    line: |case, answers| reconcile::line(case, &Answers { reset: true, ..answers.clone() }),
};

fn fits(case: &Case) -> Fit {
    if case.is(group::HELM, "HelmRelease") {
        return reconcile::fits(case);
    }
    Fit::Never(format!("{} counts no failures", case.a_kind()))
}
