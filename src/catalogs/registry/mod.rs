//! Tags of a repository in a registry (OCI distribution-spec 1.1, "Listing Tags"; its logins are docker's, `distribution/spec/auth`).
//!
//! ```text
//!  name       which repository of which registry a name means
//!  session    requests to a registry, with what it asks to be shown
//!  challenge  what it asks for
//!  token      tokens that its token server gives
//!  page       a page of tags, and where the next one is
//! ```

mod challenge;
mod name;
mod page;
mod session;
mod token;

use std::collections::BTreeSet;

use super::{Catalogs, Failure, Place, wire};
use crate::credentials::Client;
use fluxdeck_model::domain::published::PublishedVersion;

pub use name::{Repository, SCHEME};
use session::Session;

/// Tags for a page: the most that all registries give (ECR refuses more).
const PAGE: usize = 1000;
/// Largest page that is read, in bytes: Docker Hub's are whole lists, and Google's have all manifests.
const LARGEST: usize = 16 << 20;
/// Most pages, and tags, that are read: what comes in the order of the alphabet ends anywhere.
const MOST_PAGES: usize = 200;
const MOST_TAGS: usize = 100_000;

/// What a registry has.
pub struct Tags {
    pub found: Vec<PublishedVersion>,
    pub left_out: usize,
    pub is_whole: bool,
}

/// The tags of a repository, in no order. One request for a page of them; at first up to three more, to be let in.
pub async fn tags(catalogs: &Catalogs, repository: &Repository, client: Client) -> Result<Tags, Failure> {
    let mut session = Session::new(catalogs, repository, client);
    let mut place = Place::at(repository.origin(), format!("/v2/{}/tags/list?n={PAGE}", repository.path()))?;
    let (mut known, mut tags) = (BTreeSet::new(), Tags { found: Vec::new(), left_out: 0, is_whole: false });
    for _ in 0..MOST_PAGES {
        let (reading, at) = session.get(place).await?;
        let next = page::next(&reading.headers, &at)?;
        let page = page::read(&wire::whole(reading, LARGEST).await?)?;
        tags.left_out += page.left_out;
        let before = known.len();
        tags.found.extend(page.tags.into_iter().filter(|tag| known.insert(tag.name.clone())));
        match next {
            None => {
                tags.is_whole = true;
                return Ok(tags);
            }
            // it goes round in circles
            Some(_) if known.len() == before => break,
            Some(_) if known.len() >= MOST_TAGS => break,
            Some(next) => place = next,
        }
    }
    Ok(tags)
}

/// What a manifest may be: of an artifact, or of a list of them (OCI image-spec, "Media Types"; docker's before that).
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
/// The header that has its digest (OCI distribution-spec 1.1, "Pulling manifests").
const DIGEST: &str = "docker-content-digest";

/// The digest that a tag has now, with its algorithm.
pub async fn digest(catalogs: &Catalogs, repository: &Repository, client: Client, tag: &str) -> Result<String, Failure> {
    let is_tag = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    if tag.is_empty() || tag.len() > 128 || !tag.chars().all(is_tag) {
        return Err(Failure::NotAsked("it is not a tag".to_owned()));
    }
    let mut session = Session::new(catalogs, repository, client).accepting(MANIFESTS);
    let place = Place::at(repository.origin(), format!("/v2/{}/manifests/{tag}", repository.path()))?;
    let (reading, _) = session.get(place).await?;
    let found = reading.headers.get(DIGEST).and_then(|value| value.to_str().ok()).map(str::to_owned);
    found.ok_or_else(|| Failure::NotAsked("the registry does not say which digest the tag has".to_owned()))
}
