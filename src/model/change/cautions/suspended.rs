//! What is suspended in git: what changes below it does not arrive.
//!
//! A Kustomization that is not suspended itself follows its own source, whatever suspends what applies it; only what its manifest says
//! does not reach it then. Sources: kustomize-controller v1.9.4 and helm-controller v1.5 (`Reconcile`: nothing is done with `spec.suspend`),
//! source-controller (a suspended source fetches nothing).

use std::collections::HashMap;

use super::query::{CautionQuery, ObjectChange, Placed, is, is_same, kind_of, text_of};
use super::{FoundCautions, listed};
use crate::change::builds::Build;
use crate::insight::named::{group, shown};
use crate::kinds::{self, Suspend};
use crate::render::Node;
use crate::render::flux::{Spec, Upkeep};
use crate::render::id::{meta_text, text_at};

/// Whether a manifest suspends its object, as its kind is suspended.
pub fn is_suspended(node: &Node) -> bool {
    match kind_of(node).filter(|kind| kind.is_flux()).map(|kind| kind.suspend) {
        Some(Suspend::Spec) => text_of(node, &["spec", "suspend"]) == "true",
        Some(Suspend::Annotation(key)) => text_of(node, &["metadata", "annotations", key]).eq_ignore_ascii_case("disabled"),
        Some(Suspend::Never) | None => false,
    }
}

/// What holds changes back.
#[derive(Clone, PartialEq)]
struct Holder {
    name: String,
    /// The same change suspends it: it may be too late for the rest.
    is_new: bool,
}

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    let mut held: Vec<(Holder, Vec<String>)> = Vec::new();
    let mut known: HashMap<&str, Option<Holder>> = HashMap::new();
    for change in &query.changes {
        let (last, name) = (change.last(), shown(change.last().node()));
        let sure = |name| Holder { name, is_new: false };
        let of_build = known.entry(&last.build.name).or_insert_with(|| holder(query, last.build)).clone();
        let holder = of_build.or_else(|| own(change).or_else(|| user(query, last)).map(sure));
        let Some(holder) = holder else { continue };
        match held.iter_mut().find(|(known, _)| *known == holder) {
            Some((_, names)) => names.push(name),
            None => held.push((holder, vec![name])),
        }
    }
    for (Holder { name, is_new }, names) in held {
        let names = listed(&names, "other object");
        let why = match (is_new, names == name) {
            (true, _) => "what changes may wait, for the same change suspends",
            (false, true) => "what changes in it waits, for git suspends",
            (false, false) => "what changes waits, for git suspends",
        };
        found.say(format!("{names}: {why} {name}"));
    }
}

/// Why what a build applies does not arrive. A source that the same change suspends was fetched before; what applies itself has applied the
/// rest with it.
fn holder(query: &CautionQuery<'_>, last: &Build) -> Option<Holder> {
    let is_suspended = |build: Option<&Build>| build.and_then(upkeep).is_some_and(|upkeep| upkeep.is_suspended);
    let mut build = query.build(last, true).or_else(|| query.parent(last, true))?;
    loop {
        let was_suspended = is_suspended(query.build(build, false));
        if is_suspended(Some(build)) && (was_suspended || build.parent.is_some()) {
            return Some(Holder { name: build.name.clone(), is_new: !was_suspended });
        }
        let suspended = source(query, build, true).filter(|source| self::is_suspended(source.node()));
        let was_suspended = || source(query, build, false).is_some_and(|source| self::is_suspended(source.node()));
        if let Some(source) = suspended.filter(|_| was_suspended()) {
            return Some(Holder { name: shown(source.node()), is_new: false });
        }
        // what its own manifest says has to reach it first
        let parent = query.parent(build, true)?;
        query.changes.iter().filter_map(|change| change.after).find(|after| is_manifest(*after, build, parent))?;
        build = parent;
    }
}

fn upkeep(build: &Build) -> Option<Upkeep> {
    build.spec.as_ref()?.upkeep
}

/// What a build is fetched from, where git declares it.
fn source<'a>(query: &CautionQuery<'a>, build: &'a Build, is_after: bool) -> Option<Placed<'a>> {
    let spec = build.spec.as_ref()?;
    query.beside(build, is_after).find(|other| {
        let (node, source) = (other.node(), &spec.source);
        let is_named = meta_text(node, "namespace") == &*source.namespace && meta_text(node, "name") == &*source.name;
        is_named && text_at(node, "kind") == &*source.kind && group(node) == kinds::group::SOURCE
    })
}

/// Whether an object is the Flux Kustomization of a build, as another one applies it.
fn is_manifest(object: Placed<'_>, of: &Build, by: &Build) -> bool {
    let is = |key, text: &str| meta_text(object.node(), key) == text;
    let is_named = of.spec.as_ref().is_some_and(|spec| is("name", &spec.name) && is("namespace", &spec.namespace));
    is_named && object.build.name == by.name && Spec::is_one(object.node())
}

/// The object itself, where more of it changes than that it is suspended.
fn own(change: &ObjectChange<'_>) -> Option<String> {
    let (before, after) = change.both()?;
    let rest = |placed: Placed<'_>| {
        let mut spec = placed.json(&["spec"])?;
        spec.as_object_mut()?.remove("suspend");
        Some(spec)
    };
    (is_suspended(after.node()) && rest(before) != rest(after)).then(|| shown(after.node()))
}

/// A suspended HelmRelease that takes its values or its chart from the object.
fn user(query: &CautionQuery<'_>, object: Placed<'_>) -> Option<String> {
    let node = object.node();
    let is_used = is(node, kinds::CONFIG_MAP) || is(node, kinds::SECRET) || group(node) == kinds::group::SOURCE;
    let names = |release: &Node| {
        let own = meta_text(release, "namespace");
        let is_it = |reference: &Node, kind: &str| {
            let said = |key, or| if text_at(reference, key).is_empty() { or } else { text_at(reference, key) };
            said("kind", kind) == text_at(node, "kind")
                && said("namespace", own) == meta_text(node, "namespace")
                && text_at(reference, "name") == meta_text(node, "name")
        };
        let values = release.at(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default();
        let mut charts = kinds::HELM_RELEASE.references.iter().filter(|reference| !reference.is_list);
        values.iter().any(|values| is_it(values, ""))
            || charts.any(|reference| release.at(reference.path).is_some_and(|node| is_it(node, reference.kind)))
    };
    let is_user = |other: &Placed<'_>| {
        let release = other.node();
        is(release, kinds::HELM_RELEASE) && is_suspended(release) && !is_same(release, node) && names(release)
    };
    query.beside(object.build, true).filter(|_| is_used).find(is_user).map(|release| shown(release.node()))
}
