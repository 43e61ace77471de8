//! Pull requests that the forge merges by itself: whether it may be asked for that, and asking.

use super::Changes;
use super::access::Access;
use super::steps::{PAUSE, TRIES};
use crate::forges::{Failure, Forge};
use fluxdeck_model::change::{ChangeOrder, ChangeSite, ForgeChoice};

impl Changes {
    /// Why a person has to merge a change, where the forge is to be asked for it; none where it is not, or where it may be.
    pub(super) async fn merged_by_hand(&self, order: &ChangeOrder, access: &Access) -> Option<String> {
        if !order.merges_later {
            return None;
        }
        match access {
            _ if order.is_draft => Some("a draft is merged by nobody".to_owned()),
            Access::None { .. } => match access.choice("", "") {
                ForgeChoice::None { why, .. } => Some(why),
                ForgeChoice::Known { .. } => Some("the forge was not asked".to_owned()),
            },
            Access::Known { forge, .. } => self.why_by_hand(forge.as_ref(), &order.site, &order.site.base).await,
        }
    }

    /// Asks the forge to merge a pull request once its checks have passed, at that commit. A rule may be another one by now: it is looked at
    /// again. None: it is asked for; else why not.
    pub(super) async fn merge_later(
        &self,
        forge: &dyn Forge,
        (site, base): (&ChangeSite, &str),
        number: u64,
        commit: &str,
    ) -> Option<String> {
        if let Some(why) = self.why_by_hand(forge, site, base).await {
            return Some(why);
        }
        for _ in 0..TRIES {
            match self.noted(site, forge.merge_later(number, commit).await) {
                Ok(()) => return None,
                Err(Failure::NotYet) => tokio::time::sleep(PAUSE).await,
                Err(failure) => return Some(failure.to_string()),
            }
        }
        Some("the forge is still finding out whether it can be merged: ask again in a while".to_owned())
    }

    async fn why_by_hand(&self, forge: &dyn Forge, site: &ChangeSite, base: &str) -> Option<String> {
        match self.noted(site, forge.merges_later(base).await) {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            Err(failure) => Some(format!("whether {base} requires a check is not known: {failure}")),
        }
    }
}
