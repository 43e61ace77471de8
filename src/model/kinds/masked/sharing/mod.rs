//! An object for a file that may be shared: masked by the kind of place, not by its content.
//!
//! | place | what is left |
//! |---|---|
//! | settings of programs: values, variables, inputs, environments, command lines, headers, options of drivers, data of Secrets and ConfigMaps, patches, metadata of events | keys, and the objects it is about |
//! | annotations | the keys; the values of Flux, Helm, Kubernetes and fluxdeck |
//! | addresses that are called: Providers, Receivers, webhooks | at most the host |
//! | any URL | no user, no query |
//! | a text that is a whole object (JSON) | nothing |
//! | fields of kinds whose schema nobody here knows | numbers, and what is called as names, images, versions, addresses … are called |
//! | names, labels, statuses, conditions, revisions | all, without what looks like a credential |

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::super::group;
use super::{LAST_APPLIED, MASKED, for_screen, host_only, is_in, mask_leaves};
use crate::domain::secrets::MASK;

/// As [`for_screen`], and without what may hold a credential in any form: see the table of this module.
pub fn for_sharing(body: &mut Value) {
    share(body, "", Trust::Known);
    for_screen(body);
}

/// What is known of the fields that are walked through.
#[derive(Clone, Copy, PartialEq)]
enum Trust {
    /// Fields of Kubernetes and Flux: which of them take anything is known.
    Known,
    /// Somebody else's fields: any may hold anything.
    Open,
    /// What controllers say.
    Said,
}

/// Settings of programs: only their keys are kept.
const FREE: &[&str] = &[
    "args",
    "attributes",
    "command",
    "defaultValues",
    "eventMetadata",
    "exportedInputs",
    "gmsaCredentialSpec",
    "headers",
    "inputs",
    "messageTemplateValues",
    "notes",
    "resourcesTemplate",
    "substitute",
    "valuesInline",
    "volumeAttributes",
    "webhookPath",
];
/// The same where it is an object: elsewhere a list of these names says something else (`matchExpressions`, `dnsConfig`).
const FREE_OBJECTS: &[&str] = &["env", "options", "parameters", "values"];
/// Changes to manifests: their targets are kept.
const PATCHES: &[&str] = &["patch", "patches", "patchesJson6902", "patchesStrategicMerge"];
/// Mappings of names and amounts, in fields of any schema.
const SELECTING: &[&str] = &["capacity", "labels", "limits", "matchLabels", "nodeSelector", "requests", "selector"];

fn share(value: &mut Value, key: &str, trust: Trust) {
    match value {
        Value::Object(fields) => share_fields(fields, trust),
        Value::Array(items) => items.iter_mut().for_each(|item| share(item, key, trust)),
        Value::String(text) => share_text(text, key, trust),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn share_fields(fields: &mut Map<String, Value>, outer: Trust) {
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion").to_owned(), text("kind").to_owned());
    // a reference has both too, and is read in the same way
    let is_manifest = !version.is_empty() && !kind.is_empty();
    let trust = if is_manifest { trusted(&version) } else { outer };
    // `{name: API_TOKEN, value: …}`: environments, headers, parameters
    let is_named = fields.get("name").is_some_and(Value::is_string) && outer != Trust::Said;
    for (key, value) in fields {
        match (kind.as_str(), key.as_str()) {
            ("Secret" | "ConfigMap", "data" | "binaryData" | "stringData") => mask_leaves(value),
            ("Provider", "spec") if is_in(&version, group::NOTIFICATION) => share_provider(value),
            ("Receiver", "status") if is_in(&version, group::NOTIFICATION) => share_receiver(value),
            (_, "apiVersion" | "kind") => {}
            (_, "metadata") if is_manifest => share(value, key, Trust::Known),
            (_, "status") if is_manifest => share(value, key, Trust::Said),
            (_, "value") if is_named => mask_leaves(value),
            _ => share_field(key, value, trust),
        }
    }
}

fn share_field(key: &str, value: &mut Value, trust: Trust) {
    let is_object = value.is_object();
    match key {
        "annotations" if is_object => share_annotations(value),
        "openAPIV3Schema" => share_schema(value, false),
        "clientConfig" => share_client(value),
        _ if FREE.contains(&key) || is_object && FREE_OBJECTS.contains(&key) && value.get("kind").is_none() => mask_leaves(value),
        _ if PATCHES.contains(&key) => mask_patches(value),
        _ if is_object && SELECTING.contains(&key) && trust == Trust::Open => share(value, key, Trust::Known),
        _ => share(value, key, trust),
    }
}

/// What is known of a group's kinds: those of Kubernetes itself and of Flux have a schema that was read.
fn trusted(version: &str) -> Trust {
    const KNOWN: &[&str] = &[
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        group::SOURCE,
        group::EXTENSIONS,
        group::KUSTOMIZE,
        group::HELM,
        group::NOTIFICATION,
        group::IMAGE,
        group::OPERATOR,
        group::HELM_OPERATOR,
        group::WEAVE,
        group::INTEGRATIONS,
    ];
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    if KNOWN.contains(&group) { Trust::Known } else { Trust::Open }
}

fn share_text(text: &mut String, key: &str, trust: Trust) {
    if trust == Trust::Open && !(is_plain(key) && !text.contains('\n') || is_amount(text)) || is_whole_object(text) {
        return MASKED.clone_into(text);
    }
    match trust {
        Trust::Open if text.contains("://") => *text = host_only(text),
        Trust::Known if text.contains("://") => cut_query(text),
        _ => {}
    }
}

/// Whether a field of an unknown schema, judged by its name, holds an identifier or a setting and no secret.
fn is_plain(key: &str) -> bool {
    static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
        let names = "names?|namespaces?|kinds?|versions?|groups?|image|tag|digest|types?|class|mode|polic(?:y|ies)|strategy|\
                     interval|timeout|duration|schedule|protocol|port|path|hosts?|domains?|ref|operator|algorithm|size|phase|state|\
                     revision|branch|commit|url|uri|server|endpoint|zone|region|effect|severity|uid|controller|action|provider|format|scope";
        Regex::new(&format!("(?i)(?:{names})$|^key$")).expect("a pattern")
    });
    PLAIN.is_match(key)
}

/// Whether a text is an amount or a switch: `100Mi`, `5m`, `50%`, `true`.
fn is_amount(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let unit = text.len() - number.len();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    matches!(text, "true" | "false") || is_number && text.len() <= 8 && (1..=2).contains(&unit)
}

/// Whether a text is an object or a list in itself: a copy of a configuration, mostly.
fn is_whole_object(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<Value>(text).is_ok_and(|found| found.is_object() || found.is_array())
}

/// Removes the query of a URL: credentials are put there under any name.
fn cut_query(text: &mut String) {
    if let Some(at) = text.find("://").and_then(|scheme| Some(scheme + text[scheme..].find('?')?)) {
        let end = text[at..].find(char::is_whitespace).map_or(text.len(), |end| at + end);
        text.replace_range(at..end, &format!("?{MASK}"));
    }
}

/// Leaves the keys, and the values of those that say what was done with the object and how.
fn share_annotations(annotations: &mut Value) {
    let Some(annotations) = annotations.as_object_mut() else { return };
    annotations.remove(LAST_APPLIED);
    for (key, value) in annotations {
        let is_kept = value.as_str().is_some_and(|text| text.len() < 256 && !text.contains('\n') && !is_whole_object(text));
        if !is_kept || !is_ours(key) {
            mask_leaves(value);
        }
    }
}

/// Whether an annotation is a convention between controllers and people. Not: what people let events carry along, and the command
/// line that `kubectl --record` keeps.
fn is_ours(key: &str) -> bool {
    const DOMAINS: &[&str] = &[
        "apps.kubernetes.io",
        "api-approved.kubernetes.io",
        "batch.kubernetes.io",
        "config.kubernetes.io",
        "controller-gen.kubebuilder.io",
        "deployment.kubernetes.io",
        "flux.weave.works",
        "fluxcd.controlplane.io",
        "fluxcd.io",
        "fluxdeck.dev",
        "helm.sh",
        "ingressclass.kubernetes.io",
        "kubectl.kubernetes.io",
        "kubernetes.io",
        "meta.helm.sh",
        "pv.kubernetes.io",
        "storageclass.kubernetes.io",
        "volume.beta.kubernetes.io",
        "volume.kubernetes.io",
    ];
    let Some((domain, name)) = key.split_once('/') else { return false };
    (DOMAINS.contains(&domain) || domain.ends_with(".fluxcd.io") && domain != "event.toolkit.fluxcd.io") && name != "change-cause"
}

/// Masks patches in any notation, and keeps their targets.
fn mask_patches(value: &mut Value) {
    match value {
        Value::Array(patches) => patches.iter_mut().for_each(mask_patches),
        Value::Object(patch) if patch.contains_key("target") || patch.contains_key("patch") => {
            patch.iter_mut().filter(|(key, _)| *key != "target").for_each(|(_, value)| mask_leaves(value));
        }
        value => mask_leaves(value),
    }
}

/// Masks what a schema sets or shows: defaults and examples. Under `properties` the keys are names of fields.
fn share_schema(value: &mut Value, are_names: bool) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    "default" | "example" | "examples" | "enum" if !are_names => mask_leaves(value),
                    key => share_schema(value, !are_names && matches!(key, "properties" | "patternProperties" | "definitions")),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| share_schema(item, false)),
        _ => {}
    }
}

/// Webhooks that the API server calls: the host.
fn share_client(client: &mut Value) {
    if let Some(Value::String(url)) = client.get_mut("url") {
        *url = host_only(url);
    }
}

/// For many types a Provider's address is its token.
fn share_provider(spec: &mut Value) {
    if let Some(address) = spec.get_mut("address") {
        mask_leaves(address);
    }
    share(spec, "spec", Trust::Known);
}

/// A Receiver can be called by any client that knows its path (notification-controller: a digest of its token, name and namespace).
fn share_receiver(status: &mut Value) {
    for place in ["webhookPath", "url"] {
        if let Some(path) = status.get_mut(place) {
            mask_leaves(path);
        }
    }
    share(status, "status", Trust::Said);
}

#[cfg(test)]
mod tests;
