//! Resume: the controller reconciles again (flux2 `cmd/flux/resume.go`). The key is removed, not set to false, so that nothing
//! remains that git does not have. For kinds that are suspended by annotation no generation changes: they also get a request to
//! wait for, as in the Flux Operator's own CLI (`cmd/cli/client.go`).

use serde_json::{Value, json};

use super::reconcile::{self, REQUESTED_AT};
use super::suspend::{AT, BY, OPERATORS_BY, OPERATORS_SWITCH, REASON, UNTIL};
use super::{Action, Case, Fit, Headless, Proof, Reach, Request, Step, Switch, Until, Waits, Weight, suspend};
use crate::forms::Answers;
use crate::kinds::Suspend;

pub(super) const ACTION: Action = Action {
    name: "resume",
    word: "resume",
    key: "r",
    label: "resume",
    doc: "its controller reconciles it again; clears who, why and until when",
    reach: Reach::Rows("resume"),
    footer: true,
    command: Some("resume the selected objects"),
    headless: Headless::Command { doc: "Resume suspended objects", waits: Waits::ForOne },
    weight: Weight::Waking,
    switch: Some(Switch::Resumes),
    undoes: Some(&suspend::ACTION),
    kinds: |kind| kind.suspend != Suspend::Never,
    fits: |case, _| fits(case),
    steps,
    sets: Some(suspend::SETS),
    line,
    ..Action::BASE
};

fn fits(case: &Case) -> Fit {
    if case.kind.suspend == Suspend::Never {
        return Fit::Never(format!("{} is never suspended", case.a_kind()));
    }
    if !case.is_suspended() {
        return Fit::Already("not suspended".to_owned());
    }
    Fit::Yes
}

fn steps(case: &Case, _: &Answers) -> Vec<Step> {
    let mut patch = json!({"metadata": {"annotations": {BY: null, AT: null, REASON: null, UNTIL: null}}});
    let (proof, until) = match case.kind.suspend {
        Suspend::Annotation(key) => {
            let token = reconcile::token(case);
            let on = if key == OPERATORS_SWITCH { "enabled".into() } else { Value::Null };
            let annotations = &mut patch["metadata"]["annotations"];
            if key == OPERATORS_SWITCH {
                annotations[OPERATORS_BY] = Value::Null;
            }
            annotations[key] = on.clone();
            annotations[REQUESTED_AT] = token.clone().into();
            (Proof::annotation(key, on), Until::Handled(token))
        }
        Suspend::Spec | Suspend::Never => {
            patch["spec"] = json!({"suspend": null});
            let until = if case.is_reconciled() { Until::Observed } else { Until::Taken };
            (Proof::Says { pointer: "/spec/suspend".to_owned(), value: Value::Null }, until)
        }
    };
    let (object, request) = (case.object, Request::Merge(patch));
    vec![Step {
        object: object.id.clone(),
        uid: object.uid,
        request,
        proof,
        until,
        must_run: false,
        switch: Some(Switch::Resumes),
    }]
}

fn line(case: &Case, _: &Answers) -> String {
    match (case.flux_words(), case.kind.suspend) {
        (None, Suspend::Annotation(OPERATORS_SWITCH)) => case.annotate_line(&format!("{OPERATORS_SWITCH}=enabled")),
        (None, Suspend::Annotation(key)) => case.annotate_line(&format!("{key}-")),
        (words, _) => format!("flux resume {}", words.unwrap_or_else(|| case.kubectl_words())),
    }
}
