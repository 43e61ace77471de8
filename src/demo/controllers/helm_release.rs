//! helm-controller: from chart to workloads, with retries, remediation, force and reset
//! (helm-controller `internal/controller/helmrelease_controller.go`, `internal/reconcile/atomic_release.go`).

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::apply::{self, Applier};
use super::chart::{COMPONENT, Chart, GROUP, SOURCES, chart, chart_template, manifests, release};
use super::scene::{
    DEPENDENCY, HOUR, Scene, Stage, condition, go, interval, is_suspended, mark, observed, request, span, unmark,
};
use super::transitions::{
    AWAITS_TESTS, NOT_DRIFTED, NOT_PREPARED, NOT_RELEASED, PREPARES, RELEASED, REMEDIATED, RUNS, STALLED, TESTED, Transition,
};
use super::{Flux, recording, storage};
use crate::demo::objects::{self, Key, Propagation, list, text};

/// How long an action takes until it waits, and how often it looks then.
const ACT: SignedDuration = SignedDuration::from_millis(400);
const POLL: SignedDuration = SignedDuration::from_secs(5);
/// How soon a remediated release is tried again (the rate limiter of its queue).
const REQUEUE: SignedDuration = SignedDuration::from_secs(4);

/// How soon a release is looked at again that nothing but a change can help.
const LONG: SignedDuration = SignedDuration::from_hours(24);

pub(super) const CONTROLLER: Flux = Flux {
    begin,
    stages: &[
        ("install", act),
        ("upgrade", act),
        ("wait", wait),
        ("test", tested),
        ("uninstall", uninstalled),
        ("rollback", rolled_back),
    ],
    rest: |scene, key, object, _| finish(scene, key, object, HOUR),
    finalize,
};

fn begin(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    chart_template(scene, &mut object);
    scene.turn(&mut object, &PREPARES, "Progressing", "Fulfilling prerequisites");
    match chart(scene, &object) {
        Ok(chart) => decide(scene, key, object, &chart),
        Err((reason, message)) => {
            scene.turn(&mut object, &NOT_PREPARED, reason, &message);
            let is_error = reason == "ValuesError";
            if reason != "SourceNotReady" {
                scene.event(&object, COMPONENT, is_error, reason, &message);
            }
            scene.settle(key, object, if is_error { SignedDuration::from_mins(5) } else { DEPENDENCY });
        }
    }
}

/// Determines the state of the release and the next action (`actionForState`).
fn decide(scene: &mut Scene, key: &Key, mut object: Value, chart: &Chart) {
    object["status"]["storageNamespace"] =
        object.pointer("/spec/storageNamespace").unwrap_or(&object["metadata"]["namespace"]).clone();
    let [requested, forced, reset] = request(&object).map(str::to_owned);
    let is_asked = |token: &str, handled: &str| {
        !token.is_empty()
            && token == requested
            && text(&object, "/status/lastHandledReconcileAt") != requested
            && text(&object, handled) != token
    };
    let (is_forced, is_reset) = (is_asked(&forced, "/status/lastHandledForceAt"), is_asked(&reset, "/status/lastHandledResetAt"));
    let is_changed = object["status"]["lastAttemptedGeneration"] != object["metadata"]["generation"]
        || text(&object, "/status/lastAttemptedRevision") != chart.version;
    if is_forced {
        object["status"]["lastHandledForceAt"] = forced.into();
    }
    if is_reset {
        object["status"]["lastHandledResetAt"] = reset.into();
    }
    if is_changed || is_reset {
        clear_failures(&mut object);
    }
    object["status"]["lastAttemptedGeneration"] = object["metadata"]["generation"].clone();
    object["status"]["lastAttemptedRevision"] = chart.version.as_str().into();
    if let Some(digest) = &chart.digest {
        object["status"]["lastAttemptedRevisionDigest"] = digest.as_str().into();
    }
    let desired = scene.recording.digest(key, recording::values(scene.store, &object));
    object["status"]["lastAttemptedConfigDigest"] = desired.as_str().into();
    let latest = object["status"]["history"][0].clone();
    let failures = object["status"][counter(&object)].as_i64().unwrap_or(0);
    match text(&latest, "/status") {
        "" | "uninstalled" if failures > 0 && is_exhausted(&object, failures) && !is_forced => {
            stall(scene, key, object, failures);
        }
        "" | "uninstalled" => run(scene, key, object, "install", &RUNS),
        "failed" if retry(&object).is_some() || failures <= 0 || is_forced => run(scene, key, object, "upgrade", &RUNS),
        "failed" if is_exhausted(&object, failures) && !remediates_last(&object) => stall(scene, key, object, failures),
        "failed" => remediate(scene, key, object),
        _ if text(&latest, "/chartVersion") != chart.version || text(&latest, "/configDigest") != desired || is_forced => {
            run(scene, key, object, "upgrade", &RUNS);
        }
        _ => {
            if object.pointer("/spec/driftDetection/mode").is_some_and(|mode| mode != "disabled") {
                scene.turn(&mut object, &NOT_DRIFTED, "NoDriftDetected", "No drift detected against the cluster state");
            }
            done(scene, key, object);
        }
    }
}

fn clear_failures(object: &mut Value) {
    if let Some(status) = object["status"].as_object_mut() {
        for field in ["failures", "installFailures", "upgradeFailures"] {
            status.remove(field);
        }
    }
}

/// Which failures count: those of the last action.
fn counter(object: &Value) -> &'static str {
    if text(object, "/status/lastAttemptedReleaseAction") == "upgrade" { "upgradeFailures" } else { "installFailures" }
}

fn last_action(object: &Value) -> &'static str {
    if text(object, "/status/lastAttemptedReleaseAction") == "upgrade" { "upgrade" } else { "install" }
}

fn retries(object: &Value) -> i64 {
    object.pointer(&format!("/spec/{}/remediation/retries", last_action(object))).and_then(Value::as_i64).unwrap_or(0)
}

fn is_exhausted(object: &Value, failures: i64) -> bool {
    (0..failures).contains(&retries(object))
}

/// The last failure is remediated too: of an upgrade with retries by default (helm-controller `api/v2`).
fn remediates_last(object: &Value) -> bool {
    let said = object.pointer(&format!("/spec/{}/remediation/remediateLastFailure", last_action(object)));
    said.and_then(Value::as_bool).unwrap_or(last_action(object) == "upgrade" && retries(object) != 0)
}

/// How soon a failed action is simply tried again, where the strategy says so.
fn retry(object: &Value) -> Option<SignedDuration> {
    let strategy = object.pointer(&format!("/spec/{}/strategy", last_action(object)))?;
    (strategy["name"] == "RetryOnFailure").then(|| span(strategy, "/retryInterval").unwrap_or(SignedDuration::from_mins(5)))
}

/// Starts an action of Helm: one that releases, or one that takes back what has failed.
fn run(scene: &mut Scene, key: &Key, mut object: Value, action: &'static str, transition: &Transition) {
    let message = format!("Running '{action}' action with timeout of {}", go(timeout(&object)));
    scene.turn(&mut object, transition, "Progressing", &message);
    if matches!(action, "install" | "upgrade") {
        object["status"]["lastAttemptedReleaseAction"] = action.into();
        scene.stages.remove(key);
    }
    scene.save(key, object);
    scene.stage(key, action, ACT);
}

fn timeout(object: &Value) -> SignedDuration {
    span(object, "/spec/timeout").unwrap_or(SignedDuration::from_mins(5))
}

/// Writes the release into the history and applies its objects.
fn act(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage) {
    let chart = match chart(scene, &object) {
        Ok(chart) => chart,
        Err((reason, message)) => {
            scene.turn(&mut object, &NOT_PREPARED, reason, &message);
            return scene.settle(key, object, DEPENDENCY);
        }
    };
    let (namespace, name) = release(&object);
    let manifests = manifests(scene, key, &object, &chart);
    let mut history = list(&object, "/status/history").to_vec();
    let is_first = history.first().is_none_or(|latest| text(latest, "/status") == "uninstalled");
    let version = if is_first { 1 } else { history[0]["version"].as_i64().unwrap_or(0) + 1 };
    let now = objects::time(scene.now);
    let first =
        history.first().filter(|_| !is_first).map_or_else(|| now.clone(), |latest| text(latest, "/firstDeployed").to_owned());
    let app = chart.version.split('+').next().unwrap_or_default();
    let mut entry = json!({
        "action": stage.name, "apiVersion": "v2", "appVersion": app, "chartName": chart.name, "chartVersion": chart.version,
        "configDigest": object["status"]["lastAttemptedConfigDigest"], "digest": recording::digest(&json!([version, now])),
        "firstDeployed": first, "lastDeployed": now, "name": name, "namespace": namespace, "status": format!("pending-{}", stage.name), "version": version,
    });
    if let Some(digest) = &chart.digest {
        entry["ociDigest"] = digest.as_str().into();
    }
    if is_first {
        history.clear();
    }
    // only the last one says by which action it came
    for old in history.iter_mut().filter_map(Value::as_object_mut) {
        old.remove("action");
    }
    history.insert(0, entry);
    history.truncate(5);
    object["status"]["history"] = history.into();
    storage::keep(scene.store, &object, &manifests, scene.now);
    let recorded = scene
        .recording
        .failure(key, &object)
        .filter(|(reason, message)| reason.ends_with("Failed") && !message.contains("timeout waiting for"));
    if let Some((_, message)) = recorded {
        let cause = message.split_once(": ").map_or(message, |(_, cause)| cause);
        let cause = if stage.name == "upgrade" { format!("failed to create resource: {cause}") } else { cause.to_owned() };
        if object.pointer("/status/inventory").is_none() {
            let recorded = scene.recording.inventory(key).cloned();
            object["status"]["inventory"] = recorded.unwrap_or_else(|| apply::inventory_of(&manifests));
        }
        return fail(scene, key, object, stage, &cause);
    }
    object["status"]["inventory"] = apply::inventory_of(&manifests);
    for manifest in &manifests {
        if let Err(why) = apply::apply(scene, &applier(key), manifest) {
            return fail(scene, key, object, stage, &why);
        }
    }
    scene.save(key, object);
    scene.stage(key, "wait", POLL);
}

fn wait(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage) {
    let (open, is_in_vain) = apply::waiting(scene, &apply::references(&object));
    let is_over = scene.now.duration_since(stage.since) >= timeout(&object);
    if !open.is_empty() && !is_in_vain && !is_over {
        return scene.stage(key, "wait", POLL.min(SignedDuration::from_secs(1)));
    }
    if !open.is_empty() {
        let why = if is_in_vain { "failed early due to stalled resources" } else { "timeout waiting for" };
        return fail(scene, key, object, stage, &format!("{why}: [{}]", open.join(", ")));
    }
    let took = scene.took(stage.began);
    let is_install = last_action(&object) == "install";
    if let Some(entry) = object["status"]["history"].get_mut(1).filter(|_| !is_install) {
        entry["status"] = "superseded".into();
    }
    object["status"]["history"][0]["status"] = "deployed".into();
    object["status"]["lastAttemptedReleaseActionDuration"] = took.into();
    let (reason, verb) = if is_install { ("InstallSucceeded", "install") } else { ("UpgradeSucceeded", "upgrade") };
    let message = format!("Helm {verb} succeeded for release {}", full(&object));
    scene.turn(&mut object, &RELEASED, reason, &message);
    if retry(&object).is_some() {
        clear_failures(&mut object);
    }
    if object.pointer("/spec/test/enable") == Some(&Value::Bool(true)) {
        let waits = format!("Helm release {} is awaiting tests", full(&object));
        scene.turn(&mut object, &AWAITS_TESTS, "AwaitingTests", &waits);
        scene.save(key, object);
        return scene.stage(key, "test", POLL);
    }
    done(scene, key, object);
}

/// `web/web.v1 with chart web@1.4.0`.
fn full(object: &Value) -> String {
    let latest = &object["status"]["history"][0];
    let part = |pointer: &str| text(latest, pointer).to_owned();
    let (namespace, name, version) = (part("/namespace"), part("/name"), latest["version"].as_i64().unwrap_or(0));
    format!("{namespace}/{name}.v{version} with chart {}@{}", part("/chartName"), part("/chartVersion"))
}

fn tested(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    let message = format!("Helm test succeeded for release {}: 1 test hook completed successfully", full(&object));
    scene.turn(&mut object, &TESTED, "TestSucceeded", &message);
    done(scene, key, object);
}

fn done(scene: &mut Scene, key: &Key, mut object: Value) {
    unmark(&mut object, "Reconciling");
    summarize(scene, &mut object);
    let after = interval(&object);
    finish(scene, key, object, after);
}

/// Ready is what the last of remediation, test and release says (`summarize`).
fn summarize(scene: &Scene, object: &mut Value) {
    let has_tests = object.pointer("/spec/test/enable") == Some(&Value::Bool(true));
    let decisive = ["Remediated", "TestSuccess", "Released"].into_iter().filter(|kind| *kind != "TestSuccess" || has_tests);
    let Some(found) = decisive.into_iter().find_map(|kind| condition(object, kind).cloned()) else { return };
    let status = if text(&found, "/type") == "Remediated" { "False" } else { text(&found, "/status") };
    if status == "True" {
        unmark(object, "Stalled");
    }
    mark(object, scene.now, "Ready", status, text(&found, "/reason"), text(&found, "/message"));
}

fn fail(scene: &mut Scene, key: &Key, mut object: Value, stage: &Stage, cause: &str) {
    let (namespace, name) = release(&object);
    let latest = &mut object["status"]["history"][0];
    latest["status"] = "failed".into();
    let chart = format!("{}@{}", text(latest, "/chartName"), text(latest, "/chartVersion"));
    let is_install = last_action(&object) == "install";
    let (reason, verb) = if is_install { ("InstallFailed", "install") } else { ("UpgradeFailed", "upgrade") };
    let message = format!("Helm {verb} failed for release {namespace}/{name} with chart {chart}: {cause}");
    object["status"]["lastAttemptedReleaseActionDuration"] = scene.took(stage.began).into();
    for field in ["failures", counter(&object)] {
        object["status"][field] = (object["status"][field].as_i64().unwrap_or(0) + 1).into();
    }
    scene.turn(&mut object, &NOT_RELEASED, reason, &message);
    summarize(scene, &mut object);
    if let Some(after) = retry(&object) {
        scene.turn(&mut object, &PREPARES, "ProgressingWithRetry", &format!("retrying after {}", go(after)));
        return finish(scene, key, object, after);
    }
    let failures = object["status"][counter(&object)].as_i64().unwrap_or(0);
    if is_exhausted(&object, failures) && !remediates_last(&object) {
        return stall(scene, key, object, failures);
    }
    remediate(scene, key, object);
}

fn stall(scene: &mut Scene, key: &Key, mut object: Value, failures: i64) {
    let message = format!("Failed to {} after {failures} attempt(s)", last_action(&object));
    scene.turn(&mut object, &STALLED, "RetriesExceeded", &message);
    finish(scene, key, object, LONG);
}

/// Undoes what has failed: an install by an uninstall, an upgrade by going back.
fn remediate(scene: &mut Scene, key: &Key, object: Value) {
    let is_install =
        last_action(&object) == "install" || object.pointer("/spec/upgrade/remediation/strategy") == Some(&"uninstall".into());
    run(scene, key, object, if is_install { "uninstall" } else { "rollback" }, &PREPARES);
}

fn applier(key: &Key) -> Applier {
    Applier { manager: COMPONENT, group: GROUP, namespace: key.namespace.clone(), name: key.name.clone() }
}

fn uninstalled(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    apply::prune(scene, &applier(key), &apply::entries(&object));
    let message = format!("Helm uninstall remediation for release {} succeeded", full(&object));
    object["status"]["history"][0]["status"] = "uninstalled".into();
    if let Some(status) = object["status"].as_object_mut() {
        status.remove("inventory");
    }
    remediated(scene, key, object, "UninstallSucceeded", &message);
}

fn rolled_back(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    let mut history = list(&object, "/status/history").to_vec();
    let Some(mut target) =
        history.iter().skip(1).find(|entry| matches!(text(entry, "/status"), "deployed" | "superseded")).cloned()
    else {
        let message = "Failed to perform remediation: missing target release for rollback: cannot remediate failed release";
        scene.turn(&mut object, &STALLED, "MissingRollbackTarget", message);
        return finish(scene, key, object, LONG);
    };
    let chart =
        Chart { name: text(&target, "/chartName").to_owned(), version: text(&target, "/chartVersion").to_owned(), digest: None };
    let manifests = manifests(scene, key, &object, &chart);
    for manifest in &manifests {
        // what cannot be brought back stays as it failed
        let _ = apply::apply(scene, &applier(key), manifest);
    }
    let was = format!("{}/{}.v{}", text(&target, "/namespace"), text(&target, "/name"), target["version"]);
    let message = format!("Helm rollback to previous release {was} with chart {}@{} succeeded", chart.name, chart.version);
    target["version"] = (history[0]["version"].as_i64().unwrap_or(0) + 1).into();
    target["status"] = "deployed".into();
    target["action"] = "rollback".into();
    target["lastDeployed"] = objects::time(scene.now).into();
    history.insert(0, target);
    history.truncate(5);
    object["status"]["history"] = history.into();
    storage::keep(scene.store, &object, &manifests, scene.now);
    object["status"]["inventory"] = apply::inventory_of(&manifests);
    remediated(scene, key, object, "RollbackSucceeded", &message);
}

fn remediated(scene: &mut Scene, key: &Key, mut object: Value, reason: &str, message: &str) {
    scene.turn(&mut object, &REMEDIATED, reason, message);
    summarize(scene, &mut object);
    let failures = object["status"][counter(&object)].as_i64().unwrap_or(0);
    if is_exhausted(&object, failures) {
        return stall(scene, key, object, failures);
    }
    let ready = condition(&object, "Ready").map(|it| text(it, "/message").to_owned()).unwrap_or_default();
    scene.turn(&mut object, &PREPARES, "ProgressingWithRetry", &ready);
    scene.settle(key, object, REQUEUE);
}

fn finalize(scene: &mut Scene, key: &Key, object: &Value) {
    if is_suspended(object) {
        return;
    }
    if !list(object, "/status/history").is_empty() {
        storage::forget(scene.store, object, |_| true);
        apply::prune(scene, &applier(key), &apply::entries(object));
        let message = format!("Helm uninstall succeeded for release {}", full(object));
        scene.event(object, COMPONENT, false, "UninstallSucceeded", &message);
    }
    let chart = text(object, "/status/helmChart").to_owned();
    let place = chart.split_once('/').and_then(|(namespace, name)| scene.store.key(SOURCES, "HelmChart", namespace, name));
    if let Some(found) = place.filter(|place| scene.store.get(place).is_some()) {
        objects::delete(scene.store, &found, Propagation::Background, None, scene.now);
        scene.event(object, COMPONENT, false, "HelmChartDeleted", &format!("deleted HelmChart '{chart}'"));
    }
}

/// The end of an attempt that has seen the whole spec.
fn finish(scene: &mut Scene, key: &Key, mut object: Value, after: SignedDuration) {
    observed(&mut object);
    storage::keep(scene.store, &object, &[], scene.now);
    scene.settle(key, object, after);
}
