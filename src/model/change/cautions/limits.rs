//! A LimitRange that a container or a claim no longer fits in: the API server refuses the pods, or the claim.
//!
//! Source: kubernetes v1.36 `plugin/pkg/admission/limitranger/admission.go` (`PodValidateLimitFunc`, `PersistentVolumeClaimValidateLimitFunc`;
//! what is not set has the defaults of the range, which fit).

use super::query::{CautionQuery, Placed, is, text_of};
use super::{FoundCautions, pods};
use crate::domain::quantity;
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;
use crate::render::id::meta_text;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for after in query.changes.iter().filter_map(|change| change.applied()) {
        if is(after.node(), kinds::LIMIT_RANGE) {
            let namespace = |of: Placed<'_>| meta_text(of.node(), "namespace").to_owned();
            let all = query.beside(after.build, true).filter(|other| namespace(*other) == namespace(after));
            all.for_each(|object| one(query, after, object, found));
        } else if pods::template(after.node()).is_some() || is(after.node(), kinds::PERSISTENT_VOLUME_CLAIM) {
            query.in_namespace(after, kinds::LIMIT_RANGE, true).for_each(|range| one(query, range, after, found));
        }
    }
}

/// Says what did not hold before.
fn one<'a>(query: &CautionQuery<'a>, range: Placed<'a>, object: Placed<'a>, found: &mut FoundCautions) {
    let broken = broken(range.node(), object.node());
    if broken.is_empty() {
        return;
    }
    let earlier = pods::other_side(query, range, false).zip(pods::other_side(query, object, false));
    let known = earlier.map(|(range, object)| self::broken(range.node(), object.node())).unwrap_or_default();
    let what = if is(object.node(), kinds::PERSISTENT_VOLUME_CLAIM) { "it is refused" } else { "its pods are refused" };
    for rule in broken.into_iter().filter(|rule| !known.contains(rule)) {
        found.say(format!("{}: {rule} than {} allows: {what}", shown(object.node()), shown(range.node())));
    }
}

/// `more memory in web`: the limits of a range that an object does not keep to.
fn broken(range: &Node, object: &Node) -> Vec<String> {
    let mut found = Vec::new();
    for limit in range.at(&["spec", "limits"]).map(Node::items).unwrap_or_default() {
        match text_of(limit, &["type"]) {
            "Container" => {
                let containers = pods::spec(object).into_iter().flat_map(pods::containers);
                containers.for_each(|(name, container)| of_one(limit, container, &format!(" in container {name}"), &mut found));
            }
            kind if kind == kinds::PERSISTENT_VOLUME_CLAIM.kind && is(object, kinds::PERSISTENT_VOLUME_CLAIM) => {
                object.get("spec").into_iter().for_each(|spec| of_one(limit, spec, "", &mut found));
            }
            _ => {}
        }
    }
    found
}

fn of_one(limit: &Node, container: &Node, place: &str, found: &mut Vec<String>) {
    for (key, word) in [("max", "more"), ("min", "less")] {
        for entry in limit.get(key).map(Node::entries).unwrap_or_default() {
            let (Some(resource), Some(bound)) = (entry.key.text(), entry.value.text().and_then(quantity::parse)) else {
                continue;
            };
            let mut asked = ["requests", "limits"].into_iter().filter_map(|list| pods::asks(container, list, resource));
            if asked.any(|asked| if key == "max" { asked > bound } else { asked < bound }) {
                found.push(format!("{word} {resource}{place}"));
            }
        }
    }
}
