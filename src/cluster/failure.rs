//! What went wrong with a request, in the classes that decide what happens next, and in words.

use std::borrow::Cow;
use std::time::Duration;

use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::error::{Error, ErrorKind};
use kube::client::AuthError;

use super::cause::Cause;
use super::login::Failed;

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
    /// 409: what is there now is not what the request was made for.
    #[error("{0}")]
    Conflict(String),
    /// 429: the server limits how many requests it takes.
    #[error("{message}")]
    RateLimited {
        message: String,
        /// How long it wants to be left alone (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// 5xx, and what else stands for an answer: the server is there and cannot.
    #[error("{message}")]
    Busy {
        message: String,
        /// How long it wants to be left alone (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// No answer, or none that is HTTP.
    #[error("{0}")]
    Unreachable(Unreached),
    /// The caller named what does not exist: a context.
    #[error("{message}")]
    Call { message: String, hint: String },
    /// Kubeconfig, certificates, exec plugin: nothing was sent.
    #[error("{message}")]
    Setup { message: String, hint: String },
}

/// Why there is no answer: by type for who decides, and in words. The library's error itself is left behind: what it prints of itself holds
/// addresses with their users and passwords.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreached {
    pub cause: Cause,
    why: String,
}

impl std::fmt::Display for Unreached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(status.code, &status.message),
            // somebody answered, and it was not the API server
            kube::Error::SerdeError(why) => Self::busy(format!("the answer is not readable: {why}")),
            other => without_credentials(&other).unwrap_or_else(|| Self::unreachable(&other)),
        }
    }
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        match failed.is_waiting {
            true => Self::busy(failed.message),
            false => Self::Setup { message: failed.message, hint: failed.hint },
        }
    }
}

/// What it means when there are no credentials, so that a request was not even sent. While a request is made that comes wrapped in others.
fn without_credentials(error: &kube::Error) -> Option<Failure> {
    let of_kube = |error: &AuthError| Failure::Setup { message: login(error), hint: LOGIN.to_owned() };
    if let kube::Error::Auth(error) = error {
        return Some(of_kube(error));
    }
    let mut at: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = at {
        if let Some(failed) = error.downcast_ref::<Failed>() {
            return Some(failed.clone().into());
        }
        if let Some(error) = error.downcast_ref() {
            return Some(of_kube(error));
        }
        at = error.source();
    }
    None
}

/// Why there are no credentials, the words that help first. kube's own words hold the whole environment and output of a program.
fn login(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr);
            format!("{} (the login program of the kubeconfig failed: {})", sanitise(said.trim()), out.status)
        }
        AuthError::AuthExecStart(why) => format!("the login program of the kubeconfig cannot be started: {why}"),
        // their values are part of what a parser quotes
        AuthError::AuthExecParse(_) => "the login program of the kubeconfig prints no ExecCredential".to_owned(),
        AuthError::InvalidBearerToken(_) => "the token has characters that no token may have, such as a line end".to_owned(),
        other => explain(other),
    }
}

const LOGIN: &str = super::login::AGAIN;

impl Failure {
    pub fn of_status(code: u16, message: &str) -> Self {
        let message = sanitise(message).into_owned();
        match code {
            401 => Self::Unauthorised(message),
            403 => Self::Forbidden(message),
            404 | 405 => Self::NotFound(message),
            409 => Self::Conflict(answered(code, &message)),
            410 => Self::Gone,
            429 => Self::RateLimited { message: answered(code, &message), retry_after: None },
            _ => Self::busy(answered(code, &message)),
        }
    }

    pub fn busy(message: String) -> Self {
        let clean = match sanitise(&message) {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => None,
        };
        Self::Busy { message: clean.unwrap_or(message), retry_after: None }
    }

    /// There is no answer because of that error.
    pub fn unreachable(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::Unreachable(Unreached { cause: Cause::of(error), why: explain(error) })
    }

    /// There is no answer in the time that one has.
    pub fn late(why: String) -> Self {
        Self::Unreachable(Unreached { cause: Cause::TimedOut, why })
    }

    /// The answer ended in its middle.
    pub fn cut(why: &str) -> Self {
        Self::Unreachable(Unreached { cause: Cause::Closed, why: why.to_owned() })
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } | Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The failure with how long the server wants to be left alone.
    pub fn retried_after(mut self, after: Option<Duration>) -> Self {
        if let Self::Busy { retry_after, .. } | Self::RateLimited { retry_after, .. } = &mut self {
            *retry_after = after.or(*retry_after);
        }
        self
    }

    /// The failure with the address that did not answer.
    pub fn at(self, address: &str) -> Self {
        match self {
            Self::Unreachable(Unreached { cause, why }) => {
                Self::Unreachable(Unreached { cause, why: format!("{why} (at {address})") })
            }
            other => other,
        }
    }

    /// The failure in words, with what to do.
    pub fn error(&self, server: &str) -> Error {
        match self {
            Self::Unauthorised(why) => Error::new(
                ErrorKind::Denied,
                format!("{server} does not accept the credentials ({why})"),
                "they may have expired: log in again, or choose another context (`:ctx`, `--context`)",
            ),
            Self::Forbidden(why) => Error::new(ErrorKind::Denied, why.clone(), "your role does not allow it"),
            Self::NotFound(why) => Error::failed(why.clone(), ""),
            Self::Gone => Error::failed("the list is too old", "reading it again"),
            Self::Conflict(why) => Error::failed(why.clone(), "somebody has changed it meanwhile: read it again"),
            Self::RateLimited { message, retry_after } => {
                let pause = retry_after.map_or_else(|| "a moment".to_owned(), |pause| format!("{} s", pause.as_secs()));
                let hint = format!("the server limits how many requests it takes: wait {pause}");
                Error::new(ErrorKind::Unreachable, message.clone(), hint)
            }
            Self::Busy { message, .. } => {
                Error::new(ErrorKind::Unreachable, message.clone(), "if it stays so, ask who runs the cluster")
            }
            Self::Unreachable(Unreached { cause, why }) => {
                Error::new(ErrorKind::Unreachable, format!("cannot reach {server}: {why}"), cause.hint())
            }
            Self::Call { message, hint } => Error::usage(message.clone(), hint.clone()),
            Self::Setup { message, hint } => Error::new(ErrorKind::Unreachable, message.clone(), hint.clone()),
        }
    }
}

fn answered(code: u16, message: &str) -> String {
    format!("the API server answered {code}: {message}")
}

/// Returns an error with its causes in one line, without the repetitions that layered errors bring.
pub fn explain(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = Some(error);
    while let Some(error) = at {
        // a secret of several lines is known as a whole only
        let whole = error.to_string();
        let text = redact(&whole);
        // a parser's picture of the place does not fit into a sentence
        let text = text.lines().next().unwrap_or_default();
        let text = text.trim_start_matches("ServiceError: ").trim_start_matches("HyperError: ");
        // layers of the HTTP client that say nothing to people
        let text = text.trim_start_matches("client error (Connect)").trim_start_matches("tcp connect error").trim().to_owned();
        if !text.is_empty() && !parts.iter().any(|known| known.contains(&text)) {
            parts.retain(|known| !text.contains(known.as_str()));
            parts.push(text);
        }
        at = error.source();
    }
    sanitise(&parts.join(": ")).into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitStatus, Output};

    use super::super::send::{Unanswered, unanswered};
    use super::*;

    fn plugin_failed() -> AuthError {
        let out = Output {
            status: ExitStatus::from_raw(256),
            stdout: b"{\"token\": \"PLANTED\"}".to_vec(),
            stderr: b"please log in \x1b[31m with https://me:PLANTED@sso.example.com\n".to_vec(),
        };
        AuthError::AuthExecRun { cmd: "CLIENT_SECRET=\"PLANTED\" \"/bin/tok\"".to_owned(), out: Box::new(out) }
    }

    #[test]
    fn a_login_program_that_fails_at_a_refresh_says_what_helps_first_and_nothing_secret() {
        let wrapped = kube::Error::Service(Box::new(plugin_failed()));

        let failure = Failure::from(wrapped);
        let text = failure.to_string();
        assert!(matches!(failure, Failure::Setup { .. }), "nothing was sent: {failure:?}");
        assert!(text.starts_with("please log in"), "{text}");
        assert!(!format!("{failure:?}").contains("PLANTED") && !text.contains('\u{1b}'), "{failure:?}");
    }

    #[test]
    fn an_act_for_which_there_is_no_credential_was_not_sent() {
        let waiting = Failed { message: "waiting".to_owned(), hint: String::new(), is_waiting: true };
        let errors = [
            kube::Error::Service(Box::new(plugin_failed())),
            kube::Error::Auth(plugin_failed()),
            kube::Error::Service(Box::new(waiting)),
        ];
        for error in errors {
            let unanswered = unanswered(error, false);
            assert!(
                matches!(&unanswered, Unanswered::Unsent(_)) && !format!("{unanswered:?}").contains("PLANTED"),
                "{unanswered:?}"
            );
        }
    }

    #[test]
    fn what_a_server_or_a_gateway_says_is_fit_for_a_terminal() {
        let page = "<html>\u{1b}]0;pwn\u{7}\u{202e} Authorization: Bearer PLANTEDPLANTED1";
        for code in [401, 403, 404, 500, 503] {
            let text = Failure::of_status(code, page).error("the API server").to_string();
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']) && !text.contains("PLANTED"), "{text}");
        }
    }
}
