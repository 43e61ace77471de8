//! The identity of an object: group, version, kind, name, namespace; and which objects a selector matches. Source: kyaml v0.21.1
//! `resid/gvk.go`, `resid/resid.go`.

use std::fmt;

use super::node::{Node, Text};
use super::schema::BuildSchemas;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gvk {
    pub group: Text,
    pub version: Text,
    pub kind: Text,
}

impl Gvk {
    pub fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    pub fn of(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self::new(group, version, kind)
    }

    pub fn from_node(node: &Node) -> Self {
        Self::of(text_at(node, "apiVersion"), text_at(node, "kind"))
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Every part that the selector names is the same.
    pub fn is_selected(&self, selector: &Gvk) -> bool {
        let is = |own: &Text, wanted: &Text| wanted.is_empty() || own == wanted;
        is(&self.group, &selector.group) && is(&self.version, &selector.version) && is(&self.kind, &selector.kind)
    }

    /// kustomize's order of kinds (kyaml `Gvk.IsLessThan`).
    pub fn sort_key(&self) -> (i32, String) {
        (rank(&self.kind, ORDER_FIRST, ORDER_LAST), self.sort_text())
    }

    pub fn sort_text(&self) -> String {
        let or = |text: &Text, none: &str| if text.is_empty() { none.to_owned() } else { text.to_string() };
        format!("{}_{}_{}", or(&self.group, "~G"), or(&self.version, "~V"), or(&self.kind, "~K"))
    }
}

/// Negative for kinds that come first, positive for those that come last.
pub fn rank(kind: &str, first: &[&str], last: &[&str]) -> i32 {
    let at = |list: &[&str]| list.iter().position(|name| *name == kind).and_then(|at| i32::try_from(at).ok());
    let count = i32::try_from(first.len()).unwrap_or(i32::MAX);
    match (at(last), at(first)) {
        (Some(at), _) => 1 + at,
        (None, Some(at)) => at - count,
        (None, None) => 0,
    }
}

pub const ORDER_FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

pub const ORDER_LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Text, none: &str| if text.is_empty() { none.to_owned() } else { text.to_string() };
        write!(f, "{}.{}.{}", or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"), or(&self.group, "[noGrp]"))
    }
}

/// Where objects without a namespace are counted to be.
const DEFAULT_NAMESPACE: &str = "default";

/// What kustomize calls the namespace of objects that have none by their kind.
pub const NO_NAMESPACE: &str = "_non_namespaceable_";

#[derive(Clone, Debug, Default)]
pub struct Id {
    pub gvk: Gvk,
    pub name: Text,
    pub namespace: Text,
    /// Known to live outside of namespaces.
    pub is_cluster_scoped: bool,
}

impl Id {
    pub fn new(gvk: Gvk, name: &str, namespace: &str, schemas: &BuildSchemas) -> Self {
        let is_cluster_scoped = schemas.is_certainly_cluster_scoped(&gvk.api_version(), &gvk.kind);
        Self { gvk, name: name.into(), namespace: namespace.into(), is_cluster_scoped }
    }

    pub fn from_node(node: &Node, schemas: &BuildSchemas) -> Self {
        Self::new(Gvk::from_node(node), meta_text(node, "name"), meta_text(node, "namespace"), schemas)
    }

    pub fn effective_namespace(&self) -> &str {
        match (self.is_cluster_scoped, self.namespace.as_ref()) {
            (true, _) => NO_NAMESPACE,
            (false, "") => DEFAULT_NAMESPACE,
            (false, namespace) => namespace,
        }
    }

    pub fn is_same(&self, other: &Id) -> bool {
        self.is_same_namespace(other) && self.is_same_name(other)
    }

    pub fn is_same_namespace(&self, other: &Id) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// Same group, version, kind and name.
    pub fn is_same_name(&self, other: &Id) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    /// What two ids that are the same have in common, as a key of maps.
    pub fn key(&self) -> (Gvk, Text, Text) {
        (self.gvk.clone(), self.name.clone(), self.effective_namespace().into())
    }

    pub fn is_selected_by(&self, selector: &Id) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.is_same_namespace(self))
            && self.gvk.is_selected(&selector.gvk)
    }

    pub fn is_empty(&self) -> bool {
        self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Text, none: &str| if text.is_empty() { none.to_owned() } else { text.to_string() };
        write!(f, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}

/// Whether a path leads to what says who an object is.
pub fn is_identity(path: &[&str]) -> bool {
    matches!(path, ["apiVersion" | "kind"] | ["metadata", "name" | "namespace"])
}

/// The text of a field of the object itself.
pub fn text_at<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}

/// The text of a field of its metadata.
pub fn meta_text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get("metadata").and_then(|meta| meta.get(key)).filter(|value| !value.is_null()).and_then(Node::text).unwrap_or_default()
}
