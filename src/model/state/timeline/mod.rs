//! What a session saw happen: every change of an object's state or revision that a watch brought, with its time, the revision with which
//! it came, and what applied it. Nothing is asked for: events of the API server are gone after an hour, and many changes send none.
//!
//! The first list of a kind is how things were, and no entry. A delta that changes neither state nor revision costs two comparisons.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::domain::{Health, NodeId, ObjectRef, ObjectState, Relation, StateShift, Store, Str};

/// Entries kept: a day of a busy cluster in a few megabytes.
const MOST: usize = 10_000;
/// More than any chain of owners and appliers that was seen.
const MOST_STEPS: usize = 24;

/// The changes that were seen, the oldest first; bounded.
#[derive(Debug, Default)]
pub struct Timeline {
    entries: VecDeque<Shift>,
    /// How many older ones are gone: the number of the first.
    dropped: usize,
}

/// One change of an object's state or revision, as it was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// By which it is known again: the how manieth of the session it is.
    pub number: usize,
    pub at: Timestamp,
    pub object: ObjectRef,
    /// None where it appeared.
    pub before: Option<ObjectState>,
    /// None where it is gone.
    pub after: Option<ObjectState>,
    /// What applied the object, with the revision that it had applied, or attempted, by then.
    pub applied_by: Option<(ObjectRef, Option<Str>)>,
}

impl Timeline {
    /// Takes what a batch of deltas has changed, once the store has all of it.
    pub(super) fn note(&mut self, shifts: Vec<StateShift>, store: &Store, at: Timestamp) {
        for StateShift { object, before, after } in shifts {
            let number = self.dropped + self.entries.len();
            let applied_by = store.find(&object).and_then(|node| applier(store, node));
            self.entries.push_back(Shift { number, at, object, before, after, applied_by });
            if self.entries.len() > MOST {
                self.entries.pop_front();
                self.dropped += 1;
            }
        }
    }

    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Shift> {
        self.entries.iter()
    }

    /// The entry of that number, if it is still kept.
    pub fn get(&self, number: usize) -> Option<&Shift> {
        self.entries.get(number.checked_sub(self.dropped)?)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many were ever noted: another number means that there are others.
    pub fn count(&self) -> usize {
        self.dropped + self.entries.len()
    }

    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

impl Shift {
    /// The health that it led to; none where the object is gone.
    pub fn health(&self) -> Option<Health> {
        self.after.as_ref().map(|state| state.health)
    }

    /// The revision with which the object came to its state: its own, else that of what applied it.
    pub fn revision(&self) -> Option<&Str> {
        let own = self.after.as_ref().or(self.before.as_ref()).and_then(|state| state.revision.as_ref());
        own.or_else(|| self.applied_by.as_ref().and_then(|(_, revision)| revision.as_ref()))
    }

    /// Whether the object has another revision, in the same state.
    pub fn is_revision(&self) -> bool {
        matches!((&self.before, &self.after), (Some(before), Some(after)) if before.health == after.health)
    }

    /// What happened, in a few words: `Ready → Failed`, `appeared: Ready`, `gone, was Ready`, `Ready, another revision`.
    pub fn words(&self) -> String {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before.health == after.health => format!("{}, another revision", after.health.word()),
            (Some(before), Some(after)) => format!("{} → {}", before.health.word(), after.health.word()),
            (None, Some(after)) => format!("appeared: {}", after.health.word()),
            (Some(before), None) => format!("gone, was {}", before.health.word()),
            (None, None) => String::new(),
        }
    }

    /// Whether it led to a state that is wrong.
    pub fn is_failing(&self) -> bool {
        self.health().is_some_and(Health::is_failing)
    }
}

/// The nearest object above that applies what is below it, with its revision. Costs the chain of owners.
fn applier(store: &Store, node: NodeId) -> Option<(ObjectRef, Option<Str>)> {
    let mut at = node;
    for _ in 0..MOST_STEPS {
        let applied = store.incoming(at).iter().find(|link| link.relation == Relation::Applies && link.node != node);
        if let Some(link) = applied {
            let facts = store.object(link.node).map(|object| &object.facts);
            let revision = facts.and_then(|facts| facts.attempted.clone().or_else(|| facts.revision.clone()));
            return Some((store.reference(link.node).clone(), revision));
        }
        at = *store.owners(at).first()?;
    }
    None
}
