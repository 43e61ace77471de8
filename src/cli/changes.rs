//! `fluxdeck changes [list|show|resume|drop]`: changes in git that this and other runs have under way or have left, from their journals.

use clap::{Args, Subcommand};

use super::command::{self, Command, Run};
use super::jobs::{drop_job, found, identify, named, refuse, take_up};
use super::output::{self, Table};
use super::playbook::{apart, connected, follow, planned_again, summary};
use super::{Call, ReportFormat};
use fluxdeck_model::change::SiteScope;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::domain::{Checks, Reviews, duration};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::Intent;
use fluxdeck_model::state::jobs::{Change, ChangeGoal, Job, Loaded};

pub(super) const COMMAND: Command = Command {
    name: "changes",
    doc: "List changes in git under way or left, resume or drop them",
    examples: &["fluxdeck changes", "fluxdeck changes resume ID"],
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
    /// List all changes with a journal, the oldest first
    List,
    /// Show one change, step by step
    Show { id: String },
    /// Resume a change: what may have been sent is looked up first
    Resume {
        id: String,
        /// Where you may not push to the repository: push to a fork of yours, and make one where there is none
        #[arg(long)]
        fork: bool,
    },
    /// Drop a change: nothing more of it is sent or followed; what was pushed stays
    Drop { id: String },
}

async fn run(call: &Call, arguments: &Arguments) -> Result<u8> {
    let all: Vec<_> = found(call)?.into_iter().filter(|loaded| loaded.job.change().is_some()).collect();
    match &arguments.what {
        None | Some(What::List) => list(&all, arguments.output),
        Some(What::Show { id }) => show(named(&all, id, "change")?, arguments.output),
        Some(What::Resume { id, fork }) => resume(call, named(&all, id, "change")?, *fork, arguments.output).await,
        Some(What::Drop { id }) => drop_job(call, named(&all, id, "change")?).await,
    }
}

fn change(loaded: &Loaded) -> &Change {
    loaded.job.change().expect("only changes are looked at")
}

/// Its state in a word or two.
fn state(loaded: &Loaded) -> &'static str {
    match change(loaded).phase() {
        phase if loaded.is_elsewhere && !phase.is_over() => "under way",
        phase if phase.is_over() || phase.is_waiting() => phase.word(),
        _ => "left",
    }
}

fn list(all: &[Loaded], format: ReportFormat) -> Result<u8> {
    if format == ReportFormat::Json {
        let all: Vec<_> = all.iter().map(|loaded| summary(loaded.job.id, change(loaded))).collect();
        return output::json(&all).map(|()| 0);
    }
    if all.is_empty() {
        return output::write("no changes\n").map(|()| 0);
    }
    let now = jiff::Timestamp::now().as_second();
    let mut table = Table::new(vec!["ID", "AGE", "CHANGE", "REPOSITORY", "PULL REQUEST", "CHECKS", "REVIEWS", "STATE"]);
    for loaded in all {
        let (job, change) = (&loaded.job, change(loaded));
        let age = duration::age((now - job.started.as_second()).max(0)).0;
        let pull = change.progress.pull.as_ref().map(|pull| format!("#{} {}", pull.number, pull.word()));
        let [title, repository] = [&change.pull.title, &change.order.site.name()].map(|text| sanitise_line(text).into_owned());
        let pull = pull.unwrap_or_else(|| "-".to_owned());
        let known = change.progress.pull.as_ref();
        let checks = known.and_then(|pull| pull.checks).map(Checks::words).unwrap_or_default();
        let reviews = known.and_then(|pull| pull.reviews).map(Reviews::words).unwrap_or_default();
        table.push(vec![job.id.to_string(), age, title, repository, pull, checks, reviews, state(loaded).to_owned()]);
    }
    output::rows(&table.print(), true).map(|()| 0)
}

fn show(loaded: &Loaded, format: ReportFormat) -> Result<u8> {
    let (job, change) = (&loaded.job, change(loaded));
    if format == ReportFormat::Json {
        return output::json(&summary(job.id, change)).map(|()| 0);
    }
    let progress = &change.progress;
    let mut out = format!("{}: {} ({})\n", job.id, change.pull.title, state(loaded));
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("  {label:<12}{text}\n"));
        }
    };
    line("repository", &format!("{}  {} -> {}", change.order.site.name(), change.order.site.base, progress.branch));
    for field in &change.fields {
        let before = field.before.as_deref().unwrap_or("nothing");
        let of = fluxdeck_model::change::prefix(field, &change.fields);
        line(
            "changes",
            &format!("{of}{}: {before} -> {}  {}", field.field, field.after.as_deref().unwrap_or("taken out"), field.place),
        );
    }
    line("commit", &progress.commit);
    line("fork", progress.fork.as_deref().unwrap_or_default());
    let pull = progress.pull.as_ref();
    line("open", &pull.map(|pull| pull.url.clone()).unwrap_or_default());
    line("pull", &pull.map(|pull| format!("#{} {}", pull.number, pull.standing().1)).unwrap_or_default());
    line("checks", &pull.and_then(|pull| pull.checks).map(Checks::words).unwrap_or_default());
    line("reviews", &pull.and_then(|pull| pull.reviews).map(Reviews::words).unwrap_or_default());
    line("same as", &change.line());
    line("", change.phase().message());
    line("", change.phase().hint());
    for entry in &progress.log {
        out.push_str(&format!("  {}  {}\n", entry.at.strftime("%Y-%m-%d %H:%M:%S"), entry.text));
    }
    output::write(&out).map(|()| 0)
}

/// Whether a change is followed into its cluster, or may be planned again with what only that says of its Kustomization.
fn needs_cluster(change: &Change) -> bool {
    let is_applied = matches!(change.order.site.scope, SiteScope::Applied { .. });
    change.target.is_some() && (change.goal > ChangeGoal::Merged || is_applied && change.progress.pull.is_none())
}

/// Takes a change over, and lets it go on until its pull request is open, or as far as it was to be followed without a cluster.
async fn resume(call: &Call, loaded: &Loaded, may_fork: bool, format: ReportFormat) -> Result<u8> {
    refuse(loaded)?;
    if call.readonly {
        return Err(Error::failed("read-only: nothing is pushed", "leave out --readonly"));
    }
    let id = loaded.job.id;
    if !change(loaded).phase().can_resume() && change(loaded).phase().is_waiting() {
        let message = format!("it has to be reviewed again: {}", change(loaded).phase().message());
        return Err(Error::failed(message, planned_again(id, change(loaded))));
    }
    let mut headless = match needs_cluster(change(loaded)) {
        true => {
            let context = if call.context.is_empty() { loaded.job.context.clone() } else { call.context.clone() };
            let mut headless = connected(call, &context).await?;
            identify(&mut headless).await?;
            headless
        }
        false => apart(call),
    };
    take_up(&mut headless, id).await?;
    let is_seen = headless.state().jobs.find(id).is_some_and(|job| job.bound.is_some());
    if needs_cluster(change(loaded)) && !is_seen {
        headless.part().await;
        let (state, job) = (headless.state(), &loaded.job);
        let message = match state.is_mine(job) {
            true => format!("the context is not the cluster of this change ({})", job.context),
            false => format!("{} began it, and you are {}", job.user, state.who()),
        };
        return Err(Error::failed(message, "choose the right one with --context"));
    }
    let can_fork = |job: &Job| job.change().is_some_and(Change::can_fork);
    let intent = match headless.state().jobs.find(id) {
        Some(job) if may_fork && can_fork(job) => Some(Intent::Fork(id)),
        Some(job) if job.is_paused() => Some(Intent::GoOn(id)),
        _ => None,
    };
    if let Some(intent) = intent {
        headless.intend(intent);
    }
    follow(call, &mut headless, id, format, &[]).await
}
