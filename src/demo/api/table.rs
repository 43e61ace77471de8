//! Tables: what `kubectl get` shows (apiextensions `tableconvertor`, `pkg/printers/internalversion/printers.go`).

use std::sync::Arc;

use jiff::Timestamp;
use jsonpath_rust::JsonPath;
use serde_json::{Value, json};

use super::read::partial;
use crate::demo::objects::{Column, Kind, list, text};
use fluxdeck_model::domain::duration;

/// Columns of built-in kinds between name and age, as `Title=cell`; those with a `+` are only wide. A cell is a [`sentence`], or what is
/// computed for a pod or a node.
const BUILT_IN: &[(&str, &str, &str)] = &[
    ("", "Pod", "Ready=(ready),Status=(status),Restarts=(restarts),+IP=/status/podIP,+Node=/spec/nodeName"),
    (
        "apps",
        "Deployment",
        "Ready=#/status/readyReplicas|#/spec/replicas,Up-to-date=#/status/updatedReplicas,Available=#/status/availableReplicas",
    ),
    ("apps", "ReplicaSet", "Desired=#/spec/replicas,Current=#/status/replicas,Ready=#/status/readyReplicas"),
    ("apps", "StatefulSet", "Ready=#/status/readyReplicas|#/spec/replicas"),
    (
        "apps",
        "DaemonSet",
        "Desired=#/status/desiredNumberScheduled,Current=#/status/currentNumberScheduled,Ready=#/status/numberReady",
    ),
    ("batch", "Job", "Completions=#/status/succeeded|#/spec/completions"),
    ("", "Namespace", "Status=/status/phase"),
    (
        "",
        "Node",
        "Status=(node),Roles=(roles),Age=@/metadata/creationTimestamp,Version=/status/nodeInfo/kubeletVersion,+Internal-IP=(address),\
         +OS-Image=/status/nodeInfo/osImage,+Kernel-Version=/status/nodeInfo/kernelVersion,\
         +Container-Runtime=/status/nodeInfo/containerRuntimeVersion",
    ),
    ("", "Service", "Type=/spec/type,Cluster-IP=/spec/clusterIP"),
    ("", "ConfigMap", "Data=#/data"),
    ("", "Secret", "Type=/type,Data=#/data"),
    (
        "",
        "Event",
        "Last Seen=@/lastTimestamp,Type=/type,Reason=/reason,Object=/involvedObject/kind|/involvedObject/name,Message=/message",
    ),
];

/// A table of objects, with or without the titles of its columns; each row carries its metadata or the whole object.
pub(super) fn of(kind: &Kind, objects: &[Arc<Value>], version: &str, (titled, whole): (bool, bool), now: Timestamp) -> Value {
    let columns = columns(kind);
    let row = |object: &Arc<Value>| {
        let cells: Vec<_> = columns.iter().map(|column| cell(column, object, now)).collect();
        json!({"cells": cells, "object": if whole { (**object).clone() } else { partial(object) }})
    };
    let title = |it: &Column| {
        let format = if it.name == "Name" { "name" } else { "" };
        json!({"name": it.name, "type": it.kind, "format": format, "description": "", "priority": it.priority})
    };
    let titles: Vec<_> = columns.iter().filter(|_| titled).map(title).collect();
    let rows: Vec<_> = objects.iter().map(row).collect();
    let metadata = if version.is_empty() { json!({}) } else { json!({"resourceVersion": version}) };
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": titles, "rows": rows})
}

fn columns(kind: &Kind) -> Vec<Column> {
    let column = |spelt: &str| {
        let (name, path) = spelt.split_once('=').unwrap_or((spelt, ""));
        let (kind, priority) = ("string".to_owned(), i64::from(name.starts_with('+')));
        Column { name: name.trim_start_matches('+').to_owned(), kind, priority, path: path.to_owned() }
    };
    let built_in = BUILT_IN.iter().find(|(group, name, _)| kind.is(group, name));
    let mut columns: Vec<_> = built_in.iter().flat_map(|(.., all)| all.split(',')).map(column).collect();
    // an event's name says nothing
    if !kind.is("", "Event") {
        columns.insert(0, column("Name=/metadata/name"));
        match (built_in, kind.columns.is_empty()) {
            (None, false) => columns.extend_from_slice(&kind.columns),
            // apiextensions `tableconvertor.go`, and `registry/rest/table.go` for what is built in
            (None, true) if kind.is_custom => {
                columns.push(Column { kind: "date".to_owned(), ..column("Age=.metadata.creationTimestamp") });
            }
            (None, true) => columns.push(column("Created At=/metadata/creationTimestamp")),
            (Some(_), _) if columns.iter().any(|column| column.name == "Age") => {}
            (Some(_), _) => columns.push(column("Age=@/metadata/creationTimestamp")),
        }
    }
    columns
}

/// The content of a cell; times are shown as ages.
fn cell(column: &Column, object: &Value, now: Timestamp) -> Value {
    match &*column.path {
        "(ready)" => {
            format!("{}/{}", containers(object).filter(|it| it["ready"] == true).count(), list(object, "/spec/containers").len())
                .into()
        }
        "(status)" => pod_status(object).into(),
        "(node)" => node_status(object).into(),
        "(roles)" => node_roles(object).into(),
        "(address)" => {
            let addresses = list(object, "/status/addresses").iter();
            addresses.clone().find(|it| it["type"] == "InternalIP").map_or("<none>", |it| text(it, "/address")).into()
        }
        "(restarts)" => containers(object).filter_map(|it| it["restartCount"].as_i64()).sum::<i64>().to_string().into(),
        path if path.starts_with('.') => of_path(object, path, &column.kind, now),
        path => sentence(object, path, now).into(),
    }
}

/// Parts with slashes between them: a text at a place, the number (or size) `#` of what is there, the age `@` of the time there.
fn sentence(object: &Value, spelt: &str, now: Timestamp) -> String {
    let part = |part: &str| match (part.split_at(1), object.pointer(part.trim_start_matches(['#', '@']))) {
        (("#", _), Some(Value::Object(fields))) => fields.len().to_string(),
        (("#", _), found) => found.and_then(Value::as_u64).unwrap_or(0).to_string(),
        (("@", _), found) => since(found.and_then(Value::as_str).unwrap_or_default(), now),
        (_, found) => match found.and_then(Value::as_str).filter(|text| !text.is_empty()) {
            Some(text) if part.ends_with("/kind") => text.to_lowercase(),
            found => found.unwrap_or("<none>").to_owned(),
        },
    };
    spelt.split('|').map(part).collect::<Vec<_>>().join("/")
}

/// A cell of a custom kind, at a JSONPath as CustomResourceDefinitions have them: `.status.conditions[?(@.type=="Ready")].status`.
fn of_path(object: &Value, path: &str, kind: &str, now: Timestamp) -> Value {
    let found = object.query(&format!("${path}")).ok().and_then(|found| found.first().copied());
    match (found, kind) {
        (None | Some(Value::Null), _) => Value::Null,
        (Some(Value::String(at)), "date") => since(at, now).into(),
        (Some(Value::String(text)), "string") => text.as_str().into(),
        (Some(value), "string") => value.to_string().into(),
        (Some(value), _) => value.clone(),
    }
}

fn since(at: &str, now: Timestamp) -> String {
    at.parse::<Timestamp>().map_or_else(|_| "<unknown>".to_owned(), |at| duration::age(now.duration_since(at).as_secs().max(0)).0)
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(pod, "/status/containerStatuses").iter()
}

fn node_status(node: &Value) -> String {
    let ready = list(node, "/status/conditions").iter().find(|it| it["type"] == "Ready").map(|it| text(it, "/status"));
    let ready = match ready {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = if node.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) { ",SchedulingDisabled" } else { "" };
    format!("{ready}{cordoned}")
}

fn node_roles(node: &Value) -> String {
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let roles: Vec<_> = labels.filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/")).collect();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

fn pod_status(pod: &Value) -> String {
    let reason =
        |state: &str| containers(pod).map(|it| text(it, &format!("/state/{state}/reason"))).find(|reason| !reason.is_empty());
    let is_leaving = pod.pointer("/metadata/deletionTimestamp").map(|_| "Terminating");
    is_leaving
        .or_else(|| reason("waiting"))
        .or_else(|| reason("terminated"))
        .unwrap_or_else(|| text(pod, "/status/phase"))
        .to_owned()
}
