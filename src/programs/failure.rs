//! Why another program failed, in the classes that decide what happens next. It stays a value until the edge (`runtime`, `cli`) turns it
//! into words for people.

use std::time::Duration;

use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::{Error, ErrorKind};

/// Why another program failed. Its own words in here are fit for a terminal and hold no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The program is not on the `PATH`.
    #[error("{program} is not installed")]
    Missing { program: &'static str },
    /// It is installed and cannot be started.
    #[error("it cannot be run: {0}")]
    NotStarted(String),
    /// It was stopped at its time limit: what it did before that is not known.
    #[error("it did not end within {} s", .0.as_secs())]
    TooLong(Duration),
    /// What is fetched is larger than so many bytes: it was stopped.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// The call is wrong or not permitted: the program was not run.
    #[error("{0}")]
    Call(String),
    /// It needs an answer at a terminal: a name, a password, a passphrase.
    #[error("{0}")]
    Question(String),
    /// ssh does not know the key of the host, and nobody has confirmed it.
    #[error("{0}")]
    HostKey(String),
    /// The credentials are wrong, or do not permit this.
    #[error("{0}")]
    Unauthorised(String),
    /// There is no such repository, or the credentials may not see it.
    #[error("{0}")]
    NotFound(String),
    /// The repository is there, and has no such commit or reference.
    #[error("{0}")]
    NoCommit(String),
    #[error("{0}")]
    Unreachable(String),
    /// The branch is not where it was expected: somebody else has pushed, or has taken its name.
    #[error("{0}")]
    Moved(String),
    /// The server rejects what was pushed.
    #[error("{said}")]
    Refused { by: Refuser, said: String },
    /// The commit cannot be signed without a person, or not at all.
    #[error("{0}")]
    Unsigned(String),
    /// It may have been done: the answer is missing or unreadable.
    #[error("{0}")]
    Lost(String),
    /// It ran and failed for a reason that has no class.
    #[error("{0}")]
    Failed(String),
}

/// Who refuses a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuser {
    /// A hook of the repository.
    Hook,
    /// Branch protection, or a rule set.
    Protection,
    /// The server itself.
    Server,
}

impl Failure {
    /// Whether it concerns the whole repository, so that fetching another commit would fail the same way.
    pub fn is_of_repository(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::NotStarted(_) | Self::TooLong(_) => true,
            Self::Question(_) | Self::HostKey(_) | Self::Unauthorised(_) => true,
            Self::NotFound(_) | Self::Unreachable(_) | Self::Failed(_) => true,
            Self::Call(_) | Self::TooLarge(_) | Self::NoCommit(_) | Self::Moved(_) => false,
            Self::Refused { .. } | Self::Unsigned(_) | Self::Lost(_) => false,
        }
    }

    /// The failure in words: what could not be done, with what to do.
    pub fn error(&self, what: &str) -> Error {
        let kind = match self {
            Self::Question(_) | Self::HostKey(_) | Self::Unauthorised(_) => ErrorKind::Denied,
            Self::Unreachable(_) | Self::TooLong(_) => ErrorKind::Unreachable,
            _ => ErrorKind::Failed,
        };
        Error::new(kind, format!("{}: {self}", sanitise(what)), self.hint())
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "install it, or put it on the PATH",
            Self::NotStarted(_) | Self::TooLarge(_) | Self::Call(_) | Self::Failed(_) => "",
            Self::TooLong(_) | Self::Unreachable(_) => "check the network, the VPN and the URL of the repository",
            Self::Question(_) => "nobody can answer it here: set up a credential helper, or an ssh agent that has the key",
            Self::HostKey(_) => "nobody can confirm it here: connect once with ssh, and accept the key of the host",
            Self::Unauthorised(_) => "renew the credentials of your git, or ask for access",
            Self::NotFound(_) => "check the URL; forges answer the same where your credentials may not see the repository",
            Self::NoCommit(_) => "it may be gone from its branches since",
            Self::Moved(_) => "look at what is there now, and try again on top of it",
            Self::Refused { by: Refuser::Hook, .. } => "a hook of the repository refused it: follow what it says",
            Self::Refused { by: Refuser::Protection, .. } => {
                "the branch is protected: push another branch and open a pull request"
            }
            Self::Refused { by: Refuser::Server, .. } => "nothing was pushed",
            Self::Unsigned(_) => "sign a commit of your own first: the key may have to be unlocked, or the agent started",
            Self::Lost(_) => "look at the branch before trying again",
        }
    }
}
