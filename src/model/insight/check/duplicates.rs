//! Objects that are applied twice.

use std::collections::BTreeMap;

use super::{Finding, Findings, Key, Level, Rule, key};
use crate::insight::named::shown;
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::Node;
use crate::render::flux::{Applied, GROUP};
use crate::render::id::meta_text;
use crate::render::repository::{Extent, MemberIndex, Repository};
use crate::render::unproven::is_unproven;

pub(super) static RULE: Rule =
    Rule { name: "duplicate", doc: "an object that is applied twice in one cluster", look: Some(duplicates) };

/// Objects that two Kustomizations of one cluster apply: each undoes the other.
fn duplicates(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (index, cluster) in repository.clusters.iter().enumerate() {
        // each of its folders may be for a cluster of its own
        if cluster.extent == Extent::Unknown {
            continue;
        }
        let mut seen: BTreeMap<Key, (MemberIndex, &Applied)> = BTreeMap::new();
        for (place, object) in super::proven(repository).filter(|(place, _)| place.cluster == index) {
            let spec = &cluster.members[place.member].spec;
            if spec.is_remote || spec.upkeep.is_some_and(|upkeep| upkeep.is_suspended) {
                continue;
            }
            // a name that only the cluster knows cannot be compared
            if ["name", "namespace"].iter().any(|key| is_unproven(meta_text(&object.node, key))) {
                continue;
            }
            if is_left_alone(&object.node) {
                continue;
            }
            let Some((other, _)) = seen.insert(key(&object.node), (place, object)) else { continue };
            let other = called(repository, other);
            let say = |name: &str| format!("{name} is applied by {other} as well");
            let origin = object.node.at(&["metadata", "name"]).unwrap_or(&object.node).origin();
            let found =
                Finding::about(Level::Error, &RULE, shown(&object.node), say).hint("take it out of one of them").at(origin);
            findings.add(found, Some(called(repository, place)));
        }
    }
}

/// Flux does not apply it, or only where it is not there yet: it undoes nothing. Source: fluxcd/pkg `ssa/utils/meta.go` (labels count as
/// annotations do, in any case).
fn is_left_alone(node: &Node) -> bool {
    let says = |key: &str, value: &str| {
        let path = format!("{GROUP}/{key}");
        let mut said = ["labels", "annotations"].into_iter().filter_map(|map| node.at(&["metadata", map, &path])?.text());
        said.any(|text| text.eq_ignore_ascii_case(value))
    };
    says("reconcile", "disabled") || says("ssa", "Ignore") || says("ssa", "IfNotPresent")
}
