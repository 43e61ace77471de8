//! The little of OpenAPI that kubectl needs to know that the server validates fields by itself (kubectl `resource/
//! query_param_verifier_v3.go`), and that validation (apimachinery `runtime/serializer/json`, apiextensions `pkg/apiserver/schema/pruning`).

use serde_json::{Value, json};

use super::{Call, Refusal, Reply, Result};
use crate::demo::objects::{self, Kind, Store};

/// Answers below `/openapi/v3`: the list of documents, or the one of a group and version.
pub(super) fn answer(store: &Store, document: &[&str]) -> Result<Reply> {
    let place = |kind: &Kind| format!("{}/{}", if kind.group.is_empty() { "api" } else { "apis" }, kind.api_version());
    if document.is_empty() {
        let entry = |kind: &Kind| (place(kind), json!({"serverRelativeURL": format!("/openapi/v3/{}", place(kind))}));
        return Ok(Reply::Whole(200, json!({"paths": store.kinds().map(entry).collect::<serde_json::Map<_, _>>()})));
    }
    let document = document.join("/");
    let query = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map(query);
    let path = |kind: &Kind| {
        let space = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let gvk = json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
        let patch = json!({
            "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": gvk, "responses": {},
            "parameters": parameters,
        });
        (format!("/{document}{space}/{}/{{name}}", kind.plural), json!({"patch": patch}))
    };
    let paths: serde_json::Map<_, _> = store.kinds().filter(|kind| place(kind) == document).map(path).collect();
    if paths.is_empty() {
        return Err(Refusal::no_resource());
    }
    Ok(Reply::Whole(200, json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "demo"}, "paths": paths})))
}

/// The reply to a request for field validation of an object whose kind has no schema here.
pub(super) const UNCHECKED: &str = "299 - \"the demo cluster does not check the fields of kinds that Kubernetes has built in\"";

/// Whether a request asks for field validation that is not possible here.
pub(super) fn is_unchecked(call: &Call, kind: &Kind) -> bool {
    let wanted = call.query.get("fieldValidation").is_some_and(|wanted| wanted == "Strict" || wanted == "Warn");
    wanted && !kind.schema.is_object()
}

/// Refuses an object with fields that its kind does not have, where the sender asks for that.
///
/// # Errors
/// In the server's words.
pub(super) fn strict(call: &Call, kind: &Kind, object: &Value) -> Result<()> {
    if call.query.get("fieldValidation").is_none_or(|wanted| wanted != "Strict") {
        return Ok(());
    }
    let (mut known, mut unknown) = (object.clone(), Vec::new());
    objects::complete(kind, &mut known);
    missing(object, &known, "", &mut unknown);
    if unknown.is_empty() {
        return Ok(());
    }
    let (name, version, unknown) = (&kind.kind, &kind.version, unknown.join(", "));
    Err(Refusal::bad(format!("{name} in version \"{version}\" cannot be handled as a {name}: strict decoding error: {unknown}")))
}

/// Fields that say something in one object and are not there in the other.
fn missing(object: &Value, known: &Value, place: &str, found: &mut Vec<String>) {
    match (object, known) {
        (Value::Object(fields), _) => {
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                let full = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                match known.get(name) {
                    Some(known) => missing(value, known, &full, found),
                    None if *value == json!({}) || *value == json!([]) => (),
                    None => found.push(format!("unknown field \"{full}\"")),
                }
            }
        }
        (Value::Array(items), Value::Array(known)) => {
            for (number, (item, known)) in items.iter().zip(known).enumerate() {
                missing(item, known, &format!("{place}[{number}]"), found);
            }
        }
        _ => (),
    }
}
