//! Where a change goes whose user may not push to the repository: to a fork of theirs, once they have agreed to that.
//!
//! A fork is reached as the repository is: its URL is that of the repository with another path. By http it is pushed to with the token of the
//! forge, and where that is not taken, as the user's own git would; by ssh only so.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Changes;
use super::access::Access;
use crate::forges::{self, Address, Forge};
use crate::programs::{self, Failure, Remote};
use fluxdeck_model::change::ChangeSite;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::Branch;
use fluxdeck_model::state::jobs::{Change, ChangeOutcome};

/// How often a forge is asked whether a fork is ready, and how long between: a minute.
const TRIES: usize = 30;
const PAUSE: Duration = Duration::from_secs(2);

/// One way to a repository. It may hold a token: it is shown nowhere.
enum Way {
    Folder(PathBuf),
    WithToken(String),
    AsUser(String),
}

impl Way {
    fn remote(&self) -> Remote<'_> {
        match self {
            Self::Folder(folder) => Remote::Folder(folder),
            Self::WithToken(url) => Remote::Source(url),
            Self::AsUser(url) => Remote::Url(url),
        }
    }
}

/// Whether git was not let in: another credential may do.
fn is_shut_out(failure: &Failure) -> bool {
    matches!(failure, Failure::Unauthorised(_) | Failure::Question(_) | Failure::NotFound(_))
}

impl Changes {
    /// What there is for a user who may not push to the repository of a site; none where they may, or the forge does not say.
    pub(super) async fn fork_needed(&self, site: &ChangeSite, access: &Access) -> Option<ForkOffer> {
        let forge = access.forge()?;
        match self.noted(site, forge.may_push().await) {
            Ok(Some(false)) => Some(self.offered(site, forge).await),
            _ => None,
        }
    }

    async fn offered(&self, site: &ChangeSite, forge: &dyn Forge) -> ForkOffer {
        let answer = self.noted(site, forge.fork().await);
        answer.unwrap_or_else(|failure| ForkOffer::No { why: format!("{} was asked for forks: {failure}", forge.name()) })
    }

    /// The fork that a change is to be pushed to; none: to the repository itself.
    ///
    /// # Errors
    /// The fork is there, and cannot be pushed to yet.
    pub(super) async fn fork_of(&self, change: &Change, access: &Access) -> Result<Option<ForkOffer>> {
        let (site, progress) = (&change.order.site, &change.progress);
        let offer = match (&progress.fork, access.forge()) {
            (Some(fork), _) => Some(ForkOffer::There { repository: fork.clone() }),
            (None, Some(forge)) if progress.may_fork && progress.is_barred => Some(self.offered(site, forge).await),
            (None, Some(_)) if progress.may_fork => self.fork_needed(site, access).await,
            (None, _) => None,
        };
        if let (Some(ForkOffer::There { repository }), Some(forge)) = (&offer, access.forge()) {
            self.until_ready(site, forge, repository).await?;
        }
        Ok(offer)
    }

    /// Makes a fork, unless there is one, and waits until it can be pushed to.
    pub(super) async fn make_fork(&self, change: &Change) -> ChangeOutcome {
        match self.found_fork(change).await {
            ChangeOutcome::Fork(ForkOffer::New { .. }) => {}
            ChangeOutcome::Fork(ForkOffer::There { repository }) => return ChangeOutcome::Forked(repository),
            other => return other,
        }
        let (site, access) = (&change.order.site, self.access(&change.order.site).await);
        let Some(forge) = access.forge() else { return no_forge(&access) };
        match self.noted(site, forge.make_fork().await) {
            Ok(repository) => match self.until_ready(site, forge, &repository).await {
                Ok(()) => ChangeOutcome::Forked(repository),
                Err(error) => failed(error),
            },
            Err(failure @ forges::Failure::Lost(_)) => ChangeOutcome::Lost { why: unmade(&failure).to_string() },
            Err(failure) => failed(unmade(&failure)),
        }
    }

    /// Looks whether there is a fork, and waits until that can be pushed to.
    pub(super) async fn found_fork(&self, change: &Change) -> ChangeOutcome {
        let (site, access) = (&change.order.site, self.access(&change.order.site).await);
        let Some(forge) = access.forge() else { return no_forge(&access) };
        match self.noted(site, forge.fork().await) {
            Ok(offer) => {
                if let ForkOffer::There { repository } = &offer
                    && let Err(error) = self.until_ready(site, forge, repository).await
                {
                    return failed(error);
                }
                ChangeOutcome::Fork(offer)
            }
            Err(failure) => failed(failure.error(&format!("{} cannot be asked for forks", forge.name()))),
        }
    }

    async fn until_ready(&self, site: &ChangeSite, forge: &dyn Forge, fork: &str) -> Result<()> {
        for _ in 0..TRIES {
            match self.noted(site, forge.fork_is_ready(fork).await) {
                Ok(true) => return Ok(()),
                Ok(false) => tokio::time::sleep(PAUSE).await,
                Err(failure) => return Err(failure.error(&format!("the fork {fork} cannot be used"))),
            }
        }
        Err(Error::failed(format!("the fork {fork} is made, and is still being filled"), "resume it in a while"))
    }

    /// What a refused push comes to, where the user may not push to the repository: nothing was done there.
    pub(super) async fn barred(&self, change: &Change, branch: &Branch, failure: &Failure) -> Option<ChangeOutcome> {
        let site = &change.order.site;
        if change.progress.fork.is_some() {
            return None;
        }
        let is_refused = is_shut_out(failure) || matches!(failure, Failure::Refused { .. });
        // of what a forge says by ssh, git passes on no more than of a connection that broke
        let is_open = matches!(failure, Failure::Lost(_) | Failure::Failed(_));
        if !is_refused && !is_open {
            return None;
        }
        let access = self.access(site).await;
        let forge = access.forge()?;
        match self.noted(site, forge.may_push().await) {
            Ok(Some(false)) => {}
            Ok(None) if matches!(failure, Failure::Unauthorised(_)) => {}
            _ => return None,
        }
        if is_open && !matches!(self.branch_at(site, None, branch, &access).await, Ok(None)) {
            return None;
        }
        let why = format!("you may not push to {}: {failure}", site.name());
        Some(ChangeOutcome::MayNotPush { why, offer: self.offered(site, forge).await })
    }

    /// Pushes the commit of a change to its branch, in its fork where it has one.
    pub(super) async fn publish(&self, change: &Change, branch: &Branch) -> std::result::Result<(), Failure> {
        let (site, commit) = (&change.order.site, &change.progress.commit);
        let folder = Path::new(&site.folder);
        let Some(fork) = &change.progress.fork else {
            return programs::publish(folder, self.remote(site), commit, branch).await.map(drop);
        };
        let ways = self.ways(site, fork, &self.access(site).await)?;
        let (last, first) = ways.split_last().expect("there is one");
        for way in first {
            match programs::publish(folder, way.remote(), commit, branch).await {
                Err(failure) if is_shut_out(&failure) => {}
                done => return done.map(drop),
            }
        }
        programs::publish(folder, last.remote(), commit, branch).await.map(drop)
    }

    /// The commit that a branch of a site, or of a fork of it, is at.
    pub(super) async fn branch_at(
        &self,
        site: &ChangeSite,
        fork: Option<&str>,
        branch: &Branch,
        access: &Access,
    ) -> std::result::Result<Option<String>, Failure> {
        let folder = Path::new(&site.folder);
        let Some(fork) = fork else { return programs::branch_at(folder, self.remote(site), branch).await };
        let ways = self.ways(site, fork, access)?;
        let (last, first) = ways.split_last().expect("there is one");
        for way in first {
            match programs::branch_at(folder, way.remote(), branch).await {
                Err(failure) if is_shut_out(&failure) => {}
                found => return found,
            }
        }
        programs::branch_at(folder, last.remote(), branch).await
    }

    /// The ways to a fork, the first that is tried first; one at least.
    fn ways(&self, site: &ChangeSite, fork: &str, access: &Access) -> std::result::Result<Vec<Way>, Failure> {
        let unknown = || Failure::Call(format!("where the fork {fork} is, does not follow from the URL of {}", site.name()));
        let url = url_of(&site.url, fork).ok_or_else(unknown)?;
        if let Some(company) = self.company().filter(|_| self.is_of_company(site)) {
            let folder = company.repository(&url).ok().flatten().ok_or_else(unknown)?;
            return Ok(vec![Way::Folder(folder)]);
        }
        let with_token = match access {
            Access::Known { kind, token, .. } => kind.with_login(&url, token).map(Way::WithToken),
            Access::None { .. } => None,
        };
        Ok(with_token.into_iter().chain([Way::AsUser(url)]).collect())
    }
}

/// The URL of a repository with the path of another one; none where the path is not in it as it is.
fn url_of(url: &str, other: &str) -> Option<String> {
    let path = Address::of(url)?.path();
    let at = url.rfind(&path)?;
    Some(format!("{}{other}{}", &url[..at], &url[at + path.len()..]))
}

fn failed(error: Error) -> ChangeOutcome {
    ChangeOutcome::Failed { why: error.message, hint: error.hint }
}

fn no_forge(access: &Access) -> ChangeOutcome {
    let why = if let Access::None { why, .. } = access { why.clone() } else { "the forge was not asked".to_owned() };
    ChangeOutcome::Failed { why, hint: "log in to the forge, and resume it".to_owned() }
}

fn unmade(failure: &forges::Failure) -> Error {
    failure.error("the fork cannot be made")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_is_where_its_repository_is_by_another_path() {
        for (url, expected) in [
            ("https://git.example.com/ops/fleet", Some("https://git.example.com/ana/fleet-2")),
            ("https://git.example.com:3000/ops/fleet.git", Some("https://git.example.com:3000/ana/fleet-2.git")),
            ("ssh://git@git.example.com:2222/ops/fleet.git", Some("ssh://git@git.example.com:2222/ana/fleet-2.git")),
            ("git@git.example.com:ops/fleet.git", Some("git@git.example.com:ana/fleet-2.git")),
            // the name of the host stays
            ("https://ops/ops/fleet", Some("https://ops/ana/fleet-2")),
            ("https://git.example.com/op%73/fleet", None),
            ("/srv/fleet.git", None),
        ] {
            assert_eq!(url_of(url, "ana/fleet-2").as_deref(), expected, "{url}");
        }
    }
}
