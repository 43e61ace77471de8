//! Edit file: the file that makes an object, at the head of its branch, in the user's editor; what was typed is the change.

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::WantedChange;
use crate::error::{Error, Result};
use crate::forms::{Answers, Form};

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "edit-file",
    command: "edit-file",
    doc: "Edit the file that makes an object, as it is at the head of its branch, by hand",
    key: "E",
    label: "edit its file in $EDITOR…",
    keys: &["E"],
    start: PlaybookStart::File,
    offers: |_| Ok(()),
    present: |_| PresentState::default(),
    form: |_| Form::nothing(),
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn wanted(_: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    Err(Error::usage(format!("no file of {} was edited", known.name), "write --content FILE, or edit it at a terminal"))
}
