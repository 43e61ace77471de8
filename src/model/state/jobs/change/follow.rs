//! From the open pull request to the pods: merged, fetched, applied, rolled out. A pure function of the change, of what the forge has
//! reported and of the store; what nobody here can see is *not visible*, never guessed.
//!
//! Applied means that the revision which the Kustomization attempted contains the merge (of a squash or a rebase too), and that the live
//! object carries the new values. Whether a revision contains the merge is asked once for each revision.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::advance::short;
use super::behind::behind;
use super::chart;
use super::progress::End;
use super::{Change, ChangeGoal, ChangeNeed, ChangeOutcome, ChangePhase, ChangeStep};
use crate::domain::revision;
use crate::domain::text::{counted, redact};
use crate::domain::{Coverage, Health, Object, ObjectRef, Pull, PullState, Relation, Store};
use crate::state::jobs::View;

/// How often the forge is asked for an open pull request, at first and after [`LONG`].
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const LATER: SignedDuration = SignedDuration::from_secs(60);
const LONG: SignedDuration = SignedDuration::from_mins(10);

/// How far a merged change has come in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    pub fetched: Reached,
    pub applied: Reached,
    pub rolled_out: Reached,
    /// Revisions of which it was asked whether they contain the merge; none: it cannot be known.
    contains: BTreeMap<String, Option<bool>>,
    /// Whether the live objects carried the new values when they were of that generation, added up.
    carries: Option<(i64, Result<bool, String>)>,
}

/// Whether a step was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reached {
    Waiting { why: String },
    Seen { at: Timestamp, text: String },
    NotVisible { why: String },
}

impl Default for Reached {
    fn default() -> Self {
        Self::Waiting { why: String::new() }
    }
}

impl Reached {
    fn waiting(why: impl Into<String>) -> Self {
        Self::Waiting { why: why.into() }
    }

    fn unseen(why: impl Into<String>) -> Self {
        Self::NotVisible { why: why.into() }
    }

    /// Whether nothing more is waited for.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Waiting { .. })
    }

    /// A step that was seen stays so, at the time when it was first seen.
    fn update(&mut self, next: Self) {
        if !matches!(self, Self::Seen { .. }) {
            *self = next;
        }
    }
}

/// Whether a revision contains the merge.
enum Contains {
    Yes,
    No,
    Unknown,
    /// It has to be asked.
    Ask(String),
}

impl Change {
    pub(super) fn followed(&mut self, outcome: ChangeOutcome, now: Timestamp) -> Option<ChangeNeed> {
        self.progress.is_asking = false;
        match outcome {
            ChangeOutcome::Pull(pull) => {
                self.progress.trouble = None;
                self.take_pull(*pull, now);
            }
            ChangeOutcome::Contains { revision, is_in } => {
                self.progress.rollout.contains.insert(revision, is_in);
            }
            ChangeOutcome::Carries(carries) => {
                if let Some((_, known)) = &mut self.progress.rollout.carries {
                    *known = carries.map_err(|why| redact(&why).into_owned());
                }
            }
            ChangeOutcome::Failed { why, .. } | ChangeOutcome::Lost { why } => {
                self.progress.trouble = Some(redact(&why).into_owned());
            }
            ChangeOutcome::NoForge { why, .. } => self.progress.trouble = Some(why),
            _ => {}
        }
        None
    }

    /// Takes what the forge reports of the pull request.
    pub(super) fn take_pull(&mut self, pull: Pull, now: Timestamp) {
        let was_merged = self.progress.pull.as_ref().is_some_and(|known| known.merge().is_some());
        let (number, state, is_stuck, is_queued) = (pull.number, pull.state.clone(), pull.is_stuck(), pull.is_queued);
        let known = self.progress.pull.replace(pull);
        let was_stuck = known.as_ref().is_some_and(Pull::is_stuck);
        if state == PullState::Open && is_queued && known.is_none_or(|known| !known.is_queued) {
            self.progress.note(now, format!("#{number} is queued: the forge merges it as soon as it may"));
        }
        match state {
            PullState::Open if is_stuck && !was_stuck => {
                let base = &self.order.site.base;
                let text = format!("the forge cannot merge #{number} at present: {base} may have changed in the same lines");
                self.progress.note(now, text);
            }
            PullState::Open => {}
            PullState::Closed => {
                self.progress.end(now, End::Stopped { why: format!("#{number} was closed without being merged") });
            }
            PullState::Merged(_) if was_merged => {}
            PullState::Merged(merge) => {
                let by = merge.by.map(|by| format!(" by {by}")).unwrap_or_default();
                self.progress.note(now, format!("merged{by} as {}", short(&merge.commit)));
                if self.goal == ChangeGoal::Merged {
                    self.progress.end(now, End::Done { text: format!("merged as {}", short(&merge.commit)) });
                } else if self.target.is_none() {
                    let text = format!("merged as {}; no cluster is looked at", short(&merge.commit));
                    self.progress.end(now, End::Done { text });
                }
            }
        }
    }

    /// Looks at the clock and, if it is connected, at the cluster. Returns what has to be asked.
    pub(in crate::state::jobs) fn look(&mut self, view: Option<&View>, now: Timestamp) -> Option<ChangeNeed> {
        if self.progress.phase != ChangePhase::Follow || self.progress.is_asking {
            return None;
        }
        let pull = self.progress.pull.clone()?;
        let Some(merge) = pull.merge() else {
            let is_due = self.next_change(now).is_some_and(|seconds| seconds <= 0);
            return is_due.then(|| self.ask_forge(pull.number, now));
        };
        let view = view.filter(|view| view.lost.is_none())?;
        let need = self.reach(&merge.commit, view.store, now);
        self.settle(now);
        if need.is_some() && self.progress.phase == ChangePhase::Follow {
            self.progress.is_asking = true;
            self.progress.turn += 1;
            return need.map(ChangeNeed::Do);
        }
        None
    }

    fn ask_forge(&mut self, number: u64, now: Timestamp) -> ChangeNeed {
        (self.progress.asked, self.progress.is_asking) = (Some(now), true);
        self.progress.turn += 1;
        ChangeNeed::Do(ChangeStep::Look(number))
    }

    /// In how many seconds the forge is asked again, or the object read; none if neither is.
    pub(in crate::state::jobs) fn next_change(&self, now: Timestamp) -> Option<i64> {
        if self.progress.phase != ChangePhase::Follow || self.progress.is_asking {
            return None;
        }
        if !self.progress.pull.as_ref()?.is_open() {
            let asked = self.progress.asked.map_or(SignedDuration::ZERO, |asked| now.duration_since(asked));
            // where its cluster is not connected nothing is asked, and the next turn is as far away
            return self.lacks().then(|| PAUSE.as_secs() - asked.as_secs().max(0) % PAUSE.as_secs());
        }
        let waited = self.progress.since.map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        let pause = if waited < LONG { PAUSE } else { LATER };
        let asked = self.progress.asked.map_or(pause, |asked| now.duration_since(asked));
        Some((pause - asked).as_secs().max(0))
    }

    /// Brings the three steps in the cluster up to date. Returns what has to be asked for that.
    fn reach(&mut self, merge: &str, store: &Store, now: Timestamp) -> Option<ChangeStep> {
        let applier = self.applier.as_ref().and_then(|applier| store.object_of(applier));
        let mut asks = None;
        let (fetched, applied) = match (&self.applier, applier) {
            _ if merge.is_empty() => (Reached::unseen("the forge does not report the merge commit"), None),
            (None, _) => (Reached::unseen("which Kustomization applies it is not known"), None),
            (Some(id), None) => (missing(id, store), None),
            (Some(_), Some(applier)) => {
                let fetched = self.fetched(merge, applier, store, now, &mut asks);
                (fetched, Some(self.attempted(merge, applier, store, now, &mut asks)))
            }
        };
        let carried = self.carried(store, applied.as_ref(), now, &mut asks);
        let applied = match (applied.unwrap_or_else(|| unseen_of(&fetched)), &carried) {
            (Reached::Seen { .. }, Reached::Waiting { why }) => Reached::waiting(why.clone()),
            (applied, _) => applied,
        };
        let rolled_out = self.rolled_out(&carried, store, now);
        let rollout = &mut self.progress.rollout;
        rollout.fetched.update(fetched);
        rollout.applied.update(applied);
        rollout.rolled_out.update(rolled_out);
        asks
    }

    fn contains(&self, merge: &str, revision: &str) -> Contains {
        let id = revision.rsplit([':', '/']).next().unwrap_or(revision);
        if id == merge {
            return Contains::Yes;
        }
        match self.progress.rollout.contains.get(revision) {
            Some(Some(true)) => Contains::Yes,
            Some(Some(false)) => Contains::No,
            Some(None) => Contains::Unknown,
            None => Contains::Ask(revision.to_owned()),
        }
    }

    fn at(&self, merge: &str, revision: Option<&str>, now: Timestamp, asks: &mut Option<ChangeStep>) -> Reached {
        let Some(revision) = revision.filter(|revision| !revision.is_empty()) else {
            return Reached::waiting("it has no revision yet");
        };
        let text = revision::short(revision);
        match self.contains(merge, revision) {
            Contains::Yes => Reached::Seen { at: now, text },
            Contains::No => Reached::waiting(format!("at {text}")),
            Contains::Unknown => Reached::unseen(format!("whether {text} contains it cannot be determined")),
            Contains::Ask(revision) => {
                asks.get_or_insert(ChangeStep::Contains { revision });
                Reached::waiting(format!("at {text}"))
            }
        }
    }

    fn fetched(&self, merge: &str, applier: &Object, store: &Store, now: Timestamp, asks: &mut Option<ChangeStep>) -> Reached {
        let edges = store.find(&applier.id).map(|node| store.out(node)).unwrap_or_default();
        let Some(id) = edges.iter().find(|edge| edge.relation == Relation::Source).map(|edge| store.reference(edge.node)) else {
            return Reached::unseen("its Kustomization names no source");
        };
        let Some(source) = store.object_of(id) else { return missing(id, store) };
        match self.at(merge, source.facts.revision.as_deref(), now, asks) {
            Reached::Waiting { .. } if source.suspension.is_some() => Reached::waiting(format!("{id} is suspended")),
            Reached::Waiting { .. } if source.verdict.health == Health::Failed => {
                Reached::waiting(format!("{id}: {}", source.verdict.message))
            }
            reached => reached,
        }
    }

    /// Whether the Kustomization has attempted the merge, and not failed at it.
    fn attempted(&self, merge: &str, applier: &Object, store: &Store, now: Timestamp, asks: &mut Option<ChangeStep>) -> Reached {
        let facts = &applier.facts;
        let attempted = facts.attempted.as_deref().or(facts.revision.as_deref());
        match self.at(merge, attempted, now, asks) {
            Reached::Waiting { .. } if applier.suspension.is_some() => Reached::waiting(format!("{} is suspended", applier.id)),
            Reached::Waiting { why } => {
                let said = || format!("{}: {}", applier.id, applier.verdict.message);
                Reached::waiting(match (applier.verdict.health, behind(&applier.id, store).first()) {
                    (Health::Failed | Health::Stalled, _) | (Health::Waiting, None) => said(),
                    (_, Some(id)) => waits_for(id, store),
                    (_, None) => why,
                })
            }
            reached => reached,
        }
    }

    /// The objects whose fields change; of a change that was begun by an older version, the one that it was asked for.
    pub fn changed(&self) -> Vec<ObjectRef> {
        let Some(target) = &self.target else { return Vec::new() };
        let mut found: Vec<ObjectRef> = Vec::new();
        for field in &self.fields {
            let object = field.of.as_ref().map_or_else(|| target.clone(), |of| of.moved(target.cluster));
            if !found.contains(&object) {
                found.push(object);
            }
        }
        found
    }

    /// Whether the objects were read, and did not have the new values.
    fn lacks(&self) -> bool {
        matches!(self.progress.rollout.carries, Some((_, Ok(false))))
    }

    /// Whether the live objects carry the new values: asked once it may, for each generation of them, and now and then while they do not.
    fn carried(&mut self, store: &Store, applied: Option<&Reached>, now: Timestamp, asks: &mut Option<ChangeStep>) -> Reached {
        let Some(target) = &self.target else { return Reached::unseen("no cluster is looked at") };
        let changed = self.changed();
        let followed: Vec<_> = changed.iter().filter_map(|id| store.object_of(id)).collect();
        // what is not followed is read; of what is, one that is missing is not there yet, or may not be read
        let is_followed = |id: &&ObjectRef| store.covers(id).is_some_and(|covered| covered != Coverage::NotServed);
        if let Some(id) = changed.iter().filter(is_followed).find(|id| store.object_of(id).is_none()) {
            return missing(id, store);
        }
        let generation: i64 = followed.iter().map(|object| object.generation).sum();
        let lacks = || match changed.as_slice() {
            [one] => format!("{one} does not have the new value yet"),
            many => format!("not all of {} have the new value yet", counted(many.len(), "object")),
        };
        // where its Kustomization may not be read, only the object itself shows it
        if applied.is_some_and(|applied| !applied.is_settled()) {
            return Reached::waiting("");
        }
        // labels and annotations change no generation, and some kinds have none
        let is_due = self.lacks() && self.progress.asked.is_none_or(|asked| now.duration_since(asked) >= PAUSE);
        match &self.progress.rollout.carries {
            Some(_) if is_due && asks.is_none() => {
                self.progress.asked = Some(now);
                self.progress.rollout.carries = Some((generation, Ok(false)));
                *asks = Some(ChangeStep::Carries);
                Reached::waiting(lacks())
            }
            Some((known, carries)) if *known == generation => match carries {
                Ok(true) => Reached::Seen { at: Timestamp::default(), text: String::new() },
                Ok(false) => Reached::waiting(lacks()),
                Err(why) => Reached::unseen(why.clone()),
            },
            _ => {
                if asks.is_none() {
                    *asks = Some(ChangeStep::Carries);
                    self.progress.rollout.carries = Some((generation, Ok(false)));
                }
                Reached::waiting(format!("{target} is being read"))
            }
        }
    }

    fn rolled_out(&self, carried: &Reached, store: &Store, now: Timestamp) -> Reached {
        match carried {
            Reached::Waiting { .. } => Reached::waiting(""),
            Reached::NotVisible { why } => Reached::unseen(why.clone()),
            Reached::Seen { .. } => {
                let all: Vec<_> = self.objects().iter().filter_map(|id| store.object_of(id)).collect();
                let Some(first) = all.first() else { return Reached::waiting("") };
                let ready = |object: &Object| object.facts.ready.map(|(ready, all)| format!("{ready}/{all}")).unwrap_or_default();
                let is_as_wanted = |object: &&&Object| {
                    object.verdict.health == Health::Ready && chart::is_taken(object, store)
                        || object.verdict.health == Health::Suspended && self.suspends(&object.id)
                };
                match all.iter().find(|object| !is_as_wanted(object)) {
                    None if first.verdict.health == Health::Suspended => Reached::Seen { at: now, text: "suspended".to_owned() },
                    None if all.len() > 1 => Reached::Seen { at: now, text: counted(all.len(), "object") },
                    None => Reached::Seen { at: now, text: ready(first) },
                    Some(object) => {
                        let lags = object.verdict.health == Health::Ready;
                        let (word, message) = match lags {
                            true => ("waiting", "its source has another version of the chart by now"),
                            false => (object.verdict.health.word(), &*object.verdict.message),
                        };
                        let name = if all.len() > 1 { format!("{}: ", object.id) } else { String::new() };
                        Reached::waiting(format!("{name}{word} {} {message}", ready(object)).trim().to_owned())
                    }
                }
            }
        }
    }

    /// Whether it is what suspends an object: then nothing of it becomes ready.
    fn suspends(&self, object: &ObjectRef) -> bool {
        let is_of = |of: &Option<ObjectRef>| of.as_ref().is_none_or(|of| of.moved(object.cluster) == *object);
        self.fields
            .iter()
            .any(|field| field.field == "spec.suspend" && field.after.as_deref() == Some("true") && is_of(&field.of))
    }

    /// Notes what is new, and ends when the goal is reached or can no longer be seen.
    fn settle(&mut self, now: Timestamp) {
        let rollout = self.progress.rollout.clone();
        let steps = [("fetched", &rollout.fetched), ("applied", &rollout.applied), ("rolled out", &rollout.rolled_out)];
        for (word, step) in steps {
            let text = match step {
                Reached::Seen { text, .. } => format!("{word} {text}"),
                Reached::NotVisible { why } => format!("{word}: not visible: {why}"),
                Reached::Waiting { .. } => continue,
            };
            let text = text.trim_end().to_owned();
            if self.progress.log.iter().all(|line| line.text != text) {
                self.progress.note(now, text);
            }
        }
        let last = if self.goal == ChangeGoal::Applied { &rollout.applied } else { &rollout.rolled_out };
        let text = match last {
            Reached::Seen { .. } if self.goal == ChangeGoal::Applied => "applied".to_owned(),
            Reached::Seen { text, .. } => format!("rolled out {text}").trim_end().to_owned(),
            Reached::NotVisible { why } => format!("merged; the rest is not visible: {why}"),
            Reached::Waiting { .. } => return,
        };
        self.progress.end(now, End::Done { text });
    }
}

/// Why an object is not there: it may not be read, or is not there yet.
fn missing(id: &ObjectRef, store: &Store) -> Reached {
    match store.covers(id) {
        Some(Coverage::Complete | Coverage::Polled(_) | Coverage::Listing) => Reached::waiting(format!("{id} is not there")),
        Some(Coverage::Failing) => Reached::waiting(format!("{id} cannot be read at present")),
        Some(Coverage::Restricted) => Reached::unseen(format!("you may not read {id}")),
        Some(Coverage::NotServed) | None => Reached::unseen(format!("{id} is not followed")),
    }
}

/// Why what an applier depends on has not applied the revision yet.
fn waits_for(id: &ObjectRef, store: &Store) -> String {
    let Some(object) = store.object_of(id) else { return format!("it depends on {id}") };
    match object.verdict.health {
        Health::Suspended => format!("it depends on {id}, which is suspended"),
        Health::Failed | Health::Stalled => format!("it depends on {id}: {}", object.verdict.message),
        _ => {
            let at = object.facts.revision.as_deref().map_or_else(|| "no revision".to_owned(), revision::short);
            format!("it depends on {id}, which is at {at}")
        }
    }
}

/// What is not visible of one step is not of the next.
fn unseen_of(before: &Reached) -> Reached {
    match before {
        Reached::NotVisible { why } => Reached::unseen(why.clone()),
        _ => Reached::waiting(""),
    }
}
