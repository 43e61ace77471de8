//! Bodies on demand: YAML, details, events, logs.

use std::time::Duration;

use futures::{AsyncBufRead, AsyncBufReadExt, Stream};
use http::Request;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::Client;
use kube::api::{Api, ListParams, LogParams};
use serde_json::Value;

use super::failure::Failure;
use super::served::Served;
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::{sanitise, sanitise_line};
use fluxdeck_model::kinds::masked;
use fluxdeck_model::state::{EventRow, LogRequest};

/// Fetches an object whole, without managedFields; the values of a Secret are masked before anybody sees them.
///
/// # Errors
/// As for any request.
pub async fn body(client: &Client, served: &Served, object: &ObjectRef, timeout: Duration) -> Result<Value, Failure> {
    let uri = format!("{}/{}", served.path(Some(&object.namespace)), object.name);
    let request = Request::get(&uri).body(Vec::new()).map_err(|error| Failure::NotFound(error.to_string()))?;
    let fetched = tokio::time::timeout(timeout, client.request::<Value>(request)).await;
    let mut body = fetched.map_err(|_| Failure::Unreachable(format!("no answer to {uri} within {} s", timeout.as_secs())))??;
    mask(&mut body);
    Ok(body)
}

/// As [`body`], for people: without the credentials that may stand in it elsewhere.
///
/// # Errors
/// As for any request.
pub async fn shown(client: &Client, served: &Served, object: &ObjectRef, timeout: Duration) -> Result<Value, Failure> {
    let mut body = body(client, served, object, timeout).await?;
    masked::for_screen(&mut body);
    Ok(body)
}

/// Fetches all objects of a kind whole, masked as [`body`], each with its kind, which lists leave out.
///
/// # Errors
/// As for any request.
pub async fn full_list(client: &Client, served: &Served, kind: &str, namespace: Option<&str>) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let uri = format!("{}?limit=500&continue={next}", served.path(namespace));
        let request = Request::get(&uri).body(Vec::new()).map_err(|error| Failure::NotFound(error.to_string()))?;
        let mut list: Value = client.request(request).await?;
        if let Value::Array(items) = list["items"].take() {
            let version =
                if served.group.is_empty() { served.version.clone() } else { format!("{}/{}", served.group, served.version) };
            found.extend(items.into_iter().map(|mut item| {
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

/// Fetches the events of an object, youngest last.
///
/// # Errors
/// As for any request.
pub async fn events(client: &Client, object: &ObjectRef) -> Result<Vec<EventRow>, Failure> {
    let namespace = if object.namespace.is_empty() { "default" } else { &object.namespace };
    let fields = format!("involvedObject.name={},involvedObject.kind={}", object.name, object.gk.kind);
    let list = Api::<Event>::namespaced(client.clone(), namespace).list(&ListParams::default().fields(&fields)).await?;
    let mut rows: Vec<_> = list.items.iter().map(row).collect();
    rows.sort_by_key(|row| row.last);
    Ok(rows)
}

fn row(event: &Event) -> EventRow {
    let series = event.series.as_ref();
    // the order of `flux events`: series, then lastTimestamp, then eventTime
    let last = series
        .and_then(|series| series.last_observed_time.as_ref().map(|time| time.0))
        .or_else(|| event.last_timestamp.as_ref().map(|time| time.0))
        .or_else(|| event.event_time.as_ref().map(|time| time.0));
    let text = |text: Option<&str>| sanitise(text.unwrap_or_default()).into_owned();
    let object = &event.involved_object;
    EventRow {
        last: last.and_then(|time| time.to_string().parse::<Timestamp>().ok()),
        is_warning: event.type_.as_deref() == Some("Warning"),
        count: series.and_then(|series| series.count).or(event.count).unwrap_or(1),
        reason: text(event.reason.as_deref()),
        object: format!("{}/{}", text(object.kind.as_deref()), text(object.name.as_deref())),
        message: text(event.message.as_deref()),
    }
}

/// Returns the names of a pod's containers, init containers first.
///
/// # Errors
/// As for any request.
pub async fn containers(client: &Client, namespace: &str, pod: &str) -> Result<Vec<String>, Failure> {
    let pod = Api::<Pod>::namespaced(client.clone(), namespace).get(pod).await?;
    let spec = pod.spec.unwrap_or_default();
    let names = spec.init_containers.into_iter().flatten().chain(spec.containers).map(|container| container.name);
    Ok(names.map(|name| sanitise(&name).into_owned()).collect())
}

/// Opens the log of one container; it follows until the container or the caller ends it.
///
/// # Errors
/// As for any request: a container that has not started yet has no log.
pub async fn logs(
    client: &Client,
    namespace: &str,
    pod: &str,
    container: &str,
    request: &LogRequest,
) -> Result<impl AsyncBufRead + use<>, Failure> {
    let params = LogParams {
        container: Some(container.to_owned()),
        follow: !request.previous,
        previous: request.previous,
        timestamps: request.timestamps,
        tail_lines: Some(request.tail.into()),
        ..LogParams::default()
    };
    Ok(Api::<Pod>::namespaced(client.clone(), namespace).log_stream(pod, &params).await?)
}

/// Longest line kept, in bytes: the rest of a longer one is dropped.
const LONGEST_LINE: usize = 16 * 1024;

/// Turns a log into lines fit for a terminal.
pub fn log_lines(log: impl AsyncBufRead + Unpin) -> impl Stream<Item = String> {
    futures::stream::unfold(log, |mut log| async move {
        let mut line = Vec::new();
        match log.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => {
                line.truncate(LONGEST_LINE);
                Some((sanitise_line(String::from_utf8_lossy(&line).trim_end()).into_owned(), log))
            }
        }
    })
}
