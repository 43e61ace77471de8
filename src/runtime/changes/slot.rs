//! The branch of a change: its own name, unless a merged or closed pull request has used that one; then the next.

use super::Changes;
use super::access::Access;
use crate::forges;
use crate::programs;
use fluxdeck_model::change::{ChangeOrder, ChangeSite};
use fluxdeck_model::domain::Pull;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::{Branch, branch};

/// After so many rounds of the same change something else is wrong.
const ROUNDS: u32 = 50;

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
    /// It is there at the change's own commit, and has no pull request.
    Pushed,
}

impl Changes {
    /// Finds the branch: the first that is free, or has this very change. `commit`: the change's own, if it is made already. Asks the remote
    /// once for each round, and the forge where there is such a branch.
    ///
    /// # Errors
    /// The remote or the forge cannot be asked.
    pub(super) async fn slot(
        &self,
        order: &ChangeOrder,
        object: &str,
        pattern: Option<&str>,
        access: &Access,
        commit: Option<&str>,
    ) -> Result<Slot> {
        let site = &order.site;
        for round in 0..ROUNDS {
            let name = branch::name(pattern, object, &order.identity(), round)?;
            let branch = Branch::new(&name, &site.base)?;
            let at = programs::branch_at(std::path::Path::new(&site.folder), self.remote(site), &branch).await;
            let at = at.map_err(|failure| failure.error(&format!("{} cannot be asked for its branches", site.name())))?;
            let pulls = match access.forge() {
                // a merged pull request may have taken its branch with it
                Some(forge) => forge.find(&name).await.map_err(|failure| unasked(site, &failure))?,
                None => Vec::new(),
            };
            let state = match (at, pulls.into_iter().find(Pull::is_open)) {
                (_, Some(pull)) => SlotState::Open(Box::new(pull)),
                (None, None) => SlotState::Free,
                (Some(at), None) if commit == Some(at.as_str()) => SlotState::Pushed,
                (Some(_), None) => continue,
            };
            return Ok(Slot { branch, state });
        }
        Err(Error::failed(
            format!("{ROUNDS} branches of this change are there already"),
            "delete those that are merged or closed",
        ))
    }
}

fn unasked(site: &ChangeSite, failure: &forges::Failure) -> Error {
    failure.error(&format!("the forge of {} cannot be asked for pull requests", site.name()))
}
