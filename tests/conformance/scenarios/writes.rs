//! Writing: field managers, stale versions, dry runs, finalizers, propagation.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::ground::Ground;
use super::super::words::Transcript;

const URI: &str = "/api/v1/namespaces/web/configmaps";
const APPLY: &str = "application/apply-patch+yaml";

fn config(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conformance", "namespace": "web"}, "data": data})
}

/// Who owns what: manager, operation, fields.
fn owners(object: &Value) -> String {
    let entry = |entry: &Value| format!("{} {} {}", entry["manager"], entry["operation"], entry["fieldsV1"]);
    let entries = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .map(entry)
        .collect::<std::collections::BTreeSet<_>>();
    entries.into_iter().collect::<Vec<_>>().join("; ")
}

pub async fn conflicts(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{URI}/conformance");
    ground.ask("admin", "DELETE", &uri, None).await;
    let apply = async |manager: &str, more: &str, data: &Value| {
        ground.ask("admin", "PATCH", &format!("{uri}?fieldManager={manager}{more}"), Some((APPLY, &config(data)))).await
    };
    let (code, _) = apply("one", "&dryRun=All", &json!({"a": "1"})).await;
    seen.note(format!("dry run: {code}, then {}", ground.ask("admin", "GET", &uri, None).await.0));
    let (code, made) = apply("one", "", &json!({"a": "1", "b": "1"})).await;
    seen.note(format!("applied: {code} {} {}", made["data"], owners(&made)));
    seen.refusal("conflict", &apply("two", "", &json!({"a": "2"})).await);
    seen.refusal("two conflicts", &apply("two", "", &json!({"a": "2", "b": "2"})).await);
    let (code, forced) = apply("two", "&force=true", &json!({"a": "2"})).await;
    seen.note(format!("forced: {code} {} {}", forced["data"], owners(&forced)));
    let (code, left) = apply("one", "", &json!({})).await;
    seen.note(format!("given up: {code} {} {}", left["data"], owners(&left)));
    let (code, merged) = ground.merge(&format!("{uri}?fieldManager=three"), &json!({"data": {"a": "3", "c": "3"}})).await;
    seen.note(format!("merged: {code} {} {}", merged["data"], owners(&merged)));
    let mut stale = made.clone();
    stale["data"]["a"] = "stale".into();
    stale["metadata"]["managedFields"] = Value::Null;
    seen.refusal("stale update", &ground.ask("admin", "PUT", &uri, Some(("application/json", &stale))).await);
    let patch = json!([{"op": "test", "path": "/data/a", "value": "3"}, {"op": "replace", "path": "/data/a", "value": "4"}, {"op": "remove", "path": "/data/c"}]);
    let (code, patched) = ground.ask("admin", "PATCH", &uri, Some(("application/json-patch+json", &patch))).await;
    seen.note(format!("JSON patch: {code} {}", patched["data"]));
    let (code, again) = ground.merge(&uri, &json!({"data": {"a": "4"}})).await;
    seen.note(format!(
        "nothing new: {code} same version={}",
        again["metadata"]["resourceVersion"] == patched["metadata"]["resourceVersion"]
    ));
    seen.refusal("created again", &ground.ask("admin", "POST", URI, Some(("application/json", &config(&json!({}))))).await);
    let other = json!({"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}});
    seen.refusal("another UID", &ground.ask("admin", "DELETE", &uri, Some(("application/json", &other))).await);
    let (code, gone) = ground.ask("admin", "DELETE", &uri, None).await;
    seen.note(format!("deleted: {code} {} {} {}", gone["kind"], gone["status"], gone["details"]["kind"]));
}

pub async fn deletion(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{URI}/conformance");
    let post = async |object: Value| ground.ask("admin", "POST", URI, Some(("application/json", &object))).await.1;
    let mut held = config(&json!({}));
    held["metadata"]["finalizers"] = json!(["example.test/hold"]);
    post(held).await;
    let (code, marked) = ground.ask("admin", "DELETE", &uri, None).await;
    seen.note(format!("held: {code} {} marked={}", marked["kind"], marked["metadata"]["deletionTimestamp"].is_string()));
    let more = json!({"metadata": {"finalizers": ["example.test/hold", "example.test/more"]}});
    seen.refusal("one more finalizer", &ground.merge(&uri, &more).await);
    ground.merge(&uri, &json!({"metadata": {"finalizers": null}})).await;
    seen.note(format!("let go: {}", ground.ask("admin", "GET", &uri, None).await.0));
    for policy in ["Background", "Foreground", "Orphan"] {
        let owner = post(config(&json!({}))).await;
        let mut child = config(&json!({}));
        child["metadata"]["name"] = "conformance-child".into();
        child["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "ConfigMap", "name": "conformance", "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true,
        }]);
        post(child).await;
        ground.pass(Duration::from_secs(1)).await;
        let (code, answer) = ground.ask("admin", "DELETE", &format!("{uri}?propagationPolicy={policy}"), None).await;
        seen.note(format!("{policy}: {code} {} {}", answer["kind"], answer["metadata"]["finalizers"]));
        ground.until(&uri, Value::is_null).await;
        let child = format!("{uri}-child");
        if policy == "Orphan" {
            let left = ground.get(&child).await;
            seen.note(format!("  child left, owned={}", left["metadata"]["ownerReferences"].is_array()));
            ground.ask("admin", "DELETE", &child, None).await;
        } else {
            ground.until(&child, Value::is_null).await;
            seen.note("  child gone");
        }
    }
}
