//! A folder that no Flux Kustomization names: as kustomize builds it, one without a kustomization file as Flux does it.

use super::super::error::Result;
use super::super::kustomization::FILE_NAMES;
use super::super::node::{Layer, Origin, Text};
use super::super::remote::Remotes;
use super::super::substitute::{self, Substituted, Switches, Variables};
use super::super::tree::{PathKind, Tree, resolve};
use super::super::{Built, Cache, Options, build_recorded};
use super::{Applied, Rendered, SourceRef, Spec, is_encrypted, render};

/// The objects of a folder. `variables`: they are filled in, as a Kustomization with `postBuild` would do it.
///
/// # Errors
/// It is not there, or cannot be built.
pub fn alone(
    tree: &dyn Tree,
    folder: &str,
    variables: Option<&Variables>,
    cache: &Cache,
    remotes: &Remotes,
) -> Result<Vec<Applied>> {
    filled(rendered(tree, folder, cache, remotes).objects?, variables)
}

/// The same before variables are filled in, with everything that was read for it.
pub fn rendered(tree: &dyn Tree, folder: &str, cache: &Cache, remotes: &Remotes) -> Rendered {
    let below = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let (real, entry) = match resolve(tree, "", folder) {
        Ok(found) => found,
        Err(error) => return Rendered::failed(error),
    };
    let has_own = FILE_NAMES.iter().any(|name| resolve(tree, "", &below(name)).is_ok());
    if has_own || entry != PathKind::Folder {
        let options = Options { remotes: remotes.clone(), ..Options::default() };
        let (read, built) = build_recorded(tree, folder, &options, cache);
        let objects = built.map(|output| output.objects);
        return Rendered { objects, files: read.files.into_iter().collect(), remotes: read.remotes };
    }
    let origin = Origin::new(&Text::from(real.as_str()), 0, 0, Layer::Build);
    render(tree, &Spec::plain(SourceRef::default(), &real, origin), cache, remotes)
}

/// Fills variables in, where there are any.
///
/// # Errors
/// A text with a variable that cannot be read.
pub fn filled(objects: Vec<Built>, variables: Option<&Variables>) -> Result<Vec<Applied>> {
    let Some(variables) = variables else {
        let plain = |Built { node, unproven }: Built| Applied { unproven, ..Applied::plain(node) };
        return Ok(objects.into_iter().map(plain).collect());
    };
    let one = |Built { node, unproven }: Built| {
        let is_substituted = substitute::substitutes(&node, variables, Switches::default());
        let done = substitute::object(&node, variables, Switches::default())?;
        let Substituted { node: filled, unknown, unset } = done;
        Ok(Applied { unknown, unset, is_substituted, unproven, is_encrypted: is_encrypted(&node), ..Applied::plain(filled) })
    };
    objects.into_iter().map(one).collect()
}
