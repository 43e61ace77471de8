//! Recipes for changes in git: one file for each playbook, one line in [`ALL`].
//!
//! A [`Playbook`] defines its form, the objects that it applies to, and the fields that get new values. `change` finds where those are set and
//! what else would change, and proves it; nothing here reads or writes files.

mod automate;
mod containers;
mod edit;
mod edit_file;
mod ignore;
mod known;
mod lock;
mod policies;
mod resume_in_git;
mod roll_back;
mod scale;
mod set_field;
mod suspend_in_git;
mod tag_filter;
#[cfg(test)]
mod tests;
mod track_origins;
mod update_chart_version;
mod update_image;
mod update_resources;
mod update_values;

pub use known::KnownObject;
pub use roll_back::{BackWant, choices as version_choices};

use crate::change::{
    Alternative, BuiltObject, ChangeOrder, ChangeSetting, ChangeSite, LayerChoice, OrderedObject, ProposedField, SiteScope,
    SourceLine, WantedChange, WantedField,
};
use crate::domain::published::Catalogue;
use crate::domain::{GroupKind, Object, ObjectRef};
use crate::error::{Error, ErrorKind, Result};
use crate::forms::{Answers, Clock, FieldValue, Form};
use crate::insight::named::Named;
use crate::kinds::Kind;
use crate::kinds::masked::MASKED;

/// Every playbook, in the order of `--help`.
pub static ALL: &[&Playbook] = &[
    &edit::PLAYBOOK,
    &edit_file::PLAYBOOK,
    &scale::PLAYBOOK,
    &update_image::PLAYBOOK,
    &update_resources::PLAYBOOK,
    &update_values::PLAYBOOK,
    &update_chart_version::PLAYBOOK,
    &suspend_in_git::PLAYBOOK,
    &resume_in_git::PLAYBOOK,
    &roll_back::PLAYBOOK,
    &track_origins::PLAYBOOK,
    &automate::PLAYBOOK,
    &lock::PLAYBOOK,
    &ignore::PLAYBOOK,
    &tag_filter::PLAYBOOK,
    &set_field::PLAYBOOK,
];

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
    /// Its keys on rows, without the panel.
    pub keys: &'static [&'static str],
    pub start: PlaybookStart,
    /// Whether it applies to objects of a kind in the cluster; otherwise the reason.
    pub offers: fn(&Kind) -> std::result::Result<(), String>,
    /// The present answers of an object in the cluster.
    pub present: fn(&Object) -> PresentState,
    /// The questions for the user, with what is known of the object.
    pub form: fn(&KnownObject<'_>) -> Form,
    /// The field whose choices have to be looked up, by what was answered so far.
    pub on_offer: fn(&KnownObject<'_>, &Answers) -> Option<OnOffer>,
    pub assigns_to: AssignmentTarget,
    /// What is wanted of the object; or why it means nothing for it.
    pub wanted: fn(&Answers, &KnownObject<'_>) -> Result<WantedChange>,
}

/// What a playbook begins with on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybookStart {
    Form,
    /// The object as text, in the user's editor.
    Editor,
    /// A file that makes it, in the same.
    File,
}

/// The state of an object in the cluster before a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentState {
    /// The answers that would change nothing.
    pub answers: Answers,
    /// The same in words, for the form: `3 of 3 running`; may be empty.
    pub text: String,
    /// Nothing of the object is about it: who asks for it by name gets it, but nobody is offered it.
    pub is_off_topic: bool,
}

/// A field whose choices others publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnOffer {
    pub field: &'static str,
    pub from: OfferSource,
    /// Before each name, as the field takes it.
    pub sign: &'static str,
    /// As it reads now: a version, or a range of them.
    pub now: String,
}

/// Where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferSource {
    Catalogue(Catalogue),
    /// A source in the object's cluster; its namespace is the object's own where none is said.
    Source {
        kind: String,
        namespace: Option<String>,
        name: String,
        chart: String,
    },
}

/// Nothing is looked up.
fn not_on_offer(_: &KnownObject<'_>, _: &Answers) -> Option<OnOffer> {
    None
}

/// What `--set NAME=VALUE` names.
#[derive(Clone, Copy)]
pub enum AssignmentTarget {
    /// A field of the form.
    FormField,
    /// Any field of the object, as `where` takes it, below that path; the value as it is, blanks and all.
    ObjectField {
        below: &'static str,
        /// What is wanted with these fields.
        wanted: fn(Vec<WantedField>, &KnownObject<'_>) -> Result<WantedChange>,
    },
}

/// Assignments that were read: what they mean is known with the object.
#[derive(Clone, Debug)]
pub enum Assigned {
    Answers(Answers),
    Fields(Vec<WantedField>),
}

/// The playbook that sets any field, with the answers that set this one.
pub fn field_setter(field: &str, value: &str) -> (&'static Playbook, Answers) {
    (&set_field::PLAYBOOK, set_field::answers(field, value))
}

/// The playbook that changes Helm values in the layer that they come from, with the answers that give a key this value.
pub fn value_setter(key: &str, value: &str) -> (&'static Playbook, Answers) {
    (&update_values::PLAYBOOK, update_values::answers(key, value))
}

/// The playbook that changes any fields of an object at once.
pub fn editor() -> &'static Playbook {
    &edit::PLAYBOOK
}

/// The playbook that edits a file that makes an object.
pub fn file_editor() -> &'static Playbook {
    &edit_file::PLAYBOOK
}

/// The playbook that takes commits back.
pub fn roll_back() -> &'static Playbook {
    &roll_back::PLAYBOOK
}

/// The answers that roll back to before a commit.
pub fn back_to(version: &str) -> Answers {
    Answers::default().with(roll_back::VERSION, FieldValue::Text(version.to_owned()))
}

/// The field of that commit.
pub const BACK_VERSION: &str = roll_back::VERSION;

/// An order for the same object that edits a file by hand, at this place: in the same repository, on the same branch, for the same reason.
/// What was typed into that file for it before is kept.
pub fn by_hand(of: &ChangeOrder, at: &SourceLine) -> ChangeOrder {
    ChangeOrder {
        playbook: edit_file::PLAYBOOK.name.to_owned(),
        also: Vec::new(),
        settings: Vec::new(),
        by_hand: of.by_hand.clone().filter(|edit| edit.file == at.file),
        taken_back: None,
        left_out: Vec::new(),
        layer: LayerChoice::At { file: at.file.clone(), line: at.line.max(1) },
        is_wide: false,
        title: String::new(),
        expected: Vec::new(),
        ..of.clone()
    }
}

/// An order that changes what decides on the field instead: in the same repository, on the same branch, for the same reason.
pub fn instead(of: &ChangeOrder, other: &Alternative, value: &str) -> ChangeOrder {
    ChangeOrder {
        playbook: set_field::PLAYBOOK.name.to_owned(),
        object: other.named(),
        namespace: other.object.namespace.clone(),
        also: Vec::new(),
        settings: vec![ChangeSetting::set(format!("{}={value}", other.field))],
        by_hand: None,
        taken_back: None,
        left_out: Vec::new(),
        layer: LayerChoice::Set,
        is_wide: false,
        site: ChangeSite { scope: other.scope(), ..of.site.clone() },
        title: String::new(),
        ..of.clone()
    }
}

/// An order that takes a change back, of which these fields became others: each gets the value that it had, if it still has the one that
/// it was given; what came is taken out, and what was taken out is there again. The last comes first.
///
/// # Errors
/// A value is not kept, or several objects had different ones.
pub fn undo(of: &ChangeOrder, fields: &[ProposedField]) -> Result<ChangeOrder> {
    if let Some(edit) = &of.by_hand {
        let by_hand = Some(Box::new(edit.reversed()));
        return Ok(ChangeOrder { by_hand, layer: LayerChoice::Set, is_wide: false, is_push_only: false, ..of.clone() });
    }
    if of.taken_back.is_some() {
        let hint = "roll the object back again: its merged commit is the newest version then";
        return Err(Error::failed("what was rolled back is not brought back field by field", hint));
    }
    let by_hand = |why: String| Error::failed(why, "`git revert` takes its commit back; or change the fields one by one");
    let mut objects: Vec<(Option<&ObjectRef>, Vec<ChangeSetting>, Vec<String>)> = Vec::new();
    for one in fields.iter().rev() {
        let field = &one.field;
        if [&one.before, &one.after].into_iter().flatten().any(|value| value.contains(MASKED)) {
            return Err(by_hand(format!("what {field} was is not kept: it is a value of a Secret")));
        }
        let (setting, expected) = match (&one.inverse, &one.before, &one.after) {
            (Some(inverse), ..) => (inverse.setting.clone(), inverse.expected.clone()),
            (None, Some(before), Some(after)) => {
                (ChangeSetting::set(format!("{field}={before}")), Some(format!("{field}={after}")))
            }
            // by a version that did not keep it
            (None, Some(before), None) => (ChangeSetting::set(format!("{field}={before}")), None),
            (None, None, after) => (ChangeSetting::Unset(field.clone()), after.as_ref().map(|after| format!("{field}={after}"))),
        };
        let at = objects.iter().position(|(object, ..)| *object == one.of.as_ref()).unwrap_or(objects.len());
        if at == objects.len() {
            objects.push((one.of.as_ref(), Vec::new(), Vec::new()));
        }
        objects[at].1.push(setting);
        objects[at].2.extend(expected);
    }
    objects.reverse();
    let [(object, settings, expected), more @ ..] = &objects[..] else { return Err(by_hand("it changed nothing".to_owned())) };
    if more.iter().any(|(_, before, after)| (before, after) != (settings, expected)) {
        return Err(by_hand("its objects had different values before".to_owned()));
    }
    // what decides on the object may be another one: the source of a chart, a ConfigMap
    let is_own = |id: &ObjectRef| {
        let named = Named::parse(&of.object).ok();
        named.is_some_and(|named| named.means(&id.gk.group, &id.gk.kind, &id.namespace, &id.name, &[]))
    };
    let other = object.filter(|object| !is_own(object)).map(OrderedObject::of);
    let scope = if other.is_some() { SiteScope::Any } else { of.site.scope.clone() };
    let object = other.unwrap_or_else(|| OrderedObject { object: of.object.clone(), namespace: of.namespace.clone() });
    Ok(ChangeOrder {
        playbook: set_field::PLAYBOOK.name.to_owned(),
        object: object.object,
        namespace: object.namespace,
        also: more.iter().filter_map(|(object, ..)| object.map(OrderedObject::of)).collect(),
        settings: settings.clone(),
        expected: expected.clone(),
        layer: LayerChoice::Set,
        is_wide: false,
        site: ChangeSite { scope, ..of.site.clone() },
        is_push_only: false,
        may_fork: false,
        ..of.clone()
    })
}

/// The playbook of that name.
pub fn find(name: &str) -> Option<&'static Playbook> {
    ALL.iter().copied().find(|playbook| playbook.name == name)
}

impl Playbook {
    /// Whether it is about what an object of that kind applies, which may be in another repository than its manifest.
    pub fn is_of_content(&self, gk: &GroupKind) -> bool {
        *self == roll_back::PLAYBOOK && roll_back::is_of_content(gk)
    }

    /// Reads the assignments of `--set`.
    ///
    /// # Errors
    /// An assignment without `=`, an unknown field, or a value that cannot be read.
    pub fn read(&self, assignments: &[ChangeSetting], clock: &Clock) -> Result<Assigned> {
        if let AssignmentTarget::ObjectField { below, .. } = self.assigns_to {
            let one = |setting: &ChangeSetting| WantedField::read(&of_field(below, setting));
            let wanted = assignments.iter().map(one).collect::<Result<Vec<_>>>()?;
            return match twice(&wanted) {
                Some(field) => Err(Error::usage(format!("`{field}` is set twice"), "set it once")),
                None if wanted.is_empty() => {
                    Err(Error::usage("nothing is to be set", "write --set FIELD=VALUE, or --unset FIELD"))
                }
                None => Ok(Assigned::Fields(wanted)),
            };
        }
        let pair = |setting: &'_ ChangeSetting| match setting {
            ChangeSetting::Set(text) => Form::assignment(text).map(|(id, value)| (id.to_owned(), value.to_owned())),
            ChangeSetting::Unset(id) => self.cleared(id).map(|id| (id, String::new())),
            ChangeSetting::Json(_) => Err(Error::usage(format!("{} takes no JSON", self.name), "write --set NAME=VALUE")),
        };
        let pairs = assignments.iter().map(pair).collect::<Result<Vec<_>>>()?;
        let pairs: Vec<_> = pairs.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect();
        Ok(Assigned::Answers((self.form)(&KnownObject::default()).read(pairs, clock)?))
    }

    /// A field of the form that can be emptied.
    fn cleared(&self, id: &str) -> Result<String> {
        let form = (self.form)(&KnownObject::default());
        match form.field(id) {
            Some(field) if field.clears => Ok(id.to_owned()),
            Some(_) => Err(Error::usage(format!("{id} cannot be taken out"), "only a value of its own can")),
            None => {
                let all = form.fields.iter().filter(|field| field.clears).map(|field| &*field.id).collect::<Vec<_>>().join(", ");
                let all = if all.is_empty() { "nothing can be taken out here".to_owned() } else { format!("there are {all}") };
                Err(Error::usage(format!("there is no field `{id}`"), all))
            }
        }
    }

    /// What the assignments want of an object.
    ///
    /// # Errors
    /// They do not fit it.
    pub fn wanted_of(&self, assigned: &Assigned, built: &BuiltObject<'_>) -> Result<WantedChange> {
        let known = KnownObject::built(built);
        match (assigned, self.assigns_to) {
            (Assigned::Answers(answers), _) => (self.wanted)(answers, &known),
            (Assigned::Fields(fields), AssignmentTarget::ObjectField { wanted, .. }) => wanted(fields.clone(), &known),
            (Assigned::Fields(fields), AssignmentTarget::FormField) => Ok(WantedChange::Own(fields.clone())),
        }
    }

    /// The assignments for `--set` that give these answers: what [`Playbook::read`] takes.
    ///
    /// # Errors
    /// A missing answer, or one that names no field.
    pub fn assignments(&self, answers: &Answers) -> Result<Vec<ChangeSetting>> {
        let form = (self.form)(&KnownObject::default());
        form.complete(answers)?;
        if let AssignmentTarget::ObjectField { below, .. } = self.assigns_to {
            let wanted = (self.wanted)(answers, &KnownObject::default())?;
            let one = |one: &WantedField| {
                let written = one.written.strip_prefix(below).unwrap_or(&one.written);
                one.setting_as(written.strip_prefix('.').unwrap_or(written))
            };
            return Ok(wanted.fields().iter().map(one).collect());
        }
        let answered = form.fields.iter().filter_map(|field| Some((&field.id, answers.get(&field.id)?)));
        Ok(answered.map(|(id, value)| ChangeSetting::set(format!("{id}={value}"))).collect())
    }

    /// Reads what follows its name after `:`; nothing is required there.
    ///
    /// # Errors
    /// A value that cannot be read.
    pub fn typed(&self, text: &str, clock: &Clock) -> Result<Answers> {
        let text = text.trim();
        let form = (self.form)(&KnownObject::default());
        let Some(first) = form.first().filter(|_| !text.is_empty()) else { return Ok(Answers::default()) };
        if let AssignmentTarget::ObjectField { below, .. } = self.assigns_to {
            match WantedField::parse(&of_fields(below, text)) {
                Ok(wanted) => return Ok(self.field_answers(&wanted, below)),
                Err(error) if error.kind != ErrorKind::Usage => return Err(error),
                // it is a field without a value
                Err(_) => {}
            }
        }
        let value = first.read(text, clock)?;
        Ok(value.map(|value: FieldValue| Answers::default().with(&first.id, value)).unwrap_or_default())
    }

    /// The answers that set a field: those of its first field and of its second.
    fn field_answers(&self, wanted: &WantedField, below: &str) -> Answers {
        let form = (self.form)(&KnownObject::default());
        let written = wanted.written.strip_prefix(below).unwrap_or(&wanted.written);
        let texts = [written.strip_prefix('.').unwrap_or(written), wanted.value.text()];
        let answered = form.fields.iter().zip(texts).filter(|(_, text)| !text.is_empty());
        answered.fold(Answers::default(), |answers, (field, text)| answers.with(&field.id, FieldValue::Text(text.to_owned())))
    }
}

/// A setting of a field below another.
fn of_field(below: &str, setting: &ChangeSetting) -> ChangeSetting {
    match setting {
        ChangeSetting::Set(text) => ChangeSetting::Set(of_fields(below, text)),
        ChangeSetting::Json(text) => ChangeSetting::Json(of_fields(below, text)),
        ChangeSetting::Unset(text) => ChangeSetting::Unset(of_fields(below, text)),
    }
}

/// A path of a field below another.
fn of_fields(below: &str, text: &str) -> String {
    match (below, text) {
        ("", text) => text.to_owned(),
        (below, text) if text.starts_with(['[', '.']) => format!("{below}{text}"),
        (below, text) => format!("{below}.{text}"),
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
    // items come and go at one place, one after the other
    let is_again = |(at, one): &(usize, &WantedField)| {
        let is_moved = |field: &WantedField| field.is_inserted || field.is_gone();
        wanted[..*at].iter().any(|other| other.field == one.field && !is_moved(one) && !is_moved(other))
    };
    wanted.iter().enumerate().find(is_again).map(|(_, one)| one.written.as_str())
}
