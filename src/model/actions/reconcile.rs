//! Reconcile: ask the controller to do its work now (flux2 `cmd/flux/reconcile.go`).

use super::{Action, Answers, Case, Fit, Form, Step, Weight};
use crate::kinds::group;

pub(super) const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

pub(super) const ACTION: Action = Action {
    name: "reconcile",
    key: "R",
    label: "reconcile",
    doc: "ask the controller to reconcile it now",
    weight: Weight::Light,
    form: Form::Nothing,
    verb: "patch",
    fits,
    steps: |case, answers| vec![Step::reconcile(case.object, &token(case), &also(answers))],
    consequences: |_| Vec::new(),
    line,
};

/// Whether a controller would answer. To ask for what is suspended succeeds and does nothing: it is refused, as the CLI does.
pub(super) fn fits(case: &Case) -> Fit {
    match fits_when_resumed(case) {
        Fit::Yes if case.is_suspended() => Fit::NotNow("suspended: resume it first".to_owned()),
        other => other,
    }
}

/// Whether a controller would answer once nobody suspends it.
pub(super) fn fits_when_resumed(case: &Case) -> Fit {
    if !case.kind.is_flux() {
        return Fit::Never(format!("Flux does not reconcile {}", case.a_kind()));
    }
    if case.is(group::SOURCE, "HelmRepository") && !case.is_reconciled() {
        // the CLI says so and succeeds (flux2 `reconcile.go`, isStatic)
        return Fit::Already("an OCI HelmRepository has nothing to reconcile".to_owned());
    }
    if !case.is_reconciled() {
        return Fit::Never(format!("no controller reconciles {}", case.object.id));
    }
    if case.is_going() {
        return Fit::NotNow("being deleted".to_owned());
    }
    Fit::Yes
}

/// The text of a request: the moment, as the CLI writes it. Controllers only compare it.
pub(super) fn token(case: &Case) -> String {
    case.now.to_string()
}

/// The annotations that go with the request: what `--force` and `--reset` of the CLI add.
pub(super) fn also(answers: &Answers) -> Vec<&'static str> {
    let force = answers.force.then_some(super::force::FORCE_AT);
    force.into_iter().chain(answers.reset.then_some(super::reset::RESET_AT)).collect()
}

pub(super) fn line(case: &Case, answers: &Answers) -> String {
    match case.flux_words() {
        Some(words) => {
            let force = if answers.force { " --force" } else { "" };
            let reset = if answers.reset { " --reset" } else { "" };
            format!("flux reconcile {words}{force}{reset}")
        }
        None => {
            let force = if answers.force { format!(" {}=\"$NOW\"", super::force::FORCE_AT) } else { String::new() };
            format!("NOW=$(date -u +%FT%TZ); {}", case.annotate_line(&format!("{REQUESTED_AT}=\"$NOW\"{force}")))
        }
    }
}
