//! Flux's `postBuild` substitution: `${variables}` in the YAML text of each built object.
//!
//! Flux writes an object as YAML, substitutes in that text, reads it back with YAML 1.1 (`yes` is a boolean then, a number a number) and
//! takes the result as JSON. The same is done here; then what came out is laid beside what went in, so that each value keeps the origin of
//! what it was, under the origin of the variable that changed it.
//! Source: fluxcd/pkg `kustomize/kustomize_varsub.go` (v1.35.4), `envsubst` (v1.7.0).
//! Where variables come from (`substitute`, `substituteFrom`) is known by `flux` and does not belong here.

mod align;
mod compose;
mod evaluate;
mod functions;
pub(super) mod glob;
mod parse;
mod reread;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::error::{BuildError, Result};
use super::node::{Node, Text, Trace, Value};
use super::write;

pub use compose::escaped;
pub(super) use compose::filled_scalar;
pub use evaluate::{Filled, fill};

/// In a label or an annotation of an object, exactly this switches substitution off for it.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";
/// From here on a JSON number is not exact.
const LARGEST_EXACT: u64 = 1 << 53;

/// A variable's value and where that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    text: Text,
    trace: Trace,
}

/// What Flux does where a variable that nothing sets has no default: the controller's feature `StrictPostBuildSubstitutions`, off by
/// default since kustomize-controller 1.3, on since 1.9, which is Flux 2.9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unset {
    /// It fails.
    #[default]
    Refused,
    /// It fills in nothing.
    Empty,
    /// It is not known which Flux it is: the variable stays as it is written.
    Open,
}

/// The variables of one Flux Kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<Text, Variable>,
    has_unknown: bool,
    /// What happens to the others.
    pub unset: Unset,
}

impl Variables {
    /// Sets a variable, or overrides it. Line ends in a value are dropped, as Flux does it.
    pub fn set(&mut self, name: &str, value: &str, trace: Trace) {
        self.values.insert(name.into(), Variable { text: value.replace('\n', "").into(), trace });
    }

    /// More may be set in the cluster: what is not set here is left as written, and reported.
    pub fn may_miss_some(&mut self) {
        self.has_unknown = true;
    }

    /// Whether others set the same.
    pub fn set_the_same(&self, other: &Self) -> bool {
        self.has_unknown == other.has_unknown && self.values == other.values
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.has_unknown
    }

    /// Who set a variable.
    pub fn trace(&self, name: &str) -> Option<&Trace> {
        self.values.get(name).map(|variable| &variable.trace)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|variable| variable.text.as_ref())
    }

    /// `^[_[:alpha:]][_[:alpha:][:digit:]]*$`, which Flux asks of every name, used or not.
    fn check(&self) -> Result<()> {
        let is_name = |name: &str| {
            let first = |c: char| c == '_' || c.is_ascii_alphabetic();
            name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
        };
        let wrong = self.values.iter().find(|(name, _)| !is_name(name));
        let Some((name, variable)) = wrong else { return Ok(()) };
        let mut error = BuildError::invalid(format!("`{name}` is not a variable name"));
        error.hint = "letters, digits and _ only, and no digit first".to_owned();
        Err(error.at(&variable.trace.origin))
    }
}

/// Whether a text still has a variable that only the cluster knows.
pub fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// How Flux substitutes: the Kustomization's switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Defaults are taken even where no variable is set (`substituteStrategy: Always`).
    pub is_always: bool,
}

/// An object after substitution.
#[derive(Clone, Debug)]
pub struct Substituted {
    pub node: Node,
    /// Variables that only the cluster knows: they stay as they are written.
    pub unknown: BTreeSet<Text>,
    /// Variables that nothing sets and that have no default, where that is not refused. Those that are unknown too stay as they are
    /// written, the others are empty.
    pub unset: BTreeSet<Text>,
}

/// Substitutes in one built object.
///
/// # Errors
/// An invalid name, a `${` that is not an expression, a variable without value where that is refused, a result that is not YAML; with
/// the place of the value where it was found.
pub fn object(node: &Node, variables: &Variables, switches: Switches) -> Result<Substituted> {
    let unchanged = || Ok(Substituted { node: node.clone(), unknown: BTreeSet::new(), unset: BTreeSet::new() });
    let is_strict = variables.unset == Unset::Refused;
    if !substitutes(node, variables, switches) {
        return unchanged();
    }
    variables.check()?;
    if !is_touched(node) {
        return unchanged();
    }
    let text = write::yaml(node)?;
    let mut filled = fill(&text, variables, is_strict).map_err(|error| place(error, node, variables))?;
    let mut result = reread::object(&filled.text, node);
    if result.is_err() && !filled.unknown.is_empty() {
        // `${quote:='}[a: b]${quote:='}` is YAML with its default only: what stays as it is written need not be
        filled = evaluate::fill_by_default(&text, variables, is_strict)?;
        result = reread::object(&filled.text, node);
    }
    let Some(result) = result? else { return unchanged() };
    Ok(Substituted { node: align::origins(node, result, variables), unknown: filled.unknown, unset: filled.unset })
}

/// Whether an object's text is looked at at all.
pub fn substitutes(node: &Node, variables: &Variables, switches: Switches) -> bool {
    !is_disabled(node) && (switches.is_always || !variables.is_empty())
}

fn is_disabled(node: &Node) -> bool {
    let says = |map: &str| node.at(&["metadata", map, SWITCH]).and_then(Node::text) == Some("disabled");
    says("labels") || says("annotations")
}

/// Whether the way through text and JSON changes anything: a `$`, or a number that JSON does not hold.
fn is_touched(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(text) => {
            let is_large = !text.is_empty() && text.len() > 15 && !node.style.is_string() && node.tag != super::node::Tag::Str;
            text.contains('$') || is_large
        }
        Value::List(items) => items.iter().any(is_touched),
        Value::Map(entries) => entries.iter().any(|entry| is_touched(&entry.key) || is_touched(&entry.value)),
    }
}

/// The first value that fails alone as the whole text failed; else the object.
fn place(error: BuildError, node: &Node, variables: &Variables) -> BuildError {
    let mut scalars = Vec::new();
    collect(node, &mut scalars);
    let is_strict = variables.unset == Unset::Refused;
    let fails = |scalar: &&&Node| fill(scalar.text().unwrap_or_default(), variables, is_strict).is_err();
    let found = scalars.iter().find(fails).copied().unwrap_or(node);
    let mut error = error.at(found.origin());
    let text = |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default();
    error.message = format!("{}, in {} {}", error.message, text(&["kind"]), text(&["metadata", "name"]));
    error
}

fn collect<'n>(node: &'n Node, into: &mut Vec<&'n Node>) {
    match &node.value {
        Value::Scalar(_) => into.push(node),
        Value::List(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Map(entries) => {
            for entry in entries.iter() {
                into.push(&entry.key);
                collect(&entry.value, into);
            }
        }
    }
}
