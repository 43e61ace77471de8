//! The branch of a change: its own name, unless a merged or closed pull request has used that one; then the next.

use super::Changes;
use super::access::Access;
use crate::forges;
use fluxdeck_model::change::{ChangeOrder, ChangeSite};
use fluxdeck_model::domain::Pull;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::{Branch, branch};

/// After so many rounds of the same change something else is wrong.
const ROUNDS: u32 = 50;

/// What the commit of a change consists of.
#[derive(Clone)]
pub(super) struct Made {
    pub tree: String,
    pub parent: String,
}

/// A branch for a change.
pub(super) struct Slot {
    pub branch: Branch,
    pub state: SlotState,
}

pub(super) enum SlotState {
    /// There is no such branch.
    Free,
    /// It is there, with a pull request that is open.
    Open(Box<Pull>),
    /// It is there at this commit, which is the very change, and has no pull request.
    Pushed(String),
}

impl Changes {
    /// Finds the branch: the first that is free, or has this very change. `made`: the change as a commit, if it is made already. Asks the remote
    /// once for each round, and the forge where there is such a branch. `fork`: the one that it is pushed to; it may have been proposed from
    /// the repository itself all the same, and a name that is taken there is not used.
    ///
    /// # Errors
    /// The remote or the forge cannot be asked.
    pub(super) async fn slot(
        &self,
        order: &ChangeOrder,
        object: &str,
        pattern: Option<&str>,
        access: &Access,
        fork: Option<&str>,
        made: Option<&Made>,
    ) -> Result<Slot> {
        let site = &order.site;
        for round in 0..ROUNDS {
            let name = branch::name(pattern, object, &order.identity(), round)?;
            let branch = Branch::new(&name, &site.base)?;
            let own = self.branch_state(site, &branch, access, None, made).await?;
            let state = match (own, fork) {
                (Some(SlotState::Pushed(_)) | None, Some(_)) => continue,
                (Some(SlotState::Free), Some(_)) => self.branch_state(site, &branch, access, fork, made).await?,
                (own, _) => own,
            };
            if let Some(state) = state {
                return Ok(Slot { branch, state });
            }
        }
        Err(Error::failed(
            format!("{ROUNDS} branches of this change are there already"),
            "delete those that are merged or closed",
        ))
    }
}

impl Changes {
    /// How a branch is, of the repository or of a fork of it; none where it cannot be used.
    async fn branch_state(
        &self,
        site: &ChangeSite,
        branch: &Branch,
        access: &Access,
        fork: Option<&str>,
        made: Option<&Made>,
    ) -> Result<Option<SlotState>> {
        let at = self.branch_at(site, fork, branch, access).await;
        let named = || fork.map_or_else(|| site.name(), str::to_owned);
        let at = at.map_err(|failure| failure.error(&format!("{} cannot be asked for its branches", named())))?;
        let pulls = match access.forge() {
            // a merged pull request may have taken its branch with it
            Some(forge) => self.noted(site, forge.find(branch.name(), fork).await).map_err(|failure| unasked(site, &failure))?,
            None => Vec::new(),
        };
        let pulls_are_none = pulls.is_empty();
        Ok(match (at, pulls.into_iter().find(Pull::is_open)) {
            (_, Some(pull)) => Some(SlotState::Open(Box::new(pull))),
            (None, None) => Some(SlotState::Free),
            (Some(at), None) if pulls_are_none && self.is_same(site, &at, made).await => Some(SlotState::Pushed(at)),
            (Some(_), None) => None,
        })
    }

    /// Whether a commit is the very change: the same files on the same commit. One that is not here was made by another program.
    async fn is_same(&self, site: &ChangeSite, at: &str, made: Option<&Made>) -> bool {
        let Some(Made { tree, parent }) = made.cloned() else { return false };
        let (folder, at) = (super::folder(site), at.to_owned());
        self.desk.at(&folder, move |bench| Ok(bench.checkout.is_made_of(&at, &tree, &parent))).await.unwrap_or_default()
    }
}

fn unasked(site: &ChangeSite, failure: &forges::Failure) -> Error {
    failure.error(&format!("the forge of {} cannot be asked for pull requests", site.name()))
}
