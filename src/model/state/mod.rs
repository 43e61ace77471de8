//! All data that a screen may read, and the vocabulary in which things happen ([`Message`]) and are wished ([`Effect`]).

mod acting;
mod cluster;
mod declared;
pub mod drift;
mod effect;
pub mod jobs;
mod message;
pub mod projection;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use acting::{Answer, Guarded};
pub use cluster::{Cluster, Link, ServerFacts, Tree};
pub use declared::Manifest;
pub use effect::{Aspect, Effect, LogRequest, Ticket};
pub use message::{Code, Details, Epoch, EventRow, FileText, Input, Key, Message, News, Reply};

use crate::actions::Confirmation;
use crate::domain::ClusterId;
use crate::error::Error;
use jobs::Jobs;

/// Everything that a screen may read. Owned by the event loop, changed by messages only.
pub struct State {
    /// Now, as the last message told.
    pub clock: Timestamp,
    pub clusters: BTreeMap<ClusterId, Cluster>,
    pub active: ClusterId,
    /// Contexts of the kubeconfig, in its order.
    pub contexts: Vec<Context>,
    pub settings: Settings,
    pub notice: Option<Notice>,
    /// What is being done, and what was done in this run.
    pub jobs: Jobs,
    /// Connections that were left while jobs are under way: kept for these, shown nowhere.
    left: Vec<Cluster>,
    /// Acts that start by themselves as soon as it is known that they are allowed.
    eager: Vec<acting::Eager>,
    questions: Vec<Confirmation>,
    tickets: u64,
}

/// One context of the kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    pub cluster: String,
    pub user: String,
    pub namespace: Option<String>,
}

/// What a person chose for this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub ascii: bool,
    pub wide: bool,
    pub preview: bool,
    pub hide_header: bool,
    /// The demo's hints are shown.
    pub guide: bool,
    pub theme: String,
    /// Names of the themes that `:theme` offers.
    pub themes: Vec<String>,
    /// `--readonly`, or the configuration's: nothing is written, whatever the context.
    pub readonly: bool,
    /// Rules for contexts, by a name that may hold `*`; the first that fits holds.
    pub guarded: Vec<Guarded>,
    /// Where the user's clocks stand, what `14:00` means; none for UTC.
    pub zone: Option<jiff::tz::TimeZone>,
}

/// A line to the user; gone with the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
}

impl State {
    pub fn new(clock: Timestamp, settings: Settings) -> Self {
        let active = ClusterId(0);
        let clusters = BTreeMap::from([(active, Cluster::new(active, String::new()))]);
        Self {
            clock,
            clusters,
            active,
            contexts: Vec::new(),
            settings,
            notice: None,
            jobs: Jobs::default(),
            left: Vec::new(),
            eager: Vec::new(),
            questions: Vec::new(),
            tickets: 0,
        }
    }

    /// The cluster that the screen shows.
    pub fn cluster(&self) -> &Cluster {
        self.clusters.get(&self.active).expect("the active cluster is always in the map")
    }

    pub fn cluster_mut(&mut self) -> &mut Cluster {
        self.clusters.get_mut(&self.active).expect("the active cluster is always in the map")
    }

    /// A number for one request of a view; its replies carry it.
    pub fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_error: false });
    }

    pub fn complain(&mut self, error: &Error) {
        self.notice = Some(Notice { text: error.to_string(), is_error: true });
    }

    /// Leaves the present context for another: a fresh cluster under a new epoch, so that late answers of the old one find nobody. While
    /// jobs are under way there, what was left goes on beside, unseen.
    pub fn switch(&mut self, context: &str) -> Effect {
        let old = self.cluster();
        let (epoch, cluster) = (old.epoch.next(), old.id);
        let keep = self.jobs.are_running(cluster, old.epoch);
        let mut fresh = Cluster::new(cluster, context.to_owned());
        fresh.epoch = epoch;
        let old = self.clusters.insert(cluster, fresh);
        self.left.extend(old.filter(|_| keep));
        self.eager.clear();
        self.questions.clear();
        Effect::Connect { cluster, epoch, context: context.to_owned(), keep }
    }
}
