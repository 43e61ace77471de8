//! Ignore: Flux v1 leaves an object alone, or syncs it and never deletes it (`fluxcd.io/ignore`).
//!
//! Source: fluxcd/flux 1.25 `pkg/cluster/kubernetes/sync.go`: `true` counts in git and in the cluster; with `sync_only` what leaves git stays.

use super::policies::{self, OFF, ON, TRUE};
use super::{AssignmentTarget, Playbook, PlaybookStart};
use crate::change::WantedChange;
use crate::forms::Form;
use crate::kinds::legacy::{IGNORED, SYNC_ONLY};

const FIELD: &str = "ignored";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "ignore",
    command: "ignore",
    doc: "Let Flux v1 leave an object alone, or never delete it, or neither",
    key: "I",
    label: "ignore (Flux v1)…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: policies::offers,
    present: policies::present,
    form: |known| {
        let answers = [
            (ON, "git no longer reaches it, and it is not deleted"),
            (SYNC_ONLY, "git reaches it, and it is not deleted"),
            (OFF, "as any other object"),
        ];
        let is_on = policies::value(known, IGNORED).is_some_and(|value| [TRUE, SYNC_ONLY].contains(&value));
        Form::of([policies::switch(FIELD, "on, sync_only or off", &answers, is_on)])
    },
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted: |answers, known| {
        let answer = answers.text(FIELD).unwrap_or(ON);
        let fields = match answer {
            OFF => policies::unset_all(known, &[IGNORED])?,
            SYNC_ONLY => policies::set(known, IGNORED, SYNC_ONLY)?,
            _ => policies::set(known, IGNORED, TRUE)?,
        };
        match (fields.is_empty(), answer) {
            (false, _) => Ok(WantedChange::Own(fields)),
            (true, OFF) => Err(policies::already(known, "is not ignored in git")),
            (true, answer) => Err(policies::already(known, &format!("is ignored in git already ({answer})"))),
        }
    },
};
