//! Jobs of earlier runs: shown as their journals have them, and continued once their lock is ours.
//!
//! A job is read twice: when all journals are read, to be shown, and again once its lock is held, since another run may have
//! advanced it meanwhile.

use jiff::Timestamp;

use super::job::{Job, Keeper, Loaded};
use super::page::Page;
use super::{JobId, Jobs, View};
use crate::domain::ClusterKey;
use crate::state::Effect;

impl Jobs {
    /// Takes over the journals' jobs. This run knows its own jobs better.
    pub fn loaded(&mut self, loaded: Vec<Loaded>) {
        for Loaded { mut job, is_elsewhere } in loaded {
            job.keeper = if is_elsewhere { Keeper::Elsewhere } else { Keeper::Nobody };
            (job.is_earlier, job.bound) = (true, None);
            if self.ours(job.id).is_none() {
                self.put(job);
            }
        }
    }

    /// Jobs of earlier runs that can be continued in the cluster of that key: not over, not another program's, and of the same user.
    pub fn to_take_up(&self, key: &ClusterKey, is_same_user: impl Fn(&Job) -> bool) -> Vec<JobId> {
        let is_free = |job: &&Job| job.is_earlier && job.keeper != Keeper::Elsewhere && job.bound.is_none() && !job.is_over();
        let found = self.jobs.iter().filter(is_free).filter(|job| job.cluster.is_same(key) && is_same_user(job));
        found.map(|job| job.id).collect()
    }

    /// Continues a job of an earlier run whose lock is ours now: what was sent is looked up, never sent again; what the API server
    /// had taken is followed, with a new time limit; the rest waits for the user ([`Jobs::go_on`]). Without a view of its cluster
    /// it is ours to be stopped or given up, until it is taken up once more. A job that could not be had stays as it is.
    pub fn taken_up(
        &mut self,
        id: JobId,
        fresh: Result<Box<Job>, String>,
        view: Option<&View>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Ok(fresh) = fresh else { return };
        let at = match self.ours(id) {
            // what was read is older than what is known
            Some(at) => at,
            None if fresh.id == id => self.keep(*fresh),
            None => return,
        };
        self.take(at, &[], effects);
        if let Some(change) = self.jobs[at].change_mut() {
            // git and its forge need no cluster
            change.take_up(now);
            if let Some(page) = self.pages.get_mut(&id) {
                page.touch();
            }
        }
        let Some(view) = view.filter(|_| self.jobs[at].bound.is_none()) else { return };
        self.jobs[at].bind(view.cluster, view.epoch);
        let moves = self.jobs[at].take_up(now);
        self.take(at, &moves, effects);
        self.advance(view, now, effects);
    }

    /// Takes a job of an earlier run into our hands. The next commit rewrites its journal: the end of the old one may be torn.
    fn keep(&mut self, job: Job) -> usize {
        self.pages.insert(job.id, Page::default());
        self.put(Job { is_earlier: true, keeper: Keeper::Us, bound: None, ..job })
    }

    /// Puts a job in its place, after older ones, and returns the place.
    pub(super) fn put(&mut self, job: Job) -> usize {
        let at = self.jobs.partition_point(|known| known.id < job.id);
        match self.jobs.get_mut(at).filter(|known| known.id == job.id) {
            Some(known) => *known = job,
            None => self.jobs.insert(at, job),
        }
        at
    }
}
