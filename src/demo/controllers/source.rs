//! source-controller: fetches what sources name, keeps an artifact, says what failed
//! (source-controller `internal/controller/{gitrepository,helmchart,…}_controller.go`).

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Flux;
use super::scene::{Scene, Stage, condition, interval, observed, request};
use super::transitions::{ASKED, CHANGED, FETCHED, NO_SUCH_CHART, NOT_FETCHED};
use crate::demo::objects::{self, Key, text};
use fluxdeck_model::domain::version;

const COMPONENT: &str = "source-controller";
/// How long a fetch takes.
const FETCH: SignedDuration = SignedDuration::from_millis(600);
/// How soon a failed fetch is tried again, at first (controller-runtime backs off).
const RETRY: SignedDuration = SignedDuration::from_mins(5);

pub(super) const CONTROLLER: Flux = Flux {
    begin,
    stages: &[("fetch", fetch)],
    // a suspended source still notes that it has seen a request
    rest: |scene, key, object, _| scene.settle(key, object, interval(&Value::Null)),
    finalize: |_, _, _| (),
};

fn begin(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    // an OCI HelmRepository is static: nothing is fetched (helmrepository_controller.go `migrationToStatic`)
    if text(&object, "/kind") == "HelmRepository" && text(&object, "/spec/type") == "oci" {
        return;
    }
    let (generation, seen) = (&object["metadata"]["generation"], object["status"]["observedGeneration"].as_i64().unwrap_or(-1));
    if generation.as_i64() != Some(seen) {
        let message = format!("processing object: new generation {seen} -> {generation}");
        scene.turn(&mut object, &CHANGED, "Progressing", &message);
    } else if request(&object)[0] != text(&object, "/status/lastHandledReconcileAt") {
        scene.turn(&mut object, &ASKED, "Progressing", "reconciliation in progress");
    }
    scene.save(key, object);
    scene.stage(key, "fetch", FETCH);
}

/// What a fetch has brought: the revision, reason and message of Ready, and the message of the event where it is new.
struct Fetched {
    revision: String,
    reason: &'static str,
    message: String,
    event: String,
}

fn fetch(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    match fetched(scene, key, &object) {
        Ok(fetched) => {
            let is_new = text(&object, "/status/artifact/revision") != fetched.revision;
            let recovers = condition(&object, "FetchFailed").is_some();
            if is_new {
                object["status"]["artifact"] = artifact(scene, &object, &fetched.revision);
            }
            let at = text(&object, "/status/artifact/revision").to_owned();
            scene.turn(&mut object, &FETCHED, fetched.reason, &fetched.message);
            observed(&mut object);
            match text(&object, "/kind") {
                _ if is_new || recovers => {
                    let reason = match (is_new, text(&object, "/kind")) {
                        (_, "HelmChart") => fetched.reason,
                        (true, _) => "NewArtifact",
                        (false, _) => "Succeeded",
                    };
                    scene.event(&object, COMPONENT, false, reason, &fetched.event);
                }
                "GitRepository" => {
                    let message = format!("no changes since last reconciliation: observed revision '{at}'");
                    scene.event(&object, COMPONENT, false, "GitOperationSucceeded", &message);
                }
                "OCIRepository" | "HelmRepository" | "HelmChart" | "Bucket" => {
                    let message = format!("artifact up-to-date with remote revision: '{at}'");
                    scene.event(&object, COMPONENT, false, "ArtifactUpToDate", &message);
                }
                _ => (),
            }
            let after = interval(&object);
            scene.settle(key, object, after);
        }
        Err((reason, message)) => fail(scene, key, object, &reason, &message),
    }
}

fn fail(scene: &mut Scene, key: &Key, mut object: Value, reason: &str, message: &str) {
    if reason == "InvalidChartReference" {
        observed(&mut object);
        scene.turn(&mut object, &NO_SUCH_CHART, reason, message);
    } else {
        let has_artifact = object.pointer("/status/artifact").is_some();
        let doing = if has_artifact { "reconciliation in progress" } else { "building artifact" };
        scene.turn(&mut object, &ASKED, "ProgressingWithRetry", doing);
        scene.turn(&mut object, &NOT_FETCHED, reason, message);
    }
    scene.settle(key, object, RETRY);
}

fn fetched(scene: &Scene, key: &Key, object: &Value) -> Result<Fetched, (String, String)> {
    let kind = text(object, "/kind");
    let was = text(object, "/status/artifact/revision").to_owned();
    if kind == "HelmChart" {
        return chart(scene, object);
    }
    let url = text(object, "/spec/url");
    if let ("GitRepository", Some(head)) = (kind, scene.git.and_then(|git| git.head(url, &object["spec"]["ref"]))) {
        let head =
            head.map_err(|why| ("GitOperationFailed".to_owned(), format!("failed to checkout and determine revision: {why}")))?;
        let revision = format!("{}@sha1:{}", head.name, head.commit);
        let message = format!("stored artifact for revision '{revision}'");
        return Ok(Fetched {
            revision,
            reason: "Succeeded",
            message,
            event: format!("stored artifact for commit '{}'", head.subject),
        });
    }
    if let Some((reason, message)) = scene.recording.failure(key, object) {
        return Err((reason.to_owned(), message.to_owned()));
    }
    // nothing was recorded of this source itself, but perhaps of another with the same address
    let number = key.kind;
    let same = |other: &&Value| text(other, "/spec/url") == url && !text(other, "/status/artifact/revision").is_empty();
    let revision = if was.is_empty() {
        let found = scene.store.of_kind(number).map(|(_, other)| &**other).find(same);
        found.map(|other| text(other, "/status/artifact/revision").to_owned())
    } else {
        Some(was)
    };
    let unknown = || {
        let (reason, what) = match kind {
            "GitRepository" => (
                "GitOperationFailed",
                format!("failed to checkout and determine revision: unable to clone '{url}': repository not found"),
            ),
            "HelmRepository" => (
                "Failed",
                format!(
                    "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch {url}/index.yaml : 404 Not Found"
                ),
            ),
            _ => ("OCIArtifactPullFailed", format!("failed to determine artifact digest: GET {url}: NAME_UNKNOWN: ")),
        };
        (reason.to_owned(), what)
    };
    let revision = revision.ok_or_else(unknown)?;
    let message = match kind {
        "GitRepository" => format!("stored artifact for revision '{revision}'"),
        "OCIRepository" => format!("stored artifact for digest '{revision}'"),
        _ => format!("stored artifact: revision '{revision}'"),
    };
    Ok(Fetched { revision, reason: "Succeeded", event: message.clone(), message })
}

fn chart(scene: &Scene, object: &Value) -> Result<Fetched, (String, String)> {
    let (chart, desired) = (text(object, "/spec/chart"), text(object, "/spec/version"));
    let (kind, source) = (text(object, "/spec/sourceRef/kind"), text(object, "/spec/sourceRef/name"));
    let Some(found) = scene.find("source.toolkit.fluxcd.io", kind, text(object, "/metadata/namespace"), source) else {
        return Err((
            "SourceUnavailable".to_owned(),
            format!("failed to get source: {}.source.toolkit.fluxcd.io \"{source}\" not found", kind.to_lowercase()),
        ));
    };
    let is_static = text(&found, "/spec/type") == "oci";
    if !is_static && found.pointer("/status/artifact").is_none() {
        let message = format!("no artifact available for {kind} source '{source}'");
        return Err(("NoSourceArtifact".to_owned(), message));
    }
    let mut versions: Vec<_> = scene.recording.versions(chart).filter(|version| version::matches(version, desired)).collect();
    versions.sort_by_key(|version| version::order(version));
    let name = chart.rsplit('/').next().unwrap_or(chart);
    let Some(version) = versions.last() else {
        let message = format!(
            "invalid chart reference: failed to get chart version for remote reference: no '{name}' chart with version matching '{desired}' found"
        );
        return Err(("InvalidChartReference".to_owned(), message));
    };
    let (reason, verb) =
        if kind == "HelmRepository" { ("ChartPullSucceeded", "pulled") } else { ("ChartPackageSucceeded", "packaged") };
    let message = format!("{verb} '{name}' chart with version '{version}'");
    Ok(Fetched { revision: (*version).to_owned(), reason, event: message.clone(), message })
}

/// The artifact of a revision, where source-controller would keep it.
fn artifact(scene: &Scene, object: &Value, revision: &str) -> Value {
    let (kind, namespace, name) =
        (text(object, "/kind").to_lowercase(), text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    let file = revision.rsplit(':').next().unwrap_or(revision);
    let path = format!("{kind}/{namespace}/{name}/{file}.tar.gz");
    let size = 40_000 + revision.bytes().fold(3, |seed, byte| objects::scatter(seed ^ u64::from(byte))) % 20_000;
    json!({
        "digest": super::recording::digest(&revision.into()), "lastUpdateTime": objects::time(scene.now), "path": path, "revision": revision,
        "size": size, "url": format!("http://source-controller.flux-system.svc.cluster.local./{path}"),
    })
}
