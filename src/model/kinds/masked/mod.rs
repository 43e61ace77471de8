//! A whole object without credentials: for the screen, and for a file that may be shared.
//!
//! Computations (a build, a comparison with git) use the object as it is; masking comes last. On the screen, data of ConfigMaps
//! is the user's own and stays.

mod sharing;

pub use sharing::for_sharing;

use serde_json::{Map, Value};

use super::group;
use crate::domain::secrets::{MASK, is_sensitive, redact};

/// The replacement of a whole value.
pub const MASKED: &str = "<masked>";

/// The copy of a manifest that `kubectl apply` keeps in the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes the credentials out of an object that is shown: from texts, from values of sensitive names, and from Secrets, even nested
/// ones (a ResourceSet has templates), and a Provider's address behind its host.
pub fn for_screen(body: &mut Value) {
    if let Some(annotations) = body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.iter_mut().for_each(|(key, value)| clean_copy(key, value));
    }
    if is_of(body, group::NOTIFICATION, "Provider")
        && let Some(Value::String(address)) = body.pointer_mut("/spec/address")
    {
        *address = host_only(address);
    }
    walk(body);
}

/// Tools keep whole manifests in annotations, most of them as JSON: each is shown as the object that it is. A copy of kubectl's that cannot
/// be read is not shown.
fn clean_copy(key: &str, annotation: &mut Value) {
    let Value::String(text) = annotation else { return };
    if key != LAST_APPLIED && !text.trim_start().starts_with('{') {
        return;
    }
    *text = match serde_json::from_str::<Value>(text) {
        Ok(mut manifest) => {
            for_screen(&mut manifest);
            manifest.to_string()
        }
        Err(_) if key == LAST_APPLIED => MASKED.to_owned(),
        Err(_) => return,
    };
}

/// A value as it is shown for the field at that path.
pub fn field(path: &str, value: &Value) -> Value {
    let mut shown = value.clone();
    match &shown {
        Value::String(address) if path == "spec.address" => shown = host_only(address).into(),
        _ if is_credential(path) => mask_sensitive(&mut shown),
        _ => walk(&mut shown),
    }
    shown
}

/// Whether a path leads to the value of a sensitive name: its last field, whichever entry of it, or the `value` of an entry that is
/// called so (`env[name=API_TOKEN].value`).
fn is_credential(path: &str) -> bool {
    let mut is_inside = false;
    let parts = path.rsplit(|c| {
        match c {
            ']' => is_inside = true,
            '[' => is_inside = false,
            _ => {}
        }
        c == '.' && !is_inside
    });
    let mut parts = parts.map(|part| part.split_once('[').unwrap_or((part, "")));
    let Some((name, _)) = parts.next() else { return false };
    let entry = parts.next().and_then(|(_, key)| key.strip_prefix("name=")?.strip_suffix(']'));
    is_sensitive(name) || name == "value" && entry.is_some_and(is_sensitive)
}

fn is_of(body: &Value, group: &str, kind: &str) -> bool {
    body["kind"] == kind && is_in(body["apiVersion"].as_str().unwrap_or_default(), group)
}

/// Whether a version such as `apps/v1` belongs to that group. An object that was cut out of its list has none, and may belong to it.
fn is_in(version: &str, group: &str) -> bool {
    version.is_empty() || version.rsplit_once('/').is_some_and(|(of, _)| of == group)
}

/// Masks every value, and leaves the keys.
fn mask_leaves(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(mask_leaves),
        Value::Array(items) => items.iter_mut().for_each(mask_leaves),
        Value::Null => {}
        leaf => *leaf = MASKED.into(),
    }
}

fn walk(value: &mut Value) {
    match value {
        Value::Object(fields) => walk_fields(fields),
        Value::Array(items) => walk_items(items),
        Value::String(text) => clean(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn walk_fields(fields: &mut Map<String, Value>) {
    let kind = fields.get("kind").and_then(Value::as_str);
    let (is_secret, is_map) = (kind == Some("Secret"), kind == Some("ConfigMap"));
    // `{name: API_TOKEN, value: …}`, as containers and Helm's parameters have it
    let is_named = fields.get("name").and_then(Value::as_str).is_some_and(is_sensitive);
    for (key, value) in fields {
        match (key.as_str(), &value) {
            ("data" | "stringData", _) if is_secret => mask_leaves(value),
            ("data" | "binaryData", _) if is_map => {}
            (key, _) if is_sensitive(key) || is_named && key == "value" => mask_sensitive(value),
            _ => walk(value),
        }
    }
}

/// Masks the value of a sensitive name: a scalar, or each item of a list. Inside a mapping, its names decide.
fn mask_sensitive(value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Number(_) => *value = MASKED.into(),
        Value::Array(items) => items.iter_mut().for_each(mask_sensitive),
        Value::Object(_) | Value::Null | Value::Bool(_) => walk(value),
    }
}

/// Whether what follows in a command line is a credential: `--password`.
pub fn leads_to_credential(option: &str) -> bool {
    option.starts_with('-') && is_sensitive(option.trim_start_matches('-'))
}

/// A list may be a command line.
fn walk_items(items: &mut [Value]) {
    let mut is_next = false;
    for item in items {
        let leads = item.as_str().is_some_and(leads_to_credential);
        match item {
            Value::String(text) if is_next && !text.starts_with('-') => MASKED.clone_into(text),
            item => walk(item),
        }
        is_next = leads;
    }
}

fn clean(text: &mut String) {
    if let std::borrow::Cow::Owned(safe) = redact(text) {
        *text = safe;
    }
}

/// Where an address leads, without what may be its token.
fn host_only(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return MASKED.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let tail = if end == rest.len() { String::new() } else { format!("/{MASK}") };
    format!("{scheme}://{host}{tail}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shown_holds_no_credential_and_is_otherwise_what_it_was() {
        let mut body = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "fleet", "annotations": {
                LAST_APPLIED: json!({"spec": {"url": "https://me:PLANTED@h/f", "password": "PLANTED"}}).to_string(),
                "note": "see https://PLANTED@h/"
            }},
            "spec": {"url": "https://me:PLANTED@h/f", "interval": "1m", "secretRef": {"name": "pull-token"}},
            "status": {"conditions": [{"message": "unable to clone 'https://me:PLANTED@h/f'", "observedGeneration": 3}]}
        });
        for_screen(&mut body);

        let text = body.to_string();
        assert!(!text.contains("PLANTED"), "{text}");
        assert_eq!(body["spec"], json!({"url": "https://***@h/f", "interval": "1m", "secretRef": {"name": "pull-token"}}));
        assert_eq!(body.pointer("/status/conditions/0/observedGeneration"), Some(&json!(3)));
        assert!(text.contains("https://***@h/f\\\""), "the copy of kubectl is still there: {text}");
    }

    #[test]
    fn sensitive_names_providers_and_secrets_in_templates_are_masked() {
        for (mut body, shown) in [
            (
                json!({"spec": {"values": {"auth": {"adminPassword": "x", "port": 1, "pwd": 5, "existingSecret": "web"}}}}),
                json!({"spec": {"values": {"auth": {"adminPassword": MASKED, "port": 1, "pwd": MASKED, "existingSecret": "web"}}}}),
            ),
            (
                json!({"values": {"password": ["x", {"name": "a"}], "token": [5]}, "env": [{"name": "DB_PASSWORD", "value": 12345}]}),
                json!({"values": {"password": [MASKED, {"name": "a"}], "token": [MASKED]}, "env": [{"name": "DB_PASSWORD", "value": MASKED}]}),
            ),
            (
                json!({"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "Bearer x"}, {"name": "Cookie", "value": "x"}]}}),
                json!({"httpGet": {"httpHeaders": [{"name": "Authorization", "value": MASKED}, {"name": "Cookie", "value": MASKED}]}}),
            ),
            (
                json!({"spec": {"containers": [{"env": [{"name": "API_TOKEN", "value": "x"}, {"name": "PORT", "value": "80"}]}]}}),
                json!({"spec": {"containers": [{"env": [{"name": "API_TOKEN", "value": MASKED}, {"name": "PORT", "value": "80"}]}]}}),
            ),
            (
                json!({"command": ["app", "--client-secret", "x", "--port", "80", "--password=x", "--token", "--port"]}),
                json!({"command": ["app", "--client-secret", MASKED, "--port", "80", "--password=***", "--token", "--port"]}),
            ),
            (
                json!({"kind": "ResourceSet", "spec": {"resources": [{"kind": "Secret", "stringData": {"a": "x"}}]}}),
                json!({"kind": "ResourceSet", "spec": {"resources": [{"kind": "Secret", "stringData": {"a": MASKED}}]}}),
            ),
            (
                json!({"apiVersion": "notification.toolkit.fluxcd.io/v1beta3", "kind": "Provider", "spec": {"address": "https://me@chat.example.com:8443/in/x"}}),
                json!({"apiVersion": "notification.toolkit.fluxcd.io/v1beta3", "kind": "Provider", "spec": {"address": "https://chat.example.com:8443/***"}}),
            ),
            (
                json!({"kind": "ConfigMap", "data": {"url": "https://me:x@h", "password": "x"}}),
                json!({"kind": "ConfigMap", "data": {"url": "https://me:x@h", "password": "x"}}),
            ),
        ] {
            for_screen(&mut body);
            assert_eq!(body, shown);
        }
    }

    #[test]
    fn a_manifest_that_any_tool_keeps_in_an_annotation_is_shown_as_the_object_that_it_is() {
        let secret = json!({"kind": "Secret", "stringData": {"a": "PLANTED"}});
        let mut body = json!({"metadata": {"annotations": {
            "kapp.k14s.io/original": secret.to_string(), "objectset.rio.cattle.io/applied": "{no manifest", LAST_APPLIED: "{cut",
        }}});
        for_screen(&mut body);

        let annotations = &body["metadata"]["annotations"];
        assert!(!body.to_string().contains("PLANTED"), "{body}");
        assert!(annotations["kapp.k14s.io/original"].as_str().is_some_and(|text| text.contains("stringData")), "{body}");
        assert_eq!(annotations["objectset.rio.cattle.io/applied"], "{no manifest");
        assert_eq!(annotations[LAST_APPLIED], MASKED);
    }

    #[test]
    fn a_field_is_shown_by_its_name_and_value() {
        for (path, value, shown) in [
            ("spec.url", json!("https://me:x@h"), json!("https://***@h")),
            ("spec.values.adminPassword", json!("x"), json!(MASKED)),
            ("spec.env", json!([{"name": "TOKEN", "value": "x"}]), json!([{"name": "TOKEN", "value": MASKED}])),
            ("spec.replicas", json!(3), json!(3)),
            ("spec.containers[name=app].env[name=API_TOKEN].value", json!("x"), json!(MASKED)),
            ("spec.containers[name=app].env[name=app.api.token].value", json!("x"), json!(MASKED)),
            ("spec.containers[name=app].env[name=PORT].value", json!("80"), json!("80")),
            ("spec.values.password[0]", json!("x"), json!(MASKED)),
            ("spec.values.password", json!(["x", 5]), json!([MASKED, MASKED])),
            ("spec.address", json!("https://chat.example.com/hooks/x"), json!("https://chat.example.com/***")),
        ] {
            assert_eq!(field(path, &value), shown);
        }
    }
}
