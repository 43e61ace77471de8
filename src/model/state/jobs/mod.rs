//! Acts under way: every action is a [`Job`], a state machine of plain data that turns news into effects.
//!
//! An item goes queued → sent → requested → handled → done, or ends in a true statement of what did not work or is not known. It is fed
//! by the answers to its requests, by the objects as they come through the watch, and by the clock: nothing polls. A request whose
//! answer was lost is never sent again: the object is read instead, to see whether it had arrived.

mod act;
mod advance;
mod job;
mod outcome;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

pub use act::Act;
use advance::{Sight, Wish};
pub use job::{Entry, Item, Job, JobId, Phase, Task};
pub use outcome::Outcome;

use super::{Effect, Epoch};
use crate::actions::Confirmation;
use crate::domain::{ClusterId, ObjectRef, Store};

/// How long a step may take: the CLI's `--timeout` (flux2 `cmd/flux/main.go`).
pub const TIMEOUT: SignedDuration = SignedDuration::from_mins(5);
/// Items of a job under way at once.
pub const PARALLEL: usize = 10;
/// After as many seconds a slow item lets the next one start.
const SLOW: i64 = 30;
/// Finished jobs and acts that are kept for the screen.
const KEPT: usize = 200;

/// What a cluster's jobs can see of it.
pub struct View<'a> {
    pub cluster: ClusterId,
    pub epoch: Epoch,
    pub store: &'a Store,
    /// Why the picture is old, if it is.
    pub lost: Option<&'a str>,
}

/// Who acts where, and how a job is to run.
pub struct Start<'a> {
    pub context: &'a str,
    pub user: &'a str,
    pub timeout: SignedDuration,
    pub parallel: usize,
    pub waits: bool,
    pub now: Timestamp,
}

/// All jobs of this run of the program.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    jobs: Vec<Job>,
    acts: Vec<Act>,
    last: u64,
}

impl Jobs {
    /// All jobs, the oldest first.
    pub fn all(&self) -> &[Job] {
        &self.jobs
    }

    pub fn find(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// The youngest job that concerns this object, also as the source of what is meant.
    pub fn on(&self, object: &ObjectRef, epoch: Epoch) -> Option<(&Job, &Item)> {
        let of = |job: &'_ Job| {
            let item = job
                .items
                .iter()
                .position(|item| item.object == *object || !item.phase.is_over() && item.step().object == *object);
            item.filter(|_| job.epoch == epoch)
        };
        self.jobs.iter().rev().find_map(|job| Some((job, &job.items[of(job)?])))
    }

    /// Jobs that are not over.
    pub fn running(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| !job.is_over())
    }

    /// Whether jobs of that connection are not over.
    pub fn are_running(&self, cluster: ClusterId, epoch: Epoch) -> bool {
        self.running().any(|job| job.cluster == cluster && job.epoch == epoch)
    }

    /// What was done in this run, the oldest first.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// Starts what was confirmed.
    pub fn start(&mut self, confirmed: &Confirmation, start: &Start, view: &View, effects: &mut Vec<Effect>) -> JobId {
        self.last += 1;
        let id = JobId(self.last);
        let items = confirmed
            .planned
            .iter()
            .map(|planned| Item::new(planned.object.clone(), planned.steps.clone(), planned.line.clone()))
            .collect();
        self.jobs.push(Job {
            id,
            cluster: view.cluster,
            epoch: view.epoch,
            context: start.context.to_owned(),
            user: start.user.to_owned(),
            action: confirmed.action,
            answers: confirmed.answers.clone(),
            started: start.now,
            timeout: start.timeout,
            waits: start.waits,
            parallel: start.parallel.max(1),
            stopped: false,
            items,
        });
        self.forget();
        self.advance(view, start.now, effects);
        id
    }

    /// Takes the answer to a request. One that comes late finds nobody.
    pub fn hear(&mut self, task: Task, outcome: Outcome, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == task.job) else { return };
        let waits = job.waits;
        let Some(item) = job.items.get_mut(task.item).filter(|item| item.turn == task.turn) else { return };
        if !matches!(item.phase, Phase::Sent | Phase::Checking { .. }) {
            return;
        }
        let wish = item.hear(outcome, waits, &sight(view, now));
        self.record(task.job, task.item, effects);
        self.wished(task.job, task.item, wish, effects);
        self.advance(view, now, effects);
    }

    /// Looks at the objects of everything under way, ends what has taken too long, starts what has its turn.
    /// Costs a look-up for each item under way.
    pub fn advance(&mut self, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        let sight = sight(view, now);
        for at in 0..self.jobs.len() {
            let job = &mut self.jobs[at];
            if job.cluster != view.cluster || job.epoch != view.epoch {
                continue;
            }
            let (id, timeout) = (job.id, job.timeout);
            for number in 0..job.items.len() {
                let job = &mut self.jobs[at];
                let item = &mut job.items[number];
                if !item.watches() {
                    continue;
                }
                let before = item.phase.clone();
                let wish = item.look(&sight);
                item.expire(timeout, &sight);
                if item.phase != before {
                    self.record(id, number, effects);
                }
                self.wished(id, number, wish, effects);
            }
            self.fill_slots(at, &sight, effects);
        }
    }

    fn fill_slots(&mut self, at: usize, sight: &Sight, effects: &mut Vec<Effect>) {
        loop {
            let job = &mut self.jobs[at];
            let next = job.items.iter().position(|item| item.phase == Phase::Queued);
            let Some(number) = next.filter(|_| !job.stopped && job.slots(sight.now) > 0) else { return };
            let wish = job.items[number].begin(sight);
            let id = job.id;
            self.record(id, number, effects);
            self.wished(id, number, wish, effects);
        }
    }

    /// Halts what has not started; what is under way cannot be taken back and is followed.
    pub fn stop(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else { return };
        job.stopped = true;
        for item in job.items.iter_mut().filter(|item| item.phase == Phase::Queued) {
            item.end(now, Phase::Stopped);
        }
    }

    /// No longer follows what the API server has taken. What is being sent or looked up comes to its end first.
    pub fn leave(&mut self, id: JobId, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else { return };
        let mut left = Vec::new();
        for (number, item) in job.items.iter_mut().enumerate() {
            if matches!(item.phase, Phase::Requested { .. } | Phase::Handled { .. }) {
                let last = format!("it was {}; what came of it was not waited for", item.phase.word());
                item.end(now, Phase::Left { last });
                left.push(number);
            }
        }
        for number in left {
            self.record(id, number, effects);
        }
    }

    /// Ends the following of everything, because the program leaves: each item with what is true of it. What has not been requested
    /// never will be.
    pub fn part(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let mut left = Vec::new();
        for job in self.jobs.iter_mut().filter(|job| !job.is_over()) {
            job.stopped = true;
            for (number, item) in job.items.iter_mut().enumerate().filter(|(_, item)| !item.phase.is_over()) {
                let was_taken = matches!(item.phase, Phase::Requested { .. } | Phase::Handled { .. });
                let phase = match item.so_far().map(|so_far| format!("left {so_far}")) {
                    Some(last) if was_taken => Phase::Left { last },
                    Some(why) => Phase::Unknown { why },
                    None => Phase::Stopped,
                };
                if phase != Phase::Stopped {
                    left.push((job.id, number));
                }
                item.end(now, phase);
            }
        }
        for (id, number) in left {
            self.record(id, number, effects);
        }
    }

    /// Watches on what failed and is tried again by its controller, or whose time is over.
    pub fn watch_on(&mut self, id: JobId, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else { return };
        for item in &mut job.items {
            if item.phase.can_go_on() {
                let generation = view.store.object_of(&item.step().object).map_or(0, |object| object.generation);
                (item.phase, item.patient, item.since, item.ended) = (Phase::Handled { generation }, true, Some(now), None);
                item.note(now, "watching on");
            }
        }
        self.advance(view, now, effects);
    }

    /// In how many seconds something happens by the clock alone.
    pub fn next_change(&self, now: Timestamp) -> Option<i64> {
        let until = |at: Timestamp| (at.as_second() - now.as_second()).max(1);
        let ends = self.running().flat_map(|job| {
            let has_queue = job.items.iter().any(|item| item.phase == Phase::Queued);
            job.items.iter().filter(|item| item.phase.is_under_way()).filter_map(move |item| {
                let since = item.since?;
                let slow = since.checked_add(SignedDuration::from_secs(SLOW)).ok().filter(|at| has_queue && *at > now);
                Some(until(slow.unwrap_or(since.checked_add(job.timeout).ok()?)))
            })
        });
        ends.min()
    }

    /// Writes an item down where it has begun, come further, or ended. Before its next request is sent, so that the log knows of it.
    fn record(&mut self, id: JobId, number: usize, effects: &mut Vec<Effect>) {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return };
        let act = Act::of(job, &job.items[number]);
        match self.acts.iter_mut().rev().find(|known| known.is_same(&act)) {
            Some(known) if *known == act => return,
            Some(known) => *known = act.clone(),
            None => self.acts.push(act.clone()),
        }
        effects.push(Effect::Record(Box::new(act)));
    }

    /// Turns an item's wish into the effect that carries it out.
    fn wished(&self, id: JobId, number: usize, wish: Wish, effects: &mut Vec<Effect>) {
        let Some(job) = self.find(id) else { return };
        let item = &job.items[number];
        let task = Task { job: id, item: number, turn: item.turn };
        let (cluster, epoch, step) = (job.cluster, job.epoch, Box::new(item.step().clone()));
        match wish {
            Wish::Nothing => {}
            Wish::Write => effects.push(Effect::Write { task, cluster, epoch, step }),
            Wish::Probe => effects.push(Effect::Probe { task, cluster, epoch, step }),
        }
    }

    /// Drops the oldest of what is over.
    fn forget(&mut self) {
        while self.jobs.len() > KEPT {
            let Some(old) = self.jobs.iter().position(Job::is_over) else { break };
            self.jobs.remove(old);
        }
        let surplus = self.acts.len().saturating_sub(KEPT * 10);
        self.acts.drain(..surplus);
    }
}

fn sight<'a>(view: &View<'a>, now: Timestamp) -> Sight<'a> {
    Sight { store: view.store, lost: view.lost, now }
}
