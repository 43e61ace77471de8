//! HelmReleases: forced, stalled, reset.

use std::time::Duration;

use serde_json::Value;

use super::super::ground::Ground;
use super::super::words::Transcript;
use super::{HR, KS, events, forget, is_at_rest, request, token};

/// Uninstalls a release, and lets its parent bring it back as it was at first.
async fn again(ground: &Ground, seen: &mut Transcript, namespace: &str, name: &str, parent: &str) {
    let (uri, parent) = (format!("{HR}/{namespace}/helmreleases/{name}"), format!("{KS}/flux-system/kustomizations/{parent}"));
    let before = events(ground, namespace, "HelmRelease", name).await;
    let (code, marked) = ground.ask("admin", "DELETE", &uri, None).await;
    seen.note(format!("deleted: {code} {} {}", marked["kind"], marked["metadata"]["finalizers"]));
    ground.until(&uri, Value::is_null).await;
    let deployment = format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}-server");
    ground.until(&deployment, Value::is_null).await;
    request(ground, &parent, &token(ground, "again"), &[]).await;
    let is_back =
        |object: &Value| object["metadata"]["generation"] == object["status"]["observedGeneration"] && is_at_rest(object);
    let back = ground.until(&uri, is_back).await;
    ground.pass(Duration::from_secs(2)).await;
    seen.object("back", &back);
    seen.events(&before, &events(ground, namespace, "HelmRelease", name).await);
    forget(ground, &parent).await;
}

pub async fn force(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{HR}/web/helmreleases/web");
    let token = token(ground, "force");
    let before = events(ground, "web", "HelmRelease", "web").await;
    seen.object("reconciled", &request(ground, &uri, &format!("{token}-plain"), &[]).await);
    seen.events(&before, &events(ground, "web", "HelmRelease", "web").await);
    let before = events(ground, "web", "HelmRelease", "web").await;
    seen.object("forced", &request(ground, &uri, &token, &["forceAt"]).await);
    seen.events(&before, &events(ground, "web", "HelmRelease", "web").await);
    again(ground, seen, "web", "web", "apps").await;
}

pub async fn stall(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{HR}/faults/helmreleases/stalled");
    let token = token(ground, "stall");
    let before = events(ground, "faults", "HelmRelease", "stalled").await;
    seen.object("reconciled", &request(ground, &uri, &format!("{token}-plain"), &[]).await);
    seen.events(&before, &events(ground, "faults", "HelmRelease", "stalled").await);
    let before = events(ground, "faults", "HelmRelease", "stalled").await;
    seen.object("reset", &request(ground, &uri, &token, &["resetAt"]).await);
    seen.events(&before, &events(ground, "faults", "HelmRelease", "stalled").await);
    again(ground, seen, "faults", "stalled", "faults").await;
}
