//! A pulse as rows, the same on the screen and without it: what each is about, its state, and what there is to say.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::heads::HeadState;
use super::{AheadSource, ControllerState, KindCount, Pulse, ReconcileTime, StaleObject, SuspendedObject};
use crate::domain::health::Counts;
use crate::domain::text::counted;
use crate::domain::{GroupKind, Health, ObjectRef, duration, revision};
use crate::insight::why::BrokenGroup;
use crate::kinds;

/// So many of what lags behind a source are named.
const NAMED: usize = 3;

/// A part of the pulse, in the order in which parts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PulsePart {
    Broken,
    Stale,
    Behind,
    Ahead,
    Suspended,
    Controllers,
    Slowest,
    Kinds,
}

impl PulsePart {
    pub const ALL: [Self; 8] =
        [Self::Broken, Self::Stale, Self::Behind, Self::Ahead, Self::Suspended, Self::Controllers, Self::Slowest, Self::Kinds];

    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Stale => "stale",
            Self::Behind => "remotes",
            Self::Ahead => "ahead",
            Self::Suspended => "suspended",
            Self::Controllers => "flux",
            Self::Slowest => "slowest",
            Self::Kinds => "kinds",
        }
    }

    /// How many rows of it are shown before its rest is asked for.
    pub fn most(self) -> usize {
        match self {
            Self::Broken | Self::Behind => 6,
            Self::Stale | Self::Ahead | Self::Suspended => 4,
            Self::Slowest => 5,
            Self::Controllers => 12,
            Self::Kinds => usize::MAX,
        }
    }
}

/// What a row is about, and leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PulseSubject {
    Object(ObjectRef),
    Kind(GroupKind),
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct PulseRow {
    pub part: PulsePart,
    pub about: PulseSubject,
    /// The colour of it; none where it has none of its own.
    pub health: Option<Health>,
    /// In few words; empty for a kind, whose counts say it.
    pub state: String,
    pub counts: Option<Counts>,
    /// Since when, or when last.
    pub at: Option<Timestamp>,
    pub says: String,
}

/// What is said of the cluster besides its objects.
#[derive(Clone, Copy, Debug)]
pub struct PulseServer<'a> {
    /// The installed version of Flux, as its CRDs are labelled; empty where that is not known.
    pub flux: &'a str,
    pub kubernetes: &'a str,
}

/// The rows of a pulse, part by part. `heads`: what remotes have said, if they were asked. `moment` writes a time for the person who reads it.
pub fn rows(
    pulse: &Pulse,
    server: PulseServer,
    heads: &BTreeMap<ObjectRef, HeadState>,
    moment: &dyn Fn(Timestamp) -> String,
) -> Vec<PulseRow> {
    let mut found: Vec<PulseRow> = pulse.broken.iter().map(of_broken).collect();
    found.extend(pulse.stale.iter().map(of_stale));
    found.extend(of_heads(heads));
    found.extend(pulse.ahead.iter().map(of_ahead));
    found.extend(pulse.suspended.iter().map(|it| of_suspended(it, moment)));
    found.extend(of_flux(pulse, server));
    found.extend(pulse.controllers.iter().map(of_controller));
    found.extend(pulse.slowest.iter().map(of_slowest));
    found.extend(pulse.kinds.iter().filter(|kind| !kind.counts.is_empty()).map(of_kind));
    found
}

fn row(part: PulsePart, object: &ObjectRef) -> PulseRow {
    let about = PulseSubject::Object(object.clone());
    PulseRow { part, about, health: None, state: String::new(), counts: None, at: None, says: String::new() }
}

fn of_broken(group: &BrokenGroup) -> PulseRow {
    let others = group.hits.iter().filter(|hit| **hit != group.cause.object).count();
    let more = if others == 0 { String::new() } else { format!(" ({} hit)", counted(others, "other")) };
    PulseRow {
        health: Some(group.cause.health),
        state: group.cause.health.word().to_owned(),
        at: group.since,
        says: format!("{}{more}", group.cause.says),
        ..row(PulsePart::Broken, &group.cause.object)
    }
}

fn of_stale(stale: &StaleObject) -> PulseRow {
    PulseRow {
        health: Some(Health::Unknown),
        state: "stale".to_owned(),
        at: Some(stale.last),
        says: format!("ready, but not reconciled since: its interval is {}", duration::brief(stale.interval)),
        ..row(PulsePart::Stale, &stale.object)
    }
}

/// What is behind first, then what could not be asked; what is up to date last.
fn of_heads(heads: &BTreeMap<ObjectRef, HeadState>) -> Vec<PulseRow> {
    let rank = |state: &HeadState| match state {
        HeadState::Behind { .. } => 0,
        HeadState::Failed(_) => 1,
        HeadState::UpToDate(_) => 2,
        HeadState::NotAsked(_) => 3,
    };
    let mut found: Vec<_> = heads.iter().collect();
    found.sort_by_key(|(_, state)| rank(state));
    found
        .into_iter()
        .map(|(source, state)| PulseRow {
            health: match state {
                HeadState::Behind { .. } => Some(Health::Progressing),
                HeadState::Failed(_) => Some(Health::Unknown),
                HeadState::UpToDate(_) => Some(Health::Ready),
                HeadState::NotAsked(_) => None,
            },
            state: state.word().to_owned(),
            says: state.says(),
            ..row(PulsePart::Behind, source)
        })
        .collect()
}

fn of_ahead(ahead: &AheadSource) -> PulseRow {
    let applied = |applied: &Option<crate::domain::Str>| {
        applied.as_ref().map_or_else(|| "nothing".to_owned(), |applied| revision::checksum(applied))
    };
    let names: Vec<_> =
        ahead.appliers.iter().take(NAMED).map(|lag| format!("{} has {}", short(&lag.object), applied(&lag.applied))).collect();
    let more = if ahead.appliers.len() > NAMED { ", …" } else { "" };
    let worst = ahead.appliers.iter().map(|lag| lag.health).min();
    PulseRow {
        health: worst,
        state: revision::short(&ahead.fetched),
        says: format!("not applied by {} of {}: {}{more}", ahead.appliers.len(), ahead.all, names.join(", ")),
        ..row(PulsePart::Ahead, &ahead.source)
    }
}

fn of_suspended(it: &SuspendedObject, moment: &dyn Fn(Timestamp) -> String) -> PulseRow {
    let mut parts = Vec::new();
    if it.is_overdue {
        parts.push("overdue".to_owned());
    }
    match (&it.by, &it.reason) {
        (Some(by), Some(reason)) => parts.push(format!("by {by}: \"{reason}\"")),
        (Some(by), None) => parts.push(format!("by {by}, who gave no reason")),
        (None, Some(reason)) => parts.push(format!("\"{reason}\"")),
        (None, None) => parts.push("nobody wrote down who and why".to_owned()),
    }
    parts.extend(it.until.map(|until| format!("until {}", moment(until))));
    if it.was_failing {
        parts.push("was failing".to_owned());
    }
    PulseRow {
        health: Some(Health::Suspended),
        state: "Suspended".to_owned(),
        at: it.at,
        says: parts.join(", "),
        ..row(PulsePart::Suspended, &it.object)
    }
}

/// The distribution, with the versions in which its kinds are read.
fn of_flux(pulse: &Pulse, server: PulseServer) -> Option<PulseRow> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in pulse.kinds.iter().filter(|kind| !kind.versions.is_empty()) {
        let group = kind.gk.group.split('.').next().unwrap_or_default();
        let known = versions.entry(group).or_default();
        if let Some(version) = kind.versions.first().filter(|version| !known.contains(&&***version)) {
            known.push(version);
        }
    }
    if versions.is_empty() {
        return None;
    }
    let apis: Vec<_> = versions.into_iter().map(|(group, versions)| format!("{group} {}", versions.join("/"))).collect();
    let crds = kinds::CUSTOM_RESOURCE_DEFINITION.gk();
    let state = if server.flux.is_empty() { "Flux".to_owned() } else { format!("Flux {}", server.flux) };
    let on = server.kubernetes.trim_start_matches('v');
    Some(PulseRow {
        part: PulsePart::Controllers,
        about: PulseSubject::Kind(crds),
        health: None,
        state,
        counts: None,
        at: None,
        says: format!("on Kubernetes {on}; serves {}", apis.join(", ")),
    })
}

fn of_controller(it: &ControllerState) -> PulseRow {
    let ready = it.ready.map_or_else(String::new, |(ready, desired)| format!("{ready}/{desired} "));
    let mut parts = Vec::new();
    if it.is_off() {
        parts.push("scaled to 0: nothing of its kinds is reconciled".to_owned());
    } else if !it.is_well() {
        parts.push(it.message.to_string());
    }
    if it.restarts > 0 {
        parts.push(format!("restarted {}", counted(it.restarts, "time")));
    }
    parts.extend(it.shard.as_ref().map(|shard| format!("shard {shard}")));
    if it.version().is_none() && !it.is_off() {
        parts.push("its version is not known: none of its pods can be read".to_owned());
    }
    let health = if it.is_off() { Health::Suspended } else { it.health };
    PulseRow {
        health: Some(health),
        state: format!("{ready}{}", it.version().unwrap_or_default()).trim_end().to_owned(),
        at: it.since,
        says: parts.join(", "),
        ..row(PulsePart::Controllers, &it.object)
    }
}

fn of_slowest(it: &ReconcileTime) -> PulseRow {
    PulseRow {
        state: duration::brief(it.took),
        at: it.last,
        says: if it.is_action { "its last release action alone".to_owned() } else { String::new() },
        ..row(PulsePart::Slowest, &it.object)
    }
}

fn of_kind(kind: &KindCount) -> PulseRow {
    let mut parts: Vec<String> = Vec::new();
    if !kind.versions.is_empty() {
        parts.push(kind.versions.iter().map(|version| &**version).collect::<Vec<_>>().join(", "));
    }
    parts.extend(kind.mean.map(|(mean, of)| format!("{} on average, of {of}", duration::brief(mean))));
    PulseRow {
        part: PulsePart::Kinds,
        about: PulseSubject::Kind(kind.gk.clone()),
        health: kind.counts.worst(),
        state: String::new(),
        counts: Some(kind.counts),
        at: None,
        says: parts.join("; "),
    }
}

/// An object in few columns: `ks flux-system/apps`.
fn short(object: &ObjectRef) -> String {
    let kind = kinds::of(&object.gk);
    format!("{} {}", kind.short.first().copied().unwrap_or(&object.gk.kind), object.path())
}
