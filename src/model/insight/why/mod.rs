//! Why an object is as it is: the way to the first cause, in sentences that each name what says so.
//!
//! ```text
//!  sight      the objects, and the health below each        walk       from an object to the first cause
//!  clue       what a rule looks at, what it returns          causes     the rules, one a file
//!  messages   what the texts of others name                  evidence   what was asked for on demand
//!  wording    what each step on the way says                 remedy     what can be pressed
//!  group      all that is broken, by first cause             wants      what is worth asking for
//!  since      since when, and with which commits
//! ```
//! The first answer is made of the objects alone; evidence makes it sharper and never waits. Unknown is a value: what may not be read
//! is named, and what only follows from other things is not said.

mod causes;
mod clue;
mod controllers;
pub mod evidence;
mod group;
mod messages;
mod remedy;
mod sight;
pub mod since;
#[cfg(test)]
pub(super) mod tests;
mod walk;
mod wants;
mod wording;

use jiff::Timestamp;
use rustc_hash::FxHashSet;

pub use causes::{ALL as CAUSES, CauseRule};
pub use clue::{Clue, Diagnosis, Witness};
pub use controllers::controller_of;
pub use controllers::{COMPONENT, PART_OF, SHARD};
pub use evidence::{Dossier, Evidence, Learned};
pub use group::{BrokenGroup, broken};
pub use remedy::{Press, Remedy};
pub use sight::{Below, Picked, Sight};
pub use since::{BuildFault, Onset, OnsetAsk, Revisions, Suspect};
pub use walk::{Course, CourseEnd, Lead, MOST_STEPS};
pub use wants::{Want, wants};

use crate::domain::store::{Coverage, Presence};
use crate::domain::{Health, NodeId, Object, ObjectRef, Relation, Scope, Str};
use crate::kinds::{self, Role, Trait};

/// Most objects that are looked at for since when all is well.
const MOST_WELL: usize = 5000;
/// Most objects that are listed as waiting for one that fails.
const MOST_WAITING: usize = 200;

/// Why an object is as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub about: ObjectRef,
    pub health: Health,
    /// The rule that recognised the first cause; none where nothing is wrong.
    pub rule: Option<&'static str>,
    /// Causes of one rule with the same key are one.
    pub key: String,
    /// The first cause, then what it led to, up to the object that was asked about and beyond. Where nothing is wrong, the object alone.
    pub steps: Vec<Because>,
    /// Since when, if anything says so: the earliest of what led to it.
    pub since: Option<Timestamp>,
    /// The revision with which it fails, and what applies it.
    pub revision: Option<(ObjectRef, Str)>,
    /// What could not be read, or was not looked at.
    pub gaps: Vec<String>,
    pub presses: Vec<Press>,
}

/// One step: an object, and what is to be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Because {
    pub object: ObjectRef,
    pub health: Health,
    /// Without the object's name.
    pub says: String,
    pub witness: Witness,
    pub since: Option<Timestamp>,
    pub part: StepPart,
}

/// What a step is in an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPart {
    /// The first cause.
    Cause,
    /// Between the cause and the object that was asked about.
    Effect,
    /// The object that was asked about.
    Asked,
    /// What fails or waits because of that.
    Beyond,
}

impl StepPart {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Effect => "effect",
            Self::Asked => "asked",
            Self::Beyond => "beyond",
        }
    }
}

impl Explanation {
    /// The first cause; none where nothing is wrong.
    pub fn cause(&self) -> Option<&Because> {
        self.steps.first().filter(|_| self.rule.is_some())
    }
}

/// The text that decides on the state of an object of Flux. Of a release that was rolled back that is why it was: its Ready condition only
/// says that the rollback succeeded (helm-controller `internal/reconcile/release.go`).
fn message_of(object: &Object) -> &str {
    let condition =
        |kind: &str| object.conditions.iter().find(|condition| &*condition.kind == kind && &*condition.status == "False");
    let (reason, message) = (&*object.verdict.reason, &*object.verdict.message);
    let is_undone = matches!(reason, "RollbackSucceeded" | "UninstallSucceeded") && object.verdict.health != Health::Ready;
    // that it gave up does not say why it failed
    let gave_up = matches!(reason, "RetriesExceeded" | "MissingRollbackTarget") && messages::says(message, &["failed to "]);
    match condition("Released").filter(|_| is_undone || gave_up) {
        Some(released) if !released.message.is_empty() => &released.message,
        _ => &object.verdict.message,
    }
}

/// Explains an object. Costs a look at the children of each object on the way, and the rules for the last of them.
pub fn explain(sight: &Sight, id: NodeId, dossier: &Dossier) -> Explanation {
    let course = sight.course(id);
    let about = sight.reference(id).clone();
    let health = sight.health(id);
    if course.end == CourseEnd::Well {
        return well(sight, id, &course);
    }
    let (last, via) = *course.nodes.last().expect("a course begins with the object");
    let (rule, diagnosis) = diagnosed(sight, &course, dossier);
    let cause = Because {
        object: sight.reference(last).clone(),
        health: sight.health(last),
        says: diagnosis.says.clone(),
        witness: diagnosis.witness.clone(),
        since: diagnosis.since.or_else(|| since_of(sight, last)),
        part: StepPart::Cause,
    };
    let mut steps = vec![cause];
    steps.extend(effects(sight, &course));
    steps.extend(beyond(sight, &course));
    let asked = steps.iter().filter(|step| step.part != StepPart::Beyond);
    let since = asked.filter(|step| step.health != Health::Ready).filter_map(|step| step.since).min();
    let revision = revision(sight, last, id);
    let presses = presses(sight, &course, &diagnosis, revision.as_ref());
    let mut gaps = gaps(sight, &course, via);
    if let Some(evidence) = dossier.get(sight.reference(last)) {
        gaps.extend(
            evidence
                .gaps()
                .into_iter()
                .map(|(what, why)| format!("{what} of {}: {}", sight.reference(last), messages::brief(why))),
        );
    }
    Explanation { about, health, rule: Some(rule.name), key: diagnosis.key, steps, since, revision, gaps, presses }
}

/// The first sentence of an explanation alone: what a line has room for. None where nothing is wrong. Costs the walk, and the rules.
pub fn first_sentence(sight: &Sight, id: NodeId) -> Option<Because> {
    let course = sight.course(id);
    if course.end == CourseEnd::Well {
        return None;
    }
    let last = course.nodes.last()?.0;
    let (_, diagnosis) = diagnosed(sight, &course, &Dossier::new());
    let since = diagnosis.since.or_else(|| since_of(sight, last));
    let (object, health) = (sight.reference(last).clone(), sight.health(last));
    Some(Because { object, health, says: diagnosis.says, witness: diagnosis.witness, since, part: StepPart::Cause })
}

/// What the rules say of the end of a course.
fn diagnosed(sight: &Sight, course: &Course, dossier: &Dossier) -> (&'static CauseRule, Diagnosis) {
    let (node, via) = *course.nodes.last().expect("a course begins with the object");
    let circle: Vec<_> = match course.end {
        CourseEnd::Circle(begin) => course.nodes[begin..].iter().map(|(node, _)| *node).collect(),
        CourseEnd::Cause | CourseEnd::Well | CourseEnd::Long => Vec::new(),
    };
    let object = sight.object(node);
    let clue = Clue {
        sight,
        node,
        object,
        kind: sight.kind(node),
        health: sight.health(node),
        reason: object.map_or("", |object| &object.verdict.reason),
        message: object.map_or("", message_of),
        via,
        circle: &circle,
        evidence: dossier.get(sight.reference(node)),
    };
    causes::diagnose(&clue)
}

/// Nothing is wrong with it: since when, and which revision it has.
fn well(sight: &Sight, id: NodeId, course: &Course) -> Explanation {
    let about = sight.reference(id).clone();
    let health = sight.health(id);
    let since = well_since(sight, id);
    let says = wording::well(sight, id);
    let witness = wording::witness(sight, id);
    let step = Because { object: about.clone(), health, says, witness, since, part: StepPart::Asked };
    let gaps = gaps(sight, course, None);
    Explanation {
        about,
        health,
        rule: None,
        key: String::new(),
        steps: vec![step],
        since,
        revision: revision(sight, id, id),
        gaps,
        presses: Vec::new(),
    }
}

/// What the cause led to, from behind it to the object that was asked about. What only passes on what its owner wants is left out.
fn effects(sight: &Sight, course: &Course) -> Vec<Because> {
    let asked = course.nodes[0].0;
    let before = course.nodes[..course.nodes.len() - 1].iter().enumerate().rev();
    let step = |(at, (node, _)): (usize, &(NodeId, Option<Lead>))| {
        let via = course.nodes[at + 1].1;
        let part = if *node == asked { StepPart::Asked } else { StepPart::Effect };
        (part == StepPart::Asked || !sight.passes_on(*node)).then(|| Because {
            object: sight.reference(*node).clone(),
            health: sight.health(*node),
            says: wording::effect(sight, *node, via),
            witness: wording::witness(sight, *node),
            since: since_of(sight, *node),
            part,
        })
    };
    before.filter_map(step).collect()
}

/// What fails because of the object that was asked about, and what waits for any of them.
fn beyond(sight: &Sight, course: &Course) -> Vec<Because> {
    let mut on_course: Vec<_> = course.nodes.iter().map(|(node, _)| *node).collect();
    let (mut found, mut at) = (Vec::new(), on_course[0]);
    while found.len() < MOST_STEPS {
        let owners = sight.store.owners(at).iter().copied();
        let Some(above) = owners.chain(sight.appliers(at)).find(|node| !on_course.contains(node)) else { break };
        let leads_here = matches!(sight.turn(above), walk::Turn::To(next, _, _) if on_course.contains(&next));
        if sight.object(above).is_none() || sight.health(above) == Health::Ready || !leads_here {
            break;
        }
        on_course.push(above);
        if !sight.passes_on(above) {
            found.push(Because {
                object: sight.reference(above).clone(),
                health: sight.health(above),
                says: wording::effect(sight, above, Some(Lead::Child)),
                witness: wording::witness(sight, above),
                since: since_of(sight, above),
                part: StepPart::Beyond,
            });
        }
        at = above;
    }
    let is_circle = matches!(course.end, CourseEnd::Circle(_));
    found.extend(waiting(sight, &on_course).filter(|_| !is_circle));
    found
}

/// Those that wait for any of these, in one step.
fn waiting(sight: &Sight, on_course: &[NodeId]) -> Option<Because> {
    let depends = |node: &NodeId| {
        let links = sight.store.incoming(*node).iter().filter(|link| link.relation == Relation::DependsOn);
        links.map(|link| link.node).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = on_course
        .iter()
        .flat_map(depends)
        .filter(|node| !on_course.contains(node) && sight.health(*node) == Health::Waiting)
        .take(MOST_WAITING)
        .collect();
    found.sort_by(|a, b| sight.reference(*a).cmp(sight.reference(*b)));
    found.dedup();
    let first = *found.first()?;
    Some(Because {
        object: sight.reference(first).clone(),
        health: Health::Waiting,
        says: wording::waiting(sight, &found[1..]),
        witness: wording::witness(sight, first),
        since: since_of(sight, first),
        part: StepPart::Beyond,
    })
}

/// When what decides on an object last changed; of one that says nothing of that, when it was made.
fn since_of(sight: &Sight, id: NodeId) -> Option<Timestamp> {
    let object = sight.object(id)?;
    object.verdict.since.or(object.created).filter(|since| *since <= sight.now)
}

/// Since when all is well: the latest of the object and of what it applied, down to workloads. Ready of an applier says nothing of pods
/// where it waits for none; a pod that came since says nothing of the workload. Costs a look at each, of which there are at most
/// [`MOST_WELL`].
fn well_since(sight: &Sight, id: NodeId) -> Option<Timestamp> {
    let (mut latest, mut left, mut seen, mut open) = (since_of(sight, id), MOST_WELL, FxHashSet::default(), vec![id]);
    while let Some(node) = open.pop().filter(|_| left > 0) {
        if !seen.insert(node) {
            continue;
        }
        left -= 1;
        let since = sight.object(node).and_then(|object| object.verdict.since).filter(|since| *since <= sight.now);
        latest = latest.max(since);
        if sight.kind(node).role != Role::Workload {
            open.extend(sight.out(node, Relation::Applies));
        }
    }
    latest
}

/// The nearest object above that applies what a source has fetched, with the revision that it attempted last.
fn revision(sight: &Sight, cause: NodeId, asked: NodeId) -> Option<(ObjectRef, Str)> {
    let from = |mut at: NodeId| {
        for _ in 0..MOST_STEPS {
            let object = sight.object(at);
            if sight.kind(at).has(Trait::Sourced)
                && let Some(revision) =
                    object.and_then(|object| object.facts.attempted.clone().or_else(|| object.facts.revision.clone()))
            {
                return Some((sight.reference(at).clone(), revision));
            }
            at = sight.store.owners(at).iter().copied().chain(sight.appliers(at)).next()?;
        }
        None
    };
    from(cause).or_else(|| from(asked))
}

/// What can be pressed: what the rule offers of the cause, and what counts failures on the way.
fn presses(sight: &Sight, course: &Course, diagnosis: &Diagnosis, revision: Option<&(ObjectRef, Str)>) -> Vec<Press> {
    let cause = course.nodes.last().map(|(node, _)| *node).expect("a course begins with the object");
    let own = |remedy: &Remedy| match remedy {
        // what is not reconciled itself is reconciled by what applies it
        Remedy::Reconcile | Remedy::ReconcileWithSource if !sight.kind(cause).is_flux() => {
            let above = sight.appliers(cause).into_iter().find(|node| sight.object(*node).is_some())?;
            Some(Press { remedy: *remedy, object: sight.reference(above).clone() })
        }
        Remedy::Reconcile | Remedy::Resume | Remedy::Reset if sight.object(cause).is_none() => {
            let asked = course
                .nodes
                .iter()
                .rev()
                .map(|(node, _)| *node)
                .find(|node| sight.kind(*node).is_flux() && sight.object(*node).is_some())?;
            Some(Press { remedy: *remedy, object: sight.reference(asked).clone() })
        }
        _ => Some(Press { remedy: *remedy, object: sight.reference(cause).clone() }),
    };
    let mut found: Vec<_> = diagnosis.remedies.iter().filter_map(own).collect();
    // a release that gave up tries again only when it is asked to, or when its chart or values change
    let gave_up = |node: &NodeId| sight.kind(*node).has(Trait::CountsFailures) && sight.health(*node) == Health::Stalled;
    let stalled = course.nodes.iter().map(|(node, _)| *node).filter(gave_up).map(|node| sight.reference(node));
    found.extend(stalled.map(|object| Press { remedy: Remedy::Reset, object: object.clone() }));
    let is_of_git = diagnosis.remedies.contains(&Remedy::File);
    found.extend(revision.filter(|_| is_of_git).map(|(object, _)| Press { remedy: Remedy::RollBack, object: object.clone() }));
    let mut seen = Vec::new();
    found.retain(|press| {
        !seen.contains(press) && {
            seen.push(press.clone());
            true
        }
    });
    found
}

/// What the user may not read, and would say more.
fn gaps(sight: &Sight, course: &Course, via: Option<Lead>) -> Vec<String> {
    let mut gaps = Vec::new();
    let (last, _) = *course.nodes.last().expect("a course begins with the object");
    if course.is_cut {
        gaps.push("not all objects below were looked at: there are too many".to_owned());
    }
    if course.end == CourseEnd::Long {
        gaps.push("the way goes on: it was followed no further".to_owned());
    }
    let is_workload = sight.kind(last).has(Trait::MakesPods) || sight.kind(last).has(Trait::OwnsPods);
    if is_workload && sight.health(last) != Health::Ready {
        let namespace = &sight.reference(last).namespace;
        let restricted = |kind: &kinds::Kind| {
            let own = sight.store.coverage_of(&Scope { gk: kind.gk(), namespace: Some(namespace.clone()) });
            own.or_else(|| sight.store.coverage_of(&Scope { gk: kind.gk(), namespace: None })) == Some(Coverage::Restricted)
        };
        let kinds = [kinds::REPLICA_SET, kinds::POD]
            .into_iter()
            .filter(|kind| restricted(kind))
            .map(|kind| kind.plural)
            .collect::<Vec<_>>();
        if !kinds.is_empty() {
            gaps.push(format!("{} in {namespace}: you may not list them", kinds.join(" and ")));
        }
    }
    let asked = course.nodes[0].0;
    for above in sight.appliers(asked).into_iter().chain(sight.appliers(last)) {
        if sight.store.presence(above) == Presence::Restricted && via != Some(Lead::Applier) {
            let gap = format!("{}: you may not read what applies it", sight.reference(above));
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
    }
    let is_remote =
        |node: &NodeId| sight.object(*node).is_some_and(|object| object.facts.remote) && sight.kind(*node).role == Role::Applier;
    gaps.extend(
        course
            .nodes
            .iter()
            .map(|(node, _)| *node)
            .filter(is_remote)
            .map(|node| format!("what {} applies is in another cluster", sight.reference(node))),
    );
    gaps
}
