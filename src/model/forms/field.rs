//! One field of a form: what it takes, and how the typed text is parsed.

use std::borrow::Cow;

use super::{Clock, FieldValue, moment};
use crate::domain::text::counted;
use crate::domain::{duration, quantity};
use crate::error::{Error, Result};

/// A text that is known when the program is built, or made for one question.
type Text = Cow<'static, str>;

/// The longest text of one line, in bytes: it has to fit an annotation and a line of a table without being a nuisance.
const LONGEST: usize = 1024;
/// The longest code, in bytes: a manifest is smaller than what an API server takes (etcd, 1.5 MiB).
const LONGEST_CODE: usize = 1 << 20;

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in answers, as a flag and in `--set`.
    pub id: Text,
    /// The word before it in a dialog; empty for none.
    pub label: Text,
    /// What it means and how it is written: beside an empty field, and in `--help`.
    pub help: Text,
    pub input: InputKind,
    /// What it holds at first, as it would be typed.
    pub default: String,
    /// It may stay empty.
    pub optional: bool,
    /// Emptied, it takes out what there is: an empty text is an answer.
    pub clears: bool,
    /// A headless flag that no dialog asks for.
    pub flag_only: bool,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// One line.
    Text,
    /// A whole number; `what` it counts, for messages: `number of replicas`.
    Number {
        least: i64,
        most: i64,
        what: &'static str,
    },
    /// A quantity of Kubernetes: `100m`, `1Gi`.
    Quantity,
    /// One of these; `free`: or anything else.
    Choice {
        from: Choices,
        free: bool,
    },
    /// Some of these, separated by commas.
    Many {
        from: Choices,
    },
    /// A time to come, as a duration, a time of day or a date.
    Moment,
    /// A duration.
    Span,
    YesNo,
    /// Several lines, in that language.
    Code(&'static str),
    /// Exactly this word: what the user types to be sure.
    Word(String),
}

/// What can be chosen from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choices {
    Now(Vec<Choice>),
    /// They are being looked up.
    Later,
    /// They could not be looked up, and why.
    Unknown(String),
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    /// What is said of it beside.
    pub note: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { value: value.into(), note: note.into() }
    }
}

/// The remark beside a field, while it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// How it is meant to be used.
    Help(String),
    /// What it was understood as.
    Means(String),
    Wrong(String),
}

impl Field {
    pub fn new(id: impl Into<Text>, label: impl Into<Text>, help: impl Into<Text>, input: InputKind) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            help: help.into(),
            input,
            default: String::new(),
            optional: false,
            clears: false,
            flag_only: false,
        }
    }

    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    #[must_use]
    pub fn clears(self) -> Self {
        Self { clears: true, optional: true, ..self }
    }

    #[must_use]
    pub fn flag_only(self) -> Self {
        Self { flag_only: true, optional: true, ..self }
    }

    #[must_use]
    pub fn default(self, text: impl Into<String>) -> Self {
        Self { default: text.into(), ..self }
    }

    /// What it is called in messages: its label, else its id.
    pub fn name(&self) -> &str {
        if self.label.is_empty() { &self.id } else { &self.label }
    }

    /// What stands for its value in `--help`; none for what takes none.
    pub fn placeholder(&self) -> Option<&'static str> {
        Some(match self.input {
            InputKind::Text => "TEXT",
            InputKind::Number { .. } => "COUNT",
            InputKind::Quantity => "QUANTITY",
            InputKind::Choice { .. } => "VALUE",
            InputKind::Many { .. } => "VALUES",
            InputKind::Moment => "TIME",
            InputKind::Span => "DURATION",
            InputKind::Code(_) => "CODE",
            InputKind::Word(_) => "WORD",
            InputKind::YesNo => return None,
        })
    }

    /// The longest text that it takes, in bytes.
    pub fn longest(&self) -> usize {
        if self.takes_lines() { LONGEST_CODE } else { LONGEST }
    }

    /// Whether it takes more than one line.
    pub fn takes_lines(&self) -> bool {
        matches!(self.input, InputKind::Code(_))
    }

    /// What can be chosen that fits what was typed so far (of several: after the last comma), in order.
    pub fn matching(&self, text: &str) -> Vec<&Choice> {
        let (InputKind::Choice { from: Choices::Now(all), .. } | InputKind::Many { from: Choices::Now(all) }) = &self.input
        else {
            return Vec::new();
        };
        let sought = match self.input {
            InputKind::Many { .. } => text.rsplit(',').next().unwrap_or_default(),
            _ => text,
        };
        let sought = sought.trim().to_lowercase();
        let (mut begins, holds): (Vec<_>, Vec<_>) = all
            .iter()
            .filter(|choice| choice.value.to_lowercase().contains(&sought) || choice.note.to_lowercase().contains(&sought))
            .partition(|choice| choice.value.to_lowercase().starts_with(&sought));
        begins.extend(holds);
        begins
    }

    /// Reads what was typed; none for nothing.
    ///
    /// # Errors
    /// What it cannot be, and how it is written.
    pub fn read(&self, text: &str, clock: &Clock) -> Result<Option<FieldValue>> {
        if text.len() > self.longest() {
            return Err(Error::usage(
                format!("{} is too long", self.name()),
                format!("at most {}", counted(self.longest(), "byte")),
            ));
        }
        if self.takes_lines() {
            return Ok((!text.trim().is_empty()).then(|| FieldValue::Text(text.to_owned())));
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(self.clears.then(|| FieldValue::Text(String::new())));
        }
        if text.contains(char::is_control) {
            return Err(Error::usage(
                format!("{} must be one line", self.name()),
                "leave out line breaks and control characters",
            ));
        }
        let is_of = |from: &Choices, text: &str| match from {
            Choices::Now(all) => all.iter().any(|choice| choice.value == text),
            Choices::Later | Choices::Unknown(_) => true,
        };
        let none = |what: &str, how: &str| Error::usage(format!("`{text}` is not a valid {what}"), how.to_owned());
        Ok(Some(match &self.input {
            InputKind::Text | InputKind::Code(_) => FieldValue::Text(text.to_owned()),
            InputKind::Number { least, most, what } => {
                let number = text.parse().ok().filter(|number| (*least..=*most).contains(number));
                FieldValue::Number(number.ok_or_else(|| none(what, &range(text, *least, *most)))?)
            }
            InputKind::Quantity if quantity::parse(text).is_some() => FieldValue::Text(text.to_owned()),
            InputKind::Quantity => return Err(none("quantity", "write 100m, 0.5, 128Mi or 1Gi")),
            InputKind::Choice { from, free } if *free || is_of(from, text) => FieldValue::Text(text.to_owned()),
            InputKind::Choice { .. } => return Err(none(self.name(), "choose one of the list")),
            InputKind::Many { from } => {
                let all: Vec<_> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
                match all.iter().find(|one| !is_of(from, one)) {
                    None if all.is_empty() => return Ok(None),
                    Some(one) => {
                        return Err(Error::usage(format!("`{one}` is not a valid {}", self.name()), "choose one of the list"));
                    }
                    None => FieldValue::Many(all),
                }
            }
            InputKind::Moment => FieldValue::Text(moment::read(text, clock)?.to_string()),
            InputKind::Span if moment::length(text).is_some() => FieldValue::Text(text.to_owned()),
            InputKind::Span => return Err(none("duration", "write 30s, 5m, 2h or 3d")),
            InputKind::YesNo => match text.to_lowercase().as_str() {
                "y" | "yes" | "true" => FieldValue::Yes(true),
                "n" | "no" | "false" => FieldValue::Yes(false),
                _ => return Err(none("answer", "say yes or no")),
            },
            InputKind::Word(word) if word == text => FieldValue::Text(text.to_owned()),
            InputKind::Word(word) => return Err(Error::usage(format!("type `{word}`"), "nothing was done")),
        }))
    }

    /// The remark beside it while it contains `text`.
    pub fn hint(&self, text: &str, clock: &Clock) -> Option<Hint> {
        if text.trim().is_empty() {
            let looked_up = match &self.input {
                InputKind::Choice { from, .. } | InputKind::Many { from } => from.state(),
                _ => None,
            };
            let may = match (self.clears, self.optional) {
                (true, _) if !self.default.is_empty() => {
                    return Some(Hint::Means(format!("empty: {} is taken out", self.default)));
                }
                (_, true) => "may stay empty",
                (_, false) => "",
            };
            let parts = [looked_up.unwrap_or_default(), &self.help, may].into_iter().filter(|part| !part.is_empty());
            let text = parts.collect::<Vec<_>>().join("; ");
            return (!text.is_empty()).then_some(Hint::Help(text));
        }
        match (self.read(text, clock), &self.input) {
            // a word is wrong until its last letter
            (Err(_), InputKind::Word(_)) => None,
            (Err(error), _) => Some(Hint::Wrong(error.to_string())),
            (Ok(Some(FieldValue::Text(moment))), InputKind::Moment) => Some(Hint::Means(since_now(&moment, clock))),
            // any text will do meanwhile
            (Ok(_), InputKind::Choice { from, .. } | InputKind::Many { from }) => {
                from.state().map(|text| Hint::Help(text.to_owned()))
            }
            (Ok(_), _) => None,
        }
    }

    /// Whether any text is a value of it, and what can be chosen only helps.
    pub fn is_free(&self) -> bool {
        matches!(self.input, InputKind::Choice { free: true, .. })
    }
}

impl Choices {
    fn state(&self) -> Option<&str> {
        match self {
            Self::Now(_) => None,
            Self::Later => Some("looking up the choices …"),
            Self::Unknown(why) => Some(why),
        }
    }
}

/// Which numbers are taken, in words.
fn range(text: &str, least: i64, most: i64) -> String {
    if text.parse::<i128>().is_ok_and(|number| number > most.into()) {
        format!("the most is {most}")
    } else if most >= i32::MAX.into() {
        format!("type a number of at least {least}")
    } else {
        format!("type a number from {least} to {most}")
    }
}

/// `2026-01-01 14:00 UTC, in 3h50m`, in the zone in which it was typed.
fn since_now(moment: &str, clock: &Clock) -> String {
    let Ok(moment) = moment.parse::<jiff::Timestamp>() else { return String::new() };
    let left = duration::age(moment.as_second() - clock.now.as_second()).0;
    format!("{}, in {left}", clock.moment(moment))
}
