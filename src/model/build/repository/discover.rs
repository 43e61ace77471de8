//! Where the clusters of a repository begin.

use std::collections::BTreeSet;

use super::super::error::{BuildError, Result};
use super::super::flux::{self, GROUP, Source, Spec};
use super::super::node::{Layer, Node, Origin, Text};
use super::super::read::{self, Place};
use super::super::tree::{self, Tree};
use super::kept::Index;

const OPERATOR: &str = "fluxcd.controlplane.io";

/// The Kustomization that a cluster begins with.
pub struct Root {
    pub cluster: String,
    pub spec: Spec,
}

#[derive(Default)]
pub struct Found {
    pub roots: Vec<Root>,
    pub unreadable: Vec<BuildError>,
}

/// # Errors
/// A file that cannot be read.
pub fn roots(files: &Index<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut all = Vec::new();
    for path in files.manifests() {
        let bytes = files.read(path)?;
        let says = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        if !says(GROUP) && !says(OPERATOR) {
            continue;
        }
        // a template, or a patch of a field alone, is not a manifest: only what looks like one and is broken is told
        match read::documents(&bytes, &Place::file(&path.into(), Layer::Resource)) {
            Ok(nodes) => all.extend(nodes.into_iter().filter_map(|node| candidate(path, &node))),
            Err(error) => found.unreadable.push(error),
        }
    }
    let mut taken = BTreeSet::new();
    for (path, spec) in &all {
        let folder = flux::folder(&spec.path);
        let holds = match &*folder {
            // what is bootstrapped at the root lies there; an application's `./` is the root of another repository
            "" => matches!(tree::parent(path), "" | "flux-system"),
            folder => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        };
        if holds && taken.insert(folder.clone()) {
            found.roots.push(Root { cluster: last(&folder), spec: spec.clone() });
        }
    }
    if found.roots.is_empty() {
        found.roots = folders(files);
    }
    found.roots.sort_by(|a, b| a.spec.path.cmp(&b.spec.path));
    Ok(found)
}

fn last(folder: &str) -> String {
    folder.rsplit('/').next().unwrap_or(folder).to_owned()
}

/// A Flux Kustomization, or what a FluxInstance makes of its `sync`; one that is patched or templated elsewhere has no path here.
fn candidate(file: &str, node: &Node) -> Option<(String, Spec)> {
    if Spec::is_one(node) {
        let spec = Spec::read(node).ok()?;
        return (!spec.is_remote && !spec.source.name.is_empty()).then(|| (file.to_owned(), spec));
    }
    let text = |path: &[&str]| node.at(path).and_then(Node::shared_text).cloned();
    if text(&["kind"])?.as_ref() != "FluxInstance" {
        return None;
    }
    let namespace = text(&["metadata", "namespace"]).unwrap_or_else(|| "flux-system".into());
    let name = text(&["spec", "sync", "name"]).unwrap_or_else(|| namespace.clone());
    let path = text(&["spec", "sync", "path"])?;
    let kind = text(&["spec", "sync", "kind"]).unwrap_or_else(|| "GitRepository".into());
    // an instance need not lie in the folder that it syncs
    let inside = format!("{}/{}", flux::folder(&path), last(file));
    Some((inside, made(&name, &namespace, &path, &kind, node.origin().clone())))
}

fn made(name: &str, namespace: &str, path: &str, kind: &str, origin: Origin) -> Spec {
    let source = Source { kind: kind.into(), namespace: namespace.into(), name: name.into() };
    Spec::plain(source, path, origin)
}

/// Folders below one that is called `clusters`, where nothing else says where a cluster begins.
fn folders(files: &Index<'_>) -> Vec<Root> {
    let below = files.folders().filter(|folder| last(tree::parent(folder)) == "clusters");
    let root = |folder: &str| {
        let origin = Origin::new(&Text::from(folder), 0, 0, Layer::Build);
        Root { cluster: last(folder), spec: made("flux-system", "flux-system", folder, "GitRepository", origin) }
    };
    below.map(root).collect()
}
