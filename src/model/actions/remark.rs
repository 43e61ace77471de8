//! Remark: a word for the next person, on the object.

use serde_json::json;

use super::{Action, Case, Fit, Headless, Proof, Reach, Request, Step, Until, Waits, Weight};
use crate::forms::{Answers, Field, Form, Input};
use crate::kinds::Kind;

const NOTE: &str = "fluxdeck.dev/note";

pub(super) const ACTION: Action = Action {
    name: "remark",
    word: "remark",
    key: "T",
    label: "leave a remark…",
    doc: "a word for the next person, as an annotation",
    reach: Reach::Rows("leave a remark"),
    footer: true,
    command: Some("leave a remark on the selected objects"),
    headless: Headless::Command { doc: "Leave a remark on objects", waits: Waits::Never },
    weight: Weight::Grave,
    form: |_| Form::of([Field::new("text", "note", "What the next person should know", Input::Text)]),
    kinds: Kind::is_flux,
    fits: |case, _| if case.kind.is_flux() { Fit::Yes } else { Fit::Never("only objects of Flux carry notes".to_owned()) },
    steps,
    line: |case, answers| case.annotate_line(&format!("{NOTE}={:?}", answers.text("text").unwrap_or_default())),
    ..Action::BASE
};

fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    let text = answers.text("text").unwrap_or_default();
    vec![Step {
        object: case.object.id.clone(),
        uid: case.object.uid,
        request: Request::annotate([(NOTE, json!(text))]),
        proof: Proof::annotation(NOTE, text),
        until: Until::Taken,
        must_run: false,
        switch: None,
    }]
}
