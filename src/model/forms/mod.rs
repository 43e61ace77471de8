//! A question as data: which fields it has, what each takes, what may stay empty.
//!
//! A [`Form`] is built once by the action or playbook that asks, and read by everything else: one view draws it, the flags of
//! headless commands and `--set field=value` are made from it, and all three parse text with the same [`Field::read`]. The result
//! is [`Answers`], a mapping by field, written to journals as it is; the action reads it into a struct of its own. Choices that
//! have to be looked up (tags, branches) are [`Choices::Later`] and filled in when they arrive; nothing here does a lookup.

mod answers;
mod field;
mod moment;
mod on_offer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use answers::{Answers, FieldValue};
pub use field::{Choice, Choices, Field, Hint, InputKind};
pub use on_offer::on_offer;

use crate::domain::text::nearest;
use crate::error::{Error, Result};

/// The moment at which something is typed, and the zone of the person's clocks: what `14:00` and `2h` mean.
#[derive(Clone, Debug)]
pub struct Clock {
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl Clock {
    /// Before everything: nothing is overdue, times are UTC. For texts that must be the same at all times.
    pub const BEGINNING: Self = Self { now: Timestamp::MIN, zone: TimeZone::UTC };

    /// A moment for a person, in their zone, which it names: `2026-01-01 14:00 UTC`.
    pub fn moment(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
    }
}

/// What is asked, in the order in which it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub fields: Vec<Field>,
}

impl Form {
    /// Nothing is asked.
    pub fn nothing() -> Self {
        Self::default()
    }

    pub fn of(fields: impl Into<Vec<Field>>) -> Self {
        Self { fields: fields.into() }
    }

    /// The fields that a dialog shows; the others are flags only.
    pub fn shown(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.flag_only)
    }

    /// Whether the user is asked anything on the screen.
    pub fn asks(&self) -> bool {
        self.shown().next().is_some()
    }

    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The field that takes what follows a command's name: `:suspend db migration`, `:scale 3`.
    pub fn first(&self) -> Option<&Field> {
        self.shown().next()
    }

    /// Sets the looked-up choices of a field, or why there are none.
    pub fn fill(&mut self, id: &str, found: std::result::Result<Vec<Choice>, String>) {
        self.choose_from(id, found.map_or_else(Choices::Unknown, Choices::Now));
    }

    /// The choices of a field are being looked up.
    pub fn wait(&mut self, id: &str) {
        self.choose_from(id, Choices::Later);
    }

    fn choose_from(&mut self, id: &str, choices: Choices) {
        let Some(field) = self.fields.iter_mut().find(|field| field.id == id) else { return };
        if let InputKind::Choice { from, .. } | InputKind::Many { from } = &mut field.input {
            *from = choices;
        }
    }

    /// Parses the typed texts, by field; missing and empty ones have their default.
    ///
    /// # Errors
    /// An unknown field, with the nearest known one; an invalid text; a missing answer.
    pub fn read<'a>(&self, typed: impl IntoIterator<Item = (&'a str, &'a str)>, clock: &Clock) -> Result<Answers> {
        let answers = self.read_some(typed, clock)?;
        self.complete(&answers)?;
        Ok(answers)
    }

    /// The same where something may be missing yet.
    ///
    /// # Errors
    /// A field that there is none of, with its neighbour; what cannot be read.
    pub fn read_some<'a>(&self, typed: impl IntoIterator<Item = (&'a str, &'a str)>, clock: &Clock) -> Result<Answers> {
        let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, text) in typed {
            if self.field(id).is_none() {
                return Err(self.unknown(id));
            }
            if texts.insert(id, text).is_some() {
                return Err(Error::usage(format!("`{id}` is said twice"), "say it once"));
            }
        }
        let mut answers = Answers::default();
        for field in &self.fields {
            let is_said = |text: &&str| field.clears || !text.trim().is_empty();
            let text = match texts.get(&*field.id).copied().filter(is_said) {
                Some(text) => text,
                None if field.default.is_empty() => continue,
                None => &field.default,
            };
            if let Some(value) = field.read(text, clock)? {
                answers.put(&field.id, value);
            }
        }
        Ok(answers)
    }

    /// Whether all required fields are answered.
    ///
    /// # Errors
    /// Names the first that is missing.
    pub fn complete(&self, answers: &Answers) -> Result<()> {
        match self.fields.iter().find(|field| !field.optional && answers.get(&field.id).is_none()) {
            Some(field) => Err(Error::usage(format!("{} is not answered", field.name()), field.help.to_string())),
            None => Ok(()),
        }
    }

    /// `field=value`, as `--set` takes it.
    ///
    /// # Errors
    /// When there is no `=`.
    pub fn assignment(text: &str) -> Result<(&str, &str)> {
        text.split_once('=').ok_or_else(|| Error::usage(format!("`{text}` sets nothing"), "write --set FIELD=VALUE"))
    }

    fn unknown(&self, id: &str) -> Error {
        let ids = || self.fields.iter().map(|field| &*field.id);
        let all = ids().collect::<Vec<_>>().join(", ");
        let hint = match (nearest(id, ids(), 2), all.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, false) => format!("there are {all}"),
            (None, true) => "nothing can be set".to_owned(),
        };
        Error::usage(format!("there is no field `{id}`"), hint)
    }
}
