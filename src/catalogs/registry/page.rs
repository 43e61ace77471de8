//! A page of tags, and where the next one is.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::LINK;
use jiff::Timestamp;
use serde::Deserialize;

use crate::catalogs::{Failure, Place};
use fluxdeck_model::domain::published::PublishedVersion;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    /// Null where there is none.
    tags: Option<Vec<String>>,
    /// Google's registries: manifests by their digests.
    manifest: BTreeMap<String, Manifest>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Manifest {
    tag: Vec<String>,
    /// Milliseconds, as text. When it was made is what its maker says, and often 1970.
    time_uploaded_ms: String,
}

/// Tags of a page.
pub struct Page {
    pub tags: Vec<PublishedVersion>,
    /// Tags that cannot be one.
    pub left_out: usize,
}

/// Reads a page.
///
/// # Errors
/// It is not one.
pub fn read(body: &[u8]) -> Result<Page, Failure> {
    let unreadable = |_| Failure::Unreadable("it is not a list of tags".to_owned());
    let answer: Answer = serde_json::from_slice(body).map_err(unreadable)?;
    let mut known = BTreeMap::new();
    for (digest, manifest) in &answer.manifest {
        let uploaded = manifest.time_uploaded_ms.parse().ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        known.extend(manifest.tag.iter().map(|tag| (tag.as_str(), (digest, uploaded))));
    }
    let all = answer.tags.unwrap_or_default();
    let mut page = Page { tags: Vec::new(), left_out: 0 };
    for name in all {
        if !is_tag(&name) {
            page.left_out += 1;
        } else if !is_beside(&name) {
            let (digest, created) = known.get(name.as_str()).map_or((None, None), |(digest, at)| (Some((*digest).clone()), *at));
            let digest = digest.filter(|digest| is_digest(digest));
            page.tags.push(PublishedVersion { digest, created, ..PublishedVersion::named(name) });
        }
    }
    Ok(page)
}

/// OCI distribution-spec, "Pulling manifests".
fn is_tag(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_begun = name.bytes().next().is_some_and(is_letter);
    is_begun && name.len() <= 128 && name.bytes().all(|byte| is_letter(byte) || byte == b'.' || byte == b'-')
}

/// Whether a tag is a signature, an attestation, a list of parts or of referrers beside an image: cosign's names, and the spec's for
/// registries without the referrers API, begin with a digest.
fn is_beside(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("sha256-") else { return false };
    let hex = rest.split('.').next().unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Where the next page is (RFC 8288): on the same host.
///
/// # Errors
/// It is somewhere else.
pub fn next(headers: &HeaderMap, place: &Place) -> Result<Option<Place>, Failure> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).flat_map(|link| link.split(','));
    let mut next = links.filter_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|it| matches!(it.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then_some(target)
    });
    let Some(target) = next.next().filter(|target| !target.is_empty()) else { return Ok(None) };
    let next = place.next(target)?;
    if next.origin() != place.origin() {
        return Err(Failure::NotAsked(format!("its next page is at {}, which is not asked", next.origin())));
    }
    Ok(Some(next))
}
