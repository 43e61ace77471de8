//! Recipes for changes in git: one file for each playbook, one line in [`ALL`].
//!
//! A [`Playbook`] defines its form, the objects that it applies to, and the fields that get new values. `change` finds where those are set and
//! what else would change, and proves it; nothing here reads or writes files.

mod scale;
mod set_field;

use crate::change::{ObjectRules, WantedField};
use crate::error::{Error, Result};
use crate::forms::{Answers, Clock, Form};

/// Every playbook, in the order of `--help`.
pub static ALL: &[&Playbook] = &[&set_field::PLAYBOOK, &scale::PLAYBOOK];

/// A recipe for a change in git.
pub struct Playbook {
    /// As a command: `fluxdeck run NAME`.
    pub name: &'static str,
    pub doc: &'static str,
    /// The questions for the user.
    pub form: fn() -> Form,
    pub assigns_to: AssignmentTarget,
    /// The fields with their wanted values.
    pub wanted: fn(&Answers) -> Result<Vec<WantedField>>,
    pub rules: ObjectRules,
}

/// What `--set NAME=VALUE` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentTarget {
    /// A field of the form.
    FormField,
    /// Any field of the object, as `where` takes it; the value as it is, blanks and all.
    ObjectField,
}

/// The playbook of that name.
pub fn find(name: &str) -> Option<&'static Playbook> {
    ALL.iter().copied().find(|playbook| playbook.name == name)
}

impl Playbook {
    /// Reads the assignments of `--set`.
    ///
    /// # Errors
    /// An assignment without `=`, an unknown field, or a value that cannot be read.
    pub fn read(&self, assignments: &[String], clock: &Clock) -> Result<Vec<WantedField>> {
        if self.assigns_to == AssignmentTarget::ObjectField {
            let wanted = assignments.iter().map(|text| WantedField::parse(text)).collect::<Result<Vec<_>>>()?;
            return match twice(&wanted) {
                Some(field) => Err(Error::usage(format!("`{field}` is set twice"), "set it once")),
                None => Ok(wanted),
            };
        }
        let pairs = assignments.iter().map(|text| Form::assignment(text)).collect::<Result<Vec<_>>>()?;
        (self.wanted)(&(self.form)().read(pairs, clock)?)
    }
}

fn twice(wanted: &[WantedField]) -> Option<&str> {
    let is_again = |(at, one): &(usize, &WantedField)| wanted[..*at].iter().any(|other| other.field == one.field);
    wanted.iter().enumerate().find(is_again).map(|(_, one)| one.written.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, assignments: &[&str]) -> Result<Vec<(String, String)>> {
        let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
        let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        let wanted = find(name).expect(name).read(&assignments, &clock)?;
        Ok(wanted.into_iter().map(|one| (one.written, one.value)).collect())
    }

    #[test]
    fn what_is_set_is_read_as_the_playbook_takes_it() {
        let pair = |field: &str, value: &str| (field.to_owned(), value.to_owned());
        assert_eq!(read("set-field", &["data.a= x "]), Ok(vec![pair("data.a", " x ")]), "a value is taken as it is");
        assert_eq!(read("scale", &["replicas=3"]), Ok(vec![pair("spec.replicas", "3")]));
        for (name, assignments) in [
            ("set-field", &["spec.replicas"][..]),
            ("set-field", &["a.b=1", ".a.b=2"]),
            ("scale", &["count=3"]),
            ("scale", &["replicas=many"]),
            ("scale", &["replicas=-1"]),
        ] {
            assert_eq!(read(name, assignments).expect_err(name).exit_code(), 2, "{assignments:?}");
        }
    }

    #[test]
    fn no_name_is_there_twice() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|playbook| playbook.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
