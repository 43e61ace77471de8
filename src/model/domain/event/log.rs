//! The events that a view has seen: bounded, and of those that say the same one line.
//!
//! The API server forgets an event after an hour (kube-apiserver `--event-ttl`); what was seen stays here as long as the log does.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::EventRow;
use super::shape::shape;
use crate::domain::{ObjectRef, PrintedChange, PrintedNews, PrintedRow, Str};

/// The newest events, by their identity.
#[derive(Debug)]
pub struct EventLog {
    events: HashMap<Str, SeenEvent>,
    /// Numbers of what is said, each about one object.
    groups: HashMap<Said, u32>,
    drawn: u32,
    most: usize,
    pub dropped: usize,
}

/// What is said: of what, and how; the same again differs in numbers at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Said {
    object: ObjectRef,
    is_warning: bool,
    reason: String,
    shape: String,
}

#[derive(Debug)]
struct SeenEvent {
    object: ObjectRef,
    row: Arc<EventRow>,
    group: u32,
}

/// A line of the log: one event, or all that say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLine {
    pub key: LineKey,
    /// What it happened to.
    pub object: ObjectRef,
    /// The last of them.
    pub event: Arc<EventRow>,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// How often it happened, all in all.
    pub count: i64,
    /// How many events it is.
    pub events: usize,
}

/// By what a line is known again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LineKey {
    /// The number of what is said.
    pub group: u32,
    /// None where all that say it are one line.
    pub event: Option<Str>,
}

impl EventLog {
    /// An empty one that keeps about so many events: the oldest go, some at once.
    pub fn new(most: usize) -> Self {
        Self { events: HashMap::new(), groups: HashMap::new(), drawn: 0, most, dropped: 0 }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Takes what was listed or watched. What the server has forgotten since stays.
    pub fn take(&mut self, news: &PrintedNews) {
        match news {
            PrintedNews::All(printed) => printed.rows.iter().for_each(|row| self.add(row)),
            PrintedNews::Changed(changes) => {
                for change in changes {
                    match change {
                        PrintedChange::Row(row) => self.add(row),
                        PrintedChange::Gone(_) => {}
                    }
                }
            }
        }
        self.trim();
    }

    fn add(&mut self, printed: &PrintedRow) {
        let Some(row) = &printed.event else { return };
        if self.events.get(&printed.key).is_some_and(|known| known.row == *row) {
            return;
        }
        let said = Said {
            object: printed.object.clone(),
            is_warning: row.is_warning,
            reason: row.reason.clone(),
            shape: shape(&row.message),
        };
        let drawn = &mut self.drawn;
        let group = *self.groups.entry(said).or_insert_with(|| {
            *drawn += 1;
            *drawn
        });
        self.events.insert(printed.key.clone(), SeenEvent { object: printed.object.clone(), row: row.clone(), group });
    }

    /// Drops the oldest once there are a tenth more than are kept: one at a time would cost as much as all of them.
    fn trim(&mut self) {
        if self.events.len() <= self.most + self.most / 10 {
            return;
        }
        let mut keys: Vec<_> = self.events.iter().map(|(key, seen)| (seen.row.last, key.clone())).collect();
        keys.sort_unstable();
        let over = keys.len() - self.most;
        for (_, key) in keys.drain(..over) {
            self.events.remove(&key);
        }
        self.dropped += over;
        let used: std::collections::HashSet<_> = self.events.values().map(|seen| seen.group).collect();
        self.groups.retain(|_, group| used.contains(group));
    }

    /// The events that are meant as lines, the latest last. `is_folded`: those that say the same are one line, where the last of them is.
    /// Costs a look at every event.
    pub fn lines(&self, is_folded: bool, mut is_meant: impl FnMut(&ObjectRef, &EventRow) -> bool) -> Vec<EventLine> {
        let mut lines: Vec<EventLine> = Vec::new();
        let mut meant: Vec<_> = self.events.iter().filter(|(_, seen)| is_meant(&seen.object, &seen.row)).collect();
        meant.sort_unstable_by(|a, b| (a.1.row.last, a.0).cmp(&(b.1.row.last, b.0)));
        let mut places: HashMap<u32, usize> = HashMap::new();
        for (key, seen) in meant {
            let line = seen.line(key);
            match places.get(&seen.group).filter(|_| is_folded) {
                Some(at) => lines[*at] = lines[*at].with(line),
                None => {
                    places.insert(seen.group, lines.len());
                    lines.push(if is_folded { EventLine { key: LineKey { event: None, ..line.key }, ..line } } else { line });
                }
            }
        }
        lines.sort_by_key(|line| line.last);
        lines
    }
}

impl SeenEvent {
    fn line(&self, key: &Str) -> EventLine {
        let row = &self.row;
        EventLine {
            key: LineKey { group: self.group, event: Some(key.clone()) },
            object: self.object.clone(),
            event: row.clone(),
            first: row.first.or(row.last),
            last: row.last,
            count: i64::from(row.count.max(1)),
            events: 1,
        }
    }
}

impl EventLine {
    /// This line with a later one that says the same.
    fn with(&self, later: Self) -> Self {
        let first = match (self.first, later.first) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self { key: self.key.clone(), first, count: self.count + later.count, events: self.events + 1, ..later }
    }
}
