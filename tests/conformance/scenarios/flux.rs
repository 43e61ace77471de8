//! What live actions set off: sources and Kustomizations.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::ground::Ground;
use super::super::words::Transcript;
use super::{KS, SOURCE, events, forget, is_at_rest, request, token};

fn checkout() -> String {
    format!("{KS}/flux-apps/kustomizations/checkout")
}

pub async fn suspend(ground: &Ground, seen: &mut Transcript) {
    let uri = checkout();
    let before = events(ground, "flux-apps", "Kustomization", "checkout").await;
    let was = ground.get(&uri).await;
    let (code, patched) = ground.merge(&uri, &json!({"spec": {"suspend": true}})).await;
    let rises = |object: &Value, by: i64| {
        object["metadata"]["generation"].as_i64() == was["metadata"]["generation"].as_i64().map(|it| it + by)
    };
    seen.note(format!("suspended: {code} generation rises={}", rises(&patched, 1)));
    ground.until(&uri, |object| object["metadata"]["generation"] == object["status"]["observedGeneration"]).await;
    let token = token(ground, "suspended");
    seen.object("requested while suspended", &request(ground, &uri, &token, &[]).await);
    seen.events(&before, &events(ground, "flux-apps", "Kustomization", "checkout").await);
    let (code, patched) = ground.merge(&uri, &json!({"spec": {"suspend": null}})).await;
    seen.note(format!("resumed: {code} generation rises={} suspend={}", rises(&patched, 2), patched["spec"]["suspend"]));
    let is_done =
        |object: &Value| object["metadata"]["generation"] == object["status"]["observedGeneration"] && is_at_rest(object);
    let done = ground.until(&uri, is_done).await;
    ground.pass(Duration::from_secs(2)).await;
    seen.object("after resuming", &done);
    seen.events(&before, &events(ground, "flux-apps", "Kustomization", "checkout").await);
    forget(ground, &uri).await;
}

pub async fn reconcile(ground: &Ground, seen: &mut Transcript) {
    let uri = checkout();
    let before = events(ground, "flux-apps", "Kustomization", "checkout").await;
    let token = token(ground, "reconcile");
    seen.object("reconciled", &request(ground, &uri, &token, &[]).await);
    seen.events(&before, &events(ground, "flux-apps", "Kustomization", "checkout").await);
    let deployment = "/apis/apps/v1/namespaces/shop/deployments/checkout";
    let scaled = ground.merge(deployment, &json!({"spec": {"replicas": 1}})).await.1;
    seen.note(format!("scaled by hand: {}", scaled["spec"]["replicas"]));
    let before = events(ground, "flux-apps", "Kustomization", "checkout").await;
    seen.object("reconciled", &request(ground, &uri, &format!("{token}-again"), &[]).await);
    seen.note(format!("git says: {}", ground.get(deployment).await["spec"]["replicas"]));
    seen.events(&before, &events(ground, "flux-apps", "Kustomization", "checkout").await);
    forget(ground, &uri).await;
}

pub async fn with_source(ground: &Ground, seen: &mut Transcript) {
    let (source, uri) = (format!("{SOURCE}/flux-apps/gitrepositories/apps"), checkout());
    let token = token(ground, "source");
    let before = events(ground, "flux-apps", "GitRepository", "apps").await;
    seen.object("source", &request(ground, &source, &token, &[]).await);
    seen.events(&before, &events(ground, "flux-apps", "GitRepository", "apps").await);
    let before = events(ground, "flux-apps", "Kustomization", "checkout").await;
    seen.object("then the Kustomization", &request(ground, &uri, &token, &[]).await);
    seen.events(&before, &events(ground, "flux-apps", "Kustomization", "checkout").await);
    forget(ground, &source).await;
    forget(ground, &uri).await;
}

pub async fn failing_source(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{SOURCE}/faults/gitrepositories/unreachable");
    let token = token(ground, "failing");
    let before = events(ground, "faults", "GitRepository", "unreachable").await;
    seen.object("source", &request(ground, &uri, &token, &[]).await);
    seen.events(&before, &events(ground, "faults", "GitRepository", "unreachable").await);
    let consumer = format!("{KS}/faults/kustomizations/no-source");
    seen.object("its consumer", &request(ground, &consumer, &token, &[]).await);
    forget(ground, &uri).await;
    forget(ground, &consumer).await;
}

pub async fn dependency(ground: &Ground, seen: &mut Transcript) {
    for name in ["waits-for-crashing", "waits-for-nobody", "loop-a"] {
        let uri = format!("{KS}/faults/kustomizations/{name}");
        let before = events(ground, "faults", "Kustomization", name).await;
        let token = token(ground, name);
        seen.object(name, &request(ground, &uri, &token, &[]).await);
        seen.events(&before, &events(ground, "faults", "Kustomization", name).await);
        forget(ground, &uri).await;
    }
}

pub async fn health_check(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{KS}/faults/kustomizations/crashing");
    // a Deployment that never gets ready, and has not given up yet
    let deployment = "/apis/apps/v1/namespaces/faults/deployments/crasher";
    ground.ask("admin", "DELETE", deployment, None).await;
    ground.until(deployment, Value::is_null).await;
    let before = events(ground, "faults", "Kustomization", "crashing").await;
    let token = token(ground, "health");
    seen.object("timed out", &request(ground, &uri, &token, &[]).await);
    seen.events(&before, &events(ground, "faults", "Kustomization", "crashing").await);
    forget(ground, &uri).await;
}

pub async fn delete_with_prune(ground: &Ground, seen: &mut Transcript) {
    let (uri, parent) = (checkout(), format!("{KS}/flux-system/kustomizations/system"));
    // what people have changed since the parent looked last is not what this is about
    request(ground, &parent, &token(ground, "before"), &[]).await;
    let was = ground.get(&uri).await;
    let owner = |object: &Value| object["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"].clone();
    seen.note(format!("applied by {}", owner(&was)));
    let before = events(ground, "flux-apps", "Kustomization", "checkout").await;
    let (code, marked) = ground.ask("admin", "DELETE", &uri, None).await;
    seen.note(format!("deleted: {code} {} {}", marked["kind"], marked["metadata"]["finalizers"]));
    ground.until(&uri, Value::is_null).await;
    ground.pass(Duration::from_secs(2)).await;
    seen.events(&before, &events(ground, "flux-apps", "Kustomization", "checkout").await);
    for object in
        ["/apis/apps/v1/namespaces/shop/deployments/checkout", "/api/v1/namespaces/shop/secrets/checkout-api-9d82bbg6gt"]
    {
        ground.until(object, Value::is_null).await;
        seen.note(format!("{object} is gone"));
    }
    let before = events(ground, "flux-system", "Kustomization", "system").await;
    let token = token(ground, "parent");
    seen.object("its parent", &request(ground, &parent, &token, &[]).await);
    seen.events(&before, &events(ground, "flux-system", "Kustomization", "system").await);
    let is_back =
        |object: &Value| object["metadata"]["generation"] == object["status"]["observedGeneration"] && is_at_rest(object);
    let back = ground.until(&uri, is_back).await;
    ground.pass(Duration::from_secs(2)).await;
    seen.object("back", &back);
    seen.note(format!("another one={}", back["metadata"]["uid"] != was["metadata"]["uid"]));
    forget(ground, &parent).await;
}
