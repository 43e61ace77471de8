//! A fleet of a given size as JSON objects: pure, seeded, the same on every run and machine.
//!
//! `load` writes it into an API server, benchmarks without one feed it straight into the store.
//! What an API server would add (uids, times) is already there; a loader has to replace the uids
//! of owners by the real ones.

mod appliers;
mod children;
mod identity;
mod plan;
mod pods;
mod random;
mod sources;
mod tier;
mod workloads;

use serde_json::Value;

use plan::{ApplierKind, Plan};
use random::Seed;
use sources::Source;

pub use pods::node;
pub use tier::{Sizes, Tier};

/// Objects in which owners come before what they own. Families do not depend on each other.
pub type Family = Vec<Value>;

/// A cluster's worth of objects.
#[derive(Clone, Debug)]
pub struct Fleet {
    plan: Plan,
}

impl Fleet {
    pub fn new(tier: Tier, seed: u64) -> Self {
        Self { plan: Plan::new(tier.sizes(), Seed(seed)) }
    }

    pub fn sizes(&self) -> Sizes {
        self.plan.sizes
    }

    /// They have to exist before anything else.
    pub fn namespaces(&self) -> impl Iterator<Item = Value> {
        (0..self.plan.namespaces.len()).map(|at| children::namespace(&self.plan, at))
    }

    /// Everything but namespaces and the node.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        let plan = &self.plan;
        let sources = Source::all(plan).map(|source| vec![sources::object(plan, source)]);
        let releases = plan.appliers.iter().filter(|applier| applier.kind == ApplierKind::HelmRelease);
        let charts = releases.take(plan.sizes.helm_charts).map(|release| vec![sources::helm_chart(plan, release)]);
        let appliers = plan.appliers.iter().map(|applier| vec![appliers::object(plan, applier)]);
        let workloads = plan
            .appliers
            .iter()
            .flat_map(|applier| applier.deployments.clone().map(|deployment| workloads::family(plan, applier, deployment)));
        let configs = plan
            .appliers
            .iter()
            .flat_map(|applier| applier.configs.clone().map(|config| vec![children::config(plan, applier, config)]));
        sources.chain(charts).chain(appliers).chain(workloads).chain(configs)
    }

    /// All objects, as an API server would serve them.
    pub fn objects(&self) -> impl Iterator<Item = Value> {
        self.namespaces().chain(self.families().flatten()).enumerate().map(|(number, mut object)| {
            object["metadata"]["resourceVersion"] = (1_000 + number).to_string().into();
            object["metadata"]["generation"] = 1.into();
            object
        })
    }
}
