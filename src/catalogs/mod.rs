//! Catalogues: which versions of a chart and which tags of an image are on offer.
//!
//! ```text
//!  place     what is asked: a URL, where a redirect may lead, what is never asked
//!  wire      one request, and what an answer that is not of success means
//!  failure   why there is no list, in the classes that decide what happens next
//!  index     Helm repositories: `index.yaml`, read as it comes
//!  registry  registries: tags of a repository, with docker's and helm's logins
//! ```
//! How it is used, by `runtime`, off the screen's path; each call is one look-up from beginning to end, and who drops its future ends it:
//! ```text
//!  Catalogs::open(), once; ask(catalogue, now), or one of
//!  chart_versions(url of a HelmRepository, its `insecure`, name of the chart, now)   index.yaml; tags where the URL begins with `oci:`
//!  tags(an image as a container names it, or `oci://…`, its `insecure`, now)          tags as they are
//!  ChartIndex                                                                         an index that was got in another way: by Flux
//!  Published: the newest first, .marked(range), .newest(range)
//! ```
//! Addresses come from objects of a cluster, which others can write. So a login goes to the host that the user has it for, and to nobody else:
//! at a registry it may be shown to the token server that this registry names, by TLS. Redirects are followed without it. Secrets of the
//! cluster, client certificates and authorities of a repository's own are *not* used; nothing is kept here, and nothing is repeated.

mod failure;
mod index;
mod place;
mod registry;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::credentials::{self, Client};
use crate::forges::{self, Network};
use fluxdeck_model::domain::published::{Catalogue, Published, PublishedVersion, TOO_LONG};
use fluxdeck_model::domain::version::Version;

pub use failure::Failure;
pub use index::ChartIndex;
use place::Place;
use registry::{Repository, Tags};

/// Largest index that is read, unpacked, in bytes: five times what source-controller reads.
const LARGEST_INDEX: u64 = 256 << 20;
/// How long a look-up may take, with all of its requests: an index of 60 MB over a slow line.
const LIMIT: Duration = Duration::from_secs(120);

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The way to catalogues. Clones are the same.
#[derive(Clone)]
pub struct Catalogs {
    network: Network,
    /// Variables of the environment: where docker and helm have their files.
    variables: Lookup,
    largest: u64,
    limit: Duration,
}

impl Catalogs {
    /// Over the connections of the environment, with the logins of this user. Reads the certificates of authorities; connects to nothing.
    ///
    /// # Errors
    /// There are no certificates.
    pub fn open() -> Result<Self, forges::Failure> {
        Ok(Self::over(Network::open()?, Arc::new(credentials::process_variable)))
    }

    fn over(network: Network, variables: Lookup) -> Self {
        Self { network, variables, largest: LARGEST_INDEX, limit: LIMIT }
    }

    /// The same with other limits.
    #[cfg(test)]
    fn within(self, largest: u64, limit: Duration) -> Self {
        Self { largest, limit, ..self }
    }

    /// Asks a catalogue, once.
    ///
    /// # Errors
    /// There is no list.
    pub async fn ask(&self, catalogue: &Catalogue, asked_at: Timestamp) -> Result<Published, Failure> {
        match catalogue {
            Catalogue::Chart { url, is_plain, chart } => self.chart_versions(url, *is_plain, chart, asked_at).await,
            Catalogue::Tags { name, is_plain } => self.tags(name, *is_plain, asked_at).await,
        }
    }

    /// Versions of a chart in a HelmRepository: by its index, or, where its URL begins with `oci:`, by the tags of its registry, of which
    /// helm takes those that are whole versions without a `v` (helm `pkg/registry`, `Tags`). `is_plain`: a registry without TLS (`insecure`).
    ///
    /// # Errors
    /// There is no list.
    pub async fn chart_versions(
        &self,
        url: &str,
        is_plain: bool,
        chart: &str,
        asked_at: Timestamp,
    ) -> Result<Published, Failure> {
        if url.starts_with(registry::SCHEME) {
            let repository = Repository::of(&format!("{}/{chart}", url.trim_end_matches('/')), is_plain)?;
            let tags = self.limited(registry::tags(self, &repository, Client::Helm)).await?;
            return Ok(published(tags, asked_at, of_chart));
        }
        let place = Place::of(url)?.below("index.yaml")?;
        let known = credentials::known_repository(url, &*self.variables);
        let found = self.limited(index::read(self, place, known.login.as_ref(), chart)).await;
        let found = found.map_err(|failure| failure.beside(&known.unsupported))?;
        Ok(found.published(asked_at))
    }

    /// Tags of an image, as a container names it, or of an artifact (`oci://…`); a tag or a digest in the name counts for nothing. Tags that
    /// cosign and referrers make are left out. `is_plain`: a registry without TLS (`insecure`).
    ///
    /// # Errors
    /// There is no list.
    pub async fn tags(&self, name: &str, is_plain: bool, asked_at: Timestamp) -> Result<Published, Failure> {
        let repository = Repository::of(name, is_plain)?;
        let tags = self.limited(registry::tags(self, &repository, Client::Docker)).await?;
        Ok(published(tags, asked_at, Some))
    }

    /// The digest that a tag of an artifact (`oci://…`) has now, with its algorithm. `is_plain`: a registry without TLS (`insecure`).
    ///
    /// # Errors
    /// There is no such tag, or no answer.
    pub async fn digest(&self, name: &str, is_plain: bool, tag: &str) -> Result<String, Failure> {
        let repository = Repository::of(name, is_plain)?;
        self.limited(registry::digest(self, &repository, Client::Docker, tag)).await
    }

    async fn limited<T>(&self, asking: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::time::timeout(self.limit, asking).await.unwrap_or(Err(Failure::TooLong(self.limit)))
    }
}

/// A tag as the version of a chart: `+` is written `_` there (helm `pkg/registry`).
fn of_chart(mut tag: PublishedVersion) -> Option<PublishedVersion> {
    tag.name = tag.name.replace('_', "+");
    Version::parse(&tag.name).is_ok().then_some(tag)
}

fn published(tags: Tags, asked_at: Timestamp, keep: fn(PublishedVersion) -> Option<PublishedVersion>) -> Published {
    let mut published = Published::new(tags.found.into_iter().filter_map(keep).collect(), asked_at);
    published.left_out = tags.left_out;
    published.cut = (!tags.is_whole).then_some(TOO_LONG);
    published
}

#[cfg(test)]
mod tests;
