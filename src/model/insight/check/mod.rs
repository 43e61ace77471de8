//! What is wrong in a repository, found without a cluster: builds, schemas, versions, duplicates, references, guards.
//!
//! Each rule is a value in a file of its own, with one line in [`RULES`]: a function from builds to findings. The same finding in several
//! clusters is reported once, with all of them. What can be decided by a cluster alone (admission, quotas) does *not* belong here.

mod artifact;
mod build;
mod changed;
mod duplicates;
mod encrypted;
mod guard;
mod not_checked;
mod not_proven;
mod parse;
mod policy;
mod reached;
mod references;
mod remote;
mod schema;
mod versions;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::named::group;
use super::schema::Schemas;
use crate::render::BuildError;
use crate::render::id::{meta_text, text_at};
use crate::render::node::{Node, Origin};
use crate::render::repository::{MemberIndex, Repository};

pub use changed::{Difference, differences};
pub use encrypted::opened;
pub use guard::{CheckPolicy, guard};
pub use policy::policy;

/// In the place of what a sentence is about, where that is any of several.
const ANY: &str = "…";

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

/// Something that is looked for.
pub struct Rule {
    /// Documented, and stays.
    pub name: &'static str,
    /// What it finds.
    pub doc: &'static str,
    /// Looks at everything that was built; none for what is asked of changed files ([`guard()`]).
    look: Option<fn(&Repository, &mut Schemas, &mut Findings)>,
}

/// Every rule, in the order of the documentation.
pub static RULES: &[&Rule] = &[
    &parse::RULE,
    &build::RULE,
    &reached::RULE,
    &schema::RULE,
    &versions::RULE,
    &duplicates::RULE,
    &references::RULE,
    &guard::RULE,
    &policy::RULE,
    &artifact::RULE,
    &remote::RULE,
    &not_proven::RULE,
    &not_checked::RULE,
];

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rule {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(other.name)
    }
}

impl std::hash::Hash for Rule {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    pub level: Level,
    pub rule: &'static Rule,
    pub message: String,
    /// What the message is about; empty where it names nothing that others could take the place of.
    pub subject: String,
    /// The message without its subject.
    pub sentence: String,
    pub hint: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Finding {
    pub fn new(level: Level, rule: &'static Rule, message: impl Into<String>) -> Self {
        let message = message.into();
        let (sentence, none) = (message.clone(), String::new);
        Self { level, rule, message, subject: none(), sentence, hint: none(), file: none(), line: 0, column: 0 }
    }

    /// What can be said of several in the same words. `say` makes the sentence of what it is about.
    pub fn about(level: Level, rule: &'static Rule, subject: impl Into<String>, say: impl Fn(&str) -> String) -> Self {
        let subject = subject.into();
        let found = Self::new(level, rule, say(&subject));
        Self { sentence: say(ANY), subject, ..found }
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

    fn of(rule: &'static Rule, error: &BuildError) -> Self {
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

    /// The same as [`Self::list`], those together that say the same of several: the same rule in the same words, with the same way out.
    pub fn groups(&self) -> Vec<Vec<(&Finding, Vec<&str>)>> {
        let mut groups: Vec<Vec<(&Finding, Vec<&str>)>> = Vec::new();
        let mut known = BTreeMap::new();
        for (finding, who) in self.list() {
            let said = (finding.level, finding.rule, &finding.sentence, &finding.hint);
            let at = *known.entry(said).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push((finding, who)),
                None => groups.push(vec![(finding, who)]),
            }
        }
        groups
    }

    /// Whether a rule has found something in a file.
    pub fn has(&self, level: Level, rule: &Rule, file: &str) -> bool {
        self.all.keys().any(|finding| finding.level == level && *finding.rule == *rule && finding.file == file)
    }

    pub fn count(&self, level: Level) -> usize {
        self.all.keys().filter(|finding| finding.level == level).count()
    }
}

/// Looks at everything that was built.
pub fn check(repository: &Repository, schemas: &mut Schemas) -> Findings {
    let mut findings = Findings::default();
    for look in RULES.iter().filter_map(|rule| rule.look) {
        look(repository, schemas, &mut findings);
    }
    findings
}

/// Group, kind, namespace and name.
type Key = (String, String, String, String);

fn key(node: &Node) -> Key {
    let text = [group(node), text_at(node, "kind"), meta_text(node, "namespace"), meta_text(node, "name")];
    let [group, kind, namespace, name] = text.map(str::to_owned);
    (group, kind, namespace, name)
}

/// Every object that is built as it will be, with the Kustomization that applies it: none that a remote resource may change which is not
/// here.
fn proven(repository: &Repository) -> impl Iterator<Item = (MemberIndex, &crate::render::flux::Applied)> {
    all(repository).filter(|(_, object)| object.unproven.is_none())
}

/// Every object with the Kustomization that applies it.
fn all(repository: &Repository) -> impl Iterator<Item = (MemberIndex, &crate::render::flux::Applied)> {
    repository.members().flat_map(|(place, member)| member.outcome.objects().iter().map(move |object| (place, object)))
}
