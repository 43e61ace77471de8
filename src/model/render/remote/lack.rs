//! What a build does not know, where a remote resource is not there.

use super::super::node::Text;

/// Objects that a build should have and has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lack {
    /// The first address that some of them are of; none where nothing is missing.
    pub address: Option<Text>,
    /// They may have other names than those by which files refer to them: a prefix, a suffix, a hash.
    pub renames: bool,
    /// They may be in other namespaces than files say.
    pub moves: bool,
}

impl Lack {
    /// Of a list of manifests, which are called as they are called.
    pub fn of_file(address: &Text) -> Self {
        Self { address: Some(address.clone()), ..Self::default() }
    }

    /// Of a kustomization, which may rename everything.
    pub fn of_kustomization(address: &Text) -> Self {
        Self { renames: true, moves: true, ..Self::of_file(address) }
    }

    pub fn is_nothing(&self) -> bool {
        self.address.is_none()
    }

    /// Both together.
    pub fn join(&mut self, other: Self) {
        let is_something = !other.is_nothing();
        self.address = self.address.take().or(other.address);
        self.renames |= is_something && other.renames;
        self.moves |= is_something && other.moves;
    }

    /// What a kustomization above does to names and namespaces, it does to these as well.
    pub fn pass(&mut self, renames: bool, moves: bool) {
        if !self.is_nothing() {
            self.renames |= renames;
            self.moves |= moves;
        }
    }
}
