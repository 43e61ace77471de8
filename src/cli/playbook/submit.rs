//! A change that is submitted: reviewed on standard error, then committed, pushed, opened and followed, as its job.

use std::time::Duration;

use serde_json::json;

use super::Arguments;
use super::print;
use crate::cli::act::select;
use crate::cli::headless::Headless;
use crate::cli::{Call, ReportFormat, output, source, stoppable};
use crate::runtime::{self, Answered, Desk, Options};
use fluxdeck_model::change::{
    ChangeOrder, ChangeSite, CompetingPull, ForgeChoice, LayerChoice, OrderedObject, Proposal, Proposed, SiteScope,
};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::sanitise_line;
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

/// A plan, and what it was made with.
struct Planning {
    headless: Headless,
    outcome: Outcome,
    /// Whether programs of this machine were started for it.
    runs_programs: bool,
}

/// What can be submitted.
struct Ready {
    proposal: Box<Proposal>,
    /// The object in the cluster.
    target: Option<ObjectRef>,
    applier: Option<ObjectRef>,
}

/// What a plan comes to.
enum Outcome {
    Ready(Box<Ready>),
    /// There is nothing to submit, which was reported: the exit code.
    Printed(u8),
}

/// Whether a cluster is looked at.
fn is_of_cluster(arguments: &Arguments) -> bool {
    arguments.files.repo.is_none() || arguments.goal() > ChangeGoal::Merged
}

/// Plans, and asks others about it.
async fn planned(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<Planning> {
    let is_from_cluster = arguments.files.repo.is_none();
    let headless = match is_of_cluster(arguments) {
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
    let (proposed, asking) = changes.propose(live.as_ref(), query, call.readonly, &call.context).await?;
    let mut proposal = match proposed {
        Proposed::Ready(proposal) => proposal,
        Proposed::Unchanged { object, base } => {
            let outcome = Outcome::Printed(print::unchanged(&object, &base, arguments.output)?);
            return Ok(Planning { headless, outcome, runs_programs: false });
        }
        Proposed::Refused(refused) => {
            let outcome = Outcome::Printed(print::refused(&refused, arguments.output)?);
            return Ok(Planning { headless, outcome, runs_programs: false });
        }
        Proposed::Unknown(question) => {
            return Err(Error::failed(
                question.why,
                "name a checkout of it: --repo DIR, with --path; the screen asks once and keeps it",
            ));
        }
    };
    let runs_programs = asking.runs_programs();
    // a program that was started for this ends with it; nothing was sent yet
    let answers = match runs_programs {
        false => changes.asked(live.as_ref(), &asking).await,
        true => tokio::select! {
            answers = changes.asked(live.as_ref(), &asking) => answers,
            code = crate::run::stopped() => return Ok(Planning { headless, outcome: Outcome::Printed(code), runs_programs }),
        },
    };
    for answered in answers {
        match answered {
            Answered::Check(check) => proposal.checked(&[check]),
            Answered::Rendered(rendered) => proposal.also_renders(&rendered),
            Answered::Competing(pulls) => proposal.competing = pulls,
        }
    }
    let outcome = Outcome::Ready(Box::new(Ready { proposal, target, applier }));
    Ok(Planning { headless, outcome, runs_programs })
}

/// What has to be typed before a change is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent<'a> {
    Nothing,
    Yes,
    /// The name of a production context.
    Name(&'a str),
}

impl<'a> Consent<'a> {
    /// The name of a production context in any case; else, at a terminal, a yes to what was shown. Where nobody can be asked, nothing. What is
    /// open already is only followed.
    fn needed(is_open: bool, production: Option<&'a str>, is_terminal: bool, is_yes: bool) -> Self {
        match production {
            _ if is_open => Self::Nothing,
            Some(context) => Self::Name(context),
            None if is_terminal && !is_yes => Self::Yes,
            None => Self::Nothing,
        }
    }

    fn is_given_by(self, typed: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Yes => matches!(typed.to_lowercase().as_str(), "y" | "yes"),
            Self::Name(context) => typed == context,
        }
    }
}

/// Gets the user's consent: by flag, or at the terminal, below the difference.
async fn confirm(proposal: &Proposal, production: Option<&str>, arguments: &Arguments) -> Result<()> {
    use std::io::IsTerminal;
    let is_terminal = std::io::stdin().is_terminal();
    let consent = Consent::needed(proposal.open.is_some(), production, is_terminal, arguments.yes);
    let what = if proposal.order.is_push_only { "push the branch" } else { "open the pull request" };
    let question = match consent {
        Consent::Nothing => return Ok(()),
        Consent::Yes => format!("{what}? [y/N] "),
        Consent::Name(context) => format!("type `{context}` to {what}: "),
    };
    if is_terminal {
        output::beside(&print::shown(proposal));
    }
    let typed = match (&arguments.confirm, consent) {
        (Some(word), Consent::Name(_)) => word.clone(),
        (_, Consent::Name(context)) if !is_terminal => {
            let message = format!("{context} is production: this has to be confirmed, and this is not a terminal");
            return Err(Error::failed(message, format!("nothing was pushed; pass --confirm {context}")));
        }
        _ => answered(&question).await?,
    };
    match consent.is_given_by(&typed) {
        true => Ok(()),
        false => Err(Error::failed("not confirmed", "nothing was pushed")),
    }
}

/// Asks at the terminal whether a change goes to a fork, where it has to. Where nobody can be asked, the push itself says whether it has to: git
/// may be let in as somebody else than the token is of; one that is refused waits, and says what can be done.
async fn agree_to_fork(proposal: &Proposal) -> Result<bool> {
    use std::io::IsTerminal;
    let Some(offer) = proposal.fork_to_ask() else { return Ok(false) };
    let what = format!("you may not push to {}", proposal.order.site.name());
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let typed = answered(&format!("{}: {}? [y/N] ", sanitise_line(&what), sanitise_line(&offer.words()))).await?;
    match Consent::Yes.is_given_by(&typed) {
        true => Ok(true),
        false => Err(Error::failed("not confirmed", "nothing was pushed")),
    }
}

/// What somebody answers at the terminal.
async fn answered(question: &str) -> Result<String> {
    output::ask(question);
    // a signal ends the question too
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(std::io::Error::other).flatten();
    let failed = |error| Error::failed(format!("cannot read the answer: {error}"), "");
    Ok(line.map_err(failed)?.trim().to_owned())
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
        settings: arguments.settings(),
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
        may_fork: arguments.fork,
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

type Found = (Option<ObjectRef>, Option<ObjectRef>);

/// The object in the cluster, and what applies it.
fn found(state: &State, playbook: &Playbook, named: &Named, namespaces: &[String], is_needed: bool) -> Result<Found> {
    let cluster = state.cluster();
    let is_meant = |id: &&ObjectRef| named.means(&id.gk.group, &id.gk.kind, &id.namespace, &id.name, namespaces);
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
        line(
            "changes",
            &format!(
                "{of}{}: {before} -> {}  {} ({})",
                field.field,
                field.after.as_deref().unwrap_or("taken out"),
                field.place,
                field.layer
            ),
        );
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
    if let Some(offer) = proposal.fork.as_ref().filter(|_| proposal.open.is_none()) {
        line("push", &format!("you may not push to {}: {}", order.site.name(), offer.words()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_confirmed_by_its_name_and_the_rest_by_a_yes_where_somebody_can_be_asked() {
        let name = Consent::Name("prod");
        for (is_open, production, is_terminal, is_yes, expected) in [
            (false, None, true, false, Consent::Yes),
            (false, None, true, true, Consent::Nothing),
            (false, None, false, false, Consent::Nothing),
            (false, Some("prod"), true, true, name),
            (false, Some("prod"), false, true, name),
            (true, Some("prod"), true, false, Consent::Nothing),
        ] {
            assert_eq!(
                Consent::needed(is_open, production, is_terminal, is_yes),
                expected,
                "{production:?} {is_terminal} {is_yes}"
            );
        }
        assert!(name.is_given_by("prod") && !name.is_given_by("yes") && !name.is_given_by(""));
        assert!(Consent::Yes.is_given_by("Y") && !Consent::Yes.is_given_by("") && !Consent::Yes.is_given_by("prod"));
    }
}
