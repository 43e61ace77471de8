//! Applying manifests, pruning, waiting: what kustomize-controller and helm-controller share (fluxcd/pkg `ssa`, kstatus).

use serde_json::{Value, json};

use super::scene::{Scene, condition, is_deleted};
use crate::demo::objects::{self, Key, Propagation, list, text};
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef, inventory};

/// Who applies: its field manager, its label group, and its own name.
pub(super) struct Applier {
    pub manager: &'static str,
    pub group: &'static str,
    pub namespace: String,
    pub name: String,
}

/// Applies one manifest; returns the outcome, none where nothing had to change.
pub(super) fn apply(scene: &mut Scene, by: &Applier, manifest: &Value) -> Result<Option<&'static str>, String> {
    let (group, kind) = identity(manifest);
    let (namespace, name) = (text(manifest, "/metadata/namespace"), text(manifest, "/metadata/name"));
    let subject = subject(manifest);
    let unknown =
        || format!("{subject} dry-run failed: no matches for kind \"{kind}\" in version \"{}\"", text(manifest, "/apiVersion"));
    let key = scene.store.key(group, kind, namespace, name).ok_or_else(unknown)?;
    let served = scene.store.kind(key.kind).clone();
    if served.namespaced && scene.find("", "Namespace", "", namespace).is_none() {
        return Err(format!("{subject} namespace not specified: namespaces \"{namespace}\" not found"));
    }
    let switch =
        |name: &str| text(manifest, &format!("/metadata/annotations/kustomize.toolkit.fluxcd.io~1{name}")).to_lowercase();
    let live = scene.store.get(&key).cloned();
    if switch("reconcile") == "disabled" || switch("ssa") == "ignore" || (switch("ssa") == "ifnotpresent" && live.is_some()) {
        return Ok(None);
    }
    let desired = labelled(manifest, by);
    let base = live.as_deref().cloned().unwrap_or_else(|| json!({"metadata": {"name": name}}));
    let merged = objects::apply(&served, &base, &desired, by.manager, true, scene.now);
    let merged = merged.unwrap_or_else(|_| unreachable!("who forces meets no conflict"));
    match live {
        None => {
            scene.store.create(key.kind, merged, scene.now);
            Ok(Some("created"))
        }
        Some(live) if is_deleted(&live) => Err(format!("{subject} is being deleted")),
        Some(live) => {
            let after = scene.store.replace(&key, merged);
            Ok((after["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]).then_some("configured"))
        }
    }
}

/// A manifest with the labels that name its applier.
pub(super) fn labelled(manifest: &Value, by: &Applier) -> Value {
    let mut desired = manifest.clone();
    for (field, value) in [("name", &by.name), ("namespace", &by.namespace)] {
        desired["metadata"]["labels"][format!("{}/{field}", by.group)] = value.as_str().into();
    }
    desired
}

/// `Deployment/web/frontend`, `Namespace/web`.
pub(super) fn subject(manifest: &Value) -> String {
    let parts = ["/kind", "/metadata/namespace", "/metadata/name"].map(|part| text(manifest, part));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn identity(manifest: &Value) -> (&str, &str) {
    let version = text(manifest, "/apiVersion");
    (version.rsplit_once('/').map_or("", |(group, _)| group), text(manifest, "/kind"))
}

/// The inventory of what was applied.
pub(super) fn inventory_of(manifests: &[Value]) -> Value {
    let entry = |manifest: &Value| {
        let (group, kind) = identity(manifest);
        let name = text(manifest, "/metadata/name");
        let name = if group == "rbac.authorization.k8s.io" { name.replace(':', "__") } else { name.to_owned() };
        let version = text(manifest, "/apiVersion").rsplit('/').next().unwrap_or_default();
        json!({"id": format!("{}_{name}_{group}_{kind}", text(manifest, "/metadata/namespace")), "v": version})
    };
    json!({"entries": manifests.iter().map(entry).collect::<Vec<_>>()})
}

/// Deletes what an inventory names, as far as it still belongs to the applier. Returns lines as `Deployment/web/frontend deleted`.
pub(super) fn prune(scene: &mut Scene, by: &Applier, entries: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    // what was applied last goes first
    for entry in entries.iter().rev().filter_map(reference) {
        let Some((key, object)) = scene.store.at(&entry).map(|(key, object)| (key, object.clone())) else { continue };
        let label = |field: &str| text(&object, &format!("/metadata/labels/{}~1{field}", by.group));
        let switch = |name: &str| {
            ["labels", "annotations"]
                .map(|place| text(&object, &format!("/metadata/{place}/kustomize.toolkit.fluxcd.io~1{name}")).to_lowercase())
        };
        let is_kept = switch("prune").contains(&"disabled".to_owned()) || switch("reconcile").contains(&"disabled".to_owned());
        if (label("name"), label("namespace")) != (&*by.name, &*by.namespace) || is_kept {
            continue;
        }
        objects::delete(scene.store, &key, Propagation::Background, None, scene.now);
        lines.push(format!("{} deleted", subject(&object)));
    }
    lines
}

/// What kstatus says of an object (fluxcd/cli-utils `pkg/kstatus/status`).
pub(super) fn status(object: Option<&Value>) -> &'static str {
    let Some(object) = object else { return "NotFound" };
    if is_deleted(object) {
        return "Terminating";
    }
    let count = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    let is = |kind: &str, status: &str| condition(object, kind).is_some_and(|found| text(found, "/status") == status);
    let generation = count("/metadata/generation");
    let seen = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    if seen.is_some_and(|seen| seen != generation) {
        return "InProgress";
    }
    let desired = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let is_current = match text(object, "/kind") {
        "Deployment" if condition(object, "Progressing").is_some_and(|it| text(it, "/reason") == "ProgressDeadlineExceeded") => {
            return "Failed";
        }
        "Deployment" => {
            count("/status/updatedReplicas") >= desired
                && count("/status/availableReplicas") >= desired
                && count("/status/replicas") == desired
                && is("Available", "True")
        }
        "ReplicaSet" | "StatefulSet" => seen.is_some() && count("/status/readyReplicas") >= desired,
        "DaemonSet" => seen.is_some() && count("/status/numberReady") >= count("/status/desiredNumberScheduled"),
        "Job" if is("Failed", "True") => return "Failed",
        "Job" => is("Complete", "True") || count("/status/active") > 0 || count("/status/succeeded") > 0,
        "Pod" => is("Ready", "True") || text(object, "/status/phase") == "Succeeded",
        _ if is("Stalled", "True") => return "Failed",
        _ if is("Reconciling", "True") => false,
        _ => {
            condition(object, "Ready").is_none_or(|ready| text(ready, "/status") == "True")
                && (condition(object, "Ready").is_some() || seen.is_none())
        }
    };
    if is_current { "Current" } else { "InProgress" }
}

/// How waiting for objects goes: done, or what is not there yet as `Kind/ns/name status: 'InProgress'`, and whether waiting is in vain.
pub(super) fn waiting(scene: &Scene, references: &[ObjectRef]) -> (Vec<String>, bool) {
    let (mut open, mut failed) = (Vec::new(), Vec::new());
    for of in references {
        let status = status(scene.store.at(of).map(|(_, object)| &**object));
        let space = if of.namespace.is_empty() { String::new() } else { format!("{}/", of.namespace) };
        let line = format!("{}/{space}{} status: '{status}'", of.gk.kind, of.name);
        match status {
            "Current" => (),
            "Failed" => failed.push(line),
            _ => open.push(line),
        }
    }
    // one that has failed ends the waiting, and only the failed are named
    if failed.is_empty() { (open, false) } else { (failed, true) }
}

/// The entries of an inventory that another lacks.
pub(super) fn missing(old: &[Value], new: &[Value]) -> Vec<Value> {
    old.iter().filter(|entry| !new.iter().any(|kept| kept["id"] == entry["id"])).cloned().collect()
}

/// What an object's inventory names.
pub(super) fn entries(object: &Value) -> Vec<Value> {
    list(object, "/status/inventory/entries").to_vec()
}

/// What an entry of an inventory names.
pub(super) fn reference(entry: &Value) -> Option<ObjectRef> {
    inventory::parse(ClusterId(0), text(entry, "/id"))
}

/// All that an object's inventory names.
pub(super) fn references(object: &Value) -> Vec<ObjectRef> {
    list(object, "/status/inventory/entries").iter().filter_map(reference).collect()
}

/// What a list of references names.
pub(super) fn named(references: &[Value]) -> Vec<ObjectRef> {
    let one = |it: &Value| {
        let (group, kind) = identity(it);
        ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), text(it, "/namespace"), text(it, "/name"))
    };
    references.iter().map(one).collect()
}

/// Forgets a finalizer, so that the object can go.
pub(super) fn let_go(scene: &mut Scene, key: &Key) {
    let mut object = scene.object(key);
    let left: Vec<_> =
        list(&object, "/metadata/finalizers").iter().filter(|name| *name != super::scene::FINALIZER).cloned().collect();
    object["metadata"]["finalizers"] = left.into();
    scene.save(key, object);
    objects::release(scene.store, key, scene.now);
    scene.stages.remove(key);
}
