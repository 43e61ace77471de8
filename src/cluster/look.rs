//! Bodies on demand: YAML, details, events, whole lists. Every request has its own time limit.

use std::time::Duration;

use http::Request;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::connection::Connection;
use super::failure::Failure;
use super::send::{fetch, in_time, path_of};
use super::served::{Served, escape};
use fluxdeck_model::domain::text::{sanitise, sanitise_line};
use fluxdeck_model::domain::{EventRow, ObjectRef};
use fluxdeck_model::kinds::masked;

/// Fetches a path and decodes the answer.
///
/// # Errors
/// As for any request; also when it takes longer than `limit`, or is not what it should be.
pub(super) async fn get<T: DeserializeOwned>(client: &Client, uri: &str, limit: Duration) -> Result<T, Failure> {
    let request = request(uri)?;
    let bytes = in_time(uri, limit, fetch(client, request)).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::busy(format!("the answer to {} is not readable: {error}", path_of(uri))))
}

/// Builds a GET.
pub(super) fn request(uri: &str) -> Result<Request<Vec<u8>>, Failure> {
    // a name that is none of Kubernetes' makes no URI: there is no such object
    Request::get(uri).body(Vec::new()).map_err(|error| Failure::NotFound(error.to_string()))
}

/// Fetches an object whole, without managedFields; the values of a Secret are masked before they reach any caller.
///
/// # Errors
/// As for any request.
pub async fn body(connection: &Connection, served: &Served, object: &ObjectRef, limit: Duration) -> Result<Value, Failure> {
    let uri = served.object(object);
    let mut body = get(&connection.client, &uri, limit).await?;
    is_it(&body, object)?;
    mask(&mut body);
    Ok(body)
}

/// As [`body`], for the screen: other credentials in it are masked too.
///
/// # Errors
/// As for any request.
pub async fn shown(connection: &Connection, served: &Served, object: &ObjectRef, timeout: Duration) -> Result<Value, Failure> {
    let mut body = body(connection, served, object, timeout).await?;
    masked::for_screen(&mut body);
    Ok(body)
}

/// Fetches all objects of a kind whole, masked as [`body`], each with its kind, which lists leave out. `limit` is that of one page.
///
/// # Errors
/// As for any request.
pub async fn full_list(
    connection: &Connection,
    served: &Served,
    kind: &str,
    namespace: Option<&str>,
    limit: Duration,
) -> Result<Vec<Value>, Failure> {
    selected(connection, served, kind, namespace, "", limit).await
}

/// As [`full_list`], of those that a selector of labels means.
///
/// # Errors
/// As for any request.
pub async fn labelled(
    connection: &Connection,
    served: &Served,
    kind: &str,
    namespace: Option<&str>,
    selector: &str,
    limit: Duration,
) -> Result<Vec<Value>, Failure> {
    selected(connection, served, kind, namespace, selector, limit).await
}

async fn selected(
    connection: &Connection,
    served: &Served,
    kind: &str,
    namespace: Option<&str>,
    selector: &str,
    limit: Duration,
) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let (path, selector) = (served.path(namespace), escape(selector));
        let uri = format!("{path}?limit=500&labelSelector={selector}&continue={}", escape(&next));
        let mut list: Value = get(&connection.client, &uri, limit).await?;
        if let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) {
            let version =
                if served.group.is_empty() { served.version.clone() } else { format!("{}/{}", served.group, served.version) };
            found.extend(items.into_iter().filter(Value::is_object).map(|mut item| {
                item["apiVersion"] = version.as_str().into();
                item["kind"] = kind.into();
                mask(&mut item);
                item
            }));
        }
        next = list["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if next.is_empty() {
            return Ok(found);
        }
    }
}

/// Refuses an answer of another kind: what is masked hangs on that.
pub(super) fn is_it(body: &Value, object: &ObjectRef) -> Result<(), Failure> {
    if body["kind"].as_str() == Some(&object.gk.kind) {
        Ok(())
    } else {
        Err(Failure::busy(format!("the answer is no {}", object.gk.kind)))
    }
}

/// Takes out what must not be seen: managedFields, the values of Secrets, and the copy of them that `kubectl apply` keeps.
fn mask(body: &mut Value) {
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if body["kind"] != "Secret" {
        return;
    }
    for field in ["data", "stringData"] {
        for value in body.get_mut(field).and_then(Value::as_object_mut).into_iter().flat_map(|data| data.values_mut()) {
            *value = masked::MASKED.into();
        }
    }
    if let Some(annotations) = body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

/// Writes a body as YAML lines, each fit for a terminal.
pub fn yaml(body: &Value) -> Vec<String> {
    let text = serde_yaml::to_string(body).unwrap_or_else(|error| format!("# cannot be written as YAML: {error}"));
    text.lines().map(|line| sanitise_line(line).into_owned()).collect()
}

#[derive(Deserialize)]
struct EventList {
    #[serde(default)]
    items: Option<Vec<Event>>,
}

/// Fetches the events of an object, youngest last.
///
/// # Errors
/// As for any request.
pub async fn events(connection: &Connection, object: &ObjectRef, limit: Duration) -> Result<Vec<EventRow>, Failure> {
    let namespace = if object.namespace.is_empty() { "default" } else { &object.namespace };
    let uri = format!("/api/v1/namespaces/{}/events?fieldSelector={}", escape(namespace), events_of(object));
    let list: EventList = get(&connection.client, &uri, limit).await?;
    let mut rows: Vec<_> = list.items.iter().flatten().map(row).collect();
    rows.sort_by_key(|row| row.last);
    Ok(rows)
}

/// The selector of fields, for a URI, of the events of an object.
pub(super) fn events_of(object: &ObjectRef) -> String {
    escape(&format!("involvedObject.name={},involvedObject.kind={}", object.name, object.gk.kind))
}

pub(super) fn row(event: &Event) -> EventRow {
    let series = event.series.as_ref();
    // the order of `flux events`: series, then lastTimestamp, then eventTime
    let last = series
        .and_then(|series| series.last_observed_time.as_ref().map(|time| time.0))
        .or_else(|| event.last_timestamp.as_ref().map(|time| time.0))
        .or_else(|| event.event_time.as_ref().map(|time| time.0));
    let text = |text: Option<&str>| sanitise(text.unwrap_or_default()).into_owned();
    let object = &event.involved_object;
    let first = event.first_timestamp.as_ref().map(|time| time.0).or_else(|| event.event_time.as_ref().map(|time| time.0));
    // what was reported by the old API names its component in `source`
    let from = event.reporting_component.as_deref().filter(|name| !name.is_empty());
    let from = from.or_else(|| event.source.as_ref().and_then(|source| source.component.as_deref()));
    EventRow {
        first: first.and_then(|time| time.to_string().parse::<Timestamp>().ok()),
        last: last.and_then(|time| time.to_string().parse::<Timestamp>().ok()),
        from: text(from),
        is_warning: event.type_.as_deref() == Some("Warning"),
        count: series.and_then(|series| series.count).or(event.count).unwrap_or(1),
        reason: text(event.reason.as_deref()),
        object: format!("{}/{}", text(object.kind.as_deref()), text(object.name.as_deref())),
        message: text(event.message.as_deref()),
    }
}
