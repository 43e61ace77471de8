//! Where a token may go: the scheme and the host with its port.

use std::fmt;

/// It has an API on another host: `docs.github.com/rest`.
const GITHUB: &str = "github.com";
/// The public host of GitLab.
const GITLAB: &str = "gitlab.com";
/// The one host of Bitbucket Cloud, with an API on another one (`developer.atlassian.com/cloud/bitbucket/rest`).
const BITBUCKET: &str = "bitbucket.org";
/// Hosts of GitHub Enterprise Cloud with data residency end like this; their API is at `api.` of the host as well.
const RESIDENT: &str = ".ghe.com";

/// The scheme and the host of a forge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    host: String,
    is_tls: bool,
}

impl Origin {
    /// A host, with its port if that is not the usual one of the scheme. None if the text is not a host: it becomes an argument of other
    /// programs, and a line of git's credential protocol. GitHub's own hosts, gitlab.com and bitbucket.org are always reached by TLS, and by their plain
    /// name; `altssh.gitlab.com` is its ssh at the port of https (`docs.gitlab.com/user/gitlab_com`).
    pub fn new(host: &str, is_tls: bool) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let usual = if is_tls { ":443" } else { ":80" };
        let host = host.strip_suffix(usual).unwrap_or(&host);
        let host = match host {
            "www.github.com" | "ssh.github.com" => GITHUB,
            "altssh.gitlab.com" => GITLAB,
            "www.bitbucket.org" | "altssh.bitbucket.org" => BITBUCKET,
            host => host,
        };
        let is_tls = is_tls || has_own_api(host) || host == GITLAB || host == BITBUCKET;
        is_host(host).then(|| Self { host: host.to_owned(), is_tls })
    }

    /// The origin of an `http` or `https` URL. A user, a password and a path are dropped.
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = &rest[..end];
        Self::new(authority.rsplit_once('@').map_or(authority, |(_, host)| host), is_tls)
    }

    /// The host with its port, if that is not the usual one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is reached by TLS.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether it is this machine, by its name or its address.
    pub fn is_loopback(&self) -> bool {
        let name = self.name();
        let is_address = name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        is_address || name == "localhost" || name.ends_with(".localhost")
    }

    /// The host without its port, and without the brackets of an address.
    pub fn name(&self) -> &str {
        match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.host.split(':').next().unwrap_or(&self.host),
        }
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    /// Where the API of this host is: the host itself, except for GitHub's own and Bitbucket's.
    pub fn api(&self) -> Self {
        let host = if has_own_api(&self.host) || self.is_bitbucket() { format!("api.{}", self.host) } else { self.host.clone() };
        Self { host, is_tls: self.is_tls }
    }

    /// Whether this is one of GitHub's own hosts, which need no asking.
    pub fn is_github(&self) -> bool {
        has_own_api(&self.host)
    }

    /// Whether this is Bitbucket's host, which needs no asking.
    pub fn is_bitbucket(&self) -> bool {
        self.host == BITBUCKET
    }

    /// Whether this is GitLab's public host, which needs no asking.
    pub fn is_gitlab_com(&self) -> bool {
        self.host == GITLAB
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.host)
    }
}

fn has_own_api(host: &str) -> bool {
    let is_resident = host.strip_suffix(RESIDENT).is_some_and(|name| !name.is_empty() && !name.contains('.'));
    host == GITHUB || is_resident
}

/// A name or an address of IP, with or without a port.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => return address.parse::<std::net::Ipv6Addr>().is_ok(),
        Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("v6", port.strip_prefix(':')),
        Some(_) => return false,
        None => text.split_once(':').map_or((text, Some("1")), |(name, port)| (name, Some(port))),
    };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_name = name.bytes().all(is_letter) && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_name && port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}
