//! What was looked at before a change is shown: each passed, failed, or not run and why.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::builds::Build;
use super::compare::pairs;
use super::proof::{ChangeProof, Claim};
use crate::domain::text::counted;
use crate::insight::named::shown;
use crate::insight::schema::{Schemas, validate};
use crate::render::Node;
use crate::render::flux::Applied;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: Cow<'static, str>,
    pub result: CheckResult,
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckResult {
    Passed,
    Failed,
    /// It hinders nothing, and a person decides with it in sight.
    Warned,
    NotRun,
    /// Somebody else was asked, and has not answered yet.
    UnderWay,
}

impl CheckResult {
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warning",
            Self::NotRun => "not run",
            Self::UnderWay => "running",
        }
    }
}

impl Check {
    /// Whether somebody else was asked, and has not answered yet.
    pub fn is_under_way(&self) -> bool {
        self.result == CheckResult::UnderWay
    }
}

/// Everything that is checked of a way that does what is wanted.
pub fn all(claim: &Claim<'_>, before: &Build, after: &Build, proof: &ChangeProof) -> Vec<Check> {
    let check = |name: &'static str, result, why: String| Check { name: name.into(), result, why };
    let mut checks = vec![check("edit", CheckResult::Passed, "two YAML readers see the wanted change and no other".to_owned())];
    let why = match proof.inside.len() {
        0 => format!("{} has the new value and no other difference", after.name),
        count => format!("{} has the new value, and {}", after.name, counted(count, "other difference")),
    };
    checks.push(check("build", if proof.inside.is_empty() { CheckResult::Passed } else { CheckResult::Failed }, why));
    let unknown: Vec<&str> =
        claim.target.of(after).into_iter().flat_map(|(_, object)| &object.unknown).map(|name| &**name).collect();
    if !unknown.is_empty() {
        let why = format!("only the cluster knows {}", unknown.join(", "));
        checks.push(check("variables", CheckResult::NotRun, why));
    }
    if let Some(lacks) = after.lacks() {
        let why = match claim.target.of(after).and_then(|(_, object)| object.unproven.as_ref()) {
            Some(address) => format!("{address} may change the object, and is not here"),
            None => format!("not here, and built without: {lacks}"),
        };
        checks.push(check("remote resources", CheckResult::NotRun, why));
    }
    checks.push(others(proof));
    checks.push(schema(claim, before, after));
    checks
}

/// Everything that is checked of a file that was edited by hand. `read`: what was seen of its text, or why nobody has looked.
pub fn by_hand(
    read: Result<String, String>,
    (before, after): (&Build, &Build),
    proof: &ChangeProof,
    schemas: &Schemas,
) -> Vec<Check> {
    let check = |name: &'static str, result, why: String| Check { name: name.into(), result, why };
    let edit = match read {
        Ok(why) => check("edit", CheckResult::Passed, why),
        Err(why) => check("edit", CheckResult::NotRun, why),
    };
    let changed: Vec<_> = changed(before, after).collect();
    let count = changed.len() + pairs(before.objects(), after.objects()).1.len();
    let why = match count {
        0 => format!("{} builds what it built before", after.name),
        count => format!("{} builds; {} in it", after.name, counted(count, "other object")),
    };
    let mut checks = vec![edit, check("build", CheckResult::Passed, why)];
    let unknown: BTreeSet<&str> = changed.iter().flat_map(|(_, object)| &object.unknown).map(|name| &**name).collect();
    if !unknown.is_empty() {
        let names = unknown.into_iter().collect::<Vec<_>>().join(", ");
        checks.push(check("variables", CheckResult::NotRun, format!("only the cluster knows {names}")));
    }
    if let Some(lacks) = after.lacks() {
        checks.push(check("remote resources", CheckResult::NotRun, format!("not here, and built without: {lacks}")));
    }
    checks.push(others(proof));
    checks.push(schemas_of(&changed, schemas));
    checks
}

/// The objects that are others in a build, or new; each with what it was.
fn changed<'b>(before: &'b Build, after: &'b Build) -> impl Iterator<Item = (Option<&'b Applied>, &'b Applied)> {
    let (old, new) = (before.objects(), after.objects());
    let both = pairs(old, new).0.into_iter().map(move |(was, is)| (was.map(|at| &old[at]), &new[is]));
    both.filter(|(was, is)| was.is_none_or(|was| !was.node.is_same(&is.node)))
}

/// Faults of objects that they did not have before.
fn schemas_of(changed: &[(Option<&Applied>, &Applied)], schemas: &Schemas) -> Check {
    let check = |result, why| Check { name: "schema".into(), result, why };
    let faults = |node: &Node| validate(node, schemas).into_iter().map(|fault| (fault.path, fault.message)).collect::<Vec<_>>();
    let mut unknown = 0;
    for (was, is) in changed {
        if schemas.of(&is.node).is_none() {
            unknown += 1;
            continue;
        }
        let old = was.map(|was| faults(&was.node)).unwrap_or_default();
        if let Some((path, message)) = faults(&is.node).into_iter().find(|fault| !old.contains(fault)) {
            return check(CheckResult::Failed, format!("{} {path}: {message}", shown(&is.node)));
        }
    }
    match (changed.len(), unknown) {
        (0, _) => check(CheckResult::NotRun, "no object changes".to_owned()),
        (_, 0) => check(CheckResult::Passed, "the built-in schemas take what changes".to_owned()),
        _ => check(CheckResult::NotRun, format!("no schema is known for {}", counted(unknown, "object"))),
    }
}

fn others(proof: &ChangeProof) -> Check {
    let names = |all: &mut dyn Iterator<Item = &String>| all.map(String::as_str).collect::<Vec<_>>().join(", ");
    let (result, why) = if !proof.broken.is_empty() {
        (CheckResult::Failed, format!("could not be built any more: {}", names(&mut proof.broken.iter().map(|(name, _)| name))))
    } else if !proof.stopped.is_empty() {
        let names = names(&mut proof.stopped.iter().map(|(name, _)| name));
        (CheckResult::Failed, format!("no longer built from here, as the object says then: {names}"))
    } else if !proof.elsewhere.is_empty() {
        (CheckResult::Failed, format!("also change: {}", names(&mut proof.elsewhere.iter().map(|(name, _)| name))))
    } else if !proof.unproven.is_empty() {
        // each is listed with its reason
        let all: Vec<_> = proof.unproven.iter().map(|(name, _)| name.as_str()).collect();
        let named = match all.as_slice() {
            [first, _, _, ..] => format!("{first} and {}", counted(all.len() - 1, "other")),
            few => few.join(", "),
        };
        (CheckResult::NotRun, format!("cannot be proven, before as after: {named}"))
    } else {
        (CheckResult::Passed, "nothing else that the repository builds changes".to_owned())
    };
    Check { name: "others".into(), result, why }
}

/// Faults of the object that it did not have before.
fn schema(claim: &Claim<'_>, before: &Build, after: &Build) -> Check {
    let check = |result, why| Check { name: "schema".into(), result, why };
    let Some((_, object)) = claim.target.of(after).filter(|(_, object)| claim.schemas.of(&object.node).is_some()) else {
        return check(CheckResult::NotRun, "no schema is known for this kind".to_owned());
    };
    let faults =
        |node: &Node| validate(node, claim.schemas).into_iter().map(|fault| (fault.path, fault.message)).collect::<Vec<_>>();
    let old = claim.target.of(before).map(|(_, object)| faults(&object.node)).unwrap_or_default();
    match faults(&object.node).into_iter().find(|fault| !old.contains(fault)) {
        Some((path, message)) => check(CheckResult::Failed, format!("{path}: {message}")),
        None => check(CheckResult::Passed, "the built-in schema takes it".to_owned()),
    }
}
