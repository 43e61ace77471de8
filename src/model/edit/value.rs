//! Values to write, with the type that every reader must see.

use super::text::Quoting;
use crate::render::resolve::{Resolved, Yaml, plain};

/// A scalar to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Stays a string under YAML 1.1 and 1.2, whatever it looks like.
    String(String),
    Integer(i64),
    /// As JSON writes one.
    Number(String),
    Bool(bool),
    Null,
    /// A string in these quotes, where they can hold it.
    Quoted(String, Quoting),
    /// Written as it is, without quotes: whatever that means to a reader. Nothing at all is allowed.
    Spelled(String),
}

impl Scalar {
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// The value that writes a scalar again in the same form.
    pub(super) fn as_written(text: &str, quoting: Quoting) -> Self {
        match quoting {
            Quoting::Plain => Self::Spelled(text.to_owned()),
            quoting => Self::Quoted(text.to_owned(), quoting),
        }
    }

    /// What a user typed, as the type that is there: a number stays one where the text is a number, everything else is a string.
    #[must_use]
    pub fn typed(&self, text: &str) -> Self {
        let Self::Spelled(old) = self else { return Self::string(text) };
        let is_number = super::spell::plain::is_number(text);
        match (plain(old, Yaml::V3), text) {
            (Resolved::Bool(_), "true" | "false") => Self::Bool(text == "true"),
            (Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_), _) if is_number => {
                text.parse().map_or_else(|_| Self::Number(text.to_owned()), Self::Integer)
            }
            _ => Self::string(text),
        }
    }

    /// What a reader decodes.
    pub fn text(&self) -> String {
        match self {
            Self::String(text) | Self::Number(text) | Self::Quoted(text, _) | Self::Spelled(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Bool(bool) => bool.to_string(),
            Self::Null => "null".to_owned(),
        }
    }
}

/// A value to write: a scalar, or a list or mapping of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    Scalar(Scalar),
    List(Vec<NewValue>),
    /// In this order.
    Map(Vec<(String, NewValue)>),
}

impl NewValue {
    pub fn string(text: impl Into<String>) -> Self {
        Self::Scalar(Scalar::String(text.into()))
    }

    /// A map of one key.
    pub fn entry(key: impl Into<String>, value: Self) -> Self {
        Self::Map(vec![(key.into(), value)])
    }
}

impl From<Scalar> for NewValue {
    fn from(scalar: Scalar) -> Self {
        Self::Scalar(scalar)
    }
}
