//! One request to a catalogue, and what an answer that is not of success means.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use serde::Deserialize;

use super::{Failure, Place};
use crate::forges::{Network, Reading};
use fluxdeck_model::domain::text::sanitise;

const AGENT: &str = concat!("fluxdeck/", env!("CARGO_PKG_VERSION"));
/// Most that is read of an answer that is not of success, in bytes.
const WORDS: usize = 16 << 10;
/// Most that is kept of a catalogue's own words, in characters.
const SHORT: usize = 300;

/// What goes with a request.
#[derive(Default)]
pub struct With {
    pub accept: &'static str,
    /// It may be packed by gzip.
    pub is_packed: bool,
    pub authorization: Option<HeaderValue>,
    /// A form to be sent.
    pub form: Option<String>,
}

/// Sends one request. A redirect is an answer.
///
/// # Errors
/// There is no answer.
pub async fn send(network: &Network, place: &Place, with: With) -> Result<Reading, Failure> {
    let method = if with.form.is_some() { Method::POST } else { Method::GET };
    let is_form = with.form.is_some();
    let body = Full::new(Bytes::from(with.form.unwrap_or_default()));
    let request = Request::builder().method(method).uri(place.to_string()).body(body);
    let mut request = request.map_err(|_| Failure::NotAsked("it is not a URL".to_owned()))?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static(with.accept));
    if with.is_packed {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if is_form {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    if let Some(value) = with.authorization {
        headers.insert(AUTHORIZATION, value);
    }
    Ok(network.begin(request).await?)
}

/// The value of an `Authorization` header, which no Debug shows.
///
/// # Errors
/// The login has signs that no header can have.
pub fn authorization(value: &str) -> Result<HeaderValue, Failure> {
    let unusable = |_| Failure::NotAsked("the login for it cannot be sent".to_owned());
    let mut value = HeaderValue::from_str(value).map_err(unusable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Where a redirect leads to.
pub fn location(reading: &Reading) -> Option<&str> {
    reading.status.is_redirection().then(|| reading.headers.get(LOCATION)?.to_str().ok()).flatten()
}

/// The whole of an answer.
///
/// # Errors
/// It is longer than so many bytes, or breaks off.
pub async fn whole(mut reading: Reading, most: usize) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    while let Some(bytes) = reading.next().await? {
        if all.len() + bytes.len() > most {
            return Err(Failure::TooLarge(most as u64));
        }
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

/// How registries say what is wrong (OCI distribution-spec, "Error Codes"), and token servers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    errors: Vec<Detail>,
    error_description: String,
    details: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    code: String,
    message: String,
}

/// What an answer that is not of success means.
pub async fn refusal(mut reading: Reading) -> Failure {
    let status = reading.status;
    let mut body = Vec::new();
    while body.len() < WORDS
        && let Ok(Some(bytes)) = reading.next().await
    {
        body.extend_from_slice(&bytes);
    }
    let why = words(&body).unwrap_or_else(|| status.canonical_reason().unwrap_or("it does not say why").to_owned());
    match status.as_u16() {
        401 => Failure::Unauthorised { why, login: None, helper: None },
        403 => Failure::Forbidden(why),
        404 | 410 => Failure::NotFound,
        407 => Failure::Unreachable("the proxy asks for a login".to_owned()),
        429 => Failure::RateLimited,
        500.. => Failure::Server { status: status.as_u16(), why },
        _ => Failure::Refused { why: format!("{} {why}", status.as_u16()) },
    }
}

/// A catalogue's own words, fit for people.
fn words(body: &[u8]) -> Option<String> {
    let complaint: Complaint = serde_json::from_slice(body).ok()?;
    let details = complaint.errors.into_iter().map(|it| if it.message.is_empty() { it.code } else { it.message });
    let all = details.chain([complaint.error_description, complaint.details, complaint.message]);
    short(&all.filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join(": "))
}

fn short(text: &str) -> Option<String> {
    let text = sanitise(text);
    let short = match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    };
    (!short.is_empty()).then_some(short)
}
