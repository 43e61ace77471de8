//! Set field: another value for any scalar field of any object, in the layer that sets it.

use super::{Playbook, Takes};
use crate::change::{Rules, Wanted};
use crate::error::Result;
use crate::forms::{Answers, Field, Form, Input};

const FIELD: &str = "field";
const VALUE: &str = "value";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "set-field",
    doc: "Another value for a field of an object, in the file that sets it",
    form,
    takes: Takes::Fields,
    wanted,
    rules: Rules::NONE,
};

fn form() -> Form {
    let field =
        Field::new(FIELD, "field", "spec.replicas, spec.template.spec.containers[name=api].image, data['a.b']", Input::Text);
    let value = Field::new(VALUE, "value", "The value, as the type that the field has", Input::Text);
    Form::of([field, value.optional()])
}

fn wanted(answers: &Answers) -> Result<Vec<Wanted>> {
    let text = |id| answers.text(id).unwrap_or_default();
    Ok(vec![Wanted::new(text(FIELD), text(VALUE))?])
}
