//! A version with another major number: its author says that it is not compatible with the one before (semver.org, 8), or that one goes back
//! to it.

use super::FoundCautions;
use super::query::{CautionQuery, is, text_of};
use crate::change::ways::image_parts;
use crate::domain::version::order;
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for (before, after) in query.changes.iter().filter_map(|change| change.both()) {
        for (what, new) in versions(after.node()) {
            let old = versions(before.node()).into_iter().find(|(known, _)| *known == what).map(|(_, old)| old);
            let Some((old, from, to)) = old.and_then(|old| Some((old, order(old)?, order(new)?))) else { continue };
            let step = match from.major.cmp(&to.major) {
                std::cmp::Ordering::Less => "a new major version, which may not be compatible",
                std::cmp::Ordering::Greater => "a major version back: what the newer one has changed may not be readable",
                std::cmp::Ordering::Equal => continue,
            };
            found.say(format!("{}: {what} {old} -> {new} is {step}", shown(after.node())));
        }
    }
}

/// What an object names, with its version.
fn versions(node: &Node) -> Vec<(String, &str)> {
    let text = |path: &[&str]| text_of(node, path);
    let chart = |path: &[&str]| {
        let at = |key: &'static str| text_of(node, &[path, &[key][..]].concat());
        vec![(format!("chart {}", at("chart")), at("version"))]
    };
    match () {
        () if is(node, kinds::HELM_RELEASE) => chart(&["spec", "chart", "spec"]),
        () if is(node, kinds::HELM_CHART) => chart(&["spec"]),
        () if is(node, kinds::OCI_REPOSITORY) => vec![("artifact".to_owned(), text(&["spec", "ref", "tag"]))],
        () => {
            let containers = super::pod_spec(node).into_iter().flat_map(super::containers);
            let images = containers.map(|(name, container)| (name, image_parts(text_of(container, &["image"]))));
            images.map(|(name, [image, tag, _])| (format!("image {image} of container {name}"), tag)).collect()
        }
    }
}
