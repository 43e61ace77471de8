//! Maps and lists that are shared as Go shares them: where the same map is reached by two ways, what is set by one is there by the other.
//!
//! That decides who wins. helm-controller merges the inline values into the result before it sets a `targetPath`, and once more at the end;
//! where that first merge took over a map of the inline values as a whole, the path is set *in the inline values*, and stays.
//! Source: fluxcd/pkg `chartutil/merge.go` (`MergeMaps` copies one level, and what two maps have in common).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A map, a list or a scalar, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(usize);

pub(super) enum Cell {
    Map(BTreeMap<String, Id>),
    List(Vec<Id>),
    Scalar(Value),
}

/// All maps, lists and scalars of a composition, each with the number of the layer that made it.
#[derive(Default)]
pub(super) struct Shared {
    cells: Vec<(Cell, usize)>,
}

impl Shared {
    pub fn add(&mut self, cell: Cell, layer: usize) -> Id {
        self.cells.push((cell, layer));
        Id(self.cells.len() - 1)
    }

    pub fn map(&mut self, layer: usize) -> Id {
        self.add(Cell::Map(BTreeMap::new()), layer)
    }

    /// A value with all that is in it.
    pub fn take(&mut self, value: &Value, layer: usize) -> Id {
        let cell = match value {
            Value::Object(fields) => {
                Cell::Map(fields.iter().map(|(key, value)| (key.clone(), self.take(value, layer))).collect())
            }
            Value::Array(items) => Cell::List(items.iter().map(|item| self.take(item, layer)).collect()),
            scalar => Cell::Scalar(scalar.clone()),
        };
        self.add(cell, layer)
    }

    pub fn cell(&self, id: Id) -> &Cell {
        &self.cells[id.0].0
    }

    pub fn layer(&self, id: Id) -> usize {
        self.cells[id.0].1
    }

    /// What a key of a map leads to.
    pub fn get(&self, map: Id, key: &str) -> Option<Id> {
        match self.cell(map) {
            Cell::Map(entries) => entries.get(key).copied(),
            _ => None,
        }
    }

    /// Sets a key of a map, in every place where that map is; an empty key sets nothing.
    pub fn set(&mut self, map: Id, key: &str, value: Id) {
        if let Cell::Map(entries) = &mut self.cells[map.0].0
            && !key.is_empty()
        {
            entries.insert(key.to_owned(), value);
        }
    }

    /// Sets an item of a list, in every place where that list is. One that is too short is not made longer: the result is another list then.
    pub fn set_item(&mut self, list: Id, at: usize, value: Id, layer: usize) -> Id {
        let Cell::List(items) = &mut self.cells[list.0].0 else { return list };
        if let Some(item) = items.get_mut(at) {
            *item = value;
            return list;
        }
        let mut longer = items.clone();
        while longer.len() < at {
            longer.push(self.add(Cell::Scalar(Value::Null), layer));
        }
        longer.push(value);
        self.add(Cell::List(longer), layer)
    }

    /// The second map over the first, as a new map; what only one of them has is shared with it.
    pub fn merge(&mut self, first: Id, second: Id) -> Id {
        let (mut out, layer) = match (self.cell(first), self.cell(second)) {
            (Cell::Map(entries), Cell::Map(_)) => (entries.clone(), self.layer(second)),
            _ => return second,
        };
        let over = match self.cell(second) {
            Cell::Map(entries) => entries.clone(),
            _ => BTreeMap::new(),
        };
        for (key, value) in over {
            let both = out.get(&key).copied().filter(|old| self.is_map(*old) && self.is_map(value));
            let value = both.map_or(value, |old| self.merge(old, value));
            out.insert(key, value);
        }
        self.add(Cell::Map(out), layer)
    }

    pub fn is_map(&self, id: Id) -> bool {
        matches!(self.cell(id), Cell::Map(_))
    }

    /// It as plain JSON.
    pub fn json(&self, id: Id) -> Value {
        match self.cell(id) {
            Cell::Map(entries) => {
                Value::Object(entries.iter().map(|(key, id)| (key.clone(), self.json(*id))).collect::<Map<_, _>>())
            }
            Cell::List(items) => Value::Array(items.iter().map(|id| self.json(*id)).collect()),
            Cell::Scalar(value) => value.clone(),
        }
    }
}
