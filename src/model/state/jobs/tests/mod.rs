//! Jobs fed by hand: answers, objects and time come in, effects go out, and every step goes through the journal.

mod acting;
mod changes;
mod clock;
mod durable;
mod joined;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::journal::{self, compact};
use super::{Job, JobId, Jobs, JournalCommit, Phase, Start, TIMEOUT, Task, View};
use crate::actions::Outcome;
use crate::actions::testing::{confirmed, object, put, ready, reference, store};
use crate::domain::{ClusterId, ClusterKey, ObjectRef, Policy, Store};
use crate::kinds::testing::NOW;
use crate::state::{Effect, Epoch};

pub(super) struct Bench {
    pub store: Store,
    pub jobs: Jobs,
    pub now: Timestamp,
    pub lost: Option<&'static str>,
    /// What has come out, the commits' requests among it.
    pub effects: Vec<Effect>,
    pub journals: BTreeMap<JobId, Vec<u8>>,
    /// Nothing can be written down.
    pub is_full: bool,
}

impl Bench {
    pub fn with(objects: impl IntoIterator<Item = crate::domain::Object>) -> Self {
        let now = NOW.parse().expect("a time");
        Self {
            store: store(objects),
            jobs: Jobs::new(7),
            now,
            lost: None,
            effects: Vec::new(),
            journals: BTreeMap::new(),
            is_full: false,
        }
    }

    pub fn start(&mut self, action: &str, ids: &[ObjectRef], parallel: usize, waits: bool) {
        self.begin(action, ids, parallel, waits, false);
    }

    /// Starts beside other programs, whose jobs are joined or not.
    pub fn start_as(&mut self, action: &str, ids: &[ObjectRef], joins: bool) {
        self.begin(action, ids, 10, true, joins);
    }

    fn begin(&mut self, action: &str, ids: &[ObjectRef], parallel: usize, waits: bool, joins: bool) {
        let confirmed = confirmed(action, &self.store, ids, &Policy::default());
        assert_eq!(confirmed.skipped, [], "{action}");
        let cluster = &key();
        let start = Start { cluster, context: "prod", user: "ana", timeout: TIMEOUT, parallel, waits, joins, now: self.now };
        self.step(|jobs, view, _, effects| {
            jobs.start(&confirmed, &start, view, effects);
        });
    }

    /// Does something, and goes on from what the journals say: nothing may hang on what is not written.
    pub fn step(&mut self, work: impl FnOnce(&mut Jobs, &View, Timestamp, &mut Vec<Effect>)) {
        let mut effects = Vec::new();
        let view = View { cluster: ClusterId(0), epoch: Epoch(0), store: &self.store, lost: self.lost };
        work(&mut self.jobs, &view, self.now, &mut effects);
        self.jobs.flush(&mut effects);
        for effect in effects {
            match effect {
                Effect::Commit(commit) => self.commit(*commit),
                other => self.effects.push(other),
            }
        }
        if !self.is_full && !self.jobs.has_parted {
            self.reread();
        }
    }

    /// Carries a commit out; without room on the disk its requests are answered so.
    pub fn commit(&mut self, commit: JournalCommit) {
        if self.is_full {
            let tasks: Vec<_> = commit.then.iter().filter_map(write_of).collect();
            if tasks.is_empty() {
                self.jobs.unrecorded(commit.job);
            }
            return tasks.into_iter().for_each(|task| self.answer_to(task, Outcome::Unrecorded(FULL.into())));
        }
        let journal = self.journals.entry(commit.job).or_default();
        if commit.is_new {
            journal.clear();
        }
        journal.extend(commit.lines);
        self.effects.extend(commit.acts.into_iter().map(|act| Effect::Record(Box::new(act))));
        self.effects.extend(commit.then);
    }

    pub fn reread(&mut self) {
        for job in self.jobs.jobs.iter_mut().filter(|job| self.journals.contains_key(&job.id)) {
            let mut read = journal::read(&self.journals[&job.id]).expect("a journal can be read").job;
            read.bind(ClusterId(0), Epoch(0));
            assert_eq!(String::from_utf8(compact(job)), String::from_utf8(compact(&read)));
            (read.is_earlier, read.keeper) = (job.is_earlier, job.keeper);
            if let (Some(read), Some(known)) = (read.change_mut(), job.change()) {
                read.progress.asked = known.progress.asked;
                read.progress.is_asking = known.progress.is_asking;
            }
            *job = read;
        }
    }

    pub fn put(&mut self, kind: &str, body: &Value) {
        put(&mut self.store, object(kind, body));
        self.advance();
    }

    pub fn advance(&mut self) {
        self.step(|jobs, view, now, effects| jobs.advance(view, now, effects));
    }

    /// Leaves the program: what is written stays as it is.
    pub fn part(&mut self) {
        let before = self.journals.clone();
        self.step(|jobs, _, now, effects| jobs.part(now, effects));
        assert_eq!(self.journals, before);
    }

    pub fn later(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).expect("a time");
        self.advance();
    }

    /// Takes the requests that went out, as `write Kind namespace/name`.
    pub fn sent(&mut self) -> Vec<(Task, String)> {
        let logged = |effect| match effect {
            Effect::Write { task, step, .. } => Some((task, format!("write {}", step.object))),
            Effect::Probe { task, step, .. } => Some((task, format!("probe {}", step.object))),
            _ => None,
        };
        std::mem::take(&mut self.effects).into_iter().filter_map(logged).collect()
    }

    /// Answers the only request that is out.
    pub fn answer(&mut self, outcome: Outcome) {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        self.answer_to(sent[0].0, outcome);
    }

    pub fn answer_to(&mut self, task: Task, outcome: Outcome) {
        self.step(|jobs, view, now, effects| jobs.receive(task, outcome, Some(view), now, effects));
    }

    pub fn job(&self) -> &Job {
        &self.jobs.all()[0]
    }

    /// In how many seconds something happens to the first job by the clock alone.
    pub fn next_change(&self) -> Option<i64> {
        self.job().batch()?.next_change(self.now)
    }

    pub fn phase(&self) -> Phase {
        self.phases()[0].clone()
    }

    pub fn phases(&self) -> Vec<Phase> {
        self.job().items().iter().map(|item| item.phase.clone()).collect()
    }

    pub fn log(&self) -> Vec<&str> {
        self.job().items()[0].log.iter().map(|entry| entry.text.as_str()).collect()
    }
}

pub(super) fn key() -> ClusterKey {
    ClusterKey { uid: None, server: "https://prod".into() }
}

pub(super) fn write_of(effect: &Effect) -> Option<Task> {
    if let Effect::Write { task, .. } = effect { Some(*task) } else { None }
}

const FULL: &str = "no space left on device";
pub(super) const TAKEN: Outcome = Outcome::Taken { generation: 1, is_proven: true };

pub(super) fn web() -> ObjectRef {
    reference("ks", "apps", "web")
}

/// A Kustomization with that Ready condition and those words between it and its controller.
pub(super) fn answered(requested: &str, handled: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": requested}},
        "status": {
            "observedGeneration": 1, "lastHandledReconcileAt": handled, "lastAppliedRevision": "main@sha1:1",
            "conditions": [{"type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": 1}]
        }
    })
}

pub(super) fn done(text: &str) -> Phase {
    Phase::Done { text: text.into() }
}

pub(super) fn failed(message: &str, retries: bool) -> Phase {
    Phase::Failed { message: message.into(), retries }
}
