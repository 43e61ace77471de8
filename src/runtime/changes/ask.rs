//! What others are asked about a change that is proven: its API server, registries, repositories of charts. Each answer is a check.

use std::time::Duration;

use futures::stream::{self, Stream, StreamExt};

use super::super::published::Offers;
use super::Changes;
use crate::cluster::{self, Connection};
use fluxdeck_model::change::outside::{self, NamedVersion, Outside};
use fluxdeck_model::change::{ChangePlan, Check, SiteScope};
use fluxdeck_model::domain::dry_run::{DryRun, DryRunAnswer};
use fluxdeck_model::render::flux::{self, Spec};

/// How long one answer of the API server may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The same of a registry.
const REGISTRY_LIMIT: Duration = Duration::from_secs(15);
/// Requests at the same time.
const AT_ONCE: usize = 4;
/// Most objects that the API server is asked about.
const MOST: usize = 100;

/// Which others a change gives reason to ask, and for what.
#[derive(Clone, Debug)]
pub struct Asking {
    outside: Outside,
    /// Whether the API server is asked; else why not.
    cluster: Result<(), &'static str>,
}

impl Asking {
    /// Nobody is asked.
    pub(super) fn nobody() -> Self {
        Self { outside: Outside::default(), cluster: Err("") }
    }

    /// The checks before the first answer.
    pub(super) fn begun(&self) -> Vec<Check> {
        self.outside.begun(self.cluster, Ok(()))
    }

    fn is_begun(&self, name: &str) -> bool {
        self.begun().iter().any(|check| check.name == name && check.is_under_way())
    }
}

impl Changes {
    /// What is to be asked about a plan. `applied`: the Kustomization as the cluster has it. Where only reading is allowed, the API server is
    /// not asked: it is a request to write.
    pub(super) fn asking(
        live: Option<&Connection>,
        scope: &SiteScope,
        applied: Option<&Spec>,
        plan: &ChangePlan,
        is_readonly: bool,
    ) -> Asking {
        let is_it = |spec: &Spec| plan.outside.by == Some((spec.id(), flux::folder(&spec.path)));
        let is_of_cluster = matches!(scope, SiteScope::Applied { .. }) || applied.is_some_and(is_it);
        let cluster = match (live, is_readonly) {
            (None, _) => Err("no cluster was asked"),
            (Some(_), true) => Err("read-only: nothing is sent to the API server"),
            (Some(_), false) if !is_of_cluster => Err("it is not known whether this cluster applies what was built"),
            (Some(_), false) if plan.outside.dry_runs.len() > MOST => Err("more objects change than are asked about (100)"),
            (Some(_), false) => Ok(()),
        };
        Asking { outside: plan.outside.clone(), cluster }
    }

    /// Asks, and returns each check as soon as it has its result. Sends at most [`MOST`] requests to the API server, none of which stores
    /// anything, and one look-up for each image or chart.
    pub fn ask<'a>(&'a self, live: Option<&'a Connection>, asking: &'a Asking) -> impl Stream<Item = Check> + 'a {
        let cluster = stream::once(cluster_says(live, asking));
        let registries = stream::once(registries_say(&self.offers, asking));
        stream::select(cluster, registries).filter_map(std::future::ready)
    }

    /// As [`Changes::ask`], to the end.
    pub async fn asked(&self, live: Option<&Connection>, asking: &Asking) -> Vec<Check> {
        self.ask(live, asking).collect().await
    }
}

async fn cluster_says(live: Option<&Connection>, asking: &Asking) -> Option<Check> {
    let live = live.filter(|_| asking.is_begun(outside::DRY_RUN))?;
    let one = |run: DryRun| async move {
        let asked = cluster::dry_run(live, &run, LIMIT);
        // with all the requests that one answer takes
        let late = |_| DryRunAnswer::NotAsked(format!("no answer within {} s", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(late)
    };
    let answers = stream::iter(asking.outside.dry_runs.clone()).map(one).buffered(AT_ONCE).collect().await;
    Some(asking.outside.dry_run(answers))
}

async fn registries_say(offers: &Offers, asking: &Asking) -> Option<Check> {
    if !asking.is_begun(outside::PUBLISHED) {
        return None;
    }
    let one = |named: NamedVersion| async move {
        let asked = tokio::time::timeout(REGISTRY_LIMIT, async { offers.of(&named.from?).await.map_err(|error| error.message) });
        asked.await.unwrap_or_else(|_| Err(format!("no answer within {} s", REGISTRY_LIMIT.as_secs())))
    };
    let answers = stream::iter(asking.outside.named.clone()).map(one).buffered(AT_ONCE).collect().await;
    Some(asking.outside.published(answers))
}
