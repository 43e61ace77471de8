//! A token, bound to its host.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::origin::Origin;

/// A token for the API of one host. It is overwritten when it is dropped, has no Display, and its Debug shows its source only.
#[derive(Clone)]
pub struct Token {
    value: SecretString,
    origin: Origin,
    source: Source,
}

/// Where a token came from; Display is for the screen: "token from gh".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The command that the configuration names for the host.
    Command,
    /// A variable of the environment.
    Environment(&'static str),
    /// GitHub's command line client.
    Gh,
    /// GitLab's command line client.
    Glab,
    /// Gitea's command line client.
    Tea,
    /// git's credential helpers.
    Git,
    /// The demo, whose forge is in memory.
    Demo,
}

impl Token {
    /// A token that its source gives for that host; blanks around it are dropped. None if it cannot be the value of a header: empty, or
    /// with a blank or a control character inside.
    pub fn new(value: &str, origin: Origin, source: Source) -> Option<Self> {
        let value = value.trim();
        let is_word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        is_word.then(|| Self { value: SecretString::from(value), origin, source })
    }

    /// The value, to be sent there; none for any host but the one that it is bound to, and the API of that.
    pub fn reveal(&self, to: &Origin) -> Option<&str> {
        (*to == self.origin || *to == self.origin.api()).then(|| self.value.expose_secret())
    }

    /// The host that it is bound to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn source(&self) -> Source {
        self.source
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(for {}, from {})", self.origin, self.source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Command => "token-command",
            Self::Environment(name) => name,
            Self::Gh => "gh",
            Self::Glab => "glab",
            Self::Tea => "tea",
            Self::Git => "git's credential helper",
            Self::Demo => "the demo",
        })
    }
}
