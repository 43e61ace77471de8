//! Objects of any kind as the API server prints them: a table with the columns that it, or the kind's definition, has for people.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{EventRow, GroupKind, Labels, ObjectRef, Str};

/// What is to be printed: a kind, everywhere or in these namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedQuery {
    pub gk: GroupKind,
    pub namespaces: Option<BTreeSet<Str>>,
    /// Where to look if it may not be listed everywhere.
    pub known: BTreeSet<Str>,
    /// Of events: those of this object alone.
    pub about: Option<ObjectRef>,
}

impl PrintedQuery {
    /// The events of one object, which are in its namespace; of what has none they are in `default` (client-go `tools/events`).
    pub fn events_of(object: &ObjectRef) -> Self {
        let namespace = if object.namespace.is_empty() { Str::from("default") } else { object.namespace.clone() };
        let namespaces = Some(BTreeSet::from([namespace]));
        Self { namespaces, about: Some(object.clone()), ..Self::events(None, BTreeSet::new()) }
    }

    /// The events in these namespaces; none for all.
    pub fn events(namespaces: Option<BTreeSet<Str>>, known: BTreeSet<Str>) -> Self {
        Self { gk: GroupKind::new("", "Event"), namespaces, known, about: None }
    }
}

/// All there is at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Printed {
    pub columns: Vec<PrintedColumn>,
    pub rows: Vec<PrintedRow>,
    /// How often it is listed again, in seconds; none where it is watched.
    pub every: Option<u64>,
    /// There are more than are read.
    pub is_cut: bool,
    /// Namespaces in which it may not be listed; the empty name is everywhere.
    pub refused: Vec<Str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedColumn {
    pub heading: Str,
    /// Shown only where there is much room, or on request: its priority is not 0.
    pub is_wide: bool,
    pub is_number: bool,
    /// Its cell is how long it is since [`PrintedRow::since`]: what the server printed is over a moment later.
    pub is_age: bool,
}

/// One object; its texts are fit for a terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedRow {
    /// By which it is known again.
    pub key: Str,
    /// What the row is: of an event the object that it happened to.
    pub object: ObjectRef,
    pub since: Option<Timestamp>,
    pub labels: Labels,
    /// One for each column; none of an event.
    pub cells: Vec<Str>,
    /// What an event says.
    pub event: Option<Arc<EventRow>>,
}

/// What has happened to a table.
#[derive(Clone, Debug, PartialEq)]
pub enum PrintedNews {
    All(Printed),
    /// Since then: rows that are new or others, and the keys of those that are gone, in their order.
    Changed(Vec<PrintedChange>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum PrintedChange {
    Row(PrintedRow),
    Gone(Str),
}

/// The kind of events, which are about other objects.
pub fn is_event(gk: &GroupKind) -> bool {
    matches!((&*gk.group, &*gk.kind), ("" | "events.k8s.io", "Event"))
}

/// A kind by its names, as the cluster serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedKind {
    pub gk: GroupKind,
    pub plural: Str,
    pub singular: Str,
    pub short: Vec<Str>,
    pub is_namespaced: bool,
}

impl ServedKind {
    /// Whether it is meant by `nodes`, `node`, `no`, `Node`, or by one of them with its group: `nodes.metrics.k8s.io`.
    pub fn answers_to(&self, word: &str) -> bool {
        let (name, group) = word.split_once('.').map_or((word, None), |(name, group)| (name, Some(group)));
        let is_of = |group: &str| *self.gk.group == *group || self.gk.group.starts_with(&format!("{group}."));
        let mut names = [&self.plural, &self.singular, &self.gk.kind].into_iter().chain(&self.short);
        group.is_none_or(is_of) && names.any(|known| !known.is_empty() && known.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_served_kind_answers_to_its_names_with_and_without_its_group() {
        let kind = ServedKind {
            gk: GroupKind::new("metrics.k8s.io", "NodeMetrics"),
            plural: "nodes".into(),
            singular: "".into(),
            short: vec!["no".into()],
            is_namespaced: false,
        };
        for name in ["nodes", "NODES", "no", "nodemetrics", "nodes.metrics.k8s.io", "nodes.metrics"] {
            assert!(kind.answers_to(name), "{name}");
        }
        for other in ["node", "", "nodes.apps", "nodes.met"] {
            assert!(!kind.answers_to(other), "{other}");
        }
    }
}
