//! Why a forge did not answer, or refused, in the classes that decide what happens next. It stays a value until the edge (`runtime`, `cli`)
//! turns it into words for people.

use std::time::Duration;

use jiff::Timestamp;

use fluxdeck_model::domain::text::{printable, sanitise};
use fluxdeck_model::error::{Error, ErrorKind};

/// Why a request to a forge failed. The forge's own words in here are fit for a terminal and hold no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection, or one that broke while something was read: nothing was changed.
    #[error("{0}")]
    Unreachable(String),
    /// A read was given up at its limit: nothing was changed.
    #[error("no answer within {} s", .0.as_secs())]
    TooLong(Duration),
    /// The token is bound to another host: nothing was sent.
    #[error("the token is for {bound} and is not sent to {asked}")]
    Elsewhere { bound: String, asked: String },
    /// The token is missing, wrong or expired.
    #[error("{0}")]
    Unauthorised(String),
    /// Not found, or not allowed: forges answer the same for both.
    #[error("not found, or not allowed")]
    NotFound,
    /// The token does not permit this.
    #[error("{0}")]
    Forbidden(String),
    /// The organisation asks for single sign-on (GitHub): the token has to be authorised for it, on this page.
    #[error("the organisation asks for single sign-on")]
    SingleSignOn { url: String },
    /// Too many requests, until then if the forge says so.
    #[error("the forge takes no more requests{}", .until.map(|until| format!(" until {until}")).unwrap_or_default())]
    RateLimited { until: Option<Timestamp> },
    /// A pull request from that branch is open already.
    #[error("there is a pull request for this branch already")]
    Exists,
    /// The branch has no commit that its base has not.
    #[error("the branch has no commits that are not in its base")]
    NothingToMerge,
    /// The forge does not know the branch yet, although it may have been pushed: nothing was opened, try again.
    #[error("the forge does not know the branch yet")]
    NotYet,
    /// Refused for a reason of the forge, in its words.
    #[error("{why}")]
    Refused { why: String },
    /// The forge failed while something was read.
    #[error("it fails itself: {status} {why}")]
    Server { status: u16, why: String },
    /// It may have been done: the answer is missing, or is that of a server that failed.
    #[error("{0}")]
    Lost(String),
    /// The answer is not what its API says: what failed to be read.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
}

impl Failure {
    /// The failure in words: what could not be done, with what to do.
    pub fn error(&self, what: &str) -> Error {
        let kind = match self {
            Self::Unauthorised(_) | Self::Forbidden(_) | Self::SingleSignOn { .. } | Self::Elsewhere { .. } => ErrorKind::Denied,
            Self::Unreachable(_) | Self::TooLong(_) | Self::Server { .. } | Self::RateLimited { .. } => ErrorKind::Unreachable,
            _ => ErrorKind::Failed,
        };
        Error::new(kind, format!("{}: {self}", sanitise(what)), self.hint())
    }

    fn hint(&self) -> String {
        let hint = match self {
            Self::Unreachable(_) | Self::TooLong(_) => "check the network, the VPN, the proxy and the host of the repository",
            Self::Elsewhere { .. } => "log in at this host: hosts come from the cluster, and a token is sent to its own only",
            Self::Unauthorised(_) => "log in again, or renew the token",
            Self::NotFound => "check the URL of the repository, and whether the token may see it and its pull requests",
            Self::Forbidden(_) => "the token needs to write pull requests and to read the repository",
            // a page that a person opens: what it is asked with has to stay
            Self::SingleSignOn { url } => return format!("authorise the token on {}", printable(url)),
            Self::RateLimited { .. } => "wait, or use a token of your own",
            Self::Exists => "look at it, and update or close it",
            Self::NothingToMerge => "is the change in the base already?",
            Self::NotYet => "try again in a few seconds",
            Self::Refused { .. } => "nothing was changed there",
            Self::Server { .. } => "try again later",
            Self::Lost(_) => "look the branch up on the forge before trying again",
            Self::Unreadable(_) => "is this host the forge that it is taken for? A proxy may have answered",
        };
        hint.to_owned()
    }
}
