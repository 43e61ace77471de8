//! What is asked, and where an answer may lead from there.

use std::net::IpAddr;

use http::Uri;

use super::Failure;
use crate::credentials::Origin;
use fluxdeck_model::domain::text::{redact, sanitise};

/// A URL without a user, a password and a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    origin: Origin,
    /// With its query.
    path: String,
}

impl Place {
    /// # Errors
    /// It is not a URL of `http` or `https`, or is at an address that no server of packages has: of the link, where clouds have
    /// their metadata.
    pub fn of(url: &str) -> Result<Self, Failure> {
        let unusable = || Failure::NotAsked(format!("`{}` is not the URL of a server", sanitise(&redact(url))));
        let origin = Origin::of_url(url).ok_or_else(unusable)?;
        let (_, rest) = url.split_once("://").ok_or_else(unusable)?;
        let rest = rest.split('#').next().unwrap_or_default();
        let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Self { origin, path }.checked()
    }

    /// A path at an origin.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn at(origin: &Origin, path: String) -> Result<Self, Failure> {
        Self { origin: origin.clone(), path }.checked()
    }

    fn checked(self) -> Result<Self, Failure> {
        let name = self.origin.name();
        if name.parse().is_ok_and(is_nobody) {
            return Err(Failure::NotAsked(format!("{name} is not the address of a server")));
        }
        let is_uri = self.to_string().parse::<Uri>().is_ok();
        is_uri.then_some(self).ok_or_else(|| Failure::NotAsked("it is not a URL".to_owned()))
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A file below it; the query stays (helm `pkg/repo`, `ResolveReferenceURL`).
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn below(&self, name: &str) -> Result<Self, Failure> {
        let (path, query) = self.path.split_once('?').map_or((self.path.as_str(), None), |(path, query)| (path, Some(query)));
        let path = format!("{}/{name}", path.trim_end_matches('/'));
        Self::at(&self.origin, query.map_or(path.clone(), |query| format!("{path}?{query}")))
    }

    /// The place with more in its query.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn asked(&self, query: &str) -> Result<Self, Failure> {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        Self::at(&self.origin, format!("{}{sign}{query}", self.path))
    }

    /// Where an answer leads to, written as a URL, or relative to this place (RFC 3986, without steps upwards).
    ///
    /// # Errors
    /// It is not a URL, gives up TLS, or leads from a host into a private network or to this machine.
    pub fn next(&self, to: &str) -> Result<Self, Failure> {
        let folder = self.path.split('?').next().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
        let whole = match to {
            _ if to.starts_with("//") => format!("{}:{to}", self.origin.scheme()),
            _ if to.starts_with('/') => format!("{}{to}", self.origin),
            _ if to.starts_with('?') => format!("{}{}{to}", self.origin, self.path.split('?').next().unwrap_or_default()),
            _ if to.contains("://") => to.to_owned(),
            _ => format!("{}{folder}/{to}", self.origin),
        };
        let next = Self::of(&whole)?;
        let refused = |why: &str| Err(Failure::NotAsked(format!("it leads to {}, {why}", next.origin)));
        if self.origin.is_tls() && !next.origin.is_tls() {
            return refused("without TLS");
        }
        if is_private(&next.origin) && !is_private(&self.origin) {
            return refused("which is not a public host");
        }
        Ok(next)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Addresses that no server has.
fn is_nobody(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.is_unspecified() || v6.is_multicast(),
    }
}

/// Whether a host is this machine, or says by its address that it is in a private network.
fn is_private(origin: &Origin) -> bool {
    let is_private = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
    };
    origin.is_loopback() || origin.name().parse().is_ok_and(is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_below_the_url_of_its_repository() {
        for (url, expected) in [
            ("https://charts.example.com", "https://charts.example.com/index.yaml"),
            ("https://charts.example.com/", "https://charts.example.com/index.yaml"),
            ("https://Charts.example.com:443/a/b/?key=x#top", "https://charts.example.com/a/b/index.yaml?key=x"),
            ("https://me:PLANTED@charts.example.com/a", "https://charts.example.com/a/index.yaml"),
            ("http://10.0.0.1:8080/a", "http://10.0.0.1:8080/a/index.yaml"),
        ] {
            let place = Place::of(url).and_then(|it| it.below("index.yaml")).map(|it| it.to_string());
            assert_eq!(place.as_deref(), Ok(expected), "{url}");
        }
        for url in [
            "oci://ghcr.io/a",
            "charts.example.com",
            "ftp://example.com",
            "https://",
            "https://a b/",
            "https://example.com/a b",
            "http://169.254.169.254/latest",
            "https://[fe80::1]/",
            "http://0.0.0.0/",
            "http://[::ffff:169.254.169.254]/",
        ] {
            let refused = Place::of(url);
            assert!(matches!(refused, Err(Failure::NotAsked(_))), "{url}: {refused:?}");
        }
        let refused = Place::of("https://me:PLANTED@exa mple.com/").expect_err("not a URL");
        assert!(!refused.to_string().contains("PLANTED"), "{refused}");
    }

    #[test]
    fn an_answer_leads_to_public_hosts_and_keeps_tls() {
        for (from, to, expected) in [
            ("https://a.example.com/x/index.yaml", "/y", Some("https://a.example.com/y")),
            ("https://a.example.com/x/index.yaml?k=1", "other.yaml", Some("https://a.example.com/x/other.yaml")),
            ("https://a.example.com/x/tags?n=1", "?n=1&last=b", Some("https://a.example.com/x/tags?n=1&last=b")),
            ("https://a.example.com/x", "//b.example.com/z", Some("https://b.example.com/z")),
            ("https://a.example.com/x", "https://b.example.com/z", Some("https://b.example.com/z")),
            ("http://a.example.com/x", "https://b.example.com/z", Some("https://b.example.com/z")),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:2/z", Some("http://127.0.0.1:2/z")),
            ("http://10.0.0.1/x", "http://10.0.0.2/z", Some("http://10.0.0.2/z")),
            ("https://a.example.com/x", "http://a.example.com/x", None),
            ("https://a.example.com/x", "http://b.example.com/z", None),
            ("https://a.example.com/x", "https://10.0.0.2/z", None),
            ("https://a.example.com/x", "https://localhost/z", None),
            ("https://a.example.com/x", "https://[::1]/z", None),
            ("http://127.0.0.1:1/x", "http://169.254.169.254/z", None),
            ("https://a.example.com/x", "file:///etc/passwd", None),
        ] {
            let next = Place::of(from).expect("a place").next(to).map(|it| it.to_string());
            assert_eq!(next.as_deref().ok(), expected, "{from} {to}");
        }
    }
}
