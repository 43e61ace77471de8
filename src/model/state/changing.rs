//! Changes in git: submitted after their review, advanced by replies, resumed.

use super::acting::view;
use super::engine::Update;
use super::jobs::{ChangeNews, ChangeOutcome, JobId, Keeper, Submission, Submitter, Task};
use super::{Cluster, State};
use crate::domain::ObjectRef;
use crate::error::Error;

impl State {
    /// Starts a change that was reviewed. One that is under way already is joined.
    pub(super) fn submit(&mut self, submission: &Submission, out: &mut Update) {
        let proposal = &submission.proposal;
        if self.settings.readonly || (submission.target.is_some() && self.policy().readonly) {
            let hint = "leave out --readonly, or take `readonly` out of the configuration";
            return self.complain(&Error::failed("read-only: nothing is pushed", hint));
        }
        if let Some(job) = self.jobs.of_branch(&proposal.branch) {
            let title = job.title();
            return self.say(format!("the same change is under way: {title}; J follows it"));
        }
        let who = match self.who() {
            who if who.is_empty() => proposal.author.author.clone(),
            who => who,
        };
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        let is_looked_at = submission.target.is_some();
        let by = Submitter {
            cluster: &cluster.server.key,
            context: if is_looked_at { &cluster.context } else { "" },
            user: &who,
            now: self.clock,
        };
        let seen = is_looked_at.then(|| view(cluster));
        let id = self.jobs.submit(submission, &by, seen.as_ref(), &mut out.effects);
        let title = self.jobs.find(id).map(super::jobs::Job::title).unwrap_or_default();
        self.say(format!("{title}: J follows it"));
    }

    /// Takes the reply to a step of a change.
    pub(super) fn receive_change(&mut self, task: Task, outcome: ChangeOutcome, out: &mut Update) {
        let State { clusters, left, jobs, clock, .. } = self;
        let bound = jobs.find(task.job).and_then(|job| job.bound);
        let is_bound = |cluster: &&Cluster| bound == Some((cluster.id, cluster.epoch));
        let seen = clusters.values().chain(left.iter()).find(is_bound).map(view);
        jobs.receive_change(task, outcome, seen.as_ref(), *clock, &mut out.effects);
        self.announce(task.job);
        self.leave(out);
    }

    /// Says what has happened to changes, wherever the user is. An error that was not read yet stays before it.
    pub(super) fn show_news(&mut self) {
        if self.notice.as_ref().is_some_and(|notice| notice.is_error) {
            return;
        }
        // what is bad is said last, and stays
        for news in self.jobs.take_news() {
            match news {
                ChangeNews::Good(text) if !self.notice.as_ref().is_some_and(|notice| notice.is_error) => self.say(text),
                ChangeNews::Good(_) => {}
                ChangeNews::Bad(error) => self.complain(&error),
            }
        }
    }

    /// Says that a change waits for the user.
    fn announce(&mut self, id: JobId) {
        let Some(change) = self.jobs.find(id).and_then(|job| job.change()) else { return };
        let (phase, title) = (change.phase(), &change.pull.title);
        let text = match phase.message() {
            "" => format!("{title}: {}", phase.word()),
            message => format!("{title}: {}: {message}", phase.word()),
        };
        if phase.is_waiting() {
            let hint = if phase.hint().is_empty() { "J shows it" } else { phase.hint() }.to_owned();
            self.complain(&Error::failed(text, hint));
        }
    }

    /// The open pull request of a change that touches this object, if one is followed here.
    pub fn open_change(&self, object: &ObjectRef) -> Option<&crate::domain::Pull> {
        let is_of = |job: &&super::jobs::Job| job.keeper == Keeper::Us && !job.is_over();
        let changes = self.jobs.all().iter().rev().filter(is_of).filter_map(|job| job.change());
        changes.filter(|change| change.objects().contains(object)).find_map(|change| change.progress.pull.as_ref())
    }
}
