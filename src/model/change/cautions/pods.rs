//! The pods that an object makes, as its manifest says them.

use super::query::{CautionQuery, Placed, is, is_same, kind_of, number_at, selects, text_of};
use super::scalers::scaler_of;
use crate::domain::quantity;
use crate::kinds::{self, Trait};
use crate::render::Node;

/// Where kinds keep the template of their pods.
const TEMPLATES: &[&[&str]] = &[&["spec", "template"], &["spec", "jobTemplate", "spec", "template"]];

/// The template; a pod is its own.
pub fn template(node: &Node) -> Option<&Node> {
    if is(node, kinds::POD) {
        return Some(node);
    }
    let kind = kind_of(node)?;
    let has_pods = kind.has(Trait::OwnsPods) || kind.has(Trait::Scales) || is(node, kinds::CRON_JOB);
    TEMPLATES.iter().filter(|_| has_pods).find_map(|path| node.at(path).filter(|template| template.get("spec").is_some()))
}

pub fn spec(node: &Node) -> Option<&Node> {
    template(node)?.get("spec")
}

/// Its containers, those that run first included, with their names.
pub fn containers(spec: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let lists = ["initContainers", "containers"].into_iter().filter_map(|list| spec.get(list));
    lists.flat_map(Node::items).map(|container| (text_of(container, &["name"]), container))
}

/// How many pods an object has: none where an autoscaler decides on it, or its kind does not say it. Source: kubernetes v1.36
/// `pkg/apis/apps/v1/defaults.go` (`replicas` is 1 where it is not set).
pub fn count(query: &CautionQuery<'_>, of: Placed<'_>, is_after: bool) -> Option<i64> {
    let node = of.node();
    let scales = kind_of(node)?.has(Trait::Scales) || is(node, kinds::REPLICA_SET);
    if !scales || query.beside(of.build, is_after).any(|other| scaler_of(other.node(), node).is_some()) {
        return None;
    }
    match node.at(&["spec", "replicas"]) {
        Some(_) => number_at(node, &["spec", "replicas"]),
        None => Some(1),
    }
}

/// What a container asks for: a request that is not set is the limit. Source: kubernetes v1.36 `pkg/apis/core/v1/defaults.go` (`SetDefaults_Pod`).
pub fn asks(container: &Node, list: &str, resource: &str) -> Option<i128> {
    let said = |list: &str| quantity::parse(text_of(container, &["resources", list, resource]));
    said(list).or_else(|| (list == "requests").then(|| said("limits")).flatten())
}

/// The same object on the other side of a change.
pub fn other_side<'a>(query: &CautionQuery<'a>, of: Placed<'a>, is_after: bool) -> Option<Placed<'a>> {
    query.beside(of.build, is_after).find(|other| is_same(other.node(), of.node()))
}

/// Whether a selector of the same namespace fits the pods of an object.
pub fn are_selected(by: &Node, node: &Node) -> bool {
    let labels = template(node).and_then(|template| template.at(&["metadata", "labels"]));
    by.at(&["spec", "selector"]).and_then(|selector| selects(selector, labels)).unwrap_or_default()
}
