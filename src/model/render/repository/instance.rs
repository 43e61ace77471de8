//! The Kustomization that a FluxInstance makes of its `sync`, and the source beside it.
//!
//! Source: flux-operator v0.40 `internal/builder/templates.go` (`sync.yaml`, which prunes, and `spec.kustomize.patches` over everything that is
//! made), `api/v1/fluxinstance_types.go`. The instance may also be what the chart `flux-instance` makes of its values: those of a
//! HelmRelease, of a ConfigMap, or a file of values. `spec.commonMetadata` goes onto the objects that are made and changes nothing of
//! what they build.

use super::super::decode::Mode;
use super::super::flux::{SourceRef, Spec, Upkeep};
use super::super::kustomization::{Kustomization, Patch};
use super::super::node::{Entry, Layer, Node, Origin, Tag, Text, Trace};
use super::super::read::{self, TextPlace};
use super::super::substitute::Unset;
use super::super::tree::Memory;
use super::super::{Cache, Options, build_recorded, write};
use super::controller;
use crate::domain::object::Deletion;

/// The group of the operator's kinds.
pub const GROUP: &str = "fluxcd.controlplane.io";
/// The chart whose values are an instance (flux-operator `charts/flux-instance`).
pub const CHART: &str = "flux-instance";

const NAMESPACE: &str = "flux-system";
/// In the place of a path that nothing says: no folder has that name.
const OPEN: &str = "${path}";
/// The file of what is made, where it is patched.
const FILE: &str = "sync.yaml";

/// What makes a Kustomization.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub kind: Text,
    pub name: Text,
    /// The source that it makes, as it is patched.
    pub source: Node,
    /// Its file says its namespace, which the source and the Kustomization are in, and named after.
    pub has_namespace: bool,
    /// What its controllers do with a variable that nothing sets.
    pub unset: Option<Unset>,
}

/// The Kustomization of an instance.
pub struct Made {
    pub spec: Spec,
    pub instance: Instance,
}

impl Instance {
    /// The URL of the source.
    pub fn url(&self) -> Option<Text> {
        text(&self.source, &["spec", "url"])
    }

    /// The same in another namespace.
    pub fn moved(&self, to: &SourceRef) -> Self {
        let mut source = self.source.clone();
        for (key, text) in [("name", &to.name), ("namespace", &to.namespace)] {
            if let Some(node) = source.get_mut("metadata").and_then(|metadata| metadata.get_mut(key)) {
                *node = Node::string(text.clone(), node.trace.clone());
            }
        }
        Self { source, has_namespace: true, ..self.clone() }
    }

    /// Whether an object is this instance.
    pub fn is(&self, node: &Node) -> bool {
        text(node, &["kind"]).as_ref() == Some(&self.kind) && text(node, &["metadata", "name"]).unwrap_or_default() == self.name
    }
}

fn text(node: &Node, path: &[&str]) -> Option<Text> {
    node.at(path).and_then(Node::shared_text).filter(|text| !text.is_empty()).cloned()
}

/// The `spec` of an instance, if an object is that, or the values of one.
pub fn spec_of(node: &Node) -> Option<Node> {
    match text(node, &["kind"]).unwrap_or_default().as_ref() {
        "FluxInstance" => node.get("spec").cloned(),
        "HelmRelease" => node.at(&["spec", "values", "instance"]).cloned(),
        "ConfigMap" => node.get("data")?.entries().iter().find_map(|entry| values(&entry.value)),
        "" if node.get("apiVersion").is_none() => node.get("instance").cloned(),
        _ => None,
    }
}

/// What an object makes, if it is an instance, or the values of one.
pub fn made(node: &Node) -> Option<Made> {
    let kind = text(node, &["kind"]).unwrap_or_default();
    let name = text(node, &["metadata", "name"]).unwrap_or_default();
    let own = text(node, &["metadata", "namespace"]);
    let has_namespace = own.is_some();
    let namespace = own.unwrap_or_else(|| NAMESPACE.into());
    let spec = spec_of(node)?;
    let unset = controller::of_instance(&spec);
    let sync = spec.get("sync")?;
    // one that says no path, which is not valid, waits for a patch of it
    let path = text(sync, &["path"]).or_else(|| (!kind.is_empty()).then(|| OPEN.into()))?;
    let source = SourceRef {
        kind: text(sync, &["kind"]).unwrap_or_else(|| "GitRepository".into()),
        name: text(sync, &["name"]).unwrap_or_else(|| namespace.clone()),
        namespace,
    };
    let upkeep = Some(Upkeep { prunes: true, deletion: Deletion::Prunes, ..Upkeep::default() });
    let plain = Spec { upkeep, ..Spec::plain(source.clone(), &path, node.origin().clone()) };
    let made = source_of(&source, sync);
    let (spec, source) = patched(&source, sync, &spec).unwrap_or((plain, made));
    Some(Made { spec, instance: Instance { kind, name, source, has_namespace, unset } })
}

/// Values inside of a text.
fn values(scalar: &Node) -> Option<Node> {
    let inner = scalar.text().filter(|text| text.contains("instance:") && text.contains("sync:"))?;
    let node = read::document(inner.as_bytes(), &TextPlace::inside(scalar, Layer::Resource)).ok()??;
    node.get("instance").cloned()
}

fn map(entries: Vec<(&str, Node)>, trace: &Trace) -> Node {
    let entry = |(key, value): (&str, Node)| Entry { key: Node::string(key, trace.clone()), value };
    Node::map(entries.into_iter().map(entry).collect(), trace.clone())
}

fn head(version: &str, kind: &str, source: &SourceRef, trace: &Trace) -> Vec<(&'static str, Node)> {
    let word = |text: &str| Node::string(text, trace.clone());
    let meta = map(vec![("name", word(&source.name)), ("namespace", word(&source.namespace))], trace);
    vec![("apiVersion", word(version)), ("kind", word(kind)), ("metadata", meta)]
}

fn source_of(source: &SourceRef, sync: &Node) -> Node {
    let mut entries = head("source.toolkit.fluxcd.io/v1", &source.kind, source, &sync.trace);
    // a Bucket has no other revisions
    let (address, revision) = match source.kind.as_ref() {
        "Bucket" => ("endpoint", None),
        "OCIRepository" => ("url", Some("tag")),
        _ => ("url", Some("name")),
    };
    let url = sync.get("url").map(|url| (address, url.clone()));
    let at = revision.zip(sync.get("ref")).map(|(key, given)| ("ref", map(vec![(key, given.clone())], &sync.trace)));
    entries.push(("spec", map(url.into_iter().chain(at).collect(), &sync.trace)));
    map(entries, &sync.trace)
}

fn kustomization_of(source: &SourceRef, sync: &Node) -> Option<Node> {
    let word = |text: &str| Node::string(text, sync.trace.clone());
    let mut entries = head("kustomize.toolkit.fluxcd.io/v1", "Kustomization", source, &sync.trace);
    let from = map(vec![("kind", word(&source.kind)), ("name", word(&source.name))], &sync.trace);
    let prunes = Node::scalar("true", Tag::Bool, sync.trace.clone());
    let spec = vec![("prune", prunes), ("path", sync.get("path")?.clone()), ("sourceRef", from)];
    entries.push(("spec", map(spec, &sync.trace)));
    Some(map(entries, &sync.trace))
}

/// What is made after the instance's patches; none where there are none, or where they cannot be applied to these two alone.
fn patched(source: &SourceRef, sync: &Node, spec: &Node) -> Option<(Spec, Node)> {
    let given = spec.at(&["kustomize", "patches"])?.items();
    // those that name no target are of the operator's own objects
    let patches: Vec<_> =
        given.iter().filter_map(|node| Patch::read(node, Mode::Lenient).ok()).filter(|patch| patch.target.is_some()).collect();
    if patches.is_empty() {
        return None;
    }
    let text = write::all([&source_of(source, sync), &kustomization_of(source, sync)?]).ok()?;
    let tree = Memory::new([(FILE, text.as_str())]);
    let root = Kustomization::read(format!("resources: [{FILE}]\n").as_bytes(), &"kustomization.yaml".into(), Mode::Lenient);
    let root = Some(Kustomization { patches, ..root.ok()? });
    let options = Options { keeps_builtin_schemas: true, root, ..Options::default() };
    let built = build_recorded(&tree, "", &options, &Cache::default()).1.ok()?;
    // what no patch has set is said by the instance
    let own = |origin: &Origin| match origin.file() {
        Some(file) if file.as_ref() == FILE => sync.origin().clone(),
        _ => origin.clone(),
    };
    let nodes: Vec<_> = built.objects.into_iter().map(|built| built.node.moved(&own)).collect();
    let made = nodes.iter().find(|node| Spec::is_one(node))?;
    let source = nodes.iter().find(|node| !Spec::is_one(node))?;
    Some((Spec::read(made).ok()?, source.clone()))
}
