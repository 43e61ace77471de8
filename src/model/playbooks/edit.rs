//! Edit: the rendered object in the user's editor; each field that was changed becomes an edit where git sets it.

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::WantedChange;
use crate::error::{Error, Result};
use crate::forms::{Answers, Form};

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "edit",
    command: "edit",
    doc: "Edit an object as git builds it; what changes is changed in the files that set it",
    key: "e",
    label: "edit in $EDITOR…",
    keys: &["e"],
    start: PlaybookStart::Editor,
    offers: |_| Ok(()),
    present: |_| PresentState::default(),
    form: |_| Form::nothing(),
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::ObjectField { below: "", wanted: |fields, _| Ok(WantedChange::Own(fields)) },
    wanted,
};

fn wanted(_: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    Err(Error::usage(format!("nothing of {} is to be set", known.name), "write --set FIELD=VALUE"))
}
