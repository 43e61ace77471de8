//! Roles that allow more, and bindings that give a role to more.
//!
//! Source: kubernetes `component-helpers/auth/rbac/validation/policy_comparator.go` (`Covers`), `pkg/apis/rbac/v1/evaluation_helpers.go`
//! (`ResourceMatches`: `*` and `*/SUBRESOURCE`), `pkg/controller/clusterroleaggregation` (a role with such a label widens others).

use std::collections::BTreeMap;

use super::query::{CautionQuery, ObjectChange, is, text_of};
use super::refused::is_refused;
use super::{FoundCautions, listed};
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;
use crate::render::id::{meta_text, text_at};

const AGGREGATED: &str = "rbac.authorization.k8s.io/aggregate-to-";

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for change in &query.changes {
        let Some(after) = change.applied() else { continue };
        let node = after.node();
        if is(node, kinds::ROLE) || is(node, kinds::CLUSTER_ROLE) {
            found_role(change, node, found);
        }
        if (is(node, kinds::ROLE_BINDING) || is(node, kinds::CLUSTER_ROLE_BINDING))
            && !change.both().is_some_and(|(before, after)| is_refused(query, before, after))
        {
            found_binding(change, node, found);
        }
    }
}

/// A role that is new allows nothing until it is bound, or another one takes it in.
fn found_role(change: &ObjectChange<'_>, node: &Node, found: &mut FoundCautions) {
    let labels = node.at(&["metadata", "labels"]).map(Node::entries).unwrap_or_default();
    let mut roles = labels.iter().filter_map(|label| label.key.text()?.strip_prefix(AGGREGATED));
    let before = match (change.before, roles.next()) {
        (Some(before), _) => grants(before.node()),
        (None, Some(_)) => Vec::new(),
        (None, None) => return,
    };
    let mut gained: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for grant in grants(node).into_iter().filter(|grant| !before.iter().any(|known| known.covers(grant))) {
        let verbs = gained.entry(grant.target()).or_default();
        if !verbs.contains(&grant.verb) {
            verbs.push(grant.verb);
        }
    }
    let gained: Vec<_> = gained.into_iter().map(|(target, verbs)| format!("{} {target}", verbs.join("/"))).collect();
    if !gained.is_empty() {
        found.say(format!("{} allows more: {}", shown(node), listed(&gained, "other right")));
    }
}

/// One verb on one resource, or on one path.
struct Grant {
    group: String,
    /// A path where `is_path`.
    resource: String,
    is_path: bool,
    /// Empty for whatever name.
    name: String,
    verb: String,
}

impl Grant {
    fn covers(&self, other: &Self) -> bool {
        let any = |own: &str, other: &str| own == "*" || own == other;
        let is_sub = || other.resource.split_once('/').is_some_and(|(_, sub)| self.resource == format!("*/{sub}"));
        let is_below = || self.is_path && self.resource.strip_suffix('*').is_some_and(|start| other.resource.starts_with(start));
        self.is_path == other.is_path
            && any(&self.verb, &other.verb)
            && any(&self.group, &other.group)
            && (any(&self.resource, &other.resource) || is_sub() || is_below())
            && (self.name.is_empty() || self.name == other.name)
    }

    /// `deployments.apps`, `secrets "token"`.
    fn target(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let name = if self.name.is_empty() { String::new() } else { format!(" \"{}\"", self.name) };
        format!("{}{group}{name}", self.resource)
    }
}

fn grants(role: &Node) -> Vec<Grant> {
    let mut found = Vec::new();
    for rule in role.get("rules").map(Node::items).unwrap_or_default() {
        let texts = |key: &str| -> Vec<String> {
            let items = rule.get(key).map(Node::items).unwrap_or_default();
            items.iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        let names = Some(texts("resourceNames")).filter(|names| !names.is_empty()).unwrap_or_else(|| vec![String::new()]);
        for verb in texts("verbs") {
            let path = |path: String| Grant {
                group: String::new(),
                resource: path,
                is_path: true,
                name: String::new(),
                verb: verb.clone(),
            };
            found.extend(texts("nonResourceURLs").into_iter().map(path));
            for (group, resource) in
                texts("apiGroups").iter().flat_map(|group| texts("resources").into_iter().map(move |one| (group, one)))
            {
                let one = |name: &String| Grant {
                    group: group.clone(),
                    resource: resource.clone(),
                    is_path: false,
                    name: name.clone(),
                    verb: verb.clone(),
                };
                found.extend(names.iter().map(one));
            }
        }
    }
    found
}

/// Subjects that did not have the role before.
fn found_binding(change: &ObjectChange<'_>, node: &Node, found: &mut FoundCautions) {
    let role = |node: &Node| format!("{} {}", text_of(node, &["roleRef", "kind"]), text_of(node, &["roleRef", "name"]));
    let had = match change.before {
        Some(before) if role(before.node()) == role(node) => subjects(before.node()),
        _ => Vec::new(),
    };
    let gained: Vec<_> = subjects(node).into_iter().filter(|subject| !had.contains(subject)).collect();
    if !gained.is_empty() {
        let place = match meta_text(node, "namespace") {
            "" => " in the whole cluster".to_owned(),
            namespace => format!(" in namespace {namespace}"),
        };
        found.say(format!("{} gives {} the rights of {}{place}", shown(node), listed(&gained, "other subject"), role(node)));
    }
}

/// `ServiceAccount web/deployer`, `Group admins`.
fn subjects(binding: &Node) -> Vec<String> {
    let one = |subject: &Node| match text_at(subject, "namespace") {
        "" => format!("{} {}", text_at(subject, "kind"), text_at(subject, "name")),
        namespace => format!("{} {namespace}/{}", text_at(subject, "kind"), text_at(subject, "name")),
    };
    binding.get("subjects").map(Node::items).unwrap_or_default().iter().map(one).collect()
}
