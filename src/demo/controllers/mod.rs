//! What goes on in the cluster by itself: the controllers of Flux and of Kubernetes, each reconciling one object at a time.
//!
//! A controller hears of changes, decides when to look at an object, and then does one step; what takes time is a step that is due later.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::objects::{Key, Store};

/// What the sources of the cluster fetch.
pub trait Git: Send + Sync {
    /// The commit that a GitRepository's `spec.ref` names in the repository at a URL.
    ///
    /// # Errors
    /// What source-controller would say after `failed to checkout and determine revision: `.
    fn head(&self, url: &str, reference: &Value) -> Result<Head, String>;

    /// What a Kustomization applies at a commit, rendered. None: what was recorded is applied.
    ///
    /// # Errors
    /// What kustomize-controller would say.
    fn render(&self, kustomization: &Value, url: &str, commit: &str) -> Option<Result<Vec<Value>, String>> {
        let _ = (kustomization, url, commit);
        None
    }
}

/// Where a branch or a tag stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The name of the branch or tag, as revisions say it: `main`.
    pub name: String,
    /// The commit in hex.
    pub commit: String,
}

/// What was recorded to be applied, by who applies it.
#[derive(Default)]
pub(super) struct Recording {
    applied: BTreeMap<Key, Vec<Value>>,
}

impl Recording {
    pub fn of(_store: &Store) -> Self {
        Self::default()
    }
}

#[derive(Default)]
pub(super) struct Controllers {
    recording: Recording,
    git: Option<Arc<dyn Git>>,
    due: BTreeMap<(Timestamp, Key), ()>,
    heard: u64,
}

impl Controllers {
    pub fn start(store: &Store, recording: Recording, git: Option<Arc<dyn Git>>, now: Timestamp) -> Self {
        let _ = now;
        Self { recording, git, due: BTreeMap::new(), heard: store.version() }
    }

    /// When the next step is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// Does the next step.
    pub fn step(&mut self, store: &mut Store, now: Timestamp) {
        let _ = (&self.recording.applied, &self.git, now);
        self.due.pop_first();
        self.hear(store, now);
    }

    /// Hears what has changed.
    pub fn hear(&mut self, store: &Store, _now: Timestamp) {
        self.heard = store.version();
    }
}
