//! A read of a URL without a token, by the same connections. Where a redirect leads to is said, and not followed.

use bytes::Bytes;
use http::header::{LOCATION, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::Full;

use super::Failure;
use super::network::Network;
use super::wire::AGENT;

/// An answer, whatever it says.
#[derive(Debug)]
pub struct Plain {
    pub status: u16,
    /// Where a redirect leads to.
    pub location: Option<String>,
    pub body: Bytes,
}

impl Network {
    /// Asks for a URL, and takes at most so many bytes.
    ///
    /// # Errors
    /// There is no answer, or a longer one.
    pub async fn read(&self, url: &Uri, largest: usize) -> Result<Plain, Failure> {
        let request = Request::builder().method(Method::GET).uri(url).header(USER_AGENT, AGENT).body(Full::new(Bytes::new()));
        let request = request.map_err(|error| Failure::Unreachable(error.to_string()))?;
        let answer = self.answer(request, largest).await.map_err(|broken| broken.failure(&Method::GET))?;
        let location = answer.header(LOCATION.as_str()).map(str::to_owned);
        Ok(Plain { status: answer.status.as_u16(), location, body: answer.body })
    }
}
