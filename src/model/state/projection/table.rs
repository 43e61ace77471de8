//! The rows of one kind's table: filtered and sorted, updated object by object.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::{Filter, Forest, own_message, revision_of, word_of};
use crate::domain::query::Fuzzy;
use crate::domain::{Changes, GroupKind, Health, NodeId, ObjectRef, Store};
use crate::forms::Clock;
use crate::kinds::{Column, Kind};

/// By which column a table is sorted. Columns count from NAMESPACE, NAME, the kind's own, to AGE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSort {
    pub column: usize,
    pub reverse: bool,
}

impl Default for TableSort {
    fn default() -> Self {
        Self { column: NAME, reverse: false }
    }
}

const NAMESPACE: usize = 0;
const NAME: usize = 1;
const FIRST: usize = 2;

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Key {
    Text(String),
    Number(i64),
}

/// One kind's table.
#[derive(Debug)]
pub struct Table {
    gk: GroupKind,
    kind: &'static Kind,
    sort: TableSort,
    filter: Filter,
    /// In the order of the screen.
    rows: Vec<(Key, ObjectRef, NodeId)>,
    keys: FxHashMap<NodeId, (Key, ObjectRef)>,
    stamp: u64,
    fuzzy: Fuzzy,
}

impl Table {
    pub fn new(gk: GroupKind, kind: &'static Kind) -> Self {
        Self {
            gk,
            kind,
            sort: TableSort::default(),
            filter: Filter::default(),
            rows: Vec::new(),
            keys: FxHashMap::default(),
            stamp: 0,
            fuzzy: Fuzzy::default(),
        }
    }

    pub fn gk(&self) -> &GroupKind {
        &self.gk
    }

    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn sort(&self) -> TableSort {
        self.sort
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn get(&self, at: usize) -> Option<NodeId> {
        self.rows.get(at).map(|(_, _, id)| *id)
    }

    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.rows.iter().map(|(_, _, id)| *id)
    }

    pub fn position(&self, id: &ObjectRef) -> Option<usize> {
        self.rows.iter().position(|(_, reference, _)| reference == id)
    }

    /// Rises when a row came, went, moved or changed.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// How many columns there are: namespace, name, the kind's own, age.
    pub fn columns(&self) -> usize {
        FIRST + self.kind.columns.len() + 1
    }

    /// Refills the table under a filter and an order. Costs a pass over the kind's objects.
    pub fn fill(&mut self, store: &Store, forest: &Forest, filter: Filter, sort: TableSort) {
        self.filter = filter;
        self.sort = sort;
        self.rows.clear();
        self.keys.clear();
        for id in store.of_kind(&self.gk) {
            if self.filter.admits(store, forest, id, &mut self.fuzzy) {
                let (key, reference) = (self.key(store, forest, id), store.reference(id).clone());
                self.keys.insert(id, (key.clone(), reference.clone()));
                self.rows.push((key, reference, id));
            }
        }
        let reverse = self.sort.reverse;
        self.rows.sort_by(|a, b| order(&(&a.0, &a.1), &(&b.0, &b.1), reverse));
        self.stamp += 1;
    }

    /// Takes over what changed. Costs a binary search for each changed object of the kind.
    pub fn update(&mut self, store: &Store, forest: &Forest, changes: &Changes) {
        for id in changes.freed.iter().chain(&changes.touched) {
            let before = self.keys.remove(id);
            let of_kind = store.is_used(*id) && store.reference(*id).gk == self.gk;
            if before.is_none() && !of_kind {
                continue;
            }
            self.stamp += 1;
            if let Some((key, reference)) = before
                && let Ok(at) = self.search(&key, &reference)
            {
                self.rows.remove(at);
            }
            if of_kind && store.object(*id).is_some() && self.filter.admits(store, forest, *id, &mut self.fuzzy) {
                let (key, reference) = (self.key(store, forest, *id), store.reference(*id).clone());
                let at = self.search(&key, &reference).unwrap_or_else(|at| at);
                self.rows.insert(at, (key.clone(), reference.clone(), *id));
                self.keys.insert(*id, (key, reference));
            }
        }
    }

    fn search(&self, key: &Key, reference: &ObjectRef) -> Result<usize, usize> {
        self.rows.binary_search_by(|row| order(&(&row.0, &row.1), &(key, reference), self.sort.reverse))
    }

    fn key(&self, store: &Store, forest: &Forest, id: NodeId) -> Key {
        let reference = store.reference(id);
        let own = |column: usize| self.kind.columns.get(column - FIRST);
        match self.sort.column {
            NAMESPACE => Key::Text(reference.path()),
            NAME => Key::Text(reference.name.to_string()),
            column => match own(column) {
                Some(column) => cell_key(store, forest, id, *column),
                None => Key::Number(-store.object(id).and_then(|object| object.created).map_or(0, jiff::Timestamp::as_second)),
            },
        }
    }
}

fn order(a: &(&Key, &ObjectRef), b: &(&Key, &ObjectRef), reverse: bool) -> Ordering {
    let by_key = a.0.partial_cmp(b.0).unwrap_or(Ordering::Equal);
    (if reverse { by_key.reverse() } else { by_key }).then_with(|| a.1.cmp(b.1))
}

fn cell_key(store: &Store, forest: &Forest, id: NodeId, column: Column) -> Key {
    let object = store.object(id);
    match column {
        Column::State => Key::Number(forest.health(id).unwrap_or(Health::Unknown) as i64),
        Column::Replicas => Key::Number(
            object.and_then(|object| object.facts.ready).map_or(0, |(ready, desired)| i64::from(ready) - i64::from(desired)),
        ),
        Column::Restarts => Key::Number(-object.map_or(0, |object| i64::from(object.facts.restarts))),
        other => Key::Text(cell(store, forest, id, other)),
    }
}

/// The text of one cell, as the screen and `get` print it.
pub fn cell(store: &Store, forest: &Forest, id: NodeId, column: Column) -> String {
    let Some(object) = store.object(id) else { return String::new() };
    match column {
        Column::State => word_of(store, forest, id).to_owned(),
        Column::Revision => revision_of(store, forest, id),
        Column::Suspended => if object.suspension.is_some() { "True" } else { "False" }.to_owned(),
        Column::Ready => object
            .conditions
            .iter()
            .find(|condition| &*condition.kind == "Ready")
            .map_or("Unknown", |ready| &ready.status)
            .to_owned(),
        // the row is sorted again when the object changes, not when something below it does
        Column::Message => own_message(store, forest, id, &Clock::BEGINNING),
        Column::Replicas => object.facts.ready.map_or_else(String::new, |(ready, desired)| format!("{ready}/{desired}")),
        Column::Restarts => object.facts.restarts.to_string(),
        Column::Cell(_, at) | Column::Wide(_, at) => object.facts.cells.get(at).map_or_else(String::new, ToString::to_string),
    }
}

/// The heading of a column.
pub fn heading(column: Column) -> &'static str {
    match column {
        Column::State => "STATE",
        Column::Revision => "REVISION",
        Column::Suspended => "SUSPENDED",
        Column::Ready => "READY",
        Column::Message => "MESSAGE",
        Column::Replicas => "READY",
        Column::Restarts => "RESTARTS",
        Column::Cell(heading, _) | Column::Wide(heading, _) => heading,
    }
}
