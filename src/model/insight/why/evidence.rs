//! What was asked for on demand about the objects of an explanation: plain data. What may not be read is a value, and is named.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::text::sanitise;
use crate::domain::{EventRow, ObjectRef};

/// An answer, or why there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Learned<T> {
    #[default]
    Unasked,
    Here(T),
    /// It may not be read, or could not be; and why.
    Unreadable(String),
}

impl<T> Learned<T> {
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Here(found) => Some(found),
            Self::Unasked | Self::Unreadable(_) => None,
        }
    }

    /// Why it is not known, if it was asked for.
    pub fn gap(&self) -> Option<&str> {
        match self {
            Self::Unreadable(why) => Some(why),
            Self::Unasked | Self::Here(_) => None,
        }
    }
}

/// What was found out about one object, besides what the store has of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    pub body: Learned<BodyFacts>,
    /// The newest last.
    pub events: Learned<Vec<EventRow>>,
    /// Of a pod: the end of the log of the container that fails.
    pub log: Learned<LogEnd>,
    /// Of a pod: the node that it is on.
    pub node: Learned<NodeFacts>,
    /// Of a pod: the claims that it mounts and that are not bound.
    pub claims: Learned<Vec<ClaimFacts>>,
    /// Of its namespace.
    pub quotas: Learned<Vec<QuotaFacts>>,
}

/// The evidence so far, by object.
pub type Dossier = BTreeMap<ObjectRef, Evidence>;

/// What a body has that its record has not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodyFacts {
    pub conditions: Vec<BodyCondition>,
    pub finalizers: Vec<String>,
    /// Of a pod: the node that it is on; empty where it has none.
    pub node: String,
    /// Of a pod: the claims that it mounts.
    pub claims: Vec<String>,
    /// Of a pod: the containers that have failed or are not ready, the worst first.
    pub containers: Vec<ContainerFacts>,
}

/// A condition of any kind of object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodyCondition {
    pub kind: String,
    pub status: String,
    pub reason: String,
    pub message: String,
    pub since: Option<Timestamp>,
}

/// A container that is not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerFacts {
    pub name: String,
    /// It has ended before: there is a log of that.
    pub has_previous: bool,
    /// It runs, and is not ready.
    pub is_unready: bool,
}

/// The end of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEnd {
    pub container: String,
    /// It is of the instance before the present one.
    pub is_previous: bool,
    pub lines: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeFacts {
    pub name: String,
    /// Those that say that something is wrong.
    pub troubles: Vec<BodyCondition>,
    pub is_cordoned: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimFacts {
    pub name: String,
    /// Empty where there is no such claim.
    pub phase: String,
    pub class: String,
    /// The last warning about it.
    pub warning: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaFacts {
    pub name: String,
    /// What is used up: resource, used, allowed.
    pub full: Vec<(String, String, String)>,
}

fn text(value: &Value, path: &str) -> String {
    sanitise(value.pointer(path).and_then(Value::as_str).unwrap_or_default()).into_owned()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl BodyFacts {
    /// Reads the body of any object.
    pub fn read(body: &Value) -> Self {
        let claim = |volume: &Value| Some(text(volume, "/persistentVolumeClaim/claimName")).filter(|name| !name.is_empty());
        let statuses = list(body, "/status/initContainerStatuses").iter().chain(list(body, "/status/containerStatuses"));
        let mut containers: Vec<_> = statuses.filter_map(ContainerFacts::read).collect();
        containers.sort_by_key(|container| container.is_unready);
        Self {
            conditions: list(body, "/status/conditions").iter().map(BodyCondition::read).collect(),
            finalizers: list(body, "/metadata/finalizers")
                .iter()
                .filter_map(Value::as_str)
                .map(|one| sanitise(one).into_owned())
                .collect(),
            node: text(body, "/spec/nodeName"),
            claims: list(body, "/spec/volumes").iter().filter_map(claim).collect(),
            containers,
        }
    }

    pub fn condition(&self, kind: &str) -> Option<&BodyCondition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }
}

impl BodyCondition {
    fn read(condition: &Value) -> Self {
        Self {
            kind: text(condition, "/type"),
            status: text(condition, "/status"),
            reason: text(condition, "/reason"),
            message: text(condition, "/message"),
            since: condition["lastTransitionTime"].as_str().and_then(|text| text.parse().ok()),
        }
    }
}

impl ContainerFacts {
    /// None where it is ready, or has ended well.
    fn read(status: &Value) -> Option<Self> {
        let is_done = status.pointer("/state/terminated/exitCode").and_then(Value::as_i64) == Some(0);
        if status["ready"].as_bool() == Some(true) || is_done {
            return None;
        }
        Some(Self {
            name: text(status, "/name"),
            has_previous: status.pointer("/lastState/terminated").is_some_and(Value::is_object),
            is_unready: status.pointer("/state/running").is_some_and(Value::is_object),
        })
    }
}

impl NodeFacts {
    /// Reads the body of a Node: `Ready` that is not True, and each pressure that is (Kubernetes "Node Status").
    pub fn read(body: &Value) -> Self {
        let is_wrong = |condition: &BodyCondition| (condition.kind == "Ready") != (condition.status == "True");
        let conditions = list(body, "/status/conditions").iter().map(BodyCondition::read);
        Self {
            name: text(body, "/metadata/name"),
            troubles: conditions.filter(is_wrong).collect(),
            is_cordoned: body.pointer("/spec/unschedulable").and_then(Value::as_bool) == Some(true),
        }
    }
}

impl ClaimFacts {
    /// Reads the body of a claim and its events; none where it is bound.
    pub fn read(body: &Value, events: &[EventRow]) -> Option<Self> {
        let phase = text(body, "/status/phase");
        let warning = events
            .iter()
            .rev()
            .find(|event| event.is_warning || matches!(event.reason.as_str(), "WaitForFirstConsumer" | "FailedBinding"));
        (phase != "Bound").then(|| Self {
            name: text(body, "/metadata/name"),
            phase,
            class: text(body, "/spec/storageClassName"),
            warning: warning.map(|event| event.message.clone()).unwrap_or_default(),
        })
    }
}

impl QuotaFacts {
    /// Reads the body of a quota: what is used as far as it is allowed, by the texts of both.
    pub fn read(body: &Value) -> Self {
        let hard = body.pointer("/status/hard").and_then(Value::as_object);
        let used =
            |key: &str| body.pointer("/status/used").and_then(|used| used.get(key)).and_then(Value::as_str).unwrap_or_default();
        let full = hard.into_iter().flatten().filter_map(|(key, allowed)| {
            let (allowed, used) = (allowed.as_str().unwrap_or_default(), used(key));
            (allowed == used && allowed != "0").then(|| {
                let clean = |text: &str| sanitise(text).into_owned();
                (clean(key), clean(used), clean(allowed))
            })
        });
        Self { name: text(body, "/metadata/name"), full: full.collect() }
    }
}

impl Evidence {
    /// The last warning with one of these reasons.
    pub fn warning(&self, reasons: &[&str]) -> Option<&EventRow> {
        let events = self.events.get()?;
        events.iter().rev().find(|event| event.is_warning && reasons.contains(&event.reason.as_str()))
    }

    /// What could not be read, each with why.
    pub fn gaps(&self) -> Vec<(&'static str, &str)> {
        let gaps = [
            ("the object", self.body.gap()),
            ("events", self.events.gap()),
            ("logs", self.log.gap()),
            ("the node", self.node.gap()),
            ("volume claims", self.claims.gap()),
            ("quotas", self.quotas.gap()),
        ];
        gaps.into_iter().filter_map(|(what, gap)| Some((what, gap?))).collect()
    }
}
