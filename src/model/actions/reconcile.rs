//! Reconcile: ask the controller to do its work now (flux2 `cmd/flux/reconcile.go`).

use super::{Action, Case, Fit, Form, Step, Weight};

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
    steps: |case, _| vec![Step::reconcile(case.object, &token(case), &[])],
    consequences: |_| Vec::new(),
    line,
};

/// Whether a controller would answer. To ask for what is suspended succeeds and does nothing: it is refused, as the CLI does.
pub(super) fn fits(case: &Case) -> Fit {
    if !case.kind.is_flux() {
        return Fit::Never(format!("Flux does not reconcile a {}", case.kind_word()));
    }
    if !case.is_reconciled() {
        return Fit::Never(format!("no controller reconciles {}", case.object.id));
    }
    if case.is_suspended() {
        return Fit::NotNow("suspended: resume it first".to_owned());
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

pub(super) fn line(case: &Case, _: &super::Answers) -> String {
    case.flux_words().map_or_else(
        || case.annotate_line(&format!("{REQUESTED_AT}=\"$(date -u +%FT%TZ)\"")),
        |words| format!("flux reconcile {words}"),
    )
}
