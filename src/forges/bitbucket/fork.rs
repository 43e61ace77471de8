//! Who may push to a repository, and forks of it (`developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories`).
//!
//! A fork is made in the workspace of the user's own, which is called as the user is; an access token has none. What it is made of is copied
//! after the answer.

use http::Method;
use serde_json::json;

use super::super::encode::{path, query};
use super::super::{Failure, forks_are_forbidden, is_same_repository, not_a_fork};
use super::Bitbucket;
use super::wire::{Page, Permission, Repository};
use fluxdeck_model::domain::fork::ForkOffer;

impl Repository {
    fn is_fork_of(&self, other: &str) -> bool {
        is_same_repository(self.parent.as_ref().and_then(|parent| parent.full_name.as_deref()), other)
    }
}

impl Bitbucket {
    async fn repository_at(&self, name: &str) -> Result<Repository, Failure> {
        self.wire.get(&format!("/repositories/{}", path(name))).await?.success(&Method::GET)?.read("the repository")
    }

    /// A user without any of the permissions that are listed may at most read. Access tokens belong to nobody, and are not answered.
    pub(super) async fn may_be_pushed_to(&self) -> Result<Option<bool>, Failure> {
        let is_it = query(&format!("repository.full_name=\"{}\"", self.address.path().replace(['"', '\\'], "")));
        let place = format!("/user/workspaces/{}/permissions/repositories?q={is_it}", path(&self.address.owner));
        let all: Page<Permission> = match self.wire.get(&place).await?.success(&Method::GET) {
            Ok(answer) => answer.read("the permissions")?,
            Err(Failure::NotFound | Failure::Forbidden(_)) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let may = |one: &Permission| matches!(one.permission.as_deref(), Some("write" | "admin"));
        Ok(Some(all.values.iter().any(may)))
    }

    /// The workspace of the user's own.
    async fn workspace(&self) -> Result<String, Failure> {
        let none = || Failure::Refused { why: "the token belongs to nobody: there is no workspace for a fork".to_owned() };
        self.person().await?.username.filter(|name| !name.is_empty()).ok_or_else(none)
    }

    pub(super) async fn own_fork(&self) -> Result<ForkOffer, Failure> {
        let (own, space) = (self.address.path(), self.workspace().await?);
        let expected = format!("{space}/{}", self.address.repository);
        match self.repository_at(&expected).await {
            Ok(found) => {
                let is_it = found.is_fork_of(&own);
                let repository = found.full_name.unwrap_or(expected);
                return Ok(if is_it { ForkOffer::There { repository } } else { not_a_fork(&repository, &own) });
            }
            Err(Failure::NotFound) => {}
            Err(failure) => return Err(failure),
        }
        let base: Repository = self.get("").await?.read("the repository")?;
        Ok(match base.fork_policy.as_deref() {
            Some("no_forks") => forks_are_forbidden(&own, base.is_private == Some(true)),
            _ => ForkOffer::New { repository: expected },
        })
    }

    pub(super) async fn forked(&self) -> Result<String, Failure> {
        let wanted = json!({ "workspace": { "slug": self.workspace().await? } });
        let answer = self.wire.post(&self.below("/forks"), &wanted).await?.success(&Method::POST)?;
        // it is being made: which one, a look-up says
        let unread = |failure: Failure| Failure::Lost(failure.to_string());
        let name = answer.read::<Repository>("the fork").map_err(unread)?.full_name;
        name.ok_or_else(|| Failure::Lost("the forge does not name the fork".to_owned()))
    }

    pub(super) async fn has_branches(&self, fork: &str) -> Result<bool, Failure> {
        match self.wire.get(&format!("/repositories/{}/refs/branches?pagelen=1", path(fork))).await?.success(&Method::GET) {
            Ok(answer) => Ok(!answer.read::<Page<serde::de::IgnoredAny>>("the branches")?.values.is_empty()),
            Err(Failure::NotFound) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}
