//! A new patch in the kustomization file of the folder that is built: inline, or in a file of its own where the house does it so.

use super::{FoundWays, Way, WayKind, WayQuery, patch};
use crate::change::write::{Write, WriteKind};
use crate::edit::{NodePlace, Operation, PlaceStep};
use crate::render::kustomization::FILE_NAMES;
use crate::render::node::{Layer, Node, Text};
use crate::render::read;
use crate::render::tree::{PathKind, parent};

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    let below = |name: &str| -> Text { below(&query.build.folder, name).into() };
    let Some(file) = FILE_NAMES.iter().map(|name| below(name)).find(|file| query.tree.entry(file) == Some(PathKind::File)) else {
        return;
    };
    let habit = habit(query, &file);
    let at = NodePlace::root(0).key("patches").then(PlaceStep::Last);
    let one = |patch: patch::ObjectPatch| match &habit {
        Some(folder) => {
            let name = self::below(folder, &free_name(query, folder));
            let entry = Operation::Add { at: at.clone(), value: patch.in_file(&name) };
            let new = Write { file: below(&name), kind: WriteKind::New(patch.text) };
            vec![new, Write { file: file.clone(), kind: WriteKind::Operation(entry) }]
        }
        None => {
            let entry = Operation::Add { at: at.clone(), value: patch.inline() };
            vec![Write { file: file.clone(), kind: WriteKind::Operation(entry) }]
        }
    };
    let attempts: Vec<_> = patch::all(query).into_iter().map(one).collect();
    if !attempts.is_empty() {
        found.ways.push(Way { kind: WayKind::NewPatch, layer: "new patch".to_owned(), file: file.clone(), line: 0, attempts });
    }
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder, from the kustomization's, in which the house keeps its patches; none where they are inline, or there are none.
fn habit(query: &WayQuery<'_>, file: &Text) -> Option<String> {
    let bytes = query.tree.read(file).ok()?;
    let node = read::document(&bytes, &read::TextPlace::file(file, Layer::Resource)).ok()??;
    let entries = node.get("patches").map(Node::items).unwrap_or_default();
    let paths: Vec<&str> = entries.iter().filter_map(|entry| entry.get("path")?.text()).collect();
    let path = paths.first().filter(|path| paths.len() * 2 > entries.len() && !path.starts_with(".."))?;
    Some(parent(path.trim_start_matches("./")).to_owned())
}

/// `deployment-web.yaml`, or the first number behind it that is free.
fn free_name(query: &WayQuery<'_>, folder: &str) -> String {
    let name = format!("{}-{}", query.key.kind.to_lowercase(), query.key.name);
    let names = std::iter::once(format!("{name}.yaml")).chain((2..).map(|number| format!("{name}-{number}.yaml")));
    let is_free = |name: &String| query.tree.entry(&below(&query.build.folder, &below(folder, name))).is_none();
    names.take(100).find(is_free).unwrap_or(name)
}
