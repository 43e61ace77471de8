//! Scale: changes the number of replicas of a workload, in git.

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField};
use crate::domain::Object;
use crate::error::{Error, Result};
use crate::forms::{Answers, Field, FieldValue, Form, InputKind};
use crate::kinds::{Kind, Trait};

const REPLICAS: &str = "replicas";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "scale",
    command: "scale-in-git",
    doc: "Change the number of replicas of a workload, in the file that sets it",
    key: "n",
    label: "number of replicas…",
    keys: &[],
    start: PlaybookStart::Form,
    offers,
    present,
    form,
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn form(_: &KnownObject<'_>) -> Form {
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
    PresentState { answers, text: format!("{ready} of {desired} running"), ..PresentState::default() }
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    let replicas = answers.number(REPLICAS).ok_or_else(|| Error::usage("no number of replicas", "write --set replicas=3"))?;
    if known.built.is_some() && !known.kind.is_some_and(|kind| kind.has(Trait::Scales)) {
        return Err(Error::failed(format!("{} has no replicas of its own", known.name), "name a workload that has"));
    }
    Ok(WantedChange::Own(vec![WantedField::new("spec.replicas", &replicas.to_string())?]))
}
