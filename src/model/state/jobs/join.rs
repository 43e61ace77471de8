//! The same act on the same object, wanted while it is under way: the second joins the first, and nothing is sent for it.
//!
//! The same is the same action with the same answers on the object of that uid. What waits for a person is not under way.

use jiff::Timestamp;

use super::advance::Wish;
use super::batch::{Batch, Move};
use super::item::{Item, Phase};
use super::job::{Job, Keeper};
use super::{JobId, Jobs, Start};
use crate::actions::{Action, Answers, Confirmation, Planned, Step};
use crate::domain::{ClusterId, ClusterKey, ObjectRef};
use crate::state::Epoch;

impl Jobs {
    /// The job of this run that does to that object already what is planned, in the same connection.
    pub fn same(&self, bound: (ClusterId, Epoch), confirmed: &Confirmation, planned: &Planned) -> Option<JobId> {
        let goes_on =
            |job: &&Job| job.keeper == Keeper::Us && job.bound == Some(bound) && !job.is_paused() && job.held().is_none();
        let is_open = |item: &Item| item.phase == Phase::Queued || item.phase.is_under_way();
        let mut running = self.jobs.iter().rev().filter(goes_on);
        running.find(|job| same_item(job, confirmed.action, &confirmed.answers, planned).is_some_and(is_open)).map(|job| job.id)
    }

    /// What another program has sent of what is planned, and follows to its end.
    pub(super) fn elsewhere(&self, cluster: &ClusterKey, confirmed: &Confirmation, planned: &Planned) -> Option<&Item> {
        let mut others = self.jobs.iter().rev().filter(|job| job.keeper == Keeper::Elsewhere && job.cluster.is_same(cluster));
        // what it has not sent yet is not there to be found
        let is_last = |item: &&Item| item.phase.is_under_way() && item.at + 1 == item.steps.len();
        others.find_map(|job| same_item(job, confirmed.action, &confirmed.answers, planned).filter(is_last))
    }

    /// The items of an act that starts, and those among them which another program has sent already: these are only followed.
    pub(super) fn items(&self, confirmed: &Confirmation, start: &Start) -> (Vec<Item>, Vec<usize>) {
        let mut joined = Vec::new();
        let item = |(number, planned): (usize, &Planned)| {
            let other = self.elsewhere(start.cluster, confirmed, planned).filter(|_| start.joins);
            let steps = other.map_or_else(|| planned.steps.clone(), |other| vec![of_ours(other.step(), &planned.object)]);
            joined.extend(other.map(|_| number));
            Item::new(planned.object.clone(), steps, planned.line.clone())
        };
        let items = confirmed.planned.iter().enumerate().map(item).collect();
        (items, joined)
    }
}

impl Batch {
    /// Follows what another program has sent.
    pub(super) fn join(&mut self, joined: &[usize], now: Timestamp) -> Vec<Move> {
        let join = |item: &usize| Move { item: *item, wish: self.items[*item].join(now), is_told: true };
        joined.iter().map(join).collect()
    }
}

impl Item {
    fn join(&mut self, now: Timestamp) -> Wish {
        self.note(now, "joined: another program is at it, nothing is sent");
        self.check(now, "another program sent it")
    }
}

/// The item of a job that does the same to the same object.
fn same_item<'a>(job: &'a Job, action: &Action, answers: &Answers, planned: &Planned) -> Option<&'a Item> {
    let batch = job.batch().filter(|batch| *batch.action == *action && batch.answers == *answers)?;
    let meant = own(&planned.steps, &planned.object)?.uid;
    batch.items.iter().find(|item| own(&item.steps, &item.object).is_some_and(|step| step.uid == meant))
}

/// The step that is about the object itself, not its source.
fn own<'a>(steps: &'a [Step], object: &ObjectRef) -> Option<&'a Step> {
    steps.iter().rev().find(|step| step.object == *object)
}

/// A step of another program, in the cluster as this run counts them.
fn of_ours(step: &Step, object: &ObjectRef) -> Step {
    Step { object: step.object.moved(object.cluster), ..step.clone() }
}
