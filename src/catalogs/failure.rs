//! Why a catalogue gave no list, in the classes that decide what happens next. It stays a value until the edge (`runtime`, `cli`) turns it
//! into words for people.

use std::time::Duration;

use crate::credentials::LoginSource;
use crate::forges::Broken;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::{Error, ErrorKind};

/// Why there is no list. A catalogue's own words in here are fit for a terminal and hold no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address, or one that the answer names, is not asked.
    #[error("{0}")]
    NotAsked(String),
    #[error("{0}")]
    Unreachable(String),
    #[error("no answer within {} s", .0.as_secs())]
    TooLong(Duration),
    /// A login is missing, wrong or expired.
    #[error("{why}")]
    Unauthorised {
        why: String,
        /// The login that was not taken.
        login: Option<LoginSource>,
        /// Why there was none, although the configuration says where it is.
        helper: Option<String>,
    },
    /// The login does not permit this.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such repository; registries answer the same where it may not be seen.
    #[error("not found, or not allowed")]
    NotFound,
    /// The index was read, and has no such chart.
    #[error("its index has no chart of that name")]
    NoChart,
    #[error("it takes no more requests now")]
    RateLimited,
    /// Longer than so many bytes.
    #[error("it answers with more than {0} bytes")]
    TooLarge(u64),
    #[error("it fails itself: {status} {why}")]
    Server { status: u16, why: String },
    #[error("{why}")]
    Refused { why: String },
    /// The answer is not what it should be.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
    /// It failed, and the user's helm has settings for it that nothing here can follow.
    #[error("{failure}")]
    Unsupported { settings: Vec<&'static str>, failure: Box<Failure> },
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::NotConnected(why) | Broken::Cut(why) => Self::Unreachable(why),
            Broken::TooLong(limit) => Self::TooLong(limit),
            Broken::TooLarge(most) => Self::TooLarge(most as u64),
        }
    }
}

impl Failure {
    /// The failure beside the settings that could not be followed.
    pub(super) fn beside(self, settings: &[&'static str]) -> Self {
        match self {
            // these say that the repository was reached and let us in
            Self::NoChart | Self::TooLarge(_) | Self::Unreadable(_) => self,
            failure if settings.is_empty() => failure,
            failure => Self::Unsupported { settings: settings.to_vec(), failure: Box::new(failure) },
        }
    }

    /// The failure in words: what could not be done, with what to do.
    pub fn error(&self, what: &str) -> Error {
        Error::new(self.kind(), format!("{}: {self}", sanitise(what)), self.hint())
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unauthorised { .. } | Self::Forbidden(_) | Self::NotAsked(_) => ErrorKind::Denied,
            Self::Unreachable(_) | Self::TooLong(_) | Self::Server { .. } | Self::RateLimited => ErrorKind::Unreachable,
            Self::Unsupported { failure, .. } => failure.kind(),
            _ => ErrorKind::Failed,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotAsked(_) => "check its address: addresses come from the cluster".to_owned(),
            Self::Unreachable(_) | Self::TooLong(_) => {
                "check the network, the VPN and the proxy: it is asked from this machine, not from the cluster".to_owned()
            }
            Self::Unauthorised { helper: Some(helper), .. } => sanitise(helper).into_owned(),
            Self::Unauthorised { login: Some(login), .. } => format!("log in again: the login of {login} was not taken"),
            Self::Unauthorised { .. } | Self::NotFound => {
                "check the address, and log in with docker or helm: secrets of the cluster are not used".to_owned()
            }
            Self::Forbidden(_) => "the login needs to read it".to_owned(),
            Self::NoChart => "check the name of the chart".to_owned(),
            Self::RateLimited => "wait, or log in with docker or helm".to_owned(),
            Self::TooLarge(_) => "type the version: there is more than can be listed".to_owned(),
            Self::Server { .. } => "try again later".to_owned(),
            Self::Refused { .. } => "type the version".to_owned(),
            Self::Unreadable(_) => "is this what it is taken for? A proxy may have answered".to_owned(),
            Self::Unsupported { settings, .. } => {
                format!("helm's repositories.yaml has {} for it, which is not supported", settings.join(", "))
            }
        }
    }
}
