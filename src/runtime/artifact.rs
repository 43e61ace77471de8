//! The folder of a repository that became an artifact's root (`flux push artifact --path`): the repository itself may say it, else it is the one
//! that builds exactly the objects which the Kustomization has applied.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::desk::Bench;
use super::rendered::object_of;
use fluxdeck_model::domain::{ClusterId, ObjectRef, inventory};
use fluxdeck_model::error::Result;
use fluxdeck_model::render::repository::{self, BuildRequest, Builder, Member};
use fluxdeck_model::render::tree::{PathKind, Tree, join};

/// Folders that are built to find the root; of more it is asked.
const MOST_BUILT: usize = 120;
/// Folders of a repository that are looked at.
const MOST_SEEN: usize = 20_000;
/// Folders whose names begin so are not deployed.
const HIDDEN: char = '.';

/// The folder that is the artifact's root.
pub(super) enum Root {
    /// And how it is known.
    Found(String, String),
    /// None of them builds exactly what was applied, or several do.
    Several(Vec<String>),
}

/// A Kustomization that builds the same path below another folder.
pub(super) fn rerooted(request: &BuildRequest, root: &str) -> BuildRequest {
    BuildRequest { spec: Arc::new(repository::rerooted(&request.spec, root)), composed: None, ..request.clone() }
}

pub(super) fn objects_of(built: &Member) -> BTreeSet<ObjectRef> {
    built.outcome.objects().iter().map(|object| object_of(ClusterId(0), &object.node)).collect()
}

/// The folder that the repository itself says, else the one that builds exactly what was applied. `url`: what the source fetches.
///
/// # Errors
/// The commit is not there, or cannot be read.
pub(super) fn root(
    bench: &mut Bench,
    revision: &str,
    request: &BuildRequest,
    url: &str,
    applied: &BTreeSet<ObjectRef>,
) -> Result<Root> {
    let Bench { checkout, builder, remotes } = bench;
    let view = checkout.view(Some(revision))?;
    let tree = view.tree();
    if let Some(found) = builder.artifact_folder(tree, request, url)? {
        return Ok(Root::Found(found.folder, found.rule.word()));
    }
    let candidates: Vec<_> = folders(tree)?.into_iter().filter(|folder| may_be(tree, folder, &request.spec.path)).collect();
    let (mut same, mut near) = (Vec::new(), Vec::new());
    for folder in candidates.into_iter().take(MOST_BUILT) {
        let request = rerooted(request, &folder);
        let one = |builder: &mut Builder| Ok(builder.one(tree, &request)?);
        let built = remotes.complete(builder, one, |member, look| look(&member.remotes))?;
        let objects = objects_of(&built);
        let lacks = built.remotes.missing().next().is_some();
        match () {
            () if objects == *applied && !applied.is_empty() => same.push(folder),
            // a remote resource that is not here has more
            () if lacks && objects.is_subset(applied) && !objects.is_empty() => near.push(folder),
            () if objects.is_superset(applied) && !applied.is_empty() => near.push(folder),
            () => {}
        }
    }
    Ok(match same.as_slice() {
        [one] => Root::Found(one.clone(), "it builds exactly what was applied".to_owned()),
        [] => Root::Several(near),
        _ => Root::Several(same),
    })
}

/// Whether a Kustomization of that path could be built below a folder: the path is there, and has files that Flux would take.
fn may_be(tree: &dyn Tree, folder: &str, path: &str) -> bool {
    let Some(path) = join(folder, path) else { return false };
    tree.list(&path).is_ok_and(|names| names.iter().any(|name| name.ends_with(".yaml") || name.ends_with(".yml")))
}

/// The folders of a tree, parents first.
fn folders(tree: &dyn Tree) -> Result<Vec<String>> {
    let mut found = vec![String::new()];
    let mut at = 0;
    while let Some(folder) = found.get(at).cloned() {
        at += 1;
        for item in tree.items(&folder)? {
            if item.entry == PathKind::Folder && !item.name.starts_with(HIDDEN) && found.len() < MOST_SEEN {
                found.push(if folder.is_empty() { item.name } else { format!("{folder}/{}", item.name) });
            }
        }
    }
    Ok(found)
}

/// What a Kustomization has applied.
pub(super) fn inventory_of(kustomization: &Value) -> BTreeSet<ObjectRef> {
    let entries = kustomization.pointer("/status/inventory/entries").and_then(Value::as_array);
    let ids = entries.into_iter().flatten().filter_map(|entry| entry["id"].as_str());
    ids.filter_map(|id| inventory::parse(ClusterId(0), id)).collect()
}
