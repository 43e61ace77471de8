//! How a node is named on screen and in output: the same in the tree, the tables, filters and headless commands.

use super::Forest;
use crate::domain::store::Presence;
use crate::domain::{Health, NodeId, Object, Store, Str, revision};
use crate::forms::Clock;
use crate::kinds::{self, Kind};

/// `Kind namespace/name`, with the short name of the kind where it has one and `short` is requested.
pub fn named(store: &Store, forest: &Forest, id: NodeId, short: bool) -> String {
    let reference = store.reference(id);
    let kind = forest.kind(id).short.first().copied().filter(|_| short).unwrap_or(&reference.gk.kind);
    format!("{kind} {}", reference.path())
}

/// The word of a node's state: its health's, or why nothing is known.
pub fn word_of(store: &Store, forest: &Forest, id: NodeId) -> &'static str {
    match (store.presence(id), forest.health(id)) {
        (Presence::Present, health) => health.unwrap_or(Health::Unknown).word(),
        (Presence::Missing, _) => "Missing",
        (Presence::Restricted, _) => "Restricted",
        (Presence::NotServed, _) => "Not served",
        (Presence::Unknown, _) => "Unknown",
    }
}

/// The message of a node: its verdict's, or why nothing is known. The same at all times; rows say [`message_at`].
pub fn message_of(store: &Store, forest: &Forest, id: NodeId) -> String {
    message_at(store, forest, id, &Clock::BEGINNING)
}

/// As [`message_of`], with what the time adds: a suspension past its date is overdue.
pub fn message_at(store: &Store, forest: &Forest, id: NodeId, clock: &Clock) -> String {
    let own = own_message(store, forest, id, clock);
    let is_failed_below =
        |object: &Object| object.verdict.health == Health::Progressing && forest.health(id) == Some(Health::Failed);
    if !store.object(id).is_some_and(is_failed_below) {
        return own;
    }
    // a workload fails by its pods: why is worth more than how many
    match forest.first_cause(store, id, clock.now).filter(|cause| cause.object != *store.reference(id)) {
        Some(cause) => format!("{}; {own}", cause.says),
        None => format!("{} below failed; {own}", forest.below(id).of(Health::Failed)),
    }
}

/// The message of a node without anything from below it.
pub fn own_message(store: &Store, forest: &Forest, id: NodeId, clock: &Clock) -> String {
    let Some(object) = store.object(id) else { return absent(store, id) };
    let Some(suspension) = &object.suspension else {
        return match (&*object.verdict.message, &*object.verdict.reason) {
            ("", reason) => reason.to_owned(),
            (message, reason) if *forest.kind(id) == *kinds::POD && !reason.is_empty() => format!("{reason}: {message}"),
            (message, _) => message.to_owned(),
        };
    };
    let mut parts = Vec::new();
    parts.extend(suspension.by.as_ref().map(|by| format!("by {by}")));
    parts.extend(suspension.reason.as_ref().map(|reason| format!("\"{reason}\"")));
    if let Some(until) = suspension.until {
        // said first: it is what has to be acted on
        if suspension.is_overdue(clock.now) {
            parts.insert(0, "overdue,".to_owned());
        }
        parts.push(format!("until {}", clock.moment(until)));
    }
    if suspension.frozen.is_some_and(Health::is_failing) {
        parts.push(format!("was failing: {}", object.verdict.message));
    }
    match (parts.is_empty(), suspension.frozen) {
        (false, _) => parts.join(" "),
        (true, Some(Health::Unknown)) => "was never reconciled".to_owned(),
        (true, _) => object.verdict.message.to_string(),
    }
}

fn absent(store: &Store, id: NodeId) -> String {
    match store.presence(id) {
        Presence::Missing if store.is_applied(id) => "in the inventory, but not in the cluster",
        Presence::Missing => "does not exist",
        Presence::Restricted => "you may not read it",
        Presence::NotServed => "the cluster does not serve this kind",
        Presence::Present | Presence::Unknown => "not known yet",
    }
    .to_owned()
}

/// The revision of a node for people: the present one, and `≠` the one expected.
///
/// For an applier that is what its source has fetched, for others what was attempted.
pub fn revision_of(store: &Store, forest: &Forest, id: NodeId) -> String {
    let Some(object) = store.object(id) else { return String::new() };
    let fetched = fetched(store, forest, id);
    match (&object.facts.revision, fetched.as_ref().or(object.facts.attempted.as_ref())) {
        (None, None) => String::new(),
        (None, Some(wanted)) => format!("≠{}", revision::short(wanted)),
        (Some(applied), Some(wanted)) if !same(applied, wanted) => {
            format!("{} ≠{}", revision::short(applied), revision::checksum(wanted))
        }
        (Some(applied), _) => revision::short(applied),
    }
}

/// The present revision of what the object's is compared with.
fn fetched(store: &Store, forest: &Forest, id: NodeId) -> Option<Str> {
    let relation = forest.kind(id).compares()?;
    let source = store.out(id).iter().find(|link| link.relation == relation)?.node;
    let is_comparable = Kind::is_comparable(relation, &store.reference(source).gk);
    store.object(source).filter(|_| is_comparable)?.facts.revision.clone()
}

fn same(applied: &str, wanted: &str) -> bool {
    revision::short(applied) == revision::short(wanted)
}

/// Everything visible of a node, for filters: one cell a line.
pub fn haystack(store: &Store, forest: &Forest, id: NodeId) -> String {
    let kind = forest.kind(id);
    let reference = store.reference(id);
    let short = kind.short.first().copied().unwrap_or_default();
    let path = reference.path();
    let (namespace, name) = (&reference.namespace, &reference.name);
    // an object's cell as written on narrow and on wide screens, and its parts, which are cells of tables
    let mut text = format!(
        "{} {path}\n{short} {path}\n{namespace}\n{name}\n{}\n{}\n{}",
        reference.gk.kind,
        word_of(store, forest, id),
        revision_of(store, forest, id),
        // an object is tested again when it changes, not when something below it does
        own_message(store, forest, id, &Clock::BEGINNING)
    );
    for cell in store.object(id).iter().flat_map(|object| object.facts.cells.iter()) {
        text.push('\n');
        text.push_str(cell);
    }
    text
}
