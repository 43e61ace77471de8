//! All data that a screen may read, and the one reducer that changes it ([`Engine`]): what happens comes in as [`Message`]s, what is wanted
//! from the outside goes out as [`Effect`]s.

mod acting;
mod cluster;
mod declared;
pub mod drift;
mod earlier;
mod effect;
mod engine;
pub mod following;
mod intent;
pub mod jobs;
mod message;
mod news;
mod notice;
pub mod projection;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use acting::policy_of;
pub use cluster::{Cluster, Link, ServerFacts, Tree};
pub use declared::Manifest;
pub use effect::{Aspect, Effect, LogRequest, Terminal, Ticket, Tickets};
pub use engine::{Asked, Beginning, Engine, Update};
pub use intent::{Confirmed, Intent, Question, Setting, Show, Wanted};
pub use message::{Code, Details, Epoch, Events, FileText, Input, Key, Message, News, Reply};
pub use notice::{Ends, Notice};

use crate::domain::{ClusterId, Context, Guarded};
use jobs::Jobs;

/// Everything that a screen may read. Owned by the [`Engine`], changed by messages only.
#[derive(Debug)]
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
    /// Jobs of earlier runs that were asked for.
    taking: BTreeSet<jobs::JobId>,
    /// Jobs of which a person is asked whether they may go on unrecorded.
    held: BTreeSet<jobs::JobId>,
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
    /// Jobs are written down, so that another run can take them up.
    pub keeps_jobs: bool,
    /// `--readonly`, or the configuration's: nothing is written, whatever the context.
    pub readonly: bool,
    /// Rules for contexts, by a pattern of their names; the first that fits holds.
    pub guarded: Vec<Guarded>,
    /// Where the user's clocks stand, what `14:00` means; none for UTC.
    pub zone: Option<jiff::tz::TimeZone>,
}

impl State {
    pub(crate) fn new(beginning: Beginning) -> Self {
        let Beginning { now: clock, settings, context, namespaces, is_projected, nonce } = beginning;
        let active = ClusterId(0);
        let mut cluster = Cluster::new(active, context);
        cluster.is_projected = is_projected;
        cluster.namespaces = namespaces;
        cluster.refilter();
        Self {
            clock,
            clusters: BTreeMap::from([(active, cluster)]),
            active,
            contexts: Vec::new(),
            settings,
            notice: None,
            jobs: Jobs::new(nonce),
            left: Vec::new(),
            eager: Vec::new(),
            taking: BTreeSet::new(),
            held: BTreeSet::new(),
        }
    }

    /// The cluster that the screen shows.
    pub fn cluster(&self) -> &Cluster {
        self.clusters.get(&self.active).expect("the active cluster is always in the map")
    }

    pub(crate) fn cluster_mut(&mut self) -> &mut Cluster {
        self.clusters.get_mut(&self.active).expect("the active cluster is always in the map")
    }
}
