//! Changes among the jobs: started, advanced by replies, news and time, resumed.

use jiff::Timestamp;

use super::change::{Change, ChangeMilestones, ChangeNeed, ChangeNews, ChangeOutcome, Submission};
use super::item::Task;
use super::job::{Job, Keeper, Work};
use super::page::Page;
use super::{JobId, Jobs, View};
use crate::domain::text::redact;
use crate::domain::{Act, ActEnd, ClusterKey};
use crate::state::Effect;

/// Who submits a change, and where it is looked at; without a view no cluster is.
pub struct Submitter<'a> {
    pub cluster: &'a ClusterKey,
    pub context: &'a str,
    pub user: &'a str,
    pub now: Timestamp,
}

impl Jobs {
    /// Starts a change that was confirmed.
    pub fn submit(&mut self, submission: &Submission, by: &Submitter, view: Option<&View>, effects: &mut Vec<Effect>) -> JobId {
        self.last += 1;
        let id = JobId::new(by.now, self.nonce, self.last);
        let at = self.put(Job {
            id,
            cluster: by.cluster.clone(),
            context: by.context.to_owned(),
            user: by.user.to_owned(),
            started: by.now,
            work: Work::Change(Box::new(Change::of(submission, by.now))),
            bound: view.map(|view| (view.cluster, view.epoch)),
            is_earlier: false,
            keeper: Keeper::Us,
        });
        self.pages.insert(id, Page::default());
        self.change(at, effects, |change| change.begin(by.now));
        self.forget();
        id
    }

    /// The open or merged change whose branch that is, if one is under way.
    pub fn of_branch(&self, branch: &str) -> Option<&Job> {
        let is_of = |job: &&Job| job.change().is_some_and(|change| change.progress.branch == branch);
        self.running().find(is_of)
    }

    /// Takes the reply to a step of a change. One that comes late finds nobody.
    pub fn receive_change(
        &mut self,
        task: Task,
        outcome: ChangeOutcome,
        view: Option<&View>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(at) = self.ours(task.job) else { return };
        if matches!(outcome, ChangeOutcome::Unrecorded(_)) {
            self.spoil(task);
        }
        let is_awaited = self.jobs[at].change().is_some_and(|change| change.progress.turn == task.turn);
        if is_awaited {
            self.change(at, effects, |change| change.receive(outcome, now));
            self.look(at, view, now, effects);
        }
    }

    /// Lets the changes of this run look at the clock, and those of a connection at its cluster.
    pub fn advance_changes(&mut self, view: Option<&View>, now: Timestamp, effects: &mut Vec<Effect>) {
        for at in 0..self.jobs.len() {
            let is_here = self.jobs[at].keeper == Keeper::Us && self.jobs[at].change().is_some() && !self.jobs[at].is_over();
            let bound = self.jobs[at].bound;
            if is_here && bound == view.map(|view| (view.cluster, view.epoch)) {
                self.look(at, view, now, effects);
            } else if is_here && view.is_none() {
                // its forge is asked also where its cluster was left
                self.look(at, None, now, effects);
            }
        }
    }

    /// Lets a change go on that waits for the user.
    pub fn resume_change(&mut self, id: JobId, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(at) = self.ours(id) {
            self.change(at, effects, |change| change.go_on(now));
        }
    }

    /// Lets a change go to the fork that was offered.
    pub fn fork_change(&mut self, id: JobId, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(at) = self.ours(id) {
            self.change(at, effects, |change| change.fork(now));
        }
    }

    /// Looks at once how a pull request is, in each change that follows it: something of it was changed.
    pub fn look_again(&mut self, url: &str, number: u64) {
        for change in self.jobs.iter_mut().filter_map(Job::change_mut) {
            let is_it = change.order.site.url == url && change.progress.pull.as_ref().is_some_and(|pull| pull.number == number);
            if is_it && !change.progress.is_asking {
                change.progress.asked = None;
            }
        }
    }

    /// What has happened to changes since it was asked last, each once.
    pub fn take_news(&mut self) -> Vec<ChangeNews> {
        std::mem::take(&mut self.news)
    }

    fn look(&mut self, at: usize, view: Option<&View>, now: Timestamp, effects: &mut Vec<Effect>) {
        let before = self.jobs[at].change().map(|change| change.progress.clone());
        let Some(need) = self.jobs[at].change_mut().map(|change| change.look(view, now)) else { return };
        if need.is_some() || self.jobs[at].change().map(|change| &change.progress) != before.as_ref() {
            self.took(at, need, effects);
        }
    }

    fn change(&mut self, at: usize, effects: &mut Vec<Effect>, advance: impl FnOnce(&mut Change) -> Option<ChangeNeed>) {
        let Some(need) = self.jobs[at].change_mut().map(advance) else { return };
        self.took(at, need, effects);
    }

    /// Takes over what a change has come to: it is written at the end of the turn, and what it needs becomes an effect.
    fn took(&mut self, at: usize, need: Option<ChangeNeed>, effects: &mut Vec<Effect>) {
        let job = &self.jobs[at];
        let (id, Some(change)) = (job.id, job.change()) else { return };
        let effect = |step| Effect::Change { task: change.task(id), step, change: Box::new(change.clone()), bound: job.bound };
        let mut request = None;
        match need {
            None => {}
            Some(ChangeNeed::Do(step)) => effects.push(effect(step)),
            Some(ChangeNeed::Send(step)) => request = Some(effect(step)),
        }
        let (fresh, known) = (ChangeMilestones::of(change), self.milestones.get(&id));
        // what an earlier run has seen is not news
        self.news.extend(known.and_then(|known| fresh.news(known, change)));
        let act = Act::of_change(job, change);
        self.milestones.insert(id, fresh);
        let is_new = self.log(&act);
        if let Some(page) = self.pages.get_mut(&id) {
            if is_new {
                page.add(act);
            }
            request.into_iter().for_each(|request| page.permit(request));
            page.touch();
        }
    }
}

impl Act {
    /// The entry of a change for the log of acts.
    fn of_change(job: &Job, change: &Change) -> Self {
        let phase = change.phase();
        let outcome = phase.is_over().then(|| match phase.message() {
            "" => phase.word().to_owned(),
            message => redact(&format!("{}: {message}", phase.word())).into_owned(),
        });
        let end = match phase {
            _ if !phase.is_over() => None,
            _ if phase.is_done() => Some(ActEnd::Done),
            super::change::ChangePhase::End(super::change::End::Stopped { .. }) => Some(ActEnd::Unknown),
            _ => Some(ActEnd::Failed),
        };
        Self {
            at: job.started,
            context: job.context.clone(),
            user: job.user.clone(),
            action: job.name().to_owned(),
            object: change.object.clone(),
            line: redact(&change.line()).into_owned(),
            outcome,
            end,
            last: match change.progress.log.last() {
                Some(last) if *phase == super::change::ChangePhase::Follow => format!("the change was at: {}", last.text),
                _ => format!("the change was at: {}", phase.word()),
            },
            ended: change.progress.ended,
        }
    }
}
