//! What a person should know before a change is made, though it does what is wanted: one file for each rule, one line in [`RULES`].
//!
//! ```text
//!  query     what the rules look at: all that is built before and after, and each object that changes
//!  found     what they say, each once            switches  what an object says of how Flux applies it
//!  losses    what goes with an object            fixed     fields that the API server never changes; refusal: which of them do
//!  pods      the pods that an object makes       scalers   kinds that scale others
//! ```
//! A rule looks at the objects that change, at what is built with them, and at the lines of files that change; where it cannot know, it is
//! silent. What it says prevents nothing; it may name what could be changed instead. What is proven or disproven does *not* belong here.

mod autoscaler;
mod budget;
mod fixed;
mod found;
mod ignored;
mod image_automation;
mod limits;
mod losses;
mod major;
mod origins;
mod pods;
mod privileges;
mod pruned;
mod query;
mod quota;
mod refusal;
mod refused;
mod reinstalled;
mod requests;
mod resumed;
mod rights;
mod scalers;
mod suspended;
mod switches;
mod unread;
mod upkeep;

use found::{FoundCautions, listed};
pub use image_automation::image_automations;
pub use pods::{containers, spec as pod_spec};
pub use query::{CautionQuery, ObjectChange, Placed, is, is_same, text_of};
pub use switches::{is_forced, leaves_alone};

use super::SiteScope;
use super::builds::Build;
use super::compare::ObjectKey;
use super::hand::SourceLine;
use super::write::ChangedFile;
use crate::insight::field::FieldPath;
use crate::render::Node;

/// Every rule, in the order in which they are said: first what does not arrive, then what is lost, then the rest.
static RULES: &[fn(&CautionQuery<'_>, &mut FoundCautions)] = &[
    refused::says,
    suspended::says,
    ignored::says,
    unread::says,
    pruned::says,
    reinstalled::says,
    resumed::says,
    upkeep::says,
    rights::says,
    privileges::says,
    quota::says,
    limits::says,
    requests::says,
    budget::says,
    autoscaler::says,
    image_automation::says,
    major::says,
    origins::says,
];

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caution {
    pub text: String,
    pub instead: Option<Alternative>,
}

/// A field of another object that decides on what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The Flux Kustomization or folder that builds the object, as `--kustomization` takes it.
    pub build: String,
    /// The namespace and name of that Kustomization; none for a folder.
    pub applier: Option<(String, String)>,
    /// It is of another cluster than the object that was meant.
    pub is_elsewhere: bool,
    pub object: ObjectKey,
    /// As people write it.
    pub field: String,
    /// How it reads now; empty where it is not set.
    pub before: String,
    /// What would give the wanted effect, as far as that can be known; else as it reads now.
    pub value: String,
    /// What sets it; none where it is not set.
    pub place: Option<SourceLine>,
}

impl Alternative {
    /// A field of an object. `value`: what would give the wanted effect.
    fn of(query: &CautionQuery<'_>, object: Placed<'_>, field: &str, value: Option<String>) -> Self {
        let build = object.build;
        let node = FieldPath::parse(field).ok().and_then(|path| path.reach(object.node()).ok());
        let before = node.as_deref().and_then(Node::text).unwrap_or_default().to_owned();
        let named = |spec: &crate::render::flux::Spec| (spec.namespace.to_string(), spec.name.to_string());
        Self {
            build: build.name.clone(),
            applier: build.spec.as_deref().map(named),
            is_elsewhere: query.meant.is_some_and(|meant| meant.build.cluster != build.cluster),
            object: ObjectKey::of(object.node()),
            field: field.to_owned(),
            value: value.unwrap_or_else(|| before.clone()),
            before,
            place: node.as_deref().and_then(SourceLine::of),
        }
    }

    /// What of the repository builds it.
    pub fn scope(&self) -> SiteScope {
        match (&self.applier, &*self.build) {
            (Some(_), build) => SiteScope::Kustomization(build.to_owned()),
            (None, ".") => SiteScope::Folder(String::new()),
            (None, folder) => SiteScope::Folder(folder.to_owned()),
        }
    }

    /// `KIND.GROUP/NAME`, as an order names it.
    pub fn named(&self) -> String {
        let ObjectKey { group, kind, name, .. } = &self.object;
        if group.is_empty() { format!("{kind}/{name}") } else { format!("{kind}.{group}/{name}") }
    }
}

/// `ImagePolicy flux-system/web spec.policy.semver.range (1.x at images.yaml:15)`.
impl std::fmt::Display for Alternative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ObjectKey { kind, namespace, name, .. } = &self.object;
        let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        write!(f, "{kind} {namespace}{name} {}", self.field)?;
        match &self.place {
            Some(place) => write!(f, " ({} at {place})", self.before),
            None => f.write_str(" (not set)"),
        }
    }
}

/// A line of a file that is another one after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedLine {
    pub at: SourceLine,
    /// As it is today.
    pub text: String,
}

impl TouchedLine {
    /// The lines of a file that are gone after the change, or read otherwise.
    pub fn of(file: &ChangedFile) -> Vec<Self> {
        let before = String::from_utf8_lossy(file.before.as_deref().unwrap_or_default());
        let after = String::from_utf8_lossy(file.new_bytes());
        let mut left: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        after.lines().for_each(|line| *left.entry(line).or_default() += 1);
        let mut gone = Vec::new();
        for (number, line) in (1..).zip(before.lines()) {
            match left.get_mut(line) {
                Some(count) if *count > 0 => *count -= 1,
                _ => gone.push(Self { at: SourceLine { file: file.path.to_string(), line: number }, text: line.to_owned() }),
            }
        }
        gone
    }

    /// One line of a file.
    pub fn at(at: &SourceLine, bytes: &[u8]) -> Option<Self> {
        let index = usize::try_from(at.line).ok()?.checked_sub(1)?;
        let text = String::from_utf8_lossy(bytes).lines().nth(index)?.to_owned();
        Some(Self { at: at.clone(), text })
    }
}

/// What a change of files does, ours or anyone's: `before` and `after` are all builds of the two trees.
pub fn cautions_between(before: &[Build], after: &[Build], files: &[ChangedFile]) -> Vec<Caution> {
    let lines: Vec<_> = files.iter().flat_map(TouchedLine::of).collect();
    all(&CautionQuery::new(None, (before.iter().collect(), after.iter().collect()), &[], &lines))
}

/// All that the rules say, each once.
pub fn all(query: &CautionQuery<'_>) -> Vec<Caution> {
    let mut found = FoundCautions::default();
    RULES.iter().for_each(|rule| rule(query, &mut found));
    found.all()
}
