//! What others had answered before a change was submitted, asked again where its base branch has moved by then: an answer is of one commit.

use super::Changes;
use super::ask::Answered;
use super::plan::Planned;
use crate::cluster::Connection;
use fluxdeck_model::change::{CheckResult, PlanOutcome};
use fluxdeck_model::state::jobs::Change;

impl Changes {
    /// Asks all those again that a review asks, but the forge: which requests are open beside it says nothing about the change. Programs are
    /// run as the base branch names them now, and only those that a person has let run. Returns the names of the checks.
    ///
    /// # Errors
    /// Why a person has to look at the change again.
    pub(super) async fn asked_again(
        &self,
        live: Option<&Connection>,
        change: &Change,
        planned: &mut Planned,
    ) -> Result<Vec<String>, String> {
        let is_allowed = planned.question.as_ref().is_none_or(|one| self.kept.is_allowed(one) || change.answers.allow(one));
        if !is_allowed {
            planned.bar();
        }
        let site = &change.order.site;
        // as for the review: what helm knows of the cluster depends on it
        let request = self.request(live, change.applier.as_ref(), &site.scope).await;
        let PlanOutcome::Planned(plan) = &planned.outcome else { return Ok(Vec::new()) };
        let applied = request.as_ref().map(|request| &*request.spec);
        let mut asking = self.asking(live, &site.scope, applied, plan, false);
        asking.programs(site, plan, planned);
        let (mut checks, mut rendered) = (asking.begun(), Vec::new());
        checks.retain(|check| !check.is_under_way());
        for answered in self.asked(live, &asking).await {
            match answered {
                Answered::Check(check) => checks.push(check),
                Answered::Rendered(more) => rendered.extend(more),
                Answered::Competing(_) => {}
            }
        }
        match change.answers.against(&checks, &rendered) {
            Some(why) => Err(format!("{} has moved, and {why}", site.base)),
            None => {
                let answered = checks.into_iter().filter(|check| check.result != CheckResult::NotRun);
                Ok(answered.map(|check| check.name.into_owned()).collect())
            }
        }
    }
}
