//! Where the cluster differs from git, as far as somebody asked: compared once, Kustomization by Kustomization, and kept until the next time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::Cluster;
use super::projection::message_at;
use crate::domain::text::sanitise;
use crate::domain::{NodeId, ObjectRef, Str};
use crate::insight::declared::Commit;
use crate::insight::drift::{Drift, Drifted};
use crate::kinds::masked;

/// What is known of the cluster's drift.
#[derive(Clone, Debug, Default)]
pub struct Drifts {
    /// The number of the last comparison: news of an earlier one is dropped.
    pub run: u32,
    /// Where it was looked; none means everywhere.
    pub namespaces: Option<BTreeSet<Str>>,
    pub progress: Progress,
    pub found: BTreeMap<ObjectRef, Found>,
    /// Objects that were compared.
    pub compared: usize,
    /// What was not compared, and why.
    pub skipped: Vec<(String, String)>,
    /// Rises with every change.
    pub stamp: u64,
}

/// How far the comparison is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nobody asked.
    #[default]
    Never,
    Running {
        done: usize,
        all: usize,
    },
    Done(Timestamp),
}

/// An object that is not as git has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The Flux Kustomization that applies it.
    pub applied_by: ObjectRef,
    pub at: Commit,
    pub drift: Drift,
}

/// What came of one Kustomization.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub kustomization: ObjectRef,
    pub at: Commit,
    pub found: Vec<(ObjectRef, Drift)>,
    pub compared: usize,
    pub skipped: Vec<(String, String)>,
}

impl Drifts {
    /// Starts over. Returns the number of the comparison.
    pub fn begin(&mut self, all: usize, namespaces: Option<BTreeSet<Str>>) -> u32 {
        let progress = Progress::Running { done: 0, all };
        *self = Self { run: self.run + 1, stamp: self.stamp + 1, namespaces, progress, ..Self::default() };
        self.run
    }

    /// Takes what came of one Kustomization.
    pub fn take(&mut self, run: u32, compared: Compared, now: Timestamp) {
        let Progress::Running { done, all } = self.progress else { return };
        if run != self.run {
            return;
        }
        self.stamp += 1;
        self.compared += compared.compared;
        self.skipped.extend(compared.skipped);
        for (object, drift) in compared.found {
            self.found.insert(object, Found { applied_by: compared.kustomization.clone(), at: compared.at.clone(), drift });
        }
        let done = done + 1;
        self.progress = if done < all { Progress::Running { done, all } } else { Progress::Done(now) };
    }

    /// Objects that drifted.
    pub fn objects(&self) -> Arc<BTreeSet<ObjectRef>> {
        Arc::new(self.found.keys().cloned().collect())
    }

    /// The sentence about all of it.
    pub fn told(&self) -> String {
        let place = self.namespaces.as_ref().map(|names| names.iter().map(|name| &**name).collect::<Vec<_>>().join(", "));
        let place = place.map_or_else(String::new, |names| format!(" in {names}"));
        let noun = if self.compared == 1 { "object" } else { "objects" };
        let found = format!("{} drifted of {} {noun} compared{place}", self.found.len(), self.compared);
        let skipped = if self.skipped.is_empty() { String::new() } else { format!(" · {} not compared", self.skipped.len()) };
        match self.progress {
            Progress::Never => "not compared yet".to_owned(),
            Progress::Running { done, all } => format!("comparing {done}/{all} Kustomizations · {found}{skipped}"),
            Progress::Done(_) => format!("{found}{skipped}"),
        }
    }
}

/// A drifted field as a line: `spec.replicas: git 3, live 5`.
pub fn line(field: &Drifted) -> String {
    let [git, live] = values(field);
    format!("{}: git {git}, live {live}", field.path)
}

/// What git and the cluster have there, as people may see it.
pub fn values(field: &Drifted) -> [String; 2] {
    [Some(&field.git), field.live.as_ref()].map(|found| value(found.map(|found| masked::field(&field.path, found)).as_ref()))
}

/// A value as people read it; texts without quotes.
fn value(value: Option<&serde_json::Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(serde_json::Value::String(text)) => sanitise(text).into_owned(),
        Some(other) => sanitise(&other.to_string()).into_owned(),
    }
}

impl Cluster {
    /// Whether drift is what is looked at, and the node has drifted: its row says how, whatever was done to it.
    pub fn tells_drift(&self, id: NodeId) -> bool {
        self.tree.drifted && self.drifts.found.contains_key(self.store.reference(id))
    }

    /// What a row of the tree says of a node now: how it drifted where that is what is looked at, else its message.
    pub fn told_of(&self, id: NodeId, now: Timestamp) -> String {
        let drifted = self.tree.drifted.then(|| self.drifts.found.get(self.store.reference(id))).flatten();
        drifted.map_or_else(|| message_at(&self.store, &self.forest, id, now), Found::message)
    }
}

impl Found {
    /// What a row says of it.
    pub fn message(&self) -> String {
        match &self.drift {
            Drift::Missing => "drifted: git has it, the cluster has not".to_owned(),
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
        assert_eq!(drifts.told(), "comparing 1/2 Kustomizations · 1 drifted of 4 objects compared · 1 not compared");
        drifts.take(run, compared(Vec::new()), Timestamp::UNIX_EPOCH);

        assert_eq!(drifts.progress, Progress::Done(Timestamp::UNIX_EPOCH));
        assert_eq!(drifts.told(), "1 drifted of 8 objects compared · 2 not compared");
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
        assert_eq!(drifts.told(), "comparing 0/1 Kustomizations · 0 drifted of 0 objects compared in web");
    }
}
