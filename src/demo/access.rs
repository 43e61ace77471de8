//! Who may do what: RBAC as kube-apiserver evaluates it (`plugin/pkg/auth/authorizer/rbac`), from the cluster's own objects.
//!
//! There are three users: an administrator, a developer of two namespaces, a viewer of everything. What they may do is written
//! in roles and bindings like those of any cluster, so that a binding that is added or taken away counts at once.

use serde_json::Value;

use super::objects::{Store, list, text};

pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

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

/// A request to authorize.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// The plural; empty for a path that is not a resource.
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
    // all users may ask for their own rights (ClusterRole `system:basic-user`)
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
        let wanted = selector["matchLabels"].as_object().cloned().unwrap_or_default();
        let Some(number) = store.kind_of(GROUP, "ClusterRole") else { continue };
        let is_part = |object: &Value| wanted.iter().all(|(label, value)| object["metadata"]["labels"][label] == *value);
        for (key, _) in store.of_kind(number).filter(|(key, object)| key.name != name && is_part(object)) {
            rules.extend(rules_of(store, "ClusterRole", "", &key.name));
        }
    }
    rules
}

fn covers(rule: &Value, attempt: &Attempt) -> bool {
    let has = |field: &str, wanted: &str| list(rule, field).iter().any(|value| value == wanted || value == "*");
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
