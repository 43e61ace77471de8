//! An act from what is asked before it to its end.

use std::time::Duration;

use jiff::SignedDuration;

use super::report;
use crate::cli::Call;
use crate::cli::headless::Headless;
use crate::run;
use crate::runtime::Options;
use fluxdeck_model::actions::{Action, Answers, Confirmation, Target};
use fluxdeck_model::domain::Scope;
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::state::jobs::{Job, JobId};
use fluxdeck_model::state::{Confirmed, Intent};

/// How long the first picture, and what is asked before an act, may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects and reads these scopes.
///
/// # Errors
/// When the cluster is not reachable, or not complete in time.
pub(super) async fn start(call: &Call, scopes: Vec<Scope>) -> Result<Headless> {
    let options = Options { only: scopes, ..call.options.clone() };
    let mut headless = Headless::start(call, options, super::select::settings(call), false);
    headless.complete(PATIENCE, "nothing was done").await?;
    Ok(headless)
}

/// Works out what would happen, once everything is known that may be asked.
///
/// # Errors
/// When the API server does not answer in time: nothing was done.
pub(super) async fn settle(
    headless: &mut Headless,
    action: &'static Action,
    targets: &[Target],
    answers: &Answers,
) -> Result<Confirmation> {
    let begin = tokio::time::Instant::now();
    let mut asked = None;
    loop {
        let confirmation = headless.state().confirm(action, targets, answers, &[]);
        let is_known = headless.state().cluster().user.is_some() || begin.elapsed() > Duration::from_secs(5);
        if confirmation.is_settled() && (is_known || confirmation.planned.is_empty()) {
            return Ok(confirmation);
        }
        if begin.elapsed() > PATIENCE {
            let message = "the API server does not say what you may do";
            return Err(Error::new(ErrorKind::Unreachable, message, "nothing was done"));
        }
        // each question once: what is asked next depends on the answers
        if asked.as_ref() != Some(&confirmation.wants) {
            headless.intend(Intent::Inquire(Box::new(confirmation.wants.clone())));
            asked = Some(confirmation.wants);
        }
        headless.turn().await?;
    }
}

/// Does it, and follows it to its end; none where nothing was left to do.
///
/// # Errors
/// When the program's own parts fail.
pub(super) async fn carry_through(
    headless: &mut Headless,
    confirmation: &Confirmation,
    waits: bool,
    timeout: SignedDuration,
) -> Result<Option<Job>> {
    if confirmation.planned.is_empty() {
        return Ok(None);
    }
    headless.intend(Intent::Start(Box::new(Confirmed { confirmation: confirmation.clone(), waits, timeout })));
    let id = headless.state().jobs.all().last().map(|job| job.id).expect("what was confirmed runs");
    let followed = follow(headless, id).await;
    // what is out cannot be taken back: it is told as far as it has come
    headless.part().await;
    followed.map(|()| headless.state().jobs.find(id).cloned())
}

/// Until it is over, or somebody ends the program.
async fn follow(headless: &mut Headless, id: JobId) -> Result<()> {
    let mut progress = report::Progress::default();
    let mut stopped = std::pin::pin!(run::stopped());
    loop {
        let job = headless.state().jobs.find(id).expect("a job that runs is kept");
        progress.tell(job);
        if job.is_over() {
            return Ok(());
        }
        tokio::select! {
            turned = headless.turn() => turned?,
            () = &mut stopped => return Ok(()),
        }
    }
}
