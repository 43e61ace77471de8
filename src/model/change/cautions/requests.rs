//! A container that asks for more than its limit: the API server refuses the object, or the pods that it makes.
//!
//! Source: kubernetes v1.36 `pkg/apis/core/validation/validation.go` (`ValidateContainerResourceRequirements`: "must be less than or equal to").

use std::collections::BTreeSet;

use super::query::{CautionQuery, text_of};
use super::{FoundCautions, pods};
use crate::domain::quantity;
use crate::insight::named::shown;
use crate::render::Node;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for change in &query.changes {
        let Some(after) = change.applied() else { continue };
        let known = change.before.map(|before| above(before.node())).unwrap_or_default();
        for rule in above(after.node()).difference(&known) {
            found.say(format!("{}: {rule}: the API server refuses it", shown(after.node())));
        }
    }
}

/// `more memory is requested in container web than its limit allows`.
fn above(node: &Node) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, container) in pods::spec(node).into_iter().flat_map(pods::containers) {
        for entry in container.at(&["resources", "requests"]).map(Node::entries).unwrap_or_default() {
            let Some(resource) = entry.key.text() else { continue };
            let asked = entry.value.text().and_then(quantity::parse);
            let limit = quantity::parse(text_of(container, &["resources", "limits", resource]));
            if asked.zip(limit).is_some_and(|(asked, limit)| asked > limit) {
                found.insert(format!("more {resource} is requested in container {name} than its limit allows"));
            }
        }
    }
    found
}
