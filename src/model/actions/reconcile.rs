//! Reconcile: request a reconciliation by the controller (flux2 `cmd/flux/reconcile.go`).

use super::{Action, Case, Fit, Headless, Reach, Step, Waits, force, reset};
use crate::forms::{Answers, Field, Form, InputKind};
use crate::kinds::{Kind, Trait};

pub(super) const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

/// Fields of [`form`]: what `--force` and `--reset` of the CLI are.
pub(super) const FORCE: &str = "force";
pub(super) const RESET: &str = "reset";

pub(super) const ACTION: Action = Action {
    name: "reconcile",
    word: "reconcile",
    key: "R",
    label: "reconcile",
    doc: "request a reconciliation by its controller now",
    reach: Reach::Objects("reconcile now"),
    footer: true,
    command: Some("reconcile the selected objects now"),
    headless: Headless::Command { doc: "Reconcile objects now, and wait until they are done", waits: Waits::Always },
    form: |_| form(),
    kinds: Kind::is_flux,
    fits: fits_with,
    steps,
    line,
    ..Action::BASE
};

/// On the screen these are actions of their own.
pub(super) fn form() -> Form {
    Form::of([
        Field::new(FORCE, "", "One install or upgrade even if nothing changed", InputKind::YesNo).flag_only(),
        Field::new(RESET, "", "Forget failed attempts", InputKind::YesNo).flag_only(),
    ])
}

pub(super) fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    vec![Step::reconcile(case.object, &token(case), &also(answers))]
}

/// With everything that the answers add to it.
pub(super) fn fits_with(case: &Case, answers: &Answers) -> Fit {
    let forced = answers.is_yes(FORCE).then(|| force::fits(case));
    let reset = answers.is_yes(RESET).then(|| reset::fits(case));
    let fits = [Some(fits(case)), forced, reset];
    fits.into_iter().flatten().find(|fit| *fit != Fit::Yes).unwrap_or(Fit::Yes)
}

/// Whether a controller would answer. To ask for what is suspended succeeds and does nothing: it is refused, as the CLI does.
pub(super) fn fits(case: &Case) -> Fit {
    match fits_when_resumed(case) {
        Fit::Yes if case.is_suspended() => Fit::Suspended,
        other => other,
    }
}

/// Whether a controller would answer once nobody suspends it.
pub(super) fn fits_when_resumed(case: &Case) -> Fit {
    if !case.kind.is_flux() {
        return Fit::Never(format!("Flux does not reconcile {}", case.a_kind()));
    }
    if !case.is_reconciled() && !case.kind.has(Trait::Unasked) {
        // the CLI says so and succeeds (flux2 `reconcile.go`, isStatic)
        return Fit::Already(format!("an OCI {} has nothing to reconcile", case.kind.kind));
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
    let force = answers.is_yes(FORCE).then_some(force::FORCE_AT);
    force.into_iter().chain(answers.is_yes(RESET).then_some(reset::RESET_AT)).collect()
}

pub(super) fn line(case: &Case, answers: &Answers) -> String {
    match case.flux_words() {
        Some(words) => {
            let force = if answers.is_yes(FORCE) { " --force" } else { "" };
            let reset = if answers.is_yes(RESET) { " --reset" } else { "" };
            format!("flux reconcile {words}{force}{reset}")
        }
        None => {
            let force = if answers.is_yes(FORCE) { format!(" {}=\"$NOW\"", force::FORCE_AT) } else { String::new() };
            format!("NOW=$(date -u +%FT%TZ); {}", case.annotate_line(&format!("{REQUESTED_AT}=\"$NOW\"{force}")))
        }
    }
}
