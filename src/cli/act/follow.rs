//! An act from what is asked before it to its end.

use std::io::IsTerminal;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::report;
use crate::cli::Call;
use crate::cli::headless::Headless;
use crate::cli::output;
use crate::run;
use crate::runtime::{self, Options};
use fluxdeck_model::actions::{Action, Confirmation, Target};
use fluxdeck_model::domain::Scope;
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::forms::Answers;
use fluxdeck_model::state::jobs::{Job, JobId};
use fluxdeck_model::state::{Asked, Confirmed, Intent, Message, State};

/// How long the first complete read, and the questions before an act, may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects and reads these scopes.
///
/// # Errors
/// When the cluster is not reachable, or not complete in time.
pub(super) async fn start(call: &Call, scopes: Vec<Scope>) -> Result<Headless> {
    let options = Options { only: Some(scopes), ..call.options.clone() };
    let mut headless = Headless::start(&call.context, options, super::select::settings(call), false);
    headless.complete_all(PATIENCE, "nothing was done").await?;
    Ok(headless)
}

/// Determines what would happen, once every lookup has a reply.
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
            let message = "the API server does not answer which rights you have";
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

/// Performs the act, and follows it to its end; none where nothing was left to do.
///
/// # Errors
/// When the program's own parts fail.
pub(super) async fn carry_through(
    call: &Call,
    headless: &mut Headless,
    confirmation: &Confirmation,
    waits: bool,
    timeout: SignedDuration,
    is_unrecorded: bool,
) -> Result<Option<Job>> {
    if confirmation.planned.is_empty() {
        return Ok(None);
    }
    let joins = read_jobs(headless, call);
    headless.intend(Intent::Start(Box::new(Confirmed { confirmation: confirmation.clone(), waits, timeout, joins })));
    let own = headless.state().jobs.all().iter().rev().find(|job| !job.is_earlier);
    let id = own.map(|job| job.id).expect("what was confirmed runs");
    to_its_end(headless, id, is_unrecorded).await.map(Some)
}

/// Reads the jobs of other runs, so that nothing is sent twice. Returns whether they could be read.
fn read_jobs(headless: &mut Headless, call: &Call) -> bool {
    let Some(dir) = &call.options.state_dir else { return false };
    let (jobs, unread) = runtime::jobs_found(&*call.options.disk, dir);
    // those that cannot be read are reported by `fluxdeck jobs`
    tracing::debug!(unread = unread.len(), "jobs that cannot be read");
    // only what another program does now: jobs that an earlier run left are not continued by the way
    let jobs = jobs.into_iter().filter(|loaded| loaded.is_elsewhere).collect();
    headless.take(Timestamp::now(), Message::JobsLoaded { jobs, unread: Vec::new() });
    true
}

/// Follows a job until it is over or the program is ended, and then reports its last known state.
///
/// # Errors
/// When the program's own parts fail.
pub(in crate::cli) async fn to_its_end(headless: &mut Headless, id: JobId, is_unrecorded: bool) -> Result<Job> {
    let followed = follow(headless, id, is_unrecorded).await;
    let is_over = headless.state().jobs.find(id).is_some_and(Job::is_over);
    // a request that was sent cannot be taken back: its progress so far is reported
    headless.part().await;
    if !is_over && headless.state().settings.keeps_jobs {
        output::beside(&format!("it is not over: `fluxdeck jobs resume {id}` continues it"));
    }
    followed.map(|()| headless.state().jobs.find(id).cloned().expect("a job of this run is kept"))
}

/// Until it is over, or the program is ended.
async fn follow(headless: &mut Headless, id: JobId, is_unrecorded: bool) -> Result<()> {
    let mut progress = report::Progress::after(headless.state().jobs.find(id).filter(|job| job.is_earlier));
    let mut stopped = std::pin::pin!(run::stopped());
    loop {
        let job = headless.state().jobs.find(id).expect("a job that runs is kept");
        progress.report(job);
        if job.is_over() {
            return Ok(());
        }
        tokio::select! {
            turned = headless.turn() => for asked in turned? {
                if asked == Asked::Unrecorded(id) {
                    let is_allowed = is_unrecorded || may_go_unrecorded(headless.state(), id)?;
                    headless.intend(if is_allowed { Intent::AllowUnrecorded(id) } else { Intent::Stop(id) });
                }
            },
            _ = &mut stopped => return Ok(()),
        }
    }
}

/// Asks at the terminal whether to continue a job that cannot be written down. Without a terminal it does not continue.
fn may_go_unrecorded(state: &State, id: JobId) -> Result<bool> {
    let why = state.jobs.find(id).and_then(Job::held).unwrap_or_default();
    output::beside(why);
    if !std::io::stdin().is_terminal() {
        output::beside("  set $XDG_STATE_HOME to a writable directory, or pass --unrecorded");
        return Ok(false);
    }
    output::ask("do it anyway? [y/N]");
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.map_err(|error| Error::failed(format!("cannot read the answer: {error}"), ""))?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}
