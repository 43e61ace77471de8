//! What was recorded of the fleet's outcomes: what each applier applies, what fails and how, and how containers end.
//!
//! Nothing is rendered here: where git says something else than it did then is for `render`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::apply;
use super::render::Inputs;
use super::scene::condition;
use crate::demo::objects::{Key, Store, list, scatter, text};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::render::Cache;

#[derive(Default)]
pub(in crate::demo) struct Recording {
    /// When the recorded state came to life.
    pub(super) began: Timestamp,
    /// What a Kustomization or a HelmRelease applies, without what the server adds.
    applied: BTreeMap<Key, Vec<Value>>,
    /// What their inventories said, also of what never came to be.
    inventories: BTreeMap<Key, Value>,
    /// How an attempt with a spec fails: reason and message.
    failures: BTreeMap<Key, (Value, String, String)>,
    /// How the pods of a workload end up when they do not get ready: the image that does so, and the pod's status.
    fates: BTreeMap<String, (String, Value)>,
    /// What Kustomizations were built from.
    inputs: BTreeMap<Key, Inputs>,
    /// Texts of git that were parsed.
    pub(super) parsed: Cache,
    /// Charts: name, version, from what was recorded of HelmCharts and OCI artifacts.
    charts: Vec<(String, String)>,
    /// The values of a HelmRelease as a digest of ours, the digest that was recorded for them, and the chart's version.
    released: BTreeMap<Key, (String, String, String)>,
}

impl Recording {
    pub fn of(store: &Store) -> Self {
        let mut recording = Self::default();
        for (key, object) in store.all() {
            let inventory = apply::references(object);
            if !inventory.is_empty() {
                let manifests = inventory.iter().filter_map(|reference| manifest(store, reference)).collect();
                recording.applied.insert(key.clone(), manifests);
                recording.inventories.insert(key.clone(), object["status"]["inventory"].clone());
            }
            if let Some(ready) = condition(object, "Ready").filter(|ready| text(ready, "/status") == "False") {
                let failure = (desired(object), text(ready, "/reason").to_owned(), text(ready, "/message").to_owned());
                recording.failures.insert(key.clone(), failure);
            }
            if store.kind(key.kind).is("kustomize.toolkit.fluxcd.io", "Kustomization") {
                let inputs = Inputs::of(store, object, text(object, "/status/lastAttemptedRevision"));
                recording.inputs.insert(key.clone(), inputs);
            }
            if let Some(latest) = object.pointer("/status/history/0").filter(|_| text(object, "/kind") == "HelmRelease") {
                let (digest, version) = (text(latest, "/configDigest").to_owned(), text(latest, "/chartVersion").to_owned());
                recording.released.insert(key.clone(), (values(store, object), digest, version));
            }
            let artifact = text(object, "/status/artifact/revision");
            if store.kind(key.kind).kind == "HelmChart" && !artifact.is_empty() {
                recording.charts.push((text(object, "/spec/chart").to_owned(), artifact.to_owned()));
            }
            if store.kind(key.kind).is("", "Pod") && !super::pod::is_ready(object) {
                let image = text(object, "/spec/containers/0/image").to_owned();
                recording.fates.insert(workload(object), (image, object["status"].clone()));
            }
        }
        recording
    }

    pub fn applied(&self, key: &Key) -> Option<&Vec<Value>> {
        self.applied.get(key)
    }

    pub fn inventory(&self, key: &Key) -> Option<&Value> {
        self.inventories.get(key)
    }

    /// Reason and message of the failure that was recorded, as long as the object is still what failed.
    pub fn failure(&self, key: &Key, object: &Value) -> Option<(&str, &str)> {
        let (spec, reason, message) = self.failures.get(key)?;
        (*spec == desired(object)).then_some((reason.as_str(), message.as_str()))
    }

    /// The failure that ends an attempt before anything is applied.
    pub fn stopped(&self, key: &Key, object: &Value) -> Option<(&str, &str)> {
        let ends = |reason: &str, message: &str| match reason {
            "ArtifactFailed" => !message.starts_with("Source artifact not found"),
            _ => matches!(reason, "BuildFailed" | "ReconciliationFailed"),
        };
        self.failure(key, object).filter(|(reason, message)| ends(reason, message))
    }

    /// What a Kustomization was built from.
    pub(super) fn built_from(&self, key: &Key) -> Option<&Inputs> {
        self.inputs.get(key)
    }

    /// The status that a pod of a workload gets when it does not get ready with this image.
    pub fn fate(&self, pod: &Value) -> Option<&Value> {
        let (image, status) = self.fates.get(&workload(pod))?;
        (text(pod, "/spec/containers/0/image") == image).then_some(status)
    }

    /// A digest of some values; of those that were recorded, the one that was recorded with them.
    pub fn digest(&self, key: &Key, ours: String) -> String {
        self.released.get(key).filter(|(known, ..)| *known == ours).map_or(ours, |(_, recorded, _)| recorded.clone())
    }

    /// The version of the chart of a release when it was recorded.
    pub fn released(&self, key: &Key) -> Option<&str> {
        self.released.get(key).map(|(.., version)| version.as_str())
    }

    /// Versions of a chart that were recorded.
    pub fn versions(&self, chart: &str) -> impl Iterator<Item = &str> {
        self.charts.iter().filter(move |(name, _)| name == chart).map(|(_, version)| version.as_str())
    }

    /// A release of the same chart that was recorded, to take its objects as a pattern.
    pub fn sibling<'a>(&'a self, store: &'a Store, chart: &'a str) -> Option<(&'a Value, &'a Vec<Value>)> {
        let of_chart = move |(key, _): &(&Key, &Vec<Value>)| {
            store.get(key).is_some_and(|object| {
                text(object, "/kind") == "HelmRelease" && text(object, "/status/history/0/chartName") == chart
            })
        };
        self.applied.iter().find(of_chart).and_then(|(key, manifests)| Some((&**store.get(key)?, manifests)))
    }
}

/// The desired state of an object, without whether it is suspended.
pub(super) fn desired(object: &Value) -> Value {
    let mut spec = object["spec"].clone();
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("suspend");
    }
    spec
}

/// A digest of what the values of a HelmRelease are made of: inline ones, and all data of what they come from.
pub(super) fn values(store: &Store, object: &Value) -> String {
    let own = text(object, "/metadata/namespace");
    let data = |from: &Value| store.find("", text(from, "/kind"), own, text(from, "/name")).map(|found| found["data"].clone());
    let data: Vec<_> = list(object, "/spec/valuesFrom").iter().map(data).collect();
    digest(&json!([object["spec"]["values"], data]))
}

/// Looks like a SHA-256 and differs for different values; nobody checks it.
pub(super) fn digest(value: &Value) -> String {
    let seed = value.to_string().bytes().fold(11, |seed, byte| scatter(seed ^ u64::from(byte)));
    let hex: String = (0..4).map(|part| format!("{:016x}", scatter(seed.wrapping_add(part)))).collect();
    format!("sha256:{hex}")
}

/// Names the workload of a pod: its owner without the hash that rollouts add.
fn workload(pod: &Value) -> String {
    let owner = text(pod, "/metadata/ownerReferences/0/name");
    let hash = text(pod, "/metadata/labels/pod-template-hash");
    let owner = owner.strip_suffix(hash).map_or(owner, |owner| owner.trim_end_matches('-'));
    format!("{}/{owner}", text(pod, "/metadata/namespace"))
}

/// An object as its manifest: without what the server and other controllers have added.
fn manifest(store: &Store, reference: &ObjectRef) -> Option<Value> {
    let mut object = (**store.at(reference)?.1).clone();
    let kind = &*reference.gk.kind;
    let fields = object.as_object_mut()?;
    fields.remove("status");
    if kind == "Namespace" {
        fields.remove("spec");
    }
    let metadata = object["metadata"].as_object_mut()?;
    for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "finalizers", "ownerReferences"] {
        metadata.remove(field);
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|key, _| !key.starts_with("deployment.kubernetes.io/") && !key.starts_with("reconcile.fluxcd.io/"));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    // a manual suspension is not in git
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut).filter(|_| kind == "Job") {
        spec.remove("selector");
    }
    Some(object)
}
