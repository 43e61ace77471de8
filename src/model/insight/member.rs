//! The Kustomizations of a repository as people name them.

use crate::domain::text::nearest;
use crate::error::{Error, Result};
use crate::render::flux;
use crate::render::repository::{MemberIndex, Repository};

/// The members that a `[CLUSTER/]NAMESPACE/NAME` means.
///
/// # Errors
/// No member matches.
pub fn members(repository: &Repository, wanted: &str) -> Result<Vec<MemberIndex>> {
    let is_meant = |place: &MemberIndex| {
        let cluster = &repository.clusters[place.cluster];
        let (spec, root) = (&cluster.members[place.member].spec, &cluster.members[0].spec);
        let id = spec.id();
        wanted == id || wanted == format!("{}/{id}", cluster.name) || wanted == format!("{}/{id}", flux::folder(&root.path))
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

/// `CLUSTER/NAMESPACE/NAME`, with the path of the cluster where its name alone is not enough.
pub fn full(repository: &Repository, place: MemberIndex) -> String {
    let cluster = &repository.clusters[place.cluster];
    let is_alone = repository.clusters.iter().filter(|other| other.name == cluster.name).count() == 1;
    let id = cluster.members[place.member].spec.id();
    if is_alone { format!("{}/{id}", cluster.name) } else { format!("{}/{id}", flux::folder(&cluster.members[0].spec.path)) }
}
