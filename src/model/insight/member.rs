//! The Kustomizations of a repository as people name them.

use crate::domain::text::nearest;
use crate::error::{Error, Result};
use crate::render::repository::{MemberIndex, Repository};

/// The members that a `[CLUSTER/]NAMESPACE/NAME` means.
///
/// # Errors
/// No member matches.
pub fn members(repository: &Repository, wanted: &str) -> Result<Vec<MemberIndex>> {
    let is_meant = |place: &MemberIndex| {
        let cluster = &repository.clusters[place.cluster];
        let id = cluster.members[place.member].spec.id();
        wanted == id || wanted == format!("{}/{id}", cluster.name) || wanted == format!("{}/{id}", cluster.folder)
    };
    let found: Vec<_> = repository.members().map(|(place, _)| place).filter(is_meant).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let mut all: Vec<_> = repository.members().map(|(_, member)| member.spec.id()).collect();
    all.sort();
    all.dedup();
    let hint = match nearest(wanted, &all, 3) {
        Some(near) => format!("did you mean {near}?"),
        None if all.is_empty() => "this repository declares no Flux Kustomization; build a folder with --path".to_owned(),
        None => format!("there are {}", all.join(", ")),
    };
    Err(Error::failed(format!("git declares no Flux Kustomization `{wanted}`"), hint))
}

/// `CLUSTER/NAMESPACE/NAME`.
pub fn full(repository: &Repository, place: MemberIndex) -> String {
    let cluster = &repository.clusters[place.cluster];
    format!("{}/{}", cluster.name, cluster.members[place.member].spec.id())
}
