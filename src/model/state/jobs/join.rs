//! The same act on the same object while one is under way: the second joins the first, and nothing is sent for it.
//!
//! The same means: the same action with the same answers on the object of that uid, to which nothing else has been done since.
//! What waits for the user is not under way.

use jiff::Timestamp;

use super::advance::Need;
use super::batch::{Batch, Move};
use super::item::{Item, Phase};
use super::job::{Job, Keeper};
use super::{JobId, Jobs, Start, View};
use crate::actions::{Confirmation, Planned, Step};
use crate::domain::{ClusterKey, ObjectRef, Store};

impl Jobs {
    /// The job of this run that does to that object already what is planned, in the same connection.
    pub fn same(&self, view: &View, confirmed: &Confirmation, planned: &Planned) -> Option<JobId> {
        let here = |job: &&Job| job.bound == Some((view.cluster, view.epoch));
        let (job, item) = last(self.jobs.iter().filter(here), confirmed, planned)?;
        let goes_on = job.keeper == Keeper::Us && !job.is_paused() && job.held().is_none();
        let is_open = item.phase == Phase::Queued || item.phase.is_under_way();
        (goes_on && is_open && !is_overtaken(item, view.store, &planned.object)).then_some(job.id)
    }

    /// What another program has sent of what is planned, and follows to its end.
    fn elsewhere(&self, cluster: &ClusterKey, store: &Store, confirmed: &Confirmation, planned: &Planned) -> Option<&Item> {
        let (job, item) = last(self.jobs.iter().filter(|job| job.cluster.is_same(cluster)), confirmed, planned)?;
        // what it has not sent yet is not there to be found
        let is_sent = item.phase.is_under_way() && item.at + 1 == item.steps.len();
        (job.keeper == Keeper::Elsewhere && is_sent && !is_overtaken(item, store, &planned.object)).then_some(item)
    }

    /// The items of an act that starts, and those among them which another program has sent already: these are only followed.
    pub(super) fn items(&self, confirmed: &Confirmation, start: &Start, store: &Store) -> (Vec<Item>, Vec<usize>) {
        let mut joined = Vec::new();
        let item = |(number, planned): (usize, &Planned)| {
            let other = self.elsewhere(start.cluster, store, confirmed, planned).filter(|_| start.joins);
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
        let join = |item: &usize| Move { item: *item, need: self.items[*item].join(now), is_logged: true };
        joined.iter().map(join).collect()
    }
}

impl Item {
    fn join(&mut self, now: Timestamp) -> Need {
        self.note(now, "joined: another run works on it, nothing is sent");
        self.check(now, "another program sent it")
    }
}

/// The youngest of these jobs that has to do with the object, if it does the same to it: whatever was done to it later is not undone by
/// what was asked for before.
fn last<'a>(
    jobs: impl DoubleEndedIterator<Item = &'a Job>,
    confirmed: &Confirmation,
    planned: &Planned,
) -> Option<(&'a Job, &'a Item)> {
    let meant = own(&planned.steps, &planned.object)?.uid;
    let is_about = |item: &&Item| own(&item.steps, &item.object).is_some_and(|step| step.uid == meant);
    let (job, item) = jobs.rev().find_map(|job| job.items().iter().find(is_about).map(|item| (job, item)))?;
    let batch = job.batch()?;
    (*batch.action == *confirmed.action && batch.answers == confirmed.answers).then_some((job, item))
}

/// Whether the object has changed since the item's request was taken: its spec has a later generation.
fn is_overtaken(item: &Item, store: &Store, object: &ObjectRef) -> bool {
    match item.phase {
        Phase::Requested { generation } | Phase::Handled { generation } => {
            store.object_of(object).is_some_and(|object| object.generation > generation)
        }
        _ => false,
    }
}

/// The step that is about the object itself, not its source.
fn own<'a>(steps: &'a [Step], object: &ObjectRef) -> Option<&'a Step> {
    steps.iter().rev().find(|step| step.object == *object)
}

/// A step of another program, in the cluster as this run counts them.
fn of_ours(step: &Step, object: &ObjectRef) -> Step {
    Step { object: step.object.moved(object.cluster), ..step.clone() }
}
