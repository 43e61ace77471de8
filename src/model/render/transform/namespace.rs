//! `namespace`. Source: kustomize api v0.21.1 `internal/builtins/NamespaceTransformer.go`, `filters/namespace/namespace.go`.

use super::super::config::Config;
use super::super::error::{BuildError, Result};
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::id::text_at;
use super::super::kustomization::Kustomization;
use super::super::node::{Layer, Node, Origin, Tag, Trace};
use super::super::resource::{Resource, note};
use super::super::resources::Resources;
use super::super::schema::BuildSchemas;
use super::super::session::Session;
use super::{Transform, TransformContext, Transforms, field_specs, lenient};

/// Which subjects of role bindings move along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subjects {
    NamedDefault,
    AllServiceAccounts,
    None,
}

pub(super) struct Namespace {
    pub namespace: Node,
    pub specs: Vec<FieldSpec>,
    pub unset_only: bool,
    pub subjects: Subjects,
}

pub(super) fn from_field(_: TransformContext<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    let Some(namespace) = kustomization.namespace.clone() else { return Ok(Vec::new()) };
    let specs = config.namespace.clone();
    Ok(vec![Box::new(Namespace { namespace, specs, unset_only: false, subjects: Subjects::NamedDefault })])
}

pub(super) fn from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["metadata", "fieldSpecs", "unsetOnly", "setRoleBindingSubjects"])?;
    let meta = fields.get("metadata").map(|meta| lenient(meta, &["namespace"])).transpose()?;
    let namespace = meta.map(|meta| meta.text("namespace")).transpose()?.flatten();
    let subjects = match fields.plain("setRoleBindingSubjects")?.as_ref() {
        "" | "defaultOnly" => Subjects::NamedDefault,
        "allServiceAccounts" => Subjects::AllServiceAccounts,
        "none" => Subjects::None,
        other => {
            let message = format!(
                "invalid value `{other}` for setRoleBindingSubjects: must be one of defaultOnly, none or allServiceAccounts"
            );
            return Err(BuildError::invalid(message).at(node.origin()));
        }
    };
    let namespace = namespace.unwrap_or_else(|| Node::string("", node.trace.clone()));
    Ok(vec![Box::new(Namespace { namespace, specs: field_specs(&fields)?, unset_only: fields.bool("unsetOnly")?, subjects })])
}

impl Transform for Namespace {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        if fields::value_of(&self.namespace).is_empty() {
            return Ok(());
        }
        let schemas = session.schemas.borrow();
        // how many objects have an id: two with the same id are reported at once
        let mut known = std::collections::HashMap::new();
        for resource in &resources.list {
            *known.entry(resource.id(&schemas).key()).or_insert(0) += 1;
        }
        for resource in resources.list.iter_mut().filter(|resource| !resource.is_empty()) {
            if resource.annotation(note::HELM_GENERATED) == Some("true") {
                continue;
            }
            let before = resource.id(&schemas).key();
            resource.store_previous_id(&schemas)?;
            self.apply(resource, &schemas)?;
            let after = resource.id(&schemas);
            *known.entry(before).or_insert(1) -= 1;
            let count = known.entry(after.key()).or_insert(0);
            *count += 1;
            if *count != 1 {
                return Err(BuildError::invalid(format!("namespace transformation produces ID conflict: {after}"))
                    .at(resource.node.origin()));
            }
        }
        Ok(())
    }
}

impl Namespace {
    fn origin(&self) -> Origin {
        self.namespace.origin().as_layer(Layer::Namespace)
    }

    fn set(&self, node: &mut Node) -> Result<()> {
        let has_value = !fields::is_empty(node) && node.text().is_some_and(|text| !text.is_empty());
        if self.unset_only && has_value {
            return Ok(());
        }
        let text = self.namespace.shared_text().cloned().unwrap_or_default();
        fields::set_scalar(node, Node::string(text, Trace::new(self.origin())))
    }

    /// Sets the namespace of one object and what else holds a namespace in it.
    pub(super) fn apply(&self, resource: &mut Resource, schemas: &BuildSchemas) -> Result<()> {
        let (is_v1, is_cluster_scoped) = (text_at(&resource.node, "apiVersion") == "v1", resource.id(schemas).is_cluster_scoped);
        let is_role_binding = matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding");
        let origin = self.origin();
        let mut set = |node: &mut Node| self.set(node);
        if !is_cluster_scoped {
            FieldSpec::new("metadata/namespace", true).apply(&mut resource.node, Make::Text, &origin, &mut set)?;
        }
        if is_role_binding {
            self.subjects(&mut resource.node)?;
        }
        for spec in &self.specs {
            let is_of_binding = matches!(spec.gvk.kind.as_ref(), "RoleBinding" | "ClusterRoleBinding")
                && spec.path.as_ref() == "subjects/namespace";
            let is_done = spec.path.as_ref() == "metadata/namespace" || !is_v1 && spec.path.as_ref() == "metadata/name";
            if is_done || is_role_binding && is_of_binding {
                continue;
            }
            spec.apply(&mut resource.node, Make::Text, &origin, &mut set)?;
        }
        Ok(())
    }

    fn subjects(&self, object: &mut Node) -> Result<()> {
        let (key, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::NamedDefault => ("name", "default"),
            Subjects::AllServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = object.get("subjects").filter(|subjects| !subjects.is_null()) else { return Ok(()) };
        fields::expect_list(subjects)?;
        let mut moved = Vec::new();
        for (at, subject) in subjects.items().iter().enumerate() {
            let Some(found) = fields::field(subject, key)? else { continue };
            fields::expect_scalar(found)?;
            if !found.is_null() && fields::value_of(found) == wanted {
                moved.push(at);
            }
        }
        for at in moved {
            let trace = Trace::new(self.origin());
            let items = object.get_mut("subjects").and_then(Node::items_mut).expect("looked at above");
            let empty = Node::scalar("", Tag::None, trace);
            if let Some(namespace) = fields::field_or_create(&mut items[at], "namespace", empty)? {
                self.set(namespace)?;
            }
        }
        Ok(())
    }
}
