//! Sending a request and judging its answer: the one way to the API server for whatever is not written through kube's own `Api`.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;

use super::failure::Failure;

/// Largest body that is read, in bytes: a page holds 500 objects, of which a large one has a megabyte.
const LARGEST: usize = 512 << 20;
/// Largest body of a refusal that is read, in bytes: more than any `Status`, less than what a lying gateway may send.
const LARGEST_REFUSAL: usize = 64 << 10;

/// Sends a request and returns the answer once its head is there.
///
/// # Errors
/// What the API server, or what stands before it, said instead of a success; a `Retry-After` is kept.
pub async fn send(client: &Client, request: Request<Vec<u8>>) -> Result<Response<Body>, Failure> {
    let response = client.send(request.map(Body::from)).await?;
    let status = response.status();
    // "not modified" comes to those only who have asked for it
    if status.is_success() || status == http::StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    let read = Limited::new(response.into_body(), LARGEST_REFUSAL).collect().await;
    let bytes = read.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Err(Failure::of_status(status.as_u16(), &said(&bytes)).retried_after(retry_after))
}

/// As [`send`], with the whole body.
///
/// # Errors
/// As [`send`]; also when the body breaks off.
pub async fn fetch(client: &Client, request: Request<Vec<u8>>) -> Result<Bytes, Failure> {
    whole(send(client, request).await?).await
}

/// The whole body of an answer.
///
/// # Errors
/// When it breaks off, or does not end.
pub async fn whole(response: Response<Body>) -> Result<Bytes, Failure> {
    match Limited::new(response.into_body(), LARGEST).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Failure::busy(format!("the answer is larger than {} MiB", LARGEST >> 20)))
        }
        Err(error) => Err(Failure::Unreachable(super::explain(&*error))),
    }
}

/// The message of a `Status`, or what stands there instead.
fn said(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Status {
        message: String,
    }
    serde_json::from_slice::<Status>(bytes)
        .map_or_else(|_| String::from_utf8_lossy(bytes).chars().take(200).collect(), |status| status.message)
}

/// `Retry-After` in seconds, as Kubernetes writes it (apiserver `filters/priority-and-fairness.go`); the form with a date is not used there.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
