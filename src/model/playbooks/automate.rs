//! Automate: whether Flux v1 updates the images of a workload by itself (`fluxcd.io/automated`). Which tags, its filters say.

use super::policies::{self, OFF, ON, TRUE};
use super::{AssignmentTarget, Playbook, PlaybookStart};
use crate::change::WantedChange;
use crate::forms::Form;
use crate::kinds::legacy::AUTOMATED;

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "automate",
    command: "automate",
    doc: "Let Flux v1 update the images of an object by itself, or no longer",
    key: "M",
    label: "automate (Flux v1)…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: policies::offers,
    present: policies::present,
    form: |known| {
        let answers = [(ON, "new images are written to git and rolled out"), (OFF, "images stay as git has them")];
        Form::of([policies::switch(AUTOMATED, "on or off", &answers, policies::is_on(known, AUTOMATED))])
    },
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted: |answers, known| {
        policies::fits(known)?;
        let fields = match answers.text(AUTOMATED) {
            Some(OFF) => policies::unset_all(known, &[AUTOMATED])?,
            _ => policies::set(known, AUTOMATED, TRUE)?,
        };
        match (fields.is_empty(), answers.text(AUTOMATED)) {
            (false, _) => Ok(WantedChange::Own(fields)),
            (true, Some(OFF)) => Err(policies::already(known, "is not automated in git")),
            (true, _) => Err(policies::already(known, "is automated in git already")),
        }
    },
};
