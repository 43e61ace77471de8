//! What is wrong in a repository, found without a cluster: builds, schemas, versions, duplicates, references, guards.
//!
//! Each rule is a function from builds to findings; the same finding in several clusters is told once, with all of them. What can be
//! decided by a cluster alone (admission, quotas) does *not* belong here.

mod changed;
mod encrypted;
mod guard;
mod objects;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::named::shown;
use super::schema::{Schemas, validate};
use super::setting::called;
use crate::render::node::Origin;
use crate::render::repository::{Outcome, Place, Repository};
use crate::render::{BuildError, Node};

pub use changed::{Difference, differences};
pub use encrypted::opened;
pub use guard::{Policy, guard};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It would fail, or must not be.
    Error,
    /// It may fail: what decides it cannot be seen from here.
    Warning,
    /// What was not looked at, and why.
    Note,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Every rule, with what it looks for; the names are documented and stay.
pub const RULES: &[(&str, &str)] = &[
    ("parse", "a file that cannot be read"),
    ("build", "a Kustomization that cannot be built"),
    ("schema", "a field that the kind does not have, or a value that it does not take"),
    ("api-version", "a version that the newest Flux no longer serves"),
    ("duplicate", "an object that is applied twice in one cluster"),
    ("reference", "a source or dependency that does not exist"),
    ("guard", "a changed file that must not be edited, or a secret that is open now"),
    ("not-proven", "what only the cluster knows"),
    ("not-checked", "what was not looked at"),
];

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    pub level: Level,
    pub rule: &'static str,
    pub message: String,
    pub hint: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Finding {
    pub fn new(level: Level, rule: &'static str, message: impl Into<String>) -> Self {
        Self { level, rule, message: message.into(), hint: String::new(), file: String::new(), line: 0, column: 0 }
    }

    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        (self.file, self.line, self.column) = (origin.location.to_string(), origin.line, origin.column);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    fn of(rule: &'static str, error: &BuildError) -> Self {
        let file = error.file.as_deref().unwrap_or_default().to_owned();
        let found = Self::new(Level::Error, rule, &error.message).hint(&error.hint);
        Self { file, line: error.line, column: error.column, ..found }
    }
}

/// Findings, each with the Kustomizations that it was found in.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    all: BTreeMap<Finding, BTreeSet<String>>,
}

impl Findings {
    pub fn add(&mut self, finding: Finding, who: Option<String>) {
        self.all.entry(finding).or_default().extend(who);
    }

    /// Worst first, then by file and line.
    pub fn list(&self) -> Vec<(&Finding, Vec<&str>)> {
        let mut list: Vec<_> =
            self.all.iter().map(|(finding, who)| (finding, who.iter().map(String::as_str).collect())).collect();
        list.sort_by_key(|(finding, _)| (finding.level, finding.file.clone(), finding.line, finding.rule));
        list
    }

    /// Whether a rule has found something in a file.
    pub fn has(&self, level: Level, rule: &str, file: &str) -> bool {
        self.all.keys().any(|finding| finding.level == level && finding.rule == rule && finding.file == file)
    }

    pub fn count(&self, level: Level) -> usize {
        self.all.keys().filter(|finding| finding.level == level).count()
    }
}

/// Looks at everything that was built.
pub fn check(repository: &Repository, schemas: &mut Schemas) -> Findings {
    let mut findings = Findings::default();
    for error in &repository.unreadable {
        findings.add(Finding::of("parse", error), None);
    }
    for (place, member) in repository.members() {
        let who = || Some(called(repository, place));
        match &member.outcome {
            Outcome::Failed(error) => findings.add(Finding::of("build", error), who()),
            Outcome::Elsewhere(why) => {
                let told = format!("{} is not built from here: {why}", member.spec.id());
                findings.add(Finding::new(Level::Note, "not-checked", told).at(&member.spec.origin), who());
            }
            Outcome::Built(objects) => {
                for object in objects.iter() {
                    schemas.learn(&object.node);
                }
                for name in objects.iter().flat_map(|object| &object.unknown).collect::<BTreeSet<_>>() {
                    let told = format!("only the cluster knows ${{{name}}} of {}", member.spec.id());
                    let hint = "give it a value: --substitute-from FILE";
                    findings.add(Finding::new(Level::Note, "not-proven", told).hint(hint).at(&member.spec.origin), who());
                }
            }
        }
    }
    validated(repository, schemas, &mut findings);
    objects::versions(repository, &mut findings);
    objects::duplicates(repository, &mut findings);
    objects::references(repository, &mut findings);
    findings
}

fn validated(repository: &Repository, schemas: &Schemas, findings: &mut Findings) {
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for (place, object) in all(repository) {
        if object.is_encrypted {
            let told = format!("{} is encrypted: its values were not looked at", shown(&object.node));
            findings
                .add(Finding::new(Level::Note, "not-checked", told).at(object.node.origin()), Some(called(repository, place)));
            continue;
        }
        if schemas.of(&object.node).is_none() {
            unknown.insert(kind_of(&object.node));
        }
        for fault in validate(&object.node, schemas) {
            let told = format!("{}: {}", shown(&object.node), fault.message);
            findings.add(Finding::new(Level::Error, "schema", told).at(&fault.origin), Some(called(repository, place)));
        }
    }
    for kind in unknown {
        let found = Finding::new(Level::Note, "not-checked", format!("there is no schema of {kind}"));
        findings.add(found.hint("give its CRD: --schemas DIR"), None);
    }
}

fn kind_of(node: &Node) -> String {
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    format!("{} {}", text("apiVersion"), text("kind"))
}

/// Every object with the Kustomization that applies it.
fn all(repository: &Repository) -> impl Iterator<Item = (Place, &crate::render::flux::Applied)> {
    repository.members().flat_map(|(place, member)| member.outcome.objects().iter().map(move |object| (place, object)))
}
