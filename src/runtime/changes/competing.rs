//! Open pull requests that change the same as a change which is proven: the forge lists them, their branches are fetched and built beside it.

use std::path::Path;

use super::pulls::AppliedHere;
use super::{Changes, folder};
use crate::git::BranchCommit;
use crate::programs;
use fluxdeck_model::change::{self, ChangeSite, Check, CheckResult, CompetingPull, CompetingTouch, RenderedBuild, competing};
use fluxdeck_model::domain::Pull;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::Error;

/// Pull requests, the newest, of which it is looked up what they change.
const MOST: usize = 20;
/// Commits of one branch that are looked at.
const COMMITS: usize = 50;

/// A change, as far as others may change the same.
#[derive(Clone, Debug)]
pub(super) struct PullsQuestion {
    pub site: ChangeSite,
    /// Its branch.
    pub head: String,
    /// Its branch is, or would be, of a fork of the user's.
    pub is_of_fork: bool,
    pub patch: String,
    pub rendered: Vec<RenderedBuild>,
    /// Who would commit, by the address.
    pub address: String,
    /// What the repository may not declare, as the cluster has it.
    pub here: AppliedHere,
}

impl PullsQuestion {
    /// The check before there is an answer.
    pub fn begun(&self) -> Check {
        Check { name: competing::COMPETING.into(), result: CheckResult::UnderWay, why: String::new() }
    }
}

impl Changes {
    /// The pull requests that compete with a change, and the check that this is. Asks the forge for its list, for the user where one is logged
    /// in, and for the branches.
    pub(super) async fn competing(&self, asked: &PullsQuestion) -> (Vec<CompetingPull>, Check) {
        let check = |result, why: String| Check { name: competing::COMPETING.into(), result, why };
        let site = &asked.site;
        let access = self.access(site).await;
        let Some(forge) = access.readable() else {
            let why = match access.choice(&site.base, &asked.head) {
                change::ForgeChoice::None { why, .. } => why,
                change::ForgeChoice::Known { .. } => "the forge was not asked".to_owned(),
            };
            return (Vec::new(), check(CheckResult::NotRun, why));
        };
        let open = match self.noted(site, forge.all_open().await) {
            Ok(open) => open,
            Err(failure) => {
                let error = failure.error(&format!("the pull requests of {} cannot be listed", site.name()));
                return (Vec::new(), check(CheckResult::NotRun, error.message));
            }
        };
        let mut pulls: Vec<Pull> = open.pulls.into_iter().filter(|pull| pull.base == site.base).collect();
        let has_more = open.has_more || pulls.len() > MOST;
        pulls.truncate(MOST);
        if pulls.is_empty() {
            return (Vec::new(), competing::check(&[], 0, &[], has_more));
        }
        let user = if access.forge().is_some() { forge.user().await.ok() } else { None };
        let mut unread: Vec<(u64, Error)> = self.fetch_heads(forge, site, &pulls, None).await.into_iter().collect();
        let mut found = Vec::new();
        let mut looked = 0;
        for pull in pulls {
            if unread.iter().any(|(number, _)| *number == pull.number) {
                continue;
            }
            // the very change: what others have added to it
            let is_own = user.as_deref() == Some(pull.author.as_str());
            let is_it = pull.head == asked.head && (!pull.is_fork || asked.is_of_fork && is_own);
            let touches = match is_it {
                true => self
                    .foreign(site, &pull, &asked.address)
                    .await
                    .map(|all| (!all.is_empty()).then_some(CompetingTouch::Commits(all))),
                false => {
                    looked += 1;
                    let effect = self.effect(forge, site, &pull, &asked.here).await;
                    effect.map(|effect| competing::touch(&asked.rendered, &asked.patch, &effect))
                }
            };
            match touches {
                Ok(Some(touches)) => {
                    found.push(CompetingPull { pull, is_own, touches });
                }
                Ok(None) => {}
                Err(error) => unread.push((pull.number, error)),
            }
        }
        let check = competing::check(&found, looked, &unread, has_more);
        (found, check)
    }

    /// The commits on a branch that others have made: `subject (author)`.
    async fn foreign(&self, site: &ChangeSite, pull: &Pull, address: &str) -> Result<Vec<String>, Error> {
        let (base, head) = match self.is_of_company(site) {
            true => (format!("refs/heads/{}", site.base), pull.head_commit.clone()),
            false => (programs::base_reference(&site.base), programs::pull_reference(pull.number)),
        };
        let at = folder(site);
        let found = self.desk.at(Path::new(&at), move |bench| {
            let (base, head) = (bench.checkout.commit(&base)?, bench.checkout.commit(&head)?);
            Ok(bench.checkout.commits(&base, &head, COMMITS)?)
        });
        let is_foreign = |one: &BranchCommit| !one.address.eq_ignore_ascii_case(address);
        let line = |one: BranchCommit| format!("{} ({})", sanitise_line(&one.subject), sanitise_line(&one.author));
        Ok(found.await?.into_iter().filter(is_foreign).map(line).collect())
    }
}
