//! Writes the journal (how far each job has come) and the log of acts. It has a thread of its own, because a disk may be slow; the thread
//! writes records in the order of events.
//!
//! A request waits until its record is on disk. If the record cannot be written, nothing is sent and the job gets the error. All records of
//! one job that arrive while the disk is busy are one write and one fsync.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::{mpsc, oneshot};

use crate::files::Disk;
use crate::records::jobs::{self, Held, Taken};
use crate::records::{Run, acts};
use fluxdeck_model::domain::Act;
use fluxdeck_model::state::jobs::{Job, JobId, JournalCommit, Loaded, journal};

/// How long a disk may hold up the way out.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a record may take until nothing waits for it any more; shorter than a job waits for the answer to a request.
const LATEST: Duration = Duration::from_secs(60);
/// How long jobs that are over are shown.
const KEPT: Duration = Duration::from_secs(2 * 24 * 3600);

/// Comes true once a record is on the disk; else why it is not.
pub(super) type Permit = Shared<oneshot::Receiver<Result<(), String>>>;

/// The jobs that are written down here, and what could not be read of others.
pub(super) type Found = (Vec<Loaded>, Vec<String>);

pub(super) struct Journal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    orders: mpsc::UnboundedSender<Order>,
    /// Ends when everything is written.
    ended: oneshot::Receiver<()>,
}

enum Order {
    Commit { commit: JournalCommit, reply: oneshot::Sender<Result<(), String>> },
    Act(Act),
    TakeUp(JobId, oneshot::Sender<Result<Box<Job>, String>>),
}

impl Journal {
    /// Keeps journals below this state directory. Nothing is made there before something is written.
    pub fn open(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        let (orders, taken) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let keeper = Keeper { disk: disk.clone(), dir: dir.clone(), run: None, held: BTreeMap::new(), has_swept: false };
        std::thread::spawn(move || {
            keeper.keep(taken);
            // nobody waits where the program was not left in good order
            let _ = end.send(());
        });
        Self { disk, dir, orders, ended }
    }

    /// Writes a commit; what it permits is up to the caller, when the permit has come true.
    pub fn commit(&self, commit: JournalCommit) -> Permit {
        let (reply, written) = oneshot::channel();
        // without its thread the reply is dropped, and nothing is permitted
        let _ = self.orders.send(Order::Commit { commit, reply });
        written.shared()
    }

    /// Writes a line of the log of acts that permits nothing.
    pub fn record(&self, act: Act) {
        let _ = self.orders.send(Order::Act(act));
    }

    /// Reads the journals of all jobs, on a thread of its own: what is written does not wait for it.
    pub fn load(&self) -> oneshot::Receiver<Found> {
        let (reply, read) = oneshot::channel();
        let (disk, dir) = (self.disk.clone(), self.dir.clone());
        std::thread::spawn(move || {
            sweep(&disk, &dir);
            // nobody waits any more when the program leaves
            let _ = reply.send(found(&*disk, &dir));
        });
        read
    }

    pub fn take_up(&self, id: JobId) -> oneshot::Receiver<Result<Box<Job>, String>> {
        let (reply, taken) = oneshot::channel();
        let _ = self.orders.send(Order::TakeUp(id, reply));
        taken
    }

    /// Writes what is left, and lets go of all locks.
    pub async fn close(self) {
        let Self { orders, ended, .. } = self;
        drop(orders);
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("the journal is not written: the disk does not answer");
        }
    }
}

/// Whether a record is on disk; else why not. After [`LATEST`] nothing is permitted any more: the job then asks whether its request has
/// arrived, and learns that it was not sent.
pub(super) async fn permitted(permit: Permit) -> Result<(), String> {
    match tokio::time::timeout(LATEST, permit).await {
        Ok(written) => written.unwrap_or_else(|_| Err("the thread that writes has ended".to_owned())),
        Err(_) => Err(format!("the disk has not answered within {} s", LATEST.as_secs())),
    }
}

/// The thread's side.
struct Keeper {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// None until something is done.
    run: Option<Run>,
    held: BTreeMap<JobId, Held>,
    /// Old jobs go when the first of a run is written.
    has_swept: bool,
}

impl Keeper {
    fn keep(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        while let Some(first) = orders.blocking_recv() {
            let mut waiting = vec![first];
            while let Ok(next) = orders.try_recv() {
                waiting.push(next);
            }
            let mut waiting = waiting.into_iter().peekable();
            while let Some(order) = waiting.next() {
                match order {
                    Order::Commit { mut commit, reply } => {
                        let mut replies = vec![reply];
                        // what came for the same job while the disk was busy
                        while let Some(Order::Commit { commit: next, reply }) =
                            waiting.next_if(|next| matches!(next, Order::Commit { commit: next, .. } if joins(&commit, next)))
                        {
                            commit.is_last = next.is_last;
                            commit.lines.extend(next.lines);
                            commit.acts.extend(next.acts);
                            replies.push(reply);
                        }
                        let written = self.commit(&commit);
                        // a caller that is gone sends nothing either
                        replies.into_iter().for_each(|reply| drop(reply.send(written.clone())));
                    }
                    Order::Act(act) => {
                        if let Err(why) = self.act(&act) {
                            tracing::warn!(why, "the log of acts cannot be written");
                        }
                    }
                    Order::TakeUp(id, reply) => drop(reply.send(self.take_up(id))),
                }
            }
        }
    }

    fn commit(&mut self, commit: &JournalCommit) -> Result<(), String> {
        let written = self.write(commit);
        if commit.is_last {
            self.held.remove(&commit.job);
        }
        written.map_err(|error| format!("the journal in {} cannot be written: {error}", self.dir.display()))?;
        commit.acts.iter().try_for_each(|act| self.act(act))
    }

    fn write(&mut self, commit: &JournalCommit) -> std::io::Result<()> {
        let JournalCommit { job: id, lines, is_new, .. } = commit;
        match self.held.get_mut(id) {
            _ if lines.is_empty() => Ok(()),
            Some(held) if *is_new => held.replace(lines),
            Some(held) => held.append(lines),
            None if *is_new => {
                let held = self.create(*id, lines)?;
                self.held.insert(*id, held);
                Ok(())
            }
            None => Err(std::io::Error::other("its beginning was not written")),
        }
    }

    fn create(&mut self, id: JobId, lines: &[u8]) -> std::io::Result<Held> {
        if !std::mem::replace(&mut self.has_swept, true) {
            sweep(&self.disk, &self.dir);
        }
        match jobs::create(&self.disk, &self.dir, &id.to_string(), lines) {
            // an earlier attempt failed half way, and could not be taken back
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                match jobs::take(&self.disk, &self.dir, &id.to_string())? {
                    Taken::Held(mut held, _) => held.replace(lines).map(|()| held),
                    Taken::Elsewhere | Taken::Gone => Err(error),
                }
            }
            made => made,
        }
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        if self.run.is_none() {
            self.run = Run::begin(self.disk.clone(), &self.dir).unwrap_or_else(|error| {
                tracing::warn!(%error, "jobs under way cannot be distinguished from interrupted ones");
                None
            });
        }
        let file = acts::acts_file(&self.dir);
        acts::record(&*self.disk, &self.dir, self.run.as_ref(), act)
            .map_err(|error| format!("the log of acts {} cannot be written: {error}", file.display()))
    }

    fn take_up(&mut self, id: JobId) -> Result<Box<Job>, String> {
        if let Some(held) = self.held.get(&id) {
            // taken before, without its cluster
            return journal::read(held.known()).map(|read| Box::new(read.job)).map_err(|why| why.to_string());
        }
        let taken = jobs::take(&self.disk, &self.dir, &id.to_string()).map_err(|error| error.to_string())?;
        let Taken::Held(held, bytes) = taken else {
            let is_elsewhere = matches!(taken, Taken::Elsewhere);
            return Err(if is_elsewhere { "another run works on it" } else { "it is not there any more" }.to_owned());
        };
        let read = journal::read(&bytes).map_err(|why| why.to_string())?;
        if read.job.id != id {
            return Err("its file holds another job".to_owned());
        }
        self.held.insert(id, held);
        Ok(Box::new(read.job))
    }
}

/// Whether a commit adds to the one before, with nothing in between.
fn joins(before: &JournalCommit, next: &JournalCommit) -> bool {
    before.job == next.job && !next.is_new
}

/// Removes what has been over for long.
fn sweep(disk: &Arc<dyn Disk>, dir: &Path) {
    let before = SystemTime::now().checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
    let is_over = |_: &str, bytes: &[u8]| journal::read(bytes).is_ok_and(|read| read.job.is_over());
    if let Err(error) = jobs::sweep(disk, dir, before, is_over) {
        tracing::warn!(%error, "old jobs are not removed");
    }
}

/// The jobs that are written down below a state directory, and what could not be read and why. Looking changes nothing.
pub fn found(disk: &dyn Disk, dir: &Path) -> Found {
    let stored = match jobs::load(disk, dir) {
        Ok(stored) => stored,
        Err(error) => return (Vec::new(), vec![format!("the jobs in {} cannot be read: {error}", dir.display())]),
    };
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for stored in stored {
        let bytes = stored.bytes.map_err(|error| error.to_string());
        match bytes.and_then(|bytes| journal::read(&bytes).map_err(|why| why.to_string())) {
            Ok(read) if read.job.id.to_string() != stored.id => {
                unread.push(format!("job {}: its file holds another job", stored.id));
            }
            Ok(read) => found.push(Loaded { job: read.job, is_elsewhere: stored.is_elsewhere }),
            Err(why) => unread.push(format!("job {}: {why}", stored.id)),
        }
    }
    (found, unread)
}
