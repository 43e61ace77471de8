//! What names no folder of this repository as its file has it, and one once a kustomization has patched it: an instance of the Flux Operator
//! or a Flux Kustomization that all clusters have in common, with a path that each overlay says (`./clusters/${CLUSTER}`, `./replace/me`).

use std::collections::BTreeSet;

use super::super::Cache;
use super::super::flux::{self, Spec};
use super::super::node::{Layer, Node, Origin};
use super::super::remote::Remotes;
use super::super::substitute::has_variable;
use super::super::tree::{PathKind, Tree};
use super::artifacts::is_pushed;
use super::covers::Covers;
use super::declarations::{Declarations, DeclaredStart};
use super::index::Index;
use super::instance;
use super::outside::tops;
use super::settings::folder_spec;

/// Each as every kustomization that nothing includes makes it, as if it were written in the file of that one. Such a kustomization is built
/// once.
pub fn of(declared: &Declarations, index: &Index<'_>, covers: &Covers<'_>) -> Vec<DeclaredStart> {
    let folders: BTreeSet<&str> = index.folders().into_iter().collect();
    let open: Vec<&DeclaredStart> = declared.starts().filter(|start| !has_folder(start, index, &folders)).collect();
    if open.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (folder, cover) in tops(declared, covers) {
        let wanted: Vec<_> = open.iter().filter(|start| cover.files.contains(&start.file)).collect();
        let Some(listing) = declared.listing(index, &folder).filter(|_| !wanted.is_empty()) else { continue };
        let spec = folder_spec(&folder, Origin::new(&listing.file, 0, 0, Layer::Build));
        let Ok(objects) = flux::render(index, &spec, &Cache::default(), &Remotes::unknown()).objects else { continue };
        let nodes: Vec<_> = objects.iter().map(|built| &built.node).collect();
        let starts = wanted.into_iter().filter_map(|start| patched(start, &nodes));
        found.extend(starts.map(|start| DeclaredStart { file: listing.file.clone(), ..start }));
    }
    found
}

/// Whether it names a folder as it is written. That of an artifact may be below any other.
fn has_folder(start: &DeclaredStart, index: &Index<'_>, folders: &BTreeSet<&str>) -> bool {
    let DeclaredStart { spec, instance, .. } = start;
    let folder = flux::folder(&spec.path);
    if instance.is_none() && (spec.is_remote || folder.is_empty()) {
        return true;
    }
    if !is_pushed(&spec.source) {
        return index.entry(&folder) == Some(PathKind::Folder);
    }
    let below = |all: &&str| all.strip_suffix(folder.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('/'));
    folder.is_empty() || folders.iter().any(below)
}

/// The same as it is built, where that is another one.
fn patched(start: &DeclaredStart, nodes: &[&Node]) -> Option<DeclaredStart> {
    if let Some(instance) = &start.instance {
        let made = nodes.iter().find(|node| instance.is(node)).and_then(|node| instance::made(node))?;
        return Some(DeclaredStart { spec: made.spec, instance: Some(made.instance), ..start.clone() });
    }
    let is_it = |spec: &Spec| spec.name == start.spec.name && spec.path != start.spec.path && !has_variable(&spec.path);
    let spec = nodes.iter().filter(|node| Spec::is_one(node)).filter_map(|node| Spec::read(node).ok()).find(is_it)?;
    Some(DeclaredStart { spec, ..start.clone() })
}
