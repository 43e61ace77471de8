//! Writing: create, update, the four sorts of patch, delete.

use serde_json::{Value, json};

use super::read::{self, Shape};
use super::{Asked, Call, Refusal, Reply, Result, openapi, protobuf, status};
use crate::demo::objects::{self, Key, Kind, Propagation, list, text};
use crate::demo::world::Cluster;

/// Media types of patches, as the server lists them.
const CUSTOM: &str = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
const BUILT_IN: &str = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";

pub(super) fn create(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let is_dry = is_dry(call)?;
    let mut object = parse(call)?;
    let kind = cluster.store.kind(asked.kind).clone();
    suits(&kind, asked, &mut object)?;
    openapi::strict(call, &kind, &object)?;
    if text(&object, "/metadata/name").is_empty() {
        let prefix = text(&object, "/metadata/generateName").to_owned();
        if prefix.is_empty() {
            let why = "metadata.name: Required value: name or generateName is required";
            return Err(Refusal::invalid(&kind, "", why));
        }
        object["metadata"]["name"] = format!("{prefix}{}", cluster.store.suffix()).into();
    }
    strip(&mut object);
    if kind.status {
        object.as_object_mut().expect("an object").remove("status");
    }
    objects::claim(&kind, &json!({}), &mut object, &manager(call), "", cluster.now);
    let key = Key::of(asked.kind, &object);
    fits(&kind, &key.name, &mut object)?;
    if cluster.store.get(&key).is_some() {
        return Err(Refusal::exists(&kind, &key.name));
    }
    born(cluster, &kind, &key, object, is_dry, call)
}

/// Refuses what does not fit the kind; fills in what may be left out.
fn fits(kind: &Kind, name: &str, object: &mut Value) -> Result<()> {
    objects::complete(kind, object);
    let faults = objects::faults(kind, object);
    match faults.as_slice() {
        [] => Ok(()),
        [one] => Err(Refusal::invalid(kind, name, one)),
        // rules in CEL are evaluated by the server only when the rest fits
        many => {
            let unchecked = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; \
                             correct the existing errors to complete validation";
            Err(Refusal::invalid(kind, name, &format!("[{}, {unchecked}]", many.join(", "))))
        }
    }
}

/// Creates what does not exist yet, where its namespace is there to take it.
fn born(cluster: &mut Cluster, kind: &Kind, key: &Key, mut object: Value, is_dry: bool, call: &Call) -> Result<Reply> {
    if kind.namespaced {
        let namespace = cluster.store.find("", "Namespace", "", &key.namespace);
        let namespace =
            namespace.ok_or_else(|| Refusal::new(404, "NotFound", format!("namespaces \"{}\" not found", key.namespace)))?;
        if namespace.pointer("/metadata/deletionTimestamp").is_some() {
            let why = format!("unable to create new content in namespace {} because it is being terminated", key.namespace);
            return Err(Refusal::forbidden(kind, &key.name, &why));
        }
    }
    if kind.is("", "Namespace") {
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = key.name.as_str().into();
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
    }
    fits(kind, &key.name, &mut object)?;
    if is_dry {
        object["apiVersion"] = kind.api_version().into();
        object["kind"] = kind.kind.as_str().into();
        object["metadata"]["uid"] = cluster.store.identity().into();
        object["metadata"]["creationTimestamp"] = objects::time(cluster.now).into();
        return Ok(Reply::Whole(201, object));
    }
    let object = cluster.store.create(key.kind, object, cluster.now);
    Ok(Reply::Whole(201, read::one(kind, Shape::of(call)?, &object, cluster.now)))
}

pub(super) fn update(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let key = asked.key();
    let kind = cluster.store.kind(asked.kind).clone();
    let live = cluster.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&kind, &asked.name))?;
    let mut wanted = parse(call)?;
    if asked.subresource == "scale" {
        let replicas = wanted.pointer("/spec/replicas").cloned().unwrap_or_default();
        return rescale(cluster, call, &key, replicas);
    }
    suits(&kind, asked, &mut wanted)?;
    openapi::strict(call, &kind, &wanted)?;
    let version = text(&wanted, "/metadata/resourceVersion").to_owned();
    if version.is_empty() && kind.is_custom {
        return Err(Refusal::invalid(
            &kind,
            &asked.name,
            "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
        ));
    }
    settle(cluster, call, asked, &live, wanted)
}

pub(super) fn patch(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let media = call.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    let kind = cluster.store.kind(asked.kind).clone();
    if media == "application/apply-patch+yaml" {
        return apply(cluster, call, asked);
    }
    let key = asked.key();
    let live = cluster.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&kind, &asked.name))?;
    let patch: Value =
        serde_json::from_slice(&call.body).map_err(|error| Refusal::bad(format!("error decoding patch: {error}")))?;
    let mut wanted = if asked.subresource == "scale" { read::scale(&live) } else { (*live).clone() };
    match media {
        "application/merge-patch+json" => json_patch::merge(&mut wanted, &patch),
        "application/json-patch+json" => {
            let why = |error: String| {
                Refusal::new(422, "Invalid", format!("the server rejected our request due to an error in our request: {error}"))
            };
            let steps: json_patch::Patch = serde_json::from_value(patch).map_err(|error| Refusal::bad(error.to_string()))?;
            json_patch::patch(&mut wanted, &steps).map_err(|error| why(error.to_string()))?;
        }
        "application/strategic-merge-patch+json" if !kind.is_custom => objects::merge(&kind, "", &mut wanted, &patch),
        _ => return Err(Refusal::media(if kind.is_custom { CUSTOM } else { BUILT_IN })),
    }
    if asked.subresource == "scale" {
        let replicas = wanted.pointer("/spec/replicas").cloned().unwrap_or_default();
        return rescale(cluster, call, &key, replicas);
    }
    suits(&kind, asked, &mut wanted)?;
    openapi::strict(call, &kind, &wanted)?;
    settle(cluster, call, asked, &live, wanted)
}

fn apply(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let kind = cluster.store.kind(asked.kind).clone();
    if !asked.subresource.is_empty() {
        return Err(Refusal::not_implemented("server-side apply of a subresource"));
    }
    let Some(manager) = call.query.get("fieldManager").filter(|manager| !manager.is_empty()) else {
        return Err(Refusal::options("PatchOptions", "fieldManager: Required value: is required for apply patch"));
    };
    let mut config: Value =
        serde_yaml::from_slice(&call.body).map_err(|error| Refusal::bad(format!("error decoding YAML: {error}")))?;
    suits(&kind, asked, &mut config)?;
    openapi::strict(call, &kind, &config)?;
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Refusal::bad("metadata.managedFields must be nil"));
    }
    let key = asked.key();
    let (is_dry, force) = (is_dry(call)?, super::is_true(call.query.get("force")));
    let live = cluster.store.get(&key).cloned();
    let base = live.as_deref().cloned().unwrap_or_else(|| json!({"metadata": {"name": key.name}}));
    if kind.status {
        config.as_object_mut().expect("an object").remove("status");
    }
    let merged = objects::apply(&kind, &base, &config, manager, force, cluster.now)
        .map_err(|conflicts| Refusal::conflicts(&kind, &key.name, &conflicts))?;
    match live {
        None => born(cluster, &kind, &key, merged, is_dry, call),
        Some(live) => finish(cluster, call, asked, &live, merged, is_dry),
    }
}

/// Writes the next state of an object that exists, after a change other than an apply.
fn settle(cluster: &mut Cluster, call: &Call, asked: &Asked, live: &Value, mut wanted: Value) -> Result<Reply> {
    let kind = cluster.store.kind(asked.kind).clone();
    if asked.subresource == "status" {
        // only the status is taken
        let status = wanted["status"].take();
        let version = wanted["metadata"]["resourceVersion"].take();
        wanted = live.clone();
        wanted["status"] = status;
        wanted["metadata"]["resourceVersion"] = version;
    } else if kind.status {
        wanted["status"] = live["status"].clone();
        if wanted["status"].is_null() {
            wanted.as_object_mut().expect("an object").remove("status");
        }
    }
    let is_dry = is_dry(call)?;
    objects::claim(&kind, live, &mut wanted, &manager(call), &asked.subresource, cluster.now);
    finish(cluster, call, asked, live, wanted, is_dry)
}

/// The rules of every write: versions, what cannot be changed, what nobody sees.
fn finish(cluster: &mut Cluster, call: &Call, asked: &Asked, live: &Value, mut wanted: Value, is_dry: bool) -> Result<Reply> {
    let (key, kind) = (asked.key(), cluster.store.kind(asked.kind).clone());
    let version = text(&wanted, "/metadata/resourceVersion");
    if !version.is_empty() && version != text(live, "/metadata/resourceVersion") {
        return Err(Refusal::modified(&kind, &key.name));
    }
    let uid = text(&wanted, "/metadata/uid");
    if !uid.is_empty() && uid != text(live, "/metadata/uid") {
        let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", text(live, "/metadata/uid"));
        return Err(Refusal::conflict(&kind, &key.name, &why));
    }
    for (group, kind_name, field) in IMMUTABLE {
        let (before, after) = (live.pointer(field), wanted.pointer(field));
        if kind.is(group, kind_name) && before.is_some() && before != after {
            let path = field.trim_start_matches('/').replace('/', ".");
            let value = after.cloned().unwrap_or_default();
            return Err(Refusal::invalid(&kind, &key.name, &format!("{path}: Invalid value: {value}: field is immutable")));
        }
    }
    for field in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion"]
    {
        match live["metadata"].get(field) {
            Some(value) => wanted["metadata"][field] = value.clone(),
            None => drop(wanted["metadata"].as_object_mut().expect("an object has metadata").remove(field)),
        }
    }
    if live.pointer("/metadata/deletionTimestamp").is_some() {
        let before = list(live, "/metadata/finalizers");
        let fresh = list(&wanted, "/metadata/finalizers").iter().filter(|finalizer| !before.contains(finalizer));
        let fresh: Vec<_> = fresh.map(Value::to_string).collect();
        if !fresh.is_empty() {
            let why = "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted";
            let why = format!("{why}, found new finalizers []string{{{}}}", fresh.join(", "));
            return Err(Refusal::invalid(&kind, &key.name, &why));
        }
    }
    if asked.subresource.is_empty() {
        fits(&kind, &key.name, &mut wanted)?;
    }
    if is_dry {
        return Ok(Reply::Whole(200, wanted));
    }
    let object = cluster.store.replace(&key, wanted);
    let now = cluster.now;
    objects::release(&mut cluster.store, &key, now);
    Ok(Reply::Whole(200, read::one(&kind, Shape::of(call)?, &object, now)))
}

/// Fields that stay as they were created.
const IMMUTABLE: &[(&str, &str, &str)] = &[
    ("apps", "Deployment", "/spec/selector"),
    ("apps", "DaemonSet", "/spec/selector"),
    ("apps", "ReplicaSet", "/spec/selector"),
    ("apps", "StatefulSet", "/spec/selector"),
    ("batch", "Job", "/spec/template"),
    ("batch", "Job", "/spec/selector"),
    ("rbac.authorization.k8s.io", "RoleBinding", "/roleRef"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "/roleRef"),
];

fn rescale(cluster: &mut Cluster, call: &Call, key: &Key, replicas: Value) -> Result<Reply> {
    let kind = cluster.store.kind(key.kind).clone();
    if replicas.as_i64().is_none_or(|replicas| replicas < 0) {
        let why = format!("spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0");
        return Err(Refusal::new(422, "Invalid", format!("Scale.autoscaling \"{}\" is invalid: {why}", key.name)));
    }
    let live = cluster.store.get(key).cloned().expect("who scales has read");
    let mut wanted = (*live).clone();
    wanted["spec"]["replicas"] = replicas;
    objects::claim(&kind, &live, &mut wanted, &manager(call), "scale", cluster.now);
    if is_dry(call)? {
        return Ok(Reply::Whole(200, read::scale(&wanted)));
    }
    Ok(Reply::Whole(200, read::scale(&cluster.store.replace(key, wanted))))
}

pub(super) fn delete(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    if !asked.subresource.is_empty() {
        return Err(Refusal::method());
    }
    let (key, kind) = (asked.key(), cluster.store.kind(asked.kind).clone());
    let live = cluster.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&kind, &asked.name))?;
    let options = options(call)?;
    for (field, name, title) in
        [("uid", "/metadata/uid", "UID"), ("resourceVersion", "/metadata/resourceVersion", "ResourceVersion")]
    {
        let wanted = text(&options, &format!("/preconditions/{field}"));
        if !wanted.is_empty() && wanted != text(&live, name) {
            return Err(Refusal::precondition(&kind, &asked.name, title, (wanted, text(&live, name))));
        }
    }
    let left = remove(cluster, call, &key, &options)?;
    Ok(Reply::Whole(200, left.unwrap_or_else(|| status::deleted(&kind, &asked.name, &live["metadata"]["uid"]))))
}

fn remove(cluster: &mut Cluster, call: &Call, key: &Key, options: &Value) -> Result<Option<Value>> {
    let parameter = |name: &str| call.query.get(name).cloned();
    let word = parameter("propagationPolicy").unwrap_or_else(|| text(options, "/propagationPolicy").to_owned());
    let propagation = match word.as_str() {
        "" => Propagation::Background,
        word => Propagation::parse(word).ok_or_else(|| {
            let why = format!(
                "propagationPolicy: Unsupported value: \"{word}\": supported values: \"Background\", \"Foreground\", \"Orphan\""
            );
            Refusal::options("DeleteOptions", &why)
        })?,
    };
    let grace =
        parameter("gracePeriodSeconds").and_then(|grace| grace.parse().ok()).or_else(|| options["gracePeriodSeconds"].as_i64());
    if is_dry(call)? || list(options, "/dryRun").iter().any(|run| run == "All") {
        return Ok(cluster.store.get(key).map(|object| (**object).clone()));
    }
    let now = cluster.now;
    Ok(objects::delete(&mut cluster.store, key, propagation, grace, now).map(|object| (*object).clone()))
}

pub(super) fn delete_all(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let kind = cluster.store.kind(asked.kind).clone();
    let (selector, options) = (read::selector(call, &kind)?, options(call)?);
    let is_meant =
        |key: &Key, object: &Value| (asked.namespace.is_empty() || key.namespace == asked.namespace) && selector.selects(object);
    let found = cluster.store.of_kind(asked.kind).filter(|(key, object)| is_meant(key, object));
    let found: Vec<_> = found.map(|(key, object)| (key.clone(), (**object).clone())).collect();
    for (key, _) in &found {
        remove(cluster, call, key, &options)?;
    }
    let items: Vec<_> = found.into_iter().map(|(_, object)| object).collect();
    let metadata = json!({"resourceVersion": cluster.store.version().to_string()});
    Ok(Reply::Whole(
        200,
        json!({"kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(), "metadata": metadata, "items": items}),
    ))
}

fn options(call: &Call) -> Result<Value> {
    if call.body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&call.body).map_err(|error| Refusal::bad(format!("error decoding DeleteOptions: {error}")))
}

fn is_dry(call: &Call) -> Result<bool> {
    match call.query.get("dryRun").map(String::as_str) {
        None | Some("") => Ok(false),
        Some("All") => Ok(true),
        Some(other) => {
            let why = format!("dryRun: Unsupported value: \"{other}\": supported values: \"All\"");
            Err(Refusal::options("PatchOptions", &why))
        }
    }
}

/// The object that a request sends.
pub(super) fn parse(call: &Call) -> Result<Value> {
    let media = call.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("application/json");
    let unknown = || Refusal::media("application/json, application/yaml");
    let parsed = match media.split(';').next().unwrap_or_default().trim() {
        "application/json" => serde_json::from_slice(&call.body).map_err(|error| error.to_string()),
        "application/yaml" => serde_yaml::from_slice(&call.body).map_err(|error| error.to_string()),
        "application/vnd.kubernetes.protobuf" => return protobuf::read(&call.body).ok_or_else(unknown),
        _ => return Err(unknown()),
    };
    parsed.map_err(|error| Refusal::bad(format!("the object provided is unrecognized: {error}")))
}

/// Whether an object is what the path says; kind, version and namespace are filled in where they may be left out.
fn suits(kind: &Kind, asked: &Asked, object: &mut Value) -> Result<()> {
    if !object["metadata"].is_object() {
        return Err(Refusal::bad("the object has no metadata"));
    }
    let (version, name) = (text(object, "/apiVersion").to_owned(), text(object, "/kind").to_owned());
    if (!version.is_empty() && version != kind.api_version()) || (!name.is_empty() && name != kind.kind) {
        let wanted = kind.api_version();
        return Err(Refusal::bad(format!(
            "{name} in version \"{version}\" cannot be handled as a {} in \"{wanted}\"",
            kind.kind
        )));
    }
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = kind.kind.as_str().into();
    let name = text(object, "/metadata/name").to_owned();
    if !asked.name.is_empty() && !name.is_empty() && name != asked.name {
        return Err(Refusal::bad(format!("the name of the object ({name}) does not match the name on the URL ({})", asked.name)));
    }
    if !asked.name.is_empty() {
        object["metadata"]["name"] = asked.name.as_str().into();
    }
    if !kind.namespaced {
        return Ok(());
    }
    let namespace = text(object, "/metadata/namespace");
    if !namespace.is_empty() && namespace != asked.namespace {
        return Err(Refusal::bad(format!(
            "the namespace of the provided object does not match the namespace sent on the request ({namespace} != {})",
            asked.namespace
        )));
    }
    object["metadata"]["namespace"] = asked.namespace.as_str().into();
    Ok(())
}

/// Takes out what only the server sets.
fn strip(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().expect("tested to be an object");
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "managedFields", "selfLink"] {
        metadata.remove(field);
    }
}

/// Who writes: what he says, else the first word of his User-Agent (apiserver `managerOrUserAgent`).
fn manager(call: &Call) -> String {
    let agent = || call.headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    let said = call.query.get("fieldManager").filter(|manager| !manager.is_empty());
    said.cloned().unwrap_or_else(|| agent().split('/').next().unwrap_or_default().to_owned())
}
