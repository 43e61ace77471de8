//! Objects that are applied twice.

use std::collections::BTreeMap;

use super::{Finding, Findings, Key, Level, Rule, key};
use crate::insight::named::shown;
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::flux::Applied;
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
            if cluster.members[place.member].spec.is_remote {
                continue;
            }
            // a name that only the cluster knows cannot be compared
            if ["name", "namespace"].iter().any(|key| is_unproven(meta_text(&object.node, key))) {
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
