//! How an item goes on: with the answer to its request, with what its object shows, with time.

use jiff::Timestamp;

use super::job::{Item, Job, Phase};
use super::outcome::Outcome;
use crate::actions::{Step, Until};
use crate::domain::{Health, Object, ObjectRef, Presence, Store, duration};
use crate::kinds::{self, Role};

/// How often a conflict is tried again (client-go `util/retry`, DefaultRetry: 5 steps).
const CONFLICTS: u32 = 5;

/// What an item wants next from the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Write,
    Probe,
}

/// What an item can see of the cluster.
pub(super) struct Sight<'a> {
    pub store: &'a Store,
    /// Since when the picture is old, if it is.
    pub lost: Option<&'a str>,
    pub now: Timestamp,
}

impl Sight<'_> {
    fn object(&self, id: &ObjectRef) -> Option<&Object> {
        self.store.object_of(id)
    }

    fn is_missing(&self, id: &ObjectRef) -> bool {
        self.lost.is_none() && self.store.find(id).is_none_or(|node| self.store.presence(node) == Presence::Missing)
    }
}

impl Item {
    /// Begins the step under way.
    pub(super) fn begin(&mut self, sight: &Sight) -> Wish {
        let step = self.step().clone();
        let found = sight.object(&step.object);
        if step.must_run && found.is_some_and(|object| object.suspension.is_some()) {
            let message = format!("{} is suspended", step.object);
            self.end(sight.now, Phase::Failed { message, retries: false });
            return Wish::Nothing;
        }
        self.before = found.and_then(|object| object.control.as_ref()?.handled.as_deref().map(str::to_owned));
        self.since = Some(sight.now);
        self.conflicts = 0;
        self.note(
            sight.now,
            if step.object == self.object { "requesting".to_owned() } else { format!("requesting {}", step.object) },
        );
        self.send()
    }

    fn send(&mut self) -> Wish {
        self.phase = Phase::Sent;
        self.turn += 1;
        Wish::Write
    }

    /// Takes the answer to its last request.
    pub(super) fn hear(&mut self, outcome: Outcome, waits: bool, sight: &Sight) -> Wish {
        let now = sight.now;
        let fail = |message: String| Phase::Failed { message, retries: false };
        match outcome {
            Outcome::Taken { generation, is_proven: true } => return self.taken(generation, waits, sight),
            Outcome::Taken { is_proven: false, .. } => {
                let message = format!(
                    "the API server took it and dropped the field: this version of {} does not have it",
                    self.object.gk.kind
                );
                self.end(now, fail(message));
            }
            Outcome::Conflict(why) if self.conflicts < CONFLICTS => {
                self.conflicts += 1;
                self.note(now, format!("conflict, again: {why}"));
                return self.send();
            }
            Outcome::Conflict(why) => self.end(now, fail(format!("conflict, {CONFLICTS} times: {why}"))),
            Outcome::Refused(error) => self.end(now, fail(error.message)),
            Outcome::Unsent(error) => self.end(now, fail(format!("nothing was sent: {}", error.message))),
            Outcome::Unknown(why) => {
                self.note(now, format!("unknown whether it arrived, checking: {why}"));
                self.phase = Phase::Checking { why };
                self.turn += 1;
                return Wish::Probe;
            }
            Outcome::Absent => self.end(now, fail(format!("it was not done, as the object shows: {}", self.phase.message()))),
            Outcome::Missing if self.step().until == Until::Gone => return self.taken(0, waits, sight),
            Outcome::Missing => self.end(now, fail(format!("{} is gone", self.step().object))),
            Outcome::Unseen(why) => {
                let why = format!("it may have been done or not: {}; and it could not be looked up: {why}", self.phase.message());
                self.end(now, Phase::Unknown { why });
            }
        }
        Wish::Nothing
    }

    fn taken(&mut self, generation: i64, waits: bool, sight: &Sight) -> Wish {
        let is_last = self.at + 1 == self.steps.len();
        if self.step().until == Until::Taken || (is_last && !waits) {
            let text = self.taken_word();
            return self.finish(text, sight);
        }
        self.note(sight.now, "requested");
        self.phase = Phase::Requested { generation };
        self.look(sight)
    }

    fn taken_word(&self) -> String {
        match (&self.step().until, &self.step().proof) {
            (Until::Gone, _) => "deletion requested".to_owned(),
            (_, proof) => match proof {
                crate::actions::Proof::Says { pointer, value } if pointer == "/spec/suspend" && value.is_null() => {
                    "resumed".to_owned()
                }
                crate::actions::Proof::Says { pointer, .. } if pointer == "/spec/suspend" => "suspended".to_owned(),
                crate::actions::Proof::Says { value, .. } if value == "disabled" => "suspended".to_owned(),
                _ => "requested".to_owned(),
            },
        }
    }

    /// The step has come to its good end.
    fn finish(&mut self, text: String, sight: &Sight) -> Wish {
        if self.at + 1 < self.steps.len() {
            let object = self.step().object.clone();
            self.note(sight.now, format!("{object}: {text}"));
            self.at += 1;
            return self.begin(sight);
        }
        self.end(sight.now, Phase::Done { text });
        Wish::Nothing
    }

    /// Whether its object is worth a look: it is under way, or nobody knew what became of it.
    pub(super) fn watches(&self) -> bool {
        matches!(self.phase, Phase::Requested { .. } | Phase::Handled { .. } | Phase::Checking { .. } | Phase::Unknown { .. })
    }

    /// Looks at the object of the step under way.
    pub(super) fn look(&mut self, sight: &Sight) -> Wish {
        let step = self.step().clone();
        let generation = match self.phase {
            Phase::Requested { generation } | Phase::Handled { generation } => generation,
            // what nobody knew may show by itself
            Phase::Checking { .. } | Phase::Unknown { .. } if self.shows(&step, sight) => {
                self.ended = None;
                self.note(sight.now, "it had arrived");
                let generation = sight.object(&step.object).map_or(0, |object| object.generation);
                return self.taken(generation, true, sight);
            }
            _ => return Wish::Nothing,
        };
        let Some(object) = sight.object(&step.object).filter(|object| object.uid == step.uid) else {
            return self.without_object(&step, sight);
        };
        match &step.until {
            Until::Taken => {}
            Until::Resumed => {
                if object.generation >= generation && object.suspension.is_none() {
                    return self.finish("resumed".to_owned(), sight);
                }
            }
            Until::Gone => {
                if object.verdict.health == Health::Terminating {
                    self.note(sight.now, object.verdict.message.to_string());
                    self.phase = Phase::Handled { generation };
                }
            }
            Until::Handled(token) => {
                if is_handled(object, token, self.before.as_deref()) {
                    return self.judge(object, generation, sight);
                }
            }
            Until::Observed => {
                if object.generation >= generation && is_observed(object) && object.suspension.is_none() {
                    return self.judge(object, generation, sight);
                }
            }
            Until::RolledOut => {
                if object.generation >= generation {
                    return self.judge(object, generation, sight);
                }
            }
        }
        Wish::Nothing
    }

    /// The object of the step is not there, or another has taken its name.
    fn without_object(&mut self, step: &Step, sight: &Sight) -> Wish {
        let replaced = sight.object(&step.object).is_some();
        if !replaced && !sight.is_missing(&step.object) {
            return Wish::Nothing;
        }
        match (&step.until, replaced) {
            (Until::Gone, false) => return self.finish("gone".to_owned(), sight),
            (Until::Gone, true) => return self.finish("gone, and made again by whoever applies it".to_owned(), sight),
            (_, true) => {
                let message = format!("another {} has taken its name", step.object);
                self.end(sight.now, Phase::Failed { message, retries: false });
            }
            (_, false) => {
                self.end(sight.now, Phase::Failed { message: format!("{} was deleted meanwhile", step.object), retries: false });
            }
        }
        Wish::Nothing
    }

    /// The controller has answered: what does it say?
    fn judge(&mut self, object: &Object, generation: i64, sight: &Sight) -> Wish {
        if matches!(self.phase, Phase::Requested { .. }) {
            self.phase = Phase::Handled { generation };
            self.note(sight.now, "handled");
        }
        let verdict = &object.verdict;
        let fail = |message: String, retries| Phase::Failed { message, retries };
        match verdict.health {
            Health::Ready => return self.finish(success(object), sight),
            Health::Stalled => self.end(sight.now, fail(verdict.message.to_string(), false)),
            Health::Failed if self.patient => self.note(sight.now, format!("attempt failed: {}", verdict.message)),
            Health::Failed => self.end(sight.now, fail(verdict.message.to_string(), true)),
            Health::Suspended => {
                self.end(sight.now, fail("it was suspended meanwhile: the controller did nothing".to_owned(), false));
            }
            Health::Terminating => self.end(sight.now, fail("it is being deleted".to_owned(), false)),
            Health::Progressing | Health::Waiting | Health::Unknown if !verdict.message.is_empty() => {
                self.note(sight.now, verdict.message.to_string());
            }
            Health::Progressing | Health::Waiting | Health::Unknown => {}
        }
        Wish::Nothing
    }

    /// Whether the object shows that the request of the step has arrived.
    fn shows(&self, step: &Step, sight: &Sight) -> bool {
        let Some(object) = sight.object(&step.object).filter(|object| object.uid == step.uid) else {
            return step.until == Until::Gone && (sight.object(&step.object).is_some() || sight.is_missing(&step.object));
        };
        match &step.until {
            Until::Gone => object.verdict.health == Health::Terminating,
            Until::Handled(token) => object.control.as_ref().is_some_and(|control| {
                [&control.requested, &control.handled].into_iter().flatten().any(|said| **said == **token)
            }),
            // suspended and resumed show; the rest of a spec does not stand in the record
            Until::Taken | Until::Observed | Until::Resumed => {
                let wished = step.proof_is_suspended();
                wished.is_some_and(|wished| object.suspension.is_some() == wished)
            }
            Until::RolledOut => false,
        }
    }

    /// Ends what has taken too long.
    pub(super) fn expire(&mut self, timeout: jiff::SignedDuration, sight: &Sight) {
        let Some(since) = self.since.filter(|_| matches!(self.phase, Phase::Requested { .. } | Phase::Handled { .. })) else {
            return;
        };
        if sight.now.duration_since(since) < timeout {
            return;
        }
        let step = self.step();
        let limit = duration::age(timeout.as_secs()).0;
        if let Some(lost) = sight.lost {
            let why = format!("it was requested; what came of it is not known, because the connection is lost ({lost})");
            return self.end(sight.now, Phase::Unknown { why });
        }
        let last = sight.object(&step.object).map_or_else(
            || format!("{} cannot be seen", step.object),
            |object| format!("{}: {}", object.verdict.health.word(), object.verdict.message),
        );
        let message = match self.phase {
            Phase::Requested { .. } if !matches!(step.until, Until::Gone | Until::Resumed) => {
                format!("no controller answered within {limit}; is it running? {last}")
            }
            _ => format!("not at its end after {limit}; {last}"),
        };
        self.end(sight.now, Phase::TimedOut { message });
    }
}

impl Job {
    /// Whether the item that holds a slot lets the next one start: slow ones do not hold up the rest.
    pub(super) fn slots(&self, now: Timestamp) -> usize {
        let busy = self.items.iter().filter(|item| {
            item.phase.is_under_way() && item.since.is_none_or(|since| now.duration_since(since).as_secs() < super::SLOW)
        });
        self.parallel.saturating_sub(busy.count())
    }
}

/// Whether the controller has taken up a request: it names our token; or it has handled something new, and our token is not there any
/// more because somebody asked again (flux2 `reconcile.go` compares with what was handled before for that reason).
fn is_handled(object: &Object, token: &str, before: Option<&str>) -> bool {
    let Some(control) = &object.control else { return false };
    let handled = control.handled.as_deref();
    handled == Some(token) || (control.requested.as_deref() != Some(token) && handled.is_some() && handled != before)
}

/// Whether the conditions speak of the present generation: Ready says so itself, else `status.observedGeneration` does (flux2
/// `readiness.go`). Kinds that count neither are taken at their word.
fn is_observed(object: &Object) -> bool {
    let Some(ready) = object.conditions.iter().find(|condition| &*condition.kind == "Ready") else { return false };
    let observed = ready.observed.or_else(|| object.control.as_ref().and_then(|control| control.observed));
    observed.is_none_or(|observed| observed == object.generation)
}

/// What a controller's success is called (flux2 `cmd/flux/reconcile_*.go`, `successMessage`).
fn success(object: &Object) -> String {
    let kind = kinds::rules(&object.id.gk.group, &object.id.gk.kind);
    match (&object.facts.revision, kind.role) {
        (Some(revision), Role::Source) => format!("fetched revision {revision}"),
        (Some(revision), _) => format!("applied revision {revision}"),
        (None, Role::Workload) => match object.facts.ready {
            Some((ready, wished)) => format!("{ready}/{wished} ready"),
            None => "ready".to_owned(),
        },
        (None, _) if object.verdict.message.is_empty() => "ready".to_owned(),
        (None, _) => object.verdict.message.to_string(),
    }
}
