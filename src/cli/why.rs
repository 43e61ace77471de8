//! `fluxdeck why [KIND/NAME]`: the first cause of the state of an object, how it led there, and what says so; without a name all that is
//! broken, grouped by first cause.
//!
//! Of one object also the commit that may be why: git is asked for it, and fetched where no checkout has it.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::command::{self, Command, Run};
use super::headless::{gather, report_restrictions, unread};
use super::{Call, Patience, ReportFormat, output, since, tree};
use crate::runtime::{self, Origin};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{NodeId, ObjectRef, duration, revision};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::why::{
    self, Because, BrokenGroup, Dossier, Evidence, Explanation, Onset, Press, Remedy, Sight, StepPart,
};
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Cluster, State};

pub(super) const COMMAND: Command = Command {
    name: "why",
    doc: "Print why an object is as it is: the first cause, and how it led there; without a name all that is broken, by first cause",
    examples: &["fluxdeck why", "fluxdeck why ks/apps -n flux-system", "fluxdeck why deploy/web -n web -o json --exit-code"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// The object: KIND/NAME or KIND NAME, in the namespace of -n. Without it, all that failed, waits or was never reconciled, in
    /// these namespaces
    #[arg(value_name = "KIND/NAME", num_args = 0..=2)]
    object: Vec<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: ReportFormat,
    #[command(flatten)]
    patience: Patience,
    /// Exit with 1 if something is wrong
    #[arg(long)]
    exit_code: bool,
}

/// Prints an explanation, or all first causes. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let headless = gather(call, arguments.patience.limit(), |_, _| arguments.patience.is_asked()).await?;
    let state = headless.state();
    let is_wrong = match arguments.object.is_empty() {
        true => all(call, state, arguments.output)?,
        false => one(call, state, &arguments.object.join("/"), arguments.output).await?,
    };
    report_restrictions(state);
    if let Some(error) = unread(state) {
        return Err(error);
    }
    Ok((arguments.exit_code && is_wrong).into())
}

fn sight(state: &State) -> Sight<'_> {
    let cluster = state.cluster();
    Sight::new(&cluster.store, &cluster.forest, state.clock)
}

/// Explains one object. Returns whether something is wrong.
async fn one(call: &Call, state: &State, name: &str, output: ReportFormat) -> Result<bool> {
    let node = only(state.cluster(), &tree::find(state.cluster(), call, name)?, name)?;
    let mut dossier = Dossier::new();
    let first = why::explain(&sight(state), node, &dossier);
    if let Some((object, wants)) = why::wants(&first).filter(|_| !matches!(call.options.origin, Origin::Recorded(_))) {
        // without it the first answer is worth having
        if let Ok(live) = runtime::connect(&call.options, &call.context).await {
            dossier.insert(object.clone(), runtime::evidence(&live, &object, &wants, call.options.request_timeout).await);
        }
    }
    let explanation = why::explain(&sight(state), node, &dossier);
    let beginning = since::beginning(call, state, &explanation).await;
    let evidence = explanation.cause().and_then(|cause| dossier.get(&cause.object));
    match output {
        ReportFormat::Text => output::write(&text(&explanation, evidence, beginning.as_ref(), state.clock))?,
        ReportFormat::Json => output::json(&of_explanation(&explanation, evidence, beginning.as_ref()))?,
    }
    Ok(explanation.rule.is_some())
}

/// The one object that a name means.
pub(super) fn only(cluster: &Cluster, found: &[NodeId], name: &str) -> Result<NodeId> {
    match found[..] {
        [node] => Ok(node),
        _ => {
            let namespaces: Vec<_> = found.iter().map(|node| cluster.store.reference(*node).namespace.to_string()).collect();
            let message = format!("{name} is in {}: {}", counted(found.len(), "namespace"), namespaces.join(", "));
            Err(Error::usage(message, "name one with -n"))
        }
    }
}

/// Prints all that is broken. Returns whether anything is.
fn all(call: &Call, state: &State, output: ReportFormat) -> Result<bool> {
    let store = &state.cluster().store;
    let wanted = &call.options.namespaces;
    let groups = why::broken(&sight(state), |node| wanted.is_empty() || wanted.contains(&store.reference(node).namespace));
    match output {
        ReportFormat::Json => output::json(&groups.iter().map(of_group).collect::<Vec<_>>())?,
        ReportFormat::Text if groups.is_empty() => output::write("nothing is broken\n")?,
        ReportFormat::Text => output::write(&groups.iter().map(|group| group_text(group, state.clock)).collect::<String>())?,
    }
    Ok(!groups.is_empty())
}

pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    duration::age((now.as_second() - at.as_second()).max(0)).0
}

fn since(at: Option<Timestamp>, now: Timestamp) -> Option<String> {
    at.map(|at| format!("since {}, {} ago", at.strftime("%Y-%m-%d %H:%M:%S UTC"), ago(at, now)))
}

/// An explanation as a person reads it.
fn text(explanation: &Explanation, evidence: Option<&Evidence>, beginning: Option<&Result<Onset>>, now: Timestamp) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    for step in &explanation.steps {
        let lead = match step.part {
            StepPart::Cause => format!("{} cause  ", step.health.glyph()),
            _ if explanation.rule.is_none() => format!("{} ", step.health.glyph()),
            _ => format!("  ↳ {} ", step.health.glyph()),
        };
        line(&format!("{lead}{}: {}", step.object, step.says));
        let age = step.since.map(|at| format!(", {} ago", ago(at, now))).unwrap_or_default();
        line(&format!("           {}{age}", step.witness.text()));
    }
    let with = explanation.revision.as_ref().map(|(applier, with)| format!("with {} ({applier})", revision::short(with)));
    let facts: Vec<_> = since(explanation.since, now).into_iter().chain(with).collect();
    if !facts.is_empty() {
        line(&facts.join(", "));
    }
    beginning.into_iter().flat_map(|found| since::lines(found, now)).for_each(|text| line(&text));
    if let Some(log) = evidence.and_then(|evidence| evidence.log.get()).filter(|log| !log.lines.is_empty()) {
        let which = if log.is_previous { ", the instance before" } else { "" };
        line(&format!("log of container {}{which}:", log.container));
        log.lines.iter().for_each(|text| line(&format!("  {text}")));
    }
    let warnings = evidence.and_then(|evidence| evidence.events.get()).into_iter().flatten().filter(|event| event.is_warning);
    let warnings: Vec<_> = warnings.collect();
    if !warnings.is_empty() {
        line("warnings:");
        for event in warnings {
            let age = event.last.map(|at| ago(at, now)).unwrap_or_default();
            line(&format!("  {age:<6} {}: {}", event.reason, event.message));
        }
    }
    for gap in &explanation.gaps {
        line(&format!("not read: {gap}"));
    }
    for press in explanation.presses.iter().filter_map(command_of) {
        line(&format!("try: {press}"));
    }
    out
}

fn group_text(group: &BrokenGroup, now: Timestamp) -> String {
    let since = since(group.since, now).map(|since| format!(", {since}")).unwrap_or_default();
    let mut out = format!("{} {}: {}{since}\n", group.cause.health.glyph(), group.cause.object, group.cause.says);
    if !group.same.is_empty() {
        out.push_str(&format!("    and {} like it\n", counted(group.same.len(), "other")));
    }
    for hit in group.hits.iter().filter(|hit| **hit != group.cause.object && !group.same.contains(hit)) {
        out.push_str(&format!("  ↳ {hit}\n"));
    }
    out
}

/// The command line for a remedy; none where there is none.
fn command_of(press: &Press) -> Option<String> {
    let object = &press.object;
    let kind = kinds::of(&object.gk);
    let short = kind.short.first().copied().unwrap_or(&object.gk.kind).to_lowercase();
    let namespace = if object.namespace.is_empty() { String::new() } else { format!(" -n {}", object.namespace) };
    let act = |action: &fluxdeck_model::actions::Action, flag: &str| {
        format!("fluxdeck {} {short}/{}{namespace}{flag}", action.name, object.name)
    };
    Some(match press.remedy {
        Remedy::Logs => format!("kubectl logs {}/{}{namespace}", object.gk.kind.to_lowercase(), object.name),
        Remedy::ControllerLogs => format!("fluxdeck logs {short}/{}{namespace}", object.name),
        Remedy::Reconcile => act(fluxdeck_model::actions::RECONCILE, ""),
        Remedy::Resume => act(fluxdeck_model::actions::RESUME, ""),
        Remedy::Reset => match fluxdeck_model::actions::RESET.headless {
            fluxdeck_model::actions::Headless::Flag { of, flag, .. } => act(of, &format!(" --{flag}")),
            _ => return None,
        },
        Remedy::ReconcileWithSource | Remedy::File | Remedy::RollBack | Remedy::Events => return None,
    })
}

pub(super) fn of_object(object: &ObjectRef) -> Value {
    json!({"kind": &*object.gk.kind, "group": &*object.gk.group, "namespace": &*object.namespace, "name": &*object.name})
}

fn of_step(step: &Because) -> Value {
    json!({
        "object": of_object(&step.object), "part": step.part.slug(), "health": step.health.slug(), "says": step.says,
        "witness": step.witness.text(), "since": step.since,
    })
}

fn of_presses(presses: &[Press]) -> Vec<Value> {
    presses
        .iter()
        .map(|press| json!({"do": press.remedy.slug(), "object": of_object(&press.object), "line": command_of(press)}))
        .collect()
}

fn of_explanation(explanation: &Explanation, evidence: Option<&Evidence>, beginning: Option<&Result<Onset>>) -> Value {
    let revision =
        explanation.revision.as_ref().map(|(applier, revision)| json!({"revision": &**revision, "applier": of_object(applier)}));
    let events = evidence.and_then(|evidence| evidence.events.get()).map_or(&[][..], Vec::as_slice);
    let event = |event: &fluxdeck_model::domain::EventRow| json!({"last": event.last, "warning": event.is_warning, "count": event.count, "reason": event.reason, "message": event.message});
    json!({
        "object": of_object(&explanation.about),
        "health": explanation.health.slug(),
        "rule": explanation.rule,
        "steps": explanation.steps.iter().map(of_step).collect::<Vec<_>>(),
        "since": explanation.since,
        "with": revision,
        "git": beginning.map(since::of_beginning),
        "log": evidence.and_then(|evidence| evidence.log.get()).map(|log| json!({"container": log.container, "previous": log.is_previous, "lines": log.lines})),
        "events": events.iter().map(event).collect::<Vec<_>>(),
        "gaps": explanation.gaps,
        "press": of_presses(&explanation.presses),
    })
}

pub(super) fn of_group(group: &BrokenGroup) -> Value {
    let objects = |objects: &[ObjectRef]| objects.iter().map(of_object).collect::<Vec<_>>();
    json!({
        "rule": group.rule,
        "cause": of_step(&group.cause),
        "same": objects(&group.same),
        "hits": objects(&group.hits),
        "since": group.since,
        "with": group.revision.as_ref().map(|(applier, revision)| json!({"revision": &**revision, "applier": of_object(applier)})),
        "press": of_presses(&group.presses),
    })
}
