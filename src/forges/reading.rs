//! An answer that is read as it comes, for what is larger than anybody wants to hold.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tower::ServiceExt;

use super::answer::short;
use super::network::{Network, causes};
use super::wire::Broken;

/// The head of an answer, and the rest of it to come.
pub struct Reading {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub(super) body: Incoming,
}

impl Network {
    /// Sends a request, once, and waits for the head of its answer. How long that and the rest may take is the caller's to limit.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn begin(&self, request: Request<Full<Bytes>>) -> Result<Reading, Broken> {
        let answer = self.sender.clone().oneshot(request).await.map_err(|error| {
            let why = short(&causes(&error));
            if error.is_connect() { Broken::NotConnected(why) } else { Broken::Cut(why) }
        })?;
        let (head, body) = answer.into_parts();
        Ok(Reading { status: head.status, headers: head.headers, body })
    }
}

impl Reading {
    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(Broken::Cut(short(&causes(&error)))),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }
}
