//! HelmReleases before and after a change, rendered by the user's own helm: their charts are brought into the cache, and what helm prints
//! is compared in the model.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Changes;
use super::ask::{Asking, ChangedTree};
use crate::cluster::Connection;
use crate::git;
use crate::programs::{ChartAddress, Helm};
use fluxdeck_model::change::outside::{ChartSource, ChartedRelease, ClusterFacts, ReleaseAnswer, ReleaseCall, ReleaseSide};
use fluxdeck_model::change::{Check, RenderedBuild};
use fluxdeck_model::domain::published::Catalogue;
use fluxdeck_model::domain::version;

/// Most releases that are rendered for one change.
const MOST: usize = 10;

/// A chart on disk, of one side of the change.
type Chart = Result<PathBuf, String>;

impl Changes {
    /// Renders every release before and after, one after the other.
    pub(super) async fn rendered(&self, live: Option<&Connection>, asking: &Asking) -> (Check, Vec<RenderedBuild>) {
        let outside = &asking.outside;
        let helm = Helm::find().map(Arc::new);
        let mut charts = BTreeMap::new();
        let mut answers = Vec::new();
        for (number, release) in outside.releases.iter().enumerate() {
            let answer = match &helm {
                _ if number >= MOST => ReleaseAnswer::not_run("more releases change than are rendered (10)"),
                Err(why) => ReleaseAnswer::not_run(why),
                Ok(helm) => {
                    let facts = live.filter(|_| release.is_here && asking.is_of_cluster()).map(facts).unwrap_or_default();
                    self.release(helm, release, &facts, &asking.tree, &mut charts).await
                }
            };
            answers.push(answer);
        }
        outside.rendered(answers)
    }

    async fn release(
        &self,
        helm: &Arc<Helm>,
        release: &ChartedRelease,
        facts: &ClusterFacts,
        tree: &ChangedTree,
        charts: &mut BTreeMap<(ChartSource, bool), Chart>,
    ) -> ReleaseAnswer {
        let is_upgrade = release.before.is_some();
        let mut sides = Vec::new();
        for (call, is_after) in [(&release.before, false), (&release.before, false), (&release.after, true)] {
            let side = match call {
                None => ReleaseSide::Nothing,
                Some(Err(why)) => ReleaseSide::NotRun(why.clone()),
                Some(Ok(call)) => {
                    // a chart in a registry is the same before and after
                    let key = (call.chart.clone(), is_after && matches!(call.chart, ChartSource::Folder(_)));
                    let chart = match charts.get(&key) {
                        Some(chart) => chart.clone(),
                        None => charts.entry(key).or_insert(self.chart(helm, &call.chart, tree, is_after).await).clone(),
                    };
                    side(helm, call, chart, facts, is_upgrade).await
                }
            };
            sides.push(side);
        }
        let mut sides = sides.into_iter();
        let mut next = || sides.next().expect("there are three");
        ReleaseAnswer { before: next(), again: next(), after: next() }
    }

    async fn chart(&self, helm: &Arc<Helm>, chart: &ChartSource, tree: &ChangedTree, is_after: bool) -> Chart {
        let (address, version) = match chart {
            ChartSource::Folder(folder) => {
                let (helm, folder, base) = (helm.clone(), folder.clone(), tree.base.clone());
                let files = if is_after { tree.files.clone() } else { Vec::new() };
                let copied = self.desk.at(&tree.folder, move |bench| {
                    let view = bench.checkout.view(Some(&base))?;
                    helm.copied(view.tree(), &folder, &files)
                });
                return copied.await.map_err(|error| error.message);
            }
            ChartSource::Repository { url, chart, version, is_plain } => {
                let catalogue = Catalogue::Chart { url: url.clone(), is_plain: *is_plain, chart: chart.clone() };
                let version = self.exact(&catalogue, version).await?;
                let is_registry = url.starts_with("oci://");
                let reference = if is_registry { format!("{}/{chart}", url.trim_end_matches('/')) } else { chart.clone() };
                let repository = (!is_registry).then(|| url.clone());
                (ChartAddress { reference, repository, version: Some(version.clone()), is_plain: *is_plain }, version)
            }
            ChartSource::Artifact { url, version, is_plain } => {
                let is_digest = version.contains(':');
                let catalogue = Catalogue::Tags { name: url.clone(), is_plain: *is_plain };
                let version = if is_digest { version.clone() } else { self.exact(&catalogue, version).await? };
                // a registry takes no `+` in a tag
                let reference = match is_digest {
                    true => format!("{url}@{version}"),
                    false => format!("{url}:{}", version.replace('+', "_")),
                };
                (ChartAddress { reference, repository: None, version: None, is_plain: *is_plain }, version)
            }
        };
        // what has no version in its name may mean another chart tomorrow
        let is_fixed = version::order(&version).is_some() || version.contains(':');
        let cache = self.repositories.cache.as_ref().filter(|_| is_fixed);
        let name = format!("{}#{}#{version}", address.repository.as_deref().unwrap_or_default(), address.reference);
        let kept = cache.map(|cache| cache.join("charts").join(format!("{}.tgz", git::name_of(&name))));
        helm.pull(&address, kept.as_deref()).await
    }

    /// A version, or what a range has as its newest.
    async fn exact(&self, catalogue: &Catalogue, wanted: &str) -> Result<String, String> {
        if version::order(wanted).is_some() {
            return Ok(wanted.to_owned());
        }
        let published = self.offers.of(catalogue).await.map_err(|error| error.message)?;
        let newest = published.newest(wanted).map(|version| version.name.clone());
        newest.ok_or_else(|| format!("no version is in the range {wanted}"))
    }
}

async fn side(helm: &Helm, call: &ReleaseCall, chart: Chart, facts: &ClusterFacts, is_upgrade: bool) -> ReleaseSide {
    let chart = match chart {
        Ok(chart) => chart,
        Err(why) => return ReleaseSide::NotRun(format!("its chart: {why}")),
    };
    let values = call.values.to_string();
    match helm.template(&call.arguments(facts, is_upgrade), &call.name, &chart, values.as_bytes()).await {
        Ok(Ok(printed)) => ReleaseSide::Printed(printed),
        Ok(Err(why)) => ReleaseSide::Refused(why),
        Err(why) => ReleaseSide::NotRun(why),
    }
}

/// What the cluster says of itself.
fn facts(live: &Connection) -> ClusterFacts {
    ClusterFacts { kubernetes: live.catalog().kubernetes.clone(), versions: live.catalog().api_versions() }
}
