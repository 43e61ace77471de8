//! The checks of a merge request: the jobs and statuses of its head pipeline.

use serde::Deserialize;

use super::super::Failure;
use super::super::encode::query;
use super::{GitLab, PAGE, PAGES};
use fluxdeck_model::domain::pull::Checks;

#[derive(Deserialize)]
pub(super) struct Pipeline {
    id: Option<u64>,
    /// With merged results it is not that of the branch.
    sha: Option<String>,
    status: Option<String>,
}

/// A job, or what another system reports.
#[derive(Deserialize)]
struct Status {
    status: Option<String>,
    allow_failure: Option<bool>,
    /// Missing in older versions, which have no filter for it either.
    pipeline_id: Option<u64>,
}

impl GitLab {
    /// The jobs and statuses of a pipeline; where they cannot be read, the pipeline is the one check.
    pub(super) async fn checks(&self, pipeline: &Pipeline) -> Checks {
        let all = self.statuses(pipeline).await.unwrap_or_default();
        if all.count() > 0 {
            return all;
        }
        let mut one = Checks::default();
        count(pipeline.status.as_deref(), false, &mut one);
        one
    }

    async fn statuses(&self, pipeline: &Pipeline) -> Result<Checks, Failure> {
        let mut checks = Checks::default();
        let (Some(id), Some(commit)) = (pipeline.id, pipeline.sha.as_deref()) else { return Ok(checks) };
        let commit = query(commit);
        for page in 1..=PAGES {
            let rest = format!("/repository/commits/{commit}/statuses?pipeline_id={id}&per_page={PAGE}&page={page}");
            let answer = self.get(&rest).await?;
            for status in answer.read::<Vec<Status>>("the statuses")? {
                if status.pipeline_id.is_none_or(|of| of == id) {
                    count(status.status.as_deref(), status.allow_failure == Some(true), &mut checks);
                }
            }
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(checks)
    }
}

/// A result (`doc/api/pipelines.md`, `app/models/concerns/ci/has_status.rb`). What may fail does not count when it does, and a job that
/// may be started by hand waits for nobody.
fn count(status: Option<&str>, may_fail: bool, checks: &mut Checks) {
    match status {
        Some("success" | "skipped") => checks.passed += 1,
        Some("failed" | "canceled" | "manual") if may_fail => checks.passed += 1,
        Some("failed" | "canceled") => checks.failed += 1,
        _ => checks.pending += 1,
    }
}
