//! `fluxdeck pulse`: the cluster at a glance, as the screen shows it.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::command::{self, Command, Run};
use super::headless::{gather, report_restrictions, unread};
use super::output::{self, Table};
use super::why::{ago, of_group, of_object};
use super::{Call, Patience};
use crate::runtime::{self, Heads, Origin};
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{GroupKind, Health, NodeId, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::pulse::heads::{self, HeadState, SourceHead};
use fluxdeck_model::insight::pulse::{
    self, AheadSource, ControllerState, KindCount, Pulse, PulsePart, PulseRow, PulseServer, PulseSubject,
};
use fluxdeck_model::insight::why::Sight;
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Link, State};

pub(super) const COMMAND: Command = Command {
    name: "pulse",
    doc: "Print the cluster at a glance: what is broken, stale, suspended, slow or not applied, what runs Flux, kinds with their states",
    examples: &["fluxdeck pulse", "fluxdeck pulse -n web -o wide", "fluxdeck pulse --remotes -o json"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Form,
    /// Also ask the remotes of all sources whether these are behind: git, registries and chart repositories, with your own logins
    #[arg(long)]
    remotes: bool,
    #[command(flatten)]
    patience: Patience,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Text,
    /// All of every part, and whole lines
    Wide,
    Json,
}

/// Prints a pulse. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let headless = gather(call, arguments.patience.limit(), |_, _| arguments.patience.is_asked()).await?;
    let state = headless.state();
    let cluster = state.cluster();
    let wanted = &call.options.namespaces;
    let is_meant = |object: &ObjectRef| wanted.is_empty() || wanted.contains(&object.namespace);
    let sight = Sight::new(&cluster.store, &cluster.forest, moment(state));
    let is_looked_at = |node: NodeId| is_meant(cluster.store.reference(node));
    let pulse = pulse::survey(&sight, &cluster.server.versions, is_looked_at);
    let heads = if arguments.remotes {
        let nodes = cluster.store.nodes().filter(|node| cluster.store.object(*node).is_some() && cluster.forest.contains(*node));
        let sources =
            nodes.map(|node| cluster.store.reference(node)).filter(|source| heads::is_asked(source) && is_meant(source));
        asked(call, sources.cloned().collect()).await?
    } else {
        BTreeMap::new()
    };
    match arguments.output {
        Form::Json => output::json(&json(state, &pulse, arguments.remotes.then_some(&heads)))?,
        form => output::rows(&text(state, &pulse, &heads, form == Form::Wide), form == Form::Wide)?,
    }
    report_restrictions(state);
    unread(state).map_or(Ok(0), Err)
}

/// The moment that ages and limits count from: of a snapshot, that of its taking.
fn moment(state: &State) -> Timestamp {
    match &state.cluster().link {
        Link::Recorded(Some(at)) => *at,
        _ => state.clock,
    }
}

/// What the remotes of these sources say.
async fn asked(call: &Call, mut sources: Vec<ObjectRef>) -> Result<BTreeMap<ObjectRef, HeadState>> {
    if matches!(call.options.origin, Origin::Recorded(_)) {
        return Err(Error::usage("--remotes means nothing for a snapshot", "ask the cluster itself: leave out --from"));
    }
    sources.sort();
    let live = runtime::connect(&call.options, &call.context).await.map_err(|failure| failure.error("the API server"))?;
    let heads = Heads::new(&call.options);
    Ok(heads.ask(Some(&live), sources).map(|SourceHead { source, state }| (source, state)).collect().await)
}

/// What a row is about, in few columns.
fn what(row: &PulseRow) -> String {
    match &row.about {
        PulseSubject::Object(object) => {
            let short = kinds::of(&object.gk).short.first().copied().unwrap_or(&object.gk.kind);
            let sign = row.health.map_or_else(String::new, |health| format!("{} ", health.glyph()));
            format!("{sign}{short} {}", object.path())
        }
        PulseSubject::Kind(_) if row.counts.is_none() => row.state.clone(),
        PulseSubject::Kind(gk) => format!("{} {}", gk.kind, row.counts.map_or(0, |counts| counts.total())),
    }
}

fn state_of(row: &PulseRow) -> String {
    let of_counts = |counts: &Counts| {
        let present = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
        present.map(|health| format!("{} {}", health.glyph(), counts.of(health))).collect::<Vec<_>>().join(" ")
    };
    match (&row.counts, &row.about) {
        (Some(counts), _) => of_counts(counts),
        (None, PulseSubject::Kind(_)) => String::new(),
        (None, PulseSubject::Object(_)) => row.state.clone(),
    }
}

/// A pulse as a person reads it.
fn text(state: &State, pulse: &Pulse, heads: &BTreeMap<ObjectRef, HeadState>, is_whole: bool) -> String {
    let server = &state.cluster().server;
    let server = PulseServer { flux: &server.flux, kubernetes: &server.kubernetes };
    let rows = pulse::rows(pulse, server, heads, &|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let now = moment(state);
    let mut table = Table::new(vec!["PART", "WHAT", "STATE", "AGE", "SAYS"]);
    for part in PulsePart::ALL {
        let of_part: Vec<_> = rows.iter().filter(|row| row.part == part).collect();
        let most = if is_whole { usize::MAX } else { part.most() };
        let shown = if of_part.len() <= most.saturating_add(1) { of_part.len() } else { most };
        for row in of_part.iter().take(shown) {
            let age = row.at.map(|at| ago(at, now)).unwrap_or_default();
            table.push(vec![part.word().to_owned(), what(row), state_of(row), age, row.says.clone()]);
        }
        if of_part.len() > shown {
            table.push(vec![part.word().to_owned(), format!("… {} more: -o wide", of_part.len() - shown)]);
        }
    }
    let unknown = match pulse.unknown {
        0 => String::new(),
        count => format!("not known of {}: when they were reconciled last\n", counted(count, "ready object")),
    };
    if pulse.broken.is_empty() { format!("nothing is broken\n{}{unknown}", table.print()) } else { table.print() + &unknown }
}

/// A pulse for programs: durations in seconds.
fn json(state: &State, pulse: &Pulse, heads: Option<&BTreeMap<ObjectRef, HeadState>>) -> Value {
    let server = &state.cluster().server;
    let remotes = heads.map(|heads| heads.iter().map(|(source, state)| of_head(source, state)).collect::<Vec<_>>());
    json!({
        "flux": server.flux,
        "kubernetes": server.kubernetes,
        "broken": pulse.broken.iter().map(of_group).collect::<Vec<_>>(),
        "stale": pulse.stale.iter().map(|it| json!({
            "object": of_object(&it.object), "reconciled": it.last, "interval": it.interval.as_secs_f64(),
        })).collect::<Vec<_>>(),
        "unknown": pulse.unknown,
        "remotes": remotes,
        "ahead": pulse.ahead.iter().map(of_ahead).collect::<Vec<_>>(),
        "suspended": pulse.suspended.iter().map(|it| json!({
            "object": of_object(&it.object), "by": it.by.as_deref(), "reason": it.reason.as_deref(), "until": it.until,
            "overdue": it.is_overdue, "since": it.at, "wasFailing": it.was_failing,
        })).collect::<Vec<_>>(),
        "controllers": pulse.controllers.iter().map(of_controller).collect::<Vec<_>>(),
        "slowest": pulse.slowest.iter().map(|it| json!({
            "object": of_object(&it.object), "took": it.took.as_secs_f64(), "reconciled": it.last, "actionAlone": it.is_action,
        })).collect::<Vec<_>>(),
        "kinds": pulse.kinds.iter().map(of_kind).collect::<Vec<_>>(),
    })
}

fn of_head(source: &ObjectRef, state: &HeadState) -> Value {
    let (fetched, head) = match state {
        HeadState::Behind { fetched, head } => (Some(fetched), Some(head)),
        HeadState::UpToDate(what) => (Some(what), Some(what)),
        HeadState::NotAsked(_) | HeadState::Failed(_) => (None, None),
    };
    json!({"source": of_object(source), "state": state.slug(), "fetched": fetched, "head": head, "says": state.says()})
}

fn of_ahead(ahead: &AheadSource) -> Value {
    let appliers = ahead
        .appliers
        .iter()
        .map(|lag| json!({"object": of_object(&lag.object), "applied": lag.applied.as_deref(), "health": lag.health.slug()}));
    json!({
        "source": of_object(&ahead.source), "fetched": &*ahead.fetched, "appliers": appliers.collect::<Vec<_>>(), "of": ahead.all,
    })
}

fn of_controller(it: &ControllerState) -> Value {
    json!({
        "object": of_object(&it.object), "health": it.health.slug(), "message": &*it.message, "image": it.image.as_deref(),
        "version": it.version(), "distribution": it.distribution.as_deref(), "ready": it.ready.map(|(ready, _)| ready),
        "desired": it.ready.map(|(_, desired)| desired), "restarts": it.restarts, "since": it.since, "shard": it.shard.as_deref(),
    })
}

fn of_kind(kind: &KindCount) -> Value {
    let GroupKind { group, kind: name } = &kind.gk;
    let states: serde_json::Map<_, _> =
        Health::ALL.into_iter().map(|health| (health.slug().to_owned(), kind.counts.of(health).into())).collect();
    json!({
        "group": &**group, "kind": &**name, "count": kind.counts.total(), "states": states,
        "versions": kind.versions.iter().map(|version| &**version).collect::<Vec<_>>(),
        "mean": kind.mean.map(|(mean, _)| mean.as_secs_f64()), "meanOf": kind.mean.map(|(_, of)| of),
    })
}
