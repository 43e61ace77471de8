//! Tables: what `kubectl get` shows (apiextensions `tableconvertor`, `pkg/printers/internalversion/printers.go`).

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::read::partial;
use crate::demo::objects::{Column, Kind, list, text};

/// Columns of built-in kinds after the name: title, whether only with `-o wide`, what stands in the cell.
type Cells = &'static [(&'static str, bool, fn(&Value) -> Value)];

/// A table of objects, with or without the titles of its columns; each row carries its metadata or the whole object.
pub(super) fn of(kind: &Kind, objects: &[Arc<Value>], version: &str, (columns, whole): (bool, bool), now: Timestamp) -> Value {
    let row = |object: &Arc<Value>, cells: Vec<Value>| {
        let name = object["metadata"]["name"].clone();
        // an event's name says nothing
        let cells: Vec<_> = if kind.is("", "Event") { cells } else { std::iter::once(name).chain(cells).collect() };
        json!({"cells": cells, "object": if whole { (**object).clone() } else { partial(object) }})
    };
    let age = |object: &Value| Value::from(since(text(object, "/metadata/creationTimestamp"), now));
    let (titles, rows): (Vec<Value>, Vec<Value>) = match cells(kind) {
        Some(cells) if kind.is("", "Event") => {
            let titles = cells.iter().map(|(title, wide, _)| title_of(title, "string", i64::from(*wide)));
            let seen = |object: &Arc<Value>| Value::from(since(text(object, "/lastTimestamp"), now));
            let row =
                |object| row(object, std::iter::once(seen(object)).chain(cells.iter().map(|(.., cell)| cell(object))).collect());
            (std::iter::once(title_of("Last Seen", "string", 0)).chain(titles).collect(), objects.iter().map(row).collect())
        }
        Some(cells) => {
            let titles = cells.iter().map(|(title, wide, _)| title_of(title, "string", i64::from(*wide)));
            let row =
                |object: &Arc<Value>| row(object, cells.iter().map(|(.., cell)| cell(object)).chain([age(object)]).collect());
            (titles.chain([title_of("Age", "string", 0)]).collect(), objects.iter().map(row).collect())
        }
        None if kind.columns.is_empty() => {
            let row = |object: &Arc<Value>| row(object, vec![object["metadata"]["creationTimestamp"].clone()]);
            (vec![title_of("Created At", "date", 0)], objects.iter().map(row).collect())
        }
        None => {
            let titles = kind.columns.iter().map(|column| title_of(&column.name, &column.kind, column.priority)).collect();
            let row = |object: &Arc<Value>| row(object, kind.columns.iter().map(|column| cell(column, object, now)).collect());
            (titles, objects.iter().map(row).collect())
        }
    };
    let name = json!({"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0});
    let name = std::iter::once(name).filter(|_| !kind.is("", "Event"));
    let titles: Vec<_> = if columns { name.chain(titles).collect() } else { Vec::new() };
    let mut table =
        json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": titles, "rows": rows});
    if !version.is_empty() {
        table["metadata"]["resourceVersion"] = version.into();
    }
    table
}

fn title_of(name: &str, kind: &str, priority: i64) -> Value {
    json!({"name": name, "type": kind, "format": "", "description": "", "priority": priority})
}

/// A cell of a custom kind; times are told as ages.
fn cell(column: &Column, object: &Value, now: Timestamp) -> Value {
    let found = path(object, &column.path);
    match (found, column.kind.as_str()) {
        (None | Some(Value::Null), _) => Value::Null,
        (Some(Value::String(at)), "date") => since(at.as_str(), now).into(),
        (Some(value @ (Value::String(_) | Value::Bool(_) | Value::Number(_))), "string") => {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned).into()
        }
        (Some(value), "string") => value.to_string().into(),
        (Some(value), _) => value.clone(),
    }
}

/// Follows a JSONPath of the sort that CustomResourceDefinitions use: `.status.conditions[?(@.type=="Ready")].status`.
fn path<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = object;
    let mut rest = path.trim_start_matches('.');
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("[?(@.") {
            let (test, after) = inside.split_once(")]")?;
            let (field, wished) = test.split_once("==")?;
            let wished = wished.trim().trim_matches(['"', '\'']);
            value =
                value.as_array()?.iter().find(|item| text(item, &format!("/{}", field.trim().replace('.', "/"))) == wished)?;
            rest = after.trim_start_matches('.');
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            value = value.get(index.parse::<usize>().ok()?)?;
            rest = after.trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = value.get(&rest[..end])?;
            rest = rest[end..].trim_start_matches('.');
        }
    }
    Some(value)
}

/// An age as kubectl writes it (apimachinery `util/duration` HumanDuration).
fn since(at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else { return "<unknown>".to_owned() };
    let seconds = now.duration_since(at).as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |big: i64, unit: &str, rest: i64, small: &str| {
        if rest == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{rest}{small}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => two(days, "d", hours % 24, "h"),
        () => format!("{days}d"),
    }
}

fn cells(kind: &Kind) -> Option<Cells> {
    let cells: Cells = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => &[
            ("Ready", false, |pod| {
                share(containers(pod).filter(|it| it["ready"] == true).count(), list(pod, "/spec/containers").len())
            }),
            ("Status", false, |pod| pod_status(pod).into()),
            ("Restarts", false, |pod| {
                containers(pod).filter_map(|it| it["restartCount"].as_i64()).sum::<i64>().to_string().into()
            }),
            ("IP", true, |pod| or_none(text(pod, "/status/podIP"))),
            ("Node", true, |pod| or_none(text(pod, "/spec/nodeName"))),
        ],
        ("apps", "Deployment") => &[
            ("Ready", false, |it| share(count(it, "/status/readyReplicas"), count(it, "/spec/replicas"))),
            ("Up-to-date", false, |it| count(it, "/status/updatedReplicas").into()),
            ("Available", false, |it| count(it, "/status/availableReplicas").into()),
        ],
        ("apps", "ReplicaSet") => &[
            ("Desired", false, |it| count(it, "/spec/replicas").into()),
            ("Current", false, |it| count(it, "/status/replicas").into()),
            ("Ready", false, |it| count(it, "/status/readyReplicas").into()),
        ],
        ("apps", "StatefulSet") => {
            &[("Ready", false, |it| share(count(it, "/status/readyReplicas"), count(it, "/spec/replicas")))]
        }
        ("apps", "DaemonSet") => &[
            ("Desired", false, |it| count(it, "/status/desiredNumberScheduled").into()),
            ("Current", false, |it| count(it, "/status/currentNumberScheduled").into()),
            ("Ready", false, |it| count(it, "/status/numberReady").into()),
        ],
        ("batch", "Job") => &[("Completions", false, |it| share(count(it, "/status/succeeded"), count(it, "/spec/completions")))],
        ("", "Namespace") => &[("Status", false, |it| text(it, "/status/phase").into())],
        ("", "Service") => &[
            ("Type", false, |it| text(it, "/spec/type").into()),
            ("Cluster-IP", false, |it| or_none(text(it, "/spec/clusterIP"))),
        ],
        ("", "ConfigMap") => &[("Data", false, |it| it["data"].as_object().map_or(0, serde_json::Map::len).into())],
        ("", "Secret") => &[
            ("Type", false, |it| text(it, "/type").into()),
            ("Data", false, |it| it["data"].as_object().map_or(0, serde_json::Map::len).into()),
        ],
        ("", "Event") => &[
            ("Type", false, |it| text(it, "/type").into()),
            ("Reason", false, |it| text(it, "/reason").into()),
            ("Object", false, |it| {
                format!("{}/{}", text(it, "/involvedObject/kind").to_lowercase(), text(it, "/involvedObject/name")).into()
            }),
            ("Message", false, |it| text(it, "/message").into()),
        ],
        _ => return None,
    };
    Some(cells)
}

fn count(object: &Value, pointer: &str) -> usize {
    object.pointer(pointer).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

fn share(part: usize, whole: usize) -> Value {
    format!("{part}/{whole}").into()
}

fn or_none(text: &str) -> Value {
    if text.is_empty() { "<none>".into() } else { text.into() }
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(pod, "/status/containerStatuses").iter()
}

fn pod_status(pod: &Value) -> String {
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return "Terminating".to_owned();
    }
    let reason = |state: &str| {
        containers(pod).map(|it| text(it, &format!("/state/{state}/reason"))).find(|reason| !reason.is_empty()).map(str::to_owned)
    };
    let phase = text(pod, "/status/phase");
    reason("waiting").or_else(|| reason("terminated")).unwrap_or_else(|| phase.to_owned())
}
