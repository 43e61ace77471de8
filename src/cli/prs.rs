//! `fluxdeck prs [list|show|comment|approve|draft|ready|auto-merge|reword]`: anyone's open pull requests of the repositories that a cluster
//! applies, what each touches, and what a person says or changes of one.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Call;
use super::act::select;
use super::command::{self, Command, Run};
use super::format::{Format, Formats};
use super::headless::Headless;
use super::output::{self, Table};
use super::playbook::connected;
use super::source;
use crate::runtime::{self, Desk, Options};
use fluxdeck_model::change::{BuildDifference, PullEffect, PullPlace, PullReview, Wording};
use fluxdeck_model::domain::text::{counted, sanitise_line};
use fluxdeck_model::domain::{ActEnd, ClusterId, Pull, Scope, duration};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::state::pulls::{OpenPull, PullBoard, PullProgress, PullRemark, PullRepository, PullTouches, RemarkKind};
use fluxdeck_model::state::{Intent, State, policy_of};

/// How long the look-up may take: branches are fetched, and everything is built.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a forge may take to answer.
const ANSWER: Duration = Duration::from_secs(120);

pub(super) const COMMAND: Command = Command {
    name: "prs",
    doc: "List open pull requests of the applied repositories and what they touch; show, comment, approve or change one",
    examples: &["fluxdeck prs", "fluxdeck prs -o wide", "fluxdeck prs show 12", "fluxdeck prs approve ops/fleet#12"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { run(call, &command::read(matches)?).await }), stops: false },
};

#[derive(Args)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// How to print
    #[arg(short, long, value_parser = Formats::<Format>::new(), default_value = "table", hide_default_value = true, global = true)]
    output: Format,
}

#[derive(Subcommand)]
enum What {
    /// List them, the newest of each repository first
    List,
    /// Show one: its files, what is rendered otherwise, what it touches
    Show {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
    },
    /// Comment on one
    Comment {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
        /// Markdown
        text: String,
    },
    /// Approve one, at the commit that it is at
    Approve {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
        /// Only if it is still at this commit
        #[arg(long, value_name = "COMMIT")]
        at: Option<String>,
    },
    /// Make one a draft
    Draft {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
    },
    /// Say that one is ready for review, and no draft
    Ready {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
    },
    /// Let the forge merge one once its checks have passed; refused where its base branch requires no check
    AutoMerge {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
        /// Only if it is still at this commit
        #[arg(long, value_name = "COMMIT")]
        at: Option<String>,
    },
    /// Give one another title and text
    Reword {
        /// Its number, or OWNER/NAME#NUMBER
        #[arg(value_name = "PR")]
        pull: String,
        /// Its title
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// A file with its text, in Markdown; - for standard input
        #[arg(long, value_name = "FILE")]
        body_file: PathBuf,
    },
}

async fn run(call: &Call, arguments: &Arguments) -> Result<u8> {
    match &arguments.what {
        None | Some(What::List) => list(call, arguments.output).await,
        Some(What::Show { pull }) => show(call, pull, arguments.output).await,
        Some(What::Comment { pull, text }) => {
            if text.trim().is_empty() {
                return Err(Error::usage("the comment is empty", "fluxdeck prs comment PR TEXT"));
            }
            remark(call, pull, None, |_| RemarkKind::Comment(text.clone())).await
        }
        Some(What::Approve { pull, at }) => remark(call, pull, at.as_deref(), |_| RemarkKind::Approval).await,
        Some(What::Draft { pull }) => remark(call, pull, None, |_| RemarkKind::Draft(true)).await,
        Some(What::Ready { pull }) => remark(call, pull, None, |_| RemarkKind::Draft(false)).await,
        Some(What::AutoMerge { pull, at }) => remark(call, pull, at.as_deref(), |_| RemarkKind::MergeLater).await,
        Some(What::Reword { pull, title, body_file }) => {
            if title.trim().is_empty() {
                return Err(Error::usage("the title is empty", "fluxdeck prs reword PR --title TEXT --body-file FILE"));
            }
            let wording = Wording { title: title.clone(), text: source::text(body_file)? };
            remark(call, pull, None, |_| RemarkKind::Wording(wording.clone())).await
        }
    }
}

/// A cluster with its sources and Kustomizations, and their pull requests looked up: all that is to be known, or as far as `holds` wants it.
async fn looked_up(call: &Call, holds: impl Fn(&PullBoard) -> bool) -> Result<Headless> {
    let scope = |gk| Scope { gk, namespace: None };
    let sources = [kinds::GIT_REPOSITORY, kinds::OCI_REPOSITORY, kinds::BUCKET, kinds::KUSTOMIZATION];
    let only = Some(sources.iter().map(|kind| scope(kind.gk())).collect());
    let call_of = Call { options: Options { only, ..call.options.clone() }, ..call.clone() };
    let mut headless = connected(&call_of, &call.context).await?;
    headless.intend(Intent::LookForPulls);
    let is_done = |state: &State| {
        let board = &state.cluster().pulls;
        matches!(board.progress, PullProgress::Done(_)) || holds(board)
    };
    if !headless.until(PATIENCE, is_done).await? {
        output::beside("the look-up takes too long: what is missing is not known");
    }
    Ok(headless)
}

async fn list(call: &Call, format: Format) -> Result<u8> {
    let headless = looked_up(call, |_| false).await?;
    let board = &headless.state().cluster().pulls;
    let unasked = unasked(board);
    match format {
        Format::Json => output::json(&whole(board))?,
        Format::Yaml => output::yaml(&whole(board))?,
        Format::Name => {
            let names = board.all().map(|(repository, open)| format!("{}#{}\n", repository.site.name(), open.pull.number));
            output::write(&names.collect::<String>())?;
        }
        Format::Table | Format::Wide => {
            if board.all().next().is_none() {
                output::write("no open pull requests\n")?;
            } else {
                output::rows(&table(board, format == Format::Wide), format == Format::Wide)?;
            }
        }
    }
    for (what, why) in &unasked {
        output::beside(&format!("not asked: {what}: {why}"));
    }
    // where something is known, that is an answer
    let is_blind = board.all().next().is_none() && !unasked.is_empty();
    Ok(if is_blind { 3 } else { 0 })
}

/// What could not be asked, and why.
fn unasked(board: &PullBoard) -> Vec<(String, String)> {
    let failed = board.repositories.iter().filter_map(|one| {
        let error = one.pulls.as_ref().err()?;
        Some((one.site.name(), error.to_string()))
    });
    failed.chain(board.skipped.iter().cloned()).collect()
}

fn touches(open: &OpenPull) -> String {
    match &open.touches {
        PullTouches::Awaited => "not looked up".to_owned(),
        PullTouches::NotKnown(why) => format!("not known: {why}"),
        PullTouches::Known(summary) => summary.words(),
    }
}

fn table(board: &PullBoard, is_wide: bool) -> String {
    let now = jiff::Timestamp::now().as_second();
    let mut headings = vec!["PR", "TITLE", "AUTHOR", "STATE", "CHECKS", "REVIEWS", "AGE", "TOUCHES"];
    if is_wide {
        headings.extend(["BRANCH", "URL"]);
    }
    let mut table = Table::new(headings);
    for (repository, open) in board.all() {
        let pull = &open.pull;
        let age = pull.opened.map(|at| duration::age((now - at.as_second()).max(0)).0).unwrap_or_default();
        let checks = pull.checks.filter(|checks| checks.count() > 0);
        let cell = |text: &str| sanitise_line(text).into_owned();
        let fork = if pull.is_fork { " (fork)" } else { "" };
        let mut row = vec![
            cell(&format!("{}#{}", repository.site.name(), pull.number)),
            cell(&pull.title),
            cell(&format!("{}{fork}", pull.author)),
            pull.standing().1.to_owned(),
            checks.map(|checks| format!("{}/{}", checks.passed, checks.count())).unwrap_or_default(),
            pull.reviews.map(|reviews| reviews.words()).unwrap_or_default(),
            age,
            cell(&touches(open)),
        ];
        if is_wide {
            row.extend([cell(&format!("{} -> {}", pull.head, pull.base)), cell(&pull.url)]);
        }
        table.push(row);
    }
    table.print()
}

fn whole(board: &PullBoard) -> Value {
    let pulls: Vec<_> = board.all().map(|(repository, open)| summary(repository, open)).collect();
    let unasked: Vec<_> = unasked(board).into_iter().map(|(what, why)| json!({"what": what, "why": why})).collect();
    json!({ "pulls": pulls, "notAsked": unasked })
}

fn summary(repository: &PullRepository, open: &OpenPull) -> Value {
    let touched = match &open.touches {
        PullTouches::Known(summary) => {
            let builds = summary.builds.iter().map(|(name, count)| json!({"name": name, "differences": count}));
            json!({
                "files": summary.files, "builds": builds.collect::<Vec<_>>(), "warnings": summary.cautions,
                "conflict": summary.has_conflict,
            })
        }
        PullTouches::Awaited | PullTouches::NotKnown(_) => Value::Null,
    };
    let mut one = facts(&repository.site.name(), &open.pull);
    one["touches"] = touched;
    one
}

/// What the forge says of a pull request.
fn facts(repository: &str, pull: &Pull) -> Value {
    json!({
        "repository": repository, "number": pull.number, "title": pull.title, "author": pull.author, "state": pull.standing().1,
        "draft": pull.is_draft, "queued": pull.is_queued, "mergeable": pull.is_mergeable, "fork": pull.is_fork,
        "checks": pull.checks, "reviews": pull.reviews, "opened": pull.opened.map(|at| at.to_string()), "head": pull.head,
        "headCommit": pull.head_commit, "base": pull.base, "url": pull.url,
    })
}

/// The pull request of that name, once it is known.
fn found(board: &PullBoard, name: &str) -> Option<Vec<(PullPlace, Pull)>> {
    let (repository, number) = match name.rsplit_once('#') {
        Some((repository, number)) => (Some(repository).filter(|name| !name.is_empty()), number),
        None => (None, name),
    };
    let number: u64 = number.parse().ok()?;
    let is_meant = |one: &PullRepository| repository.is_none_or(|name| one.site.name() == name);
    let all = board.all().filter(|(one, open)| is_meant(one) && open.pull.number == number);
    Some(all.map(|(one, open)| (one.place(&open.pull), open.pull.clone())).collect())
}

/// The one that a name means.
fn named(board: &PullBoard, name: &str) -> Result<(PullPlace, Pull)> {
    let unread = || Error::usage(format!("`{name}` is not a pull request"), "write its number, or OWNER/NAME#NUMBER");
    let mut all = found(board, name).ok_or_else(unread)?;
    match (all.pop(), all.pop()) {
        (Some(one), None) => Ok(one),
        (None, _) => {
            let why = unasked(board).first().map(|(what, why)| format!(" ({what} was not asked: {why})")).unwrap_or_default();
            Err(Error::failed(format!("there is no open pull request {name}{why}"), "`fluxdeck prs` lists them"))
        }
        (Some(_), Some(_)) => Err(Error::usage(format!("several repositories have a #{name}"), "write OWNER/NAME#NUMBER")),
    }
}

async fn show(call: &Call, name: &str, format: Format) -> Result<u8> {
    let wanted = name.to_owned();
    let is_whole_name = name.contains('#');
    let headless =
        looked_up(call, move |board| is_whole_name && found(board, &wanted).is_some_and(|all| !all.is_empty())).await?;
    let (place, _) = named(&headless.state().cluster().pulls, name)?;
    let live = runtime::connect(&call.options, &call.context).await.map_err(|failure| failure.error("the cluster"))?;
    let changes = call.options.changes(Desk::of(call.options.repositories()));
    let review = changes.review_pull(Some(&live), ClusterId::default(), place).await?;
    match format {
        Format::Json => output::json(&document(&review))?,
        Format::Yaml => output::yaml(&document(&review))?,
        _ => output::write(&text(&review))?,
    }
    Ok(0)
}

fn document(review: &PullReview) -> Value {
    let mut one = facts(&review.place.site.name(), &review.pull);
    one["text"] = review.text.clone().into();
    match &review.effect {
        Ok(effect) => one["effect"] = effects(effect),
        Err(error) => one["unknown"] = error.to_string().into(),
    }
    one
}

fn effects(effect: &PullEffect) -> Value {
    let field =
        |one: &BuildDifference| json!({"object": one.object, "field": one.field, "before": one.before, "after": one.after});
    let builds: Vec<_> = effect
        .builds
        .iter()
        .map(|build| {
            let applier = build.applier.as_ref().map(ToString::to_string);
            let differences: Vec<_> = build.differences.iter().map(field).collect();
            json!({"name": build.name, "here": applier, "differences": differences, "broken": build.broken})
        })
        .collect();
    let files: Vec<_> =
        effect.files.iter().map(|file| json!({"path": file.path, "added": file.added, "removed": file.removed})).collect();
    let unproven: Vec<_> = effect.unproven.iter().map(|(build, why)| json!({"name": build, "why": why})).collect();
    let warnings: Vec<_> = effect.cautions.iter().map(|caution| caution.text.clone()).collect();
    json!({
        "base": effect.base, "head": effect.head, "conflict": effect.has_conflict, "behind": effect.behind, "files": files,
        "builds": builds, "notProven": unproven, "warnings": warnings, "patch": effect.patch,
    })
}

fn text(review: &PullReview) -> String {
    let pull = &review.pull;
    let mut out = format!("{}#{}: {} ({})\n", review.place.site.name(), pull.number, pull.title, pull.standing().1);
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("  {label:<12}{text}\n"));
        }
    };
    line("by", &pull.author);
    line("branch", &format!("{} -> {}", pull.head, pull.base));
    line("checks", &pull.checks.map(|checks| checks.words()).unwrap_or_default());
    line("reviews", &pull.reviews.map(|reviews| reviews.words()).unwrap_or_default());
    line("open", &pull.url);
    let effect = match &review.effect {
        Ok(effect) => effect,
        Err(error) => {
            line("not known", &error.to_string());
            return out;
        }
    };
    effect.cautions.iter().for_each(|caution| line("warning", &caution.text));
    for build in &effect.builds {
        let place = if build.applier.is_some() { " (here)" } else { "" };
        line("touches", &format!("{}{place}: {}", build.name, counted(build.differences.len(), "difference")));
        build.broken.iter().for_each(|why| line("breaks", &format!("{}: {why}", build.name)));
        for one in &build.differences {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let what = match (&one.field, &one.after) {
                (Some(field), _) => format!("{field}: {} -> {}", value(&one.before), value(&one.after)),
                (None, Some(_)) => "is new".to_owned(),
                (None, None) => "is gone".to_owned(),
            };
            line("", &format!("  {} {what}", one.object));
        }
    }
    effect.unproven.iter().for_each(|(build, why)| line("not proven", &format!("{build}: {why}")));
    out.push_str(&format!("\n{}", effect.patch));
    out
}

/// Sends what a person says of one, or changes of it. Returns the exit code.
async fn remark(call: &Call, name: &str, at: Option<&str>, kind: impl Fn(&Pull) -> RemarkKind) -> Result<u8> {
    if call.readonly || !policy_of(&select::settings(call), &call.context).may_write() {
        return Err(Error::failed("read-only: nothing is sent to a forge", "leave out --readonly"));
    }
    let wanted = name.to_owned();
    let is_whole_name = name.contains('#');
    let mut headless =
        looked_up(call, move |board| is_whole_name && found(board, &wanted).is_some_and(|all| !all.is_empty())).await?;
    let (place, pull) = named(&headless.state().cluster().pulls, name)?;
    if let Some(at) = at.filter(|at| at.len() < 7 || !pull.head_commit.starts_with(*at)) {
        let message = format!("{name} is at {}, not at {at}", pull.head_commit);
        return Err(Error::failed(message, "nothing was sent: look at it again"));
    }
    let remark = PullRemark { place, commit: pull.head_commit.clone(), kind: kind(&pull) };
    headless.intend(Intent::Remark(Box::new(remark)));
    let ended = |state: &State| {
        state.jobs.acts().last().and_then(|act| act.outcome.clone().map(|outcome| (act.end == Some(ActEnd::Done), outcome)))
    };
    headless.until(ANSWER, |state| ended(state).is_some() || state.notice.as_ref().is_some_and(|notice| notice.is_error)).await?;
    let notice = headless.state().notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    let is_done = ended(headless.state()).is_some_and(|(is_done, _)| is_done);
    headless.part().await;
    match is_done {
        true => output::write(&format!("{notice}\n")).map(|()| 0),
        false => Err(Error::failed(if notice.is_empty() { "the forge does not answer".to_owned() } else { notice }, "")),
    }
}
