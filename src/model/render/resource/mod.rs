//! One object on its way through a build: its node, and what kustomize notes on it while names and namespaces change.
//!
//! kustomize keeps its notes as annotations in the object, where patches may reach them. The same is done here, to get the same result.
//! Source: kustomize api v0.21.1 `resource/resource.go`, `internal/utils/makeResIds.go`.

mod meta;

use super::error::{BuildError, Result};
use super::fields;
use super::id::{self, Gvk, Id};
use super::node::{Layer, Node, Origin, Tag, Text, Trace};
use super::schema::BuildSchemas;

pub use meta::{annotations, edit_meta_map, labels, set_annotation};

pub mod note {
    //! The annotations in which kustomize keeps its notes.
    pub const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
    pub const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
    pub const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
    pub const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
    pub const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
    pub const REF_BY: &str = "internal.config.kubernetes.io/refBy";
    pub const BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";
    pub const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
    pub const ALLOW_NAME_CHANGE: &str = "internal.config.kubernetes.io/allowNameChange";
    pub const ALLOW_KIND_CHANGE: &str = "internal.config.kubernetes.io/allowKindChange";
    pub const HELM_GENERATED: &str = "internal.config.kubernetes.io/helm-generated";
    pub const ORIGIN: &str = "config.kubernetes.io/origin";
    pub const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
    pub const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";
    pub const ENABLED: &str = "enabled";

    /// What is taken off at the end of a build.
    pub const ALL: &[&str] = &[
        PREVIOUS_KINDS,
        PREVIOUS_NAMES,
        PREFIXES,
        SUFFIXES,
        PREVIOUS_NAMESPACES,
        ALLOW_NAME_CHANGE,
        ALLOW_KIND_CHANGE,
        REF_BY,
        BEHAVIOR,
        NEEDS_HASH,
        "internal.config.kubernetes.io/path",
        "internal.config.kubernetes.io/index",
        "internal.config.kubernetes.io/seqindent",
        "internal.config.kubernetes.io/id",
        "internal.config.kubernetes.io/annotations-migration-resource-id",
        "config.kubernetes.io/path",
        "config.kubernetes.io/index",
        "config.k8s.io/id",
        HELM_GENERATED,
    ];

    /// What a JSON patch may not take away.
    pub fn is_internal(key: &str) -> bool {
        key.starts_with("internal.config.kubernetes.io/")
            || matches!(key, "config.kubernetes.io/path" | "config.kubernetes.io/index" | "config.k8s.io/id")
    }
}

#[derive(Clone, Debug)]
pub struct Resource {
    pub node: Node,
    /// Names of the `vars` that read this object.
    pub variables: Vec<Text>,
    /// The remote resource that may change it, and is not here.
    pub unproven: Option<Text>,
}

impl Resource {
    pub fn new(node: Node) -> Self {
        Self { node, variables: Vec::new(), unproven: None }
    }

    /// A remote resource that is not here may change it.
    pub fn doubt(&mut self, address: &Text) {
        self.unproven.get_or_insert_with(|| address.clone());
    }

    /// Changes it. Where a remote resource that is not here may have made what the change needs, one that fails leaves it as it is. Says
    /// whether it succeeded.
    ///
    /// # Errors
    /// The change fails, whatever is not here.
    pub fn attempt(&mut self, change: impl FnOnce(&mut Self) -> Result<()>) -> Result<bool> {
        let before = self.unproven.is_some().then(|| self.clone());
        match (change(self), before) {
            (Ok(()), _) => Ok(true),
            (Err(_), Some(before)) => {
                *self = before;
                Ok(false)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Deleted by a patch, or nothing in it.
    pub fn is_empty(&self) -> bool {
        fields::is_empty(&self.node)
    }

    pub fn gvk(&self) -> Gvk {
        Gvk::from_node(&self.node)
    }

    pub fn kind(&self) -> &str {
        id::text_at(&self.node, "kind")
    }

    pub fn name(&self) -> &str {
        id::meta_text(&self.node, "name")
    }

    pub fn namespace(&self) -> &str {
        id::meta_text(&self.node, "namespace")
    }

    /// A place for what kustomize itself writes into this object.
    pub fn own_trace(&self) -> Trace {
        Trace::new(self.node.origin().as_layer(Layer::Build))
    }

    pub fn id(&self, schemas: &BuildSchemas) -> Id {
        Id::from_node(&self.node, schemas)
    }

    /// Earlier ids, oldest first. Their kinds are not asked for their scope: the namespace that was noted says it.
    ///
    /// # Errors
    /// Notes that a patch has torn apart.
    pub fn previous_ids(&self) -> Result<Vec<Id>> {
        let list = |key: &str| self.annotation(key).unwrap_or_default().split(',').map(Text::from).collect::<Vec<_>>();
        if self.annotation(note::PREVIOUS_NAMES).is_none() {
            return Ok(Vec::new());
        }
        let (names, namespaces, kinds) =
            (list(note::PREVIOUS_NAMES), list(note::PREVIOUS_NAMESPACES), list(note::PREVIOUS_KINDS));
        if names.len() != namespaces.len() || names.len() != kinds.len() {
            let message = "number of previous names, number of previous namespaces, number of previous kinds not equal";
            return Err(BuildError::invalid(message).at(self.node.origin()));
        }
        let now = self.gvk();
        let ids = names.into_iter().zip(namespaces).zip(kinds);
        Ok(ids
            .map(|((name, namespace), kind)| {
                let gvk = Gvk { kind, ..now.clone() };
                Id { gvk, name, namespace, is_cluster_scoped: false }
            })
            .collect())
    }

    /// The id it had when it was read.
    ///
    /// # Errors
    /// As [`Resource::previous_ids`].
    pub fn original_id(&self, schemas: &BuildSchemas) -> Result<Id> {
        Ok(self.previous_ids()?.into_iter().next().unwrap_or_else(|| self.id(schemas)))
    }

    /// Earlier ids and the current one, last.
    ///
    /// # Errors
    /// As [`Resource::previous_ids`].
    pub fn all_ids(&self, schemas: &BuildSchemas) -> Result<Vec<Id>> {
        let mut ids = self.previous_ids()?;
        ids.push(self.id(schemas));
        Ok(ids)
    }

    /// Notes the current id among the earlier ones.
    ///
    /// # Errors
    /// Metadata that is not a mapping.
    pub fn store_previous_id(&mut self, schemas: &BuildSchemas) -> Result<()> {
        let id = self.id(schemas);
        self.append(note::PREVIOUS_NAMES, &id.name)?;
        self.append(note::PREVIOUS_NAMESPACES, id.effective_namespace())?;
        self.append(note::PREVIOUS_KINDS, &id.gvk.kind)
    }

    pub fn annotation(&self, key: &str) -> Option<&str> {
        let annotations = self.node.get("metadata").filter(|meta| !fields::is_empty(meta))?.get("annotations")?;
        annotations.get(key).map(fields::value_of)
    }

    pub fn is_enabled(&self, key: &str) -> bool {
        self.annotation(key) == Some(note::ENABLED)
    }

    /// # Errors
    /// Metadata that is not a mapping.
    pub fn enable(&mut self, key: &str) -> Result<()> {
        let trace = self.own_trace();
        self.edit_annotations(|annotations| {
            annotations.set(key, note::ENABLED, trace);
        })
    }

    /// # Errors
    /// Metadata that is not a mapping.
    pub fn edit_annotations(&mut self, edit: impl FnOnce(&mut meta::Texts)) -> Result<()> {
        edit_meta_map(&mut self.node, "annotations", edit)
    }

    pub fn list_note(&self, key: &str) -> Vec<&str> {
        self.annotation(key).map(|list| list.split(',').collect()).unwrap_or_default()
    }

    /// Appends to a note that is a list; nothing is not appended.
    ///
    /// # Errors
    /// Metadata that is not a mapping.
    pub fn append(&mut self, key: &str, value: &str) -> Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        let list = match self.annotation(key) {
            Some(list) => format!("{list},{value}"),
            None => value.to_owned(),
        };
        let trace = self.own_trace();
        set_annotation(&mut self.node, key, &list, trace)
    }

    /// # Errors
    /// An object that is not a mapping.
    pub fn set_kind(&mut self, kind: &str, origin: &Origin) -> Result<()> {
        set_quietly(&mut self.node, "kind", kind, origin)
    }

    /// # Errors
    /// An object that is not a mapping.
    pub fn set_api_version(&mut self, api_version: &str, origin: &Origin) -> Result<()> {
        set_quietly(&mut self.node, "apiVersion", api_version, origin)
    }

    /// # Errors
    /// Metadata that is not a mapping.
    pub fn set_name(&mut self, name: &str, origin: &Origin) -> Result<()> {
        self.set_meta("name", name, origin)
    }

    /// Sets the namespace, or removes it when it is empty.
    ///
    /// # Errors
    /// Metadata that is not a mapping.
    pub fn set_namespace(&mut self, namespace: &str, origin: &Origin) -> Result<()> {
        if !namespace.is_empty() {
            return self.set_meta("namespace", namespace, origin);
        }
        if let Some(meta) = self.node.get_mut("metadata") {
            fields::clear(meta, "namespace")?;
        }
        Ok(())
    }

    fn set_meta(&mut self, key: &str, text: &str, origin: &Origin) -> Result<()> {
        let empty = Node { tag: Tag::None, ..Node::map(Vec::new(), Trace::new(origin.clone())) };
        let Some(meta) = fields::field_or_create(&mut self.node, "metadata", empty)? else { return Ok(()) };
        set_quietly(meta, key, text, origin)
    }
}

/// Sets an untagged text as kyaml does it; where the text does not change, neither does who set it.
fn set_quietly(map: &mut Node, key: &str, text: &str, origin: &Origin) -> Result<()> {
    let trace = match map.get(key) {
        Some(existing) if existing.text() == Some(text) => existing.trace.clone(),
        _ => Trace::new(origin.clone()),
    };
    fields::set(map, key, Node::scalar(text, Tag::None, trace))
}
