//! The identity of a cluster across runs, as text.

use serde::{Deserialize, Serialize};

use super::identity::Uid;

/// The identity of a cluster across runs: a [`super::ClusterId`] is only an index in this run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterKey {
    /// The uid of the namespace `kube-system`, which lives as long as its cluster; none where it may not be read.
    pub uid: Option<Uid>,
    /// The URL of the API server, as the kubeconfig writes it.
    pub server: String,
}

impl ClusterKey {
    /// Whether both mean the same cluster. Two uids decide, since a URL may lead to another cluster later; otherwise the URL does.
    /// An empty key equals no other.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.uid, other.uid) {
            (Some(own), Some(others)) => own == others,
            _ => !self.server.is_empty() && self.server == other.server,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_uids_decide_and_else_the_server_does() {
        let key = |uid: Option<u128>, server: &str| ClusterKey { uid: uid.map(Uid), server: server.into() };
        for (one, other, expected) in [
            (key(Some(1), "https://a"), key(Some(1), "https://b"), true),
            (key(Some(1), "https://a"), key(Some(2), "https://a"), false),
            (key(Some(1), "https://a"), key(None, "https://a"), true),
            (key(None, "https://a"), key(None, "https://b"), false),
            (key(Some(1), ""), key(None, ""), false),
            (key(None, ""), key(None, ""), false),
        ] {
            assert_eq!(one.is_same(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.is_same(&one), expected, "{other:?} {one:?}");
        }
    }
}
