//! A job as data: what is being done, where, by whom, and its progress. It can be written down between any two steps, and read by
//! another run of the program.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::change::Change;
use super::id::JobId;
use super::item::{Item, Phase};
use crate::domain::text::counted;
use crate::domain::{ClusterId, ClusterKey};
use crate::state::Epoch;

/// Something that is being done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    /// Where it is done, in words that mean the same in another run.
    pub cluster: ClusterKey,
    /// The context of the kubeconfig through which it was started.
    pub context: String,
    /// The Kubernetes user.
    pub user: String,
    pub started: Timestamp,
    pub work: Work,
    /// The connection of this run by which it sees its cluster.
    #[serde(skip)]
    pub bound: Option<(ClusterId, Epoch)>,
    /// Another run of the program started it.
    #[serde(skip)]
    pub is_earlier: bool,
    #[serde(skip)]
    pub keeper: Keeper,
}

/// Who holds a job's lock, and so may write its journal: only that run may continue it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeper {
    /// It was read, and is shown as it stood then.
    #[default]
    Nobody,
    Us,
    /// A program that runs beside this one.
    Elsewhere,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// One act on one object or many.
    Act(Batch),
    /// A change in git.
    Change(Box<Change>),
}

/// A job as its journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    pub job: Job,
    /// Another program holds its lock.
    pub is_elsewhere: bool,
}

impl Job {
    /// Puts what was written in another run into this one: it is done through that connection, and all its objects are that cluster's.
    pub fn bind(&mut self, cluster: ClusterId, epoch: Epoch) {
        self.bound = Some((cluster, epoch));
        match &mut self.work {
            Work::Act(batch) => batch.bind(cluster),
            Work::Change(change) => change.bind(cluster),
        }
    }

    /// The act's part, if it is one.
    pub fn batch(&self) -> Option<&Batch> {
        if let Work::Act(batch) = &self.work { Some(batch) } else { None }
    }

    /// The change, if it is one.
    pub fn change(&self) -> Option<&Change> {
        if let Work::Change(change) = &self.work { Some(change) } else { None }
    }

    pub(super) fn change_mut(&mut self) -> Option<&mut Change> {
        if let Work::Change(change) = &mut self.work { Some(change) } else { None }
    }

    pub(super) fn batch_mut(&mut self) -> Option<&mut Batch> {
        if let Work::Act(batch) = &mut self.work { Some(batch) } else { None }
    }

    /// The objects of an act; a change has none.
    pub fn items(&self) -> &[Item] {
        self.batch().map_or(&[], |batch| &batch.items)
    }

    /// What it does, in a word: the action's or the playbook's name.
    pub fn name(&self) -> &str {
        match &self.work {
            Work::Act(batch) => batch.action.name,
            Work::Change(change) => &change.order.playbook,
        }
    }

    /// The same in one short word, for narrow columns.
    pub fn word(&self) -> &str {
        match &self.work {
            Work::Act(batch) => batch.action.word,
            Work::Change(change) => &change.order.playbook,
        }
    }

    pub fn is_over(&self) -> bool {
        match &self.work {
            Work::Act(batch) => batch.items.iter().all(|item| item.phase.is_over()),
            Work::Change(change) => change.phase().is_over(),
        }
    }

    /// Whether everything has come to a good end.
    pub fn is_done(&self) -> bool {
        let (done, _, all) = self.counts();
        done == all
    }

    /// What is done, what failed (in whatever way), and all: items of an act, or the one change.
    pub fn counts(&self) -> (usize, usize, usize) {
        let (done, over, all) = match &self.work {
            Work::Act(batch) => {
                let count = |is: fn(&Phase) -> bool| batch.items.iter().filter(|item| is(&item.phase)).count();
                (count(|phase| matches!(phase, Phase::Done { .. })), count(Phase::is_over), batch.items.len())
            }
            Work::Change(change) => (usize::from(change.phase().is_done()), usize::from(change.phase().is_over()), 1),
        };
        (done, over - done, all)
    }

    /// `reconcile Kustomization flux-system/apps`, `suspend 12 objects`.
    pub fn title(&self) -> String {
        match &self.work {
            Work::Act(batch) => match batch.items.as_slice() {
                [one] => format!("{} {}", batch.action.name, one.object),
                many => format!("{} {}", batch.action.name, counted(many.len(), "object")),
            },
            Work::Change(change) => change.pull.title.clone(),
        }
    }

    /// Whether an item may be watched on although its attempt failed, its time is over, or it was left.
    pub fn can_watch_on(&self) -> bool {
        self.bound.is_some() && self.items().iter().any(|item| item.phase.can_go_on())
    }

    /// Whether its queue waits for the user to say that it may go on ([`super::Jobs::go_on`]).
    pub fn is_paused(&self) -> bool {
        match &self.work {
            Work::Act(batch) => batch.is_waiting(),
            Work::Change(change) => change.phase().is_waiting(),
        }
    }

    /// Whether something of it goes on by itself in this run: it does not only wait for the user, or for its cluster.
    pub fn is_under_way(&self) -> bool {
        if let Work::Change(change) = &self.work {
            return self.keeper == Keeper::Us && !change.phase().is_over() && !change.phase().is_waiting();
        }
        let is_out = self.items().iter().any(|item| item.phase.is_under_way());
        let waits = self.bound.is_none() || self.is_paused() || self.held().is_some();
        self.keeper == Keeper::Us && !self.is_over() && (is_out && self.bound.is_some() || !waits)
    }

    /// Why nothing was sent for an item that is held, if one is: it cannot be written down. The user says what now.
    pub fn held(&self) -> Option<&str> {
        let why = |item: &'_ Item| matches!(item.phase, Phase::Held { .. });
        self.items().iter().find(|item| why(item)).map(|item| item.phase.message())
    }
}
