//! A branch, tag, version, chart or repository that is not there.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, captured, says};
use crate::insight::why::remedy::Remedy;
use crate::kinds::Role;

pub(super) const RULE: CauseRule =
    CauseRule { name: "missing-revision", doc: "a source has no such branch, tag, version, chart or repository", find };

const ABSENT: &[&str] = &[
    "couldn't find remote ref",
    "reference not found",
    "unable to resolve",
    "no match found for semver",
    "manifest_unknown",
    "manifest unknown",
    "name_unknown",
    "repository not found",
    "no tags in database",
    "version matching",
    "404 not found",
    "not found: ",
    "nosuchbucket",
    "nosuchkey",
    "object not found",
    "invalid chart reference",
    "no chart name found",
    "chart not found",
    "does not exist",
    "git repository is empty",
    "has no commits",
];

/// source-controller `fetchBucketObjects`.
static BUCKET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"bucket '([^']+)' not found").expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let is_source = matches!(clue.kind.role, Role::Source | Role::Image | Role::Operator);
    let message = clue.failed().filter(|message| is_source && (says(message, ABSENT) || BUCKET.is_match(message)))?;
    if let Some(name) = captured(&BUCKET, message) {
        return Some(clue.diagnose(format!("there is no bucket {name}")).press(&[Remedy::File, Remedy::Reconcile]));
    }
    // as it is written: the branch of a repository, the tag of an artifact
    let what = clue.object.and_then(|object| object.facts.cells.get(1)).filter(|_| clue.kind.role == Role::Source);
    let what = what.filter(|what| !what.is_empty()).map_or_else(String::new, |what| format!(" ({what})"));
    let found = clue.diagnose(format!("what it asks for is not there{what}: {}", brief(message)));
    Some(found.press(&[Remedy::File, Remedy::Reconcile]))
}
