//! Scale: changes the number of replicas of a workload, in git.

use super::{AssignmentTarget, Playbook, PresentState};
use crate::change::WantedField;
use crate::domain::Object;
use crate::error::{Error, Result};
use crate::forms::{Answers, Field, FieldValue, Form, InputKind};
use crate::insight::named::{group, shown};
use crate::kinds::{self, Kind, Trait};
use crate::render::Node;
use crate::render::id::text_at;

const REPLICAS: &str = "replicas";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "scale",
    command: "scale-in-git",
    doc: "Change the number of replicas of a workload, in the file that sets it",
    key: "n",
    label: "number of replicas…",
    offers,
    present,
    form,
    assigns_to: AssignmentTarget::FormField,
    wanted,
    fits,
};

fn form() -> Form {
    let input = InputKind::Number { least: 0, most: i32::MAX.into(), what: "number of replicas" };
    Form::of([Field::new(REPLICAS, "replicas", "How many", input)])
}

fn offers(kind: &Kind) -> std::result::Result<(), String> {
    match kind.has(Trait::Scales) {
        true => Ok(()),
        false => Err(format!("{} has no replicas of its own", kind.kind)),
    }
}

fn present(object: &Object) -> PresentState {
    let Some((ready, desired)) = object.facts.ready else { return PresentState::default() };
    let answers = Answers::default().with(REPLICAS, FieldValue::Number(desired.into()));
    PresentState { answers, text: format!("{ready} of {desired} running") }
}

fn wanted(answers: &Answers) -> Result<Vec<WantedField>> {
    let replicas = answers.number(REPLICAS).ok_or_else(|| Error::usage("no number of replicas", "write --set replicas=3"))?;
    Ok(vec![WantedField::new("spec.replicas", &replicas.to_string())?])
}

fn fits(node: &Node) -> Result<()> {
    match kinds::find(group(node), text_at(node, "kind")).is_some_and(|kind| kind.has(Trait::Scales)) {
        true => Ok(()),
        false => Err(Error::failed(format!("{} has no replicas of its own", shown(node)), "name a workload that has")),
    }
}
