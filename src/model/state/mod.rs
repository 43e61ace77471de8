//! All data that a screen may read, and the one reducer that changes it ([`Engine`]): events come in as [`Message`]s, requests to
//! the outside go out as [`Effect`]s.

mod acting;
mod beginning;
mod changing;
mod cluster;
mod declared;
mod drafts;
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
pub mod pulls;
pub mod readers;
#[cfg(test)]
mod tests;
pub mod timeline;
mod watched;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use acting::policy_of;
pub use cluster::{Cluster, Link, ServerFacts, TreeState};
pub use declared::Manifest;
pub use drafts::{ChangeDraft, DraftOf};
pub use effect::{Aspect, ControllerLogRequest, Effect, LogRequest, LogSpan, Terminal, Ticket, Tickets};
pub use engine::{Asked, Beginning, Engine, Update};
pub use intent::{ChangeQuery, Confirmed, Intent, PolicyConsent, Question, Setting, Show, Wanted};
pub use message::{Code, Details, Epoch, Events, FileText, Input, Key, Manuscript, Message, News, ReadController, Reply};
pub use notice::{Ends, Notice};

use crate::domain::{ClusterId, Context, Guarded, NotifyBy};
use jobs::Jobs;

/// Everything that a screen may read. Owned by the [`Engine`], changed by messages only.
#[derive(Debug)]
pub struct State {
    /// The time of the last message.
    pub clock: Timestamp,
    pub clusters: BTreeMap<ClusterId, Cluster>,
    pub active: ClusterId,
    /// Contexts of the kubeconfig, in its order.
    pub contexts: Vec<Context>,
    pub settings: Settings,
    pub notice: Option<Notice>,
    /// The jobs under way, and those of this run that are over.
    pub jobs: Jobs,
    /// Connections that were left with jobs under way: kept for these, never shown.
    left: Vec<Cluster>,
    /// Acts that start once the API server has allowed them.
    eager: Vec<acting::Eager>,
    /// Jobs of earlier runs whose lock was requested.
    taking: BTreeSet<jobs::JobId>,
    /// Jobs that the user is asked about, because they cannot be written down.
    held: BTreeSet<jobs::JobId>,
    drafts: drafts::Drafts,
    watched: watched::Watched,
}

/// The user's settings for this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub ascii: bool,
    pub wide: bool,
    pub preview: bool,
    pub hide_header: bool,
    /// The demo's hints are shown.
    pub guide: bool,
    /// The scenes of the demo, for `:scene`; none elsewhere.
    pub scenes: Vec<Scene>,
    /// How the terminal is asked to notify the user of watched objects.
    pub notify: NotifyBy,
    pub theme: String,
    /// The themes for `:theme`.
    pub themes: Vec<String>,
    /// Whether jobs are written down, so that another run can continue them.
    pub keeps_jobs: bool,
    /// `--readonly`, or the configuration's: nothing is written, whatever the context.
    pub readonly: bool,
    /// Rules for contexts, by a pattern of their names; the first match applies.
    pub guarded: Vec<Guarded>,
    /// The user's time zone, for `14:00`; none for UTC.
    pub zone: Option<jiff::tz::TimeZone>,
}

/// What can happen in the demo when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    pub name: &'static str,
    /// What happens, in one sentence.
    pub doc: &'static str,
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
            drafts: drafts::Drafts::default(),
            watched: watched::Watched::default(),
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
