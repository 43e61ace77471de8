//! Jobs of earlier runs: shown as their journals tell them, and gone on with once their lock is ours.
//!
//! A job is read twice: when all journals are read, to be shown, and again once its lock is held, since another program may have come
//! further meanwhile.

use jiff::Timestamp;

use super::job::{Job, Keeper, Loaded};
use super::page::Page;
use super::{JobId, Jobs, View};
use crate::domain::ClusterKey;
use crate::state::Effect;

impl Jobs {
    /// Takes what the journals tell. What this run keeps itself it knows better.
    pub fn loaded(&mut self, loaded: Vec<Loaded>) {
        for Loaded { mut job, is_elsewhere } in loaded {
            job.keeper = if is_elsewhere { Keeper::Elsewhere } else { Keeper::Nobody };
            (job.is_earlier, job.bound) = (true, None);
            if self.ours(job.id).is_none() {
                self.put(job);
            }
        }
    }

    /// Jobs of earlier runs that can be gone on with in the cluster of that key: not over, in nobody's hands, and of the same user.
    pub fn to_take_up(&self, key: &ClusterKey, is_same_user: impl Fn(&Job) -> bool) -> Vec<JobId> {
        let is_free = |job: &&Job| job.is_earlier && job.keeper == Keeper::Nobody && !job.is_over();
        let found = self.jobs.iter().filter(is_free).filter(|job| job.cluster.is_same(key) && is_same_user(job));
        found.map(|job| job.id).collect()
    }

    /// Goes on with a job of an earlier run whose lock is ours now: what was sent is looked up, never sent again; what the API server had
    /// taken is followed, with a new time limit; the rest waits for a person ([`Jobs::go_on`]). Without a view of its cluster it is only
    /// ours, to be stopped or given up. A job that could not be had stays as it is.
    pub fn taken_up(
        &mut self,
        id: JobId,
        fresh: Result<Box<Job>, String>,
        view: Option<&View>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Ok(mut job) = fresh else { return };
        // asked for twice: what was read the second time is older than what is known
        if self.ours(id).is_some() || job.id != id {
            return;
        }
        (job.is_earlier, job.keeper) = (true, Keeper::Us);
        self.pages.insert(id, Page::default());
        let Some(view) = view else {
            let at = self.put(*job);
            return self.take(at, &[], effects);
        };
        job.bind(view.cluster, view.epoch);
        let moves = job.take_up(now);
        let at = self.put(*job);
        self.take(at, &moves, effects);
        self.advance(view, now, effects);
    }

    /// Puts a job in its place, where the older stand before it, and returns the place.
    pub(super) fn put(&mut self, job: Job) -> usize {
        let at = self.jobs.partition_point(|known| known.id < job.id);
        match self.jobs.get_mut(at).filter(|known| known.id == job.id) {
            Some(known) => *known = job,
            None => self.jobs.insert(at, job),
        }
        at
    }
}
