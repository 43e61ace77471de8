//! What is said of the objects between the first cause and the one that was asked about.

use super::clue::Witness;
use super::messages::{brief, checked};
use super::sight::Sight;
use super::walk::Lead;
use crate::domain::text::counted;
use crate::domain::{Health, NodeId, Object, Relation, duration, revision};
use crate::kinds::{Role, Trait};

/// Names of objects that wait, in a sentence.
const MOST_NAMES: usize = 6;

/// What led on from the cause: `0 of 2 pods are ready`.
pub fn effect(sight: &Sight, id: NodeId, via: Option<Lead>) -> String {
    let Some(object) = sight.object(id) else { return "it is not there".to_owned() };
    let kind = sight.kind(id);
    match sight.health(id) {
        Health::Ready if via == Some(Lead::Child) => "it is ready itself: what is below it is not".to_owned(),
        Health::Ready => "it is ready itself, and gets nothing new".to_owned(),
        Health::Suspended => "it is suspended".to_owned(),
        _ if kind.role == Role::Workload => workload(sight, id, object),
        _ if kind.has(Trait::Charted) => release(object),
        _ if &*object.verdict.reason == "HealthCheckFailed" => health_check(sight, id, object),
        _ => words(object),
    }
}

fn words(object: &Object) -> String {
    match (&*object.verdict.message, &*object.verdict.reason) {
        ("", "") => format!("it is {}", object.verdict.health.word().to_lowercase()),
        ("", reason) => reason.to_owned(),
        (message, _) => brief(message),
    }
}

/// `0 of 2 are ready, its deadline has passed; rolled out 4m ago`.
fn workload(sight: &Sight, id: NodeId, object: &Object) -> String {
    let Some((ready, desired)) = object.facts.ready.filter(|_| sight.kind(id).has(Trait::MakesPods)) else {
        return words(object);
    };
    let deadline = if &*object.verdict.reason == "ProgressDeadlineExceeded" { ", its deadline has passed" } else { "" };
    let sets = || sight.store.owned(id).iter().copied().filter(|node| sight.kind(*node).has(Trait::OwnsPods));
    let made = |node: &NodeId| sight.object(*node).and_then(|set| set.created);
    let newest = sets().filter(|node| sight.health(*node) != Health::Ready).filter_map(|node| made(&node)).max();
    let rolled_out = newest.map_or_else(String::new, |at| {
        format!("; rolled out {} ago", duration::age(sight.now.duration_since(at).as_secs().max(0)).0)
    });
    // Ready of what applied it says nothing of pods: the last set that was available does
    let serving = |node: &NodeId| sight.object(*node).and_then(|set| set.facts.ready).map_or(0, |(ready, _)| ready);
    let before =
        sets().filter(|node| newest.is_some_and(|newest| made(node) < Some(newest)) && serving(node) > 0).max_by_key(made);
    let before = before.map_or_else(String::new, |node| {
        format!(", {} of {} before it still ready", counted(serving(&node), "pod"), sight.reference(node).name)
    });
    let rolled_out = rolled_out + &before;
    let pods = counted(desired, "pod");
    format!("{ready} of {pods} ready{deadline}{rolled_out}")
}

/// A release: what it attempted, and whether it tries again.
fn release(object: &Object) -> String {
    let what = match &*object.verdict.reason {
        "DependencyNotReady" | "SourceNotReady" => return words(object),
        reason if reason.starts_with("Install") => "install",
        reason if reason.starts_with("Test") => "test",
        reason if reason.starts_with("Rollback") => "upgrade",
        _ if super::message_of(object).starts_with("Helm install") => "install",
        _ if super::message_of(object).starts_with("Helm upgrade") => "upgrade",
        _ => return words(object),
    };
    let version = object.facts.attempted.as_ref().or(object.facts.revision.as_ref());
    let version = version.map_or_else(String::new, |version| format!(" of {}", revision::short(version)));
    let end = match (&*object.verdict.reason, object.verdict.health) {
        ("RollbackSucceeded", _) => " and was rolled back",
        (_, Health::Stalled) => ", and it does not try again",
        _ => "",
    };
    format!("{what}{version} failed{end}")
}

/// `health check failed, 11 others applied`.
fn health_check(sight: &Sight, id: NodeId, object: &Object) -> String {
    let named = checked(&object.verdict.message).len();
    let others = sight
        .store
        .out(id)
        .iter()
        .filter(|link| link.relation == Relation::Applies && link.node != id)
        .count()
        .saturating_sub(named);
    match others {
        0 => "health check failed".to_owned(),
        others => format!("health check failed, {} applied", counted(others, "other")),
    }
}

/// `waits for it`, of the first; and who else does.
pub fn waiting(sight: &Sight, others: &[NodeId]) -> String {
    let names: Vec<_> = others.iter().take(MOST_NAMES).map(|node| sight.reference(*node).path()).collect();
    let more = if others.len() > names.len() { ", …" } else { "" };
    match others.len() {
        0 => "waits for it".to_owned(),
        count => format!("waits for it, and {}: {}{more}", counted(count, "other"), names.join(", ")),
    }
}

/// Of an object with which nothing is wrong.
pub fn well(sight: &Sight, id: NodeId) -> String {
    let Some(object) = sight.object(id) else { return "nothing is known of it".to_owned() };
    let revision = object.facts.revision.as_ref().map_or_else(String::new, |one| format!(" with {}", revision::short(one)));
    match sight.health(id) {
        Health::Ready => format!("all is well{revision}: it, what is below it, and what it comes from"),
        health => format!("it is {}", health.word().to_lowercase()),
    }
}

/// What says how an object is.
pub fn witness(sight: &Sight, id: NodeId) -> Witness {
    let Some(object) = sight.object(id) else { return Witness::Absence };
    match object.conditions.iter().find(|condition| &*condition.kind == "Ready") {
        _ if object.suspension.is_some() => Witness::Spec,
        Some(ready) => Witness::Condition { kind: ready.kind.to_string(), reason: ready.reason.to_string() },
        None => Witness::Status,
    }
}
