//! The policies of Flux v1 as annotations in git: what they say, and the fields that change them.
//!
//! Sources: fluxcd/flux 1.25 `pkg/cluster/kubernetes/resource/resource.go` (`PoliciesFromAnnotations`; `PolicyAnnotationKey`: a key that is
//! there is used again, whatever its prefix) and `policies.go` (a new one gets the first prefix). Only the annotations of the object itself
//! count, not those of its pods.

use super::PresentState;
use super::known::KnownObject;
use crate::change::WantedField;
use crate::domain::Object;
use crate::error::{Error, Result};
use crate::forms::{Choice, Choices, Field, InputKind};
use crate::kinds::legacy::{keys, policy_of, shown_policies};
use crate::kinds::{Kind, Trait};

const ANNOTATIONS: &str = "metadata.annotations";
/// The value of a policy that is on.
pub const TRUE: &str = "true";
/// The answers of a switch.
pub const ON: &str = "on";
pub const OFF: &str = "off";

/// Whether Flux v1 reads policies of a kind.
pub fn offers(kind: &Kind) -> std::result::Result<(), String> {
    match kind.has(Trait::Policies) {
        true => Ok(()),
        false => Err(format!("{} carries no policies of Flux v1", kind.kind)),
    }
}

/// Whether Flux v1 updates images of an object, once it is known which one it is.
///
/// # Errors
/// It is neither a workload nor a release of Flux v1.
pub fn fits(known: &KnownObject<'_>) -> Result<()> {
    let has_images = known.kind.is_some_and(|kind| kind.has(Trait::Policies));
    match has_images || !known.is_known() {
        true => Ok(()),
        false => Err(Error::failed(
            format!("{} has no images that Flux v1 would update", known.name),
            "name a workload, or a release of Flux v1",
        )),
    }
}

/// Who has nothing of Flux v1 is not offered its switches.
pub fn present(object: &Object) -> PresentState {
    PresentState { text: shown_policies(object).to_owned(), is_off_topic: !object.facts.legacy, ..PresentState::default() }
}

/// A field that switches something, at first to what it is not.
pub fn switch(id: &'static str, help: &'static str, answers: &[(&str, &str)], is_on: bool) -> Field {
    let choices = answers.iter().map(|(value, note)| Choice::new(*value, *note)).collect();
    let field = Field::new(id, id, help, InputKind::Choice { from: Choices::Now(choices), free: false });
    field.default(if is_on { OFF } else { ON })
}

/// What git says of a policy: the annotations, each with its value.
pub fn said<'k>(known: &'k KnownObject<'_>, policy: &str) -> Vec<(String, &'k str)> {
    let one = |key: String| {
        let value = known.value(&path(&key))?;
        Some((key, value))
    };
    keys(policy).into_iter().filter_map(one).collect()
}

/// Its value; of several annotations that of the first.
pub fn value<'k>(known: &'k KnownObject<'_>, policy: &str) -> Option<&'k str> {
    said(known, policy).first().map(|(_, value)| *value)
}

/// Whether it is on: fluxd takes whichever annotation it comes to last, so that any may do.
pub fn is_on(known: &KnownObject<'_>, policy: &str) -> bool {
    said(known, policy).iter().any(|(_, value)| *value == TRUE)
}

/// The fields that give a policy this value; none where it has it.
///
/// # Errors
/// The name of a container that an annotation cannot have.
pub fn set(known: &KnownObject<'_>, policy: &str, value: &str) -> Result<Vec<WantedField>> {
    let said = said(known, policy);
    let keys = match said.is_empty() {
        true => vec![new_key(known, policy)],
        false => said.into_iter().filter(|(_, now)| *now != value).map(|(key, _)| key).collect(),
    };
    keys.iter().map(|key| WantedField::new(&path(key), value)).collect()
}

/// The fields that take annotations of these policies out.
///
/// # Errors
/// As [`set`].
pub fn unset(known: &KnownObject<'_>, policies: &[&str]) -> Result<Vec<WantedField>> {
    let keys = policies.iter().flat_map(|policy| said(known, policy));
    keys.map(|(key, _)| WantedField::gone(&path(&key))).collect()
}

/// The same; with the last annotation the map goes.
///
/// # Errors
/// As [`set`].
pub fn unset_all(known: &KnownObject<'_>, policies: &[&str]) -> Result<Vec<WantedField>> {
    let fields = unset(known, policies)?;
    match !fields.is_empty() && all(known).count() == fields.len() {
        true => Ok(vec![WantedField::gone(ANNOTATIONS)?]),
        false => Ok(fields),
    }
}

/// Nothing would change: `is locked in git already`.
pub fn already(known: &KnownObject<'_>, what: &str) -> Error {
    Error::failed(format!("{} {what}", known.name), "`fluxdeck where` names the file of a field")
}

/// Every annotation, as the paths of fields write it after the map.
fn all<'k>(known: &'k KnownObject<'_>) -> impl Iterator<Item = &'k str> {
    known.all().filter_map(|(field, _)| field.strip_prefix(ANNOTATIONS)).filter(|rest| rest.starts_with(['.', '[']))
}

/// The key of a policy of which git says nothing: with the prefix that the object uses for all that it has.
fn new_key(known: &KnownObject<'_>, policy: &str) -> String {
    let used: Vec<String> = all(known).map(|rest| rest.trim_matches(['[', ']', '\'', '"', '.']).to_owned()).collect();
    let used: Vec<&String> = used.iter().filter(|key| policy_of(key).is_some()).collect();
    let prefix = |key: &str| key.split_once('/').map(|(prefix, _)| prefix.to_owned());
    let mut keys = keys(policy);
    let same = keys.iter().position(|key| !used.is_empty() && used.iter().all(|used| prefix(used) == prefix(key)));
    keys.swap_remove(same.unwrap_or(0))
}

fn path(key: &str) -> String {
    format!("{ANNOTATIONS}['{key}']")
}
