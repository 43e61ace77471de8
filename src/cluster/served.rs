//! Which kinds a cluster serves, in which versions, under which paths.

use std::collections::BTreeMap;

use fluxdeck_model::domain::GroupKind;
use fluxdeck_model::kinds::Kind;

/// One kind as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub namespaced: bool,
    /// Whether it can be watched, and not only listed.
    pub watchable: bool,
}

impl Served {
    /// The path of its collection, cluster-wide or in one namespace.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }
}

/// All kinds that a cluster serves.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Versions of a kind, the group's preferred one first.
    pub(super) kinds: BTreeMap<GroupKind, Vec<Served>>,
    pub kubernetes: String,
}

impl Catalog {
    /// Returns how a kind is served: in the newest version that we can read, else in the server's preferred one.
    ///
    /// Group preference is not enough: Alert lives in v1beta3 of a group whose v1 has Receiver.
    pub fn find(&self, gk: &GroupKind, kind: &Kind) -> Option<&Served> {
        let served = self.kinds.get(gk)?;
        let known = kind.versions.iter().filter(|_| !kind.kind.is_empty());
        known.filter_map(|version| served.iter().find(|served| served.version == **version)).next().or_else(|| served.first())
    }

    /// Returns how a kind is served in exactly this version.
    pub fn exactly(&self, gk: &GroupKind, version: &str) -> Option<&Served> {
        self.kinds.get(gk)?.iter().find(|served| served.version == version)
    }

    /// All kinds that can be listed.
    pub fn kinds(&self) -> impl Iterator<Item = &GroupKind> {
        self.kinds.keys()
    }
}
