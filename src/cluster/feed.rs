//! One kind's objects as they come: pages of a list, then events of a watch, decoded straight into the pruned wire struct.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::core::WatchEvent;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;

use super::connection::Connection;
use super::failure::Failure;
use super::send::{fetch, in_time, send};
use super::served::{Served, escape};
use fluxdeck_model::kinds::{self, Wire};

/// How many objects a page holds: what kubectl asks for (`--chunk-size`).
pub(super) const PAGE: u32 = 500;
/// How many the first page holds where nothing is shown before all are here. It comes from the server's memory (Kubernetes 1.31,
/// `ConsistentListFromCache`), each further one from etcd.
const LARGE_PAGE: u32 = 2_500;

/// Longest event of a watch, in bytes: an object of etcd's largest size (1.5 MiB) is shorter in any encoding.
const LONGEST_EVENT: usize = 16 << 20;

/// Where a kind is listed and watched.
#[derive(Clone)]
pub struct Feed {
    client: Client,
    path: String,
    /// Ask for metadata only.
    metadata: bool,
    timeout: Duration,
    first: u32,
}

/// One page of a list, as it came.
pub struct Page {
    bytes: Bytes,
    /// Where the next page starts; empty on the last.
    pub next: String,
    /// Where a watch may start once the last page is here.
    pub version: String,
    path: String,
}

impl Page {
    /// Reads its objects. Costs what they are long.
    ///
    /// # Errors
    /// When they are not objects.
    pub fn items(&self) -> Result<Vec<Wire>, Failure> {
        let list: List<Vec<Wire>> = read(&self.path, &self.bytes)?;
        Ok(list.items.unwrap_or_default())
    }
}

/// One event of a watch.
pub enum Event {
    Upsert(Box<Wire>),
    Remove(Box<Wire>),
    /// Nothing changed up to this version.
    Mark(String),
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct List<T> {
    #[serde(default)]
    kind: String,
    metadata: ListMeta,
    #[serde(default = "none")]
    items: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

fn read<'de, T: Deserialize<'de>>(path: &str, bytes: &'de [u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure::busy(format!("the list at {path} is not readable: {error}")))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMeta {
    resource_version: Option<String>,
    r#continue: Option<String>,
}

impl Feed {
    pub fn new(connection: &Connection, served: &Served, namespace: Option<&str>, body: kinds::Body, timeout: Duration) -> Self {
        Self {
            client: connection.client.clone(),
            path: served.path(namespace),
            metadata: body == kinds::Body::Metadata,
            timeout,
            first: PAGE,
        }
    }

    /// Begins with a large page: for what is read once, and shown when all of it is here.
    pub const fn at_a_glance(mut self) -> Self {
        self.first = LARGE_PAGE;
        self
    }

    /// Fetches one page, the first with an empty `start`. Its objects are not read yet: the next page can be asked for before.
    ///
    /// # Errors
    /// [`Failure::Gone`] when the server has forgotten where the list was.
    pub async fn page(&self, start: &str) -> Result<Page, Failure> {
        let limit = if start.is_empty() { self.first } else { PAGE };
        let mut uri = format!("{}?limit={limit}", self.path);
        if !start.is_empty() {
            uri.push_str("&continue=");
            uri.push_str(&escape(start));
        }
        let kind = if self.metadata { "PartialObjectMetadataList" } else { "" };
        let fetch = async { fetch(&self.client, request(&uri, kind)?).await };
        let bytes = in_time(&self.path, self.timeout, fetch).await?;
        // where the list is written from a map, what is said of it comes after its objects
        let list: List<IgnoredAny> = read(&self.path, &bytes)?;
        if !list.kind.ends_with("List") {
            return Err(Failure::busy(format!("the answer at {} is not a list", self.path)));
        }
        Ok(Page {
            bytes,
            path: self.path.clone(),
            next: list.metadata.r#continue.unwrap_or_default(),
            version: list.metadata.resource_version.unwrap_or_default(),
        })
    }

    /// Watches from that version on, for so many seconds. The outer result is there as soon as the server accepted.
    ///
    /// # Errors
    /// As for any request; an expired version comes as [`Failure::Gone`], here or in the stream.
    pub async fn watch(
        &self,
        version: &str,
        seconds: u32,
    ) -> Result<impl Stream<Item = Result<Event, Failure>> + use<>, Failure> {
        let uri = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={}",
            self.path,
            escape(version)
        );
        let request = request(&uri, if self.metadata { "PartialObjectMetadata" } else { "" })?;
        Ok(open(&self.client, &self.path, request, self.timeout).await?.map(|event| event.map(event_of)))
    }
}

/// Opens a watch: a stream of what happened to what. The outer result is there as soon as the server accepted.
///
/// # Errors
/// As for any request; an expired version comes as [`Failure::Gone`], here or in the stream.
pub(super) async fn open<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    mut request: Request<Vec<u8>>,
    limit: Duration,
) -> Result<impl Stream<Item = Result<Happened<T>, Failure>> + use<T>, Failure> {
    // Kubernetes 1.37 packs each event by itself, which the client's decoder reads only the first of (tower-http issue 737)
    request.headers_mut().insert(http::header::ACCEPT_ENCODING, http::HeaderValue::from_static("identity"));
    let body = in_time(path, limit, send(client, request)).await?.into_body();
    let bytes = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    let lines = FramedRead::new(bytes, LinesCodec::new_with_max_length(LONGEST_EVENT));
    Ok(lines.map(|line| event(&line.map_err(|error| broken(&error))?)))
}

/// Why no line comes. The codec names no source.
fn broken(error: &LinesCodecError) -> Failure {
    match error {
        LinesCodecError::Io(error) => Failure::unreachable(error),
        LinesCodecError::MaxLineLengthExceeded => Failure::unreachable(error),
    }
}

/// What a watch says of one object.
pub(super) enum Happened<T> {
    There(T),
    Gone(T),
    /// Nothing changed up to this version.
    Mark(String),
}

fn event_of(happened: Happened<Wire>) -> Event {
    match happened {
        Happened::There(wire) => Event::Upsert(Box::new(wire)),
        Happened::Gone(wire) => Event::Remove(Box::new(wire)),
        Happened::Mark(version) => Event::Mark(version),
    }
}

/// Reads one event of a watch.
fn event<T: DeserializeOwned>(line: &str) -> Result<Happened<T>, Failure> {
    match serde_json::from_str::<WatchEvent<T>>(line) {
        Ok(WatchEvent::Added(it) | WatchEvent::Modified(it)) => Ok(Happened::There(it)),
        Ok(WatchEvent::Deleted(it)) => Ok(Happened::Gone(it)),
        Ok(WatchEvent::Bookmark(mark)) => Ok(Happened::Mark(mark.metadata.resource_version)),
        Ok(WatchEvent::Error(status)) => {
            let asked = status.details.as_ref().map(|details| details.retry_after_seconds).filter(|seconds| *seconds > 0);
            let asked = asked.map(|seconds| Duration::from_secs(seconds.into()));
            Err(Failure::of_status(status.code, &status.message).retried_after(asked))
        }
        // cut in the middle of a line
        Err(error) if error.is_eof() => Err(Failure::cut("the watch was cut")),
        Err(error) => Err(Failure::busy(format!("an event of the watch is not readable: {error}"))),
    }
}

/// Builds a GET; `partial` asks for the answer in that kind of `meta.k8s.io`.
pub(super) fn request(uri: &str, partial: &str) -> Result<Request<Vec<u8>>, Failure> {
    let accept = match partial {
        "" => "application/json".to_owned(),
        kind => format!("application/json;as={kind};g=meta.k8s.io;v=v1"),
    };
    Request::get(uri)
        .header(http::header::ACCEPT, accept)
        .body(Vec::new())
        .map_err(|error| Failure::Setup { message: format!("cannot ask for {uri}: {error}"), hint: String::new() })
}
