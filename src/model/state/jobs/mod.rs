//! Work under way: every act and every change is a [`Job`], a state machine of plain data that turns news into effects.
//!
//! An item of an act goes queued → sent → requested → handled → done, or ends with what failed or is unknown. It advances by the
//! replies to its requests, by the objects that the watch reports, and by the clock: nothing polls. A request whose reply was
//! lost is never sent again: the object is read instead, to see whether the request had arrived.
//!
//! A job belongs to no connection and to no run of the program. Its *journal* records its progress, and a request is sent only
//! once that is written there ([`JournalCommit`]); so another run can continue it, and sends nothing twice. The log of acts
//! ([`Act`]) is something else: it shows people what was done.
//!
//! ```text
//!  news ─→ Batch, Item ─→ moves ─→ Page (what the turn changed) ─ flush ─→ Commit { lines, then: writes }
//!                           └─→ probes, at once: they are reads
//! ```

mod act;
mod advance;
mod batch;
pub mod change;
mod changing;
mod id;
mod item;
mod job;
mod join;
pub mod journal;
mod page;
#[cfg(test)]
mod property;
mod steer;
mod take_up;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use advance::{Need, Sight};
pub use batch::Batch;
use batch::Move;
use change::ChangeMilestones;
pub use change::{
    Change, ChangeGoal, ChangeNews, ChangeOutcome, ChangePhase, ChangeStep, PreparedChange, Reached, Submission, behind,
};
pub use changing::Submitter;
pub use id::{JobId, NoJob};
pub use item::{Item, LogLine, Phase, Task};
pub use job::{Job, Keeper, Loaded, Work};
pub use page::JournalCommit;
use page::Page;

use super::{Effect, Epoch};
use crate::actions::{Confirmation, Outcome};
use crate::domain::{Act, ClusterId, ClusterKey, ObjectRef, Store};

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
    /// Why the store is outdated, if it is.
    pub lost: Option<&'a str>,
}

/// Who acts where, and how a job is to run.
pub struct Start<'a> {
    pub cluster: &'a ClusterKey,
    pub context: &'a str,
    pub user: &'a str,
    pub timeout: SignedDuration,
    pub parallel: usize,
    pub waits: bool,
    /// The jobs of other runs were read just now: what they have already sent is followed, not sent again.
    pub joins: bool,
    pub now: Timestamp,
}

/// All jobs that this run knows: its own, and those of earlier runs and other programs.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    /// The oldest first.
    jobs: Vec<Job>,
    /// Of each job that is ours, what is written of it.
    pages: BTreeMap<JobId, Page>,
    acts: Vec<Act>,
    /// How far each change was when that was last said.
    milestones: BTreeMap<JobId, ChangeMilestones>,
    /// What is to be said.
    news: Vec<ChangeNews>,
    nonce: u32,
    last: u32,
    /// The program leaves: the journals stay as they are.
    has_parted: bool,
    /// The moment of the last turn.
    turned: Option<Timestamp>,
}

impl Jobs {
    /// No jobs yet, in a run that has drawn that number.
    pub fn new(nonce: u32) -> Self {
        Self { nonce, ..Self::default() }
    }

    /// All jobs, the oldest first.
    pub fn all(&self) -> &[Job] {
        &self.jobs
    }

    pub fn find(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// The youngest job that concerns this object, also as the source of what is meant.
    pub fn on(&self, object: &ObjectRef, epoch: Epoch) -> Option<(&Job, &Item)> {
        let is_on = |item: &&Item| item.object == *object || !item.phase.is_over() && item.step().object == *object;
        let bound = self.jobs.iter().rev().filter(|job| job.bound == Some((object.cluster, epoch)));
        bound.filter_map(|job| Some((job, job.items().iter().find(is_on)?))).next()
    }

    /// Jobs of this run that are not over, also those that it has taken up.
    pub fn running(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.keeper == Keeper::Us && !job.is_over())
    }

    /// Jobs that go on by themselves: the program asks before it leaves them.
    pub fn under_way(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.is_under_way())
    }

    /// Whether jobs of that connection are not over.
    pub fn are_running(&self, cluster: ClusterId, epoch: Epoch) -> bool {
        self.running().any(|job| job.bound == Some((cluster, epoch)))
    }

    /// What was done in this run, the oldest first.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// Starts what was confirmed.
    pub fn start(&mut self, confirmed: &Confirmation, start: &Start, view: &View, effects: &mut Vec<Effect>) -> JobId {
        self.last += 1;
        let id = JobId::new(start.now, self.nonce, self.last);
        let (items, joined) = self.items(confirmed, start, view.store);
        let at = self.put(Job {
            id,
            cluster: start.cluster.clone(),
            context: start.context.to_owned(),
            user: start.user.to_owned(),
            started: start.now,
            work: Work::Act(batch(confirmed, items, start)),
            bound: Some((view.cluster, view.epoch)),
            is_earlier: false,
            keeper: Keeper::Us,
        });
        self.pages.insert(id, Page::default());
        let moves = self.jobs[at].batch_mut().map(|batch| batch.join(&joined, start.now)).unwrap_or_default();
        self.take(at, &moves, effects);
        self.forget();
        self.advance(view, start.now, effects);
        id
    }

    /// Takes the answer to a request. One that comes late finds nobody. Without a view of its cluster the item sees nothing, and takes
    /// nothing for gone.
    pub fn receive(&mut self, task: Task, outcome: Outcome, view: Option<&View>, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(at) = self.ours(task.job) else { return };
        if let Outcome::Unrecorded(_) = &outcome {
            self.spoil(task);
        }
        let nothing = Store::default();
        let blind = Sight { store: &nothing, lost: Some("not connected"), now };
        let sight = view.map_or(blind, |view| sight(view, now));
        let Some(batch) = self.jobs[at].batch_mut() else { return };
        let moves = batch.receive(task, outcome, &sight);
        self.take(at, &moves, effects);
        if let Some(view) = view {
            self.advance(view, now, effects);
        }
    }

    /// Looks at the objects of everything under way, ends what has taken too long, starts what has its turn.
    /// Costs a look-up for each item under way.
    pub fn advance(&mut self, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        let (sight, bound) = (sight(view, now), Some((view.cluster, view.epoch)));
        for at in 0..self.jobs.len() {
            let job = &mut self.jobs[at];
            let batch = if job.bound == bound { job.batch_mut() } else { None };
            let moves = batch.map(|batch| batch.advance(&sight)).unwrap_or_default();
            if !moves.is_empty() {
                self.take(at, &moves, effects);
            }
        }
    }

    /// In how many seconds there has to be a turn: something happens by the clock alone, or a jump of the clock has to be
    /// distinguished from waiting.
    pub fn next_change(&self, now: Timestamp) -> Option<i64> {
        let next = |job: &Job| match &job.work {
            Work::Act(batch) => batch.next_change(now),
            Work::Change(change) => change.next_change(now),
        };
        self.running().filter_map(next).min().map(|seconds| seconds.min(time::PULSE))
    }

    /// The place of a job that this run may write down and continue.
    fn ours(&self, id: JobId) -> Option<usize> {
        self.jobs.iter().position(|job| job.id == id && job.keeper == Keeper::Us)
    }

    /// Takes over the changes of a job: its page is written at the end of the turn, acts are logged, needs become effects.
    fn take(&mut self, at: usize, moves: &[Move], effects: &mut Vec<Effect>) {
        let id = self.jobs[at].id;
        for step in moves {
            let act = if step.is_logged { self.act(at, step.item) } else { None };
            let write = self.needed(at, step, effects);
            if let Some(page) = self.pages.get_mut(&id) {
                act.into_iter().for_each(|act| page.add(act));
                write.into_iter().for_each(|write| page.permit(write));
            }
        }
        if let Some(page) = self.pages.get_mut(&id) {
            page.touch();
        }
    }

    /// The entry of an item for the log of acts, if that is new.
    fn act(&mut self, at: usize, item: usize) -> Option<Act> {
        let job = &self.jobs[at];
        let act = Act::of(job, job.items().get(item)?);
        self.log(&act).then_some(act)
    }

    /// Puts an act that is not a job's into the log of this run.
    pub(in crate::state) fn note_act(&mut self, act: &Act) {
        self.log(act);
    }

    /// Puts an act into the log of this run. Returns whether that is new.
    fn log(&mut self, act: &Act) -> bool {
        match self.acts.iter_mut().rev().find(|known| known.is_same(act)) {
            Some(known) if known == act => return false,
            Some(known) => *known = act.clone(),
            None => self.acts.push(act.clone()),
        }
        true
    }

    /// Turns an item's need into an effect: a read goes out at once, a write is returned, since it has to be written down first.
    fn needed(&self, at: usize, step: &Move, effects: &mut Vec<Effect>) -> Option<Effect> {
        let job = &self.jobs[at];
        let item = job.items().get(step.item)?;
        let task = Task { job: job.id, item: step.item, turn: item.turn };
        let ((cluster, epoch), step_of) = (job.bound?, Box::new(item.step().clone()));
        match step.need {
            Need::Nothing => None,
            Need::Write => Some(Effect::Write { task, cluster, epoch, step: step_of }),
            Need::Probe => {
                effects.push(Effect::Probe { task, cluster, epoch, step: step_of });
                None
            }
        }
    }

    /// Drops the oldest of what is over.
    fn forget(&mut self) {
        while self.jobs.len() > KEPT {
            let is_written = |job: &Job| !self.pages.get(&job.id).is_some_and(Page::is_touched);
            let Some(old) = self.jobs.iter().position(|job| job.is_over() && is_written(job)) else { break };
            let old = self.jobs.remove(old);
            self.pages.remove(&old.id);
            self.milestones.remove(&old.id);
        }
        let surplus = self.acts.len().saturating_sub(KEPT * 10);
        self.acts.drain(..surplus);
    }
}

fn batch(confirmed: &Confirmation, items: Vec<Item>, start: &Start) -> Batch {
    Batch {
        action: confirmed.action,
        answers: confirmed.answers.clone(),
        timeout: start.timeout,
        waits: start.waits,
        parallel: start.parallel.max(1),
        stopped: false,
        is_paused: false,
        items,
    }
}

fn sight<'a>(view: &View<'a>, now: Timestamp) -> Sight<'a> {
    Sight { store: view.store, lost: view.lost, now }
}
