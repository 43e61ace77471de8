//! What Flux v1 alone reads, where git applies only Flux v2: nothing acts on it but programs that git does not show.
//!
//! Sources: fluxcd/flux 1.25 `pkg/cluster/kubernetes/resource/resource.go` (policies), fluxcd/helm-operator 1.4; Flux v2 has nothing of
//! either (its migration guide names what takes their place). Where a Kustomization of Flux does not apply it, nobody knows who does.

use super::query::{CautionQuery, Placed, is, kind_of, text_of};
use super::{FoundCautions, listed, pods};
use crate::change::builds::Build;
use crate::change::image_name;
use crate::insight::named::shown;
use crate::kinds::legacy::{AUTOMATED, IGNORED, TAG, policy_of};
use crate::kinds::{self, Role};
use crate::render::Node;
use crate::render::node::Entry;

/// The programs of Flux v1, as their images and their charts are called.
const SYNCS: &str = "flux";
const RELEASES: &str = "helm-operator";

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for change in &query.changes {
        let Some(after) = change.applied().filter(|after| after.build.spec.is_some()) else { continue };
        let before = change.before.map(|before| before.node());
        let (turned, name) = (turned(before, after.node()), shown(after.node()));
        if let Some((_, first)) = turned.first().filter(|_| !runs(query, after.build, SYNCS)) {
            let keys: Vec<_> = turned.iter().map(|(key, _)| key).collect();
            let keys = listed(&keys, "other annotation");
            let it = if turned.len() == 1 { "it" } else { "them" };
            let text = format!("Flux v2 ignores {it}, and git applies no Flux v1 to the cluster that would read {it}");
            found.say(format!("{keys} of {name}: {text}; in Flux v2 {}", instead(first)));
        }
        if is_release(after.node()) && is_released(change.before, after) && !runs(query, after.build, RELEASES) {
            let text = "and git applies no helm-operator to the cluster that would release it";
            found.say(format!("{name} is of Flux v1, {text}; Flux v2 has a {} of its own", kinds::HELM_RELEASE.kind));
        }
    }
}

/// The policies that are new or others, with their annotations.
fn turned(before: Option<&Node>, after: &Node) -> Vec<(String, String)> {
    let was = |key: &str| before.and_then(|before| before.at(&["metadata", "annotations", key])).and_then(Node::text);
    let one = |entry: &Entry| {
        let key = entry.key.text()?;
        let policy = policy_of(key)?;
        (was(key) != entry.value.text()).then(|| (key.to_owned(), policy))
    };
    after.at(&["metadata", "annotations"]).map(Node::entries).unwrap_or_default().iter().filter_map(one).collect()
}

/// What does it in Flux v2.
fn instead(policy: &str) -> String {
    let automation = kinds::IMAGE_UPDATE_AUTOMATION.kind;
    match policy {
        IGNORED => "it is `kustomize.toolkit.fluxcd.io/reconcile: disabled`".to_owned(),
        policy if policy == AUTOMATED || policy.starts_with(TAG) => {
            format!("an {} and an {automation} do that", kinds::IMAGE_POLICY.kind)
        }
        _ => format!("the {automation} of its image is suspended"),
    }
}

fn is_release(node: &Node) -> bool {
    kind_of(node).is_some_and(|kind| kind.role == Role::Legacy)
}

/// Whether something of its spec changes.
fn is_released(before: Option<Placed<'_>>, after: Placed<'_>) -> bool {
    before.is_none_or(|before| before.json(&["spec"]) != after.json(&["spec"]))
}

/// Whether a program of that name is applied to the same cluster: by its image, or by a chart.
fn runs(query: &CautionQuery<'_>, build: &Build, program: &str) -> bool {
    let is_of_image = |image: &str| image_name(image).rsplit('/').next() == Some(program);
    let is_one = |node: &Node| {
        let containers = pods::spec(node).into_iter().flat_map(pods::containers);
        let mut images = containers.map(|(_, container)| text_of(container, &["image"]));
        let charts = [&["spec", "chart", "spec", "chart"][..], &["spec", "chart", "name"]];
        let is_charted = is(node, kinds::HELM_RELEASE) || is_release(node);
        images.any(is_of_image) || is_charted && charts.iter().any(|path| text_of(node, path) == program)
    };
    query.beside(build, true).any(|other| is_one(other.node()))
}
