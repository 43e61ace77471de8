//! The kinds we know, as data: one file for each kind, one line in [`ALL`].
//!
//! A kind declares where it is served, its names, the columns of its table and how an object of it is read ([`Kind::read`]): its
//! health, edges and facts, fixed once on arrival. JSON stops here. No I/O, no layout.

mod describe;
mod draft;
pub mod group;
mod helm_operator;
pub mod legacy;
pub mod masked;
mod owners;
mod parts;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod wire;

pub use describe::{describe, describe_status, history};
pub use draft::{Draft, Reader};
pub use owners::{FieldOwner, field_owners};
pub use parts::{BodyPart, is_in_parts, parts};
pub use wire::{Meta, OwnerReference, Wire};

mod alert;
mod any;
mod artifact_generator;
mod bucket;
mod cron_job;
mod custom_resource_definition;
mod daemon_set;
mod deployment;
mod external_artifact;
mod flux_helm_release;
mod flux_instance;
mod flux_report;
mod git_repository;
mod helm_chart;
mod helm_operator_release;
mod helm_release;
mod helm_repository;
mod horizontal_pod_autoscaler;
mod image_policy;
mod image_repository;
mod image_update_automation;
mod ingress;
mod job;
mod kustomization;
mod metadata;
mod namespace;
mod oci_repository;
mod persistent_volume_claim;
mod pod;
mod pod_disruption_budget;
mod provider;
mod receiver;
mod replica_set;
mod resource_set;
mod resource_set_input_provider;
mod service;
mod stateful_set;
mod uses;
mod vulnerability_report;
mod weave_helm_release;

use crate::domain::object::{Particular, Relation};
use crate::domain::{GroupKind, Object, ObjectRef};

/// Every kind with rules of its own, in the order in which lists of kinds show them: from the sources to the objects applied from
/// them.
///
/// A static, so that a kind has one address ([`rank`] compares addresses): a constant would be another value at each use.
pub static ALL: &[&Kind] = &[
    &git_repository::KIND,
    &oci_repository::KIND,
    &helm_repository::KIND,
    &helm_chart::KIND,
    &bucket::KIND,
    &external_artifact::KIND,
    &artifact_generator::KIND,
    &kustomization::KIND,
    &helm_release::KIND,
    &image_repository::KIND,
    &image_policy::KIND,
    &image_update_automation::KIND,
    &alert::KIND,
    &provider::KIND,
    &receiver::KIND,
    &resource_set::KIND,
    &resource_set_input_provider::KIND,
    &flux_instance::KIND,
    &flux_report::KIND,
    &helm_operator_release::KIND,
    &weave_helm_release::KIND,
    &flux_helm_release::KIND,
    &deployment::KIND,
    &stateful_set::KIND,
    &daemon_set::KIND,
    &replica_set::KIND,
    &pod::KIND,
    &job::KIND,
    &cron_job::KIND,
    &namespace::KIND,
    &custom_resource_definition::KIND,
    &service::KIND,
    &ingress::KIND,
    &horizontal_pod_autoscaler::KIND,
    &pod_disruption_budget::KIND,
    &persistent_volume_claim::KIND,
    &vulnerability_report::KIND,
    &metadata::CONFIG_MAP,
    &metadata::SECRET,
    &metadata::SERVICE_ACCOUNT,
    &metadata::ROLE,
    &metadata::ROLE_BINDING,
    &metadata::CLUSTER_ROLE,
    &metadata::CLUSTER_ROLE_BINDING,
    &metadata::NETWORK_POLICY,
    &metadata::LIMIT_RANGE,
    &metadata::RESOURCE_QUOTA,
    &metadata::INGRESS_CLASS,
    &metadata::PRIORITY_CLASS,
    &metadata::STORAGE_CLASS,
    &metadata::MUTATING_WEBHOOK,
    &metadata::VALIDATING_WEBHOOK,
];

/// The rules for a kind that we have no file for: kstatus' generic ones.
pub static ANY: &Kind = &any::KIND;

/// The rules for objects of which only the metadata was asked for.
pub static METADATA: Kind = Kind { body: Body::Metadata, columns: &[], ..Kind::BASE };

/// Kinds that others have to name, as the values that they are: a pod's logs, a chart that is named after its release, what one
/// Kustomization applies.
pub static KUSTOMIZATION: &Kind = &kustomization::KIND;
pub static GIT_REPOSITORY: &Kind = &git_repository::KIND;
pub static OCI_REPOSITORY: &Kind = &oci_repository::KIND;
pub static BUCKET: &Kind = &bucket::KIND;
pub static ARTIFACT_GENERATOR: &Kind = &artifact_generator::KIND;
pub static EXTERNAL_ARTIFACT: &Kind = &external_artifact::KIND;
pub static HELM_CHART: &Kind = &helm_chart::KIND;
pub static HELM_RELEASE: &Kind = &helm_release::KIND;
pub static HELM_REPOSITORY: &Kind = &helm_repository::KIND;
pub static DEPLOYMENT: &Kind = &deployment::KIND;
pub static STATEFUL_SET: &Kind = &stateful_set::KIND;
pub static DAEMON_SET: &Kind = &daemon_set::KIND;
pub static REPLICA_SET: &Kind = &replica_set::KIND;
pub static JOB: &Kind = &job::KIND;
pub static CRON_JOB: &Kind = &cron_job::KIND;
pub static SERVICE: &Kind = &service::KIND;
pub static PERSISTENT_VOLUME_CLAIM: &Kind = &persistent_volume_claim::KIND;
pub static POD_DISRUPTION_BUDGET: &Kind = &pod_disruption_budget::KIND;
pub static CUSTOM_RESOURCE_DEFINITION: &Kind = &custom_resource_definition::KIND;
pub static CONFIG_MAP: &Kind = &metadata::CONFIG_MAP;
pub static SECRET: &Kind = &metadata::SECRET;
pub static SERVICE_ACCOUNT: &Kind = &metadata::SERVICE_ACCOUNT;
pub static ROLE: &Kind = &metadata::ROLE;
pub static ROLE_BINDING: &Kind = &metadata::ROLE_BINDING;
pub static CLUSTER_ROLE: &Kind = &metadata::CLUSTER_ROLE;
pub static CLUSTER_ROLE_BINDING: &Kind = &metadata::CLUSTER_ROLE_BINDING;
pub static LIMIT_RANGE: &Kind = &metadata::LIMIT_RANGE;
pub static RESOURCE_QUOTA: &Kind = &metadata::RESOURCE_QUOTA;
pub static INGRESS_CLASS: &Kind = &metadata::INGRESS_CLASS;
pub static PRIORITY_CLASS: &Kind = &metadata::PRIORITY_CLASS;
pub static STORAGE_CLASS: &Kind = &metadata::STORAGE_CLASS;
pub static HORIZONTAL_POD_AUTOSCALER: &Kind = &horizontal_pod_autoscaler::KIND;
pub static IMAGE_POLICY: &Kind = &image_policy::KIND;
pub static IMAGE_UPDATE_AUTOMATION: &Kind = &image_update_automation::KIND;
pub static NAMESPACE: &Kind = &namespace::KIND;
pub static POD: &Kind = &pod::KIND;

/// One Kubernetes kind: a value, one a file. What others have to know of it is declared here: nobody asks for a kind by its name.
pub struct Kind {
    pub kind: &'static str,
    pub group: &'static str,
    /// Versions that we can read, newest first; discovery decides which is used.
    pub versions: &'static [&'static str],
    pub plural: &'static str,
    pub short: &'static [&'static str],
    /// How `flux` spells it, for its commands: `source git`; empty for what it does not know.
    pub flux: &'static str,
    pub namespaced: bool,
    pub role: Role,
    pub traits: &'static [Trait],
    /// Where its objects refer to others of Flux by name.
    pub references: &'static [Reference],
    pub body: Body,
    /// How `spec.suspend` or its like is spelled.
    pub suspend: Suspend,
    /// Whether objects of it are looked for below those that own them; of other kinds, when their owner is opened.
    pub follow: bool,
    /// Columns between NAME and AGE.
    pub columns: &'static [Column],
    pub read: fn(&Wire, &mut Draft),
}

/// What is true of some kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// No controller answers a request to reconcile it.
    Unasked,
    /// Its controller reads `reconcile.fluxcd.io/forceAt`.
    Forced,
    /// Its controller counts failures, and reads `reconcile.fluxcd.io/resetAt`.
    CountsFailures,
    /// It applies what its source has fetched.
    Sourced,
    /// It releases a chart, by Helm.
    Charted,
    /// It brings Flux itself: everything depends on it.
    Root,
    /// Its controller writes it again at once when it is deleted.
    Remade,
    /// What owns it makes another when it is deleted: a pod.
    Replaced,
    /// It makes pods of its own.
    OwnsPods,
    /// Its spec says which containers its pods have.
    MakesPods,
    /// Its pods can be replaced one after the other (`kubectl rollout restart`).
    Restarts,
    /// Flux v1 reads policies in its annotations.
    Policies,
    /// It has `spec.replicas`.
    Scales,
    /// It decides how many replicas others have.
    Scaler,
}

/// A field of a kind that names another object.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// The path of the reference, or of a list of them.
    pub path: &'static [&'static str],
    pub is_list: bool,
    /// The kind that is meant where the reference does not say one.
    pub kind: &'static str,
}

impl Reference {
    const fn one(path: &'static [&'static str], kind: &'static Kind) -> Self {
        Self { path, is_list: false, kind: kind.kind }
    }

    const fn list(path: &'static [&'static str], kind: &'static str) -> Self {
        Self { path, is_list: true, kind }
    }
}

/// Two values are one kind where they have group and name in common.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        (self.group, self.kind) == (other.group, other.kind)
    }
}

/// A kind is named: the rest of it is what every build knows.
impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.kind, self.group)
    }
}

impl Kind {
    /// What a kind has unless it says otherwise.
    pub const BASE: Self = Self {
        kind: "",
        group: "",
        versions: &["v1"],
        plural: "",
        short: &[],
        flux: "",
        namespaced: true,
        role: Role::Child,
        traits: &[],
        references: &[],
        body: Body::Whole,
        suspend: Suspend::Never,
        follow: false,
        columns: &[Column::State, Column::Message],
        read: |_, _| {},
    };

    /// Whether one of Flux's controllers (or the Flux Operator) reconciles it.
    pub fn is_flux(&self) -> bool {
        !matches!(self.role, Role::Workload | Role::Child | Role::Legacy)
    }

    pub fn has(&self, wanted: Trait) -> bool {
        self.traits.contains(&wanted)
    }

    /// Whether its objects are releases of charts, with values.
    pub fn has_values(&self) -> bool {
        self.has(Trait::Charted) && self.group == group::HELM || self.role == Role::Legacy
    }

    /// Group and name, as objects carry them.
    pub fn gk(&self) -> GroupKind {
        GroupKind::new(self.group, self.kind)
    }

    /// Whether that is its group and name.
    pub fn is(&self, gk: &GroupKind) -> bool {
        self.group == &*gk.group && self.kind == &*gk.kind
    }

    /// The edge to what its revision is compared with; none for what applies nothing.
    pub fn compares(&self) -> Option<Relation> {
        (self.role == Role::Applier).then(|| if self.has(Trait::Charted) { Relation::Chart } else { Relation::Source })
    }

    /// Whether the revision of what that edge leads to can be compared: an OCI chart's release is named by version, its source by tag and
    /// digest.
    pub fn is_comparable(relation: Relation, to: &GroupKind) -> bool {
        relation != Relation::Chart || HELM_CHART.is(to)
    }

    /// Its names in commands: plural, singular, short names, Kind.
    pub fn answers_to(&self, name: &str) -> bool {
        self.plural.eq_ignore_ascii_case(name)
            || self.kind.eq_ignore_ascii_case(name)
            || self.short.iter().any(|short| short.eq_ignore_ascii_case(name))
    }
}

/// What a kind does in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Fetches: GitRepository, OCIRepository, HelmRepository, HelmChart, Bucket, ExternalArtifact, ArtifactGenerator.
    Source,
    /// Applies: Kustomization, HelmRelease.
    Applier,
    Image,
    Notification,
    Operator,
    /// Flux v1's kinds.
    Legacy,
    /// Has pods below it, and pods.
    Workload,
    Child,
}

/// How much of the object is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    Whole,
    /// Metadata only (`PartialObjectMetadata`): kinds without a status, and Secrets, whose data is never read.
    Metadata,
}

/// How a kind is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspend {
    Never,
    /// `spec.suspend: true`.
    Spec,
    /// This annotation with the value `disabled`.
    Annotation(&'static str),
}

/// A column of a kind's table. Values come from the record; `Cell(n)` is the n-th of `Facts::cells`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Glyph and word of the health.
    State,
    Revision,
    Suspended,
    /// `True`, `False`, `Unknown` of the Ready condition.
    Ready,
    Message,
    /// Ready and desired replicas.
    Replicas,
    Restarts,
    /// Heading and index into `Facts::cells`.
    Cell(&'static str, usize),
    /// As `Cell`, shown with `ctrl-w` and `-o wide` only.
    Wide(&'static str, usize),
}

/// Returns the kind of that group and name, or `None` where only [`ANY`] fits.
pub fn find(group: &str, kind: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|known| known.kind == kind && known.group == group)
}

/// Returns the rules for that group and name: its own or [`ANY`]'s.
pub fn rules(group: &str, kind: &str) -> &'static Kind {
    find(group, kind).unwrap_or(ANY)
}

/// As [`rules`], of what an object carries.
pub fn of(gk: &GroupKind) -> &'static Kind {
    rules(&gk.group, &gk.kind)
}

/// Returns the group of the Flux kind of that name, for references that leave it out (an Alert's event sources, a Receiver's resources).
fn flux_group(kind: &str) -> Option<&'static str> {
    ALL.iter().find(|known| known.is_flux() && known.kind == kind).map(|known| known.group)
}

/// Returns the Secret in which Helm keeps the release of a HelmRelease whose status does not list its children.
pub fn release_secret(object: &Object) -> Option<ObjectRef> {
    match object.facts.particular.as_deref() {
        Some(Particular::Release { secret }) if !object.facts.remote && object.facts.children_by.is_empty() => {
            Some(secret.clone())
        }
        _ => None,
    }
}

/// Where a kind stands among the others on screen: its place in [`ALL`], kinds without a file last.
pub fn rank(kind: &Kind) -> usize {
    ALL.iter().position(|known| std::ptr::eq(*known, kind)).unwrap_or(ALL.len())
}

/// Returns the kinds that the user may mean by `name` (plural, singular, short name or Kind, optionally `.group`), Flux kinds first.
/// With a group, the short name of any kind of that name will do: `hr.helm.fluxcd.io`.
pub fn by_name(name: &str) -> Vec<&'static Kind> {
    let (name, group) = name.split_once('.').map_or((name, None), |(name, group)| (name, Some(group)));
    let is_of = |kind: &Kind, group: &str| kind.group == group || kind.group.starts_with(&format!("{group}."));
    let is_meant = |kind: &&'static Kind| match group {
        None => kind.answers_to(name),
        Some(group) => is_of(kind, group) && ALL.iter().any(|other| other.kind == kind.kind && other.answers_to(name)),
    };
    let mut found: Vec<_> = ALL.iter().copied().filter(is_meant).collect();
    found.sort_by_key(|kind| !kind.is_flux());
    found
}
