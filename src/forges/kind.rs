//! Which forge a host is.

use std::fmt;

use super::answer::Answer;
use super::encode::query;
use super::network::Network;
use super::wire::Wire;
use super::{ALL, Address, Failure, Forge};
use crate::credentials::{Origin, Token};

/// A repository on a forge, or why its token was not taken.
pub type Opened = Result<Box<dyn Forge>, Failure>;

/// A forge that fluxdeck knows.
pub struct Kind {
    /// As the configuration names it.
    pub word: &'static str,
    /// For people.
    pub name: &'static str,
    /// A path that it answers in a way of its own, also to somebody who is not logged in; empty where only its own host is it.
    pub(super) probe: &'static str,
    pub(super) is_it: fn(&Answer) -> bool,
    pub(super) open: fn(&Network, &Address, Option<&Token>) -> Opened,
    /// The name and the password by which git is let in with a token, given its value.
    pub(super) git_login: for<'t> fn(&'t str) -> (&'t str, &'t str),
}

impl Kind {
    /// The repository, as this forge has it. Sends nothing. Has to be called within tokio.
    ///
    /// # Errors
    /// The token is for another host, or the forge has no repository of such a path.
    pub fn open(&self, network: &Network, address: &Address, token: Option<&Token>) -> Opened {
        (self.open)(network, address, token)
    }

    /// The URL of a repository on this forge with a token in it, for a git that passes it on to nobody else. None
    /// where the URL is of another protocol than http, or of another host than the token is bound to.
    pub fn with_login(&self, url: &str, token: &Token) -> Option<String> {
        let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
        let value = token.reveal(&Origin::of_url(url)?)?;
        let (user, password) = (self.git_login)(value);
        let rest = rest.split_once('/').map_or(rest, |(host, _)| &rest[host.rfind('@').map_or(0, |at| at + 1)..]);
        Some(format!("{scheme}://{}:{}@{rest}", query(user), query(password)))
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The forge of that word of the configuration.
pub fn named(word: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.word == word)
}

/// The forge at a host: GitHub's own, gitlab.com and bitbucket.org by their names; else the host is asked, once for each forge and without a token. The
/// caller asks the configuration first. None if it is none that we know.
///
/// # Errors
/// The host does not answer at all.
pub async fn kind_of(network: &Network, host: &Origin) -> Result<Option<&'static Kind>, Failure> {
    if host.is_github() {
        return Ok(named("github"));
    }
    if host.is_gitlab_com() {
        return Ok(named("gitlab"));
    }
    if host.is_bitbucket() {
        return Ok(named("bitbucket"));
    }
    let wire = Wire::new(network, host, "", None)?;
    for kind in ALL.iter().filter(|kind| !kind.probe.is_empty()) {
        let answer = wire.get(kind.probe).await?;
        if (kind.is_it)(&answer) {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}
