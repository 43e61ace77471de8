//! Suspend: the controller leaves it alone until it is resumed (flux2 `cmd/flux/suspend.go`).
//!
//! Besides what the CLI does we write down who, why and until when, as annotations: they survive the reconciliation of whatever applies
//! the object, because no other manager owns them.

use serde_json::{Value, json};

use super::{Action, Answers, Case, Fit, Form, Proof, Request, Step, Until, Weight, guards};
use crate::kinds::Suspend;

pub(super) const BY: &str = "fluxdeck.dev/suspended-by";
pub(super) const REASON: &str = "fluxdeck.dev/suspend-reason";
pub(super) const UNTIL: &str = "fluxdeck.dev/suspend-until";
/// Where the Flux Operator's own interface writes who suspended (its `docs/web/web-actions.md`).
pub(super) const OPERATORS_BY: &str = "fluxcd.controlplane.io/suspendedBy";
pub(super) const OPERATORS_SWITCH: &str = "fluxcd.controlplane.io/reconcile";

pub(super) const ACTION: Action = Action {
    name: "suspend",
    key: "s",
    label: "suspend…",
    doc: "the controller leaves it alone until it is resumed; asks why and until when",
    weight: Weight::Grave,
    form: Form::Suspension,
    verb: "patch",
    fits,
    steps,
    consequences: guards::of_suspending,
    line,
};

fn fits(case: &Case) -> Fit {
    if case.kind.suspend == Suspend::Never {
        return Fit::Never(format!("{} cannot be suspended", case.a_kind()));
    }
    if case.is_suspended() {
        return Fit::Already("already suspended".to_owned());
    }
    if case.is_going() {
        return Fit::NotNow("being deleted".to_owned());
    }
    Fit::Yes
}

fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    let text = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map_or(Value::Null, Value::from);
    let until = answers.until.map(|until| until.to_string());
    let mut patch = json!({"metadata": {"annotations": {
        BY: text(Some(case.who)), REASON: text(answers.reason.as_deref()), UNTIL: text(until.as_deref()),
    }}});
    let proof = match case.kind.suspend {
        Suspend::Annotation(key) => {
            patch["metadata"]["annotations"][key] = "disabled".into();
            if key == OPERATORS_SWITCH {
                patch["metadata"]["annotations"][OPERATORS_BY] = text(Some(case.who));
            }
            Proof::annotation(key, "disabled")
        }
        Suspend::Spec | Suspend::Never => {
            patch["spec"] = json!({"suspend": true});
            Proof::Says { pointer: "/spec/suspend".to_owned(), value: true.into() }
        }
    };
    let (object, request) = (case.object, Request::Merge(patch));
    vec![Step { object: object.id.clone(), uid: object.uid, request, proof, until: Until::Taken, must_run: false }]
}

fn line(case: &Case, _: &Answers) -> String {
    match (case.flux_words(), case.kind.suspend) {
        (None, Suspend::Annotation(key)) => case.annotate_line(&format!("{key}=disabled")),
        (words, _) => format!("flux suspend {}", words.unwrap_or_else(|| case.kubectl_words())),
    }
}
