//! What one turn changed of a job: a line of its journal. Whatever is not in it stays as it was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::line;
use crate::state::jobs::change;
use crate::state::jobs::item::{Item, LogLine, Phase};
use crate::state::jobs::job::{Job, Work};

/// What one turn changed.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::state::jobs) struct Update {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch: Option<Flags>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    items: Vec<Advance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<change::ChangeProgress>,
}

/// What changes of a batch as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Flags {
    stopped: bool,
    is_paused: bool,
}

/// How far an item has come, and what is new in its log.
#[derive(Serialize, Deserialize)]
struct Advance {
    n: usize,
    #[serde(flatten)]
    standing: Standing,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    log: Vec<LogLine>,
}

/// Everything of an item that changes, but for its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    at: usize,
    phase: Phase,
    since: Option<Timestamp>,
    ended: Option<Timestamp>,
    turn: u32,
    conflicts: u32,
    before: Option<String>,
    #[serde(default)]
    generation: Option<i64>,
    patient: bool,
}

/// The part of a job that changes, as its journal has it.
#[derive(Clone, Debug, Default)]
pub(in crate::state::jobs) struct Written {
    batch: Flags,
    /// Of each item how far it has come, and how long its log is.
    items: Vec<(Standing, usize)>,
    change: Option<change::ChangeProgress>,
}

impl Written {
    pub fn of(job: &Job) -> Self {
        match &job.work {
            Work::Act(batch) => Self {
                batch: Flags { stopped: batch.stopped, is_paused: batch.is_paused },
                items: batch.items.iter().map(|item| (Standing::of(item), item.log.len())).collect(),
                change: None,
            },
            Work::Change(change) => Self { change: Some(change.progress.recorded()), ..Self::default() },
        }
    }

    /// What has changed since; none where nothing has. Costs a look at each item.
    pub fn update(&self, job: &Job) -> Option<Update> {
        match &job.work {
            Work::Act(batch) => {
                let flags = Flags { stopped: batch.stopped, is_paused: batch.is_paused };
                let items: Vec<_> = batch.items.iter().enumerate().filter_map(|(n, item)| self.advance(n, item)).collect();
                let update = Update { batch: (flags != self.batch).then_some(flags), items, change: None };
                (update.batch.is_some() || !update.items.is_empty()).then_some(update)
            }
            Work::Change(change) => {
                let progress = change.progress.recorded();
                (self.change.as_ref() != Some(&progress)).then(|| Update { change: Some(progress), ..Update::default() })
            }
        }
    }

    fn advance(&self, n: usize, item: &Item) -> Option<Advance> {
        let known = self.items.get(n);
        let logged = known.map_or(0, |(_, logged)| *logged);
        if known.is_some_and(|(standing, logged)| *logged == item.log.len() && standing.is_of(item)) {
            return None;
        }
        Some(Advance { n, standing: Standing::of(item), log: item.log.get(logged..).unwrap_or_default().to_vec() })
    }
}

impl Update {
    pub fn line(&self) -> Vec<u8> {
        line::of(self)
    }

    /// Brings a job to its state; false where it is about another job.
    pub fn apply(self, job: &mut Job) -> bool {
        match &mut job.work {
            Work::Act(batch) if self.change.is_none() => {
                if let Some(flags) = self.batch {
                    (batch.stopped, batch.is_paused) = (flags.stopped, flags.is_paused);
                }
                self.items.into_iter().all(|advance| batch.items.get_mut(advance.n).is_some_and(|item| advance.apply(item)))
            }
            Work::Change(change) if self.batch.is_none() && self.items.is_empty() => {
                change.progress = self.change.unwrap_or_else(|| change.progress.clone());
                true
            }
            _ => false,
        }
    }
}

impl Advance {
    fn apply(self, item: &mut Item) -> bool {
        let is_of_it = self.standing.at < item.steps.len();
        if is_of_it {
            self.standing.put(item);
            item.log.extend(self.log);
        }
        is_of_it
    }
}

impl Standing {
    fn of(item: &Item) -> Self {
        Self {
            at: item.at,
            phase: item.phase.clone(),
            since: item.since,
            ended: item.ended,
            turn: item.turn,
            conflicts: item.conflicts,
            before: item.before.clone(),
            generation: item.generation,
            patient: item.patient,
        }
    }

    fn is_of(&self, item: &Item) -> bool {
        (self.at, self.since, self.ended, self.turn) == (item.at, item.since, item.ended, item.turn)
            && (self.conflicts, self.patient) == (item.conflicts, item.patient)
            && (&self.phase, &self.before, self.generation) == (&item.phase, &item.before, item.generation)
    }

    fn put(self, item: &mut Item) {
        let Self { at, phase, since, ended, turn, conflicts, before, generation, patient } = self;
        (item.at, item.phase, item.since, item.ended) = (at, phase, since, ended);
        (item.turn, item.conflicts, item.patient) = (turn, conflicts, patient);
        (item.before, item.generation) = (before, generation);
    }
}
