//! From an object to the first cause: one step at a time along the graph, never twice to the same object.
//!
//! ```text
//!  waiting      → the dependency that its message names, else the first that is not ready
//!  no source    → the source, chart or image repository that is not ready
//!  named        → what the message names: a namespace that ends, a hook of a chart, the controller that serves artifacts
//!  not healthy  → the worst child, those first that the message of the health check names
//!  well itself  → what below it fails; else the source that fetches nothing new; else what applies it
//! ```
//! Costs a look at the children of each object on the way, of which there are at most [`MOST_STEPS`].

use super::causes::artifacts::NOT_FETCHED;
use super::messages;
use super::sight::Sight;
use crate::domain::store::Presence;
use crate::domain::{Health, NodeId, Object, ObjectRef, Relation};
use crate::kinds::{self, Kind, Role, Trait};

/// Longest way: longer than any chain of owners, appliers and dependencies that was seen; what is longer says that it ends there.
pub const MOST_STEPS: usize = 32;

/// How one object leads to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// It waits for that one.
    Dependency,
    /// It takes its content from that one.
    Content,
    /// That one is below it, and is not healthy.
    Child,
    /// That one applies or owns it.
    Applier,
    /// That one reconciles it.
    Controller,
}

/// How a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseEnd {
    /// With the first cause.
    Cause,
    /// Nothing is wrong.
    Well,
    /// With objects that wait for one another: those from that step on.
    Circle(usize),
    /// It is longer than [`MOST_STEPS`].
    Long,
}

/// The way from an object to the first cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Begins with the object that was asked about; each with how the one before leads to it.
    pub nodes: Vec<(NodeId, Option<Lead>)>,
    pub end: CourseEnd,
    /// Not all children of some object were looked at.
    pub is_cut: bool,
}

/// The step after an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    To(NodeId, Lead, bool),
    Cause,
    Well,
}

impl Sight<'_> {
    /// Walks from an object to the first cause.
    pub fn course(&self, from: NodeId) -> Course {
        self.course_until(from, |_| None)
    }

    /// The same, with ways that were walked before: where `end` knows how the way from an object ends, it leads there at once.
    pub(super) fn course_until(&self, from: NodeId, end: impl Fn(NodeId) -> Option<NodeId>) -> Course {
        let mut course = Course { nodes: vec![(from, None)], end: CourseEnd::Long, is_cut: false };
        let mut is_upward = false;
        while course.nodes.len() < MOST_STEPS {
            let (at, via) = *course.nodes.last().expect("it begins with one");
            if let Some(known) = end(at).filter(|_| !is_upward) {
                if known != at {
                    course.nodes.push((known, via));
                }
                course.end = CourseEnd::Cause;
                return course;
            }
            // a controller that is scaled to nothing is as it should be, for its Deployment
            if via == Some(Lead::Controller) && self.health(at) == Health::Ready {
                course.end = CourseEnd::Cause;
                return course;
            }
            let turn = if is_upward && self.health(at) == Health::Ready { self.above(at) } else { self.turn(at) };
            match turn {
                Turn::Cause => {
                    course.end = CourseEnd::Cause;
                    return course;
                }
                Turn::Well => {
                    course.end = CourseEnd::Well;
                    return course;
                }
                Turn::To(next, via, is_cut) => {
                    if let Some(begin) = course.nodes.iter().position(|(node, _)| *node == next) {
                        let waits = |at: usize| course.nodes.get(at).is_none_or(|(_, via)| *via == Some(Lead::Dependency));
                        let is_circle = via == Lead::Dependency && (begin + 1..course.nodes.len()).all(waits);
                        course.end = if is_circle { CourseEnd::Circle(begin) } else { CourseEnd::Cause };
                        return course;
                    }
                    is_upward = via == Lead::Applier;
                    course.is_cut |= is_cut;
                    course.nodes.push((next, Some(via)));
                }
            }
        }
        course
    }

    /// What below an object makes it fail: the last that its way leads down to; where that does not lead down, the end of the way from
    /// the worst of what fails below it. None where nothing below it is to blame. Costs the walk.
    pub fn cause_below(&self, id: NodeId) -> Option<NodeId> {
        let down = |from: NodeId| {
            let course = self.course(from);
            let is_down = |(_, via): &&(NodeId, Option<Lead>)| via.is_none_or(|via| via == Lead::Child);
            course.nodes.iter().take_while(is_down).last().map_or(from, |(node, _)| *node)
        };
        let found = down(id);
        if found != id {
            return Some(found);
        }
        let fails_below = self.below.counts(id).worst().is_some_and(Health::is_failing);
        let worst = fails_below.then(|| self.worst_child(id, Health::is_failing, |_| true)).flatten()?;
        Some(down(worst.node)).filter(|node| *node != id)
    }

    /// Where an object leads to.
    pub(super) fn turn(&self, id: NodeId) -> Turn {
        let Some(object) = self.object(id) else { return self.absent(id) };
        let health = self.health(id);
        match health {
            Health::Suspended => Turn::Cause,
            Health::Terminating => self.child(id, &|health| health == Health::Terminating, &[]).unwrap_or(Turn::Cause),
            Health::Ready => self.ready(id, object),
            _ if !self.kind(id).is_flux() => {
                self.child(id, &Health::is_failing, &[]).or_else(|| self.unready(id, &[])).unwrap_or(Turn::Cause)
            }
            Health::Waiting => self.awaited(id, object),
            _ => self.reconciled(id, object),
        }
    }

    /// An object of Flux that failed, or is under way.
    fn reconciled(&self, id: NodeId, object: &Object) -> Turn {
        if let Some(controller) = self.stopped_controller(id, object) {
            return Turn::To(controller, Lead::Controller, false);
        }
        if let Some(turn) = self.named(super::message_of(object), id) {
            return turn;
        }
        if self.lacks_content(id, object)
            && let Some(source) = self.content(id)
        {
            return Turn::To(source, Lead::Content, false);
        }
        // what is fed by a source is not the reason why that fails
        let is_fed = matches!(self.kind(id).role, Role::Source | Role::Image);
        if is_fed || !checks_health(object) {
            return Turn::Cause;
        }
        let named = messages::checked(super::message_of(object));
        let named: Vec<_> = named.iter().map(|one| (&*one.kind, &*one.namespace, &*one.name)).collect();
        let child = self.child(id, &Health::is_failing, &named).or_else(|| self.unready(id, &named));
        let any = || self.child(id, &Health::is_failing, &[]).or_else(|| self.unready(id, &[]));
        child.or_else(any).unwrap_or(Turn::Cause)
    }

    /// What a message names that is to blame: a namespace that is being deleted, the hook of a chart that failed, the controller that does
    /// not serve artifacts.
    fn named(&self, message: &str, id: NodeId) -> Option<Turn> {
        let about = self.reference(id);
        let find = |kind: &Kind, namespace: &str, name: &str| {
            let object = ObjectRef::new(about.cluster, kind.gk(), namespace, name);
            self.store.find(&object).filter(|node| *node != id && self.object(*node).is_some())
        };
        if let Some(name) = messages::ending_namespace(message) {
            let node = find(kinds::NAMESPACE, "", name).filter(|node| self.health(*node) == Health::Terminating)?;
            return Some(Turn::To(node, Lead::Dependency, false));
        }
        if let Some((kind, name)) = messages::hooked(message) {
            let node = find(kind, &about.namespace, name).filter(|node| self.health(*node) != Health::Ready)?;
            return Some(Turn::To(node, Lead::Child, false));
        }
        if messages::says(message, NOT_FETCHED) {
            let node = self.controllers().get("source-controller").filter(|node| self.health(*node) != Health::Ready)?;
            return Some(Turn::To(node, Lead::Controller, false));
        }
        None
    }

    /// What an object waits for: a dependency, or what it takes its content from.
    fn awaited(&self, id: NodeId, object: &Object) -> Turn {
        let depends = self.dependency(id, object).map(|node| Turn::To(node, Lead::Dependency, false));
        let content = || self.content(id).map(|node| Turn::To(node, Lead::Content, false));
        depends.or_else(content).unwrap_or(Turn::Cause)
    }

    /// The dependency that is not ready: the one that the message names, else the first that is not.
    fn dependency(&self, id: NodeId, object: &Object) -> Option<NodeId> {
        let all: Vec<_> = self.out(id, Relation::DependsOn).collect();
        if let Some((namespace, name)) = messages::dependency(&object.verdict.message) {
            let is_it = |node: &&NodeId| {
                let reference = self.reference(**node);
                (&*reference.namespace, &*reference.name) == (namespace, name)
            };
            let named = all.iter().find(is_it).copied();
            // ready by now: it is asked again soon, and what is to be said is that it waits
            return named.filter(|node| !self.is_well(*node));
        }
        all.into_iter().find(|node| !self.is_well(*node))
    }

    fn is_well(&self, id: NodeId) -> bool {
        self.object(id).is_some() && self.health(id) == Health::Ready
    }

    /// What it takes its content from, where that is not ready: charts before what they come from.
    fn content(&self, id: NodeId) -> Option<NodeId> {
        let relations =
            [Relation::Chart, Relation::Source, Relation::Images, Relation::Includes, Relation::Inputs, Relation::Updates];
        relations
            .into_iter()
            .flat_map(|relation| self.out(id, relation))
            .find(|node| !self.is_well(*node) && self.is_known(*node))
    }

    /// Whether there is something to say of a node: it is here, or known not to be.
    fn is_known(&self, id: NodeId) -> bool {
        self.store.presence(id) != Presence::Unknown
    }

    /// Whether an object fails for want of what it takes its content from.
    fn lacks_content(&self, id: NodeId, object: &Object) -> bool {
        match self.kind(id).role {
            Role::Source | Role::Image => true,
            // a source that fails keeps its last artifact: what is built from that fails for reasons of its own
            Role::Applier | Role::Operator => {
                matches!(&*object.verdict.reason, "SourceNotReady" | "ArtifactFailed" | "SourceFetchFailed")
                    && !messages::says(&object.verdict.message, &["path not found"])
            }
            _ => false,
        }
    }

    /// A failing child; of those that are named, if some are.
    fn child(&self, id: NodeId, is_meant: &dyn Fn(Health) -> bool, named: &[(&str, &str, &str)]) -> Option<Turn> {
        let is_named = |reference: &ObjectRef| {
            let own = (&*reference.gk.kind, &*reference.namespace, &*reference.name);
            named.is_empty() || named.contains(&own)
        };
        let picked = self.worst_child(id, is_meant, is_named)?;
        Some(Turn::To(picked.node, Lead::Child, picked.is_cut))
    }

    /// A child that is not ready yet.
    fn unready(&self, id: NodeId, named: &[(&str, &str, &str)]) -> Option<Turn> {
        let is_meant =
            |health: Health| matches!(health, Health::Progressing | Health::Waiting | Health::Terminating | Health::Suspended);
        self.child(id, &is_meant, named)
    }

    /// A node without its object: what should have applied it says why it is not there.
    fn absent(&self, id: NodeId) -> Turn {
        if self.store.presence(id) != Presence::Missing {
            return Turn::Cause;
        }
        let to_blame = self.appliers(id).into_iter().find(|node| !self.is_well(*node) && self.object(*node).is_some());
        to_blame.map_or(Turn::Cause, |node| Turn::To(node, Lead::Applier, false))
    }

    /// An object that is well: what fails below it, or what keeps news from it.
    fn ready(&self, id: NodeId, object: &Object) -> Turn {
        if self.below.counts(id).worst().is_some_and(Health::is_failing)
            && let Some(turn) = self.child(id, &Health::is_failing, &[])
        {
            return turn;
        }
        if let Some(controller) = self.stopped_controller(id, object) {
            return Turn::To(controller, Lead::Controller, false);
        }
        if is_remarked(self.kind(id), object) {
            return Turn::Cause;
        }
        self.above(id)
    }

    /// What keeps news from an object that is well: its source, or what applies it.
    fn above(&self, id: NodeId) -> Turn {
        if let Some(source) = self.content(id).filter(|node| self.object(*node).is_some()) {
            return Turn::To(source, Lead::Content, false);
        }
        let owners = self.store.owners(id).iter().copied();
        for above in owners.chain(self.appliers(id)) {
            if self.object(above).is_none() || self.health(above) != Health::Ready {
                return Turn::To(above, Lead::Applier, false);
            }
        }
        self.well_above(id).map_or(Turn::Well, |node| Turn::To(node, Lead::Applier, false))
    }

    /// What is above an object and ready, where something further up is not.
    fn well_above(&self, id: NodeId) -> Option<NodeId> {
        let first = self.store.owners(id).iter().copied().chain(self.appliers(id)).next()?;
        let (mut at, mut seen) = (first, vec![id]);
        while seen.len() < MOST_STEPS && !seen.contains(&at) {
            if !self.is_well(at) || self.content(at).is_some_and(|node| self.object(node).is_some()) {
                return Some(first);
            }
            seen.push(at);
            at = self.store.owners(at).iter().copied().chain(self.appliers(at)).next()?;
        }
        None
    }
}

/// Whether what is said of an object is about the health of what it applied: then the cause is below it. An action of Helm fails so when
/// its wait ends (helm-controller `internal/action`), and otherwise for what the message says.
fn checks_health(object: &Object) -> bool {
    let (reason, message) = (&*object.verdict.reason, super::message_of(object));
    match reason {
        "HealthCheckFailed" | "HealthCheckCanceled" | "Progressing" | "ProgressingWithRetry" | "TestFailed" => true,
        "BuildFailed" | "ArtifactFailed" => false,
        _ => {
            // a webhook that does not answer in time is not a health check, nor is what the API server refuses
            let is_refused = ["dry-run failed", "calling webhook", "call webhook", "failed to download archive"];
            let ends =
                ["timeout waiting for", "failed early due to", "health check", "context deadline exceeded", "not ready. status:"];
            messages::says(message, &ends) && !messages::says(message, &is_refused)
        }
    }
}

/// Whether an object that is ready says that something is wrong all the same: an autoscaler that cannot scale, a release whose objects
/// were changed.
fn is_remarked(kind: &Kind, object: &Object) -> bool {
    let reason = &*object.verdict.reason;
    kind.has(Trait::Scaler) && !reason.is_empty() || reason == "DriftDetected"
}
