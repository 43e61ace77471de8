//! A field and its wanted value, as users write it: `spec.replicas=3`; and what is wanted of an object once it is known how git builds it.

use super::builds::Build;
use super::compare::ObjectKey;
use crate::error::{Error, Result};
use crate::insight::field::{FieldPath, PathPart};
use crate::render::flux::Applied;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedField {
    pub field: FieldPath,
    /// The field as it was written.
    pub written: String,
    pub value: String,
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
        let wanted = Self { field: FieldPath::parse(field)?, written: field.to_owned(), value: value.to_owned() };
        match wanted.is_identity() {
            true => {
                let hint = "another object takes its place where it changes: edit the manifest";
                Err(Error::failed(format!("`{field}` says which object it is, and is not set"), hint))
            }
            false => Ok(wanted),
        }
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
            assert_eq!((&*wanted.written, &*wanted.value), (field, value));
        }
        assert_eq!(WantedField::parse("spec.replicas").expect_err("no value").exit_code(), 2);
    }

    #[test]
    fn what_says_which_object_it_is_is_not_set() {
        for field in ["apiVersion", "kind", "metadata.name", ".metadata.namespace", "metadata['name']"] {
            assert_eq!(WantedField::new(field, "x").expect_err(field).exit_code(), 1, "{field}");
        }
        WantedField::new("spec.template.metadata.name", "x").expect("that is another's");
    }
}
