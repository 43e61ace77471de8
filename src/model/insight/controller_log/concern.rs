//! What the log of a controller is read for: an object and what it makes, and which lines concern them.

use std::collections::{BTreeSet, VecDeque};

use super::record::{LogLevel, LogRecord, LogSubject};
use crate::domain::{GroupKind, NodeId, ObjectRef, Relation, Store};
use crate::insight::why::{Below, controller_of};
use crate::kinds;

/// The objects whose lines are looked for; none for all lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogConcern {
    objects: Vec<ObjectRef>,
}

impl LogConcern {
    /// All lines of all controllers.
    pub fn everything() -> Self {
        Self::default()
    }

    /// An object, with the HelmChart that helm-controller makes for a HelmRelease: source-controller writes of that one, under another name.
    pub fn of(store: &Store, object: &ObjectRef) -> Self {
        let chart = kinds::HELM_CHART.gk();
        let edges = store.find(object).map_or(&[][..], |node| store.out(node));
        let charts = edges.iter().filter(|edge| edge.relation == Relation::Chart).map(|edge| store.reference(edge.node));
        let own = charts.filter(|found| found.gk == chart && kinds::of(&object.gk) == kinds::HELM_RELEASE).cloned();
        Self { objects: std::iter::once(object.clone()).chain(own).collect() }
    }

    /// The objects, the one that was asked about first; empty for everything.
    pub fn objects(&self) -> &[ObjectRef] {
        &self.objects
    }

    /// The controllers that reconcile them, by name; empty for all that there are.
    pub fn controllers(&self) -> BTreeSet<&'static str> {
        self.objects.iter().filter_map(|object| controller_of(kinds::of(&object.gk))).collect()
    }

    /// Whether a line concerns them: it is about one of them, or names one of them with kind and namespace. A line that is about no object
    /// at all concerns them if it names one, and if it warns of anything: then something is wrong with the controller as a whole.
    pub fn takes(&self, record: &LogRecord) -> bool {
        if self.objects.is_empty() || self.is_own(record) {
            return true;
        }
        match &record.subject {
            Some(_) => self.objects.iter().any(|object| is_named(record, object, true)),
            None => {
                record.level.is_some_and(|level| level >= LogLevel::Warning)
                    || self.objects.iter().any(|object| is_named(record, object, false))
            }
        }
    }

    /// Whether a line is about one of them.
    pub fn is_own(&self, record: &LogRecord) -> bool {
        record.subject.as_ref().is_some_and(|subject| self.objects.iter().any(|object| is_it(subject, object)))
    }
}

fn is_it(subject: &LogSubject, object: &ObjectRef) -> bool {
    subject.name == object.name
        && subject.namespace == object.namespace
        && subject.kind.eq_ignore_ascii_case(&object.gk.kind)
        && (subject.group.is_empty() || subject.group == object.gk.group)
}

/// Whether the words of a line name an object.
fn is_named(record: &LogRecord, object: &ObjectRef, with_kind: bool) -> bool {
    let texts = || [&record.message, &record.error].into_iter().chain(record.fields.iter().flat_map(|(key, value)| [key, value]));
    let has = |word: &str| texts().any(|text| has_word(text, word));
    has(&object.name) && (object.namespace.is_empty() || has(&object.namespace)) && (!with_kind || has(&object.gk.kind))
}

/// Whether a text has a name as a whole word: what names of objects are made of continues it, a dot or a slash does not.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let bytes = text.as_bytes();
    text.match_indices(word).any(|(at, found)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !is_part(before) && !is_part(bytes.get(at + found.len()))
    })
}

/// The pod itself, or the pods below an object in their order, at most `most`.
pub fn pods_below(store: &Store, below: &dyn Below, object: &ObjectRef, most: usize) -> Vec<ObjectRef> {
    if kinds::POD.is(&object.gk) {
        return vec![object.clone()];
    }
    let is_pod = |node: NodeId| *below.kind_of(node) == *kinds::POD;
    let mut found = Vec::new();
    let mut ahead: VecDeque<_> = store.find(object).into_iter().collect();
    while let Some(node) = ahead.pop_front() {
        if is_pod(node) && store.object(node).is_some() {
            found.push(store.reference(node).clone());
        }
        ahead.extend(below.homes(node).iter().filter(|child| store.is_used(**child)));
    }
    found.sort();
    found.dedup();
    found.truncate(most);
    found
}

/// Whether a kind is reconciled by one of Flux's controllers, whose log has lines about its objects.
pub fn has_controller(gk: &GroupKind) -> bool {
    controller_of(kinds::of(gk)).is_some()
}
