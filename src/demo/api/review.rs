//! "May I?" and "who am I?": reviews are asked and answered, never kept.

use http::Method;
use serde_json::{Value, json};

use super::discovery::REVIEWS;
use super::{Call, Refusal, Reply, Result};
use crate::demo::access::{self, Attempt};
use crate::demo::objects::text;
use crate::demo::world::Cluster;

pub(super) fn is_review(group: &str, rest: &[&str]) -> bool {
    matches!(rest, [plural] if REVIEWS.iter().any(|(of, _, known)| *of == group && known == plural))
}

pub(super) fn answer(cluster: &Cluster, call: &Call, group: &str, rest: &[&str]) -> Result<Reply> {
    if call.method != Method::POST {
        return Err(Refusal::method());
    }
    let mut review = super::write::parse(call)?;
    let known = REVIEWS.iter().find(|(of, _, plural)| *of == group && *plural == rest[0]).expect("asked before");
    review["apiVersion"] = format!("{group}/v1").into();
    review["kind"] = known.1.into();
    review["status"] = match known.1 {
        "SelfSubjectReview" => json!({"userInfo": {"username": call.user.name, "groups": call.user.groups}}),
        "SelfSubjectAccessReview" => may(cluster, call, &review)?,
        _ => {
            let namespace = text(&review, "/spec/namespace");
            if namespace.is_empty() {
                return Err(Refusal::bad("no namespace on request"));
            }
            let rules = access::rules(&cluster.store, &call.user, namespace);
            let (paths, resources): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.get("nonResourceURLs").is_some());
            json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
        }
    };
    Ok(Reply::Whole(201, review))
}

fn may(cluster: &Cluster, call: &Call, review: &Value) -> Result<Value> {
    let Some(attributes) = review.pointer("/spec/resourceAttributes") else {
        if review.pointer("/spec/nonResourceAttributes").is_some() {
            return Ok(json!({"allowed": true}));
        }
        let why = "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified";
        return Err(Refusal::new(422, "Invalid", format!("SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: {why}")));
    };
    let attempt = Attempt {
        verb: text(attributes, "/verb"),
        group: text(attributes, "/group"),
        resource: text(attributes, "/resource"),
        subresource: text(attributes, "/subresource"),
        namespace: text(attributes, "/namespace"),
        name: text(attributes, "/name"),
    };
    // a snapshot cannot be changed, and what its maker could not list cannot be read
    let is_recorded = |attempt: &Attempt| {
        let restricted =
            |kind: &crate::demo::objects::Kind| kind.group == attempt.group && kind.plural == attempt.resource && kind.restricted;
        matches!(attempt.verb, "get" | "list" | "watch") && !cluster.store.kinds().any(restricted)
    };
    if cluster.is_recording {
        return Ok(json!({"allowed": is_recorded(&attempt)}));
    }
    Ok(match access::allowed(&cluster.store, &call.user, &attempt) {
        Some(why) if why.is_empty() => json!({"allowed": true}),
        Some(why) => json!({"allowed": true, "reason": why}),
        None => json!({"allowed": false}),
    })
}
