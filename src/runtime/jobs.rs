//! What is kept of jobs: a step is done once its record is on the disk, and jobs of earlier runs are read and taken up.

use super::{Carried, Runtime, SENDING, journal, unsent};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::jobs::{ChangeOutcome, JobId, JournalCommit};
use fluxdeck_model::state::{Effect, Message, Terminal};

impl Runtime {
    /// The journal; none where nothing is kept.
    pub(super) fn journal(&mut self) -> Option<&journal::Journal> {
        let (disk, dir) = (self.options.disk.clone(), self.options.state_dir.clone()?);
        Some(self.journal.get_or_insert_with(|| journal::Journal::open(disk, dir)))
    }

    /// Writes down how far a job has come, and then does what that permits.
    pub(super) fn commit(&mut self, commit: JournalCommit) -> Option<Terminal> {
        let (job, then) = (commit.job, commit.then.clone());
        let Some(permit) = self.journal().map(|journal| journal.commit(commit)) else {
            // nothing is kept here, by design: the demo
            return then.into_iter().find_map(|effect| self.carry_out(effect));
        };
        if then.is_empty() {
            let inbox = self.inbox.clone();
            let unrecorded = move |error: &Error| Some(Message::Unrecorded(job, error.message.clone()));
            self.errand("writing down a job", unrecorded, async move {
                if let Err(why) = journal::permitted(permit).await {
                    let _ = inbox.send(Message::Unrecorded(job, why)).await;
                }
            });
            return None;
        }
        then.into_iter().find_map(|effect| match effect {
            Effect::Write { task, cluster, epoch, step } => {
                let permit = permit.clone();
                self.run_task((task, SENDING), cluster, epoch, unsent(), |errand| errand.write_if(permit, task, *step))
            }
            Effect::Change { task, step, change, bound } => {
                self.change(Some(permit.clone()), Carried { task, step, change, bound })
            }
            other => self.carry_out(other),
        })
    }

    /// Carries out a step of a change, once it may be. What it needs of a cluster it reads through the connection of that moment.
    pub(super) fn change(&mut self, permit: Option<journal::Permit>, carried: Carried) -> Option<Terminal> {
        let Carried { task, step, change, bound } = carried;
        let live = bound.and_then(|bound| self.sessions.get(&bound)).map(|session| session.live.clone());
        let (changes, inbox) = (self.changes.clone(), self.inbox.clone());
        let lost = move |error: &Error| {
            let outcome = ChangeOutcome::Lost { why: error.message.clone() };
            Some(Message::ChangeOutcome(task, Box::new(outcome)))
        };
        self.errand("a step of a change", lost, async move {
            let permitted = match permit {
                Some(permit) => journal::permitted(permit).await,
                None => Ok(()),
            };
            let outcome = match permitted {
                Ok(()) => {
                    let live = live.and_then(|live| live.borrow().clone());
                    changes.step(live.as_ref(), step, &change).await
                }
                Err(why) => ChangeOutcome::Unrecorded(why),
            };
            let _ = inbox.send(Message::ChangeOutcome(task, Box::new(outcome))).await;
        });
        None
    }

    /// Reads the journals of jobs. Where none are kept there are none.
    pub(super) fn load_jobs(&mut self) -> Option<Terminal> {
        let (found, inbox) = (self.journal()?.load(), self.inbox.clone());
        self.errand("reading jobs of earlier runs", |_| None, async move {
            let (jobs, unread) = found.await.unwrap_or_default();
            let _ = inbox.send(Message::JobsLoaded { jobs, unread }).await;
        });
        None
    }

    pub(super) fn take_up(&mut self, id: JobId) -> Option<Terminal> {
        let (taken, inbox) = (self.journal()?.take_up(id), self.inbox.clone());
        let failed = move |error: &Error| Some(Message::TakenUp(id, Err(error.message.clone())));
        self.errand("taking up a job", failed, async move {
            let taken = taken.await.unwrap_or_else(|_| Err("the thread that writes has ended".to_owned()));
            let _ = inbox.send(Message::TakenUp(id, taken)).await;
        });
        None
    }

    /// Waits until the journals and the log of acts are written, before the program leaves.
    pub async fn close(&mut self) {
        if let Some(journal) = self.journal.take() {
            journal.close().await;
        }
    }
}
