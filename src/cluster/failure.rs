//! What went wrong with a request, in the classes that decide what happens next, and in words.

use std::time::Duration;

use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::{Error, ErrorKind};
use kube::client::AuthError;

/// What a failed request means for the one who made it.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// 401: the credentials are missing, wrong or expired.
    #[error("the API server does not accept the credentials: {0}")]
    Unauthorised(String),
    /// 403: known, and not allowed.
    #[error("{0}")]
    Forbidden(String),
    /// 404.
    #[error("{0}")]
    NotFound(String),
    /// 410, or an expired list: start over.
    #[error("the resource version is too old")]
    Gone,
    /// 429 or 5xx: the server is there and cannot.
    #[error("{message}")]
    Busy {
        message: String,
        /// How long it wants to be left alone (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// No answer, or none that is HTTP.
    #[error("{0}")]
    Unreachable(String),
    /// The caller named what does not exist: a context.
    #[error("{message}")]
    Call { message: String, hint: String },
    /// Kubeconfig, certificates, exec plugin: nothing was sent.
    #[error("{message}")]
    Setup { message: String, hint: String },
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(status.code, &status.message),
            kube::Error::Auth(error) => Self::Setup { message: login(&error), hint: LOGIN.to_owned() },
            other => {
                let told = explain(&other);
                // an exec plugin that fails while a request is made comes wrapped in a service error
                if told.contains("exec-plugin") || told.contains("auth exec") {
                    return Self::Setup { message: told, hint: LOGIN.to_owned() };
                }
                Self::Unreachable(told)
            }
        }
    }
}

/// What the login program of the kubeconfig said. kube's own words hold its whole environment.
fn login(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => {
            let told = String::from_utf8_lossy(&out.stderr);
            format!("the login program of the kubeconfig failed ({}): {}", out.status, sanitise(told.trim()))
        }
        AuthError::AuthExecStart(why) => format!("the login program of the kubeconfig cannot be started: {why}"),
        other => explain(other),
    }
}

const LOGIN: &str = "log in again with the program that the kubeconfig names for this user, then press ctrl-r";

impl Failure {
    pub fn of_status(code: u16, message: &str) -> Self {
        let message = message.to_owned();
        match code {
            401 => Self::Unauthorised(message),
            403 => Self::Forbidden(message),
            404 | 405 => Self::NotFound(message),
            410 => Self::Gone,
            _ => Self::busy(format!("the API server answered {code}: {message}")),
        }
    }

    pub fn busy(message: String) -> Self {
        Self::Busy { message, retry_after: None }
    }

    /// The failure with how long the server wants to be left alone.
    pub fn retried_after(self, after: Option<Duration>) -> Self {
        match self {
            Self::Busy { message, retry_after } => Self::Busy { message, retry_after: after.or(retry_after) },
            other => other,
        }
    }

    /// The failure with the address that did not answer.
    pub fn at(self, address: &str) -> Self {
        match self {
            Self::Unreachable(why) => Self::Unreachable(format!("at {address}: {why}")),
            other => other,
        }
    }

    /// The failure in words, with what to do.
    pub fn error(&self, server: &str) -> Error {
        match self {
            Self::Unauthorised(why) => Error::new(
                ErrorKind::Denied,
                format!("{server} does not accept the credentials ({why})"),
                "they may have expired: log in again, or choose another context with `:ctx`",
            ),
            Self::Forbidden(why) => Error::new(ErrorKind::Denied, why.clone(), "your role does not allow it"),
            Self::NotFound(why) => Error::failed(why.clone(), ""),
            Self::Gone => Error::failed("the list is too old", "reading it again"),
            Self::Busy { message, .. } => Error::new(ErrorKind::Unreachable, message.clone(), ""),
            Self::Unreachable(why) => {
                Error::new(ErrorKind::Unreachable, format!("cannot reach {server} {why}"), unreachable_hint(why))
            }
            Self::Call { message, hint } => Error::usage(message.clone(), hint.clone()),
            Self::Setup { message, hint } => Error::new(ErrorKind::Unreachable, message.clone(), hint.clone()),
        }
    }
}

fn unreachable_hint(why: &str) -> &'static str {
    if why.contains("certificate") || why.contains("UnknownIssuer") || why.contains("invalid peer") {
        "the server's certificate is not the one that the kubeconfig expects: check its certificate-authority and server"
    } else if why.contains("refused") {
        "nothing listens there: is the cluster up, and is the server of this context right?"
    } else if why.contains("dns") || why.contains("resolve") || why.contains("lookup") {
        "the name is not known here: check the network, the VPN and the server of this context"
    } else {
        "check the network, the VPN and the server of this context"
    }
}

/// Returns an error with its causes in one line, without the repetitions that layered errors bring.
pub fn explain(error: &dyn std::error::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut at = Some(error);
    while let Some(error) = at {
        let text = error.to_string();
        // a parser's picture of the place does not fit into a sentence
        let text = text.lines().next().unwrap_or_default();
        let text = text.trim_start_matches("ServiceError: ").trim_start_matches("HyperError: ");
        // layers of the HTTP client that say nothing to people
        let text = text.trim_start_matches("client error (Connect)").trim_start_matches("tcp connect error").trim().to_owned();
        if !text.is_empty() && !told.iter().any(|known| known.contains(&text)) {
            told.retain(|known| !text.contains(known.as_str()));
            told.push(text);
        }
        at = error.source();
    }
    sanitise(&told.join(": ")).into_owned()
}
