//! The kustomization that Flux builds: that of the folder with what the Flux Kustomization adds, or one that lists the folder's manifests.
//! Source: fluxcd/pkg v1.35.4 `kustomize/kustomize_generator.go`.

use std::collections::BTreeSet;

use super::super::decode::Mode;
use super::super::error::{BuildError, Cause, Result};
use super::super::kustomization::{FILE_NAMES, Image, Kustomization};
use super::super::node::{Layer, Node, Origin, Text, Trace};
use super::super::read::{self, TextPlace};
use super::super::tree::{PathKind, Tree, join, resolve};
use super::spec::Spec;

/// Folders inside folders that are looked through.
const DEEPEST: usize = 100;

/// # Errors
/// Files that are not what they must be; components that are not in the repository.
pub fn root(tree: &dyn Tree, folder: &str, spec: &Spec, seen: &mut BTreeSet<Text>) -> Result<Kustomization> {
    let mut kustomization = match own(tree, folder, seen)? {
        Some(kustomization) => kustomization,
        None => generated(tree, folder, seen)?,
    };
    add(&mut kustomization, tree, folder, spec, seen)?;
    Ok(kustomization)
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder's own file. It is read leniently: what kustomize would refuse there, Flux leaves out when it writes it again.
fn own(tree: &dyn Tree, folder: &str, seen: &mut BTreeSet<Text>) -> Result<Option<Kustomization>> {
    for name in FILE_NAMES {
        let file: Text = below(folder, name).into();
        seen.insert(file.clone());
        if tree.entry(&file) != Some(PathKind::File) {
            continue;
        }
        let bytes = tree.read(&file)?;
        let mut found = Kustomization::read(&bytes, &file, Mode::Lenient)?;
        let node = read::document(&bytes, &TextPlace::file(&file, Layer::Resource))?;
        let lists_nothing = node.as_ref().and_then(|node| node.get("resources")).is_none_or(|list| list.items().is_empty());
        if lists_nothing {
            let origin = Origin::new(&file, 0, 0, Layer::Build);
            found.build_metadata = vec![Node::string("originAnnotations", Trace::new(origin))];
        }
        return Ok(Some(found));
    }
    Ok(None)
}

/// Every manifest below the folder, and every folder below it that has a kustomization file of its own.
fn generated(tree: &dyn Tree, folder: &str, seen: &mut BTreeSet<Text>) -> Result<Kustomization> {
    let mut resources = Vec::new();
    walk(tree, folder, ".", 0, &mut resources, seen)?;
    let file: Text = below(folder, FILE_NAMES[0]).into();
    // a kustomization that says nothing is an error, this one is not
    let mut made = Kustomization::read(b"namespace: _placeholder\n", &file, Mode::Lenient)?;
    if !resources.is_empty() {
        made.namespace = None;
        made.resources = resources;
    }
    Ok(made)
}

fn walk(tree: &dyn Tree, folder: &str, shown: &str, depth: usize, into: &mut Vec<Node>, seen: &mut BTreeSet<Text>) -> Result<()> {
    if depth > DEEPEST {
        return Err(BuildError::new(Cause::Limit, format!("folders more than {DEEPEST} deep"), "").in_file(&folder.into()));
    }
    // its list of names is a part of what was looked at
    seen.insert(format!("{folder}/").into());
    for name in tree.list(folder)? {
        let (path, shown) = (below(folder, &name), format!("{shown}/{name}"));
        let listed = || Node::string(shown.as_str(), Trace::new(Origin::new(&path.as_str().into(), 0, 0, Layer::Build)));
        match tree.entry(&path) {
            Some(PathKind::Folder) => {
                let has_own = FILE_NAMES.iter().any(|name| tree.entry(&below(&path, name)) == Some(PathKind::File));
                if has_own {
                    into.push(listed());
                } else {
                    walk(tree, &path, &shown, depth + 1, into, seen)?;
                }
            }
            Some(PathKind::File) if name.ends_with(".yaml") || name.ends_with(".yml") => into.push(listed()),
            _ => {}
        }
    }
    Ok(())
}

/// What the Flux Kustomization says on top.
fn add(to: &mut Kustomization, tree: &dyn Tree, folder: &str, spec: &Spec, seen: &mut BTreeSet<Text>) -> Result<()> {
    let replace = |field: &mut Option<Node>, given: &Option<Node>| {
        if given.is_some() {
            field.clone_from(given);
        }
    };
    replace(&mut to.namespace, &spec.target_namespace);
    replace(&mut to.name_prefix, &spec.name_prefix);
    replace(&mut to.name_suffix, &spec.name_suffix);
    to.patches.extend(spec.patches.iter().cloned());
    for component in &spec.components {
        let path = component.text().unwrap_or_default();
        if is_elsewhere(path) {
            let message = format!("the component `{path}` must be local and relative");
            return Err(BuildError::invalid(message).at(component.origin()));
        }
        let joined = join(folder, path);
        seen.extend(joined.as_deref().map(Text::from));
        let is_there = joined.is_some_and(|path| resolve(tree, "", &path).is_ok());
        if is_there || !spec.ignores_missing_components {
            to.components.push(component.clone());
        }
    }
    for image in &spec.images {
        set_image(&mut to.images, image);
    }
    if !spec.build_metadata.is_empty() {
        to.build_metadata.clone_from(&spec.build_metadata);
    }
    Ok(())
}

/// A new name, or a new tag and digest together, take the place of what the folder's file says of the same image.
fn set_image(images: &mut Vec<Image>, image: &Image) {
    let Some(own) = images.iter_mut().find(|own| own.name == image.name) else {
        images.push(Image { tag_suffix: None, ..image.clone() });
        return;
    };
    if image.new_name.is_some() {
        own.new_name.clone_from(&image.new_name);
    }
    if image.new_tag.is_some() || image.digest.is_some() {
        own.new_tag.clone_from(&image.new_tag);
        own.digest.clone_from(&image.digest);
    }
}

/// An URL, or an absolute path.
fn is_elsewhere(path: &str) -> bool {
    const REMOTE: &[&str] = &["git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/"];
    let lower = path.to_lowercase();
    let is_remote = REMOTE.iter().any(|prefix| lower.len() > prefix.len() && lower.starts_with(prefix));
    is_remote || lower.strip_prefix("file://").unwrap_or(&lower).starts_with('/')
}
