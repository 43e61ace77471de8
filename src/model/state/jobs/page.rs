//! What the journal has of a job, and what the present turn adds to it: collected, so that a turn costs one fsync.

use super::item::Task;
use super::job::Job;
use super::journal::{Written, compact};
use super::{JobId, Jobs};
use crate::domain::Act;
use crate::state::Effect;

/// A record and what it permits.
///
/// The contract with the runtime: `lines` are written and synced first, under the job's lock. When that has succeeded, `acts` go to
/// the log of acts and `then` is carried out, else nothing of `then`: each write in it is answered with `Outcome::Unrecorded`, and
/// where there is none, `Message::Unrecorded` reports it to the job. After a commit that failed the end of the file is not known:
/// the next one of that job `is_new`, and what was on its way before goes behind what is known to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalCommit {
    pub job: JobId,
    /// `lines` are the whole journal: it is written beside the old one, if there is one, and put in its place. Else they are appended.
    pub is_new: bool,
    /// The job is over: its lock may go. If it goes on all the same, its next commit `is_new`.
    pub is_last: bool,
    pub lines: Vec<u8>,
    pub acts: Vec<Act>,
    /// What may be sent once all this is written: [`Effect::Write`]s, and [`Effect::Change`]s of steps at a remote.
    pub then: Vec<Effect>,
}

/// One job's page: what was written, and what is to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    written: Written,
    /// The journal's end is known: it can be appended to.
    is_sound: bool,
    is_touched: bool,
    writes: Vec<Effect>,
    acts: Vec<Act>,
    /// The user said that requests may go out although they cannot be recorded.
    is_allowed: bool,
}

impl Page {
    pub fn touch(&mut self) {
        self.is_touched = true;
    }

    pub fn is_touched(&self) -> bool {
        self.is_touched
    }

    pub fn add(&mut self, act: Act) {
        self.acts.push(act);
    }

    /// A request that may be sent once the turn is written down.
    pub fn permit(&mut self, write: Effect) {
        self.writes.push(write);
    }

    pub fn allow(&mut self) {
        self.is_allowed = true;
    }

    pub fn is_allowed(&self) -> bool {
        self.is_allowed
    }

    /// The last commit was not written.
    pub fn spoil(&mut self) {
        self.is_sound = false;
    }

    /// Closes the turn: what it changed of the job, as one commit.
    fn turn(&mut self, job: &Job, effects: &mut Vec<Effect>) {
        self.is_touched = false;
        let update = self.written.update(job);
        let (acts, mut then) = (std::mem::take(&mut self.acts), std::mem::take(&mut self.writes));
        if update.is_none() && acts.is_empty() && then.is_empty() {
            return;
        }
        let after = if self.is_allowed { std::mem::take(&mut then) } else { Vec::new() };
        let is_new = !self.is_sound;
        let lines = if is_new { compact(job) } else { update.map(|update| update.line()).unwrap_or_default() };
        let is_last = job.is_over();
        (self.written, self.is_sound) = (Written::of(job), !is_last);
        effects.push(Effect::Commit(Box::new(JournalCommit { job: job.id, is_new, is_last, lines, acts, then })));
        effects.extend(after);
    }
}

impl Jobs {
    /// Closes a turn: one commit for each job that it changed. Code that changes jobs calls this once at the end.
    pub fn flush(&mut self, effects: &mut Vec<Effect>) {
        if self.has_parted {
            return;
        }
        for (id, page) in self.pages.iter_mut().filter(|(_, page)| page.is_touched()) {
            if let Some(job) = self.jobs.iter().find(|job| job.id == *id) {
                page.turn(job, effects);
            }
        }
    }

    /// A commit that permitted nothing could not be written: the job goes on, its next commit rewrites the journal, and a request is sent
    /// only once that was written.
    pub fn unrecorded(&mut self, id: JobId) {
        if self.ours(id).is_none() {
            return;
        }
        if let Some(page) = self.pages.get_mut(&id) {
            page.spoil();
            page.touch();
        }
    }

    /// Whether the user knows that nothing can be written down of a job, and has let it go on.
    pub fn is_allowed(&self, id: JobId) -> bool {
        self.pages.get(&id).is_some_and(Page::is_allowed)
    }

    /// A commit that permitted this request was not written.
    pub(super) fn spoil(&mut self, task: Task) {
        if let Some(page) = self.pages.get_mut(&task.job) {
            page.spoil();
        }
    }
}
