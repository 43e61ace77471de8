//! Reading: one object, or a list in pages.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Asked, Call, Refusal, Reply, Result, Wanted, accept, table};
use crate::demo::objects::{Kind, Selector, Store, text};
use crate::demo::world::Cluster;

/// The requested form of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    Metadata,
    /// Rows; each with the whole object, or with its metadata only.
    Table(bool),
}

impl Shape {
    /// The first acceptable shape that we can make.
    pub fn of(call: &Call) -> Result<Self> {
        let whole = call.query.get("includeObject").is_some_and(|include| include == "Object");
        let shape = |wanted: &Wanted| match (wanted.kind.as_str(), wanted.group.as_str()) {
            ("", _) => Some(Self::Whole),
            ("Table", "meta.k8s.io") => Some(Self::Table(whole)),
            ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io") => Some(Self::Metadata),
            _ => None,
        };
        accept(call)?.iter().find_map(shape).ok_or_else(Refusal::not_acceptable)
    }
}

/// The selectors of a request, in the server's words when they make no sense.
pub(super) fn selector(call: &Call, kind: &Kind) -> Result<Selector> {
    let parameter = |name: &str| call.query.get(name).map(String::as_str).unwrap_or_default();
    let selector = Selector::parse(parameter("labelSelector"), parameter("fieldSelector")).map_err(Refusal::bad)?;
    match selector.unknown_field(&kind.kind) {
        Some(field) if kind.is_custom => Err(Refusal::bad(format!("field label not supported: {field}"))),
        Some(field) => Err(Refusal::bad(format!(
            "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ))),
        None => Ok(selector),
    }
}

pub(super) fn get(cluster: &Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let store = &cluster.store;
    let kind = store.kind(asked.kind);
    let object = store.get(&asked.key()).ok_or_else(|| Refusal::not_found(kind, &asked.name))?;
    if asked.subresource == "scale" {
        return Ok(Reply::Whole(200, scale(object)));
    }
    Ok(Reply::Whole(200, one(kind, Shape::of(call)?, object, cluster.now)))
}

/// One object in the requested form.
pub(super) fn one(kind: &Kind, shape: Shape, object: &Arc<Value>, now: jiff::Timestamp) -> Value {
    match shape {
        Shape::Whole => (**object).clone(),
        Shape::Metadata => partial(object),
        Shape::Table(whole) => {
            table::of(kind, std::slice::from_ref(object), text(object, "/metadata/resourceVersion"), (true, whole), now)
        }
    }
}

pub(super) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// The Scale of a workload (`autoscaling/v1`).
pub(super) fn scale(object: &Value) -> Value {
    let labels = object.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let selector = labels.into_iter().flatten().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let metadata = &object["metadata"];
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": object["spec"]["replicas"]},
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.collect::<Vec<_>>().join(",")},
    })
}

/// Where a page ended: the version of the list, and the last object on it.
struct Place {
    version: u64,
    namespace: String,
    name: String,
}

impl Place {
    fn write(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(json!({"rv": self.version, "namespace": self.namespace, "name": self.name}).to_string())
    }

    fn read(token: &str) -> Result<Self> {
        let bad = |why: String| Refusal::bad(format!("invalid continue token: continue key is not valid: {why}"));
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|error| bad(format!("illegal base64 data: {error}")))?;
        let first = char::from(bytes.first().copied().unwrap_or(b' '));
        let place: Value = serde_json::from_slice(&bytes)
            .map_err(|_| bad(format!("invalid character '{first}' looking for beginning of value")))?;
        let version = place["rv"]
            .as_u64()
            .ok_or_else(|| bad("incorrect encoded start resourceVersion (version meta.k8s.io/v1)".to_owned()))?;
        Ok(Self { version, namespace: text(&place, "/namespace").to_owned(), name: text(&place, "/name").to_owned() })
    }
}

pub(super) fn list(cluster: &Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let store = &cluster.store;
    let kind = store.kind(asked.kind);
    let (shape, selector) = (Shape::of(call)?, selector(call, kind)?);
    exact(store, call)?;
    let token = call.query.get("continue").filter(|token| !token.is_empty());
    let place = token.map(|token| Place::read(token)).transpose()?;
    if place.as_ref().is_some_and(|place| store.since(place.version).is_none()) {
        return Err(Refusal::expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the \
             continue parameter.",
        ));
    }
    let is_left = |namespace: &str, name: &str| {
        place.as_ref().is_none_or(|place| (namespace, name) > (place.namespace.as_str(), place.name.as_str()))
    };
    let found = store
        .of_kind(asked.kind)
        .filter(|(key, _)| asked.namespace.is_empty() || key.namespace == asked.namespace)
        .filter(|(key, object)| is_left(&key.namespace, &key.name) && selector.selects(object));
    let mut found: Vec<_> = found.collect();
    let limit = call.query.get("limit").and_then(|limit| limit.parse::<usize>().ok()).filter(|limit| *limit > 0);
    let rest = limit.map_or(0, |limit| found.len().saturating_sub(limit));
    found.truncate(found.len() - rest);
    let version = place.map_or(store.version(), |place| place.version);
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let (true, Some((last, _))) = (rest > 0, found.last()) {
        let place = Place { version, namespace: last.namespace.clone(), name: last.name.clone() };
        metadata["continue"] = place.write().into();
        if selector.is_empty() {
            metadata["remainingItemCount"] = rest.into();
        }
    }
    let objects: Vec<_> = found.into_iter().map(|(_, object)| object.clone()).collect();
    Ok(Reply::Whole(200, many(kind, shape, &objects, &metadata, cluster.now)))
}

/// A list of a version that is over can only be had while its history is kept, and we keep no old states.
fn exact(store: &Store, call: &Call) -> Result<()> {
    let parameter = |name: &str| call.query.get(name).map(String::as_str).unwrap_or_default();
    let wanted = parameter("resourceVersion");
    let version: u64 = if wanted.is_empty() { 0 } else { wanted.parse().map_err(|_| Refusal::version(wanted))? };
    if version > store.version() {
        return Err(Refusal::new(504, "Timeout", format!("Too large resource version: {version}, current: {}", store.version())));
    }
    if parameter("resourceVersionMatch") == "Exact" && version != store.version() {
        return Err(Refusal::expired("The resourceVersion for the provided list is too old."));
    }
    Ok(())
}

fn many(kind: &Kind, shape: Shape, objects: &[Arc<Value>], metadata: &Value, now: jiff::Timestamp) -> Value {
    match shape {
        Shape::Table(whole) => {
            let mut table = table::of(kind, objects, "", (true, whole), now);
            table["metadata"] = metadata.clone();
            table
        }
        Shape::Metadata => {
            let items: Vec<_> = objects.iter().map(|object| partial(object)).collect();
            json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items})
        }
        Shape::Whole => {
            let items: Vec<_> = objects.iter().map(|object| bare(kind, object)).collect();
            json!({"kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(), "metadata": metadata, "items": items})
        }
    }
}

/// An object as lists have it: those of built-in kinds do not repeat what kind they are.
fn bare(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut().filter(|_| !kind.is_custom) {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    object
}
