//! References into nothing.

use std::collections::BTreeSet;

use super::{Finding, Findings, Level, Rule, key, not_proven};
use crate::domain::text::redact;
use crate::insight::named::{group, shown};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::kinds;
use crate::render::id::{meta_text, text_at};
use crate::render::node::Node;
use crate::render::repository::{BuildOutcome, Extent, Member, Repository, RepositoryCluster};
use crate::render::unproven::is_unproven;

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
        if cluster.extent == Extent::Unknown {
            continue;
        }
        // what is built elsewhere may bring what is missed here
        let is_here = |member: &Member| !matches!(member.outcome, BuildOutcome::Elsewhere(_));
        let is_whole = cluster.extent == Extent::Whole && cluster.members.iter().all(is_here);
        let missing = cluster.members.iter().flat_map(|member| member.remotes.missing()).next();
        for (place, object) in super::proven(repository).filter(|(place, _)| place.cluster == index) {
            for reference in of(&object.node) {
                let wanted = (reference.kind.clone(), reference.namespace.clone(), reference.name.clone());
                if reference.name.is_empty() || is_unproven(&reference.name) || known.contains(&wanted) {
                    continue;
                }
                let name = format!("{} {}/{}", reference.kind, reference.namespace, reference.name);
                if let Some(remote) = missing {
                    let say = |object: &str| format!("{object} refers to {name}, which may be in {}", redact(&remote.address));
                    let found =
                        Finding::about(Level::Note, &not_proven::RULE, shown(&object.node), say).at(reference.node.origin());
                    findings.add(found, Some(called(repository, place)));
                    continue;
                }
                let say = |object: &str| format!("{object} refers to {name}, which does not exist in {}", cluster.name);
                let hint = if is_whole { "" } else { "unless something built elsewhere creates it" };
                let level = if is_whole { Level::Error } else { Level::Warning };
                let found = Finding::about(level, &RULE, shown(&object.node), say).hint(hint).at(reference.node.origin());
                findings.add(found, Some(called(repository, place)));
            }
        }
    }
}

/// What exists in a cluster, and what it begins with.
fn known(cluster: &RepositoryCluster) -> BTreeSet<(String, String, String)> {
    let mut known = BTreeSet::new();
    for root in cluster.members.iter().filter(|member| member.parent.is_none()) {
        let source = &root.spec.source;
        known.insert((source.kind.to_string(), source.namespace.to_string(), source.name.to_string()));
        // a sync that is outside of what is committed is called as its source (`flux bootstrap`, the Flux Operator)
        known.insert((kinds::KUSTOMIZATION.kind.to_owned(), source.namespace.to_string(), source.name.to_string()));
    }
    for member in &cluster.members {
        known.insert((kinds::KUSTOMIZATION.kind.to_owned(), member.spec.namespace.to_string(), member.spec.name.to_string()));
    }
    let here = cluster.members.iter().filter(|member| !member.spec.is_remote);
    let applied = here.flat_map(|member| member.outcome.objects()).map(|object| &object.node);
    for node in applied.chain(&cluster.beside) {
        let (_, kind, namespace, name) = key(node);
        if kind == kinds::ARTIFACT_GENERATOR.kind {
            let artifacts = node.at(&["spec", "artifacts"]).map(Node::items).unwrap_or_default();
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
