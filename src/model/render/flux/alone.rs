//! A folder that no Flux Kustomization names: as kustomize builds it, one without a kustomization file as Flux does it.

use std::collections::BTreeSet;

use super::super::error::Result;
use super::super::kustomization::FILE_NAMES;
use super::super::node::{Layer, Node, Origin, Text};
use super::super::substitute::{self, Switches, Variables};
use super::super::tree::{Entry, Tree, resolve};
use super::super::{Cache, Options, build_recorded};
use super::{Applied, Rendered, Source, Spec, is_encrypted, render};

/// The objects of a folder. `variables`: they are filled in, as a Kustomization with `postBuild` would do it.
///
/// # Errors
/// It is not there, or cannot be built.
pub fn alone(tree: &dyn Tree, folder: &str, variables: Option<&Variables>, cache: &Cache) -> Result<Vec<Applied>> {
    filled(rendered(tree, folder, cache).objects?, variables)
}

/// The same before variables are filled in, with everything that was read for it.
pub fn rendered(tree: &dyn Tree, folder: &str, cache: &Cache) -> Rendered {
    let below = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let (real, entry) = match resolve(tree, "", folder) {
        Ok(found) => found,
        Err(error) => return Rendered { objects: Err(error), files: BTreeSet::new() },
    };
    let has_own = FILE_NAMES.iter().any(|name| resolve(tree, "", &below(name)).is_ok());
    if has_own || entry != Entry::Folder {
        let (files, built) = build_recorded(tree, folder, &Options::default(), cache);
        let objects = built.map(|output| output.objects.into_iter().map(|built| built.node).collect());
        return Rendered { objects, files: files.into_iter().collect() };
    }
    let origin = Origin::new(&Text::from(real.as_str()), 0, 0, Layer::Build);
    render(tree, &Spec::plain(Source::default(), &real, origin), cache)
}

/// Fills variables in, where there are any.
///
/// # Errors
/// A text with a variable that cannot be read.
pub fn filled(nodes: Vec<Node>, variables: Option<&Variables>) -> Result<Vec<Applied>> {
    let Some(variables) = variables else {
        let plain = |node| Applied { is_encrypted: is_encrypted(&node), node, unknown: BTreeSet::new(), is_substituted: false };
        return Ok(nodes.into_iter().map(plain).collect());
    };
    let one = |node: Node| {
        let is_substituted = substitute::substitutes(&node, variables, Switches::default());
        let done = substitute::object(&node, variables, Switches::default())?;
        Ok(Applied { is_encrypted: is_encrypted(&node), node: done.node, unknown: done.unknown, is_substituted })
    };
    nodes.into_iter().map(one).collect()
}
