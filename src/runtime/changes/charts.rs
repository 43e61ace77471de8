//! HelmReleases before and after a change, rendered by the user's own helm, and compared in the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Changes;
use super::ask::{Asking, ChangedTree};
use super::packed::{ChartFault, PlacedChart};
use crate::cluster::Connection;
use crate::programs::Helm;
use fluxdeck_model::change::outside::{
    ChartSource, ChartedRelease, ClusterFacts, ReleaseAnswer, ReleaseCall, ReleaseSide, ValuesFiles,
};
use fluxdeck_model::change::{Check, RenderedBuild};

/// Most releases that are rendered for one change.
const MOST: usize = 10;

/// A chart on disk, of one side of the change.
type Chart = Result<PlacedChart, ChartFault>;
/// The charts of a change that are there; a chart in a folder of its repository is another one after it.
type Charts = BTreeMap<(ChartSource, Option<ValuesFiles>, bool), Chart>;

impl Changes {
    /// Renders every release before and after, one after the other.
    pub(super) async fn rendered(&self, live: Option<&Connection>, asking: &Asking) -> (Check, Vec<RenderedBuild>) {
        let outside = &asking.outside;
        let helm = Helm::find().map(Arc::new);
        let mut charts = Charts::new();
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
        charts: &mut Charts,
    ) -> ReleaseAnswer {
        let is_upgrade = release.before.is_some();
        let (before, old) = match &release.before {
            Some(Ok(call)) => (call, self.known(helm, call, tree, false, charts).await),
            Some(Err(why)) => return ReleaseAnswer::not_run(why),
            None => return self.only_after(helm, release, facts, tree, charts).await,
        };
        let answer = ReleaseAnswer {
            before: side(helm, before, &old, facts, is_upgrade).await,
            again: side(helm, before, &old, facts, is_upgrade).await,
            after: ReleaseSide::Nothing,
            stays_at: None,
        };
        let after = match &release.after {
            Some(Ok(call)) => call,
            Some(Err(why)) => return ReleaseAnswer { after: ReleaseSide::NotRun(why.clone()), ..answer },
            None => return answer,
        };
        let new = self.known(helm, after, tree, true, charts).await;
        let stays_at = match (&old, &new) {
            (Ok(old), Ok(new)) if old.path != new.path && old.version == new.version && after.keeps_chart_of(before) => {
                // a chart without a change in its folder is the same in both
                release.is_chart_touched.then(|| old.version.clone())
            }
            _ => None,
        };
        let chart = if stays_at.is_some() { &old } else { &new };
        ReleaseAnswer { after: side(helm, after, chart, facts, is_upgrade).await, stays_at, ..answer }
    }

    /// A release that was not there before.
    async fn only_after(
        &self,
        helm: &Arc<Helm>,
        release: &ChartedRelease,
        facts: &ClusterFacts,
        tree: &ChangedTree,
        charts: &mut Charts,
    ) -> ReleaseAnswer {
        let after = match &release.after {
            Some(Ok(call)) => {
                let chart = self.known(helm, call, tree, true, charts).await;
                side(helm, call, &chart, facts, false).await
            }
            Some(Err(why)) => ReleaseSide::NotRun(why.clone()),
            None => ReleaseSide::Nothing,
        };
        ReleaseAnswer { before: ReleaseSide::Nothing, again: ReleaseSide::Nothing, after, stays_at: None }
    }

    /// A chart, put together once for all releases that have it.
    async fn known(
        &self,
        helm: &Arc<Helm>,
        call: &ReleaseCall,
        tree: &ChangedTree,
        is_after: bool,
        charts: &mut Charts,
    ) -> Chart {
        // a chart elsewhere is the same before and after
        let is_after = is_after && matches!(call.chart, ChartSource::Folder(_));
        let key = (call.chart.clone(), call.values_files.clone(), is_after);
        if let Some(chart) = charts.get(&key) {
            return chart.clone();
        }
        let chart = self.chart(helm, call, tree, is_after).await;
        charts.entry(key).or_insert(chart).clone()
    }
}

async fn side(helm: &Helm, call: &ReleaseCall, chart: &Chart, facts: &ClusterFacts, is_upgrade: bool) -> ReleaseSide {
    let chart = match chart {
        Ok(chart) => &chart.path,
        Err(ChartFault::Unknown(why)) => return ReleaseSide::NotRun(format!("its chart: {why}")),
        Err(ChartFault::Refused(why)) => return ReleaseSide::Refused(format!("its chart: {why}")),
    };
    let values = call.values.to_string();
    match helm.template(&call.arguments(facts, is_upgrade), &call.name, chart, values.as_bytes()).await {
        Ok(Ok(printed)) => ReleaseSide::Printed(printed),
        Ok(Err(why)) => ReleaseSide::Refused(why),
        Err(why) => ReleaseSide::NotRun(why),
    }
}

/// What the cluster says of itself.
fn facts(live: &Connection) -> ClusterFacts {
    ClusterFacts { kubernetes: live.catalog().kubernetes.clone(), versions: live.catalog().api_versions() }
}
