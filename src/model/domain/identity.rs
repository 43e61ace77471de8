//! The identity of an object. Names are never joined into strings and never compared alone.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Text shared between records: cloning is a counter, not a copy.
pub type Str = Arc<str>;

/// Which cluster of the run an object belongs to: an index into `State.clusters`. It means nothing in another run, so it is never
/// written down; [`super::ClusterKey`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub u16);

/// An API group and a kind. The version is not part of the identity: the same object is served in several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKind {
    pub group: Str,
    pub kind: Str,
}

impl GroupKind {
    pub fn new(group: impl Into<Str>, kind: impl Into<Str>) -> Self {
        Self { group: group.into(), kind: kind.into() }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.group {
            "" => f.write_str(&self.kind),
            group => write!(f, "{}.{group}", self.kind),
        }
    }
}

/// The identity of one object. Shared: the store, its index and the record hold one between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef(Arc<Identity>);

/// What makes an object itself: cluster, group, kind, namespace (empty when cluster-scoped) and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Not stored: a reference that is read back belongs to the first cluster until it is [`ObjectRef::moved`] to its own.
    #[serde(skip)]
    pub cluster: ClusterId,
    pub gk: GroupKind,
    pub namespace: Str,
    pub name: Str,
}

impl std::ops::Deref for ObjectRef {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl ObjectRef {
    pub fn new(cluster: ClusterId, gk: GroupKind, namespace: impl Into<Str>, name: impl Into<Str>) -> Self {
        Self(Arc::new(Identity { cluster, gk, namespace: namespace.into(), name: name.into() }))
    }

    /// The same object in that cluster: for references that another run has stored.
    pub fn moved(&self, cluster: ClusterId) -> Self {
        if self.cluster == cluster {
            return self.clone();
        }
        Self(Arc::new(Identity { cluster, ..Identity::clone(&self.0) }))
    }

    /// `namespace/name`, or the name alone for cluster-scoped objects.
    pub fn path(&self) -> String {
        match &*self.namespace {
            "" => self.name.to_string(),
            namespace => format!("{namespace}/{}", self.name),
        }
    }
}

impl fmt::Display for ObjectRef {
    /// `Kind namespace/name`, as the screens write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.namespace {
            "" => write!(f, "{} {}", self.gk.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.gk.kind, self.name),
        }
    }
}

/// `metadata.uid`. Kubernetes writes RFC 4122 text; anything else (fixtures) is folded to 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Uid(pub u128);

/// The text of `metadata.uid` as Kubernetes writes it: lower case, in groups of 8, 4, 4, 4 and 12.
impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl Serialize for Uid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

impl Uid {
    pub fn parse(text: &str) -> Self {
        let hex = text.chars().filter(|c| *c != '-');
        if text.len() == 36 && hex.clone().count() == 32 && hex.clone().all(|c| c.is_ascii_hexdigit()) {
            return Self(hex.fold(0, |acc, c| acc << 4 | u128::from(c.to_digit(16).unwrap_or(0))));
        }
        // FNV-1a, 128 bits
        Self(text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |acc: u128, byte| {
            (acc ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_its_number() {
        assert_eq!(Uid::parse("00000000-0000-0000-0000-0000000000ff"), Uid(255));
        assert_ne!(Uid::parse("web-1"), Uid::parse("web-2"));
        assert_eq!(Uid::parse("6a2f41a3-c54c-fce8-32d2-0324e1c32e22").to_string(), "6a2f41a3-c54c-fce8-32d2-0324e1c32e22");
    }

    #[test]
    fn a_reference_is_written_without_the_cluster_of_the_run() {
        let own = ObjectRef::new(ClusterId(3), GroupKind::new("", "Pod"), "apps", "web");
        let text = serde_json::to_string(&own).expect("it can be written");
        let read: ObjectRef = serde_json::from_str(&text).expect("and read");

        assert!(!text.contains("cluster"), "{text}");
        assert_eq!((read.cluster, read.moved(ClusterId(3))), (ClusterId(0), own));
    }

    #[test]
    fn a_cluster_scoped_reference_has_no_slash() {
        let gk = GroupKind::new("", "Namespace");

        assert_eq!(ObjectRef::new(ClusterId(0), gk, "", "web").to_string(), "Namespace web");
    }
}
