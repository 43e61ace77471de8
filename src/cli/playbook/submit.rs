//! A change that is submitted: reviewed on standard error, then committed, pushed, opened and followed, as its job.

use std::time::Duration;

use serde_json::json;

use super::Arguments;
use super::print;
use crate::cli::act::select;
use crate::cli::headless::Headless;
use crate::cli::{Call, ReportFormat, output, source};
use crate::runtime::{self, Answered, Desk, Options};
use fluxdeck_model::change::{ChangeOrder, ChangeSite, ForgeChoice, LayerChoice, OrderedObject, Proposal, Proposed, SiteScope};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::kinds::{self, Trait};
use fluxdeck_model::playbooks::{self, Playbook};
use fluxdeck_model::state::jobs::{Change, ChangeGoal, JobId, Submission};
use fluxdeck_model::state::{ChangeQuery, Intent, PolicyConsent, State};

/// How long the first complete read of a cluster may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plans, submits and follows. Returns the exit code.
pub(super) async fn run(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<u8> {
    if call.readonly {
        return Err(Error::failed("read-only: nothing is pushed", "leave out --readonly, or pass --dry-run"));
    }
    let is_from_cluster = arguments.files.repo.is_none();
    let mut headless = match is_from_cluster || arguments.goal() > ChangeGoal::Merged {
        true => connected(call, &call.context).await?,
        false => Headless::apart(call.options.clone(), select::settings(call), &call.context, false),
    };
    let query = query(&headless, call, playbook, arguments, is_from_cluster)?;
    let (target, applier) = (query.object.clone(), query.applier.clone());
    let live = match is_from_cluster {
        true => Some(runtime::connect(&call.options, &call.context).await.map_err(|failure| failure.error("the cluster"))?),
        false => None,
    };
    let changes = call.options.changes(Desk::of(call.options.repositories()));
    let (proposed, asking) = changes.propose(live.as_ref(), query, false, &call.context).await?;
    let mut proposal = match proposed {
        Proposed::Ready(proposal) => *proposal,
        Proposed::Unchanged { object, base } => {
            return print::unchanged(&object, &base, arguments.output);
        }
        Proposed::Refused(refused) => return print::refused(&refused, arguments.output),
        Proposed::Unknown(question) => {
            return Err(Error::failed(
                question.why,
                "name a checkout of it: --repo DIR, with --path; the screen asks once and keeps it",
            ));
        }
    };
    // a program that was started for this ends with it; nothing was sent yet
    let answers = match asking.runs_programs() {
        false => changes.asked(live.as_ref(), &asking).await,
        true => tokio::select! {
            answers = changes.asked(live.as_ref(), &asking) => answers,
            code = crate::run::stopped() => return Ok(code),
        },
    };
    for answered in answers {
        match answered {
            Answered::Check(check) => proposal.checked(&[check]),
            Answered::Rendered(rendered) => proposal.also_renders(&rendered),
        }
    }
    output::beside(&review(&proposal, headless.state().clock));
    if proposal.has_failed() && !proposal.order.is_wide {
        return Err(Error::failed("a check has failed: nothing is pushed", "--wide submits it all the same"));
    }
    if let Some(why) = &proposal.merged_by_hand {
        return Err(Error::failed(format!("auto-merge is refused, and nothing is pushed: {why}"), "leave out --auto-merge"));
    }
    let submission = Submission { proposal, target, applier, goal: arguments.goal() };
    let before = headless.state().jobs.all().last().map(|job| job.id);
    headless.intend(Intent::Submit(Box::new(submission)));
    let started = headless.state().jobs.all().last().map(|job| job.id).filter(|id| Some(*id) != before);
    let Some(id) = started else {
        let why = headless.state().notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
        return Err(Error::failed(why, "`fluxdeck changes` lists what is under way"));
    };
    let following = follow(call, &mut headless, id, arguments.report());
    match asking.runs_programs() {
        false => following.await,
        // the signals are ours by now
        true => tokio::select! {
            done = following => done,
            code = crate::run::stopped() => Ok(code),
        },
    }
}

/// Reads the cluster of a context.
pub(in crate::cli) async fn connected(call: &Call, context: &str) -> Result<Headless> {
    let mut headless = Headless::start(context, call.options.clone(), select::settings(call), false);
    headless.complete(PATIENCE, "nothing was done", |_, _| false).await?;
    Ok(headless)
}

/// What is asked for, as an order.
fn query(
    headless: &Headless,
    call: &Call,
    playbook: &Playbook,
    arguments: &Arguments,
    is_from_cluster: bool,
) -> Result<ChangeQuery> {
    let namespaces: Vec<_> = call.options.namespaces.iter().map(|name| name.to_string()).collect();
    let find = |object: &String| {
        let (found, applier) = match is_from_cluster || arguments.goal() > ChangeGoal::Merged {
            true => found(headless.state(), playbook, &Named::parse(object)?, &namespaces, is_from_cluster)?,
            false => (None, None),
        };
        let namespace = match (&found, namespaces.as_slice()) {
            (Some(object), _) => object.namespace.to_string(),
            (None, [one]) => one.clone(),
            (None, _) => String::new(),
        };
        Ok((found, applier, OrderedObject { object: object.clone(), namespace }))
    };
    let mut all = arguments.objects.iter().map(find).collect::<Result<Vec<_>>>()?.into_iter();
    let (object, applier, OrderedObject { object: name, namespace }) = all.next().expect("one is named");
    let (found, also): (Vec<_>, Vec<_>) = all.map(|(found, _, ordered)| (found, ordered)).unzip();
    let order = ChangeOrder {
        playbook: playbook.name.to_owned(),
        object: name,
        namespace,
        also,
        settings: arguments.set.clone(),
        left_out: arguments.leave_out.clone(),
        layer: arguments.layer.as_deref().map(LayerChoice::parse).transpose()?.unwrap_or_default(),
        is_wide: arguments.wide,
        site: site(arguments)?,
        title: arguments.title.clone().unwrap_or_default(),
        reason: arguments.reason.clone().unwrap_or_default(),
        body: body(arguments)?,
        labels: arguments.label.clone(),
        reviewers: arguments.reviewer.clone(),
        is_draft: arguments.draft,
        merges_later: arguments.auto_merge,
        expected: Vec::new(),
        is_push_only: arguments.push_only,
    };
    let consent = if arguments.run_policy { PolicyConsent::Once } else { PolicyConsent::Kept };
    Ok(ChangeQuery { object, also: found.into_iter().flatten().collect(), applier, order, said: None, consent })
}

/// The text of the user for the pull request.
fn body(arguments: &Arguments) -> Result<String> {
    match (&arguments.body, &arguments.body_file) {
        (Some(text), _) => Ok(text.clone()),
        (None, Some(file)) => source::text(file),
        (None, None) => Ok(String::new()),
    }
}

/// What the arguments say of the repository.
fn site(arguments: &Arguments) -> Result<ChangeSite> {
    let scope = match (&arguments.what.path, &arguments.what.kustomization) {
        (Some(path), _) => SiteScope::Folder(super::folder(path)?),
        (None, Some(name)) => SiteScope::Kustomization(name.clone()),
        (None, None) => SiteScope::Any,
    };
    let folder = match &arguments.files.repo {
        Some(folder) => {
            let missing =
                |error| Error::failed(format!("cannot open {}: {error}", folder.display()), "pass a checkout: --repo DIR");
            std::path::absolute(folder).map_err(missing)?.display().to_string()
        }
        None => String::new(),
    };
    Ok(ChangeSite {
        folder,
        remote: arguments.remote.clone().unwrap_or_default(),
        base: arguments.base.clone().unwrap_or_default(),
        scope,
        ..ChangeSite::default()
    })
}

type Found = (Option<fluxdeck_model::domain::ObjectRef>, Option<fluxdeck_model::domain::ObjectRef>);

/// The object in the cluster, and what applies it.
fn found(state: &State, playbook: &Playbook, named: &Named, namespaces: &[String], is_needed: bool) -> Result<Found> {
    let cluster = state.cluster();
    let is_meant =
        |id: &&fluxdeck_model::domain::ObjectRef| named.means(&id.gk.group, &id.gk.kind, &id.namespace, &id.name, namespaces);
    let all: Vec<_> =
        cluster.store.nodes().filter_map(|node| cluster.store.object(node)).map(|object| &object.id).filter(is_meant).collect();
    match all.as_slice() {
        [one] => {
            let manifest = cluster.manifest(one);
            if let Some(maker) = manifest.as_ref().map(|manifest| &manifest.object).filter(|maker| maker != one) {
                let (name, place) = (&maker.name, &maker.namespace);
                let hint = match kinds::of(&maker.gk) {
                    kind if kind.has(Trait::Charted) => format!(
                        "change its values: fluxdeck run {} {}/{name} -n {place} --set spec.values.KEY=VALUE",
                        playbooks::field_setter("", "").0.name,
                        maker.gk.kind
                    ),
                    _ => format!("fluxdeck run {} {}/{name} -n {place} --set FIELD=VALUE", playbook.name, maker.gk.kind),
                };
                return Err(Error::failed(format!("{one} is not in git itself: {maker} makes it"), hint));
            }
            Ok((Some((*one).clone()), manifest.map(|manifest| manifest.applied_by)))
        }
        [] if is_needed => {
            let place = if namespaces.is_empty() { String::new() } else { format!(" in {}", namespaces.join(", ")) };
            let message = format!("the cluster has no {named}{place}, as far as it was read");
            Err(Error::failed(message, "name its namespace with -n, or a checkout with --repo DIR"))
        }
        [] => Ok((None, None)),
        many => {
            let names: Vec<_> = many.iter().map(ToString::to_string).collect();
            Err(Error::usage("the name fits several objects", format!("choose one with -n: {}", names.join(", "))))
        }
    }
}

/// What is about to be submitted, in the lines of a review.
fn review(proposal: &Proposal, now: jiff::Timestamp) -> String {
    let order = &proposal.order;
    let mut out = format!("{}\n", proposal.pull.title);
    let mut line = |label: &str, text: &str| out.push_str(&format!("{label:<12}{text}\n"));
    let short = proposal.base.get(..7).unwrap_or(&proposal.base);
    line("repository", &format!("{}  {}@{short} -> {}", order.site.name(), order.site.base, proposal.branch));
    line("found by", &order.site.found_by);
    for field in &proposal.fields {
        let before = field.before.as_deref().unwrap_or("nothing");
        let of = fluxdeck_model::change::prefix(field, &proposal.fields);
        line("changes", &format!("{of}{}: {before} -> {}  {} ({})", field.field, field.after, field.place, field.layer));
    }
    for check in &proposal.checks {
        line(check.result.word(), &format!("{}: {}", check.name, check.why));
    }
    proposal.besides.iter().for_each(|text| line("besides", text));
    proposal.elsewhere.iter().for_each(|one| line("known also", &one.words(&proposal.files, now)));
    proposal.unproven.iter().for_each(|(build, why)| line("not proven", &format!("{build}: {why}")));
    if !order.site.caution.is_empty() {
        line("warning", &order.site.caution);
    }
    print::cautions(&proposal.cautions, order).iter().for_each(|text| out.push_str(&format!("{text}\n")));
    let mut line = |label: &str, text: &str| out.push_str(&format!("{label:<12}{text}\n"));
    let signed = if proposal.author.is_signed { ", signed" } else { "" };
    line("author", &format!("{}{signed}", proposal.author.author));
    match &proposal.forge {
        ForgeChoice::Known { name, repository, token } => line("forge", &format!("{name} {repository}, token from {token}")),
        ForgeChoice::None { why, .. } => line("forge", &format!("none: {why}")),
    }
    if order.merges_later {
        line("merge", "by the forge, once its checks have passed");
    }
    for (label, names) in [("labels", &order.labels), ("reviewers", &order.reviewers)] {
        if !names.is_empty() {
            line(label, &names.join(", "));
        }
    }
    if let Some(pull) = &proposal.open {
        line("open", &format!("the same change is proposed already: #{} {}", pull.number, pull.url));
    }
    out
}

/// Follows a change to its goal, or to where it waits for a person. Returns the exit code.
///
/// # Errors
/// The program's own parts have ended.
pub(in crate::cli) async fn follow(call: &Call, headless: &mut Headless, id: JobId, format: ReportFormat) -> Result<u8> {
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
    report(id, change, format)?;
    match change.phase() {
        phase if phase.is_done() => Ok(0),
        phase if phase.is_waiting() && !is_kept(call, id) => {
            let message = format!("{}: {}", change.pull.title, phase.message());
            Err(Error::failed(message, "free some room, then run it again: nothing of it is kept"))
        }
        phase if phase.is_waiting() => {
            let hint = if phase.hint().is_empty() { String::new() } else { format!("{}; then ", phase.hint()) };
            let message = format!("{}: {}", change.pull.title, phase.message());
            Err(Error::new(ErrorKind::Failed, message, format!("{hint}`fluxdeck changes resume {id}`")))
        }
        phase => Err(Error::failed(format!("{}: {}", change.pull.title, phase.message()), "")),
    }
}

/// Whether the job is written down.
fn is_kept(call: &Call, id: JobId) -> bool {
    let found = call.options.state_dir.as_deref().map(|dir| runtime::jobs_found(&*call.options.disk, dir));
    found.is_some_and(|(found, _)| found.iter().any(|loaded| loaded.job.id == id))
}

fn report(id: JobId, change: &Change, format: ReportFormat) -> Result<()> {
    if format == ReportFormat::Json {
        return output::json(&summary(id, change));
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
        "branch": progress.branch, "commit": progress.commit, "pull": pull, "page": progress.page,
        "state": change.phase().word(), "message": change.phase().message(), "log": log,
    })
}

/// Options without a cluster of their own, for what needs none.
pub(in crate::cli) fn apart(call: &Call) -> Headless {
    let options: Options = call.options.clone();
    Headless::apart(options, select::settings(call), "", false)
}
