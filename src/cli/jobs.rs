//! `fluxdeck jobs [list|show|resume|drop]`: what this and other runs are doing or left undone, from their journals.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::act::{follow, report, select};
use super::command::{self, Command, Run};
use super::headless::Headless;
use super::output::{self, Table};
use super::{Call, ReportFormat};
use crate::runtime::{self, Options};
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::domain::{Scope, duration};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::state::jobs::{Job, JobId, Keeper, Loaded, Work};
use fluxdeck_model::state::{Intent, State, policy_of};

/// How long the first complete read, and the journal, may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const COMMAND: Command = Command {
    name: "jobs",
    doc: "List unfinished jobs, resume or drop them",
    examples: &["fluxdeck jobs", "fluxdeck jobs resume ID"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { run(call, &command::read(matches)?).await }), stops: false },
};

#[derive(Args)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true, global = true)]
    output: ReportFormat,
}

#[derive(Subcommand)]
enum What {
    /// List all jobs with a journal, the oldest first
    List,
    /// Show one job, object by object
    Show { id: String },
    /// Resume a job that an earlier run left: sent requests are looked up, waiting ones are sent
    Resume {
        id: String,
        /// Confirm with the name of a production context
        #[arg(long, value_name = "WORD")]
        confirm: Option<String>,
        /// Continue even if the progress cannot be recorded
        #[arg(long)]
        unrecorded: bool,
    },
    /// Drop a job: nothing more of it is started or followed
    Drop { id: String },
}

/// Prints jobs, or resumes one. Returns the exit code.
async fn run(call: &Call, arguments: &Arguments) -> Result<u8> {
    let found = found(call)?;
    match &arguments.what {
        None | Some(What::List) => list(&found, arguments.output),
        Some(What::Show { id }) => show(named(&found, id, "job")?, arguments.output),
        Some(What::Resume { id, confirm, unrecorded }) => {
            resume(call, named(&found, id, "job")?, confirm.as_deref(), *unrecorded).await
        }
        Some(What::Drop { id }) => drop_job(call, named(&found, id, "job")?).await,
    }
}

/// Reads the journals; those that cannot be read are reported on standard error.
pub(super) fn found(call: &Call) -> Result<Vec<Loaded>> {
    let nowhere = || Error::failed("no jobs are kept here", "the demo and snapshots keep none");
    let dir = call.options.state_dir.as_ref().ok_or_else(nowhere)?;
    let (found, unread) = runtime::jobs_found(&*call.options.disk, dir);
    for why in unread {
        output::beside(&why);
    }
    Ok(found)
}

/// The job of that id, or the only one whose id has that prefix.
pub(super) fn named<'a>(found: &'a [Loaded], id: &str, word: &str) -> Result<&'a Loaded> {
    let mut fitting = found.iter().filter(|loaded| !id.is_empty() && loaded.job.id.to_string().starts_with(id));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Error::failed(format!("there is no {word} `{id}`"), format!("`fluxdeck {word}s` lists them"))),
        (Some(_), Some(_)) => Err(Error::usage(format!("`{id}` matches several {word}s"), "write the whole id")),
    }
}

/// A job's state in a word or two.
fn state(loaded: &Loaded) -> &'static str {
    match &loaded.job.work {
        _ if loaded.is_elsewhere && !loaded.job.is_over() => "under way",
        Work::Change(change) => change.phase().word(),
        _ if !loaded.job.is_over() => "left",
        _ if loaded.job.is_done() => "done",
        _ => "over, not all done",
    }
}

fn list(found: &[Loaded], format: ReportFormat) -> Result<u8> {
    if format == ReportFormat::Json {
        return output::json(&found.iter().map(whole).collect::<Vec<_>>()).map(|()| 0);
    }
    if found.is_empty() {
        return output::write("no jobs\n").map(|()| 0);
    }
    let now = jiff::Timestamp::now().as_second();
    let mut table = Table::new(vec!["ID", "AGE", "CONTEXT", "USER", "WHAT", "OVER", "STATE"]);
    for loaded in found {
        let job = &loaded.job;
        let (done, failed, all) = job.counts();
        let age = duration::age((now - job.started.as_second()).max(0)).0;
        let [context, user, title] = [&job.context, &job.user, &job.title()].map(|text| sanitise(text).into_owned());
        table.push(vec![
            job.id.to_string(),
            age,
            context,
            user,
            title,
            format!("{}/{all}", done + failed),
            state(loaded).to_owned(),
        ]);
    }
    output::rows(&table.print(), true).map(|()| 0)
}

fn whole(loaded: &Loaded) -> Value {
    let job = &loaded.job;
    let (done, failed, all) = job.counts();
    let items: Vec<_> = job
        .items()
        .iter()
        .map(|item| {
            let log: Vec<_> =
                item.log.iter().map(|entry| json!({"at": entry.at.to_string(), "text": redact(&entry.text)})).collect();
            json!({
                "group": *item.object.gk.group, "kind": *item.object.gk.kind, "namespace": *item.object.namespace,
                "name": *item.object.name, "phase": item.phase.word(), "message": redact(item.phase.message()), "log": log,
            })
        })
        .collect();
    json!({
        "id": job.id.to_string(), "started": job.started.to_string(), "context": job.context, "user": job.user,
        "server": redact(&job.cluster.server), "what": job.title(), "state": state(loaded), "done": done, "failed": failed,
        "all": all, "items": items,
    })
}

fn show(loaded: &Loaded, format: ReportFormat) -> Result<u8> {
    if format == ReportFormat::Json {
        return output::json(&whole(loaded)).map(|()| 0);
    }
    let job = &loaded.job;
    let mut text = format!("{}: {} ({})\n", job.id, job.title(), state(loaded));
    text.push_str(&format!("  by {}, {}, {}\n", job.user, job.context, job.started.strftime("%Y-%m-%d %H:%M:%S UTC")));
    for item in job.items() {
        text.push_str(&report::outcome(item));
        for entry in &item.log {
            text.push_str(&format!("  {}  {}\n", entry.at.strftime("%H:%M:%S"), redact(&entry.text)));
        }
    }
    output::write(&sanitised(&text)).map(|()| 0)
}

fn sanitised(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", sanitise(line))).collect()
}

/// Why a job cannot be taken over.
pub(super) fn refuse(loaded: &Loaded) -> Result<()> {
    let title = loaded.job.title();
    match loaded {
        _ if loaded.job.is_over() => {
            Err(Error::failed(format!("it is over: {title}"), "`fluxdeck jobs show` shows how it ended"))
        }
        Loaded { is_elsewhere: true, .. } => Err(Error::failed(format!("another run works on it: {title}"), "end that first")),
        _ => Ok(()),
    }
}

/// Resumes a job, as the user who started it, in the cluster in which it was started.
async fn resume(call: &Call, loaded: &Loaded, confirmed: Option<&str>, is_unrecorded: bool) -> Result<u8> {
    refuse(loaded)?;
    let job = &loaded.job;
    let context = if call.context.is_empty() { job.context.clone() } else { call.context.clone() };
    let settings = select::settings(call);
    if !policy_of(&settings, &context).may_write() {
        return Err(Error::failed("read-only: resuming would write to the cluster", "leave out --readonly, or name another run"));
    }
    if policy_of(&settings, &context).production && confirmed != Some(&context) {
        let message = format!("{context} is production: the rest of the job has to be confirmed");
        return Err(Error::failed(message, format!("nothing was done; pass --confirm {context}")));
    }
    let options = Options { only: Some(scopes(job)).filter(|scopes| !scopes.is_empty()), ..call.options.clone() };
    let mut headless = Headless::start(&context, options, settings, false);
    headless.complete_all(PATIENCE, "nothing was done").await?;
    identify(&mut headless).await?;
    let state = headless.state();
    if !state.is_mine(job) {
        let message = format!("{} started it, and you are {}", job.user, state.who());
        return Err(Error::new(ErrorKind::Denied, message, "only the user who started a job can resume it"));
    }
    if !job.cluster.is_same(&state.cluster().server.key) {
        let message = format!("context `{context}` is not the cluster of this job");
        return Err(Error::failed(message, "choose the right one with --context"));
    }
    take_up(&mut headless, job.id).await?;
    let is_bound = |state: &State| state.jobs.find(job.id).is_some_and(|job| job.bound.is_some());
    if !headless.until(PATIENCE, is_bound).await? {
        headless.part().await;
        return Err(Error::new(ErrorKind::Unreachable, "the connection was lost", "try again"));
    }
    if headless.state().jobs.find(job.id).is_some_and(Job::is_paused) {
        headless.intend(Intent::GoOn(job.id));
    }
    let ended = follow::to_its_end(&mut headless, job.id, is_unrecorded).await?;
    output::write(&ended.items().iter().map(report::outcome).collect::<String>())?;
    Ok(u8::from(!ended.is_done()))
}

/// Asks the cluster who the user is: a job of an earlier run is only its own user's.
pub(super) async fn identify(headless: &mut Headless) -> Result<()> {
    headless.intend(Intent::Inquire(Box::default()));
    headless.until(PATIENCE, |state| state.cluster().user.is_some() || state.cluster().is_unnamed).await.map(drop)
}

/// Takes a job over.
pub(super) async fn take_up(headless: &mut Headless, id: JobId) -> Result<()> {
    headless.intend(Intent::TakeUp(id));
    let is_answered = |state: &State| state.notice.as_ref().is_some_and(|notice| notice.is_error) || is_ours(state, id);
    headless.until(PATIENCE, is_answered).await?;
    match &headless.state().notice {
        _ if is_ours(headless.state(), id) => Ok(()),
        Some(notice) => Err(Error::failed(notice.text.clone(), "")),
        None => Err(Error::failed("the disk does not answer", "nothing was done")),
    }
}

fn is_ours(state: &State, id: JobId) -> bool {
    state.jobs.find(id).is_some_and(|job| job.keeper == Keeper::Us)
}

/// The scopes of a job's objects.
fn scopes(job: &Job) -> Vec<Scope> {
    let steps = job.items().iter().flat_map(|item| &item.steps).map(|step| &step.object);
    let scope = |gk: &fluxdeck_model::domain::GroupKind, namespace: &fluxdeck_model::domain::Str| Scope {
        gk: gk.clone(),
        namespace: (!namespace.is_empty()).then(|| namespace.clone()),
    };
    let scopes: std::collections::HashSet<_> = steps.map(|object| scope(&object.gk, &object.namespace)).collect();
    scopes.into_iter().collect()
}

/// Drops a job without asking a cluster: it ends with its last known state.
pub(super) async fn drop_job(call: &Call, loaded: &Loaded) -> Result<u8> {
    refuse(loaded)?;
    let id = loaded.job.id;
    let mut headless = Headless::apart(call.options.clone(), select::settings(call), "", false);
    take_up(&mut headless, id).await?;
    headless.intend(Intent::GiveUp(id));
    headless.part().await;
    if !found(call)?.iter().any(|loaded| loaded.job.id == id && loaded.job.is_over()) {
        return Err(Error::failed(
            "dropping the job could not be written down",
            "it is still there: free some room, and try again",
        ));
    }
    let job = headless.state().jobs.find(id).expect("it was taken up");
    output::write(&job.items().iter().map(report::outcome).collect::<String>())?;
    Ok(0)
}
