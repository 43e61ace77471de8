//! How an item advances: by the reply to its request, by changes of its object, by time.

use jiff::{SignedDuration, Timestamp};

use super::item::{Item, Phase};
use crate::actions::{Outcome, Step, Switch, Until};
use crate::domain::text::redact;
use crate::domain::{Coverage, Health, Object, ObjectRef, Store, duration};
use crate::kinds::{self, Role};

/// How often a conflict is tried again (client-go `util/retry`, DefaultRetry: 5 steps).
const CONFLICTS: u32 = 5;
/// How long an answer is waited for: longer than the runtime takes to give one, whatever that is. After it, it counts as lost.
const PATIENCE: SignedDuration = SignedDuration::from_mins(6);

/// How long a request whose answer was lost may still arrive, counted from when its reply was given up: proxies, and the API
/// server, keep a request no longer than a minute (kube-apiserver `--request-timeout`, 60 s; nginx `proxy_connect_timeout` and
/// `proxy_send_timeout`, 60 s; HAProxy and most load balancers less). After it nobody looks any more, but nobody says either that it was
/// not done.
pub(super) const LATEST: SignedDuration = SignedDuration::from_secs(60);
/// Shortest and longest pause between two reads of the object meanwhile; what a watch brings is seen at once.
const PAUSES: (SignedDuration, SignedDuration) = (SignedDuration::from_secs(2), SignedDuration::from_secs(15));

/// What an item wants next from the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
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

    /// Whether the cluster has no such object: its kind is listed to the end without it, or it `was_seen` and is gone. In a picture that
    /// has only begun, to be absent says nothing.
    fn is_missing(&self, id: &ObjectRef, was_seen: bool) -> bool {
        let is_known = match self.store.covers(id) {
            Some(Coverage::Complete | Coverage::Polled(_)) => true,
            None => was_seen,
            Some(Coverage::Listing | Coverage::Failing | Coverage::Restricted | Coverage::NotServed) => false,
        };
        is_known && self.lost.is_none() && self.object(id).is_none()
    }
}

impl Item {
    /// Begins the step under way.
    pub(super) fn begin(&mut self, sight: &Sight) -> Need {
        let step = self.step().clone();
        let found = sight.object(&step.object);
        if step.must_run && found.is_some_and(|object| object.suspension.is_some()) {
            let message = format!("{} is suspended", step.object);
            self.end(sight.now, Phase::Failed { message, retries: false });
            return Need::Nothing;
        }
        let handled = |object: &Object| {
            object.control.as_ref().and_then(|control| control.handled.as_deref()).unwrap_or_default().to_owned()
        };
        (self.before, self.is_seen) = (found.map(handled), found.is_some());
        self.generation = found.map(|object| object.generation);
        self.since = Some(sight.now);
        self.conflicts = 0;
        self.note(
            sight.now,
            if step.object == self.object { "requesting".to_owned() } else { format!("requesting {}", step.object) },
        );
        self.send()
    }

    fn send(&mut self) -> Need {
        self.phase = Phase::Sent;
        self.turn += 1;
        Need::Write
    }

    /// Takes the answer to its last request.
    pub(super) fn receive(&mut self, outcome: Outcome, waits: bool, sight: &Sight) -> Need {
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
            Outcome::Refused(error) => self.end(now, fail(error.to_string())),
            Outcome::Unsent(error) => self.end(now, fail(format!("nothing was sent: {error}"))),
            Outcome::Unrecorded(why) => self.hold(now, &why),
            Outcome::Unknown(why) => return self.check(now, &why),
            Outcome::Absent => self.look_later(now),
            Outcome::Missing if self.step().until == Until::Gone => return self.taken(0, waits, sight),
            Outcome::Missing => self.end(now, fail(format!("{} is gone", self.step().object))),
            Outcome::Unseen(why) => {
                let why = format!("it may have been done or not: {}; and it could not be looked up: {why}", self.phase.message());
                self.end(now, Phase::Unknown { why });
            }
        }
        Need::Nothing
    }

    /// The request was not sent, because it could not be written down.
    fn hold(&mut self, now: Timestamp, why: &str) {
        let why = format!("nothing was sent: it cannot be written down: {why}");
        self.note(now, format!("held: {why}"));
        (self.phase, self.since) = (Phase::Held { why }, None);
    }

    /// Looks up whether the request has arrived.
    pub(super) fn check(&mut self, now: Timestamp, why: &str) -> Need {
        let why = redact(why).into_owned();
        self.note(now, format!("unknown whether it arrived, checking: {why}"));
        (self.phase, self.since) = (Phase::Checking { why, again: None }, Some(now));
        self.turn += 1;
        Need::Probe
    }

    /// The object does not show the request: it may be on its way still. Looks again after a pause that grows, until it cannot come any
    /// more; that it has not come is not known then either.
    fn look_later(&mut self, now: Timestamp) {
        let (why, since) = (self.phase.message().to_owned(), self.since.unwrap_or(now));
        let waited = now.duration_since(since);
        if waited >= LATEST {
            let limit = duration::age(LATEST.as_secs()).0;
            let why = format!("not seen to have arrived within {limit}: {why}; it may still be done");
            return self.end(now, Phase::Unknown { why });
        }
        let pause = waited.clamp(PAUSES.0, PAUSES.1).min(LATEST - waited);
        self.note(now, "not seen to have arrived, still looking");
        self.phase = Phase::Checking { why, again: now.checked_add(pause).ok() };
    }

    fn taken(&mut self, generation: i64, waits: bool, sight: &Sight) -> Need {
        let is_last = self.at + 1 == self.steps.len();
        if self.step().until == Until::Taken || (is_last && !waits) {
            let text = self.taken_word();
            return self.finish(text, sight);
        }
        self.note(sight.now, "requested");
        self.phase = Phase::Requested { generation };
        self.look(waits, sight)
    }

    fn taken_word(&self) -> String {
        let step = self.step();
        let word = match (&step.until, step.switch) {
            (Until::Gone, _) => "deletion requested",
            (_, Some(Switch::Suspends)) => "suspended",
            (_, Some(Switch::Resumes)) => "resumed",
            (_, None) => "requested",
        };
        word.to_owned()
    }

    /// The step has come to its good end. What follows waits for its turn: the user may have stopped the job meanwhile.
    fn finish(&mut self, text: String, sight: &Sight) -> Need {
        if self.at + 1 < self.steps.len() {
            let object = self.step().object.clone();
            self.note(sight.now, format!("{object}: {text}"));
            self.at += 1;
            (self.phase, self.since) = (Phase::Queued, None);
            return Need::Nothing;
        }
        self.end(sight.now, Phase::Done { text });
        Need::Nothing
    }

    /// Whether its object or the clock may have something to say: it is under way, or its outcome was unknown.
    pub(super) fn watches(&self) -> bool {
        self.phase.is_under_way() || matches!(self.phase, Phase::Unknown { .. })
    }

    /// Looks at the object of the step under way.
    pub(super) fn look(&mut self, waits: bool, sight: &Sight) -> Need {
        let step = self.step().clone();
        let generation = match self.phase {
            Phase::Requested { generation } | Phase::Handled { generation } => generation,
            // what nobody knew may show by itself
            Phase::Checking { .. } | Phase::Unknown { .. } if self.shows(&step, sight) => {
                let was_over = self.phase.is_over();
                self.ended = None;
                self.note(sight.now, "it had arrived");
                let generation = sight.object(&step.object).map_or(0, |object| object.generation);
                let need = self.taken(generation, waits, sight);
                // nobody expects any more that something follows
                if was_over && self.phase == Phase::Queued {
                    self.end(sight.now, self.halted());
                }
                return need;
            }
            _ => return Need::Nothing,
        };
        let Some(object) = sight.object(&step.object).filter(|object| object.uid == step.uid) else {
            return self.without_object(&step, sight);
        };
        self.is_seen = true;
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
        Need::Nothing
    }

    /// The object of the step is not there, or another has taken its name.
    fn without_object(&mut self, step: &Step, sight: &Sight) -> Need {
        let replaced = sight.object(&step.object).is_some();
        if !replaced && !sight.is_missing(&step.object, self.is_seen) {
            return Need::Nothing;
        }
        match (&step.until, replaced) {
            (Until::Gone, false) => return self.finish("gone".to_owned(), sight),
            (Until::Gone, true) => return self.finish("gone, and recreated by its applier".to_owned(), sight),
            (_, true) => {
                let message = format!("another {} has taken its name", step.object);
                self.end(sight.now, Phase::Failed { message, retries: false });
            }
            (_, false) => {
                self.end(sight.now, Phase::Failed { message: format!("{} was deleted meanwhile", step.object), retries: false });
            }
        }
        Need::Nothing
    }

    /// The controller has answered: what does it say?
    fn judge(&mut self, object: &Object, generation: i64, sight: &Sight) -> Need {
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
        Need::Nothing
    }

    /// Whether the object shows that the request of the step has arrived. Another object of its name does where this run has seen the one
    /// that was meant: else it may be the one before.
    fn shows(&self, step: &Step, sight: &Sight) -> bool {
        let Some(object) = sight.object(&step.object).filter(|object| object.uid == step.uid) else {
            return step.until == Until::Gone
                && ((self.is_seen && sight.object(&step.object).is_some()) || sight.is_missing(&step.object, self.is_seen));
        };
        match &step.until {
            Until::Gone => object.verdict.health == Health::Terminating,
            Until::Handled(token) => object.control.as_ref().is_some_and(|control| {
                [&control.requested, &control.handled].into_iter().flatten().any(|said| **said == **token)
            }),
            // another program's picture may be older than the request
            _ if self.generation.is_some_and(|generation| object.generation < generation) => false,
            // suspended and resumed show; the rest of a spec is not in the record
            Until::Taken | Until::Observed | Until::Resumed => {
                step.switch.is_some_and(|switch| object.suspension.is_some() == (switch == Switch::Suspends))
            }
            Until::RolledOut => false,
        }
    }

    /// How long it may stay in its phase; `timeout` is that of a step.
    pub(super) fn limit(&self, timeout: SignedDuration) -> SignedDuration {
        if self.phase.is_followed() { timeout } else { PATIENCE }
    }

    /// Ends what has taken too long. An answer that does not come is looked up, again and again while it may be late.
    pub(super) fn expire(&mut self, timeout: SignedDuration, sight: &Sight) -> Need {
        if let Phase::Checking { why, again: Some(again) } = &self.phase {
            if sight.now < *again {
                return Need::Nothing;
            }
            self.phase = Phase::Checking { why: why.clone(), again: None };
            self.turn += 1;
            return Need::Probe;
        }
        let limit = self.limit(timeout);
        let Some(since) = self.since.filter(|_| self.phase.is_under_way()) else { return Need::Nothing };
        if sight.now.duration_since(since) < limit {
            return Need::Nothing;
        }
        let limit = duration::age(limit.as_secs()).0;
        let end = match &self.phase {
            Phase::Sent => return self.check(sight.now, &format!("no answer within {limit}")),
            Phase::Checking { why, .. } => {
                let why = format!("it may have been done or not: {why}; and it could not be looked up within {limit}");
                Phase::Unknown { why }
            }
            _ => self.overdue(&limit, sight),
        };
        self.end(sight.now, end);
        Need::Nothing
    }

    /// What is to be said of what the API server has taken when its time is over.
    fn overdue(&self, limit: &str, sight: &Sight) -> Phase {
        if let Some(lost) = sight.lost {
            let why = format!("it was requested; the outcome is unknown, because the connection is lost ({lost})");
            return Phase::Unknown { why };
        }
        let step = self.step();
        let object = sight.object(&step.object);
        let last = object.map_or_else(
            || format!("{} cannot be seen", step.object),
            |object| format!("{}: {}", object.verdict.health.word(), object.verdict.message),
        );
        let is_progressing = object.is_some_and(|object| object.verdict.health == Health::Progressing);
        let message = match self.phase {
            // a controller takes a request up when its present run, which may wait for health checks, is over
            Phase::Requested { .. } if is_progressing && !matches!(step.until, Until::Gone | Until::Resumed) => {
                format!("not taken up within {limit}: an earlier run is not over, or its controller has stopped; {last}")
            }
            Phase::Requested { .. } if !matches!(step.until, Until::Gone | Until::Resumed) => {
                format!("no controller answered within {limit}; is it running? {last}")
            }
            _ => format!("not at its end after {limit}; {last}"),
        };
        Phase::TimedOut { message }
    }
}

/// Whether the controller has taken up a request: it names our token; or it has handled something new, and our token is not there
/// any more because of another request (flux2 `reconcile.go` compares with what was handled before for that reason). Where nobody
/// saw what was handled `before`, only our token counts. An object that shows an earlier request has not been seen since ours.
fn is_handled(object: &Object, token: &str, before: Option<&str>) -> bool {
    let Some(control) = &object.control else { return false };
    let handled = control.handled.as_deref();
    let is_new = || before.is_some_and(|before| handled.is_some_and(|handled| handled != before));
    let is_later = |requested: &str| requested != token && !is_earlier(requested, token);
    handled == Some(token) || (control.requested.as_deref().is_none_or(is_later) && is_new())
}

/// Whether both are moments, as the CLI and we write them, and the first is the earlier one.
fn is_earlier(token: &str, other: &str) -> bool {
    matches!((token.parse::<Timestamp>(), other.parse::<Timestamp>()), (Ok(token), Ok(other)) if token < other)
}

/// Whether the conditions are about the present generation: Ready says so itself, else `status.observedGeneration` does (flux2
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
            Some((ready, desired)) => format!("{ready}/{desired} ready"),
            None => "ready".to_owned(),
        },
        (None, _) if object.verdict.message.is_empty() => "ready".to_owned(),
        (None, _) => object.verdict.message.to_string(),
    }
}
