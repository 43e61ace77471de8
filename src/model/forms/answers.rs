//! The user's answers, by field.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// The answer to one field, as JSON has it: a moment is its text (RFC 3339).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    Yes(bool),
    Number(i64),
    Text(String),
    Many(Vec<String>),
}

/// As the user would type it.
impl std::fmt::Display for FieldValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yes(true) => f.write_str("yes"),
            Self::Yes(false) => f.write_str("no"),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Many(all) => f.write_str(&all.join(", ")),
        }
    }
}

/// The answers to a form. Unanswered fields are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, FieldValue>);

impl Answers {
    pub fn with(mut self, id: &str, value: FieldValue) -> Self {
        self.put(id, value);
        self
    }

    pub fn put(&mut self, id: &str, value: FieldValue) {
        self.0.insert(id.to_owned(), value);
    }

    pub fn get(&self, id: &str) -> Option<&FieldValue> {
        self.0.get(id)
    }

    pub fn text(&self, id: &str) -> Option<&str> {
        if let Some(FieldValue::Text(text)) = self.get(id) { Some(text) } else { None }
    }

    pub fn number(&self, id: &str) -> Option<i64> {
        if let Some(FieldValue::Number(number)) = self.get(id) { Some(*number) } else { None }
    }

    pub fn moment(&self, id: &str) -> Option<Timestamp> {
        self.text(id)?.parse().ok()
    }

    pub fn many(&self, id: &str) -> &[String] {
        if let Some(FieldValue::Many(all)) = self.get(id) { all } else { &[] }
    }

    /// Whether the answer is yes.
    pub fn is_yes(&self, id: &str) -> bool {
        self.get(id) == Some(&FieldValue::Yes(true))
    }
}

/// A field that was left empty may be written as null.
impl<'de> Deserialize<'de> for Answers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, Option<FieldValue>>::deserialize(deserializer)?;
        Ok(Self(all.into_iter().filter_map(|(id, value)| Some((id, value?))).collect()))
    }
}
