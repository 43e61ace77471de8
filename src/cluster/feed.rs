//! One kind's objects as they come: pages of a list, then events of a watch, decoded straight into the pruned wire struct.

use std::time::Duration;

use futures::{Stream, StreamExt};
use http::Request;
use kube::Client;
use kube::core::WatchEvent;
use serde::Deserialize;

use super::discover::Served;
use super::failure::Failure;
use super::send::fetch;
use fluxdeck_model::kinds::{self, Wire};

/// How many objects a page holds: what kubectl asks for (`--chunk-size`).
const PAGE: u32 = 500;

/// How long the server may keep a watch open, in seconds. kube's own default, below the five minutes of many load balancers.
const WATCH_SECONDS: u32 = 290;

/// Where a kind is listed and watched.
#[derive(Clone)]
pub struct Feed {
    client: Client,
    path: String,
    /// Ask for metadata only.
    metadata: bool,
    timeout: Duration,
}

/// One page of a list.
pub struct Page {
    pub items: Vec<Wire>,
    /// Where the next page starts; empty on the last.
    pub next: String,
    /// Where a watch may start once the last page is here.
    pub version: String,
}

/// One event of a watch.
pub enum Event {
    Upsert(Box<Wire>),
    Remove(Box<Wire>),
    /// Nothing changed up to this version.
    Mark(String),
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    #[serde(default)]
    items: Option<Vec<Wire>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMeta {
    resource_version: Option<String>,
    r#continue: Option<String>,
}

impl Feed {
    pub fn new(client: Client, served: &Served, namespace: Option<&str>, body: kinds::Body, timeout: Duration) -> Self {
        Self { client, path: served.path(namespace), metadata: body == kinds::Body::Metadata, timeout }
    }

    /// Fetches one page, the first with an empty `start`.
    ///
    /// # Errors
    /// [`Failure::Gone`] when the server has forgotten where the list was.
    pub async fn page(&self, start: &str) -> Result<Page, Failure> {
        let mut uri = format!("{}?limit={PAGE}", self.path);
        if !start.is_empty() {
            uri.push_str("&continue=");
            uri.push_str(&escape(start));
        }
        let kind = if self.metadata { "PartialObjectMetadataList" } else { "" };
        let fetch = async {
            let bytes = fetch(&self.client, request(&uri, kind)?).await?;
            serde_json::from_slice::<List>(&bytes)
                .map_err(|error| Failure::busy(format!("the list at {} is not readable: {error}", self.path)))
        };
        let list = tokio::time::timeout(self.timeout, fetch).await.map_err(|_| self.timed_out())??;
        Ok(Page {
            items: list.items.unwrap_or_default(),
            next: list.metadata.r#continue.unwrap_or_default(),
            version: list.metadata.resource_version.unwrap_or_default(),
        })
    }

    /// Watches from that version on. The outer result is there as soon as the server accepted.
    ///
    /// # Errors
    /// As for any request; an expired version comes as [`Failure::Gone`], here or in the stream.
    pub async fn watch(&self, version: &str) -> Result<impl Stream<Item = Result<Event, Failure>> + use<>, Failure> {
        let uri = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}",
            self.path,
            escape(version)
        );
        let request = request(&uri, if self.metadata { "PartialObjectMetadata" } else { "" })?;
        let opened = tokio::time::timeout(self.timeout, self.client.request_events::<Wire>(request)).await;
        let events = opened.map_err(|_| self.timed_out())??;
        Ok(StreamExt::map(events, |event: Result<WatchEvent<Wire>, kube::Error>| match event {
            Ok(WatchEvent::Added(wire) | WatchEvent::Modified(wire)) => Ok(Event::Upsert(Box::new(wire))),
            Ok(WatchEvent::Deleted(wire)) => Ok(Event::Remove(Box::new(wire))),
            Ok(WatchEvent::Bookmark(mark)) => Ok(Event::Mark(mark.metadata.resource_version)),
            Ok(WatchEvent::Error(status)) => Err(Failure::of_status(status.code, &status.message)),
            Err(error) => Err(error.into()),
        }))
    }

    fn timed_out(&self) -> Failure {
        Failure::Unreachable(format!("no answer to {} within {} s", self.path, self.timeout.as_secs()))
    }
}

/// Builds a GET; `partial` asks for metadata only, in that kind.
fn request(uri: &str, partial: &str) -> Result<Request<Vec<u8>>, Failure> {
    let accept = match partial {
        "" => "application/json".to_owned(),
        kind => format!("application/json;as={kind};g=meta.k8s.io;v=v1"),
    };
    Request::get(uri)
        .header(http::header::ACCEPT, accept)
        .body(Vec::new())
        .map_err(|error| Failure::Setup { message: format!("cannot ask for {uri}: {error}"), hint: String::new() })
}

/// Escapes a value for a query string.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte.into()),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
