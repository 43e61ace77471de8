//! Where a repository is on its forge, from the URL of a git remote.

use percent_encoding::percent_decode_str;

use super::answer::short;
use super::{Failure, encode};
use crate::credentials::Origin;

/// A repository on a forge. It holds nothing of a user, a password or a token that the URL had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host with its port, if that is not the usual one.
    pub host: String,
    /// Whether the API is asked by TLS: always, unless the URL of the remote begins with `http:`.
    pub is_tls: bool,
    /// A user, an organisation, or groups within groups, with slashes between (GitLab).
    pub owner: String,
    pub repository: String,
}

impl Address {
    /// Reads the URL of a remote: `https`, `http`, `ssh` with or without a port, or `git@host:owner/name.git` as scp has it. The port of
    /// ssh says nothing of the API, which is taken to be at the usual one of https. None where there is no owner or no name, or for
    /// another protocol. What comes before the name is the owner: groups of GitLab, which no other forge has ([`Self::flat`]).
    pub fn of(url: &str) -> Option<Self> {
        let (origin, path) = parts(url.trim())?;
        let mut names = path.split('/').filter(|name| !name.is_empty()).map(decoded).collect::<Option<Vec<_>>>()?;
        let repository = names.pop()?;
        let repository = repository.strip_suffix(".git").unwrap_or(&repository).to_owned();
        let is_complete = !names.is_empty() && names.iter().all(|name| is_name(name)) && is_name(&repository);
        let owner = names.join("/");
        // Azure DevOps has pull requests, and is not a forge here: it is not asked whether it is one
        let is_azure = names.iter().any(|name| name == "_git") || origin.host() == "ssh.dev.azure.com";
        (is_complete && !is_azure).then(|| Self { host: origin.host().to_owned(), is_tls: origin.is_tls(), owner, repository })
    }

    /// The address, for a forge that has no groups within groups.
    ///
    /// # Errors
    /// There is more than an owner and a name: a forge below a path, which is not supported, or another forge than it is taken for.
    pub(super) fn flat(&self) -> Result<&Self, Failure> {
        let why = || short(&format!("{} is not an owner and a name", self.path()));
        if self.owner.contains('/') { Err(Failure::Refused { why: why() }) } else { Ok(self) }
    }

    /// What a token for it has to be bound to.
    pub fn origin(&self) -> Origin {
        Origin::new(&self.host, self.is_tls).expect("it was read from an origin")
    }

    /// The page that compares two branches, the second perhaps of a fork, as GitHub and Gitea have it.
    pub(super) fn compare(&self, base: &str, head: &str, fork: Option<&str>) -> String {
        let [owner, repository, base, head] = [&self.owner, &self.repository, base, head].map(encode::path);
        let head = super::head_of(&head, fork.map(encode::path).as_deref());
        format!("{}/{owner}/{repository}/compare/{base}...{head}", self.origin())
    }

    /// `OWNER/NAME`, or `GROUP/SUBGROUP/NAME`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner, self.repository)
    }
}

/// The origin of the API, and the path of the repository.
fn parts(url: &str) -> Option<(Origin, &str)> {
    let Some((scheme, rest)) = url.split_once("://") else {
        // as scp has it: the host ends at the first colon, before any slash
        let (host, path) = url.split_once(':').filter(|(host, _)| !host.contains('/'))?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        return Some((Origin::new(host, true)?, path));
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/')?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => Some((Origin::of_url(url)?, path)),
        "ssh" | "git+ssh" | "ssh+git" => {
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            Some((Origin::new(without_port(host), true)?, path))
        }
        _ => None,
    }
}

fn without_port(host: &str) -> &str {
    let end = if host.starts_with('[') { host.find(']').map(|end| end + 1) } else { host.find(':') };
    &host[..end.unwrap_or(host.len())]
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Whether it can be a part of a path: no slash that was written with `%`, no step upwards.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && !text.contains('/') && !text.contains(char::is_control)
}
