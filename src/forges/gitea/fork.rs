//! Forks (Gitea 1.26 `routers/api/v1/repo/fork.go`, `services/repository/fork.go`).
//!
//! There is one at most of a repository for each user, under any name: where that of the repository is free, the list of forks is read, too.

use http::Method;
use serde_json::json;

use super::super::encode::path;
use super::super::{Failure, is_same_repository, not_a_fork};
use super::{Gitea, PAGE, PAGES, Repository};
use fluxdeck_model::domain::fork::ForkOffer;

impl Repository {
    fn is_fork_of(&self, other: &str) -> bool {
        is_same_repository(self.parent.as_ref().and_then(|parent| parent.full_name.as_deref()), other)
    }
}

impl Gitea {
    async fn repository_at(&self, name: &str) -> Result<Repository, Failure> {
        let answer = self.wire.get(&format!("/repos/{}", path(name))).await?;
        answer.success(&Method::GET)?.read("the repository")
    }

    pub(super) async fn own_fork(&self) -> Result<ForkOffer, Failure> {
        let (own, login) = (self.address.path(), self.login().await?);
        let expected = format!("{login}/{}", self.address.repository);
        let is_in_the_way = match self.repository_at(&expected).await {
            Ok(found) if found.is_fork_of(&own) => {
                return Ok(ForkOffer::There { repository: found.full_name.unwrap_or(expected) });
            }
            Ok(_) => true,
            Err(Failure::NotFound) => false,
            Err(failure) => return Err(failure),
        };
        match self.renamed_fork(&login).await? {
            Some(repository) => Ok(ForkOffer::There { repository }),
            None if is_in_the_way => Ok(not_a_fork(&expected, &own)),
            None => Ok(ForkOffer::New { repository: expected }),
        }
    }

    /// A fork of that user's that has another name.
    async fn renamed_fork(&self, login: &str) -> Result<Option<String>, Failure> {
        for page in 1..=PAGES {
            let answer = self.get(&format!("/forks?limit={PAGE}&page={page}")).await?;
            let all: Vec<Repository> = answer.read::<Option<_>>("the forks")?.unwrap_or_default();
            let is_own = |name: &String| name.split_once('/').is_some_and(|(owner, _)| owner.eq_ignore_ascii_case(login));
            if let Some(found) = all.into_iter().filter_map(|fork| fork.full_name).find(is_own) {
                return Ok(Some(found));
            }
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(None)
    }

    pub(super) async fn forked(&self) -> Result<String, Failure> {
        let answer = self.wire.post(&self.below("/forks"), &json!({})).await?.success(&Method::POST)?;
        // it is made: which one, a look-up says
        let unread = |failure: Failure| Failure::Lost(failure.to_string());
        let name = answer.read::<Repository>("the fork").map_err(unread)?.full_name;
        name.ok_or_else(|| Failure::Lost("the forge does not name the fork".to_owned()))
    }

    /// One that counts as empty is still being copied.
    pub(super) async fn has_commits(&self, fork: &str) -> Result<bool, Failure> {
        match self.repository_at(fork).await {
            Ok(found) => Ok(found.empty != Some(true)),
            Err(Failure::NotFound) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}
