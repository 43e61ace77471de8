//! Kinds that the server serves: those that Kubernetes has built in, and those that CustomResourceDefinitions bring.

use serde_json::Value;

use super::text;
use crate::records::Recorded;

/// One kind as it is served.
#[derive(Clone, Debug, Default)]
pub(in crate::demo) struct Kind {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    /// Whether status is written on its own, and a write of the rest leaves it alone.
    pub status: bool,
    pub scale: bool,
    /// Whether a CustomResourceDefinition brings it: then strategic merge patches are not understood.
    pub is_custom: bool,
    /// What `kubectl get` shows of a custom kind.
    pub columns: Vec<Column>,
    /// The schema of a custom kind, where it was recorded.
    pub schema: Value,
    /// Whether the one who recorded the snapshot was refused.
    pub restricted: bool,
    /// Whether it is not served (any more, or not yet): no path leads to it.
    pub is_withdrawn: bool,
}

/// An `additionalPrinterColumns` entry.
#[derive(Clone, Debug, Default)]
pub(in crate::demo) struct Column {
    pub name: String,
    pub kind: String,
    pub priority: i64,
    pub path: String,
}

type BuiltIn = (&'static str, &'static str, &'static str, &'static str, &'static str, bool, bool, &'static str);

/// Group, version, kind, plural, short names, whether namespaced, category `all`, subresources. What the fleet, its playbooks and
/// kubectl's usual commands touch; every one a row of `kubectl api-resources` of Kubernetes 1.36.
const BUILT_IN: &[BuiltIn] = &[
    ("", "v1", "ConfigMap", "configmaps", "cm", true, false, ""),
    ("", "v1", "Event", "events", "ev", true, false, ""),
    ("", "v1", "LimitRange", "limitranges", "limits", true, false, ""),
    ("", "v1", "Namespace", "namespaces", "ns", false, false, "status"),
    ("", "v1", "Node", "nodes", "no", false, false, "status"),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", true, false, "status"),
    ("", "v1", "Pod", "pods", "po", true, true, "status"),
    ("", "v1", "ResourceQuota", "resourcequotas", "quota", true, false, "status"),
    ("", "v1", "Secret", "secrets", "", true, false, ""),
    ("", "v1", "Service", "services", "svc", true, true, "status"),
    ("", "v1", "ServiceAccount", "serviceaccounts", "sa", true, false, ""),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "crd crds", false, false, "status"),
    ("apps", "v1", "DaemonSet", "daemonsets", "ds", true, true, "status"),
    ("apps", "v1", "Deployment", "deployments", "deploy", true, true, "status scale"),
    ("apps", "v1", "ReplicaSet", "replicasets", "rs", true, true, "status scale"),
    ("apps", "v1", "StatefulSet", "statefulsets", "sts", true, true, "status scale"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", true, true, "status"),
    ("batch", "v1", "CronJob", "cronjobs", "cj", true, true, "status"),
    ("batch", "v1", "Job", "jobs", "", true, true, "status"),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", "ing", true, false, "status"),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", true, false, ""),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", true, false, "status"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", false, false, ""),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", false, false, ""),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", "", true, false, ""),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", "", true, false, ""),
];

impl Kind {
    /// All kinds that Kubernetes has built in, as far as we serve them.
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|(group, version, kind, plural, short, namespaced, all, subresources)| Self {
            group: (*group).to_owned(),
            version: (*version).to_owned(),
            kind: (*kind).to_owned(),
            plural: (*plural).to_owned(),
            singular: kind.to_lowercase(),
            short: short.split_whitespace().map(str::to_owned).collect(),
            categories: all.then(|| "all".to_owned()).into_iter().collect(),
            namespaced: *namespaced,
            status: subresources.contains("status"),
            scale: subresources.contains("scale"),
            ..Self::default()
        })
    }

    /// A kind of a snapshot, with what a recorded CustomResourceDefinition says of it.
    pub fn recorded(recorded: &Recorded, definitions: &[Value]) -> Self {
        let mut kind = Self::built_in()
            .find(|kind| kind.group == recorded.group && kind.version == recorded.version && kind.kind == recorded.kind)
            .unwrap_or_else(|| Self {
                group: recorded.group.clone(),
                version: recorded.version.clone(),
                kind: recorded.kind.clone(),
                plural: recorded.plural.clone(),
                singular: recorded.kind.to_lowercase(),
                namespaced: recorded.namespaced,
                status: recorded.objects.iter().any(|object| object.get("status").is_some()),
                is_custom: true,
                ..Self::default()
            });
        kind.restricted = recorded.restricted;
        let is_mine =
            |crd: &&Value| text(crd, "/spec/group") == recorded.group && text(crd, "/spec/names/plural") == recorded.plural;
        if let Some(definition) = definitions.iter().find(is_mine) {
            kind.define(definition);
        }
        kind
    }

    /// Takes names, columns, subresources and the schema from a CustomResourceDefinition.
    fn define(&mut self, definition: &Value) {
        let names =
            |pointer: &str| list(definition, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        self.short = names("/spec/names/shortNames");
        self.categories = names("/spec/names/categories");
        text(definition, "/spec/names/singular").clone_into(&mut self.singular);
        let versions = list(definition, "/spec/versions");
        let Some(version) = versions.iter().find(|version| text(version, "/name") == self.version) else { return };
        self.status = version.pointer("/subresources/status").is_some();
        self.scale = version.pointer("/subresources/scale").is_some();
        self.schema = version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_default();
        let column = |column: &Value| Column {
            name: text(column, "/name").to_owned(),
            kind: text(column, "/type").to_owned(),
            priority: column["priority"].as_i64().unwrap_or(0),
            path: text(column, "/jsonPath").to_owned(),
        };
        self.columns = list(version, "/additionalPrinterColumns").iter().map(column).collect();
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `plural.group`, as messages of the server name it.
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

/// The elements of a list in an object; none where there is no list.
pub(in crate::demo) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
