//! A field and its wanted value, as users write it: `spec.replicas=3`; and what is wanted of an object once it is known how git builds it.

use super::builds::Build;
use super::compare::ObjectKey;
use super::order::ChangeSetting;
use crate::error::{Error, Result};
use crate::insight::field::{FieldPath, PathPart};
use crate::render::flux::Applied;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedField {
    pub field: FieldPath,
    /// The field as it was written.
    pub written: String,
    pub value: WantedValue,
    /// It is a new item of a list, before the one that is there (`args[+1]`).
    pub is_inserted: bool,
}

/// What a field is to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedValue {
    /// As people write it: it gets the type that the field has.
    Text(String),
    /// As JSON: it has a type of its own, and may be a list or a map.
    Json(String),
    /// The field is taken out.
    Gone,
}

impl WantedValue {
    /// As it is written; empty where nothing is wanted there.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text,
            Self::Gone => "",
        }
    }
}

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedChange {
    /// Fields of the object that was named.
    Own(Vec<WantedField>),
    /// Fields of another object that decides on it: the source of a chart, a ConfigMap with values.
    Other(ObjectKey, Vec<WantedField>),
}

impl WantedChange {
    pub fn fields(&self) -> &[WantedField] {
        match self {
            Self::Own(fields) | Self::Other(_, fields) => fields,
        }
    }
}

/// An object as git builds it, and all that is built beside it in its cluster.
pub struct BuiltObject<'a> {
    pub object: &'a Applied,
    pub own: &'a Build,
    /// Everything, `own` among it.
    pub all: &'a [&'a Build],
}

impl<'a> BuiltObject<'a> {
    /// The objects of its cluster; those of its own build first.
    pub fn beside(&self) -> impl Iterator<Item = &'a Applied> + use<'a> {
        let (own, all) = (self.own, self.all);
        let is_other = move |build: &&&Build| build.name != own.name && build.is_with(own);
        std::iter::once(own).chain(all.iter().filter(is_other).copied()).flat_map(Build::objects)
    }
}

/// Finds what is wanted of an object.
pub type WantedOf<'a> = &'a dyn Fn(&BuiltObject<'_>) -> Result<WantedChange>;

impl WantedField {
    /// # Errors
    /// It is not a path of a field, or the field identifies the object.
    pub fn new(field: &str, value: &str) -> Result<Self> {
        Self::of(field, WantedValue::Text(value.to_owned()))
    }

    /// A field that is to be taken out.
    ///
    /// # Errors
    /// As [`WantedField::new`].
    pub fn gone(field: &str) -> Result<Self> {
        match Self::of(field, WantedValue::Gone)? {
            Self { is_inserted: true, .. } => {
                Err(Error::usage(format!("`{field}` is not there yet"), "name one that is: args[1]"))
            }
            wanted => Ok(wanted),
        }
    }

    /// # Errors
    /// As [`WantedField::new`].
    pub fn of(field: &str, value: WantedValue) -> Result<Self> {
        let (path, is_inserted) = inserted(field);
        let wanted = Self { field: FieldPath::parse(&path)?, written: field.to_owned(), value, is_inserted };
        match wanted.is_identity() {
            true => {
                let hint = "another object takes its place where it changes: edit the manifest";
                Err(Error::failed(format!("`{field}` says which object it is, and is not set"), hint))
            }
            false => Ok(wanted),
        }
    }

    /// What one setting of an order asks for.
    ///
    /// # Errors
    /// There is no `=` where there has to be one, or no JSON behind it; as [`WantedField::new`].
    pub fn read(setting: &ChangeSetting) -> Result<Self> {
        match setting {
            ChangeSetting::Set(text) => Self::parse(text),
            ChangeSetting::Json(text) => {
                let (field, value) = split(text).ok_or_else(|| {
                    Error::usage(format!("`{text}` sets nothing"), "write --set-json FIELD=JSON: --set-json 'spec.args=[\"-v\"]'")
                })?;
                serde_json::from_str::<serde_json::Value>(value).map_err(|error| {
                    Error::usage(format!("`{value}` is not JSON: {error}"), "a plain value is set with --set")
                })?;
                Self::of(field, WantedValue::Json(value.to_owned()))
            }
            ChangeSetting::Unset(field) => Self::gone(field),
        }
    }

    /// The setting that asks for this.
    pub fn setting(&self) -> ChangeSetting {
        self.setting_as(&self.written)
    }

    /// The same with another name for the field.
    pub fn setting_as(&self, written: &str) -> ChangeSetting {
        match &self.value {
            WantedValue::Text(value) => ChangeSetting::Set(format!("{written}={value}")),
            WantedValue::Json(value) => ChangeSetting::Json(format!("{written}={value}")),
            WantedValue::Gone => ChangeSetting::Unset(written.to_owned()),
        }
    }

    pub fn is_gone(&self) -> bool {
        self.value == WantedValue::Gone
    }

    /// `FIELD=VALUE`; the `=` of `containers[name=api]` belongs to the field.
    ///
    /// # Errors
    /// There is no `=`; as [`WantedField::new`].
    pub fn parse(text: &str) -> Result<Self> {
        let (field, value) = split(text)
            .ok_or_else(|| Error::usage(format!("`{text}` sets nothing"), "write --set FIELD=VALUE: --set spec.replicas=3"))?;
        Self::new(field, value)
    }

    fn is_identity(&self) -> bool {
        let keys: Vec<&str> =
            self.field.parts().iter().map_while(|part| if let PathPart::Key(key) = part { Some(&**key) } else { None }).collect();
        matches!(keys[..], ["apiVersion" | "kind"] | ["metadata", "name" | "namespace"])
    }
}

/// The path of the item that is there, and whether another one is meant that goes before it: `args[+1]`.
fn inserted(field: &str) -> (String, bool) {
    let before = field.rsplit_once("[+").filter(|(_, rest)| rest.strip_suffix(']').is_some_and(|at| at.parse::<usize>().is_ok()));
    before.map_or_else(|| (field.to_owned(), false), |(list, rest)| (format!("{list}[{rest}"), true))
}

/// At the first `=` outside of brackets and quotes.
fn split(text: &str) -> Option<(&str, &str)> {
    let (mut is_inside, mut quote) = (false, None);
    for (at, letter) in text.char_indices() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) if is_inside => quote = Some(letter),
            ('[', None) => is_inside = true,
            (']', None) => is_inside = false,
            ('=', None) if !is_inside => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_ends_at_the_first_sign_that_is_not_its_own() {
        for (text, field, value) in [
            ("spec.replicas=3", "spec.replicas", "3"),
            ("spec.containers[name=api].image=a=b", "spec.containers[name=api].image", "a=b"),
            ("data['a=b]']=x", "data['a=b]']", "x"),
            ("data.a=", "data.a", ""),
        ] {
            let wanted = WantedField::parse(text).expect(text);
            assert_eq!((&*wanted.written, wanted.value.text()), (field, value));
        }
        assert_eq!(WantedField::parse("spec.replicas").expect_err("no value").exit_code(), 2);
    }

    #[test]
    fn settings_are_read_as_they_are_written() {
        for setting in [
            ChangeSetting::Set("spec.replicas=3".to_owned()),
            ChangeSetting::Json("spec.args[+1]=\"=\"".to_owned()),
            ChangeSetting::Json("spec.containers[+0]={\"name\":\"a=b\"}".to_owned()),
            ChangeSetting::Unset("spec.containers[name=a]".to_owned()),
        ] {
            let wanted = WantedField::read(&setting).expect("it is one");
            assert_eq!(wanted.setting(), setting);
            assert_eq!(wanted.is_inserted, wanted.written.contains('+'));
            assert_eq!(wanted.field, FieldPath::parse(&wanted.written.replace('+', "")).expect("a path"));
        }
        for setting in
            [ChangeSetting::Json("a".to_owned()), ChangeSetting::Json("a={".to_owned()), ChangeSetting::Unset("a[+1]".to_owned())]
        {
            assert_eq!(WantedField::read(&setting).expect_err("it is none").exit_code(), 2, "{setting:?}");
        }
        assert_eq!(WantedField::gone("metadata.name").expect_err("its identity").exit_code(), 1);
    }

    #[test]
    fn what_says_which_object_it_is_is_not_set() {
        for field in ["apiVersion", "kind", "metadata.name", ".metadata.namespace", "metadata['name']"] {
            assert_eq!(WantedField::new(field, "x").expect_err(field).exit_code(), 1, "{field}");
        }
        WantedField::new("spec.template.metadata.name", "x").expect("that is another's");
    }
}
