//! The oldest Kubernetes that each Flux wants (flux2 `cmd/flux/check.go`, `kubernetesConstraints`, at each minor release).

use crate::domain::version::{self, Version};

/// Minor versions of Flux 2, and of Kubernetes 1.
const TABLE: &[(u64, u64)] = &[(0, 24), (1, 25), (2, 26), (3, 28), (4, 28), (5, 30), (6, 31), (7, 32), (8, 33), (9, 33)];
/// The newest Flux that is known here: what is asked for where none is installed.
pub const NEWEST_FLUX: &str = "2.9";

/// Which Flux is meant, and the minor version of Kubernetes that it wants: of one that is newer than all that are known, the newest of them.
pub fn minimum_for(flux: Option<&str>) -> (String, u64) {
    let (newest, least) = *TABLE.last().expect("the table is not empty");
    let known = flux.and_then(version::read).filter(|version| version.major == 2);
    match known {
        Some(version) if version.minor <= newest => {
            let of = TABLE.iter().find(|(minor, _)| *minor == version.minor).map_or(least, |(_, least)| *least);
            (format!("2.{}", version.minor), of)
        }
        _ => (NEWEST_FLUX.to_owned(), least),
    }
}

/// Whether a server's version is enough: what leads to a release counts as that release (`>=1.33.0-0`). None where it cannot be read.
pub(super) fn is_enough(kubernetes: &str, least: u64) -> Option<bool> {
    let Version { major, minor, .. } = version::read(kubernetes)?;
    Some((major, minor) >= (1, least))
}
