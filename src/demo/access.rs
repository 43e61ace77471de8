//! Who may do what: RBAC as kube-apiserver evaluates it (`plugin/pkg/auth/authorizer/rbac`), from the cluster's own objects.
//!
//! Three users stand at the door: an administrator, a developer of two namespaces, a viewer of everything. What they may do is written
//! in roles and bindings like those of any cluster, so that a binding that is added or taken away counts at once.

use serde_json::{Value, json};

use super::objects::{Store, list, text};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub groups: Vec<String>,
}

impl User {
    fn new(name: &str, group: &str) -> Self {
        Self { name: name.to_owned(), groups: vec![group.to_owned(), "system:authenticated".to_owned()] }
    }

    /// May do everything.
    pub fn admin() -> Self {
        Self::new("admin", "system:masters")
    }

    /// May look into the namespaces `web` and `shop`.
    pub fn developer() -> Self {
        Self::new("developer", "developers")
    }

    /// May look at everything and change nothing.
    pub fn viewer() -> Self {
        Self::new("viewer", "viewers")
    }
}

/// What somebody wants to do.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// The plural; empty for a path that is no resource.
    pub resource: &'a str,
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl Attempt<'_> {
    /// `User "ana" cannot list resource "pods" in API group "" in the namespace "web"`.
    pub fn refused(&self, user: &User) -> String {
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        format!(
            "User \"{}\" cannot {} resource \"{}{slash}{}\" in API group \"{}\" {place}",
            user.name, self.verb, self.resource, self.subresource, self.group
        )
    }
}

/// Says why an attempt is allowed; nothing when it is not.
pub(super) fn allowed(store: &Store, user: &User, attempt: &Attempt) -> Option<String> {
    if user.groups.iter().any(|group| group == "system:masters") {
        return Some(String::new());
    }
    // everybody may ask what he may do (ClusterRole `system:basic-user`)
    if attempt.resource.starts_with("selfsubject") && attempt.verb == "create" {
        return Some(String::new());
    }
    let granted = granted(store, user, attempt.namespace);
    granted
        .into_iter()
        .find(|(_, rules)| rules.iter().any(|rule| covers(rule, attempt)))
        .map(|(why, _)| format!("RBAC: allowed by {why}"))
}

/// All rules that a user has in a namespace (and in the whole cluster).
pub(super) fn rules(store: &Store, user: &User, namespace: &str) -> Vec<Value> {
    let everything =
        json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]);
    if user.groups.iter().any(|group| group == "system:masters") {
        return list(&everything, "").to_vec();
    }
    granted(store, user, namespace).into_iter().flat_map(|(_, rules)| rules).collect()
}

/// The bindings that count for a user: how the server describes them, and the rules of their roles.
fn granted(store: &Store, user: &User, namespace: &str) -> Vec<(String, Vec<Value>)> {
    let mut found = Vec::new();
    for kind in ["ClusterRoleBinding", "RoleBinding"] {
        let Some(number) = store.kind_of(GROUP, kind) else { continue };
        for (key, binding) in store.of_kind(number) {
            let is_here = key.namespace.is_empty() || (key.namespace == namespace && !namespace.is_empty());
            let Some(subject) = list(binding, "/subjects").iter().find(|subject| is_subject(user, subject, &key.namespace))
            else {
                continue;
            };
            if !is_here {
                continue;
            }
            let (role, name) = (text(binding, "/roleRef/kind"), text(binding, "/roleRef/name"));
            let place = if key.namespace.is_empty() { key.name.clone() } else { format!("{}/{}", key.name, key.namespace) };
            let why =
                format!("{kind} \"{place}\" of {role} \"{name}\" to {} \"{}\"", text(subject, "/kind"), text(subject, "/name"));
            found.push((why, rules_of(store, role, &key.namespace, name)));
        }
    }
    found
}

fn is_subject(user: &User, subject: &Value, namespace: &str) -> bool {
    let name = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => user.name == name,
        "Group" => user.groups.iter().any(|group| group == name),
        "ServiceAccount" => {
            let space = text(subject, "/namespace");
            user.name == format!("system:serviceaccount:{}:{name}", if space.is_empty() { namespace } else { space })
        }
        _ => false,
    }
}

/// The rules of a role, with those of the roles that it aggregates.
fn rules_of(store: &Store, kind: &str, namespace: &str, name: &str) -> Vec<Value> {
    let Some(role) = store.find(GROUP, kind, namespace, name) else { return Vec::new() };
    let mut rules = list(role, "/rules").to_vec();
    for selector in list(role, "/aggregationRule/clusterRoleSelectors") {
        let wished = selector["matchLabels"].as_object().cloned().unwrap_or_default();
        let Some(number) = store.kind_of(GROUP, "ClusterRole") else { continue };
        let is_part = |object: &Value| wished.iter().all(|(label, value)| object["metadata"]["labels"][label] == *value);
        for (key, _) in store.of_kind(number).filter(|(key, object)| key.name != name && is_part(object)) {
            rules.extend(rules_of(store, "ClusterRole", "", &key.name));
        }
    }
    rules
}

fn covers(rule: &Value, attempt: &Attempt) -> bool {
    let has = |field: &str, wished: &str| list(rule, field).iter().any(|value| value == wished || value == "*");
    let full = if attempt.subresource.is_empty() {
        attempt.resource.to_owned()
    } else {
        format!("{}/{}", attempt.resource, attempt.subresource)
    };
    let any = format!("*/{}", attempt.subresource);
    let names = list(rule, "/resourceNames");
    has("/verbs", attempt.verb)
        && has("/apiGroups", attempt.group)
        && (has("/resources", &full)
            || (!attempt.subresource.is_empty() && list(rule, "/resources").iter().any(|value| *value == any)))
        && (names.is_empty() || names.iter().any(|name| name == attempt.name))
}

/// Group and resources of the roles that every cluster has, as far as the fleet's kinds go (the bootstrap policy of Kubernetes 1.36).
const VIEWED: &[(&str, &str)] = &[
    (
        "",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods pods/log pods/status serviceaccounts services services/status limitranges namespaces namespaces/status resourcequotas resourcequotas/status events",
    ),
    (
        "apps",
        "daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
    ),
    ("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    ("batch", "cronjobs cronjobs/status jobs jobs/status"),
    ("networking.k8s.io", "ingresses ingresses/status networkpolicies"),
    ("policy", "poddisruptionbudgets poddisruptionbudgets/status"),
];
const EDITED: &[(&str, &str)] = &[
    ("", "configmaps events persistentvolumeclaims pods secrets serviceaccounts services"),
    (
        "apps",
        "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
    ),
    ("autoscaling", "horizontalpodautoscalers"),
    ("batch", "cronjobs jobs"),
    ("networking.k8s.io", "ingresses networkpolicies"),
    ("policy", "poddisruptionbudgets"),
];

/// The roles and bindings that a new cluster has before Flux comes: Kubernetes' own roles, and those of the users at the door.
pub(super) fn bootstrap() -> Vec<(&'static str, Value)> {
    const READ: &[&str] = &["get", "list", "watch"];
    const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
    const ALL: &[&str] = &["get", "list", "watch", "create", "delete", "deletecollection", "patch", "update"];
    let rules = |table: &[(&str, &str)], verbs: &[&str]| -> Vec<Value> {
        let rule = |(group, resources): &(&str, &str)| json!({"apiGroups": [group], "resources": resources.split(' ').collect::<Vec<_>>(), "verbs": verbs});
        table.iter().map(rule).collect()
    };
    let part = |name: &str, to: &str, rules: Vec<Value>| {
        let labels = json!({format!("{GROUP}/aggregate-to-{to}"): "true", "kubernetes.io/bootstrapping": "rbac-defaults"});
        ("ClusterRole", json!({"metadata": {"name": name, "labels": labels}, "rules": rules}))
    };
    let whole = |name: &str, of: &str, to: Option<&str>| {
        let mut labels = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
        if let Some(to) = to {
            labels[format!("{GROUP}/aggregate-to-{to}")] = "true".into();
        }
        let selector = json!([{"matchLabels": {format!("{GROUP}/aggregate-to-{of}"): "true"}}]);
        (
            "ClusterRole",
            json!({"metadata": {"name": name, "labels": labels}, "aggregationRule": {"clusterRoleSelectors": selector}}),
        )
    };
    let mut edited = rules(EDITED, WRITE);
    edited.push(json!({"apiGroups": [""], "resources": ["secrets"], "verbs": READ}));
    let roles = json!([{"apiGroups": [GROUP], "resources": ["rolebindings", "roles"], "verbs": ALL}]);
    let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let read = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": READ}, {"nonResourceURLs": ["*"], "verbs": ["get"]}]);
    let binding = |namespace: &str, name: &str, role: &str, group: &str| {
        let kind = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
        let mut binding = json!({
            "metadata": {"name": name},
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": group}],
        });
        if !namespace.is_empty() {
            binding["metadata"]["namespace"] = namespace.into();
        }
        (kind, binding)
    };
    vec![
        ("ClusterRole", json!({"metadata": {"name": "cluster-admin"}, "rules": everything})),
        part("system:aggregate-to-view", "view", rules(VIEWED, READ)),
        part("system:aggregate-to-edit", "edit", edited),
        part("system:aggregate-to-admin", "admin", list(&roles, "").to_vec()),
        whole("view", "view", Some("edit")),
        whole("edit", "edit", Some("admin")),
        whole("admin", "admin", None),
        ("ClusterRole", json!({"metadata": {"name": "viewer"}, "rules": read})),
        binding("", "cluster-admin", "cluster-admin", "system:masters"),
        binding("", "viewers", "viewer", "viewers"),
        binding("web", "developers", "view", "developers"),
        binding("shop", "developers", "view", "developers"),
    ]
}
