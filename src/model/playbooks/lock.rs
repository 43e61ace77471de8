//! Lock: Flux v1 releases nothing to an object that is locked, by hand or by itself (`fluxcd.io/locked`, with `locked_user` and `locked_msg`).
//!
//! Source: fluxcd/flux 1.25 `cmd/fluxctl/{lock,unlock}_cmd.go`: to unlock takes all three out.

use super::known::KnownObject;
use super::policies::{self, OFF, ON, TRUE};
use super::{AssignmentTarget, Playbook, PlaybookStart};
use crate::change::{WantedChange, WantedField};
use crate::error::Result;
use crate::forms::{Answers, Field, Form, InputKind};
use crate::kinds::legacy::{LOCKED, LOCKED_MESSAGE, LOCKED_USER};

const MESSAGE: &str = "message";
const USER: &str = "user";
/// What is said of a lock: the field, its meaning, and the policy.
const WORDS: [(&str, &str, &str); 2] =
    [(MESSAGE, "Why it is locked, for everybody who reads it", LOCKED_MESSAGE), (USER, "Who locks it", LOCKED_USER)];

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "lock",
    command: "lock",
    doc: "Lock an object against releases by Flux v1, or unlock it",
    key: "L",
    label: "lock (Flux v1)…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: policies::offers,
    present: policies::present,
    form,
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn form(known: &KnownObject<'_>) -> Form {
    let answers = [(ON, "nothing is released to it"), (OFF, "the lock goes, with its message and its user")];
    let switch = policies::switch(LOCKED, "on or off", &answers, policies::is_on(known, LOCKED));
    // what is to be taken out as a whole asks for no words
    let is_off = known.answered.text(LOCKED) == Some(OFF);
    let words = WORDS.iter().map(|(id, help, policy)| {
        let now = policies::value(known, policy).unwrap_or_default();
        let field = Field::new(*id, *id, *help, InputKind::Text);
        match (is_off, now.is_empty() && known.kind.is_some()) {
            (true, _) => field.flag_only(),
            (false, true) => field.optional(),
            (false, false) => field.default(now).clears(),
        }
    });
    Form::of(std::iter::once(switch).chain(words).collect::<Vec<_>>())
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    policies::fits(known)?;
    if answers.text(LOCKED) == Some(OFF) {
        let fields = policies::unset_all(known, &[LOCKED, LOCKED_USER, LOCKED_MESSAGE])?;
        return match fields.is_empty() {
            true => Err(policies::already(known, "is not locked in git")),
            false => Ok(WantedChange::Own(fields)),
        };
    }
    let mut fields = policies::set(known, LOCKED, TRUE)?;
    for (id, _, policy) in WORDS {
        let of_word: Vec<WantedField> = match answers.text(id) {
            None => Vec::new(),
            Some("") => policies::unset(known, &[policy])?,
            Some(text) => policies::set(known, policy, text)?,
        };
        fields.extend(of_word);
    }
    match fields.is_empty() {
        true => Err(policies::already(known, "is locked in git already, with these words")),
        false => Ok(WantedChange::Own(fields)),
    }
}
