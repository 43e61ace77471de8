//! Suspend: the controller ignores the object until it is resumed (flux2 `cmd/flux/suspend.go`).
//!
//! In addition to the CLI we record who, when, why and until when, as annotations. They survive the reconciliation of the object by its
//! applier, because no other manager owns them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Action, Case, Fit, Headless, Proof, Reach, Request, Sets, Step, Switch, Until, Waits, Weight, guards};
use crate::forms::{Answers, Field, Form, InputKind};
use crate::kinds::{Kind, Suspend};

pub(super) const BY: &str = "fluxdeck.dev/suspended-by";
pub(super) const REASON: &str = "fluxdeck.dev/suspend-reason";
pub(super) const UNTIL: &str = "fluxdeck.dev/suspend-until";
pub(super) const AT: &str = "fluxdeck.dev/suspended-at";
/// Where the Flux Operator's own interface writes who suspended (its `docs/web/web-actions.md`).
pub(super) const OPERATORS_BY: &str = "fluxcd.controlplane.io/suspendedBy";
pub(super) const OPERATORS_SWITCH: &str = "fluxcd.controlplane.io/reconcile";

/// The field that suspends, where it is a field of the spec or an annotation.
pub(super) const SETS: Sets = Sets { field: switch_of, is_usual: false };

pub(super) const ACTION: Action = Action {
    name: "suspend",
    word: "suspend",
    key: "s",
    label: "suspend…",
    doc: "its controller ignores it until it is resumed; asks why and until when",
    reach: Reach::Objects("suspend; resume a suspended object"),
    footer: true,
    command: Some("suspend the selected objects; the rest of the line is the reason: `:suspend db migration`"),
    headless: Headless::Command {
        doc: "Suspend objects: their controllers ignore them; records who, why and until when",
        waits: Waits::Never,
    },
    weight: Weight::Grave,
    form: |_| form(),
    switch: Some(Switch::Suspends),
    kinds: |kind| kind.suspend != Suspend::Never,
    reads: guards::appliers,
    fits: |case, _| fits(case),
    steps,
    sets: Some(SETS),
    consequences: guards::of_suspending,
    line,
    ..Action::BASE
};

/// What the user says of a suspension; both may stay empty.
struct Suspended<'a> {
    reason: Option<&'a str>,
    /// Until when it is meant to be.
    until: Option<Timestamp>,
}

impl<'a> Suspended<'a> {
    fn of(answers: &'a Answers) -> Self {
        Self { reason: answers.text("reason"), until: answers.moment("until") }
    }
}

fn form() -> Form {
    Form::of([
        Field::new("reason", "why", "Why; written on the object", InputKind::Text).optional(),
        Field::new("until", "until", "4h, 2d, 14:00 or a date", InputKind::Moment).optional(),
    ])
}

fn switch_of(kind: &Kind) -> Option<String> {
    match kind.suspend {
        Suspend::Spec => Some("spec.suspend".to_owned()),
        Suspend::Annotation(key) => Some(format!("metadata.annotations.{key}")),
        Suspend::Never => None,
    }
}

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
    let Suspended { reason, until } = Suspended::of(answers);
    let until = until.map(|until| until.to_string());
    let at = case.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut patch = json!({"metadata": {"annotations": {
        BY: text(Some(case.who)), AT: at, REASON: text(reason), UNTIL: text(until.as_deref()),
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
    vec![Step {
        object: object.id.clone(),
        uid: object.uid,
        request,
        proof,
        until: Until::Taken,
        must_run: false,
        switch: Some(Switch::Suspends),
    }]
}

fn line(case: &Case, _: &Answers) -> String {
    match (case.flux_words(), case.kind.suspend) {
        (None, Suspend::Annotation(key)) => case.annotate_line(&format!("{key}=disabled")),
        (words, _) => format!("flux suspend {}", words.unwrap_or_else(|| case.kubectl_words())),
    }
}
