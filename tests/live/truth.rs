//! What is in the cluster, by kubectl and the rules of Kubernetes and Flux, without a line of the program's own code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::support::bed::Bed;

/// Groups whose objects Flux reconciles, those of the Flux Operator, and those of Flux v1.
const GROUPS: &[&str] = &[
    "toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
    "fluxcd.controlplane.io",
    "helm.fluxcd.io",
    "flux.weave.works",
    "helm.integrations.flux.weave.works",
];

/// What may be between Flux and a pod.
const WORKLOADS: &str = "deployments.apps,replicasets.apps,statefulsets.apps,daemonsets.apps,jobs.batch,cronjobs.batch,pods";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub group: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

impl Key {
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    fn of(object: &Value) -> Self {
        let version = text(object, "/apiVersion");
        let group = version.rsplit_once('/').map_or("", |(group, _)| group);
        Self::new(group, text(object, "/kind"), text(object, "/metadata/namespace"), text(object, "/metadata/name"))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{} {}/{}", self.kind, self.group, self.namespace, self.name)
    }
}

/// A text of an object; empty where there is none.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Objects by identity.
pub type Objects = BTreeMap<Key, Value>;

fn objects(bed: &Bed, kinds: &str) -> Objects {
    bed.items(&["-A", kinds]).into_iter().map(|object| (Key::of(&object), object)).collect()
}

/// Every object of every kind of [`GROUPS`] that the server serves.
pub fn of_flux(bed: &Bed) -> Objects {
    let served = bed.kubectl(&["api-resources", "--verbs=list", "-o", "name"]);
    let is_flux = |name: &&str| {
        let group = name.split_once('.').map_or("", |(_, group)| group);
        GROUPS.iter().any(|ours| group == *ours || group.ends_with(&format!(".{ours}")))
    };
    let kinds: Vec<_> = served.lines().map(str::trim).filter(is_flux).collect();
    assert!(kinds.len() >= 21, "the bed serves every kind: {kinds:?}");
    objects(bed, &kinds.join(","))
}

/// Workloads, and pods.
pub fn workloads(bed: &Bed) -> Objects {
    objects(bed, WORKLOADS)
}

/// What of these kinds exists (`Kind.group`).
pub fn existing(bed: &Bed, kinds: &BTreeSet<(String, String)>) -> BTreeSet<Key> {
    let names: Vec<_> =
        kinds.iter().map(|(group, kind)| if group.is_empty() { kind.clone() } else { format!("{kind}.{group}") }).collect();
    objects(bed, &names.join(",")).into_keys().collect()
}

/// Objects that were the same both times: those that changed meanwhile prove nothing.
pub fn settled(before: Objects, after: &Objects) -> Objects {
    let version = |object: &Value| text(object, "/metadata/resourceVersion").to_owned();
    before.into_iter().filter(|(key, object)| after.get(key).is_some_and(|later| version(later) == version(object))).collect()
}

/// Everything that inventories name. What is applied to another cluster is not here.
pub fn inventories(flux: &Objects) -> BTreeSet<Key> {
    let here = flux.values().filter(|object| object.pointer("/spec/kubeConfig").is_none());
    here.flat_map(|object| list(object, "/status/inventory/entries"))
        .filter_map(|entry| inventory_id(text(entry, "/id")))
        .collect()
}

/// `namespace_name_group_kind` (fluxcd/cli-utils `pkg/object/objmetadata.go`: colons of RBAC names are doubled underscores).
fn inventory_id(id: &str) -> Option<Key> {
    let (namespace, rest) = id.split_once('_')?;
    let (rest, kind) = rest.rsplit_once('_')?;
    let (name, group) = rest.rsplit_once('_')?;
    Some(Key::new(group, kind, namespace, &name.replace("__", ":")))
}

/// Pods below what inventories name, or below what Flux v1 looks after.
pub fn managed_pods(flux: &Objects, workloads: &Objects) -> BTreeSet<Key> {
    let applied = inventories(flux);
    let pods = workloads.iter().filter(|(key, _)| key.kind == "Pod");
    let is_managed = |key: &&Key| {
        std::iter::successors(Some((*key).clone()), |key| owner(workloads, key))
            .any(|key| applied.contains(&key) || workloads.get(&key).is_some_and(is_legacy))
    };
    pods.map(|(key, _)| key).filter(is_managed).cloned().collect()
}

fn owner(objects: &Objects, key: &Key) -> Option<Key> {
    let reference = list(objects.get(key)?, "/metadata/ownerReferences").first()?;
    let version = text(reference, "/apiVersion");
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    Some(Key::new(group, text(reference, "/kind"), &key.namespace, text(reference, "/name")))
}

/// Flux v1 marks what it syncs and releases by annotations.
fn is_legacy(object: &Value) -> bool {
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    annotations.into_iter().flatten().any(|(name, _)| {
        name.starts_with("fluxcd.io/") || matches!(name.as_str(), "helm.fluxcd.io/antecedent" | "flux.weave.works/antecedent")
    })
}

/// What a pod's phase, conditions and containers say of it, in the words of the program's documentation of health.
pub fn pod_health(pod: &Value) -> &'static str {
    let condition = |kind: &str| list(pod, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind);
    let is_true = |kind: &str| condition(kind).is_some_and(|condition| text(condition, "/status") == "True");
    let containers = [list(pod, "/status/initContainerStatuses"), list(pod, "/status/containerStatuses")].concat();
    let waits_in_vain = containers.iter().map(|container| text(container, "/state/waiting/reason")).any(|reason| {
        reason == "CrashLoopBackOff"
            || reason.starts_with("ErrImage")
            || reason.starts_with("ImagePull")
            || reason.ends_with("Error")
    });
    let has_failed = containers
        .iter()
        .any(|container| container.pointer("/state/terminated/exitCode").and_then(Value::as_i64).is_some_and(|code| code != 0));
    match text(pod, "/status/phase") {
        _ if pod.pointer("/metadata/deletionTimestamp").is_some() => "terminating",
        "Succeeded" => "ready",
        "Failed" => "failed",
        "Running" if is_true("Ready") => "ready",
        _ if waits_in_vain || has_failed => "failed",
        "Pending" if condition("PodScheduled").is_some_and(|it| text(it, "/reason") == "Unschedulable") => "failed",
        _ => "progressing",
    }
}

/// The present revision of an object, if its API has one.
pub fn revision(object: &Value) -> Option<&str> {
    let at = match (text(object, "/apiVersion"), text(object, "/kind")) {
        (version, "Kustomization" | "FluxInstance" | "ResourceSet") if version.contains(".io/") => "/status/lastAppliedRevision",
        (version, "HelmRelease") if version.starts_with("helm.toolkit") => "/status/history/0/chartVersion",
        (_, "GitRepository" | "OCIRepository" | "HelmRepository" | "HelmChart" | "Bucket" | "ExternalArtifact") => {
            "/status/artifact/revision"
        }
        _ => return None,
    };
    Some(text(object, at))
}

/// Type, status, reason and message of every condition.
pub fn conditions(object: &Value) -> Vec<[&str; 4]> {
    let parts = |condition| ["/type", "/status", "/reason", "/message"].map(|part| text(condition, part));
    list(object, "/status/conditions").iter().map(parts).collect()
}

/// Whether a text of the program says what the cluster says: control and invisible characters may be gone, white space may be other
/// white space, and where it is longer than 4 KiB, it may lack a piece, marked by `…`.
pub fn says(shown: &str, reported: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_graphic() || c.is_alphanumeric()).collect::<String>();
    let (short, long) = (plain(shown), plain(reported));
    let cut = |(at, _)| long.starts_with(&plain(&shown[..at])) && long.ends_with(&plain(&shown[at..]));
    short == long || shown.len() > 4000 && shown.match_indices('…').any(cut)
}
