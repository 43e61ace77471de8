//! Watching: what has changed since a version, and everything that changes from then on.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::broken::Broken;
use super::read::{self, Shape};
use super::{Answer, Asked, Call, Refusal, Reply, Result, is_true, table};
use crate::demo::faults::End;
use crate::demo::objects::{Change, Key, Selector, text};
use crate::demo::world::{Cluster, Mark, World};

/// How often a quiet watch gets a bookmark (the watch cache's `bookmarkFrequency`).
const BOOKMARK: SignedDuration = SignedDuration::from_mins(1);
/// How long a watch lasts that does not say: the server takes half an hour to an hour (`--min-request-timeout`).
const LASTS: i64 = 30 * 60;

/// An open watch.
pub(super) struct Watch {
    kind: usize,
    namespace: String,
    selector: Selector,
    shape: Shape,
    /// Up to where everything has been sent.
    version: u64,
    /// What is sent first.
    first: Vec<Value>,
    bookmarks: bool,
    marked: Timestamp,
    ends: Timestamp,
    mark: Mark,
    path: String,
    is_over: bool,
    /// Whether a table's columns have been sent.
    has_columns: bool,
}

pub(super) fn open(cluster: &Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let (store, kind) = (&cluster.store, cluster.store.kind(asked.kind));
    let parameter = |name: &str| call.query.get(name).map(String::as_str).unwrap_or_default();
    let wanted = parameter("resourceVersion");
    let version = match wanted {
        "" | "0" => None,
        version => Some(version.parse::<u64>().map_err(|_| Refusal::version(version))?),
    };
    let bookmarks = is_true(call.query.get("allowWatchBookmarks"));
    let initial = is_true(call.query.get("sendInitialEvents"));
    if initial && parameter("resourceVersionMatch") != "NotOlderThan" {
        return Err(Refusal::new(
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting \
             resourceVersionMatch to NotOlderThan",
        ));
    }
    let lasts = parameter("timeoutSeconds").parse().unwrap_or(LASTS);
    let mut watch = Watch {
        kind: asked.kind,
        namespace: asked.namespace.clone(),
        selector: read::selector(call, kind)?,
        shape: Shape::of(call)?,
        version: version.unwrap_or_else(|| store.version()),
        first: Vec::new(),
        bookmarks,
        marked: cluster.now,
        ends: cluster.now.saturating_add(SignedDuration::from_secs(lasts)).unwrap_or(Timestamp::MAX),
        mark: cluster.mark(),
        path: call.path.clone(),
        is_over: false,
        has_columns: false,
    };
    if initial || version.is_none() {
        watch.version = store.version();
        let present: Vec<_> = store
            .of_kind(asked.kind)
            .filter(|(key, object)| watch.is_in(key) && watch.selector.selects(object))
            .map(|(_, object)| object.clone())
            .collect();
        for object in &present {
            let event = watch.event(cluster, "ADDED", object);
            watch.first.push(event);
        }
    }
    if initial && bookmarks {
        let mut mark = watch.bookmark(cluster);
        mark["object"]["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        watch.first.push(mark);
    }
    Ok(Reply::Watch(Box::new(watch)))
}

impl Watch {
    fn is_in(&self, key: &Key) -> bool {
        key.kind == self.kind && (self.namespace.is_empty() || key.namespace == self.namespace)
    }

    /// Streams what happens until the watch ends.
    pub fn open(self, world: &World) -> Answer {
        let pulse = world.listen();
        let events = stream::unfold((self, world.clone(), pulse), |(mut watch, world, mut pulse)| async move {
            loop {
                if watch.is_over {
                    return None;
                }
                pulse.borrow_and_update();
                if world.lock().is_mute(watch.mark, &watch.path) {
                    return std::future::pending().await;
                }
                let Ok(events) = watch.news(&world) else {
                    return Some((Err(Broken), (watch, world, pulse)));
                };
                if !events.is_empty() {
                    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
                    return Some((Ok::<_, Broken>(Frame::data(Bytes::from(lines))), (watch, world, pulse)));
                }
                if !watch.is_over && pulse.changed().await.is_err() {
                    return None;
                }
            }
        });
        let mut answer = Response::new(StreamBody::new(events).boxed_unsync());
        answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        answer
    }

    /// What has happened since the last call.
    fn news(&mut self, world: &World) -> std::result::Result<Vec<Value>, Broken> {
        let cluster = world.lock();
        if let Some(end) = cluster.ended(self.mark, &self.path) {
            self.is_over = true;
            return if end == End::Reset { Err(Broken) } else { Ok(Vec::new()) };
        }
        let mut events = std::mem::take(&mut self.first);
        let Some(changes) = cluster.store.since(self.version) else {
            self.is_over = true;
            let status =
                Refusal::expired(format!("too old resource version: {} ({})", self.version, cluster.store.version())).status;
            return Ok(vec![json!({"type": "ERROR", "object": status})]);
        };
        let changes: Vec<_> = changes.filter(|change| self.is_in(&change.key)).cloned().collect();
        for change in &changes {
            if let Some((kind, object)) = self.seen(change) {
                events.push(self.event(&cluster, kind, &object));
                self.marked = cluster.now;
            }
        }
        self.version = self.version.max(cluster.store.version());
        if self.bookmarks && cluster.now.duration_since(self.marked) >= BOOKMARK {
            self.marked = cluster.now;
            events.push(self.bookmark(&cluster));
        }
        self.is_over = cluster.now >= self.ends;
        Ok(events)
    }

    /// What a change is for this watch: an object that comes to fulfil the selectors is added, one that ceases to is deleted.
    fn seen(&self, change: &Change) -> Option<(&'static str, Arc<Value>)> {
        let selected = |object: &Option<Arc<Value>>| object.as_ref().is_some_and(|object| self.selector.selects(object));
        match (selected(&change.before), selected(&change.after)) {
            (false, true) => Some(("ADDED", change.object().clone())),
            (true, true) => Some(("MODIFIED", change.object().clone())),
            // an object that no longer matches is sent as it was, with the present version
            (true, false) => {
                let mut gone = (**change.before.as_ref().expect("it was selected")).clone();
                gone["metadata"]["resourceVersion"] = change.version.to_string().into();
                Some(("DELETED", Arc::new(gone)))
            }
            (false, false) => None,
        }
    }

    fn event(&mut self, cluster: &Cluster, kind: &str, object: &Arc<Value>) -> Value {
        let of = cluster.store.kind(self.kind);
        let object = match self.shape {
            Shape::Table(whole) => {
                let version = text(object, "/metadata/resourceVersion");
                let columns = !std::mem::replace(&mut self.has_columns, true);
                table::of(of, std::slice::from_ref(object), version, (columns, whole), cluster.now)
            }
            shape => read::one(of, shape, object, cluster.now),
        };
        json!({"type": kind, "object": object})
    }

    fn bookmark(&self, cluster: &Cluster) -> Value {
        let kind = cluster.store.kind(self.kind);
        let metadata = json!({"resourceVersion": self.version.to_string()});
        let object = match self.shape {
            Shape::Whole => json!({"kind": kind.kind, "apiVersion": kind.api_version(), "metadata": metadata}),
            Shape::Metadata => json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}),
            Shape::Table(_) => {
                json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": [], "rows": []})
            }
        };
        json!({"type": "BOOKMARK", "object": object})
    }
}
