//! An answer of a forge, and what it means where all forges agree.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;
use fluxdeck_model::domain::text::{printable, sanitise};

/// Most that is kept of a forge's own words, in characters.
const WORDS: usize = 300;

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// How forges say what is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    /// A text; GitLab's also a list, or lists by the name of a field (`doc/api/rest/troubleshooting.md`).
    message: Value,
    /// GitHub's: objects with a message, or texts. Gitea's: null, or texts.
    errors: Option<Vec<Value>>,
    /// GitLab's, where the login or the request itself is wrong (RFC 6750).
    error: Value,
    error_description: Value,
}

/// The texts of a message, each after the name of its field.
fn texts(message: &Value) -> Vec<String> {
    match message {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        // `base` and `error` are not names of fields
        Value::Object(all) => {
            let named = |(name, value): (&String, &Value)| {
                let name = if matches!(name.as_str(), "base" | "error") { String::new() } else { format!("{name} ") };
                texts(value).into_iter().map(move |text| format!("{name}{text}"))
            };
            all.iter().flat_map(named).collect()
        }
        _ => Vec::new(),
    }
}

impl Answer {
    /// Reads the body. `what` names it: "the pull request".
    ///
    /// # Errors
    /// It is not what the API says.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::Unreadable(short(&format!("{what}: {error}"))))
    }

    /// The answer, if it is that of success.
    ///
    /// # Errors
    /// What the forge says, as all forges say it.
    pub fn success(self, method: &Method) -> Result<Self, Failure> {
        if self.status.is_success() { Ok(self) } else { Err(self.failure(method)) }
    }

    /// What the forge says is wrong, in its words: without credentials, fit for a terminal, and short.
    pub fn words(&self) -> String {
        let complaint: Complaint = serde_json::from_slice(&self.body).unwrap_or_default();
        let status = format!("{} ", self.status.as_u16());
        let said = texts(&complaint.message).into_iter().map(|text| text.strip_prefix(&status).unwrap_or(&text).to_owned());
        let error = match &complaint.error {
            // Bitbucket's: what is wrong, and the fields that are
            Value::Object(all) => {
                [all.get("message"), all.get("detail"), all.get("fields")].into_iter().flatten().flat_map(texts).collect()
            }
            other => texts(other),
        };
        let login = [texts(&complaint.error_description), error].into_iter().find(|all| !all.is_empty());
        let more = complaint.errors.into_iter().flatten().filter_map(|error| {
            let text = error.as_str().or_else(|| error["message"].as_str()).map(str::to_owned);
            text.or_else(|| Some(format!("{} {}", error["field"].as_str()?, error["code"].as_str()?)))
        });
        let all: Vec<_> = said.chain(more).chain(login.into_iter().flatten()).filter(|text| !text.trim().is_empty()).collect();
        match all.is_empty() {
            true => self.status.canonical_reason().unwrap_or("it does not say why").to_owned(),
            false => short(&all.join(": ")),
        }
    }

    /// Whether the forge's words hold these, in any case of letters.
    pub fn says(&self, words: &str) -> bool {
        self.words().to_lowercase().contains(&words.to_lowercase())
    }

    /// Whether the list goes on (RFC 8288; GitLab's own header where a proxy drops the links).
    pub fn has_next_page(&self) -> bool {
        let links = self.headers.get_all(http::header::LINK).iter().filter_map(|value| value.to_str().ok());
        let is_linked = links.flat_map(|link| link.split(',')).any(|link| link.contains("rel=\"next\""));
        is_linked || self.header("x-next-page").is_some_and(|page| !page.trim().is_empty())
    }

    /// What an answer that is not of success means, for all forges. Whether a server that failed has done something is known only of a
    /// read.
    pub fn failure(&self, method: &Method) -> Failure {
        let why = self.words();
        match self.status.as_u16() {
            401 => Failure::Unauthorised(why),
            403 => self.forbidden(why),
            404 | 410 => Failure::NotFound,
            429 => Failure::RateLimited { until: self.until() },
            500.. if *method == Method::GET => Failure::Server { status: self.status.as_u16(), why },
            500.. => Failure::Lost(format!("{} {why}", self.status.as_u16())),
            300..=399 => Failure::Refused { why: format!("it has moved{}", self.new_place()) },
            // a proxy that wants a login, and that has not passed it on
            407 => Failure::Unreachable("the proxy asks for a login".to_owned()),
            _ => Failure::Refused { why },
        }
    }

    /// GitHub answers the same where the token is not enough, where there were too many requests, and where it wants a single sign-on
    /// (`docs.github.com/rest`, "Rate limits", "Troubleshooting").
    fn forbidden(&self, why: String) -> Failure {
        if let Some(url) = self.header("x-github-sso").and_then(|value| value.strip_prefix("required;")) {
            let url = url.trim().strip_prefix("url=").unwrap_or_default();
            return Failure::SingleSignOn { url: printable(url).into_owned() };
        }
        let is_empty = self.header("x-ratelimit-remaining") == Some("0");
        if is_empty || self.header("retry-after").is_some() || self.says("rate limit") {
            return Failure::RateLimited { until: self.until() };
        }
        // GitHub's words: no other token would do
        if self.says("was archived") {
            return Failure::Refused { why };
        }
        Failure::Forbidden(why)
    }

    /// When requests are taken again: by the forge's clock, which is the one that counts.
    fn until(&self) -> Option<Timestamp> {
        let number = |name: &str| self.header(name).and_then(|value| value.trim().parse::<i64>().ok());
        let date = self.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let later = number("retry-after")
            .zip(date)
            .and_then(|(seconds, date)| date.timestamp().checked_add(SignedDuration::from_secs(seconds)).ok());
        // in seconds since 1970: GitHub's name, and GitLab's (`doc/administration/settings/user_and_ip_rate_limits.md`)
        let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"));
        later.or_else(|| reset.and_then(|second| Timestamp::from_second(second).ok()))
    }

    fn new_place(&self) -> String {
        self.header("location").map(|place| format!(" to {}", short(place))).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Words of a forge, fit for people.
pub fn short(text: &str) -> String {
    let text = sanitise(text);
    match text.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
