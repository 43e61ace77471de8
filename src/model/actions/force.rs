//! Force: one install or upgrade although nothing changed (HelmRelease), or a run outside of the schedule (the operator's kinds).

use super::{Action, Answers, Case, Consequence, Fit, Form, Grade, Step, Weight, reconcile};
use crate::kinds::group;

pub(super) const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";

pub(super) const ACTION: Action = Action {
    name: "force",
    key: "F",
    label: "force the upgrade again…",
    doc: "one install or upgrade of a HelmRelease although nothing changed; a run outside of the schedule for the operator's kinds",
    weight: Weight::Grave,
    form: Form::Nothing,
    verb: "patch",
    fits,
    steps: |case, answers| {
        let answers = Answers { force: true, ..answers.clone() };
        vec![Step::reconcile(case.object, &reconcile::token(case), &reconcile::also(&answers))]
    },
    consequences,
    line: |case, answers| reconcile::line(case, &Answers { force: true, ..answers.clone() }),
};

/// Kinds whose controllers read `forceAt` (helm-controller; Flux Operator `internal/controller`).
fn fits(case: &Case) -> Fit {
    let reads = case.is(group::HELM, "HelmRelease")
        || case.is(group::OPERATOR, "FluxInstance")
        || case.is(group::OPERATOR, "ResourceSetInputProvider");
    if reads { reconcile::fits(case) } else { Fit::Never(format!("{} cannot be forced", case.a_kind())) }
}

fn consequences(case: &Case) -> Vec<Consequence> {
    if !case.is(group::HELM, "HelmRelease") {
        return Vec::new();
    }
    vec![Consequence::new(Grade::Warning, "Helm upgrades the release once more, with its hooks, although nothing changed")]
}
