//! Versions that are gone.

use super::{Finding, Findings, Level, Rule};
use crate::insight::named::{group, shown};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::kinds;
use crate::render::id::text_at;
use crate::render::repository::Repository;

pub(super) static RULE: Rule =
    Rule { name: "api-version", doc: "a version that the newest Flux no longer serves", look: Some(versions) };

/// Versions that the newest Flux no longer serves.
fn versions(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, object) in super::proven(repository) {
        let node = &object.node;
        let group = group(node);
        let Some(kind) = kinds::find(group, text_at(node, "kind")).filter(|kind| kind.is_flux()) else { continue };
        // the newest that we read is what Flux 2.9 serves
        let served = kind.versions[0];
        let version = text_at(node, "apiVersion").rsplit('/').next().unwrap_or_default();
        if version != served {
            let say = |name: &str| format!("{name}: Flux 2.9 does not serve {group}/{version}");
            let origin = node.get("apiVersion").unwrap_or(node).origin();
            let found = Finding::about(Level::Error, &RULE, shown(node), say).hint(format!("write {group}/{served}")).at(origin);
            findings.add(found, Some(called(repository, place)));
        }
    }
}
