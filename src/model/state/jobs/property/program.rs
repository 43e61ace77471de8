//! One run of the program beside its jobs: its view of the cluster, what waits for its disk and for the network, and replies to
//! come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use super::server::{NAMES, Server};
use crate::actions::testing::{confirmed_at, put, remove};
use crate::actions::{Outcome, Step};
use crate::domain::{ClusterId, Store};
use crate::state::jobs::journal::{self, compact};
use crate::state::jobs::tests::key;
use crate::state::jobs::{Job, JobId, Jobs, JournalCommit, Loaded, Start, TIMEOUT, Task, View};
use crate::state::{Effect, Epoch};

/// The content of the disk, and who holds which lock.
#[derive(Default)]
pub struct Disk {
    pub journals: BTreeMap<JobId, Vec<u8>>,
    pub locks: BTreeMap<JobId, usize>,
    pub is_full: bool,
}

impl Disk {
    pub fn job(&self, id: JobId) -> Job {
        journal::read(&self.journals[&id]).unwrap_or_else(|error| panic!("{id}: {error}")).job
    }
}

/// A request or a look-up that is on its way.
#[derive(Clone)]
pub struct Errand {
    pub task: Task,
    pub step: Box<Step>,
    /// The number of the step.
    pub at: usize,
    pub is_write: bool,
}

pub struct Program {
    number: usize,
    pub jobs: Jobs,
    store: Store,
    pub is_lost: bool,
    pub is_left: bool,
    pub commits: VecDeque<JournalCommit>,
    pub errands: Vec<Errand>,
    pub answers: Vec<(Task, Outcome)>,
    /// Jobs whose journal's end is not known since a commit failed.
    spoilt: BTreeSet<JobId>,
    pub allowed: BTreeSet<JobId>,
}

impl Program {
    /// A run that has read the disk.
    pub fn new(number: usize, nonce: u32, disk: &Disk) -> Self {
        let mut program = Self {
            number,
            jobs: Jobs::new(nonce),
            store: Store::default(),
            is_lost: false,
            is_left: false,
            commits: VecDeque::new(),
            errands: Vec::new(),
            answers: Vec::new(),
            spoilt: BTreeSet::new(),
            allowed: BTreeSet::new(),
        };
        program.load(disk);
        program
    }

    pub fn load(&mut self, disk: &Disk) {
        let is_elsewhere = |id: &JobId| disk.locks.get(id).is_some_and(|holder| *holder != self.number);
        let read = disk.journals.keys().map(|id| Loaded { job: disk.job(*id), is_elsewhere: is_elsewhere(id) });
        self.jobs.loaded(read.collect());
    }

    /// One turn: something happens, and what comes out is sorted.
    pub fn turn(&mut self, now: Timestamp, work: impl FnOnce(&mut Jobs, Option<&View>, &mut Vec<Effect>)) {
        let mut effects = Vec::new();
        let lost = self.is_lost.then_some("connection refused");
        let view = View { cluster: ClusterId(0), epoch: Epoch(0), store: &self.store, lost };
        let view = (!self.is_left).then_some(view);
        work(&mut self.jobs, view.as_ref(), &mut effects);
        if let Some(view) = &view {
            self.jobs.advance(view, now, &mut effects);
        }
        self.jobs.flush(&mut effects);
        effects.into_iter().for_each(|effect| self.sort(effect));
    }

    fn sort(&mut self, effect: Effect) {
        match effect {
            Effect::Commit(commit) => self.commits.push_back(*commit),
            Effect::Write { task, step, .. } => {
                assert!(self.allowed.contains(&task.job), "{task:?} goes out without a record");
                self.send(task, step, true);
            }
            Effect::Probe { task, step, .. } => self.send(task, step, false),
            Effect::Record(_) => {}
            other => panic!("jobs do not request {other:?}"),
        }
    }

    fn send(&mut self, task: Task, step: Box<Step>, is_write: bool) {
        let at = self.jobs.find(task.job).expect("it is kept").items()[task.item].at;
        self.errands.push(Errand { task, step, at, is_write });
    }

    /// Looks at the cluster, if it is connected.
    pub fn watch(&mut self, server: &Server, now: Timestamp) {
        if !self.is_lost {
            for name in NAMES {
                match server.report(name) {
                    Ok(object) => put(&mut self.store, object),
                    Err(id) => remove(&mut self.store, &id),
                }
            }
        }
        self.turn(now, |_, _, _| {});
    }

    pub fn start(&mut self, action: &str, ids: &[crate::domain::ObjectRef], parallel: usize, waits: bool, now: Timestamp) {
        let confirmed = confirmed_at(now, action, &self.store, ids);
        if confirmed.planned.is_empty() || self.is_left {
            return;
        }
        let cluster = key();
        let start =
            Start { cluster: &cluster, context: "prod", user: "ana", timeout: TIMEOUT, parallel, waits, joins: false, now };
        self.turn(now, |jobs, view, effects| {
            jobs.start(&confirmed, &start, view.expect("it is connected"), effects);
        });
    }

    /// Carries out the oldest commit, with its fsync.
    pub fn commit(&mut self, disk: &mut Disk, now: Timestamp) {
        let Some(commit) = self.commits.pop_front() else { return };
        let id = commit.job;
        let holder = *disk.locks.entry(id).or_insert(self.number);
        assert_eq!(holder, self.number, "{id} is another program's");
        if disk.is_full || self.spoilt.contains(&id) && !commit.is_new {
            return self.fail(&commit, now);
        }
        self.spoilt.remove(&id);
        append(disk, &commit, commit.lines.len());
        let job = disk.job(id);
        for effect in commit.then {
            let Effect::Write { task, step, .. } = effect else { panic!("only requests wait for a record") };
            let item = &job.items()[task.item];
            assert_eq!((item.turn, item.phase.word(), item.step()), (task.turn, "sending", &*step), "it is written down");
            self.errands.push(Errand { task, step, at: item.at, is_write: true });
        }
        if self.commits.iter().all(|commit| commit.job != id) {
            self.compare(id, &job);
        }
    }

    fn fail(&mut self, commit: &JournalCommit, now: Timestamp) {
        self.spoilt.insert(commit.job);
        if commit.then.is_empty() {
            return self.turn(now, |jobs, _, _| jobs.unrecorded(commit.job));
        }
        for effect in &commit.then {
            let Effect::Write { task, .. } = effect else { panic!("only requests wait for a record") };
            self.answers.push((*task, Outcome::Unrecorded("no space left on device".into())));
        }
    }

    /// What is written is what is known.
    fn compare(&self, id: JobId, read: &Job) {
        let text = |job: &Job| String::from_utf8(compact(job)).expect("text");
        assert_eq!(text(self.jobs.find(id).expect("it is kept")), text(read));
    }

    /// The program is killed while its oldest commit is on its way to the disk.
    pub fn crash(mut self, disk: &mut Disk, cut: usize) -> Vec<Errand> {
        disk.locks.retain(|_, holder| *holder != self.number);
        if let Some(commit) = self.commits.pop_front()
            && !self.spoilt.contains(&commit.job)
            && !disk.is_full
        {
            let whole = commit.lines.len();
            // a file that is put in the place of another is there or not
            let length = if commit.is_new { (cut % 2) * whole } else { cut % (whole + 1) };
            append(disk, &commit, length);
        }
        self.errands
    }
}

fn append(disk: &mut Disk, commit: &JournalCommit, length: usize) {
    if commit.is_new && length == 0 {
        return;
    }
    let journal = disk.journals.entry(commit.job).or_default();
    if commit.is_new {
        journal.clear();
    }
    journal.extend(&commit.lines[..length]);
}
