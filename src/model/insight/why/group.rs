//! All that is broken, by first cause: forty red rows become three sentences.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::sight::Sight;
use super::walk::{Course, CourseEnd};
use super::{Because, Dossier, Lead, Press, StepPart, diagnosed, presses, revision, since_of};
use crate::domain::{Health, NodeId, ObjectRef, Str};

/// A first cause, and everything that is broken by it.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokenGroup {
    pub rule: &'static str,
    pub key: String,
    /// The sentence about the first of its objects.
    pub cause: Because,
    /// Others of the same cause: pods of the same workload, objects that want the same image.
    pub same: Vec<ObjectRef>,
    /// Everything that fails or waits, the causes included.
    pub hits: Vec<ObjectRef>,
    /// The earliest of what is said of any of them.
    pub since: Option<jiff::Timestamp>,
    pub revision: Option<(ObjectRef, Str)>,
    pub presses: Vec<Press>,
}

/// Most objects that are kept as causes of one group.
const MOST_CAUSES: usize = 1000;

/// What has one cause: the object that was met first, all that are the cause, and what fails or waits because of it.
struct Members {
    first: NodeId,
    causes: Vec<NodeId>,
    hits: Vec<NodeId>,
}

/// Groups what is broken among the objects that are `meant`: what failed, gave up, waits, or was never reconciled; the cause with the most
/// of them first, of as many the oldest.
///
/// Costs a walk for each broken object, and the rules once for each last object of a walk: ways that meet are walked once.
pub fn broken(sight: &Sight, is_meant: impl Fn(NodeId) -> bool) -> Vec<BrokenGroup> {
    let mut ends = Ends::default();
    let mut groups: BTreeMap<(&'static str, String), Members> = BTreeMap::new();
    let mut nodes: Vec<_> = sight.store.nodes().filter(|node| is_broken(sight, *node) && is_meant(*node)).collect();
    nodes.sort_by(|a, b| sight.reference(*a).cmp(sight.reference(*b)));
    for node in nodes {
        let Some((end, rule, key)) = ends.of(sight, node) else { continue };
        let members = groups.entry((rule, key)).or_insert_with(|| Members { first: end, causes: Vec::new(), hits: Vec::new() });
        if !members.causes.contains(&end) && members.causes.len() < MOST_CAUSES {
            members.causes.push(end);
        }
        members.hits.push(node);
    }
    let mut found: Vec<_> = groups
        .into_iter()
        .map(|((rule, key), Members { first, causes, hits })| {
            let named = |nodes: &[NodeId]| nodes.iter().map(|node| sight.reference(*node).clone()).collect::<Vec<_>>();
            let course = sight.course(first);
            let (_, diagnosis) = diagnosed(sight, &course, &Dossier::new());
            let since = hits
                .iter()
                .chain(&causes)
                .filter(|node| sight.health(**node) != Health::Ready)
                .filter_map(|node| since_of(sight, *node))
                .min();
            let revision = revision(sight, first, hits.first().copied().unwrap_or(first));
            let presses = presses(sight, &course, &diagnosis, revision.as_ref());
            let last = course.nodes.last().map_or(first, |(node, _)| *node);
            let cause = Because {
                object: sight.reference(last).clone(),
                health: sight.health(last),
                says: diagnosis.says,
                witness: diagnosis.witness,
                since: diagnosis.since.or_else(|| since_of(sight, last)),
                part: StepPart::Cause,
            };
            let same = named(&causes.into_iter().filter(|node| *node != first).collect::<Vec<_>>());
            BrokenGroup { rule, key, cause, same, hits: named(&hits), since, revision, presses }
        })
        .collect();
    found.sort_by(|a, b| {
        b.hits.len().cmp(&a.hits.len()).then(a.since.cmp(&b.since)).then_with(|| a.cause.object.cmp(&b.cause.object))
    });
    found
}

/// Whether an object is to be explained unasked: what is under way, or was suspended on purpose, is not.
fn is_broken(sight: &Sight, id: NodeId) -> bool {
    let Some(health) = sight.below.shown(id).filter(|_| sight.object(id).is_some()) else { return false };
    let is_old = || since_of(sight, id).is_some_and(|since| sight.now.duration_since(since) > jiff::SignedDuration::from_mins(5));
    let is_bad = match health {
        Health::Failed | Health::Stalled | Health::Waiting => true,
        Health::Unknown => sight.kind(id).is_flux(),
        Health::Terminating => is_old(),
        Health::Progressing | Health::Suspended | Health::Ready => false,
    };
    is_bad && sight.below.holds(id)
}

/// The end of each way that was walked, with the rule and the key of what it ends with.
#[derive(Default)]
struct Ends {
    known: FxHashMap<NodeId, Option<NodeId>>,
    diagnosed: FxHashMap<NodeId, (&'static str, String)>,
}

impl Ends {
    fn of(&mut self, sight: &Sight, id: NodeId) -> Option<(NodeId, &'static str, String)> {
        let end = self.end(sight, id)?;
        if let Some((rule, key)) = self.diagnosed.get(&end) {
            return Some((end, rule, key.clone()));
        }
        let course = sight.course(end);
        // the way from a circle's member leads round it
        let (rule, diagnosis) = diagnosed(sight, &course, &Dossier::new());
        self.diagnosed.insert(end, (rule.name, diagnosis.key.clone()));
        Some((end, rule.name, diagnosis.key))
    }

    /// The last object of a way, or the first of the circle that it ends in; none where nothing is wrong.
    fn end(&mut self, sight: &Sight, id: NodeId) -> Option<NodeId> {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let course = self.course(sight, id);
        let end = match course.end {
            CourseEnd::Well => None,
            CourseEnd::Circle(begin) => {
                course.nodes[begin..].iter().map(|(node, _)| *node).min_by_key(|node| sight.reference(*node))
            }
            CourseEnd::Cause | CourseEnd::Long => course.nodes.last().map(|(node, _)| *node),
        };
        // from each of them the way is the same, but for what is only asked of the first
        for (node, via) in &course.nodes {
            if via.is_none_or(|via| via != Lead::Applier) {
                self.known.insert(*node, end);
            }
        }
        end
    }

    fn course(&self, sight: &Sight, id: NodeId) -> Course {
        sight.course_until(id, |node| self.known.get(&node).copied().flatten())
    }
}
