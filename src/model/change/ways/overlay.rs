//! A new patch in the kustomization file of the folder that is built: inline, or in a file of its own where the house does it so.

use super::{Asked, Found, Sort, Way, patch};
use crate::change::write::{What, Write};
use crate::edit::{Operation, Place, Step};
use crate::render::kustomization::FILE_NAMES;
use crate::render::node::{Layer, Node, Text};
use crate::render::read;
use crate::render::tree::{Entry, parent};

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    let below = |name: &str| -> Text { below(&asked.build.folder, name).into() };
    let Some(file) = FILE_NAMES.iter().map(|name| below(name)).find(|file| asked.tree.entry(file) == Some(Entry::File)) else {
        return;
    };
    let habit = habit(asked, &file);
    let at = Place::root(0).key("patches").then(Step::Last);
    let one = |patch: patch::Patch| match &habit {
        Some(folder) => {
            let name = self::below(folder, &free_name(asked, folder));
            let entry = Operation::Add { at: at.clone(), value: patch.in_file(&name) };
            let new = Write { file: below(&name), what: What::New(patch.text) };
            vec![new, Write { file: file.clone(), what: What::Operation(entry) }]
        }
        None => {
            let entry = Operation::Add { at: at.clone(), value: patch.inline() };
            vec![Write { file: file.clone(), what: What::Operation(entry) }]
        }
    };
    let attempts: Vec<_> = patch::all(asked).into_iter().map(one).collect();
    if !attempts.is_empty() {
        found.ways.push(Way { sort: Sort::NewPatch, layer: "new patch".to_owned(), file: file.clone(), line: 0, attempts });
    }
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder, from the kustomization's, in which the house keeps its patches; none where they are inline, or there are none.
fn habit(asked: &Asked<'_>, file: &Text) -> Option<String> {
    let bytes = asked.tree.read(file).ok()?;
    let node = read::document(&bytes, &read::Place::file(file, Layer::Resource)).ok()??;
    let entries = node.get("patches").map(Node::items).unwrap_or_default();
    let paths: Vec<&str> = entries.iter().filter_map(|entry| entry.get("path")?.text()).collect();
    let path = paths.first().filter(|path| paths.len() * 2 > entries.len() && !path.starts_with(".."))?;
    Some(parent(path.trim_start_matches("./")).to_owned())
}

/// `deployment-web.yaml`, or the first number behind it that is free.
fn free_name(asked: &Asked<'_>, folder: &str) -> String {
    let name = format!("{}-{}", asked.key.kind.to_lowercase(), asked.key.name);
    let names = std::iter::once(format!("{name}.yaml")).chain((2..).map(|number| format!("{name}-{number}.yaml")));
    let is_free = |name: &String| asked.tree.entry(&below(&asked.build.folder, &below(folder, name))).is_none();
    names.take(100).find(is_free).unwrap_or(name)
}
