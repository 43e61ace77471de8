//! Files of the public web, by HTTPS: what a repository's own files address, and a person asked for.
//!
//! An address comes from any author of a repository. So nothing goes with a request, no redirect is followed to another host but from a
//! forge to where it keeps its own files (`stores`), no host is asked at an address that is not public, and what is answered is bounded in bytes and in time. Through a proxy that the environment
//! names it is the proxy that finds the host: then only what the address itself says is looked at.
//! Repositories are fetched by the user's own git (`programs`); where files are kept belongs to `runtime`.

mod policy;
mod resolver;
mod stores;

use std::time::Duration;

use http::Uri;

use crate::forges::{Failure, Network};
use fluxdeck_model::domain::text::{redact, sanitise};

pub use policy::WebPolicy;

/// Largest file that is taken, in bytes.
const LARGEST: usize = 32 << 20;
/// How long one request may take, from the connection to the last byte.
const LIMIT: Duration = Duration::from_secs(60);
/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It was asked for, and is not there.
    Refused(String),
    /// There was no answer, or it was not asked for.
    Unknown(String),
}

/// The way to the web.
#[derive(Clone)]
pub struct Web {
    network: Network,
    policy: WebPolicy,
    largest: usize,
}

impl Web {
    /// # Errors
    /// There are no certificates of authorities.
    pub fn open(policy: WebPolicy) -> Result<Self, Failure> {
        // what is on a private address is behind no proxy
        let network = Network::resolved_by(resolver::Resolver(policy), !policy.private)?.with_limit(LIMIT);
        Ok(Self { network, policy, largest: LARGEST })
    }

    /// The same with other limits.
    #[cfg(test)]
    fn within(self, largest: usize, limit: Duration) -> Self {
        Self { network: self.network.with_limit(limit), largest, ..self }
    }

    /// Why the host of a URL is not to be asked, by whatever protocol; none where it may be, or where it is not a URL.
    pub fn refuses(&self, url: &str) -> Option<String> {
        let place: Uri = url.parse().ok()?;
        self.policy.takes_host(&place).err()
    }

    /// What is at a URL.
    ///
    /// # Errors
    /// Why it is not had.
    pub async fn read(&self, url: &str) -> Result<Vec<u8>, Unread> {
        let unknown = |why: &str| Unread::Unknown(why.to_owned());
        let mut place: Uri = url.parse().map_err(|_| unknown("it is not a URL"))?;
        for _ in 0..=REDIRECTS {
            self.policy.takes(&place).map_err(|why| unknown(&why))?;
            let answer = self.network.read(&place, self.largest).await;
            let answer = answer.map_err(|failure| Unread::Unknown(failure.to_string()))?;
            match (answer.status, answer.location) {
                (200..=299, _) => return Ok(answer.body.into()),
                (300..=399, Some(to)) => place = next(&place, &to)?,
                // it may be there another time
                (status @ (408 | 429 | 500..), _) => return Err(Unread::Unknown(format!("HTTP error: status code {status}"))),
                (status, _) => return Err(Unread::Refused(format!("HTTP error: status code {status}"))),
            }
        }
        Err(unknown("it redirects without end"))
    }
}

/// Where a redirect leads to: on the same host, or to where a forge keeps its files. Such an address holds a signature of the forge's own,
/// and nothing of this user's.
fn next(from: &Uri, to: &str) -> Result<Uri, Unread> {
    let shown = || sanitise(&redact(to)).into_owned();
    let parts = from.scheme_str().zip(from.authority());
    let (scheme, authority) = parts.ok_or_else(|| Unread::Unknown("it is not a URL".to_owned()))?;
    let whole = match to {
        _ if to.starts_with("//") => format!("{scheme}:{to}"),
        _ if to.starts_with('/') => format!("{scheme}://{authority}{to}"),
        _ => to.to_owned(),
    };
    let next: Uri = whole.parse().map_err(|_| Unread::Unknown(format!("it redirects to `{}`", shown())))?;
    let is_same = next.authority() == from.authority() && next.scheme() == from.scheme();
    let is_store = from.scheme_str() == Some("https")
        && next.scheme() == from.scheme()
        && next.authority().is_some_and(|to| stores::is_store_of(authority.as_str(), to.as_str()));
    if !is_same && !is_store {
        let host = next.host().map_or_else(shown, str::to_owned);
        let why = format!("it redirects to {}, and redirects to other hosts are not followed", sanitise(&host));
        return Err(Unread::Unknown(why));
    }
    Ok(next)
}

#[cfg(test)]
mod tests;
