//! References into nothing.

use std::collections::BTreeSet;

use super::{Finding, Findings, Level, Rule, key};
use crate::insight::named::{group, shown};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::kinds;
use crate::render::id::{meta_text, text_at};
use crate::render::node::Node;
use crate::render::repository::{BuildOutcome, Repository, RepositoryCluster};
use crate::render::substitute::has_variable;

pub(super) static RULE: Rule =
    Rule { name: "reference", doc: "a source or dependency that does not exist", look: Some(references) };

/// A reference in an object: its place, and what it names.
struct Reference<'n> {
    node: &'n Node,
    kind: String,
    namespace: String,
    name: String,
}

/// Sources and dependencies that no Kustomization of the cluster applies.
fn references(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (index, cluster) in repository.clusters.iter().enumerate() {
        let known = known(cluster);
        // what is built elsewhere may bring what is missed here
        let is_whole = cluster.members.iter().all(|member| !matches!(member.outcome, BuildOutcome::Elsewhere(_)));
        for (place, object) in super::all(repository).filter(|(place, _)| place.cluster == index) {
            for reference in of(&object.node) {
                let wanted = (reference.kind.clone(), reference.namespace.clone(), reference.name.clone());
                if reference.name.is_empty() || has_variable(&reference.name) || known.contains(&wanted) {
                    continue;
                }
                let name = format!("{} {}/{}", reference.kind, reference.namespace, reference.name);
                let message = format!("{} refers to {name}, which does not exist in {}", shown(&object.node), cluster.name);
                let hint = if is_whole { "" } else { "unless something built elsewhere creates it" };
                let level = if is_whole { Level::Error } else { Level::Warning };
                let found = Finding::new(level, &RULE, message).hint(hint).at(reference.node.origin());
                findings.add(found, Some(called(repository, place)));
            }
        }
    }
}

/// What exists in a cluster, and what it begins with.
fn known(cluster: &RepositoryCluster) -> BTreeSet<(String, String, String)> {
    let mut known = BTreeSet::new();
    let root = &cluster.members[0].spec;
    known.insert((root.source.kind.to_string(), root.source.namespace.to_string(), root.source.name.to_string()));
    for member in &cluster.members {
        known.insert((kinds::KUSTOMIZATION.kind.to_owned(), member.spec.namespace.to_string(), member.spec.name.to_string()));
    }
    for object in cluster.members.iter().filter(|member| !member.spec.is_remote).flat_map(|member| member.outcome.objects()) {
        let (_, kind, namespace, name) = key(&object.node);
        if kind == kinds::ARTIFACT_GENERATOR.kind {
            let artifacts = object.node.at(&["spec", "artifacts"]).map(Node::items).unwrap_or_default();
            let names = artifacts.iter().map(|artifact| text_at(artifact, "name").to_owned());
            known.extend(names.map(|name| (kinds::EXTERNAL_ARTIFACT.kind.to_owned(), namespace.clone(), name)));
        }
        known.insert((kind, namespace, name));
    }
    known
}

/// The references of an object, as its kind declares them.
fn of(node: &Node) -> Vec<Reference<'_>> {
    let own = meta_text(node, "namespace");
    let named = |found, kind: &str| {
        let text = |key: &str, or: &str| Some(text_at(found, key)).filter(|text| !text.is_empty()).unwrap_or(or).to_owned();
        Reference {
            node: found.get("name").unwrap_or(found),
            kind: text("kind", kind),
            namespace: text("namespace", own),
            name: text("name", ""),
        }
    };
    let declared = kinds::find(group(node), text_at(node, "kind")).map(|kind| kind.references).unwrap_or_default();
    let mut found = Vec::new();
    for reference in declared {
        let Some(at) = node.at(reference.path) else { continue };
        let items = if reference.is_list { at.items() } else { std::slice::from_ref(at) };
        found.extend(items.iter().map(|item| named(item, reference.kind)));
    }
    found
}
