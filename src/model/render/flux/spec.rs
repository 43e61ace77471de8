//! A Flux Kustomization, as its manifest has it: kustomize-controller v1.9.4 `api/v1/kustomization_types.go`.

use super::super::decode::{Fields, Mode};
use super::super::error::{BuildError, Result};
use super::super::kustomization::{Image, Patch};
use super::super::node::{Entry, Layer, Node, Origin, Text};
use crate::domain::object::Deletion;

/// The group of Flux Kustomizations, of their owner labels and of their switches.
pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";

const KNOWN: &[&str] = &[
    "path",
    "sourceRef",
    "targetNamespace",
    "namePrefix",
    "nameSuffix",
    "patches",
    "images",
    "components",
    "ignoreMissingComponents",
    "commonMetadata",
    "buildMetadata",
    "postBuild",
    "serviceAccountName",
    "decryption",
    "kubeConfig",
    "suspend",
];

/// Two are equal that say the same at the same places: what is built of one is what is built of the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: Text,
    pub namespace: Text,
    /// Where its manifest stands.
    pub origin: Origin,
    /// Where its namespace is said; its manifest's place where nothing says it.
    pub namespace_origin: Origin,
    pub path: Text,
    pub source: SourceRef,
    pub target_namespace: Option<Node>,
    pub name_prefix: Option<Node>,
    pub name_suffix: Option<Node>,
    pub patches: Vec<Patch>,
    pub images: Vec<Image>,
    pub components: Vec<Node>,
    pub ignores_missing_components: bool,
    pub common_labels: Vec<Entry>,
    pub common_annotations: Vec<Entry>,
    pub build_metadata: Vec<Node>,
    pub post_build: Option<PostBuild>,
    /// Encrypted files are decrypted before they are applied.
    pub decrypts: bool,
    /// It is applied to another cluster.
    pub is_remote: bool,
    /// The ServiceAccount by whose rights it is applied; none for the controller's own.
    pub account: Option<Text>,
    /// None where that is not known.
    pub upkeep: Option<Upkeep>,
}

/// What a Flux Kustomization does with the objects that it applies. Nothing of it changes what is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// `spec.prune`: what is no longer built is deleted.
    pub prunes: bool,
    /// `spec.force`: what the API server refuses to change is deleted and created again.
    pub recreates: bool,
    pub is_suspended: bool,
    /// What happens to them when it is deleted itself, and not suspended.
    pub deletion: Deletion,
}

/// What it is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceRef {
    pub kind: Text,
    pub namespace: Text,
    pub name: Text,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PostBuild {
    pub substitute: Vec<Entry>,
    pub from: Vec<From>,
    /// `substituteStrategy: Always`
    pub is_always: bool,
}

/// A ConfigMap or Secret in the Kustomization's own namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    pub kind: Text,
    pub name: Text,
    pub is_optional: bool,
    pub origin: Origin,
}

impl Spec {
    /// Whether an object is a Flux Kustomization, of whatever version.
    pub fn is_one(node: &Node) -> bool {
        let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
        text("kind") == "Kustomization" && text("apiVersion").split_once('/').is_some_and(|(group, _)| group == GROUP)
    }

    /// # Errors
    /// Wrong types: the API server would refuse it.
    pub fn read(node: &Node) -> Result<Self> {
        let meta = |key: &str| node.at(&["metadata", key]).and_then(Node::shared_text).cloned().unwrap_or_default();
        let place = |key: &str| node.at(&["metadata", key]).unwrap_or(node).origin().clone();
        let namespace = meta("namespace");
        let Some(spec) = node.get("spec") else {
            return Err(BuildError::invalid(format!("the Flux Kustomization `{}` has no spec", meta("name"))).at(node.origin()));
        };
        let spec = spec.said_by(Layer::Flux);
        let fields = Fields::of(&spec, KNOWN, Mode::Lenient)?;
        let given = |name: &str| -> Result<Option<Node>> { Ok(fields.text(name)?.filter(|node| node.text() != Some(""))) };
        let common =
            fields.get("commonMetadata").map(|node| Fields::of(node, &["labels", "annotations"], Mode::Lenient)).transpose()?;
        let pairs = |name: &str| common.as_ref().map_or(Ok(Vec::new()), |common| common.pairs(name));
        let source = fields.one("sourceRef", |node, mode| source(node, mode, &namespace))?;
        Ok(Self {
            name: meta("name"),
            origin: place("name"),
            namespace_origin: place("namespace"),
            path: fields.plain("path")?,
            source: source.unwrap_or_default(),
            target_namespace: given("targetNamespace")?,
            name_prefix: given("namePrefix")?,
            name_suffix: given("nameSuffix")?,
            patches: fields.all("patches", Patch::read)?,
            images: fields.all("images", Image::read)?,
            components: fields.texts("components")?,
            ignores_missing_components: fields.bool("ignoreMissingComponents")?,
            common_labels: pairs("labels")?,
            common_annotations: pairs("annotations")?,
            build_metadata: fields.texts("buildMetadata")?,
            post_build: fields.one("postBuild", PostBuild::read)?,
            decrypts: fields.has("decryption"),
            is_remote: fields.has("kubeConfig"),
            account: Some(fields.plain("serviceAccountName")?).filter(|name| !name.is_empty()),
            upkeep: Upkeep::read(&spec),
            namespace,
        })
    }

    /// One that only says what to build, as Flux makes it where it begins.
    pub fn plain(source: SourceRef, path: &str, origin: Origin) -> Self {
        Self {
            name: source.name.clone(),
            namespace: source.namespace.clone(),
            namespace_origin: origin.clone(),
            origin,
            path: path.into(),
            source,
            target_namespace: None,
            name_prefix: None,
            name_suffix: None,
            patches: Vec::new(),
            images: Vec::new(),
            components: Vec::new(),
            ignores_missing_components: false,
            common_labels: Vec::new(),
            common_annotations: Vec::new(),
            build_metadata: Vec::new(),
            post_build: None,
            decrypts: false,
            is_remote: false,
            account: None,
            upkeep: None,
        }
    }

    /// `namespace/name`; the name alone where nothing says a namespace.
    pub fn id(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { format!("{}/{}", self.namespace, self.name) }
    }
}

impl Upkeep {
    /// None where a variable decides on a part of it. Source: kustomize-controller v1.9.4 `internal/controller/kustomization_controller.go`
    /// (`finalizerShouldDeleteResources`).
    fn read(spec: &Node) -> Option<Self> {
        let text = |key: &str| spec.get(key).and_then(Node::text).unwrap_or_default();
        let is_set = |key: &str| match text(key) {
            "" | "false" => Some(false),
            "true" => Some(true),
            _ => None,
        };
        let prunes = is_set("prune")?;
        let deletes = match text("deletionPolicy") {
            "" | "MirrorPrune" => prunes,
            "Delete" | "WaitForTermination" => true,
            "Orphan" => false,
            _ => return None,
        };
        let deletion = if deletes { Deletion::Prunes } else { Deletion::Leaves };
        Some(Self { prunes, recreates: is_set("force")?, is_suspended: is_set("suspend")?, deletion })
    }
}

fn source(node: &Node, mode: Mode, own: &Text) -> Result<SourceRef> {
    let fields = Fields::of(node, &["kind", "name", "namespace", "apiVersion"], mode)?;
    let namespace = fields.plain("namespace")?;
    let namespace = if namespace.is_empty() { own.clone() } else { namespace };
    Ok(SourceRef { kind: fields.plain("kind")?, name: fields.plain("name")?, namespace })
}

impl PostBuild {
    fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["substitute", "substituteFrom", "substituteStrategy"], mode)?;
        Ok(Self {
            substitute: fields.pairs("substitute")?,
            from: fields.all("substituteFrom", From::read)?,
            is_always: fields.plain("substituteStrategy")?.as_ref() == "Always",
        })
    }
}

impl From {
    fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["kind", "name", "optional"], mode)?;
        Ok(Self {
            kind: fields.plain("kind")?,
            name: fields.plain("name")?,
            is_optional: fields.bool("optional")?,
            origin: node.origin().clone(),
        })
    }
}
