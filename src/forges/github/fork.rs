//! Who may push to a repository, and forks of it (`docs.github.com/rest/repos/forks`, `/rest/repos/repos`).
//!
//! A fork is made after the answer: for a while it has no branches. There is one at most of a network for each user: asked for another, GitHub
//! answers with that one, whatever it is called. Only the default branch is copied: branches of colleagues are none of the fork's.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::super::encode::path;
use super::super::{Failure, forks_are_forbidden, is_same_repository, not_a_fork};
use super::{Answer, GitHub, whole};
use fluxdeck_model::domain::fork::ForkOffer;

/// A repository, as who asks sees it.
#[derive(Deserialize)]
struct Repository {
    full_name: Option<String>,
    private: Option<bool>,
    default_branch: Option<String>,
    /// False where the organisation lets nobody fork what is private.
    allow_forking: Option<bool>,
    /// Of who asks; nobody is asked without a login.
    permissions: Option<Permissions>,
    /// What it is a fork of.
    parent: Option<Named>,
    /// The repository that all forks of its network come from.
    source: Option<Named>,
}

#[derive(Deserialize)]
struct Permissions {
    push: Option<bool>,
}

#[derive(Deserialize)]
struct Named {
    full_name: Option<String>,
}

impl Repository {
    fn is_fork_of(&self, other: &str) -> bool {
        let is_it = |of: &Option<Named>| is_same_repository(of.as_ref().and_then(|of| of.full_name.as_deref()), other);
        is_it(&self.parent) || is_it(&self.source)
    }
}

/// Where a repository is in the API.
fn place(repository: &str) -> String {
    format!("/repos/{}", path(repository))
}

impl GitHub {
    async fn get_at(&self, place: &str) -> Result<Answer, Failure> {
        whole(self.octocrab._get(place).await, &Method::GET).await?.success(&Method::GET)
    }

    pub(super) async fn may_be_pushed_to(&self) -> Result<Option<bool>, Failure> {
        let repository: Repository = self.get("").await?.read("the repository")?;
        Ok(repository.permissions.and_then(|permissions| permissions.push))
    }

    pub(super) async fn own_fork(&self) -> Result<ForkOffer, Failure> {
        let (own, login) = (self.address.path(), self.login().await?);
        let expected = format!("{login}/{}", self.address.repository);
        match self.get_at(&place(&expected)).await {
            Ok(answer) => {
                let found: Repository = answer.read("the repository")?;
                let is_it = found.is_fork_of(&own);
                let repository = found.full_name.unwrap_or(expected);
                Ok(if is_it { ForkOffer::There { repository } } else { not_a_fork(&repository, &own) })
            }
            Err(Failure::NotFound) => {
                let base: Repository = self.get("").await?.read("the repository")?;
                Ok(match base.allow_forking {
                    Some(false) => forks_are_forbidden(&own, base.private == Some(true)),
                    _ => ForkOffer::New { repository: expected },
                })
            }
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn forked(&self) -> Result<String, Failure> {
        let wanted = json!({ "default_branch_only": true });
        let answer = whole(self.octocrab._post(self.below("/forks"), Some(&wanted)).await, &Method::POST).await?;
        let answer = answer.success(&Method::POST)?;
        // it is being made: which one, a look-up says
        let unread = |failure: Failure| Failure::Lost(failure.to_string());
        let name = answer.read::<Repository>("the fork").map_err(unread)?.full_name;
        name.ok_or_else(|| Failure::Lost("the forge does not name the fork".to_owned()))
    }

    pub(super) async fn has_branches(&self, fork: &str) -> Result<bool, Failure> {
        let found: Repository = match self.get_at(&place(fork)).await {
            Err(Failure::NotFound) => return Ok(false),
            answer => answer?.read("the fork")?,
        };
        let branch = found.default_branch.unwrap_or_default();
        match self.get_at(&format!("{}/branches/{}", place(fork), path(&branch))).await {
            Ok(_) => Ok(true),
            // the second is of a repository that is empty
            Err(Failure::NotFound | Failure::Refused { .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}
