//! VALUE as the type that the field has: what it holds now, else what its schema says, else what YAML 1.2 reads in it.

use serde_json::Value as Json;

use super::wanted::WantedValue;
use crate::edit::{NewValue, Scalar};
use crate::error::{Error, Result};
use crate::insight::field::PathPart;
use crate::insight::schema::Schemas;
use crate::render::node::{Layer, Value};
use crate::render::read::{TextPlace, document};
use crate::render::{Node, write};

/// A value with its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    Text(String),
    Integer(i64),
    /// As JSON writes one: a fraction, or an integer that is too large.
    Number(String),
    Bool(bool),
    Null,
    /// A list or a map, as JSON; and to be written, its keys in the order in which they were given.
    Structure(Json, NewValue),
    /// Nothing: the field is taken out.
    Gone,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    Text,
    Integer,
    Number,
    Bool,
    /// An integer or a text: a port or its name, a quantity.
    Either,
    /// Whatever the value reads as.
    Any,
}

impl Typed {
    /// What is wanted of a field that takes this.
    ///
    /// # Errors
    /// As [`Typed::read`].
    pub fn wanted(value: &WantedValue, now: Option<&Json>, schema: Option<FieldType>) -> Result<Self> {
        match value {
            WantedValue::Gone => Ok(Self::Gone),
            WantedValue::Text(text) => Self::read(text, Self::taken(now, schema)?),
            WantedValue::Json(text) => match (Self::of_json(text)?, now) {
                (Self::Structure(..), Some(Json::String(_) | Json::Number(_) | Json::Bool(_))) => {
                    let hint = "take it out first, in a change of its own";
                    Err(Error::failed("it is a plain value, and would be a list or a map", hint))
                }
                (_, Some(Json::Array(_) | Json::Object(_))) => {
                    let hint = "take it out, or set what is in it";
                    Err(Error::failed("it is a list or a map, and would be something else", hint))
                }
                (typed, _) => Ok(typed),
            },
        }
    }

    /// A value of JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn of_json(text: &str) -> Result<Self> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Error::usage(format!("`{text}` is not JSON: {error}"), "a plain value is set with --set"))?;
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(bool),
            Json::Number(number) => number.as_i64().map_or_else(|| Self::Number(number.to_string()), Self::Integer),
            Json::String(text) => Self::Text(text),
            json => Self::Structure(json, new_value(&read(text)?)?),
        })
    }

    /// # Errors
    /// The field does not take such a value: what it takes.
    pub fn read(value: &str, field_type: FieldType) -> Result<Self> {
        let refused = |what: &str, hint: String| Err(Error::failed(format!("the field takes {what}, not `{value}`"), hint));
        match field_type {
            FieldType::Text => Ok(Self::Text(value.to_owned())),
            FieldType::Bool => match value {
                "true" | "false" => Ok(Self::Bool(value == "true")),
                _ => refused("true or false", String::new()),
            },
            FieldType::Integer => match integer(value) {
                Some(integer) => Ok(integer),
                None => refused("an integer", octal(value)),
            },
            FieldType::Number => match integer(value).or_else(|| is_number(value).then(|| Self::Number(value.to_owned()))) {
                Some(number) => Ok(number),
                None => refused("a number", String::new()),
            },
            FieldType::Either => Ok(integer(value).unwrap_or_else(|| Self::Text(value.to_owned()))),
            FieldType::Any => Ok(core(value)),
        }
    }

    /// What a field takes that holds this now.
    ///
    /// # Errors
    /// It holds a list or a map.
    pub fn taken(now: Option<&Json>, schema: Option<FieldType>) -> Result<FieldType> {
        Ok(match (now, schema) {
            (Some(Json::String(_)), _) => FieldType::Text,
            (Some(Json::Bool(_)), _) => FieldType::Bool,
            (Some(Json::Number(_)), Some(FieldType::Either)) => FieldType::Either,
            (Some(Json::Number(number)), schema) => match number.is_f64() || schema == Some(FieldType::Number) {
                true => FieldType::Number,
                false => FieldType::Integer,
            },
            (Some(Json::Array(_) | Json::Object(_)), _) => {
                let hint = "name one of its values: `fluxdeck where` lists them";
                return Err(Error::failed("a list or a map has no single value", hint));
            }
            (Some(Json::Null) | None, schema) => schema.unwrap_or(FieldType::Any),
        })
    }

    /// As a reader decodes it.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Integer(integer) => integer.to_string(),
            Self::Bool(bool) => bool.to_string(),
            Self::Null => "null".to_owned(),
            Self::Structure(json, _) => json.to_string(),
            Self::Gone => String::new(),
        }
    }

    pub fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Integer(integer) => Json::from(*integer),
            Self::Number(text) => serde_json::from_str(text).unwrap_or(Json::Null),
            Self::Bool(bool) => Json::from(*bool),
            Self::Structure(json, _) => json.clone(),
            Self::Null | Self::Gone => Json::Null,
        }
    }

    /// Whether a field that reads so has this value: `1.0` is `1`.
    pub fn is(&self, json: &Json) -> bool {
        let own = self.json();
        own == *json || own.as_f64().is_some_and(|own| !(self.is_integer() && json.is_i64()) && json.as_f64() == Some(own))
    }

    /// As it is written where nothing is yet.
    pub fn new_value(&self) -> NewValue {
        match self {
            Self::Structure(_, value) => value.clone(),
            other => NewValue::Scalar(other.scalar()),
        }
    }

    fn is_integer(&self) -> bool {
        matches!(self, Self::Integer(_))
    }

    pub fn scalar(&self) -> Scalar {
        match self {
            Self::Text(text) => Scalar::String(text.clone()),
            Self::Integer(integer) => Scalar::Integer(*integer),
            Self::Number(text) => Scalar::Number(text.clone()),
            Self::Bool(bool) => Scalar::Bool(*bool),
            Self::Null | Self::Structure(..) | Self::Gone => Scalar::Null,
        }
    }
}

/// JSON as a node, which keeps the order of keys.
///
/// # Errors
/// It is none.
pub fn read(json: &str) -> Result<Node> {
    let nothing = || Error::usage("there is no value", "write JSON: --set-json 'spec.args=[\"-v\"]'");
    document(json.as_bytes(), &TextPlace::file(&"JSON".into(), Layer::Resource))?.ok_or_else(nothing)
}

/// A node as it is written new.
fn new_value(node: &Node) -> Result<NewValue> {
    Ok(match &node.value {
        Value::Map(entries) => {
            let one = |entry: &crate::render::node::Entry| {
                Ok((entry.key.text().unwrap_or_default().to_owned(), new_value(&entry.value)?))
            };
            NewValue::Map(entries.iter().map(one).collect::<Result<_>>()?)
        }
        Value::List(items) => NewValue::List(items.iter().map(new_value).collect::<Result<_>>()?),
        Value::Scalar(_) => NewValue::Scalar(Typed::of_json(&write::json(node)?.to_string())?.scalar()),
    })
}

fn integer(text: &str) -> Option<Typed> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_one = digits == "0" || digits.starts_with(|first: char| ('1'..='9').contains(&first));
    if !is_one || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let large = || text.parse::<u64>().ok().map(|_| Typed::Number(text.to_owned()));
    text.parse().ok().map(Typed::Integer).or_else(large)
}

/// Says what an octal number is in decimal: YAML 1.1 and 1.2 read `0755` differently.
fn octal(text: &str) -> String {
    let digits = text.strip_prefix("0o").or_else(|| text.strip_prefix('0')).filter(|digits| !digits.is_empty());
    match digits.and_then(|digits| i64::from_str_radix(digits, 8).ok()) {
        Some(decimal) => format!("write it in decimal: {decimal}"),
        None => String::new(),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// YAML 1.2.2, 10.3.2: the core schema. Nothing at all is an empty text here, not null.
fn core(text: &str) -> Typed {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let radix = |prefix: &str, radix| i64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
    let is_decimal = unsigned.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "" => Typed::Text(String::new()),
        "~" | "null" | "Null" | "NULL" => Typed::Null,
        "true" | "True" | "TRUE" => Typed::Bool(true),
        "false" | "False" | "FALSE" => Typed::Bool(false),
        _ => {
            let decimal = || unsigned.parse().ok().filter(|_| is_decimal);
            match decimal().or_else(|| radix("0o", 8)).or_else(|| radix("0x", 16)) {
                Some(integer) => Typed::Integer(integer),
                None if is_number(text) => Typed::Number(text.to_owned()),
                None => Typed::Text(text.to_owned()),
            }
        }
    }
}

/// What the schema of an object's kind says that a field takes; none where nothing is known of it.
pub fn by_schema(schemas: &Schemas, object: &Node, parts: &[PathPart]) -> Option<FieldType> {
    if is_of_metadata(parts) {
        return Some(FieldType::Text);
    }
    let mut here = schemas.resolve(schemas.of(object)?);
    for part in parts {
        here = match part {
            PathPart::Key(key) => below(schemas, here, key)?,
            PathPart::Index(_) | PathPart::Item(_) => schemas.resolve(here.get("items")?),
        };
    }
    if here["x-kubernetes-int-or-string"] == true || here["format"] == "int-or-string" || here["format"] == "quantity" {
        return Some(FieldType::Either);
    }
    match here.get("type").and_then(Json::as_str)? {
        "string" => Some(FieldType::Text),
        "integer" => Some(FieldType::Integer),
        "number" => Some(FieldType::Number),
        "boolean" => Some(FieldType::Bool),
        _ => None,
    }
}

/// Whether it is a label or an annotation: these are texts in every kind, also in those of which no schema is known.
fn is_of_metadata(parts: &[PathPart]) -> bool {
    let is = |at: usize, keys: &[&str]| matches!(parts.get(at), Some(PathPart::Key(key)) if keys.contains(&&**key));
    is(0, &["metadata"]) && is(1, &["labels", "annotations"]) && parts.len() > 2
}

/// The schema of a key: its own, else that of all keys of a map of values.
fn below<'s>(schemas: &'s Schemas, schema: &'s Json, key: &str) -> Option<&'s Json> {
    let own = |schema: &'s Json| schema.get("properties").and_then(|properties| properties.get(key));
    let in_part = || schema["allOf"].as_array().into_iter().flatten().find_map(|part| own(schemas.resolve(part)));
    let all = || schema.get("additionalProperties").filter(|all| all.is_object());
    own(schema).or_else(in_part).or_else(all).map(|found| schemas.resolve(found))
}

/// How many of the steps lead to a map whose keys are free (labels, annotations, data): what follows is one key, dots and all.
pub fn free_keys_after(schemas: &Schemas, object: &Node, parts: &[PathPart]) -> Option<usize> {
    let mut here = schemas.resolve(schemas.of(object)?);
    for (at, part) in parts.iter().enumerate() {
        here = match part {
            PathPart::Key(key) => {
                let is_free = here.get("properties").is_none() && here.get("additionalProperties").is_some_and(Json::is_object);
                if is_free {
                    return Some(at);
                }
                below(schemas, here, key)?
            }
            PathPart::Index(_) | PathPart::Item(_) => schemas.resolve(here.get("items")?),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_the_type_that_the_field_takes() {
        let text = |text: &str| Ok(Typed::Text(text.to_owned()));
        let read = |value: &str, field_type| Typed::read(value, field_type).map_err(|error| error.to_string());
        for value in ["yes", "0755", "1e3", "~", "", "3", "true", "*x"] {
            assert_eq!(read(value, FieldType::Text), text(value), "a string stays one");
        }
        for (value, field_type, expected) in [
            ("3", FieldType::Integer, Ok(Typed::Integer(3))),
            ("-1", FieldType::Integer, Ok(Typed::Integer(-1))),
            ("18446744073709551615", FieldType::Integer, Ok(Typed::Number("18446744073709551615".to_owned()))),
            ("0644", FieldType::Integer, Err("the field takes an integer, not `0644`: write it in decimal: 420".to_owned())),
            ("", FieldType::Integer, Err("the field takes an integer, not ``".to_owned())),
            ("1.5", FieldType::Integer, Err("the field takes an integer, not `1.5`".to_owned())),
            ("1.5", FieldType::Number, Ok(Typed::Number("1.5".to_owned()))),
            ("yes", FieldType::Bool, Err("the field takes true or false, not `yes`".to_owned())),
            ("80", FieldType::Either, Ok(Typed::Integer(80))),
            ("25%", FieldType::Either, text("25%")),
            ("0755", FieldType::Any, Ok(Typed::Integer(755))),
            ("0x1F", FieldType::Any, Ok(Typed::Integer(31))),
            ("yes", FieldType::Any, text("yes")),
            ("", FieldType::Any, text("")),
        ] {
            assert_eq!(read(value, field_type), expected, "{value}");
        }
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert!(Typed::Number("1e3".to_owned()).is(&Json::from(1000)));
        assert!(Typed::Integer(3).is(&Json::from(3)) && !Typed::Integer(3).is(&Json::from("3")));
        assert!(!Typed::Integer(9_007_199_254_740_993).is(&Json::from(9_007_199_254_740_992_i64)), "every digit counts");
    }
}
