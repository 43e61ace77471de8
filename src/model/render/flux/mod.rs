//! What kustomize-controller makes of a Flux Kustomization: the build around kustomize's build.
//!
//! Source: kustomize-controller v1.9.4 `internal/controller/kustomization_controller.go` (generate, build, apply), fluxcd/pkg
//! `kustomize` v1.35.4 and `ssa` v0.76.1. What needs a key (SOPS) is passed through unchanged and marked; defaults that the
//! controller sets on the way to the API server do not change what git has, and are left out. Which Kustomizations there are, and
//! the content of their sources, belongs to `repository`.

mod alone;
mod root;
mod spec;
mod variables;

use std::collections::BTreeSet;

use super::error::{BuildError, Cause, Result};
use super::node::{Entry, Layer, Node, Origin, Text, Trace};
use super::remote::{RemoteUses, Remotes};
use super::substitute::{self, Substituted, Switches, Variables};
use super::tree::{PathKind as TreeEntry, Tree};
use super::unproven::SEALED;
use super::{Built, Cache, Options, write};

pub use alone::{alone, filled, rendered};
pub use spec::{From, GROUP, PostBuild, SourceRef, Spec, Upkeep};
pub use variables::{Values, values, variables};

/// The objects of a Flux Kustomization before its variables are filled in, or why there are none, and everything that was read for that.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What kustomize refuses is an error, and what Flux refuses before it.
    pub objects: Result<Vec<Built>>,
    /// Files, folders whose list of names counts (with a `/` at the end), and names that were looked for: when none of them changes, neither
    /// does this.
    pub files: BTreeSet<Text>,
    /// The remote resources that were looked for.
    pub remotes: RemoteUses,
}

impl Rendered {
    /// Nothing, and why.
    pub fn failed(error: BuildError) -> Self {
        Self { objects: Err(error), files: BTreeSet::new(), remotes: RemoteUses::default() }
    }
}

/// An object as Flux would apply it.
#[derive(Clone, Debug)]
pub struct Applied {
    pub node: Node,
    /// Values in it are encrypted in git: they are never shown, and what the cluster gets differs.
    pub is_encrypted: bool,
    /// Variables in it that only the cluster knows.
    pub unknown: BTreeSet<Text>,
    /// Variables in it that nothing sets and that have no default: Flux 2.9 refuses it. They are unknown too where it is not known which
    /// Flux it is.
    pub unset: BTreeSet<Text>,
    /// Variables are filled into it: a `$` in a value of git has to be escaped.
    pub is_substituted: bool,
    /// The remote resource that may change it, and is not here.
    pub unproven: Option<Text>,
    /// `labels` or `annotations` of git that Flux leaves out, and the value that is not a string.
    pub lost: Vec<(&'static str, Origin)>,
}

impl Applied {
    /// An object that no variables are filled into.
    pub fn plain(node: Node) -> Self {
        let is_encrypted = is_encrypted(&node);
        let (unknown, unset) = Default::default();
        Self { node, is_encrypted, unknown, unset, is_substituted: false, unproven: None, lost: Vec::new() }
    }
}

/// A path of a Flux Kustomization in its artifact: one that would leave it ends at its root.
pub fn folder(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Builds an artifact's folder as a Flux Kustomization says it.
pub fn render(artifact: &dyn Tree, spec: &Spec, cache: &Cache, remotes: &Remotes) -> Rendered {
    let mut rendered = Rendered { objects: Ok(Vec::new()), files: BTreeSet::new(), remotes: RemoteUses::default() };
    rendered.objects = objects(artifact, spec, cache, remotes, &mut rendered);
    rendered
}

fn objects(artifact: &dyn Tree, spec: &Spec, cache: &Cache, remotes: &Remotes, into: &mut Rendered) -> Result<Vec<Built>> {
    let files = &mut into.files;
    let folder = folder(&spec.path);
    if artifact.entry(&folder) != Some(TreeEntry::Folder) {
        files.insert(folder.into());
        let message = format!("`{}` of the Flux Kustomization {} is not in its source", spec.path, spec.id());
        return Err(BuildError::new(Cause::Missing, message, "correct `spec.path`").at(&spec.origin));
    }
    let root = root::root(artifact, &folder, spec, files)?;
    let options = Options { keeps_builtin_schemas: true, root: Some(root), decrypts: spec.decrypts, remotes: remotes.clone() };
    let (read, built) = super::build_recorded(artifact, &folder, &options, cache);
    files.extend(read.files);
    into.remotes = read.remotes;
    Ok(built?.objects)
}

/// Fills the variables in and adds what Flux writes on every object.
///
/// # Errors
/// A variable without value, an object without name.
pub fn applied(objects: &[Built], spec: &Spec, variables: &Variables) -> Result<Vec<Applied>> {
    let switches = spec.post_build.as_ref().map(|post| Switches { is_always: post.is_always });
    let mut found = Vec::with_capacity(objects.len());
    for Built { node, unproven } in objects {
        let is_encrypted = is_encrypted(node);
        let is_substituted = switches.is_some_and(|switches| substitute::substitutes(node, variables, switches));
        let Substituted { mut node, unknown, unset } = match switches {
            Some(switches) => substitute::object(node, variables, switches)?,
            None => Substituted { node: node.clone(), unknown: BTreeSet::new(), unset: BTreeSet::new() },
        };
        if is_kustomization_file(&node) {
            continue;
        }
        let said = [("name", &spec.name, &spec.origin), ("namespace", &spec.namespace, &spec.namespace_origin)];
        let owner = said.map(|(key, value, origin)| {
            let trace = Trace::new(origin.as_layer(Layer::FluxOwner));
            Entry { key: Node::string(format!("{GROUP}/{key}"), trace.clone()), value: Node::string(value.clone(), trace) }
        });
        // a folder that no Kustomization names has no owner
        let nobody: &[Entry] = &[];
        let owner = if spec.namespace.is_empty() { nobody } else { &owner[..] };
        let mut lost = Vec::new();
        for (map, pairs, layer) in [
            ("labels", owner, Layer::FluxOwner),
            ("labels", &spec.common_labels[..], Layer::FluxMetadata),
            ("annotations", &spec.common_annotations[..], Layer::FluxMetadata),
        ] {
            if !pairs.is_empty() {
                lost.extend(drop_unread(&mut node, map));
                set(&mut node, map, pairs, layer);
            }
        }
        found.push(Applied { node, is_encrypted, unknown, unset, is_substituted, unproven: unproven.clone(), lost });
    }
    Ok(found)
}

/// `kustomization.yaml` files that are listed as manifests are built, but not applied (fluxcd/pkg `ssa/utils`, `ReadObjects`).
fn is_kustomization_file(node: &Node) -> bool {
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    text("kind") == "Kustomization" && text("apiVersion").starts_with("kustomize.config.k8s.io/")
}

/// A manifest that SOPS encrypted, or one that was generated from an encrypted file.
pub fn is_encrypted(node: &Node) -> bool {
    let has_values = |map: &str| {
        let texts = node.get(map).into_iter().flat_map(Node::entries).filter_map(|entry| entry.value.text());
        texts.into_iter().any(is_encrypted_text)
    };
    node.get("sops").is_some_and(Node::is_map) || ["data", "stringData", "binaryData"].into_iter().any(has_values)
}

/// SOPS' mark in a text, as it is or in base64: the mark may begin at any of three offsets there.
fn is_encrypted_text(text: &str) -> bool {
    const MARKS: &[&str] = &[SEALED, "RU5DW0FFUzI1Nl9HQ00s", "VOQ1tBRVMyNTZfR0NNL", "FTkNbQUVTMjU2X0dDTS"];
    MARKS.iter().any(|mark| text.contains(mark))
}

/// Flux reads all labels, or annotations, before it adds its own, and reads none where one is not a string (apimachinery
/// `unstructured.NestedStringMap`): what it writes then is its own alone.
fn drop_unread(node: &mut Node, map: &'static str) -> Option<(&'static str, Origin)> {
    let is_text = |value: &Node| write::json(value).is_ok_and(|value| value.is_string());
    let entries = node.get_mut("metadata").and_then(Node::entries_mut)?;
    let at = entries.iter().position(|entry| entry.key.text() == Some(map))?;
    let first = entries[at].value.entries().iter().find(|entry| !is_text(&entry.value))?.value.origin().clone();
    entries.remove(at);
    Some((map, first))
}

/// Sets labels or annotations; what was there under a name is overridden.
pub(crate) fn set(node: &mut Node, map: &str, pairs: &[Entry], layer: Layer) {
    let Some(first) = pairs.first() else { return };
    let trace = Trace::new(first.value.origin().as_layer(layer));
    let Some(entries) = node.get_mut("metadata").and_then(Node::entries_mut) else { return };
    let at = entries.iter().position(|entry| entry.key.text() == Some(map)).unwrap_or_else(|| {
        entries.push(Entry { key: Node::string(map, trace.clone()), value: Node::map(Vec::new(), trace.clone()) });
        entries.len() - 1
    });
    if !entries[at].value.is_map() {
        entries[at].value = Node::map(Vec::new(), trace);
    }
    let labels = entries[at].value.entries_mut().expect("it is a map now");
    for pair in pairs {
        let own = Trace::new(pair.value.origin().as_layer(layer));
        let text = pair.value.shared_text().cloned().unwrap_or_default();
        match labels.iter_mut().find(|entry| entry.key.text() == pair.key.text()) {
            Some(before) => before.value = Node::string(text, own.over(&before.value.trace)),
            None => labels.push(Entry {
                key: Node::string(pair.key.text().unwrap_or_default(), own.clone()),
                value: Node::string(text, own),
            }),
        }
    }
}
