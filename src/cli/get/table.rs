//! A kind's table, as the screen shows it.

use super::super::output::Table;
use fluxdeck_model::domain::{GroupKind, NodeId, duration};
use fluxdeck_model::kinds::{self, Column};
use fluxdeck_model::state::State;
use fluxdeck_model::state::projection::{cell, heading, message_at};

/// What a table shows besides its kind's own columns.
pub(super) struct Shown {
    /// All columns.
    pub is_wide: bool,
    pub with_namespace: bool,
    /// The kind before each name: there are others beside it.
    pub with_kind: bool,
    /// On a terminal, whose width is for what differs: other programs find the same columns at any time.
    pub for_people: bool,
}

/// Prints objects of a kind.
pub(super) fn table(state: &State, gk: &GroupKind, found: &[NodeId], shown: &Shown) -> String {
    let cluster = state.cluster();
    let kind = kinds::rules(&gk.group, &gk.kind);
    let is_suspended = |id: &NodeId| cluster.store.object(*id).is_some_and(|object| object.suspension.is_some());
    let says_nothing = shown.for_people && !shown.is_wide && !found.iter().any(is_suspended);
    let is_shown = |column: &Column| match column {
        Column::Wide(..) => shown.is_wide,
        Column::Suspended => !says_nothing,
        _ => true,
    };
    let columns: Vec<_> = kind.columns.iter().copied().filter(is_shown).collect();
    let mut headings = vec!["NAME"];
    if shown.with_namespace {
        headings.insert(0, "NAMESPACE");
    }
    // the message stands last, where it may be as long as it is
    let (messages, others): (Vec<_>, Vec<_>) = columns.into_iter().partition(|column| *column == Column::Message);
    headings.extend(others.iter().map(|column| heading(*column)));
    headings.push("AGE");
    headings.extend(messages.iter().map(|column| heading(*column)));
    let mut table = Table::new(headings);
    for id in found {
        let reference = cluster.store.reference(*id);
        let name =
            if shown.with_kind { format!("{}/{}", gk.kind.to_lowercase(), reference.name) } else { reference.name.to_string() };
        let mut row = vec![name];
        if shown.with_namespace {
            row.insert(0, reference.namespace.to_string());
        }
        row.extend(others.iter().map(|column| cell(&cluster.store, &cluster.forest, *id, *column)));
        let created = cluster.store.object(*id).and_then(|object| object.created);
        row.push(
            created.map(|created| duration::age((state.clock.as_second() - created.as_second()).max(0)).0).unwrap_or_default(),
        );
        row.extend(messages.iter().map(|_| message_at(&cluster.store, &cluster.forest, *id, &state.person_clock())));
        table.push(row);
    }
    table.print()
}
