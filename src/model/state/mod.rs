//! All data that a screen may read, and the vocabulary in which things happen ([`Message`]) and are wished ([`Effect`]).

mod cluster;
mod effect;
mod message;
pub mod projection;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use cluster::{Cluster, Link, ServerFacts, Tree};
pub use effect::{Aspect, Effect, LogRequest, Ticket};
pub use message::{Code, Details, Epoch, EventRow, Input, Key, Message, News, Reply};

use crate::domain::ClusterId;
use crate::error::Error;

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
        Self { clock, clusters, active, contexts: Vec::new(), settings, notice: None, tickets: 0 }
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

    /// Leaves the present context for another: a fresh cluster under a new epoch, so that late answers of the old one find nobody.
    pub fn switch(&mut self, context: &str) -> Effect {
        let old = self.cluster();
        let (epoch, namespaces) = (old.epoch.next(), None);
        let mut fresh = Cluster::new(self.active, context.to_owned());
        fresh.epoch = epoch;
        fresh.namespaces = namespaces;
        self.clusters.insert(self.active, fresh);
        Effect::Connect { cluster: self.active, epoch, context: context.to_owned() }
    }
}
