//! A little API server: objects with a uid and a generation, what has arrived, and every state it has ever shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::actions::testing::{object, ready, reference, uid};
use crate::actions::{Outcome, Request, Step, Until};
use crate::domain::{Object, ObjectRef};
use crate::error::Error;
use crate::state::jobs::JobId;

/// Names of its Kustomizations.
pub const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const HANDLED: &str = "/status/lastHandledReconcileAt";
const REQUESTED: &str = "/metadata/annotations/reconcile.fluxcd.io~1requestedAt";

/// How many states of each object had been shown at a moment, less one.
pub type Mark = BTreeMap<&'static str, usize>;

/// A request that a job may make: of which item, for which step.
pub type Wanted = (JobId, usize, usize);

#[derive(Default)]
pub struct Server {
    /// By name; none once it is deleted.
    bodies: BTreeMap<&'static str, Option<Value>>,
    shown: BTreeMap<&'static str, Vec<Option<Value>>>,
    /// How often each request has arrived, and how often it was told of a conflict.
    pub arrived: BTreeMap<Wanted, u32>,
    pub conflicts: BTreeMap<Wanted, u32>,
    made: u32,
}

/// What the server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Willing,
    Conflict,
    Refuses,
}

impl Server {
    pub fn new() -> Self {
        let mut server = Self::default();
        NAMES.into_iter().for_each(|name| server.make(name));
        server
    }

    /// Makes an object, another one than was there before.
    pub fn make(&mut self, name: &'static str) {
        self.made += 1;
        let meta = json!({"name": name, "namespace": "apps", "generation": 1, "uid": uid(&self.made.to_string(), name)});
        self.show(name, Some(json!({"metadata": meta, "spec": {}, "status": ready()})));
    }

    pub fn delete(&mut self, name: &'static str) {
        self.show(name, None);
    }

    fn show(&mut self, name: &'static str, body: Option<Value>) {
        self.shown.entry(name).or_default().push(body.clone());
        self.bodies.insert(name, body);
    }

    fn body(&self, id: &ObjectRef) -> (&'static str, Option<Value>) {
        let name = NAMES.into_iter().find(|name| **name == *id.name).expect("a name of the server's");
        (name, self.bodies[name].clone())
    }

    /// The object as a watch tells it.
    pub fn tell(&self, name: &str) -> Result<Object, ObjectRef> {
        self.bodies[name].as_ref().map(|body| object("ks", body)).ok_or_else(|| reference("ks", "apps", name))
    }

    /// Takes a request.
    pub fn write(&mut self, wanted: Wanted, step: &Step, mood: Mood) -> Outcome {
        *self.arrived.entry(wanted).or_default() += 1;
        let (name, Some(mut body)) = self.body(&step.object) else { return Outcome::Missing };
        if mood == Mood::Refuses || !step.is_about(&body) {
            return Outcome::Refused(Error::failed("no", ""));
        }
        if mood == Mood::Conflict {
            *self.conflicts.entry(wanted).or_default() += 1;
            return Outcome::Conflict("modified".into());
        }
        match &step.request {
            Request::Delete => body["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into(),
            Request::Merge(patch) => {
                let spec = body["spec"].clone();
                merge(&mut body, patch);
                let generation = body["metadata"]["generation"].as_i64().unwrap_or_default() + i64::from(body["spec"] != spec);
                body["metadata"]["generation"] = generation.into();
            }
        }
        self.show(name, Some(body.clone()));
        taken(&body, step)
    }

    /// Reads the object of a request whose answer was lost.
    pub fn probe(&self, step: &Step) -> Outcome {
        match self.body(&step.object).1 {
            body if step.is_shown_by(body.as_ref()) => taken(&body.unwrap_or_default(), step),
            Some(body) if step.is_about(&body) => Outcome::Absent,
            _ => Outcome::Missing,
        }
    }

    /// The controller works on an object: it ends well or not, or a deletion is carried out.
    pub fn reconcile(&mut self, name: &'static str, is_good: bool) {
        let Some(mut body) = self.bodies[name].clone() else { return };
        if !body["metadata"]["deletionTimestamp"].is_null() {
            return self.delete(name);
        }
        if body["spec"]["suspend"] == true {
            return;
        }
        let generation = body["metadata"]["generation"].clone();
        if let Some(token) = body.pointer(REQUESTED).cloned() {
            body["status"]["lastHandledReconcileAt"] = token;
        }
        body["status"]["observedGeneration"] = generation.clone();
        let status = if is_good { "True" } else { "False" };
        body["status"]["conditions"] = json!([{"type": "Ready", "status": status, "reason": "Said", "message": "so it is", "observedGeneration": generation}]);
        self.show(name, Some(body));
    }

    /// Whether the object of a step was there once and then was not, or was another one.
    pub fn is_replaced(&self, step: &Step) -> bool {
        let (name, _) = self.body(&step.object);
        let states = self.shown[name].iter();
        let mut since = states.skip_while(|body| body.as_ref().is_none_or(|body| !step.is_about(body)));
        since.any(|body| body.as_ref().is_none_or(|body| !step.is_about(body)))
    }

    /// Where each object's history stands now.
    pub fn mark(&self) -> Mark {
        self.shown.iter().map(|(name, states)| (*name, states.len() - 1)).collect()
    }

    /// Whether the object has shown since then that the request of a step had arrived, and, where it was waited for, what its controller
    /// made of it.
    pub fn has_shown(&self, step: &Step, since: &Mark, is_waited_for: bool) -> bool {
        let (name, _) = self.body(&step.object);
        let shows = |body: &Option<Value>| {
            let at = |pointer: &str| body.as_ref().and_then(|body| body.pointer(pointer));
            let is_answered = match &step.until {
                _ if !is_waited_for => true,
                // somebody who asked later is answered for both (flux2 `reconcile.go`)
                Until::Handled(token) => {
                    return at(HANDLED).and_then(Value::as_str).is_some_and(|said| is_not_before(said, token));
                }
                Until::Observed => at("/status/observedGeneration") == at("/metadata/generation"),
                Until::Gone => return body.is_none() || !step.is_about(body.as_ref().unwrap_or(&Value::Null)),
                Until::Taken | Until::Resumed | Until::RolledOut => true,
            };
            is_answered && step.is_shown_by(body.as_ref())
        };
        self.shown[name][since[name]..].iter().any(shows)
    }
}

/// Whether the request of one token was made when the other was, or later. What was handled before there were any is no moment.
fn is_not_before(token: &str, other: &str) -> bool {
    let moment = |token: &str| token.parse::<Timestamp>().ok();
    moment(token) >= moment(other)
}

fn taken(body: &Value, step: &Step) -> Outcome {
    let is_proven = step.request == Request::Delete || step.is_shown_by(Some(body));
    Outcome::Taken { generation: body["metadata"]["generation"].as_i64().unwrap_or_default(), is_proven }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else { return *target = patch.clone() };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            target.as_object_mut().expect("just made").remove(key);
        } else {
            merge(&mut target[key], value);
        }
    }
}
