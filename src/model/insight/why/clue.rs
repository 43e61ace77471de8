//! What a rule looks at, and what it returns.

use jiff::Timestamp;

use super::evidence::Evidence;
use super::remedy::Remedy;
use super::sight::Sight;
use super::walk::Lead;
use crate::domain::object::{FailingContainer, Particular};
use crate::domain::{EventRow, Health, NodeId, Object, ObjectRef};
use crate::kinds::{self, Kind, Trait};

/// The object at which a way ends, with everything that is known of it.
pub struct Clue<'a> {
    pub sight: &'a Sight<'a>,
    pub node: NodeId,
    /// None where it is not here.
    pub object: Option<&'a Object>,
    pub kind: &'static Kind,
    pub health: Health,
    pub reason: &'a str,
    /// What decides on its state; of a release that was rolled back, why.
    pub message: &'a str,
    /// How the way came here.
    pub via: Option<Lead>,
    /// Objects that wait for one another.
    pub circle: &'a [NodeId],
    pub evidence: Option<&'a Evidence>,
}

/// What says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// A condition of its status, with the reason.
    Condition { kind: String, reason: String },
    /// The state of a container, in the status of its pod.
    Container { name: String, reason: String },
    /// An event about it, with its reason.
    Event(String),
    /// Its own `spec`, or its annotations.
    Spec,
    /// Its metadata.
    Metadata,
    /// What is in its status otherwise.
    Status,
    /// The objects that were read, and how they refer to one another.
    Graph,
    /// That it is not there, or may not be read.
    Absence,
    /// The node that it is on.
    Node,
    /// A volume claim that it mounts.
    Claim,
    /// A quota of its namespace.
    Quota,
}

impl Witness {
    /// As a person reads it: `condition Ready: BuildFailed`.
    pub fn text(&self) -> String {
        match self {
            Self::Condition { kind, reason } if reason.is_empty() => format!("condition {kind}"),
            Self::Condition { kind, reason } => format!("condition {kind}: {reason}"),
            Self::Container { name, reason } => format!("state of container {name}: {reason}"),
            Self::Event(reason) => format!("event {reason}"),
            Self::Spec => "its spec and annotations".to_owned(),
            Self::Metadata => "its metadata".to_owned(),
            Self::Status => "its status".to_owned(),
            Self::Graph => "the objects that refer to it".to_owned(),
            Self::Absence => "the lists of the API server".to_owned(),
            Self::Node => "the status of its node".to_owned(),
            Self::Claim => "the status of its volume claim".to_owned(),
            Self::Quota => "the status of the quota".to_owned(),
        }
    }
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// The sentence, without the name of the object.
    pub says: String,
    /// Causes of one rule with the same key are one.
    pub key: String,
    pub witness: Witness,
    /// Since when, where that is known better than by the verdict.
    pub since: Option<Timestamp>,
    pub remedies: Vec<Remedy>,
}

impl Clue<'_> {
    pub fn reference(&self) -> &ObjectRef {
        self.sight.reference(self.node)
    }

    /// A sentence that the verdict of the object bears out.
    pub fn diagnose(&self, says: impl Into<String>) -> Diagnosis {
        Diagnosis { says: says.into(), key: self.own_key(), witness: self.witness(), since: None, remedies: Vec::new() }
    }

    /// Objects of one owner that fail by the same rule are one cause: pods of a Deployment, jobs of a CronJob.
    fn own_key(&self) -> String {
        let mut at = self.node;
        for _ in 0..4 {
            let Some(owner) = self.sight.store.owners(at).first() else { break };
            at = *owner;
        }
        self.sight.reference(at).to_string()
    }

    /// What the verdict of the object is taken from.
    fn witness(&self) -> Witness {
        let Some(object) = self.object else { return Witness::Absence };
        if let Some(container) = self.container() {
            return Witness::Container { name: container.name.to_string(), reason: container.reason.to_string() };
        }
        let decides = |kind: &str| object.conditions.iter().find(|condition| &*condition.kind == kind);
        let deciding = decides("Stalled").filter(|stalled| &*stalled.status == "True").or_else(|| decides("Ready"));
        match deciding {
            Some(condition) => Witness::Condition { kind: condition.kind.to_string(), reason: condition.reason.to_string() },
            None => Witness::Status,
        }
    }

    /// The container that fails, of a pod.
    pub fn container(&self) -> Option<&FailingContainer> {
        match self.object?.facts.particular.as_deref() {
            Some(Particular::Container(container)) => Some(container),
            _ => None,
        }
    }

    pub fn is_pod(&self) -> bool {
        self.kind == kinds::POD
    }

    /// Whether it makes pods, or is one.
    pub fn has_pods(&self) -> bool {
        self.is_pod() || self.kind.has(Trait::MakesPods) || self.kind.has(Trait::OwnsPods)
    }

    /// The last warning with one of these reasons, where events were asked for.
    pub fn warning(&self, reasons: &[&str]) -> Option<&EventRow> {
        self.evidence?.warning(reasons)
    }

    /// Of a message in which something failed.
    pub fn failed(&self) -> Option<&str> {
        let is_failed = matches!(self.health, Health::Failed | Health::Stalled | Health::Waiting | Health::Progressing);
        Some(self.message).filter(|message| is_failed && !message.is_empty())
    }
}

impl Diagnosis {
    pub fn keyed(self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self }
    }

    pub fn by(self, witness: Witness) -> Self {
        Self { witness, ..self }
    }

    pub fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    pub fn press(self, remedies: &[Remedy]) -> Self {
        Self { remedies: remedies.to_vec(), ..self }
    }

    /// As an event says it.
    pub fn by_event(self, event: &EventRow) -> Self {
        Self { witness: Witness::Event(event.reason.clone()), ..self }
    }
}
