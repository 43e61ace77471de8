//! How GitHub spells things: people, refusals, addresses.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::demo::content::FORGE;

/// A request that is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    code: u16,
    message: String,
    errors: Value,
}

impl Refusal {
    pub fn of(code: u16, message: &str) -> Self {
        Self { code, message: message.to_owned(), errors: Value::Null }
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn not_found() -> Self {
        Self::of(404, "Not Found")
    }

    pub fn anonymous() -> Self {
        Self::of(401, "Requires authentication")
    }

    pub fn unreadable() -> Self {
        Self::of(400, "Problems parsing JSON")
    }

    /// A field that names what is not there.
    pub fn invalid(resource: &str, field: &str) -> Self {
        let errors = json!([{"resource": resource, "field": field, "code": "invalid"}]);
        Self { errors, ..Self::of(422, "Validation Failed") }
    }

    /// A rule that GitHub states in a sentence.
    pub fn custom(resource: &str, message: &str) -> Self {
        let errors = json!([{"resource": resource, "code": "custom", "message": message}]);
        Self { errors, ..Self::of(422, "Validation Failed") }
    }
}

impl From<git2::Error> for Refusal {
    fn from(error: git2::Error) -> Self {
        if error.code() == git2::ErrorCode::NotFound { Self::not_found() } else { Self::of(500, error.message()) }
    }
}

pub(super) fn response(answer: Result<(u16, Value), Refusal>, link: Option<String>) -> Response<Full<Bytes>> {
    let (code, value) = answer.unwrap_or_else(|refusal| {
        let mut value = json!({"message": refusal.message, "documentation_url": "https://docs.github.com/rest", "status": refusal.code.to_string()});
        if !refusal.errors.is_null() {
            value["errors"] = refusal.errors;
        }
        (refusal.code, value)
    });
    // 204 has no body
    let body = if code == 204 { String::new() } else { value.to_string() };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    // every answer of GitHub has one
    headers.insert("x-github-request-id", HeaderValue::from_static("DEMO:0000:0000000:0000000:00000000"));
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        headers.insert(http::header::LINK, link);
    }
    response
}

/// An address of the API.
pub(super) fn api(path: &str) -> String {
    format!("http://{FORGE}/api/v3/{path}")
}

/// What a server says of itself to anybody (`docs.github.com/enterprise-server/rest/meta`).
pub(super) fn meta() -> Value {
    json!({"verifiable_password_authentication": true, "installed_version": "3.17.0"})
}

/// A number that stands for a name, the same every time.
pub(super) fn id(name: &str) -> u64 {
    name.bytes().fold(7_u64, |id, byte| (id * 131 + u64::from(byte)) % 1_000_000_007)
}

pub(super) fn user(login: &str) -> Value {
    let url = api(&format!("users/{login}"));
    let below = |part: &str| format!("{url}/{part}");
    json!({
        "login": login, "id": id(login), "node_id": format!("U_{}", id(login)), "avatar_url": format!("http://{FORGE}/avatars/{login}"),
        "gravatar_id": "", "url": url, "html_url": format!("http://{FORGE}/{login}"), "followers_url": below("followers"),
        "following_url": below("following"), "gists_url": below("gists"), "starred_url": below("starred"),
        "subscriptions_url": below("subscriptions"), "organizations_url": below("orgs"), "repos_url": below("repos"),
        "events_url": below("events"), "received_events_url": below("received_events"), "type": "User", "site_admin": false,
    })
}

pub(super) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub(super) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
