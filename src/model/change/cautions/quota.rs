//! A ResourceQuota that what git declares for its namespace no longer fits in: the API server refuses the pods that are too many.
//!
//! Only what is sure to be used counts: the pods of Deployments, StatefulSets and ReplicaSets that no autoscaler scales. Source: kubernetes
//! v1.36 `pkg/quota/v1/evaluator/core/pods.go` (`podComputeUsageHelper`).

use super::query::{CautionQuery, Placed, is};
use super::{FoundCautions, pods};
use crate::domain::quantity;
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;
use crate::render::id::meta_text;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for after in query.changes.iter().filter_map(|change| change.applied()) {
        if is(after.node(), kinds::RESOURCE_QUOTA) {
            one(query, after, found);
        } else if pods::template(after.node()).is_some() {
            query.in_namespace(after, kinds::RESOURCE_QUOTA, true).for_each(|quota| one(query, quota, found));
        }
    }
}

fn one<'a>(query: &CautionQuery<'a>, quota: Placed<'a>, found: &mut FoundCautions) {
    let before = pods::other_side(query, quota, false);
    for (resource, limit) in exceeded(query, quota, true) {
        let was_so = before.is_some_and(|before| exceeded(query, before, false).iter().any(|(known, _)| *known == resource));
        if !was_so {
            let namespace = meta_text(quota.node(), "namespace");
            let quota = shown(quota.node());
            found.say(format!(
                "the pods of namespace {namespace} ask for more {resource} than {quota} allows ({limit}): some are refused"
            ));
        }
    }
}

/// What is used up by more than there is, with how much there is.
fn exceeded(query: &CautionQuery<'_>, quota: Placed<'_>, is_after: bool) -> Vec<(String, String)> {
    let node = quota.node();
    // a quota with scopes counts some of the pods
    if ["scopes", "scopeSelector"].iter().any(|key| node.at(&["spec", key]).is_some()) {
        return Vec::new();
    }
    let namespace = meta_text(node, "namespace");
    let of_namespace = query.beside(quota.build, is_after).filter(|other| meta_text(other.node(), "namespace") == namespace);
    let all: Vec<_> =
        of_namespace.filter_map(|other| Some((pods::spec(other.node())?, pods::count(query, other, is_after)?))).collect();
    let hard = node.at(&["spec", "hard"]).map(Node::entries).unwrap_or_default();
    let is_exceeded = |resource: &str, limit: &str| {
        let used: Option<i128> = all.iter().map(|(spec, count)| usage(spec, resource)?.checked_mul(i128::from(*count))).sum();
        used.zip(quantity::parse(limit)).is_some_and(|(used, limit)| used > limit)
    };
    let entries = hard.iter().filter_map(|entry| Some((entry.key.text()?, entry.value.text()?)));
    let found = entries.filter(|(resource, limit)| is_exceeded(resource, limit));
    found.map(|(resource, limit)| (resource.to_owned(), limit.to_owned())).collect()
}

/// What one pod uses at least; none for what is not of pods.
fn usage(spec: &Node, resource: &str) -> Option<i128> {
    if resource == "pods" || resource == "count/pods" {
        return quantity::parse("1");
    }
    let (list, resource) = match resource.split_once('.') {
        Some((list @ ("requests" | "limits"), resource)) => (list, resource),
        None if matches!(resource, "cpu" | "memory") => ("requests", resource),
        _ => return None,
    };
    let containers = spec.get("containers").map(Node::items).unwrap_or_default();
    Some(containers.iter().filter_map(|container| pods::asks(container, list, resource)).sum())
}
