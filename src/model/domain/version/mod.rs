//! Versions of charts, images and programs, and ranges of them, as Flux and Helm read them: by `github.com/Masterminds/semver/v3`, v3.4.

mod range;
mod terms;

use semver::{BuildMetadata, Prerelease};

pub use range::VersionRange;
pub use semver::Version;

/// Reads a version as Masterminds' `NewVersion` does: with or without a `v`, with missing parts as zero, with zeros in front of a number.
/// None for anything else.
pub fn read(text: &str) -> Option<Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = cut(text, '+');
    let (numbers, pre) = cut(text, '-');
    let mut parts = numbers.split('.').map(number);
    let (major, minor, patch) = (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    let version = Version { major, minor, patch, pre: prerelease(pre)?, build: metadata(build)? };
    parts.next().is_none().then_some(version)
}

/// A version to order by, read as Flux reads tags and versions of charts (`fluxcd/pkg` `version.ParseVersion`): as [`read`], but the text
/// has at least two points. Anything else sorts first.
pub fn order(text: &str) -> Option<Version> {
    text.splitn(3, '.').nth(2).and_then(|_| read(text))
}

/// Whether a version, as Flux reads it, is in a range. Nothing is in a range that cannot be read.
pub fn matches(version: &str, range: &str) -> bool {
    order(version).is_some_and(|version| VersionRange::of(range).is_some_and(|range| range.has(&version)))
}

/// The text before a sign, and what is behind it, if it is there.
fn cut(text: &str, sign: char) -> (&str, Option<&str>) {
    text.split_once(sign).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn number(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn prerelease(text: Option<&str>) -> Option<Prerelease> {
    match text {
        None => Some(Prerelease::EMPTY),
        Some("") => None,
        Some(text) => Prerelease::new(text).ok(),
    }
}

fn metadata(text: Option<&str>) -> Option<BuildMetadata> {
    match text {
        None => Some(BuildMetadata::EMPTY),
        Some("") => None,
        Some(text) => BuildMetadata::new(text).ok(),
    }
}

#[cfg(test)]
mod tests;
