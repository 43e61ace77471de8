//! The slim record of one object: what the screens show and the graph needs, nothing else.
//!
//! Bodies (YAML, events, logs, values) are fetched on demand.

use std::time::Duration;

use jiff::Timestamp;

use super::health::Health;
use super::identity::{ObjectRef, Str, Uid};

/// One object of the cluster as reduced by `Kind::read`.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub id: ObjectRef,
    /// The API version that it was read in, without the group.
    pub version: Str,
    pub uid: Uid,
    pub created: Option<Timestamp>,
    /// `metadata.generation`: increases with every change of the spec. 0 for kinds without one.
    pub generation: i64,
    pub verdict: Verdict,
    /// The requests to its controller and their state; none for kinds that Flux does not reconcile.
    pub control: Option<Box<Control>>,
    /// Set when the controller has to leave the object alone.
    pub suspension: Option<Box<Suspension>>,
    pub conditions: Box<[Condition]>,
    pub labels: Labels,
    pub owners: Box<[Owner]>,
    /// Outgoing edges; an inventory is one `Applies` edge an entry.
    pub edges: Box<[Edge]>,
    pub facts: Facts,
}

/// The verdict on an object: its health with the reason and message that led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub health: Health,
    /// The condition's reason, or a pod's phase or waiting reason (`CrashLoopBackOff`).
    pub reason: Str,
    pub message: Str,
    /// When the deciding condition last changed its status.
    pub since: Option<Timestamp>,
}

impl Verdict {
    pub fn new(health: Health, reason: impl Into<Str>, message: impl Into<Str>) -> Self {
        Self { health, reason: reason.into(), message: message.into(), since: None }
    }

    /// A verdict with one condition's reason and message.
    pub fn of(health: Health, condition: &Condition) -> Self {
        Self { health, reason: condition.reason.clone(), message: condition.message.clone(), since: condition.since }
    }
}

/// Why an object is suspended, from its annotations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suspension {
    pub by: Option<Str>,
    pub reason: Option<Str>,
    pub until: Option<Timestamp>,
    /// When it was suspended, if who did so wrote that down: `flux suspend` does not.
    pub at: Option<Timestamp>,
    /// What the frozen Ready condition said last: a suspended object may be failing.
    pub frozen: Option<Health>,
}

impl Suspension {
    /// Whether its end date has passed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until < now)
    }
}

/// The requests to a Flux controller and their state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Control {
    /// `reconcile.fluxcd.io/requestedAt`: opaque text from any client.
    pub requested: Option<Str>,
    /// `status.lastHandledReconcileAt`: the last handled request.
    pub handled: Option<Str>,
    /// `status.observedGeneration`.
    pub observed: Option<i64>,
    /// No controller reconciles it: an Alert, a Provider, an OCI HelmRepository.
    pub fixed: bool,
    pub deletion: Deletion,
    pub pace: Pace,
}

/// How often an object is reconciled, and how that went last, where it says so itself: sources and HelmReleases do not say when they were
/// reconciled last. The Ready condition's time is that of its last change, and an artifact's that of its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// `spec.interval`, or what the Flux Operator reads in its place.
    pub interval: Option<Duration>,
    /// When it was last reconciled to the end.
    pub last: Option<Timestamp>,
    /// How long that took; of a HelmRelease, how long its last release action took.
    pub took: Option<Duration>,
}

/// What happens to the objects that an object applied when it is deleted (and not suspended).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletion {
    /// It applied nothing, or leaves it.
    #[default]
    Leaves,
    /// Its inventory is deleted with it.
    Prunes,
    /// The release is uninstalled.
    Uninstalls,
}

/// One entry of `status.conditions`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub kind: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    pub reason: Str,
    pub message: Str,
    /// The generation that the condition is about, if it has one.
    pub observed: Option<i64>,
    pub since: Option<Timestamp>,
}

/// `metadata.labels`, shared between objects that carry the same set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels(pub Option<std::sync::Arc<[(Str, Str)]>>);

impl Labels {
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|set| set.iter()).map(|(key, value)| (&**key, &**value))
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    pub uid: Uid,
    pub group: Str,
    pub kind: Str,
    pub name: Str,
}

/// A typed, directed edge to another object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    pub relation: Relation,
    pub to: ObjectRef,
}

/// What an edge means, read from its start: "this *depends on* that".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Inventory: this applied that.
    Applies,
    /// `metadata.ownerReferences`, reversed: this owns that.
    Owns,
    /// Owner labels: this says that it was applied by that. A claim, not a proof.
    ManagedBy,
    /// `spec.sourceRef` and its like: this takes its content from that.
    Source,
    /// `spec.chartRef`, `status.helmChart`.
    Chart,
    /// `spec.dependsOn`.
    DependsOn,
    /// `valuesFrom`, `substituteFrom`.
    Values,
    /// Image policy to image repository; automation to policies.
    Images,
    /// Image automation to the repository that it writes to.
    Updates,
    /// Alert to its provider.
    Provider,
    /// Alert to its event sources.
    EventSource,
    /// Receiver to the objects it triggers.
    Triggers,
    /// ArtifactGenerator to ExternalArtifact.
    Generates,
    /// `GitRepository.spec.include`.
    Includes,
    /// ResourceSet to its input providers.
    Inputs,
    /// Secrets, ConfigMaps and the ServiceAccount that it works with.
    Uses,
}

impl Relation {
    /// How a reference row names the far end.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applies => "applies",
            Self::Owns => "owns",
            Self::ManagedBy => "managed by",
            Self::Source => "source",
            Self::Chart => "chart",
            Self::DependsOn => "depends on",
            Self::Values => "values from",
            Self::Images => "images",
            Self::Updates => "writes to",
            Self::Provider => "notifies",
            Self::EventSource => "events of",
            Self::Triggers => "triggers",
            Self::Generates => "generates",
            Self::Includes => "includes",
            Self::Inputs => "inputs",
            Self::Uses => "uses",
        }
    }

    /// The same edge read from its end.
    pub fn reverse(self) -> &'static str {
        match self {
            Self::Applies => "applied by",
            Self::Owns => "owned by",
            Self::ManagedBy => "manages",
            Self::Source => "feeds",
            Self::Chart => "released by",
            Self::DependsOn => "needed by",
            Self::Values => "values of",
            Self::Images => "used by",
            Self::Updates => "written by",
            Self::Provider => "notifies for",
            Self::EventSource => "watched by",
            Self::Triggers => "triggered by",
            Self::Generates => "generated by",
            Self::Includes => "included by",
            Self::Inputs => "input of",
            Self::Uses => "used by",
        }
    }
}

/// Facts of single kinds that other rooms need. Boxed: most objects have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Particular {
    /// The Secret in which Helm keeps the present release.
    Release { secret: ObjectRef },
    /// The target of an autoscaler and its bounds, as written.
    Scaler { target: ObjectRef, least: i64, most: Str },
    /// The git repository that is fetched, without a credential, and the branch that is followed; none where it is pinned.
    Repository { url: Str, branch: Option<Str> },
    /// The folder of its source that is built, as written.
    Folder { path: Str },
    /// The first container of a pod that fails.
    Container(FailingContainer),
    /// The image that a pod of one of Flux's own controllers runs.
    Image { image: Str },
}

/// A container that waits in vain or has ended badly, in fields: what its pod's verdict says in a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailingContainer {
    pub name: Str,
    /// As its status names it; the kubelet writes it in full where it has pulled it.
    pub image: Str,
    /// Why it waits (`CrashLoopBackOff`), or why it ended (`OOMKilled`) where it does not start again.
    pub reason: Str,
    /// What the kubelet says of the waiting.
    pub message: Str,
    /// The code with which its last instance ended; none where none has.
    pub exit: Option<i64>,
    /// Why that ended: `OOMKilled`, `Error`, `ContainerCannotRun`.
    pub ended_by: Str,
    /// The last line that it left as it ended (`terminationMessagePath`, or the end of its log).
    pub said: Str,
    pub restarts: u32,
}

/// The few fields that a role needs beyond identity and verdict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The present revision: a source's artifact, the applied revision, the chart version.
    pub revision: Option<Str>,
    /// The last attempted revision, if it differs from `revision`.
    pub attempted: Option<Str>,
    /// Ready and desired replicas of a workload; ready and all containers of a pod.
    pub ready: Option<(u32, u32)>,
    /// Sum of the containers' restarts.
    pub restarts: u32,
    /// A reconciliation was requested and has not been handled yet.
    pub requested: bool,
    /// It belongs to Flux v1.
    pub legacy: bool,
    /// Its children are in another cluster (`spec.kubeConfig`).
    pub remote: bool,
    /// Flux leaves it when it prunes (fluxcd/pkg `ssa`: labelled or annotated so).
    pub kept: bool,
    /// How a HelmRelease's children were found; empty for other kinds.
    pub children_by: &'static str,
    /// Facts of single kinds.
    pub particular: Option<Box<Particular>>,
    /// Values of the kind's own columns, in the order in which the kind declares them.
    pub cells: Box<[Str]>,
}
