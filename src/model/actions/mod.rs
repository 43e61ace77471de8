//! Operations on live objects: one file for each action, one line in [`ALL`].
//!
//! An [`Action`] declares whether it fits an object (or why not, in words), which requests it makes and in which order, what to
//! wait for after each, its side effects ([`confirm`]), and the equivalent `flux` or `kubectl` line. The patches are those of the
//! `flux` CLI (flux2 2.9 `cmd/flux/{suspend,resume,reconcile,delete}.go`): merge patches, under our own field manager. Nothing
//! here sends anything; acts under way are in `state::jobs`.

mod case;
pub mod confirm;
mod guards;
mod offer;
mod outcome;
mod request;
pub mod rights;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use case::{Case, Fit};
pub use confirm::{Circumstances, Confirmation, Demand, Planned, Skip, Target, confirm};
pub use guards::{Consequence, Grade, contested_field, is_root};
pub use offer::{Offer, by_key, handy, in_place_of, offer, open_questions};
pub use outcome::Outcome;
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

use crate::forms::{Answers, Form};
use crate::kinds::Kind;

/// Our field manager. Its name must not start with `kubectl`: kustomize-controller reverts
/// the fields of such managers (kustomize-controller 1.9 `internal/controller/kustomization_controller.go`, `apply`).
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

/// Actions that others have to offer by what they do, as the values that they are.
pub static RECONCILE: &Action = &reconcile::ACTION;
pub static RECONCILE_WITH_SOURCE: &Action = &reconcile_with_source::ACTION;
pub static RESET: &Action = &reset::ACTION;
pub static RESUME: &Action = &resume::ACTION;

/// An operation on live objects: a value, one a file. Everything that other rooms have to know of it is declared
/// here: dispatch, help, the key line, completion, the headless command and the README are made of these values.
pub struct Action {
    /// Its name in the log of acts and, where there is one, after `:` and as a headless command.
    pub name: &'static str,
    /// The same in one short word, for narrow columns and the key line.
    pub word: &'static str,
    /// The key in the panel, as commands spell keys. Actions on different kinds may share one.
    pub key: &'static str,
    /// Its label in the panel; with `…` if it asks first.
    pub label: &'static str,
    pub doc: &'static str,
    /// Where its key works besides the panel.
    pub reach: Reach,
    /// Whether its key is worth a place in the key line of an object that it fits.
    pub footer: bool,
    /// What `:name` does, for help; none without a command of its own.
    pub command: Option<&'static str>,
    pub headless: Headless,
    pub weight: Weight,
    /// The form for these objects; for none of them, the headless flags.
    pub form: fn(&[Case]) -> Form,
    /// The verb that RBAC must allow on the object's kind.
    pub verb: Verb,
    /// What it does to the object's suspension.
    pub switch: Option<Switch>,
    /// The action whose key it takes over where that one has been done already.
    pub undoes: Option<&'static Action>,
    /// The action that it replaces where that one cannot be done.
    pub instead_of: Option<&'static Action>,
    /// The kinds that it applies to.
    pub kinds: fn(&Kind) -> bool,
    /// Which other kinds its side effects depend on, and where their objects are looked for.
    pub reads: fn(&Kind) -> Option<Where>,
    pub fits: fn(&Case, &Answers) -> Fit,
    /// The requests, in order; each waits for the one before it.
    pub steps: fn(&Case, &Answers) -> Vec<Step>,
    /// The field that it sets, if the applier of the object may set it too.
    pub sets: Option<Sets>,
    /// The consequences to show first.
    pub consequences: fn(&Case) -> Vec<Consequence>,
    /// The equivalent command line of `flux` or `kubectl`, without a context.
    pub line: fn(&Case, &Answers) -> String,
}

impl Action {
    /// The defaults of an action.
    const BASE: Self = Self {
        name: "",
        word: "",
        key: "",
        label: "",
        doc: "",
        reach: Reach::Panel,
        footer: false,
        command: None,
        headless: Headless::None,
        weight: Weight::Light,
        form: |_| Form::nothing(),
        verb: Verb::Patch,
        switch: None,
        undoes: None,
        instead_of: None,
        kinds: |_| true,
        reads: |_| None,
        fits: |_, _| Fit::Yes,
        steps: |_, _| Vec::new(),
        sets: None,
        consequences: |_| Vec::new(),
        line: |_, _| String::new(),
    };
}

/// Where an action's key works. Letters that mean something else to k9s users in a list work only in the panel. The text is a
/// clause of help: the clauses of all actions of a key make its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Panel,
    Rows(&'static str),
    /// Also in texts about an object.
    Objects(&'static str),
}

/// How an action is run headless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headless {
    None,
    /// `fluxdeck NAME`, and what it does.
    Command {
        doc: &'static str,
        waits: Waits,
    },
    /// That action's command with this flag, and what the flag does.
    Flag {
        of: &'static Action,
        flag: &'static str,
        doc: &'static str,
    },
    /// That action's command, on kinds that it does not apply to.
    Kinds(&'static Action),
}

/// Whether a headless command waits for the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    Never,
    OnDemand,
    /// For one object, and for many on demand (flux2 `cmd/flux/resume.go`).
    ForOne,
    Always,
}

/// How much an action asks before it runs on one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Runs at once: it changes nothing that is not in git.
    Light,
    /// The same, but it lets things change that were at rest: production asks for its name.
    Waking,
    /// Is confirmed first.
    Grave,
}

/// The RBAC verb of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Patch,
    Delete,
}

impl Verb {
    pub fn word(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// What happens to an object's suspension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    Suspends,
    Resumes,
}

/// A field that an action sets.
#[derive(Clone, Copy, Debug)]
pub struct Sets {
    /// Its path, on an object of that kind.
    pub field: fn(&Kind) -> Option<String>,
    /// Git usually sets it: if it does not, a note says so.
    pub is_usual: bool,
}

/// Where objects of another kind are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    Everywhere,
    /// In the namespaces of the objects themselves.
    Beside,
}

/// The actions of a headless command: its own, then those by a flag or on other kinds.
pub fn headless(command: &Action) -> impl Iterator<Item = &'static Action> {
    let of = |action: &Action| match action.headless {
        Headless::Flag { of, .. } | Headless::Kinds(of) => Some(of),
        Headless::Command { .. } | Headless::None => None,
    };
    ALL.iter().copied().filter(move |action| *action == command || of(action) == Some(command))
}

/// The headless command that resumes objects.
pub fn waker() -> Option<&'static Action> {
    let wakes = |action: &&Action| action.switch == Some(Switch::Resumes) && matches!(action.headless, Headless::Command { .. });
    ALL.iter().copied().find(wakes)
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
