//! Update resources: requests and limits of a container of a workload. What stays empty stays as it is.

use super::containers::{self, chosen};
use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField};
use crate::error::{Error, Result};
use crate::forms::{Answers, Field, Form, InputKind};

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "update-resources",
    command: "update-resources",
    doc: "Change requests and limits of a container, in the files that set them",
    key: "u",
    label: "requests and limits…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: containers::offers,
    present: |_| PresentState::default(),
    form,
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

/// Each field of the form: its id, its label, and its path below the container.
const RESOURCES: &[(&str, &str, &str)] = &[
    ("cpu-request", "CPU request", "resources.requests.cpu"),
    ("memory-request", "mem request", "resources.requests.memory"),
    ("cpu-limit", "CPU limit", "resources.limits.cpu"),
    ("memory-limit", "mem limit", "resources.limits.memory"),
];

fn form(known: &KnownObject<'_>) -> Form {
    let said = |one: &containers::ContainerField| {
        let value = |path: &str| known.value(&format!("{}.{path}", one.path)).unwrap_or("-").to_owned();
        let all: Vec<_> = RESOURCES.iter().map(|(.., path)| value(path)).collect();
        format!("requests {} {}, limits {} {}", all[0], all[1], all[2], all[3])
    };
    let container = containers::field(known, said);
    let all = containers::all(known);
    let one = |(id, label, path): &(&'static str, &'static str, &str)| {
        let now = if let [only] = &all[..] { known.value(&format!("{}.{path}", only.path)) } else { None };
        Field::new(*id, *label, "100m, 0.5, 128Mi, 1Gi; empty leaves it as it is", InputKind::Quantity)
            .optional()
            .default(now.unwrap_or_default())
    };
    let fields = RESOURCES.iter().map(one);
    Form::of(match &all[..] {
        [] => fields.chain([container]).collect::<Vec<_>>(),
        [_] => fields.chain([container.flag_only()]).collect(),
        _ => std::iter::once(container).chain(fields).collect(),
    })
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    let container = chosen(known, answers)?;
    let one =
        |(id, _, path): &(&str, &str, &str)| Some(WantedField::new(&format!("{}.{path}", container.path), answers.text(id)?));
    let fields = RESOURCES.iter().filter_map(one).collect::<Result<Vec<_>>>()?;
    if fields.is_empty() {
        let ids = RESOURCES.iter().map(|(id, ..)| *id).collect::<Vec<_>>().join(", ");
        return Err(Error::usage("neither a request nor a limit", format!("write --set NAME=QUANTITY; there are {ids}")));
    }
    Ok(WantedChange::Own(fields))
}
