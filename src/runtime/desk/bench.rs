//! What the thread of a repository owns: its git, and what was built of it.

use super::super::remotes::RemoteStore;
use crate::git::Checkout;
use fluxdeck_model::error::Result;
use fluxdeck_model::render::repository::{BuildRequest, Builder, Member};

/// A repository on a thread of its own. What leaves it is data that holds nothing of it.
pub struct Bench {
    pub checkout: Checkout,
    pub builder: Builder,
    /// What is known of remote resources.
    pub remotes: RemoteStore,
}

impl Bench {
    pub fn new(checkout: Checkout, remotes: RemoteStore) -> Self {
        Self { checkout, builder: Builder::default(), remotes }
    }

    /// Builds one Kustomization at a commit, as its cluster has it. One that cannot be built is an answer.
    ///
    /// # Errors
    /// The commit is not there, or cannot be read.
    pub fn one(&mut self, commit: &str, request: &BuildRequest) -> Result<Member> {
        let Self { checkout, builder, remotes } = self;
        let view = checkout.view(Some(commit))?;
        remotes.complete(builder, |builder| Ok(builder.one(view.tree(), request)?), |member, look| look(&member.remotes))
    }

    /// About how many bytes of memory it takes: a thread and open files, and what is kept of builds.
    pub fn weight(&self) -> usize {
        const OPEN: usize = 1 << 20;
        OPEN + self.builder.weight()
    }
}
