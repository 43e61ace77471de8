//! What is done in the cluster now: one file an action, one line in [`ALL`].
//!
//! An [`Action`] says whether it fits an object (or why not, in words), which requests it makes and in which order, what to wait for
//! after each, what it brings about ([`confirm`]), and which line of `flux` or `kubectl` does the same. The patches are those of the
//! `flux` CLI (flux2 2.9 `cmd/flux/{suspend,resume,reconcile,delete}.go`): merge patches, under our own field manager. Nothing here
//! sends anything; what has been started lives in `state::jobs`.

mod answers;
mod case;
pub mod confirm;
mod guards;
mod offer;
mod policy;
mod request;
pub mod rights;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use answers::{Answers, until};
pub use case::{Case, Fit};
pub use confirm::{Circumstances, Confirmation, Demand, Planned, Target, confirm};
pub use guards::{Consequence, Grade, contested_field, is_root};
pub use offer::{Offer, by_key, handy, offer, open_questions};
pub use policy::Policy;
pub use request::{Proof, Request, Step, Until};
pub use rights::{Ask, Right, Rights};

mod delete;
mod delete_pod;
mod force;
mod reconcile;
mod reconcile_with_source;
mod reset;
mod restart;
mod resume;
mod resume_and_reconcile;
mod scale;
mod suspend;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name under which the API server remembers who set a field. Never one that starts with `kubectl`: kustomize-controller takes back
/// what such managers set (kustomize-controller 1.9 `internal/controller/kustomization_controller.go`, `apply`).
pub const FIELD_MANAGER: &str = "fluxdeck";

/// Every action, in the order of the panel.
pub static ALL: &[&Action] = &[
    &reconcile::ACTION,
    &resume_and_reconcile::ACTION,
    &reconcile_with_source::ACTION,
    &force::ACTION,
    &reset::ACTION,
    &suspend::ACTION,
    &resume::ACTION,
    &delete::ACTION,
    &restart::ACTION,
    &scale::ACTION,
    &delete_pod::ACTION,
];

/// Something that can be done in the cluster now: a value, one a file.
pub struct Action {
    /// What stands after `:` and in the log of acts.
    pub name: &'static str,
    /// The key in the panel, as commands spell keys.
    pub key: &'static str,
    /// The panel's words; `…` where something is asked first.
    pub label: &'static str,
    pub doc: &'static str,
    pub weight: Weight,
    pub form: Form,
    /// The verb that RBAC must allow on the object's kind.
    pub verb: &'static str,
    pub fits: fn(&Case) -> Fit,
    /// The requests, in order; each waits for the one before it.
    pub steps: fn(&Case, &Answers) -> Vec<Step>,
    /// What a person should know before.
    pub consequences: fn(&Case) -> Vec<Consequence>,
    /// The line that does the same with other people's programs, without a context.
    pub line: fn(&Case, &Answers) -> String,
}

/// How much an action asks before it runs on one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Runs at once: it changes nothing that git does not say.
    Light,
    /// Is confirmed first.
    Grave,
}

/// What an action asks a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nothing,
    /// Why, and until when; both may stay empty.
    Suspension,
    Replicas,
}

/// The action of that name.
pub fn find(name: &str) -> Option<&'static Action> {
    ALL.iter().copied().find(|action| action.name == name)
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Action {}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// An action is written down by its name.
impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for &'static Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        find(&name).ok_or_else(|| serde::de::Error::custom(format!("there is no action `{name}`")))
    }
}
