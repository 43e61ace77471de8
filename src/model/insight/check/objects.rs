//! Objects among each other: versions that are gone, duplicates, references into nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Findings, Level};
use crate::insight::named::{group, shown};
use crate::insight::setting::called;
use crate::render::flux::Applied;
use crate::render::id::{meta_text, text_at};
use crate::render::node::Node;
use crate::render::repository::{Cluster, Outcome, Place, Repository};
use crate::render::substitute::has_variable;

/// What Flux 2.9 serves, by group; the kinds that a group serves in a version of their own come first.
const SERVED: &[(&str, &[&str], &str)] = &[
    ("notification.toolkit.fluxcd.io", &["Alert", "Provider"], "v1beta3"),
    ("notification.toolkit.fluxcd.io", &[], "v1"),
    ("source.toolkit.fluxcd.io", &[], "v1"),
    ("kustomize.toolkit.fluxcd.io", &[], "v1"),
    ("helm.toolkit.fluxcd.io", &[], "v2"),
    ("image.toolkit.fluxcd.io", &[], "v1"),
    ("source.extensions.fluxcd.io", &[], "v1beta1"),
    ("fluxcd.controlplane.io", &[], "v1"),
];

/// Versions that the newest Flux no longer serves.
pub fn versions(repository: &Repository, findings: &mut Findings) {
    for (place, object) in super::all(repository) {
        let node = &object.node;
        let (kind, group) = (text_at(node, "kind"), group(node));
        let is_meant = |(of, kinds, _): &&(&str, &[&str], &str)| *of == group && (kinds.is_empty() || kinds.contains(&kind));
        let Some((.., served)) = SERVED.iter().find(is_meant) else { continue };
        let version = text_at(node, "apiVersion").rsplit('/').next().unwrap_or_default();
        if version != *served {
            let told = format!("{}: Flux 2.9 does not serve {group}/{version}", shown(node));
            let origin = node.get("apiVersion").unwrap_or(node).origin();
            let found = Finding::new(Level::Error, "api-version", told).hint(format!("write {group}/{served}")).at(origin);
            findings.add(found, Some(called(repository, place)));
        }
    }
}

type Key = (String, String, String, String);

fn key(node: &Node) -> Key {
    let text = [group(node), text_at(node, "kind"), meta_text(node, "namespace"), meta_text(node, "name")];
    let [group, kind, namespace, name] = text.map(str::to_owned);
    (group, kind, namespace, name)
}

/// Objects that two Kustomizations of one cluster apply: each undoes the other.
pub fn duplicates(repository: &Repository, findings: &mut Findings) {
    for index in 0..repository.clusters.len() {
        let mut seen: BTreeMap<Key, (Place, &Applied)> = BTreeMap::new();
        for (place, object) in super::all(repository).filter(|(place, _)| place.cluster == index) {
            if repository.clusters[index].members[place.member].spec.is_remote {
                continue;
            }
            // a name that only the cluster knows is nobody's
            if ["name", "namespace"].iter().any(|key| has_variable(meta_text(&object.node, key))) {
                continue;
            }
            let Some((other, _)) = seen.insert(key(&object.node), (place, object)) else { continue };
            let told = format!("{} is applied by {} as well", shown(&object.node), called(repository, other));
            let origin = object.node.at(&["metadata", "name"]).unwrap_or(&object.node).origin();
            let found = Finding::new(Level::Error, "duplicate", told).hint("take it out of one of them").at(origin);
            findings.add(found, Some(called(repository, place)));
        }
    }
}

/// A reference in an object: its place, and what it names.
struct Reference<'n> {
    node: &'n Node,
    kind: String,
    namespace: String,
    name: String,
}

/// Sources and dependencies that no Kustomization of the cluster applies.
pub fn references(repository: &Repository, findings: &mut Findings) {
    for (index, cluster) in repository.clusters.iter().enumerate() {
        let known = known(cluster);
        // what is built elsewhere may bring what is missed here
        let is_whole = cluster.members.iter().all(|member| !matches!(member.outcome, Outcome::Elsewhere(_)));
        for (place, object) in super::all(repository).filter(|(place, _)| place.cluster == index) {
            for reference in of(&object.node) {
                let wished = (reference.kind.clone(), reference.namespace.clone(), reference.name.clone());
                if reference.name.is_empty() || has_variable(&reference.name) || known.contains(&wished) {
                    continue;
                }
                let name = format!("{} {}/{}", reference.kind, reference.namespace, reference.name);
                let told = format!("{} refers to {name}, which does not exist in {}", shown(&object.node), cluster.name);
                let hint = if is_whole { "" } else { "unless something that is built elsewhere brings it" };
                let level = if is_whole { Level::Error } else { Level::Warning };
                let found = Finding::new(level, "reference", told).hint(hint).at(reference.node.origin());
                findings.add(found, Some(called(repository, place)));
            }
        }
    }
}

/// What exists in a cluster, and what it begins with.
fn known(cluster: &Cluster) -> BTreeSet<(String, String, String)> {
    let mut known = BTreeSet::new();
    let root = &cluster.members[0].spec;
    known.insert((root.source.kind.to_string(), root.source.namespace.to_string(), root.source.name.to_string()));
    for member in &cluster.members {
        known.insert(("Kustomization".to_owned(), member.spec.namespace.to_string(), member.spec.name.to_string()));
    }
    for object in cluster.members.iter().filter(|member| !member.spec.is_remote).flat_map(|member| member.outcome.objects()) {
        let (_, kind, namespace, name) = key(&object.node);
        if kind == "ArtifactGenerator" {
            let artifacts = object.node.at(&["spec", "artifacts"]).map(Node::items).unwrap_or_default();
            let names = artifacts.iter().map(|artifact| text_at(artifact, "name").to_owned());
            known.extend(names.map(|name| ("ExternalArtifact".to_owned(), namespace.clone(), name)));
        }
        known.insert((kind, namespace, name));
    }
    known
}

fn of(node: &Node) -> Vec<Reference<'_>> {
    let own = meta_text(node, "namespace");
    let one = |path: &[&str], kind: &str| {
        let found = node.at(path)?;
        let text = |key: &str, or: &str| Some(text_at(found, key)).filter(|text| !text.is_empty()).unwrap_or(or).to_owned();
        Some(Reference {
            node: found.get("name").unwrap_or(found),
            kind: text("kind", kind),
            namespace: text("namespace", own),
            name: text("name", ""),
        })
    };
    let several = |path: &[&str], kind: &str| -> Vec<Reference<'_>> {
        let items = node.at(path).map(Node::items).unwrap_or_default();
        let item = |found| {
            let text = |key: &str, or: &str| Some(text_at(found, key)).filter(|text| !text.is_empty()).unwrap_or(or).to_owned();
            Reference { node: found, kind: text("kind", kind), namespace: text("namespace", own), name: text("name", "") }
        };
        items.iter().map(item).collect()
    };
    let mut found = Vec::new();
    match (group(node), text_at(node, "kind")) {
        ("kustomize.toolkit.fluxcd.io", kind @ "Kustomization") => {
            found.extend(one(&["spec", "sourceRef"], "GitRepository"));
            found.extend(several(&["spec", "dependsOn"], kind));
        }
        ("helm.toolkit.fluxcd.io", kind @ "HelmRelease") => {
            found.extend(one(&["spec", "chart", "spec", "sourceRef"], "HelmRepository"));
            found.extend(one(&["spec", "chartRef"], "OCIRepository"));
            found.extend(several(&["spec", "dependsOn"], kind));
        }
        ("source.toolkit.fluxcd.io", "HelmChart") => found.extend(one(&["spec", "sourceRef"], "HelmRepository")),
        ("image.toolkit.fluxcd.io", "ImagePolicy") => found.extend(one(&["spec", "imageRepositoryRef"], "ImageRepository")),
        ("image.toolkit.fluxcd.io", "ImageUpdateAutomation") => found.extend(one(&["spec", "sourceRef"], "GitRepository")),
        ("notification.toolkit.fluxcd.io", "Alert") => found.extend(one(&["spec", "providerRef"], "Provider")),
        ("source.extensions.fluxcd.io", "ArtifactGenerator") => found.extend(several(&["spec", "sources"], "GitRepository")),
        _ => {}
    }
    found
}
