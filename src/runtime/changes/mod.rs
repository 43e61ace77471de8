//! Changes in git: planned for a view or a command, and carried out step by step for their job.
//!
//! ```text
//!  site     which repository, branch and Kustomization: from the cluster, from a checkout, from both
//!  source   what a source object says of its repository
//!  artifact the repository that an artifact is made from: as a person said it, or as the artifact says; kept: what was said
//!  beside   other Kustomizations that read the same repository
//!  plan     the change at a commit: planned, proven, as a patch
//!  manuscript  an object as a text to be edited, or a file that makes it
//!  history  the commits that changed an object: found, read, and taken back
//!  propose  everything that a review shows, and nothing written
//!  ask      what others are asked about a change that is proven: its API server, registries, its forge, programs; charts: HelmReleases, by
//!           helm; packed: their charts, as source-controller packs them
//!  again    the same where the base branch has moved since
//!  competing  open pull requests that change the same
//!  pulls    anyone's pull requests: listed, read with what they do, commented, approved
//!  readers  what other contexts are known to apply of it
//!  forks    the fork of a user who may not push
//!  slot     the branch of the change, and whether it was proposed before
//!  steps    prepare, push, open, look, and what the following asks
//!  access   the forge of a site, with a token
//! ```
//! What follows on what is decided by the job (`state::jobs::change`); nothing here is repeated by itself, but what certainly did nothing.

mod access;
mod again;
mod artifact;
mod ask;
mod beside;
mod charts;
mod competing;
mod forks;
mod history;
mod kept;
mod later;
mod manuscript;
mod packed;
mod plan;
mod propose;
mod pulls;
mod readers;
mod site;
mod slot;
mod source;
mod steps;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::desk::Desk;
use super::published::Offers;
use super::repositories::Repositories;
use crate::cluster::Connection;
use crate::config;
use crate::credentials::Keyring;
use crate::demo::Company;
use crate::forges::{Kind, Network};
use crate::programs::Remote;
use fluxdeck_model::change::ChangeSite;
use fluxdeck_model::state::jobs::{Change, ChangeOutcome, ChangeStep};

pub use ask::{Answered, Asking, FilesHere};
pub use history::resolved;
pub use kept::Kept;
pub use plan::{AppliedBuilds, Planned, meant, opening, outcome, planned};
pub(super) use pulls::{AppliedHere, shown};
pub(super) use readers::place;
pub(super) use source::{Follows, claimed, follows, key};

/// Plans changes and carries them out. Clones are the same.
#[derive(Clone)]
pub struct Changes {
    desk: Desk,
    repositories: Repositories,
    /// What the configuration says of forges.
    forges: Arc<BTreeMap<String, config::Forge>>,
    /// Globs of files that are never edited, of the user's configuration.
    deny: Arc<Vec<String>>,
    network: Arc<OnceLock<Network>>,
    /// Which forge a host is, once it was asked: it stays so for a run.
    kinds: Arc<Mutex<BTreeMap<String, Option<&'static Kind>>>>,
    keyring: Keyring,
    /// Of one request to an API server.
    timeout: Duration,
    /// Where what users say of sources is kept.
    kept: Kept,
    /// What catalogues have.
    offers: Offers,
}

/// What the runtime knows of changes, besides its desk.
#[derive(Clone, Default)]
pub struct ChangeOptions {
    pub forges: Arc<BTreeMap<String, config::Forge>>,
    pub deny: Arc<Vec<String>>,
}

impl Changes {
    pub fn new(desk: Desk, repositories: Repositories, options: &ChangeOptions, timeout: Duration, kept: Kept) -> Self {
        let ChangeOptions { forges, deny } = options.clone();
        let offers = Offers::new(repositories.company.clone());
        Self {
            offers,
            desk,
            repositories,
            forges,
            deny,
            network: Arc::default(),
            kinds: Arc::default(),
            keyring: Keyring::default(),
            timeout,
            kept,
        }
    }

    /// Carries out one step, once.
    pub async fn step(&self, live: Option<&Connection>, step: ChangeStep, change: &Change) -> ChangeOutcome {
        match step {
            ChangeStep::Prepare => self.prepare(live, change).await,
            ChangeStep::Fork => self.make_fork(change).await,
            ChangeStep::FindFork => self.found_fork(change).await,
            ChangeStep::Push => self.push(change).await,
            ChangeStep::FindBranch => self.find_branch(change).await,
            ChangeStep::Open => self.open(change).await,
            ChangeStep::FindPull => self.find_pull(change).await,
            ChangeStep::Look(number) => self.look(change, number).await,
            ChangeStep::Contains { revision } => self.contains(change, revision).await,
            ChangeStep::Carries => self.carries(live, change).await,
        }
    }

    /// What catalogues have on offer.
    pub(super) fn offers(&self) -> &Offers {
        &self.offers
    }

    fn company(&self) -> Option<&Arc<Company>> {
        self.repositories.company.as_ref()
    }

    /// Whether the repository of a site is the demo's own.
    fn is_of_company(&self, site: &ChangeSite) -> bool {
        self.company().is_some_and(|company| matches!(company.repository(&site.url), Ok(Some(_))))
    }

    /// Where a site's branches are fetched from and pushed to.
    fn remote<'s>(&self, site: &'s ChangeSite) -> Remote<'s> {
        match &*site.remote {
            _ if self.is_of_company(site) => Remote::Folder(Path::new(&site.folder)),
            "" => Remote::Url(&site.url),
            name => Remote::Named(name),
        }
    }
}

fn folder(site: &ChangeSite) -> PathBuf {
    PathBuf::from(&site.folder)
}
