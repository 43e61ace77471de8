//! A login at a registry or a Helm repository, bound to its host.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::origin::Origin;

/// What is logged in with.
#[derive(Clone)]
pub enum LoginSecret {
    /// A user and their password, or a token in its place.
    Password { user: String, password: SecretString },
    /// A token that others are got with: docker's `identitytoken`.
    Refresh(SecretString),
    /// A token for the registry itself: docker's `registrytoken`.
    Bearer(SecretString),
}

/// A login at one host. Its Debug shows no secret.
#[derive(Clone)]
pub struct Login {
    secret: LoginSecret,
    origin: Origin,
    source: LoginSource,
}

/// Where a login came from; Display is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginSource {
    /// `DOCKER_AUTH_CONFIG`.
    DockerVariable,
    /// Docker's `config.json`, or the helper that it names.
    Docker,
    /// Helm's `registry/config.json`, or the helper that it names.
    HelmRegistry,
    /// Helm's `repositories.yaml`.
    HelmRepositories,
}

impl Login {
    pub fn new(secret: LoginSecret, origin: Origin, source: LoginSource) -> Self {
        Self { secret, origin, source }
    }

    /// A user and a password. None without a user, or without a password (Helm sends neither then), or where a user's name has a colon,
    /// which `Authorization: Basic` has no way to say (RFC 7617).
    pub fn basic(user: &str, password: &str, origin: Origin, source: LoginSource) -> Option<Self> {
        let is_usable = !user.is_empty() && !password.is_empty() && !user.contains(':');
        let secret = || LoginSecret::Password { user: user.to_owned(), password: SecretString::from(password) };
        is_usable.then(|| Self::new(secret(), origin, source))
    }

    /// What to log in with at that host; none for any host but the one that it is bound to.
    pub fn reveal(&self, to: &Origin) -> Option<&LoginSecret> {
        (*to == self.origin).then_some(&self.secret)
    }

    /// The value of `Authorization: Basic` at that host. None where it is bound to another, or is not a password.
    pub fn basic_at(&self, to: &Origin) -> Option<String> {
        let LoginSecret::Password { user, password } = self.reveal(to)? else { return None };
        let pair = format!("{user}:{}", password.expose_secret());
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }

    pub fn source(&self) -> LoginSource {
        self.source
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login(at {}, from {})", self.origin, self.source)
    }
}

impl fmt::Display for LoginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DockerVariable => "DOCKER_AUTH_CONFIG",
            Self::Docker => "docker's configuration",
            Self::HelmRegistry => "helm's registry configuration",
            Self::HelmRepositories => "helm's repositories.yaml",
        })
    }
}
