//! Where the cluster differs from git: compared on demand, Kustomization by Kustomization, and kept until the next comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::Cluster;
use super::projection::message_at;
use crate::domain::text::{counted, sanitise};
use crate::domain::{NodeId, ObjectRef, Str};
use crate::forms::Clock;
use crate::insight::declared::Commit;
use crate::insight::drift::{Drift, Drifted};
use crate::kinds::KUSTOMIZATION;
use crate::kinds::masked;

/// The cluster's drift.
#[derive(Clone, Debug, Default)]
pub struct Drifts {
    /// The number of the last comparison: news of an earlier one is dropped.
    pub run: u32,
    /// The namespaces that were compared; none means all.
    pub namespaces: Option<BTreeSet<Str>>,
    pub progress: Progress,
    pub found: BTreeMap<ObjectRef, ObjectDrift>,
    /// Objects that were compared.
    pub compared: usize,
    /// What was not compared, and why.
    pub skipped: Vec<(String, String)>,
    /// Increases with every change.
    pub stamp: u64,
}

/// The progress of the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was compared.
    #[default]
    Never,
    Running {
        done: usize,
        all: usize,
    },
    Done(Timestamp),
}

/// An object that differs from git.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectDrift {
    /// The Flux Kustomization that applies it.
    pub applied_by: ObjectRef,
    pub at: Commit,
    pub drift: Drift,
}

/// The comparison of one Kustomization.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub kustomization: ObjectRef,
    pub at: Commit,
    pub found: Vec<(ObjectRef, Drift)>,
    pub compared: usize,
    pub skipped: Vec<(String, String)>,
}

impl Drifts {
    /// Starts a new comparison. Returns its number.
    pub fn begin(&mut self, all: usize, namespaces: Option<BTreeSet<Str>>) -> u32 {
        let progress = Progress::Running { done: 0, all };
        *self = Self { run: self.run + 1, stamp: self.stamp + 1, namespaces, progress, ..Self::default() };
        self.run
    }

    /// Takes the comparison of one Kustomization.
    pub fn take(&mut self, run: u32, compared: Compared, now: Timestamp) {
        let Progress::Running { done, all } = self.progress else { return };
        if run != self.run {
            return;
        }
        self.stamp += 1;
        self.compared += compared.compared;
        self.skipped.extend(compared.skipped);
        for (object, drift) in compared.found {
            self.found.insert(object, ObjectDrift { applied_by: compared.kustomization.clone(), at: compared.at.clone(), drift });
        }
        let done = done + 1;
        self.progress = if done < all { Progress::Running { done, all } } else { Progress::Done(now) };
    }

    /// How many objects drifted.
    pub fn objects(&self) -> Arc<BTreeSet<ObjectRef>> {
        Arc::new(self.found.keys().cloned().collect())
    }

    /// A summary in one line.
    pub fn summary(&self) -> String {
        let place = self.namespaces.as_ref().map(|names| names.iter().map(|name| &**name).collect::<Vec<_>>().join(", "));
        let place = place.map_or_else(String::new, |names| format!(" in {names}"));
        let found = format!("{} drifted of {} compared{place}", self.found.len(), counted(self.compared, "object"));
        let skipped = if self.skipped.is_empty() { String::new() } else { format!(" · {} not compared", self.skipped.len()) };
        match self.progress {
            Progress::Never => "not compared yet".to_owned(),
            Progress::Running { done, all } => {
                format!("comparing {done}/{} · {found}{skipped}", counted(all, KUSTOMIZATION.kind))
            }
            Progress::Done(_) => format!("{found}{skipped}"),
        }
    }
}

/// A drifted field as a line: `spec.replicas: git 3, live 5`.
pub fn line(field: &Drifted) -> String {
    let [git, live] = values(field);
    format!("{}: git {git}, live {live}", field.path)
}

/// What git and the cluster have there, masked.
pub fn values(field: &Drifted) -> [String; 2] {
    [Some(&field.git), field.live.as_ref()].map(|found| value(found.map(|found| masked::field(&field.path, found)).as_ref()))
}

/// A value for users; strings without quotes.
fn value(value: Option<&serde_json::Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(serde_json::Value::String(text)) => sanitise(text).into_owned(),
        Some(other) => sanitise(&other.to_string()).into_owned(),
    }
}

impl Cluster {
    /// Whether the tree shows drift and the node has drifted: then its row says how, not what was done to it.
    pub fn shows_drift(&self, id: NodeId) -> bool {
        self.tree.drifted && self.drifts.found.contains_key(self.store.reference(id))
    }

    /// The message of a node's row in the tree: its drift if the tree shows drift, otherwise its own message.
    pub fn message_of(&self, id: NodeId, clock: &Clock) -> String {
        let drifted = self.tree.drifted.then(|| self.drifts.found.get(self.store.reference(id))).flatten();
        drifted.map_or_else(|| message_at(&self.store, &self.forest, id, clock), ObjectDrift::message)
    }
}

impl ObjectDrift {
    /// Its message in a row.
    pub fn message(&self) -> String {
        match &self.drift {
            Drift::Missing => "drifted: git has it, the cluster does not".to_owned(),
            Drift::Fields(fields) => {
                let more = if fields.len() > 1 { format!(", and {} more", fields.len() - 1) } else { String::new() };
                format!("drifted: {}{more}", fields.first().map(line).unwrap_or_default())
            }
            Drift::None | Drift::Off => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{ClusterId, GroupKind};
    use crate::render::{Layer, Origin};

    fn object(kind: &str, name: &str) -> ObjectRef {
        ObjectRef::new(ClusterId(0), GroupKind::new("apps", kind), "web", name)
    }

    fn compared(found: Vec<(ObjectRef, Drift)>) -> Compared {
        let skipped = vec![("Job web/x".to_owned(), "it cannot be read".to_owned())];
        Compared { kustomization: object("Kustomization", "apps"), at: Commit::default(), compared: 4, found, skipped }
    }

    fn fields(count: usize) -> Drift {
        let origin = Origin::new(&"a.yaml".into(), 3, 1, Layer::Resource);
        let one = Drifted { path: "spec.replicas".to_owned(), git: json!(3), live: Some(json!(5)), origin };
        Drift::Fields(vec![one; count])
    }

    #[test]
    fn a_comparison_grows_until_every_kustomization_has_answered() {
        let mut drifts = Drifts::default();
        let run = drifts.begin(2, None);
        drifts.take(run, compared(vec![(object("Deployment", "api"), fields(2))]), Timestamp::UNIX_EPOCH);
        assert_eq!(drifts.summary(), "comparing 1/2 Kustomizations · 1 drifted of 4 objects compared · 1 not compared");
        drifts.take(run, compared(Vec::new()), Timestamp::UNIX_EPOCH);

        assert_eq!(drifts.progress, Progress::Done(Timestamp::UNIX_EPOCH));
        assert_eq!(drifts.summary(), "1 drifted of 8 objects compared · 2 not compared");
        let message = drifts.found[&object("Deployment", "api")].message();
        assert_eq!(message, "drifted: spec.replicas: git 3, live 5, and 1 more");
    }

    #[test]
    fn news_of_an_earlier_comparison_finds_nobody() {
        let mut drifts = Drifts::default();
        let old = drifts.begin(1, None);
        drifts.begin(1, Some(["web".into()].into()));
        drifts.take(old, compared(vec![(object("Deployment", "api"), Drift::Missing)]), Timestamp::UNIX_EPOCH);

        assert_eq!((drifts.found.len(), drifts.progress), (0, Progress::Running { done: 0, all: 1 }));
        assert_eq!(drifts.summary(), "comparing 0/1 Kustomization · 0 drifted of 0 objects compared in web");
    }
}
