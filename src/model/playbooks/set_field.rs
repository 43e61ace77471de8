//! Set field: changes any scalar field of any object, in the layer that sets it.

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField};
use crate::error::Result;
use crate::forms::{Answers, Field, FieldValue, Form, InputKind};

const FIELD: &str = "field";
const VALUE: &str = "value";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "set-field",
    command: "set-field",
    doc: "Change a field of an object, in the file that sets it",
    key: "f",
    label: "set a field…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: |_| Ok(()),
    present: |_| PresentState::default(),
    form,
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::ObjectField { below: "", wanted: |fields, _| Ok(WantedChange::Own(fields)) },
    wanted,
};

fn form(_: &KnownObject<'_>) -> Form {
    let field =
        Field::new(FIELD, "field", "spec.replicas, spec.template.spec.containers[name=api].image, data['a.b']", InputKind::Text);
    let value = Field::new(VALUE, "value", "The value, as the type that the field has", InputKind::Text);
    Form::of([field, value.optional()])
}

/// The answers that give a field this value.
pub(super) fn answers(field: &str, value: &str) -> Answers {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let answers = Answers::default().with(FIELD, text(field));
    if value.is_empty() { answers } else { answers.with(VALUE, text(value)) }
}

fn wanted(answers: &Answers, _: &KnownObject<'_>) -> Result<WantedChange> {
    let text = |id| answers.text(id).unwrap_or_default();
    Ok(WantedChange::Own(vec![WantedField::new(text(FIELD), text(VALUE))?]))
}
