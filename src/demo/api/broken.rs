//! How faults are carried out: what is answered instead, how a body ends that does not end well, and what never comes.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use http::Response;
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Late, Refusal, body, refused, take};
use crate::demo::faults::{After, End, Says, What};
use crate::demo::world::World;

/// The connection breaks: who has it sees that, and nothing more of the answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection breaks")]
pub(in crate::demo) struct Broken;

/// A gateway's page: it sets the title of a terminal, colours it and turns the direction of writing.
const PAGE: &str = "<html><head><title>503</title></head><body>\x1b]0;pwn\x07\x1b[31mno backend\u{202e} is up</body></html>";
/// A proxy's line: it clears the screen.
const TEXT: &str = "upstream connect error\x1b[2J or disconnect before headers";
/// Why a webhook cannot be called.
const WEBHOOK: &str = "failed calling webhook \"policy.example.com\": failed to call webhook: \
                       Post \"https://policy.policy.svc:443/validate?timeout=10s\": no endpoints available for service \"policy\"";
/// What a success must not be.
const GARBAGE: &str = "{\"kind\": \"List\", \"items\": [{{";
/// How much an endless body sends each second, in bytes: little, since it is for ever.
const NOISE: usize = 1024;

/// Lets a request meet a fault.
///
/// # Errors
/// When it breaks the connection before there is an answer.
pub(super) async fn meet(world: &World, what: What, late: Late) -> Result<Answer, Broken> {
    match what {
        What::Latency(by) => {
            world.until(world.after(by)).await;
            Ok(take(world, late))
        }
        // behind a port it is too late to refuse: the connection was accepted
        What::Refused | What::Reset { is_done: false } => Err(Broken),
        What::Reset { is_done: true } => {
            drop(take(world, late));
            Err(Broken)
        }
        What::ArrivesLate(by) => {
            world.delay(by, late);
            std::future::pending().await
        }
        What::Status { code, body: Says::Status, retry_after } => Ok(refused(&refusal(code, retry_after))),
        What::Status { body: Says::Webhook, .. } => Ok(refused(&Refusal::internal(WEBHOOK))),
        What::Status { code, body: Says::Page, .. } => Ok(body(code, "text/html", PAGE.to_owned())),
        What::Status { code, body: Says::Text, .. } => Ok(body(code, "text/plain", TEXT.to_owned())),
        What::GoneEvent => Ok(body(200, "application/json", gone())),
        What::Garbage => Ok(body(200, "application/json", GARBAGE.to_owned())),
        What::Cut { after, how } => Ok(take(world, late).map(|body| cut(world, body, after, how))),
        What::Silent => Ok(take(world, late).map(|_| streamed(stream::pending()))),
        What::Truncated => halved(take(world, late), stream::once(flushed(Err(Broken)))).await,
        What::Hangs => halved(take(world, late), stream::pending()).await,
        What::Endless => halved(take(world, late), noise(world.clone())).await,
        What::OneByOne => Ok(take(world, late.without_aggregation())),
        What::Stale(group) => stale(take(world, late.unmarked()), group).await,
    }
}

/// The aggregated groups with one that the server could not ask (kube-aggregator `apiserver/handler_discovery.go`).
async fn stale(answer: Answer, group: &str) -> Result<Answer, Broken> {
    let whole = answer.into_body().collect().await?.to_bytes();
    let mut groups: Value = serde_json::from_slice(&whole).unwrap_or_default();
    let items = groups["items"].as_array_mut().into_iter().flatten();
    for version in
        items.filter(|item| item["metadata"]["name"] == group).flat_map(|item| item["versions"].as_array_mut()).flatten()
    {
        (version["freshness"], version["resources"]) = ("Stale".into(), json!([]));
    }
    Ok(body(200, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", groups.to_string()))
}

/// What the API server says with a code, word for word.
fn refusal(code: u16, retry_after: Option<u32>) -> Refusal {
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "the request is forbidden: User \"admin\" cannot do that at the cluster scope"),
        404 => ("NotFound", "the server could not find the requested resource"),
        410 => ("Expired", "too old resource version: 1 (2)"),
        429 => return Refusal::too_many(retry_after.unwrap_or(1)),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted, but may still be processing the request",
        ),
        _ => ("InternalError", "an error on the server (\"unknown\") has prevented the request from succeeding"),
    };
    Refusal { retry_after, ..Refusal::new(code, reason, message) }
}

/// The event of a watch whose version is too old.
fn gone() -> String {
    format!("{}\n", json!({"type": "ERROR", "object": refusal(410, None).status}))
}

fn streamed(frames: impl Stream<Item = Result<Bytes, Broken>> + Send + 'static) -> UnsyncBoxBody<Bytes, Broken> {
    StreamBody::new(frames.map(|bytes| bytes.map(Frame::data))).boxed_unsync()
}

/// The first half of an answer, and then something else.
async fn halved(answer: Answer, then: impl Stream<Item = Result<Bytes, Broken>> + Send + 'static) -> Result<Answer, Broken> {
    let (head, body) = answer.into_parts();
    let whole = body.collect().await?.to_bytes();
    let half = whole.slice(..whole.len() / 2);
    Ok(Response::from_parts(head, streamed(stream::once(flushed(Ok(half))).chain(then))))
}

/// What comes once everything before it has left: a server that fails at once sends nothing of what it has.
async fn flushed<T>(what: T) -> T {
    tokio::task::yield_now().await;
    what
}

/// Blanks, for ever.
fn noise(world: World) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::unfold(world, |world| async move {
        world.until(world.after(Duration::from_secs(1))).await;
        Some((Ok(Bytes::from(vec![b' '; NOISE])), world))
    })
}

/// A stream that is cut.
struct Cut {
    world: World,
    body: UnsyncBoxBody<Bytes, Broken>,
    /// Lines that may still pass.
    left: usize,
    at: Timestamp,
    how: End,
    is_over: bool,
}

fn cut(world: &World, body: UnsyncBoxBody<Bytes, Broken>, after: After, how: End) -> UnsyncBoxBody<Bytes, Broken> {
    let (left, at) = match after {
        After::Lines(lines) => (lines, Timestamp::MAX),
        After::Time(time) => (usize::MAX, world.after(time)),
    };
    let cut = Cut { world: world.clone(), body, left, at, how, is_over: false };
    streamed(stream::unfold(cut, |mut cut| async move { cut.next().await.map(|bytes| (bytes, cut)) }))
}

impl Cut {
    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        if self.is_over {
            return None;
        }
        let next = async {
            if self.left == 0 {
                return None;
            }
            tokio::select! {
                frame = self.body.frame() => frame?.ok()?.into_data().ok(),
                () = self.world.until(self.at) => None,
            }
        };
        match next.await {
            Some(bytes) => Some(Ok(self.pass(bytes))),
            None => {
                self.is_over = true;
                if self.how == End::InOrder { None } else { Some(flushed(Err(Broken)).await) }
            }
        }
    }

    /// As many lines as may pass.
    fn pass(&mut self, bytes: Bytes) -> Bytes {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let ends: Vec<_> = ends.take(self.left).collect();
        self.left -= ends.len();
        match ends.last() {
            Some(last) if self.left == 0 => bytes.slice(..*last),
            _ => bytes,
        }
    }
}
