//! The scenarios, by what they are about. Each leaves the cluster as it found it.

mod access;
mod flux;
mod helm;
mod protocol;
mod writes;

use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};

use super::ground::Ground;
use super::words::Transcript;

type Play = for<'a> fn(&'a Ground, &'a mut Transcript) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

pub struct Scenario {
    pub name: &'static str,
    pub run: Play,
}

/// Registers an async function as a scenario.
macro_rules! scenarios {
    ($($name:literal $module:ident :: $function:ident,)*) => {
        &[$(Scenario { name: $name, run: |ground, seen| Box::pin($module::$function(ground, seen)) },)*]
    };
}

pub const ALL: &[Scenario] = scenarios![
    "list" protocol::list,
    "watch" protocol::watch,
    "refusals" protocol::refusals,
    "writes" writes::conflicts,
    "deletion" writes::deletion,
    "rbac" access::rbac,
    "suspend" flux::suspend,
    "reconcile" flux::reconcile,
    "reconcile-with-source" flux::with_source,
    "failing-source" flux::failing_source,
    "dependency" flux::dependency,
    "health-check" flux::health_check,
    "helm-force" helm::force,
    "helm-stall-and-reset" helm::stall,
    "delete-with-prune" flux::delete_with_prune,
];

pub const KS: &str = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces";
pub const HR: &str = "/apis/helm.toolkit.fluxcd.io/v2/namespaces";
pub const SOURCE: &str = "/apis/source.toolkit.fluxcd.io/v1/namespaces";

/// The events of an object.
pub async fn events(ground: &Ground, namespace: &str, kind: &str, name: &str) -> Value {
    let fields = format!("involvedObject.name={name},involvedObject.kind={kind}");
    ground.get(&format!("/api/v1/namespaces/{namespace}/events?fieldSelector={}", fields.replace(',', "%2C"))).await
}

/// Requests a reconciliation with a token, and waits until it was handled and nothing is under way any more.
pub async fn request(ground: &Ground, uri: &str, token: &str, more: &[&str]) -> Value {
    let mut annotations = json!({"reconcile.fluxcd.io/requestedAt": token});
    for name in more {
        annotations[format!("reconcile.fluxcd.io/{name}")] = token.into();
    }
    ground.merge(uri, &json!({"metadata": {"annotations": annotations}})).await;
    let done = ground.until(uri, |object| object["status"]["lastHandledReconcileAt"] == token && is_at_rest(object)).await;
    // events are sent after the status
    ground.pass(Duration::from_secs(2)).await;
    done
}

pub fn is_at_rest(object: &Value) -> bool {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    !conditions
        .into_iter()
        .flatten()
        .any(|it| it["type"] == "Reconciling" && it["reason"] == "Progressing" && it["message"] != "Fulfilling prerequisites")
        && conditions.into_iter().flatten().all(|it| it["type"] != "Ready" || it["status"] != "Unknown")
}

/// A token that no run before has used.
pub fn token(ground: &Ground, name: &str) -> String {
    let moment = if ground.is_bed() { jiff::Timestamp::now().to_string() } else { "first".to_owned() };
    format!("{name}-{moment}")
}

/// Takes a request away again.
pub async fn forget(ground: &Ground, uri: &str) {
    let nothing = json!({"reconcile.fluxcd.io/requestedAt": null, "reconcile.fluxcd.io/forceAt": null, "reconcile.fluxcd.io/resetAt": null});
    ground.merge(uri, &json!({"metadata": {"annotations": nothing}})).await;
}
