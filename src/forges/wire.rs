//! Requests to the API of one host. The token goes with each of them, to that host and to no other; redirects are followed for reads, and
//! within the host only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use serde::Serialize;

use super::Failure;
use super::answer::{Answer, short};
use super::network::{Network, causes};
use crate::credentials::{Origin, Token};

/// Largest answer that is read, in bytes: a page of pull requests has the bodies of all of them.
const LARGEST: usize = 16 << 20;
/// How often a read is sent on.
const REDIRECTS: usize = 3;
/// With this the token is a name and a password.
const BASIC: &str = "Basic";
pub(super) const AGENT: &str = concat!("fluxdeck/", env!("CARGO_PKG_VERSION"));

/// The way to the API of one host.
#[derive(Clone)]
pub struct Wire {
    network: Network,
    origin: Origin,
    /// The path of the API: `/api/v1`, or nothing.
    root: &'static str,
    /// The value of the `Authorization` header, which no Debug shows.
    login: Option<HeaderValue>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// There was no connection: nothing was sent.
    #[error("{0}")]
    NotConnected(String),
    /// Not within the limit: it may have been received.
    #[error("it does not answer in time")]
    TooLong(std::time::Duration),
    /// The connection broke: it may have been received.
    #[error("{0}")]
    Cut(String),
    #[error("it answers with more than {0} bytes")]
    TooLarge(usize),
}

impl Broken {
    /// What it means for a request: what may have been received is lost, unless it changes nothing.
    pub fn failure(self, method: &Method) -> Failure {
        let is_read = *method == Method::GET;
        match self {
            Self::NotConnected(why) => Failure::Unreachable(why),
            Self::TooLong(limit) if is_read => Failure::TooLong(limit),
            Self::Cut(why) if is_read => Failure::Unreachable(why),
            Self::TooLarge(most) if is_read => Failure::Unreadable(Self::TooLarge(most).to_string()),
            lost => Failure::Lost(lost.to_string()),
        }
    }
}

impl Wire {
    /// The API of a host, below `root`. `scheme` is the first word of the `Authorization` header.
    ///
    /// # Errors
    /// The token is for another host.
    pub fn new(
        network: &Network,
        host: &Origin,
        root: &'static str,
        token: Option<(&'static str, &Token)>,
    ) -> Result<Self, Failure> {
        let origin = host.api();
        let login = token.map(|(scheme, token)| {
            let other = || Failure::Elsewhere { bound: token.origin().to_string(), asked: origin.to_string() };
            let value = token.reveal(&origin).ok_or_else(other)?;
            let basic: String;
            let value = if scheme == BASIC {
                basic = STANDARD.encode(value);
                basic.as_str()
            } else {
                value
            };
            let mut login = HeaderValue::from_str(&format!("{scheme} {value}")).expect("a token is a word of visible ASCII");
            login.set_sensitive(true);
            Ok(login)
        });
        Ok(Self { network: network.clone(), login: login.transpose()?, origin, root })
    }

    /// Reads what is at a path below the root.
    ///
    /// # Errors
    /// There is no answer; a refusal is one.
    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        let answer = self.send(Method::GET, path, HeaderMap::new(), Bytes::new()).await;
        answer.map_err(|broken| broken.failure(&Method::GET))
    }

    /// Sends JSON to a path below the root, once.
    ///
    /// # Errors
    /// There is no answer; a refusal is one.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        let body = serde_json::to_vec(body).expect("a value of ours is JSON").into();
        self.send(Method::POST, path, HeaderMap::new(), body).await.map_err(|broken| broken.failure(&Method::POST))
    }

    /// The same by another method.
    ///
    /// # Errors
    /// There is no answer; a refusal is one.
    pub async fn change(&self, method: Method, path: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        let body = serde_json::to_vec(body).expect("a value of ours is JSON").into();
        self.send(method.clone(), path, HeaderMap::new(), body).await.map_err(|broken| broken.failure(&method))
    }

    /// Sends a request with headers of its own.
    ///
    /// # Errors
    /// There is no answer; a refusal is one.
    pub async fn send(&self, method: Method, path: &str, headers: HeaderMap, body: Bytes) -> Result<Answer, Broken> {
        let mut place = format!("{}{}{path}", self.origin, self.root);
        for _ in 0..REDIRECTS {
            let answer = self.once(&method, &place, &headers, body.clone()).await?;
            let next = (method == Method::GET && answer.status.is_redirection()).then(|| self.next(&answer)).flatten();
            match next {
                Some(next) => place = next,
                None => return Ok(answer),
            }
        }
        self.once(&method, &place, &headers, body).await
    }

    /// Where a redirect leads to, if that is on this host.
    fn next(&self, answer: &Answer) -> Option<String> {
        let to = answer.header(LOCATION.as_str())?;
        let to = if to.starts_with('/') && !to.starts_with("//") { format!("{}{to}", self.origin) } else { to.to_owned() };
        (Origin::of_url(&to).as_ref() == Some(&self.origin)).then_some(to)
    }

    async fn once(&self, method: &Method, place: &str, headers: &HeaderMap, body: Bytes) -> Result<Answer, Broken> {
        let unusable = |_| Broken::NotConnected("its address is not one of HTTP".to_owned());
        let place: Uri = place.parse().map_err(|_| ()).map_err(unusable)?;
        let has_body = !body.is_empty();
        let mut request = Request::builder().method(method).uri(place).body(Full::new(body)).map_err(|_| ()).map_err(unusable)?;
        let all = request.headers_mut();
        all.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if has_body {
            all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        all.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        all.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(login) = &self.login {
            all.insert(AUTHORIZATION, login.clone());
        }
        self.network.answer(request, LARGEST).await
    }
}

impl Network {
    /// Sends a request, and takes at most so many bytes of its answer.
    pub(super) async fn answer(&self, request: Request<Full<Bytes>>, largest: usize) -> Result<Answer, Broken> {
        let limit = self.limit;
        tokio::time::timeout(limit, self.answered(request, largest)).await.unwrap_or(Err(Broken::TooLong(limit)))
    }

    async fn answered(&self, request: Request<Full<Bytes>>, largest: usize) -> Result<Answer, Broken> {
        let reading = self.begin(request).await?;
        let body = Limited::new(reading.body, largest).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { Broken::TooLarge(largest) } else { Broken::Cut(short(&causes(error.as_ref()))) }
        })?;
        Ok(Answer { status: reading.status, headers: reading.headers, body: body.to_bytes() })
    }
}
