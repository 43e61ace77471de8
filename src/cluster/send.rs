//! Sending a request and judging its answer: the one way to the API server for whatever is not written through kube's own `Api`.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_util::client::legacy::connect::capture_connection;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use fluxdeck_model::domain::text::sanitise;

/// Largest body that is read, in bytes: a page holds 500 objects, of which a large one has a megabyte, or 2,500 whose mean is rarely above ten kilobytes.
const LARGEST: usize = 512 << 20;
/// Largest body of a refusal that is read, in bytes: more than any `Status`, less than what a lying gateway may send.
const LARGEST_REFUSAL: usize = 64 << 10;

/// The answer of the API server, or of a gateway before it, that is not a success.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub code: u16,
    pub message: String,
    /// The API server's word for it (`reason`); empty if a gateway has answered, or if the server gives none.
    pub reason: String,
    /// What it says of the causes (`details.causes`).
    pub causes: Vec<Cause>,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer to a request.
#[derive(Debug)]
pub(super) enum Unanswered {
    Refused(Refusal),
    /// No byte of it has left this machine, or none that the server could read: there was no login, no connection, no TLS.
    Unsent(Failure),
    /// It may have arrived, and nothing came that can be read.
    Lost(String),
}

/// Sends a request and reads its answer to the end. `limit` is how long all of that may take.
///
/// # Errors
/// When it was refused, not sent, lost, or answered with something else.
pub(super) async fn ask<T: DeserializeOwned>(
    client: &Client,
    request: Request<Vec<u8>>,
    limit: Duration,
) -> Result<T, Unanswered> {
    let mut request = request.map(Body::from);
    // by this the HTTP client says that it has a connection for it, before it writes the first byte
    let connection = capture_connection(&mut request);
    let late = |_| {
        let was_connected = connection.connection_metadata().is_some();
        let why = |what| format!("no {what} within {}", seconds(limit));
        if was_connected { Unanswered::Lost(why("answer")) } else { Unanswered::Unsent(Failure::late(why("connection"))) }
    };
    let answered = tokio::time::timeout(limit, async {
        let sent = client.send(request).await;
        read(sent.map_err(|error| unanswered(error, connection.connection_metadata().is_some()))?).await
    });
    answered.await.map_err(late)?
}

/// How long, in words.
fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

/// What it means that there is no answer, by how far the request has come.
pub(super) fn unanswered(error: kube::Error, was_connected: bool) -> Unanswered {
    let is_unsent = !was_connected || was_never_taken(&error);
    match Failure::from(error) {
        failure if is_unsent || matches!(failure, Failure::Setup { .. }) => Unanswered::Unsent(failure),
        failure => Unanswered::Lost(failure.to_string()),
    }
}

/// Whether the server cannot have read a request although there was a connection: the next attempt at one failed, the connection was closed
/// before the request was written, or its TLS was never agreed upon (a client's certificate is judged after its first data, RFC 8446 4.4.2;
/// no server passes that on before).
fn was_never_taken(error: &kube::Error) -> bool {
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = at {
        let is_known = error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| error.is_connect())
            || error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
            || error.downcast_ref::<std::io::Error>().is_some_and(is_handshake);
        if is_known {
            return true;
        }
        at = error.source();
    }
    false
}

/// Whether the server has refused the handshake (RFC 8446 6.2: these alerts are of no other time).
fn is_handshake(error: &std::io::Error) -> bool {
    use rustls::AlertDescription as Alert;
    let alert = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => alert,
        _ => return false,
    };
    matches!(
        alert,
        Alert::HandshakeFailure
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::CertificateRequired
    )
}

async fn read<T: DeserializeOwned>(response: Response<Body>) -> Result<T, Unanswered> {
    if !response.status().is_success() {
        return Err(Unanswered::Refused(Refusal::of(response).await));
    }
    let body = whole(response).await.map_err(|failure| Unanswered::Lost(failure.to_string()))?;
    let read = serde_json::from_slice(&body);
    read.map_err(|error| Unanswered::Lost(format!("the answer is not an object: {error}")))
}

/// Sends a request and returns the answer once its head is there.
///
/// # Errors
/// The API server, or a gateway before it, answered anything but a success; a `Retry-After` is kept.
pub async fn send(client: &Client, request: Request<Vec<u8>>) -> Result<Response<Body>, Failure> {
    let response = client.send(request.map(Body::from)).await?;
    let status = response.status();
    // "not modified" only answers a request that asked for it
    if status.is_success() || status == http::StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let refusal = Refusal::of(response).await;
    Err(Failure::of_status(refusal.code, &refusal.message).retried_after(refusal.retry_after))
}

/// As [`send`], with the whole body.
///
/// # Errors
/// As [`send`]; also when the body breaks off.
pub async fn fetch(client: &Client, request: Request<Vec<u8>>) -> Result<Bytes, Failure> {
    whole(send(client, request).await?).await
}

/// Waits for what is asked at a path, no longer than `limit`.
///
/// # Errors
/// As the request; [`Failure::Unreachable`] when the time is over.
pub(super) async fn in_time<T>(
    uri: &str,
    limit: Duration,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = |_| Failure::late(format!("no answer to {} within {}", path_of(uri), seconds(limit)));
    tokio::time::timeout(limit, asked).await.map_err(late)?
}

/// What is asked for, without how.
pub(super) fn path_of(uri: &str) -> &str {
    uri.split('?').next().unwrap_or_default()
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
        Err(error) => Err(Failure::unreachable(&*error)),
    }
}

impl Refusal {
    async fn of(response: Response<Body>) -> Self {
        let (code, asked) = (response.status().as_u16(), retry_after(response.headers()));
        let read = Limited::new(response.into_body(), LARGEST_REFUSAL).collect().await;
        let bytes = read.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let refusal = Self::read(code, &bytes);
        Self { retry_after: asked.or(refusal.retry_after), ..refusal }
    }

    /// Whether the API server itself has failed before anything was stored: it could not call an admission webhook, or a like error on the
    /// way there (apimachinery `NewInternalError`: a reason, and causes that have none). What fails in its storage has no reason, or that
    /// of a timeout; what a gateway makes up has no causes, or such as say that they are made up (`UnexpectedServerResponse`).
    pub fn is_of_admission(&self) -> bool {
        let are_own = !self.causes.is_empty() && self.causes.iter().all(|cause| cause.reason.is_empty());
        self.code == 500 && self.reason == "InternalError" && are_own
    }

    /// Reads a `Status`; anything else becomes the message (API Priority and Fairness answers in plain text).
    fn read(code: u16, bytes: &[u8]) -> Self {
        let status = serde_json::from_slice(bytes).unwrap_or_else(|_| Status {
            message: sanitise(&String::from_utf8_lossy(bytes)).chars().take(200).collect(),
            reason: String::new(),
            details: None,
        });
        let details = status.details.unwrap_or_default();
        Self {
            code,
            message: sanitise(status.message.trim()).into_owned(),
            reason: status.reason,
            causes: details.causes,
            retry_after: details.retry_after_seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs),
        }
    }
}

/// The body of a refusal (apimachinery `meta/v1/types.go`, Status).
#[derive(Deserialize)]
struct Status {
    message: String,
    #[serde(default)]
    reason: String,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    causes: Vec<Cause>,
    retry_after_seconds: Option<i64>,
}

/// One cause of a refusal (apimachinery `meta/v1/types.go`, StatusCause).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cause {
    /// Of the object.
    pub field: String,
    pub reason: String,
}

/// `Retry-After` in seconds, as Kubernetes writes it (apiserver `filters/priority-and-fairness.go`); the form with a date is not used there.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_words_of_its_status_or_else_the_body() {
        let read = |bytes: &[u8]| {
            let Refusal { message, causes, retry_after, .. } = Refusal::read(422, bytes);
            let fields: Vec<_> = causes.into_iter().map(|cause| cause.field).collect();
            (message, fields.join(","), retry_after.map(|pause| pause.as_secs()))
        };
        let status = br#"{"kind":"Status","message":"is invalid","reason":"Invalid","code":422,
            "details":{"name":"web","causes":[{"reason":"FieldValueInvalid","field":"metadata.uid"}],"retryAfterSeconds":7}}"#;
        assert_eq!(read(status), ("is invalid".to_owned(), "metadata.uid".to_owned(), Some(7)));
        let plain = b"Too many requests, please try again later.\n\x1b]0;x\x07";
        assert!(read(plain).0.starts_with("Too many requests, please try again later.") && !read(plain).0.contains('\x1b'));
        assert_eq!(read(b"{}").0, "{}", "a body that is not a Status is shown as it is");
    }
}
