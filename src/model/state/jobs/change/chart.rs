//! Whether a release has the version of its chart that the chart's source has: between the two it is Ready with the old one.
//!
//! Source: helm-controller v1.5 `internal/controller/helmrelease_controller.go` (`mutateChartWithSourceRevision`): the first twelve digits of the
//! artifact's digest are appended to the chart's version as build metadata, unless the gate `DisableChartDigestTracking` is on.

use crate::domain::{Object, Relation, Store};

/// Digits of a digest in the version of a release.
const DIGITS: usize = 12;

/// True of what has no chart, or a chart that is not visible.
pub fn is_taken(release: &Object, store: &Store) -> bool {
    let edges = store.find(&release.id).map(|node| store.out(node)).unwrap_or_default();
    let charts = edges.iter().filter(|edge| edge.relation == Relation::Chart);
    let mut revisions = charts.filter_map(|edge| store.object_of(store.reference(edge.node))?.facts.revision.as_deref());
    let now = release.facts.revision.as_deref().unwrap_or_default();
    revisions.all(|revision| is_same(now, revision))
}

/// Whether the version of a release, as its history has it, is that of an artifact: `1.2.3+0123456789ab` of `1.2.3@sha256:0123456789ab…`.
fn is_same(release: &str, artifact: &str) -> bool {
    let (version, digest) = artifact.split_once('@').unwrap_or((artifact, ""));
    let digits = digest.rsplit(':').next().and_then(|digits| digits.get(..DIGITS));
    let (core, build) = release.split_once('+').unwrap_or((release, ""));
    let plain = |version: &str| version.strip_prefix('v').unwrap_or(version).split('+').next().unwrap_or_default().to_owned();
    let is_tracked = digits.is_some_and(|digits| build.contains(digits));
    // a tag may be no version: then the digest alone decides, where the release has it
    let is_version = plain(version).starts_with(|first: char| first.is_ascii_digit());
    is_tracked || plain(version) == plain(core) || !is_version && build.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_release_has_the_version_of_its_source_or_an_older_one() {
        for (release, artifact, expected) in [
            ("1.2.3+0123456789ab", "1.2.3@sha256:0123456789abcdef", true),
            ("1.2.2+ffffffffffff", "1.2.3@sha256:0123456789abcdef", false),
            ("1.2.3", "v1.2.3@sha256:0123456789abcdef", true),
            ("1.2.2", "1.2.3", false),
            ("1.2.3", "1.2.3", true),
            ("", "1.2.3", false),
            ("1.2.3+0123456789ab", "latest@sha256:0123456789abcdef", true),
            ("1.2.3+ffffffffffff", "latest@sha256:0123456789abcdef", false),
            ("1.2.3", "latest@sha256:0123456789abcdef", true),
        ] {
            assert_eq!(is_same(release, artifact), expected, "{release} of {artifact}");
        }
    }
}
