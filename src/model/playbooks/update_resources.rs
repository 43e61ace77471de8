//! Update resources: requests and limits of a container of a workload. What is emptied is taken out; what was not set and stays empty stays so.
//!
//! Source of the rule between the two: kubernetes `pkg/apis/core/validation/validation.go` (`validateContainerResourceRequirements`): a request
//! is at most its limit.

use super::containers::{self, chosen};
use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField};
use crate::domain::quantity;
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
    let meant = chosen(known, &known.answered).ok().filter(|_| known.is_known());
    let one = |(id, label, path): &(&'static str, &'static str, &str)| {
        let now = meant.as_ref().and_then(|meant| known.value(&format!("{}.{path}", meant.path))).unwrap_or_default();
        let field = Field::new(*id, *label, "100m, 0.5, 128Mi, 1Gi; emptied it is taken out", InputKind::Quantity).optional();
        // before anybody knows what there is only a flag that says so empties it
        match now.is_empty() && known.kind.is_some() {
            true => field,
            false => field.default(now).clears(),
        }
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
    let path = |path: &str| format!("{}.{path}", container.path);
    let now = |name: &str| known.value(&path(name));
    let mut fields = Vec::new();
    let mut gone: Vec<&str> = Vec::new();
    for (id, _, name) in RESOURCES {
        match answers.text(id) {
            None => {}
            Some("") if !known.is_known() || now(name).is_some() => gone.push(name),
            Some("") => {}
            Some(value) => fields.push(WantedField::new(&path(name), value)?),
        }
    }
    let is_asked = RESOURCES.iter().any(|(id, ..)| answers.text(id).is_some());
    fields.extend(
        whole(&gone, &container.path, known).iter().map(|name| WantedField::gone(&path(name))).collect::<Result<Vec<_>>>()?,
    );
    if !is_asked || fields.is_empty() {
        let ids = RESOURCES.iter().map(|(id, ..)| *id).collect::<Vec<_>>().join(", ");
        let hint = format!("write --set NAME=QUANTITY, or --unset NAME; there are {ids}");
        return Err(Error::usage("neither a request nor a limit", hint));
    }
    within(answers, &|name| now(name).map(str::to_owned))?;
    Ok(WantedChange::Own(fields))
}

/// What is taken out, with the map around it where nothing else is in that.
fn whole(gone: &[&str], container: &str, known: &KnownObject<'_>) -> Vec<String> {
    let inside = |path: &str| {
        let above = format!("{container}.{path}.");
        known.all().filter_map(|(field, _)| field.strip_prefix(&above).map(|rest| format!("{path}.{rest}"))).collect::<Vec<_>>()
    };
    let mut left: Vec<String> = gone.iter().map(|name| (*name).to_owned()).collect();
    for map in ["resources.requests", "resources.limits", "resources"] {
        let all = inside(map);
        let is_in = |name: &String| name.strip_prefix(map).is_some_and(|rest| rest.starts_with('.'));
        let is_covered = |field: &String| left.iter().any(|name| field == name || field.starts_with(&format!("{name}.")));
        if !all.is_empty() && all.iter().all(is_covered) {
            left.retain(|name| !is_in(name));
            left.push(map.to_owned());
        }
    }
    left
}

/// Refuses a request above its limit, as both will be.
fn within(answers: &Answers, now: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let then = |id: &str, name: &str| match answers.text(id) {
        Some(value) => Some(value.to_owned()).filter(|value| !value.is_empty()),
        None => now(name),
    };
    let [cpu, memory, cpu_limit, memory_limit] = [0, 1, 2, 3].map(|at| then(RESOURCES[at].0, RESOURCES[at].2));
    for (what, request, limit) in [("CPU", cpu, cpu_limit), ("memory", memory, memory_limit)] {
        let (Some(request), Some(limit)) = (request, limit) else { continue };
        if let (Some(least), Some(most)) = (quantity::parse(&request), quantity::parse(&limit))
            && least > most
        {
            let message = format!("the {what} request {request} is above its limit {limit}");
            return Err(Error::usage(message, "no API server takes that: raise the limit, or take it out"));
        }
    }
    Ok(())
}
