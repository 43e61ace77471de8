//! A change that is submitted: reviewed on standard error, then committed, pushed, opened and followed, as its job.

use serde_json::json;

use super::consent::{agree_to_fork, confirm, review};
use super::plan::{Outcome, Planning, Ready, is_of_cluster, planned};
use super::{Arguments, print};
use crate::cli::act::select;
use crate::cli::headless::Headless;
use crate::cli::{Call, ReportFormat, output, stoppable};
use crate::runtime::{self, Options};
use fluxdeck_model::change::CompetingPull;
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::playbooks::Playbook;
use fluxdeck_model::state::Intent;
use fluxdeck_model::state::jobs::{Change, JobId, Submission};

/// Plans, submits and follows. Returns the exit code.
pub(super) async fn run(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<u8> {
    if call.readonly {
        return Err(Error::failed("read-only: nothing is pushed", "leave out --readonly, or pass --dry-run"));
    }
    let Planning { headless, outcome, runs_programs } = planned(call, playbook, arguments).await?;
    match outcome {
        Outcome::Printed(code) => Ok(code),
        // the signals are ours, once they have ended a program
        Outcome::Ready(ready) if runs_programs => stoppable(submitted(call, headless, *ready, arguments)).await,
        Outcome::Ready(ready) => submitted(call, headless, *ready, arguments).await,
    }
}

/// Shows what was planned, gets the user's consent, submits it and follows it. Returns the exit code.
async fn submitted(call: &Call, mut headless: Headless, ready: Ready, arguments: &Arguments) -> Result<u8> {
    let Ready { mut proposal, target, applier } = ready;
    output::beside(&review(&proposal, headless.state().clock));
    if proposal.has_failed() && !proposal.order.is_wide {
        return Err(Error::failed("a check has failed: nothing is pushed", "--wide submits it all the same"));
    }
    if let Some(why) = &proposal.merged_by_hand {
        return Err(Error::failed(format!("auto-merge is refused, and nothing is pushed: {why}"), "leave out --auto-merge"));
    }
    let is_production = is_of_cluster(arguments) && headless.state().policy().production;
    confirm(&proposal, is_production.then_some(call.context.as_str()), arguments).await?;
    proposal.order.may_fork |= agree_to_fork(&proposal).await?;
    proposal.accepted(arguments.push_only, arguments.wide);
    let warnings = proposal.competing.iter().map(CompetingPull::text).collect::<Vec<_>>();
    let submission = Submission { proposal: *proposal, target, applier, goal: arguments.goal() };
    let before = headless.state().jobs.all().last().map(|job| job.id);
    headless.intend(Intent::Submit(Box::new(submission)));
    let started = headless.state().jobs.all().last().map(|job| job.id).filter(|id| Some(*id) != before);
    let Some(id) = started else {
        let why = headless.state().notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
        return Err(Error::failed(why, "`fluxdeck changes` lists what is under way"));
    };
    follow(call, &mut headless, id, arguments.report(), &warnings).await
}

/// Plans on the repository that the cluster names, as [`run`] does, and prints it. Nothing is written but what a fetch writes into the cache.
/// Returns the exit code.
pub(super) async fn dry_run(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<u8> {
    let planning = planned(call, playbook, arguments).await?;
    match planning.outcome {
        Outcome::Printed(code) => Ok(code),
        Outcome::Ready(ready) => {
            let proposal = ready.proposal;
            print::proposal(&proposal, &review(&proposal, planning.headless.state().clock), arguments.output)?;
            Ok(u8::from(proposal.has_failed() && !proposal.order.is_wide))
        }
    }
}

/// Follows a change to its goal, or to where it waits for a person. `warnings`: what was shown before. Returns the exit code.
///
/// # Errors
/// The program's own parts have ended.
pub(in crate::cli) async fn follow(
    call: &Call,
    headless: &mut Headless,
    id: JobId,
    format: ReportFormat,
    warnings: &[String],
) -> Result<u8> {
    let mut shown = 0;
    loop {
        let job = headless.state().jobs.find(id).expect("it was started");
        let change = job.change().expect("it is a change");
        for entry in change.progress.log.iter().skip(shown) {
            output::beside(&format!("{}  {}", entry.at.strftime("%H:%M:%S"), entry.text));
        }
        shown = change.progress.log.len();
        if change.phase().is_over() || change.phase().is_waiting() {
            break;
        }
        headless.turn().await?;
    }
    let job = headless.state().jobs.find(id).expect("it was started").clone();
    headless.part().await;
    let change = job.change().expect("it is a change");
    report(id, change, format, warnings)?;
    match change.phase() {
        phase if phase.is_done() => Ok(0),
        phase if phase.is_waiting() && !is_kept(call, id) => {
            let message = format!("{}: {}", change.pull.title, phase.message());
            Err(Error::failed(message, "free some room, then run it again: nothing of it is kept"))
        }
        // it does not go on as it is
        phase if phase.is_waiting() && !phase.can_resume() => {
            Err(Error::failed(format!("{}: {}", change.pull.title, phase.message()), planned_again(id, change)))
        }
        phase if phase.is_waiting() => {
            let hint = if phase.hint().is_empty() { String::new() } else { format!("{}; then ", phase.hint()) };
            let message = format!("{}: {}", change.pull.title, phase.message());
            Err(Error::new(ErrorKind::Failed, message, format!("{hint}`fluxdeck changes resume {id}`")))
        }
        phase => Err(Error::failed(format!("{}: {}", change.pull.title, phase.message()), "")),
    }
}

/// How a change that has to be reviewed again is: it is dropped, and planned once more.
pub(in crate::cli) fn planned_again(id: JobId, change: &Change) -> String {
    format!("`fluxdeck changes drop {id}`, and plan it once more: {}", change.line())
}

/// Whether the job is written down.
fn is_kept(call: &Call, id: JobId) -> bool {
    let found = call.options.state_dir.as_deref().map(|dir| runtime::jobs_found(&*call.options.disk, dir));
    found.is_some_and(|(found, _)| found.iter().any(|loaded| loaded.job.id == id))
}

fn report(id: JobId, change: &Change, format: ReportFormat, warnings: &[String]) -> Result<()> {
    if format == ReportFormat::Json {
        let mut all = summary(id, change);
        if !warnings.is_empty() {
            all["warnings"] = json!(warnings);
        }
        return output::json(&all);
    }
    match (&change.progress.pull, &change.progress.page) {
        (Some(pull), _) => output::write(&format!("{}\n", pull.url)),
        (None, Some(page)) => output::write(&format!("{page}\n")),
        (None, None) if !change.progress.commit.is_empty() => output::write(&format!("{}\n", change.progress.branch)),
        (None, None) => Ok(()),
    }
}

/// A change as JSON.
pub(in crate::cli) fn summary(id: JobId, change: &Change) -> serde_json::Value {
    let progress = &change.progress;
    let pull = progress.pull.as_ref().map(|pull| {
        let merge = pull.merge().map(|merge| merge.commit.clone());
        json!({ "number": pull.number, "url": pull.url, "state": pull.state.word(), "queued": pull.is_queued, "merge": merge,
            "checks": pull.checks, "reviews": pull.reviews })
    });
    let log: Vec<_> = progress.log.iter().map(|entry| json!({ "at": entry.at.to_string(), "text": entry.text })).collect();
    let fields: Vec<_> = change
        .fields
        .iter()
        .map(
            |one| json!({ "field": one.field, "before": one.before, "after": one.after, "place": one.place, "layer": one.layer }),
        )
        .collect();
    json!({
        "id": id.to_string(), "title": change.pull.title, "object": change.object, "fields": fields,
        "repository": change.order.site.name(), "base": change.order.site.base, "baseCommit": progress.base,
        "branch": progress.branch, "fork": progress.fork, "commit": progress.commit, "pull": pull, "page": progress.page,
        "state": change.phase().word(), "message": change.phase().message(), "log": log,
    })
}

/// Options without a cluster of their own, for what needs none.
pub(in crate::cli) fn apart(call: &Call) -> Headless {
    let options: Options = call.options.clone();
    Headless::apart(options, select::settings(call), "", false)
}
