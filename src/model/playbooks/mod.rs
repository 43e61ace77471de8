//! Recipes for changes in git: one file for each playbook, one line in [`ALL`].
//!
//! A [`Playbook`] defines its form, the objects that it applies to, and the fields that get new values. `change` finds where those are set and
//! what else would change, and proves it; nothing here reads or writes files.

mod scale;
mod set_field;

use crate::change::{Alternative, ChangeOrder, ChangeSite, LayerChoice, WantedField};
use crate::domain::Object;
use crate::error::{Error, ErrorKind, Result};
use crate::forms::{Answers, Clock, FieldValue, Form};
use crate::kinds::Kind;
use crate::render::Node;

/// Every playbook, in the order of `--help`.
pub static ALL: &[&Playbook] = &[&set_field::PLAYBOOK, &scale::PLAYBOOK];

/// A recipe for a change in git.
pub struct Playbook {
    /// As a command: `fluxdeck run NAME`.
    pub name: &'static str,
    /// The same after `:`. An action may have the plain name.
    pub command: &'static str,
    pub doc: &'static str,
    /// Its key in the action panel, as commands spell keys; no action has the same.
    pub key: &'static str,
    /// Its label there, with `…`: it asks first.
    pub label: &'static str,
    /// Whether it applies to objects of a kind in the cluster; otherwise the reason.
    pub offers: fn(&Kind) -> std::result::Result<(), String>,
    /// The present answers of an object in the cluster.
    pub present: fn(&Object) -> PresentState,
    /// The questions for the user.
    pub form: fn() -> Form,
    pub assigns_to: AssignmentTarget,
    /// The fields with their wanted values.
    pub wanted: fn(&Answers) -> Result<Vec<WantedField>>,
    /// Whether it means anything for an object that git builds, and why not.
    pub fits: fn(&Node) -> Result<()>,
}

/// The state of an object in the cluster before a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentState {
    /// The answers that would change nothing.
    pub answers: Answers,
    /// The same in words, for the form: `3 of 3 running`; may be empty.
    pub text: String,
}

/// What `--set NAME=VALUE` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentTarget {
    /// A field of the form.
    FormField,
    /// Any field of the object, as `where` takes it; the value as it is, blanks and all.
    ObjectField,
}

/// The playbook that sets any field, with the answers that set this one.
pub fn field_setter(field: &str, value: &str) -> (&'static Playbook, Answers) {
    (&set_field::PLAYBOOK, set_field::answers(field, value))
}

/// An order that changes what decides on the field instead: in the same repository, on the same branch, for the same reason.
pub fn instead(of: &ChangeOrder, other: &Alternative, value: &str) -> ChangeOrder {
    ChangeOrder {
        playbook: set_field::PLAYBOOK.name.to_owned(),
        object: other.named(),
        namespace: other.object.namespace.clone(),
        settings: vec![format!("{}={value}", other.field)],
        layer: LayerChoice::Set,
        is_wide: false,
        site: ChangeSite { scope: other.scope(), ..of.site.clone() },
        title: String::new(),
        ..of.clone()
    }
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

    /// The assignments for `--set` that give these answers: what [`Playbook::read`] takes.
    ///
    /// # Errors
    /// A missing answer, or one that names no field.
    pub fn assignments(&self, answers: &Answers) -> Result<Vec<String>> {
        let form = (self.form)();
        form.complete(answers)?;
        let wanted = (self.wanted)(answers)?;
        if self.assigns_to == AssignmentTarget::ObjectField {
            return Ok(wanted.into_iter().map(|one| format!("{}={}", one.written, one.value)).collect());
        }
        let answered = form.fields.iter().filter_map(|field| Some((&field.id, answers.get(&field.id)?)));
        Ok(answered.map(|(id, value)| format!("{id}={value}")).collect())
    }

    /// Reads what follows its name after `:`; nothing is required there.
    ///
    /// # Errors
    /// A value that cannot be read.
    pub fn typed(&self, text: &str, clock: &Clock) -> Result<Answers> {
        let text = text.trim();
        let form = (self.form)();
        let Some(first) = form.first().filter(|_| !text.is_empty()) else { return Ok(Answers::default()) };
        if self.assigns_to == AssignmentTarget::ObjectField {
            match WantedField::parse(text) {
                Ok(wanted) => return Ok(set_field::answers(&wanted.written, &wanted.value)),
                Err(error) if error.kind != ErrorKind::Usage => return Err(error),
                // it is a field without a value
                Err(_) => {}
            }
        }
        let value = first.read(text, clock)?;
        Ok(value.map(|value: FieldValue| Answers::default().with(&first.id, value)).unwrap_or_default())
    }
}

impl PartialEq for Playbook {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Playbook {}

impl std::fmt::Debug for Playbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
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
    fn names_and_keys_are_unique() {
        for of in
            [|playbook: &Playbook| playbook.name, |playbook: &Playbook| playbook.command, |playbook: &Playbook| playbook.key]
        {
            let all: std::collections::BTreeSet<_> = ALL.iter().map(|playbook| of(playbook)).collect();
            assert_eq!(all.len(), ALL.len());
        }
    }

    #[test]
    fn answers_become_the_assignments_that_give_them() {
        let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
        for (name, typed, expected) in [
            ("scale", "3", Ok("replicas=3")),
            ("set-field", "spec.containers[name=api].image=a=b", Ok("spec.containers[name=api].image=a=b")),
            ("set-field", "data.a=", Ok("data.a=")),
            ("set-field", "data.a", Ok("data.a=")),
            ("set-field", "kind=Pod", Err(1)),
            ("scale", "", Err(2)),
        ] {
            let playbook = find(name).expect(name);
            let made = playbook.typed(typed, &clock).and_then(|answers| playbook.assignments(&answers));
            let made = made.map(|all| all.join(" ")).map_err(|error| error.exit_code());
            assert_eq!(made.as_deref().map_err(|code| *code), expected, "{name} {typed}");
            if let Ok(text) = made {
                playbook.read(&[text], &clock).expect("what was made is read");
            }
        }
    }
}
