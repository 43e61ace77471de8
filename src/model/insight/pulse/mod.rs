//! A cluster at a glance, from its objects alone: what is broken, stale, suspended, slow, fetched and not applied, and what runs Flux.
//!
//! ```text
//!  heads        whether a source is behind its remote: what is asked, and what an answer means
//!  controllers  what runs Flux
//!  rows         all of it as rows, for the screen and for what is printed
//! ```
//! It has what the boards "Flux Cluster Stats" and "Flux Control Plane" (fluxcd/flux2-monitoring-example) have, but for what only metrics
//! know: queues, memory, requests. What an object does not say of itself is unknown and counted as that, never guessed.

mod controllers;
pub mod heads;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use controllers::ControllerState;
pub use rows::{PulsePart, PulseRow, PulseServer, PulseSubject, rows};

use super::why::{self, BrokenGroup, Sight};
use crate::domain::health::Counts;
use crate::domain::{GroupKind, Health, NodeId, Object, ObjectRef, Str, revision};
use crate::kinds::{self, Kind};

/// So many intervals without a reconciliation, and an object is stale: one may be missed where a controller restarts.
const INTERVALS: u32 = 3;
/// Most of the slowest that are kept.
const SLOWEST: usize = 20;

/// Everything that is said of a cluster at a glance. Each list has what matters most first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulse {
    /// First causes, the one that fails longest first.
    pub broken: Vec<BrokenGroup>,
    /// Ready by their own account, and not reconciled for three intervals; the longest ago first.
    pub stale: Vec<StaleObject>,
    /// Sources that have fetched what is not applied.
    pub ahead: Vec<AheadSource>,
    /// The longest suspended first, those of which that is not written down last.
    pub suspended: Vec<SuspendedObject>,
    /// What runs Flux; empty where no such Deployment is among the objects that are read.
    pub controllers: Vec<ControllerState>,
    pub slowest: Vec<ReconcileTime>,
    /// In the order of kinds; of Flux's also those that are served and have no object.
    pub kinds: Vec<KindCount>,
    /// Objects that are reconciled at an interval, and do not say when they last were.
    pub unknown: usize,
}

/// An object that claims to be ready, and was not reconciled for too long.
#[derive(Clone, Debug, PartialEq)]
pub struct StaleObject {
    pub object: ObjectRef,
    pub last: Timestamp,
    pub interval: Duration,
}

/// A source, and what applies another revision than it has fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct AheadSource {
    pub source: ObjectRef,
    pub fetched: Str,
    pub appliers: Vec<LaggingApplier>,
    /// How many apply it at all, suspended ones left out.
    pub all: usize,
}

/// One that applies another revision than its source has fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct LaggingApplier {
    pub object: ObjectRef,
    /// None where it has applied nothing yet.
    pub applied: Option<Str>,
    pub health: Health,
}

/// An object that its controller leaves alone.
#[derive(Clone, Debug, PartialEq)]
pub struct SuspendedObject {
    pub object: ObjectRef,
    pub by: Option<Str>,
    pub reason: Option<Str>,
    pub until: Option<Timestamp>,
    /// Whether that has passed.
    pub is_overdue: bool,
    /// Since when; none where nobody has written that down.
    pub at: Option<Timestamp>,
    /// It failed when it was suspended.
    pub was_failing: bool,
}

/// How long the last reconciliation of an object took.
#[derive(Clone, Debug, PartialEq)]
pub struct ReconcileTime {
    pub object: ObjectRef,
    pub took: Duration,
    pub last: Option<Timestamp>,
    /// It is that of the release action alone: a HelmRelease says no other.
    pub is_action: bool,
}

/// How many objects of a kind are in which state.
#[derive(Clone, Debug, PartialEq)]
pub struct KindCount {
    pub gk: GroupKind,
    pub counts: Counts,
    /// The versions in which it is served, the one that is read first; only of Flux's kinds.
    pub versions: Vec<Str>,
    /// How long a reconciliation takes on average, and of how many objects that is known.
    pub mean: Option<(Duration, u32)>,
}

/// The kinds of Flux that a server serves, with their versions, the one that is read first.
pub type ServedVersions = [(GroupKind, Vec<Str>)];

/// Looks at a cluster: at the objects of its trees that are `meant`, and at what runs Flux wherever that is.
///
/// Costs a pass over all objects, and the ways to the first causes of those that are broken.
pub fn survey(sight: &Sight, served: &ServedVersions, is_meant: impl Fn(NodeId) -> bool) -> Pulse {
    let mut pulse = Pulse { broken: broken(sight, &is_meant), controllers: controllers::all(sight), ..Pulse::default() };
    let mut kinds: BTreeMap<GroupKind, Tally> = BTreeMap::new();
    let mut sources: BTreeMap<ObjectRef, AheadSource> = BTreeMap::new();
    for node in sight.store.nodes().filter(|node| is_meant(*node) && sight.below.holds(*node)) {
        let Some(health) = sight.below.shown(node) else { continue };
        let tally = kinds.entry(sight.reference(node).gk.clone()).or_default();
        tally.counts += Counts::one(health);
        let Some(object) = sight.object(node).filter(|_| sight.kind(node).is_flux()) else { continue };
        let took = object.control.as_ref().and_then(|control| control.pace.took);
        if let Some(took) = took {
            tally.sum += took;
            tally.timed += 1;
            pulse.slowest.push(time_of(sight.kind(node), object, took));
        }
        if object.suspension.is_some() {
            pulse.suspended.push(suspended(object, sight.now));
            continue;
        }
        pace(&mut pulse, object, health, sight.now);
        lag(&mut sources, sight, node, object, health);
    }
    pulse.ahead = sources.into_values().filter(|source| !source.appliers.is_empty()).collect();
    pulse.ahead.sort_by(|a, b| b.appliers.len().cmp(&a.appliers.len()).then_with(|| a.source.cmp(&b.source)));
    pulse.ahead.iter_mut().for_each(|source| source.appliers.sort_by(|a, b| a.object.cmp(&b.object)));
    pulse.stale.sort_by(|a, b| a.last.cmp(&b.last).then_with(|| a.object.cmp(&b.object)));
    pulse.suspended.sort_by(|a, b| (a.at.is_none(), a.at, &a.object).cmp(&(b.at.is_none(), b.at, &b.object)));
    pulse.slowest.sort_by(|a, b| b.took.cmp(&a.took).then_with(|| a.object.cmp(&b.object)));
    pulse.slowest.truncate(SLOWEST);
    pulse.kinds = counted_kinds(kinds, served);
    pulse
}

/// What was counted of a kind.
#[derive(Default)]
struct Tally {
    counts: Counts,
    sum: Duration,
    timed: u32,
}

/// First causes, the one that fails longest first; of which nobody says since when last.
fn broken(sight: &Sight, is_meant: impl Fn(NodeId) -> bool) -> Vec<BrokenGroup> {
    let mut groups = why::broken(sight, is_meant);
    groups.sort_by_key(|group| (group.since.is_none(), group.since));
    groups
}

fn time_of(kind: &Kind, object: &Object, took: Duration) -> ReconcileTime {
    let last = object.control.as_ref().and_then(|control| control.pace.last);
    ReconcileTime { object: object.id.clone(), took, last, is_action: *kind == *kinds::HELM_RELEASE }
}

fn suspended(object: &Object, now: Timestamp) -> SuspendedObject {
    let said = object.suspension.as_deref().cloned().unwrap_or_default();
    SuspendedObject {
        object: object.id.clone(),
        is_overdue: said.is_overdue(now),
        by: said.by,
        reason: said.reason,
        until: said.until,
        at: said.at.filter(|at| *at <= now),
        was_failing: said.frozen.is_some_and(Health::is_failing),
    }
}

/// Notes an object that is stale, or does not say whether it is. One that waits or fails may be tried again and again without an entry in
/// its history (kustomize-controller writes one only once something was built), so that only what is ready can be stale.
fn pace(pulse: &mut Pulse, object: &Object, health: Health, now: Timestamp) {
    let Some(control) = object.control.as_ref().filter(|control| !control.fixed && health == Health::Ready) else { return };
    let Some(interval) = control.pace.interval else { return };
    let Some(last) = control.pace.last else {
        pulse.unknown += 1;
        return;
    };
    let allowed = SignedDuration::try_from(interval.saturating_mul(INTERVALS)).unwrap_or(SignedDuration::MAX);
    if now.duration_since(last) > allowed {
        pulse.stale.push(StaleObject { object: object.id.clone(), last, interval });
    }
}

/// Notes whether what applies a source's content has applied what it has fetched.
fn lag(sources: &mut BTreeMap<ObjectRef, AheadSource>, sight: &Sight, node: NodeId, object: &Object, health: Health) {
    let Some(relation) = sight.kind(node).compares() else { return };
    let Some(source) = sight.out(node, relation).next() else { return };
    let of = sight.reference(source);
    let Some(fetched) = sight.object(source).and_then(|source| source.facts.revision.clone()) else { return };
    if !Kind::is_comparable(relation, &of.gk) {
        return;
    }
    let found = sources.entry(of.clone()).or_insert_with(|| AheadSource {
        source: of.clone(),
        fetched: fetched.clone(),
        appliers: Vec::new(),
        all: 0,
    });
    found.all += 1;
    let applied = object.facts.revision.clone();
    if applied.as_ref().is_none_or(|applied| revision::short(applied) != revision::short(&fetched)) {
        found.appliers.push(LaggingApplier { object: object.id.clone(), applied, health });
    }
}

/// In the order of kinds, with the versions in which they are served.
fn counted_kinds(mut tallies: BTreeMap<GroupKind, Tally>, served: &ServedVersions) -> Vec<KindCount> {
    let mut found: Vec<_> = served
        .iter()
        .map(|(gk, versions)| count_of(gk.clone(), &tallies.remove(gk).unwrap_or_default(), versions.clone()))
        .collect();
    found.extend(tallies.into_iter().map(|(gk, tally)| count_of(gk, &tally, Vec::new())));
    found.sort_by(|a, b| kinds::rank(kinds::of(&a.gk)).cmp(&kinds::rank(kinds::of(&b.gk))).then_with(|| a.gk.cmp(&b.gk)));
    found
}

fn count_of(gk: GroupKind, tally: &Tally, versions: Vec<Str>) -> KindCount {
    let mean = (tally.timed > 0).then(|| (tally.sum / tally.timed, tally.timed));
    KindCount { gk, counts: tally.counts, versions, mean }
}
