//! The rows of a printed table: kept up by what happens, filtered, and in an order.

use std::collections::HashMap;

use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::domain::{Printed, PrintedChange, PrintedColumn, PrintedNews, PrintedRow, Str};

/// By what rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Namespace,
    /// A column of the table.
    Column(usize),
    /// The youngest first.
    Since,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub by: By,
    pub reverse: bool,
}

/// What is compared of a row.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Key {
    /// Milliseconds, the latest first.
    Since(std::cmp::Reverse<i64>),
    Number(f64),
    Text(String),
}

pub(super) struct PrintedRows {
    pub columns: Vec<PrintedColumn>,
    pub every: Option<u64>,
    pub is_cut: bool,
    pub refused: Vec<Str>,
    rows: Vec<PrintedRow>,
    places: HashMap<Str, usize>,
    /// Those that the filter keeps, in their order.
    shown: Vec<usize>,
    /// Some of them are in namespaces.
    are_namespaced: bool,
    order: Order,
    query: Option<Query>,
    /// Something has changed since they were sifted.
    is_old: bool,
}

impl PrintedRows {
    pub fn new(order: Order) -> Self {
        let (columns, refused, rows, places, shown) = Default::default();
        Self {
            columns,
            every: None,
            is_cut: false,
            refused,
            rows,
            places,
            shown,
            are_namespaced: false,
            order,
            query: None,
            is_old: false,
        }
    }

    /// Takes what has happened.
    pub fn take(&mut self, news: &PrintedNews) {
        self.is_old = true;
        match news {
            PrintedNews::All(Printed { columns, rows, every, is_cut, refused }) => {
                (self.columns, self.rows, self.every, self.is_cut) = (columns.clone(), rows.clone(), *every, *is_cut);
                self.refused.clone_from(refused);
                self.places = self.rows.iter().enumerate().map(|(at, row)| (row.key.clone(), at)).collect();
            }
            PrintedNews::Changed(changes) => changes.iter().for_each(|change| self.change(change)),
        }
    }

    fn change(&mut self, change: &PrintedChange) {
        match change {
            PrintedChange::Row(row) => match self.places.get(&row.key) {
                Some(at) => self.rows[*at] = row.clone(),
                None => {
                    self.places.insert(row.key.clone(), self.rows.len());
                    self.rows.push(row.clone());
                }
            },
            PrintedChange::Gone(key) => {
                let Some(at) = self.places.remove(key) else { return };
                self.rows.swap_remove(at);
                if let Some(moved) = self.rows.get(at) {
                    self.places.insert(moved.key.clone(), at);
                }
            }
        }
    }

    pub fn order(&self) -> Order {
        self.order
    }

    pub fn query(&self) -> Option<&Query> {
        self.query.as_ref()
    }

    pub fn arrange(&mut self, order: Order) {
        (self.order, self.is_old) = (order, true);
    }

    pub fn filter(&mut self, query: Option<Query>) {
        (self.query, self.is_old) = (query, true);
    }

    /// Filters and orders again what has changed. Costs a look at every row.
    pub fn sift(&mut self) {
        if !std::mem::take(&mut self.is_old) {
            return;
        }
        self.are_namespaced = self.rows.iter().any(|row| !row.object.namespace.is_empty());
        let mut fuzzy = Fuzzy::default();
        let kept = |at: &usize| self.query.as_ref().is_none_or(|query| is_meant(&self.rows[*at], query, &mut fuzzy));
        let mut shown: Vec<_> = (0..self.rows.len()).filter(kept).map(|at| (self.key(&self.rows[at]), at)).collect();
        let name = |at: usize| (&self.rows[at].object.namespace, &self.rows[at].object.name, &self.rows[at].key);
        shown.sort_by(|a, b| {
            let by_key = a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal);
            (if self.order.reverse { by_key.reverse() } else { by_key }).then_with(|| name(a.1).cmp(&name(b.1)))
        });
        self.shown = shown.into_iter().map(|(_, at)| at).collect();
    }

    fn key(&self, row: &PrintedRow) -> Key {
        let since = |row: &PrintedRow| Key::Since(std::cmp::Reverse(row.since.map_or(i64::MIN, jiff::Timestamp::as_millisecond)));
        match self.order.by {
            By::Namespace => Key::Text(row.object.path()),
            By::Since => since(row),
            By::Column(at) => match self.columns.get(at) {
                Some(column) if column.is_age => since(row),
                _ => {
                    let text = row.cells.get(at).map_or("", |cell| cell);
                    text.parse().map_or_else(|_| Key::Text(text.to_owned()), Key::Number)
                }
            },
        }
    }

    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// How many there are without the filter.
    pub fn all(&self) -> usize {
        self.rows.len()
    }

    pub fn get(&self, at: usize) -> Option<&PrintedRow> {
        self.shown.get(at).map(|at| &self.rows[*at])
    }

    pub fn position(&self, key: &Str) -> Option<usize> {
        let place = self.places.get(key)?;
        self.shown.iter().position(|at| at == place)
    }

    /// Whether they are in namespaces.
    pub fn are_namespaced(&self) -> bool {
        self.are_namespaced
    }
}

fn is_meant(row: &PrintedRow, query: &Query, fuzzy: &mut Fuzzy) -> bool {
    let object = &row.object;
    let (cells, name) = match query {
        Query::Text { .. } => {
            let mut cells = format!("{}\n{}\n{object}", object.namespace, object.name);
            for cell in &row.cells {
                cells.push('\n');
                cells.push_str(cell);
            }
            (cells, String::new())
        }
        Query::Fuzzy(_) => (String::new(), object.path()),
        Query::Labels(_) => Default::default(),
    };
    query.matches(Visible { cells: &cells, name: &name }, &row.labels, fuzzy)
}
