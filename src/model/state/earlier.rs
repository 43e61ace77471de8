//! Jobs of earlier runs: read at the start, and continued when their cluster is connected as the same user, in a run that may
//! write. And jobs of this run that cannot be written down: the user decides about them.

use super::acting::view;
use super::engine::{Asked, Update};
use super::jobs::{Change, Job, JobId, Keeper, Loaded};
use super::{Effect, State, policy_of};
use crate::error::Error;

impl State {
    pub(super) fn receive_loaded(&mut self, loaded: Vec<Loaded>, unread: &[String], out: &mut Update) {
        self.jobs.loaded(loaded);
        self.taking.clear();
        if let Some(first) = unread.first() {
            self.complain(&Error::failed(first.clone(), "its file is left alone; `fluxdeck jobs` lists all"));
        }
        self.take_up(out);
    }

    /// Asks for the jobs of earlier runs that can be continued in the active cluster.
    pub(super) fn take_up(&mut self, out: &mut Update) {
        let cluster = self.cluster();
        if !cluster.link.is_up() || !self.policy().may_write() {
            return;
        }
        let is_waiting =
            cluster.user.is_none() && !cluster.is_unnamed && !self.jobs.to_take_up(&cluster.server.key, |_| true).is_empty();
        if is_waiting {
            out.effects.push(Effect::Identify { cluster: cluster.id, epoch: cluster.epoch });
        }
        // each once, until the journals are read again
        for id in self.jobs.to_take_up(&cluster.server.key, |job| self.is_mine(job)) {
            if self.taking.insert(id) {
                out.effects.push(Effect::TakeUp(id));
            }
        }
    }

    /// Whether the user of the active cluster has started a job. Unknown until the API server has named the user, or has declined to
    /// do so.
    pub fn is_mine(&self, job: &Job) -> bool {
        let cluster = self.cluster();
        // a job that was started before the API server had answered is its context's user's, unless that one acts as another
        let of_context = self.contexts.iter().find(|context| context.name == cluster.context).map(|context| &context.user);
        let of_context = of_context.filter(|_| cluster.server.acting_as.is_none());
        let said = cluster.user.as_ref().is_some_and(|user| *user == job.user || of_context == Some(&job.user));
        said || cluster.is_unnamed && self.who() == job.user
    }

    pub(super) fn receive_taken_up(&mut self, id: JobId, fresh: Result<Box<Job>, String>, out: &mut Update) {
        if let Err(why) = &fresh {
            self.complain(&Error::failed(format!("job {id} is not taken up: {why}"), ""));
        }
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        // the context may be another one by now
        let fits = |job: &Job| job.cluster.is_same(&cluster.server.key) && self.is_mine(job) && self.policy().may_write();
        let is_here = cluster.link.is_up() && fresh.as_ref().is_ok_and(|job| fits(job));
        let seen = is_here.then(|| view(cluster));
        self.jobs.taken_up(id, fresh, seen.as_ref(), self.clock, &mut out.effects);
        if self.jobs.find(id).is_some_and(|job| job.keeper == Keeper::Us && job.is_paused()) {
            self.say("an earlier run left something undone that waits for you: J shows it");
        }
    }

    /// Continues the queue of a job of an earlier run.
    pub(super) fn let_go_on(&mut self, id: JobId, out: &mut Update) {
        if self.jobs.find(id).is_some_and(Job::is_over) {
            return self.say("it is over");
        }
        let is_free = |job: &Job| job.change().is_some() && job.keeper == Keeper::Nobody;
        if self.jobs.find(id).is_some_and(is_free) && !self.settings.readonly {
            // git needs no cluster: it is not taken up with one
            out.effects.push(Effect::TakeUp(id));
            return self.say("it is taken up: r once more continues it");
        }
        if let Some(why) = self.not_ours(id) {
            return self.say(why);
        }
        match self.jobs.find(id) {
            Some(job) if !job.is_paused() && job.held().is_none() => self.say("nothing of it waits"),
            Some(job) if policy_of(&self.settings, &job.context).readonly => self.say("its context is read-only"),
            Some(job) if job.change().is_some_and(|change| !change.phase().can_resume()) => {
                self.say("it has to be reviewed again: enter on its page does that, x drops it");
            }
            Some(job) if job.change().is_some() => {
                self.jobs.resume_change(id, self.clock, &mut out.effects);
                self.say("it goes on");
            }
            Some(job) if job.bound.is_none() => {
                let context = job.context.clone();
                self.say(format!("its cluster is not connected: `:ctx {context}`"));
            }
            _ => {
                let is_seen = self.with_view(id, |jobs, view, now| jobs.go_on(id, view, now, &mut out.effects));
                self.say(if is_seen { "it goes on" } else { "its cluster is not connected any more" });
            }
        }
    }

    /// Lets a change go to the fork that was offered: the user agrees to that.
    pub(super) fn agree_to_fork(&mut self, id: JobId, out: &mut Update) {
        if let Some(why) = self.not_ours(id) {
            return self.say(why);
        }
        match self.jobs.find(id) {
            Some(job) if policy_of(&self.settings, &job.context).readonly => self.say("its context is read-only"),
            Some(job) if job.change().is_some_and(Change::can_fork) => {
                self.jobs.fork_change(id, self.clock, &mut out.effects);
                self.say("it goes to the fork");
            }
            _ => self.say("it waits for no fork"),
        }
        self.advance_jobs(out);
    }

    pub(super) fn give_up(&mut self, id: JobId, out: &mut Update) {
        match self.not_ours(id) {
            Some(why) => self.say(why),
            None => self.jobs.give_up(id, self.clock),
        }
        self.advance_jobs(out);
    }

    /// Why this run may not touch a job.
    pub(super) fn not_ours(&self, id: JobId) -> Option<String> {
        let job = self.jobs.find(id)?;
        match job.keeper {
            Keeper::Us => None,
            Keeper::Elsewhere => Some("another run works on it".to_owned()),
            Keeper::Nobody if job.change().is_some() => Some("an earlier run left it: r takes it up".to_owned()),
            Keeper::Nobody if !self.policy().may_write() => Some("this run may not write: it does not take jobs up".to_owned()),
            Keeper::Nobody if !job.cluster.is_same(&self.cluster().server.key) => {
                Some(format!("it is another cluster's: `:ctx {}` takes it up", job.context))
            }
            Keeper::Nobody if self.is_mine(job) => Some("it is being taken up: one moment".to_owned()),
            Keeper::Nobody => Some(format!("{} started it, and you are {}", job.user, self.who())),
        }
    }

    /// A commit that permitted nothing could not be written: the job continues, with a notice.
    pub(super) fn receive_unrecorded(&mut self, id: JobId, why: &str) {
        self.jobs.unrecorded(id);
        if self.jobs.is_allowed(id) {
            return;
        }
        self.complain(&Error::failed(
            format!("it is not written down how far job {id} has come: {why}"),
            "it goes on; if the program ends now, the next run looks up what was sent",
        ));
    }

    /// Continues a job that could not be written down, as the user has answered before; otherwise asks.
    pub(super) fn receive_held(&mut self, id: JobId, out: &mut Update) {
        let is_stopped = self.jobs.find(id).and_then(Job::batch).is_some_and(|batch| batch.stopped);
        match self.jobs.is_allowed(id) {
            true => self.go_on_unrecorded(id, true, out),
            false if is_stopped => self.jobs.stop(id, self.clock),
            false => self.ask_held(id, out),
        }
    }

    /// Asks the user, once, about a job that cannot be written down.
    fn ask_held(&mut self, id: JobId, out: &mut Update) {
        if self.jobs.find(id).is_some_and(|job| job.held().is_some()) && self.held.insert(id) {
            out.questions.push(Asked::Unrecorded(id));
        }
    }

    /// Restarts held items: whether they are written down or not, or only if they can be now.
    pub(super) fn go_on_unrecorded(&mut self, id: JobId, is_allowed: bool, out: &mut Update) {
        self.held.remove(&id);
        self.with_view(id, |jobs, view, now| match is_allowed {
            true => jobs.allow_unrecorded(id, view, now, &mut out.effects),
            false => jobs.go_on(id, view, now, &mut out.effects),
        });
    }
}
