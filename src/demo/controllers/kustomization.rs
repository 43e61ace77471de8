//! kustomize-controller: waits for source and dependencies, applies, prunes, checks health, and writes down how it went
//! (kustomize-controller `internal/controller/kustomization_controller.go`).

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Flux;
use super::apply::{self, Applier};
use super::render;
use super::scene::{DEPENDENCY, HOUR, Scene, Stage, condition, go, interval, is_suspended, is_true, observed, span, unmark};
use super::transitions::{APPLIED, BLOCKED, CHECKING, HEALTHY, NOT_APPLIED, NOT_HEALTHY, PROGRESSES, STARTED};
use crate::demo::objects::{self, Key, Store, list, text};
use fluxdeck_model::domain::ObjectRef;

const COMPONENT: &str = "kustomize-controller";
const GROUP: &str = "kustomize.toolkit.fluxcd.io";
/// How often health is looked at.
const POLL: SignedDuration = SignedDuration::from_secs(5);
/// How long building, and applying, take.
const BUILD: SignedDuration = SignedDuration::from_millis(350);

pub(super) const CONTROLLER: Flux = Flux {
    begin,
    stages: &[("build", build), ("apply", apply), ("health", check)],
    rest: |scene, key, object, _| finish(scene, key, object, HOUR),
    finalize,
};

fn begin(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    match ready_to_start(scene, &object) {
        Ok(revision) => start(scene, key, object, &revision),
        Err((reason, message, wait)) => {
            scene.turn(&mut object, &BLOCKED, reason, &message);
            if reason == "DependencyNotReady" {
                let message = format!("Dependencies do not meet ready condition, retrying in {}", go(DEPENDENCY));
                scene.event(&object, COMPONENT, false, reason, &message);
            }
            finish(scene, key, object, wait);
        }
    }
}

type Obstacle = (&'static str, String, SignedDuration);

/// Whether source and dependencies are there; returns the revision to apply.
fn ready_to_start(scene: &Scene, object: &Value) -> Result<String, Obstacle> {
    let own = text(object, "/metadata/namespace");
    let (kind, name) = (text(object, "/spec/sourceRef/kind"), text(object, "/spec/sourceRef/name"));
    let namespace = object.pointer("/spec/sourceRef/namespace").and_then(Value::as_str).unwrap_or(own);
    let group = "source.toolkit.fluxcd.io";
    let Some(source) = scene.find(group, kind, namespace, name) else {
        let plural =
            scene.store.kind_of(group, kind).map_or_else(|| kind.to_lowercase(), |kind| scene.store.kind(kind).plural.clone());
        return Err(("ArtifactFailed", format!("{plural}.{group} \"{name}\" not found"), retry(object)));
    };
    let revision = text(&source, "/status/artifact/revision").to_owned();
    if revision.is_empty() {
        return Err(("ArtifactFailed", format!("Source artifact not found, retrying in {}", go(DEPENDENCY)), DEPENDENCY));
    }
    for dependency in list(object, "/spec/dependsOn") {
        let space = dependency["namespace"].as_str().unwrap_or(own);
        let dependency = text(dependency, "/name");
        let full = format!("{space}/{dependency}");
        let not = |what: String| ("DependencyNotReady", what, DEPENDENCY);
        let Some(found) = scene.find("kustomize.toolkit.fluxcd.io", "Kustomization", space, dependency) else {
            let missing = format!("kustomizations.kustomize.toolkit.fluxcd.io \"{dependency}\" not found");
            return Err(not(format!("dependency '{full}' not found: {missing}")));
        };
        let is_seen = found["metadata"]["generation"] == found["status"]["observedGeneration"];
        if !is_seen || !is_true(&found, "Ready") {
            return Err(not(format!("dependency '{full}' is not ready")));
        }
        let of = |object: &Value, space: &str| {
            let reference = &object["spec"]["sourceRef"];
            (reference["kind"].clone(), reference["name"].clone(), reference["namespace"].as_str().unwrap_or(space).to_owned())
        };
        if of(&found, space) == of(object, own) && text(&found, "/status/lastAppliedRevision") != revision {
            return Err(not(format!("dependency '{full}' revision is not up to date")));
        }
    }
    Ok(revision)
}

fn start(scene: &mut Scene, key: &Key, mut object: Value, revision: &str) {
    scene.turn(&mut object, &STARTED, "Progressing", "Reconciliation in progress");
    progress(scene, &mut object, "Fetching manifests", revision);
    scene.save(key, object);
    scene.stages.remove(key);
    scene.stage(key, "build", BUILD);
    scene.stages.get_mut(key).expect("just begun").revision = revision.to_owned();
}

fn progress(scene: &mut Scene, object: &mut Value, what: &str, revision: &str) {
    let message = format!("{what} for revision {revision} with a timeout of {}", go(timeout(object)));
    scene.turn(object, &PROGRESSES, "Progressing", &message);
}

fn build(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage) {
    let failure = match render::rendered(scene, key, &object, &stage.revision) {
        Ok(manifests) => {
            let stopped = scene.recording.stopped(key, &object).filter(|(reason, _)| *reason != "ReconciliationFailed");
            let failure =
                stopped.filter(|_| manifests.is_none()).map(|(reason, message)| (reason.to_owned(), message.to_owned()));
            scene.stages.get_mut(key).expect("under way").manifests = manifests.map(Arc::new);
            failure
        }
        Err((reason, message)) => Some((reason.to_owned(), message)),
    };
    if let Some((reason, message)) = failure {
        if reason == "BuildFailed" {
            object["status"]["lastAttemptedRevision"] = stage.revision.as_str().into();
            progress(scene, &mut object, "Building manifests", &stage.revision);
        }
        return fail(scene, key, object, &reason, &message);
    }
    object["status"]["lastAttemptedRevision"] = stage.revision.as_str().into();
    progress(scene, &mut object, "Detecting drift", &stage.revision);
    scene.save(key, object);
    scene.stage(key, "apply", BUILD);
}

fn apply(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage) {
    let recorded = scene.recording.stopped(key, &object).filter(|_| stage.manifests.is_none());
    if let Some(message) = recorded.map(|(_, message)| message.to_owned()).or_else(|| unreachable_cluster(scene, &object)) {
        remember(scene, &mut object, stage, "ReconciliationFailed");
        return fail(scene, key, object, "ReconciliationFailed", &message);
    }
    if object.pointer("/spec/kubeConfig").is_some() {
        // it is applied to another cluster: here only the inventory has it
        let recorded = scene.recording.inventory(key).cloned().unwrap_or_default();
        object["status"]["inventory"] = stage.manifests.as_ref().map_or(recorded, |manifests| apply::inventory_of(manifests));
        return succeed(scene, key, object, stage);
    }
    let manifests =
        stage.manifests.clone().unwrap_or_else(|| Arc::new(scene.recording.applied(key).cloned().unwrap_or_default()));
    let by = applier(key);
    let mut changed = Vec::new();
    for manifest in manifests.iter() {
        match apply::apply(scene, &by, manifest) {
            Ok(None) => (),
            Ok(Some(done)) => changed.push(format!("{} {done}", apply::subject(manifest))),
            Err(message) => {
                remember(scene, &mut object, stage, "ReconciliationFailed");
                return fail(scene, key, object, "ReconciliationFailed", &message);
            }
        }
    }
    // what was applied may have been this object
    let status = object["status"].take();
    object = scene.object(key);
    object["status"] = status;
    if !changed.is_empty() {
        scene.event(&object, COMPONENT, false, "Progressing", &changed.join("\n"));
    }
    let old = apply::entries(&object);
    object["status"]["inventory"] = apply::inventory_of(&manifests);
    let stale = apply::missing(&old, &apply::entries(&object));
    if object["spec"]["prune"] == true && !stale.is_empty() {
        let lines = apply::prune(scene, &by, &stale);
        if !lines.is_empty() {
            scene.event(&object, COMPONENT, false, "Progressing", &lines.join("\n"));
        }
    }
    if watched(&object).is_empty() {
        unmark(&mut object, "Healthy");
        return succeed(scene, key, object, stage);
    }
    let message = format!("Running health checks for revision {} with a timeout of {}", stage.revision, go(timeout(&object)));
    let is_news = text(&object, "/status/lastAppliedRevision") != stage.revision && !changed.is_empty();
    let is_news = is_news || !is_true(&object, "Healthy");
    progress(scene, &mut object, "Running health checks", &stage.revision);
    scene.turn(&mut object, &CHECKING, "Progressing", &message);
    scene.save(key, object);
    if let Some(stage) = scene.stages.get_mut(key) {
        stage.is_news = is_news;
    }
    scene.stage(key, "health", POLL);
}

/// Why the cluster that a Kustomization names cannot be reached (fluxcd/pkg `runtime/client/impersonation.go`).
fn unreachable_cluster(scene: &Scene, object: &Value) -> Option<String> {
    let (space, name) = (text(object, "/metadata/namespace"), text(object, "/spec/kubeConfig/secretRef/name"));
    let is_lost = !name.is_empty() && scene.find("", "Secret", space, name).is_none();
    is_lost.then(|| format!("unable to read KubeConfig secret '{space}/{name}' error: secrets \"{name}\" not found"))
}

/// What health checks wait for, without the object itself.
fn watched(object: &Value) -> Vec<ObjectRef> {
    let all =
        if object["spec"]["wait"] == true { apply::references(object) } else { apply::named(list(object, "/spec/healthChecks")) };
    let own = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    all.into_iter().filter(|it| &*it.gk.kind != "Kustomization" || (&*it.namespace, &*it.name) != own).collect()
}

fn check(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage) {
    let (open, is_in_vain) = apply::waiting(scene, &watched(&object));
    if open.is_empty() {
        let message = format!("Health check passed in {}", scene.took(stage.since));
        if stage.is_news {
            scene.event(&object, COMPONENT, false, "Progressing", &message);
        }
        scene.turn(&mut object, &HEALTHY, "Succeeded", &message);
        return succeed(scene, key, object, stage);
    }
    let is_over = scene.now.duration_since(stage.since) >= timeout(&object);
    if !is_over && !is_in_vain {
        return scene.stage(key, "health", POLL);
    }
    let why = if is_in_vain { "failed early due to stalled resources" } else { "timeout waiting for" };
    let why = format!("{why}: [{}]", open.join(", "));
    scene.turn(&mut object, &NOT_HEALTHY, "HealthCheckFailed", &why);
    remember(scene, &mut object, stage, "HealthCheckFailed");
    let message = format!("health check failed after {}: {why}", scene.took(stage.since));
    fail(scene, key, object, "HealthCheckFailed", &message);
}

fn succeed(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage) {
    object["status"]["lastAppliedRevision"] = stage.revision.as_str().into();
    scene.turn(&mut object, &APPLIED, "ReconciliationSucceeded", &format!("Applied revision: {}", stage.revision));
    remember(scene, &mut object, stage, "ReconciliationSucceeded");
    let after = interval(&object);
    let message = format!("Reconciliation finished in {}, next run in {}", scene.took(stage.began), go(after));
    scene.event(&object, COMPONENT, false, "ReconciliationSucceeded", &message);
    finish(scene, key, object, after);
}

fn fail(scene: &mut Scene, key: &Key, mut object: Value, reason: &str, message: &str) {
    scene.turn(&mut object, &NOT_APPLIED, reason, message);
    let wait = retry(&object);
    finish(scene, key, object, wait);
}

/// The end of an attempt (`finalizeStatus`).
fn finish(scene: &mut Scene, key: &Key, mut object: Value, wait: SignedDuration) {
    if is_true(&object, "Ready") {
        unmark(&mut object, "Reconciling");
        observed(&mut object);
    }
    let reconciling = condition(&object, "Reconciling").map(|it| text(it, "/message").to_owned());
    let is_false = condition(&object, "Ready").is_some_and(|ready| text(ready, "/status") == "False");
    if let Some(message) = reconciling.filter(|_| is_false) {
        scene.turn(&mut object, &PROGRESSES, "ProgressingWithRetry", &message);
    }
    scene.settle(key, object, wait);
}

/// Writes an attempt into the history: one entry a build, at most five (kustomize-controller `api/v1/history.go`).
fn remember(scene: &Scene, object: &mut Value, stage: &Stage, outcome: &str) {
    let now = objects::time(scene.now);
    let mut history = list(object, "/status/history").to_vec();
    let took = scene.took(stage.began);
    let same = history.iter().position(|entry| text(entry, "/metadata/revision") == stage.revision);
    let mut entry = match same {
        Some(at) => history.remove(at),
        None => {
            let digest = super::recording::digest(&stage.revision.as_str().into());
            json!({"digest": digest, "firstReconciled": now, "totalReconciliations": 0, "metadata": {"revision": stage.revision}})
        }
    };
    entry["lastReconciled"] = now.into();
    entry["lastReconciledDuration"] = took.into();
    entry["lastReconciledStatus"] = outcome.into();
    entry["totalReconciliations"] = (entry["totalReconciliations"].as_i64().unwrap_or(0) + 1).into();
    history.insert(0, entry);
    history.truncate(5);
    object["status"]["history"] = history.into();
}

fn finalize(scene: &mut Scene, key: &Key, object: &Value) {
    let prunes = match text(object, "/spec/deletionPolicy") {
        "Delete" | "WaitForTermination" => true,
        "Orphan" => false,
        _ => object["spec"]["prune"] == true,
    };
    let reason = condition(object, "Ready").map_or("info", |ready| text(ready, "/reason"));
    if prunes && !is_suspended(object) {
        let lines = apply::prune(scene, &applier(key), &apply::entries(object));
        if !lines.is_empty() {
            scene.event(object, COMPONENT, false, reason, &lines.join("\n"));
        }
    }
    if is_true(object, "Ready") && !is_suspended(object) {
        // the end of a finalisation is reported like that of any reconciliation
        let message = format!("Reconciliation finished in {}, next run in {}", scene.took(scene.now), go(interval(object)));
        scene.event(object, COMPONENT, false, reason, &message);
    }
}

pub(super) fn applier(key: &Key) -> Applier {
    Applier { manager: COMPONENT, group: GROUP, namespace: key.namespace.clone(), name: key.name.clone() }
}

/// `spec.timeout`, else thirty seconds less than the interval; never less than thirty seconds.
fn timeout(object: &Value) -> SignedDuration {
    let least = SignedDuration::from_secs(30);
    span(object, "/spec/timeout").unwrap_or(interval(object) - least).max(least)
}

/// The Kustomization that applies an object, by its labels.
pub(super) fn applies(store: &Store, object: &Value) -> Option<Key> {
    let label = |field: &str| text(object, &format!("/metadata/labels/{GROUP}~1{field}"));
    store.key(GROUP, "Kustomization", label("namespace"), label("name")).filter(|key| store.get(key).is_some())
}

fn retry(object: &Value) -> SignedDuration {
    span(object, "/spec/retryInterval").or_else(|| span(object, "/spec/interval")).unwrap_or(SignedDuration::from_mins(1))
}
