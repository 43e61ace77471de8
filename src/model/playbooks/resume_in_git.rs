//! Resume in git: takes `spec.suspend` out, also where others wrote it. Written as `false` it would undo every suspension in the cluster at the next
//! reconcile (kustomize-controller `docs/spec/v1/kustomizations.md`, "Suspending and resuming"); left out it means the same.

use super::suspend_in_git::{FIELD, offers, present};
use super::{AssignmentTarget, Playbook, PlaybookStart};
use crate::change::{WantedChange, WantedField};
use crate::error::Error;
use crate::forms::Form;

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "resume-in-git",
    command: "resume-in-git",
    doc: "Resume an object that its manifest suspends",
    key: "U",
    label: "resume…",
    keys: &[],
    start: PlaybookStart::Form,
    offers,
    present,
    form: |_| Form::nothing(),
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted: |_, known| match known.value(FIELD) {
        Some("true") => Ok(WantedChange::Own(vec![WantedField::gone(FIELD)?])),
        _ => {
            let hint = "where it is suspended in the cluster: `fluxdeck resume`, or r";
            Err(Error::failed(format!("git does not suspend {}", known.name), hint))
        }
    },
};
