//! Versions that a catalogue has published: of a chart in a Helm repository, of an image or an artifact in a registry.
//!
//! Names come from their publishers: who asks the catalogue leaves out what is not one. Asking does *not* belong here.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::identity::ObjectRef;
use super::version::{Version, VersionRange, order, read};

/// Which catalogue is asked, and for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Catalogue {
    /// Versions of a chart, in a HelmRepository: its `url`, its `insecure`, and the name of the chart.
    Chart { url: String, is_plain: bool, chart: String },
    /// Tags of an image, as a container names it, or of an artifact (`oci://…`); `is_plain`: in a registry without TLS.
    Tags { name: String, is_plain: bool },
}

/// Where versions are on offer, as an object says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    Known(Catalogue),
    /// By a source in the cluster: a HelmRepository, a HelmChart, an OCIRepository.
    OfSource {
        source: ObjectRef,
        /// The name of the chart; empty where the source itself says it.
        chart: String,
    },
}

/// One version that is on offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedVersion {
    /// As it is asked for: the version of a chart, the tag of an image.
    pub name: String,
    /// The version of what a chart installs, as its author has it.
    pub app_version: Option<String>,
    /// When it was made or uploaded; few registries say.
    pub created: Option<Timestamp>,
    /// With its algorithm: `sha256:…`.
    pub digest: Option<String>,
    /// Its author wants nobody to begin with it.
    pub is_deprecated: bool,
    /// Whether the range has it; none where no range was asked about.
    pub is_in_range: Option<bool>,
}

/// Why a list is cut off: there is no end to it.
pub const TOO_LONG: &str = "the list is too long to be read whole";

/// What a catalogue answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The newest first: versions by their precedence, those of one precedence by their age, and then what is not a version.
    pub versions: Vec<PublishedVersion>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How many were left out, since their names or entries cannot be right.
    pub left_out: usize,
    /// Why the catalogue may have others, where not all of them are listed.
    pub cut: Option<&'static str>,
    /// The index is larger than source-controller reads, unless its `--helm-index-max-size` (50 MiB) is raised.
    pub is_beyond_flux: bool,
}

impl PublishedVersion {
    /// One of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The version that it is to Flux: none for `latest`, or `1.27`.
    pub fn version(&self) -> Option<Version> {
        order(&self.name)
    }
}

impl Published {
    /// The versions, the newest first, each once.
    pub fn new(mut versions: Vec<PublishedVersion>, asked_at: Timestamp) -> Self {
        versions.sort_by_cached_key(rank);
        versions.dedup_by(|a, b| a.name == b.name);
        Self { versions, asked_at, left_out: 0, cut: None, is_beyond_flux: false }
    }

    /// Whether what is not listed was not published.
    pub fn is_whole(&self) -> bool {
        self.cut.is_none()
    }

    /// Marks what a range has: the version of exactly that name, and every version that Flux reads and that is in it. None if the range
    /// cannot be read, and names no version.
    pub fn marked(mut self, range: &str) -> Option<Self> {
        let read = VersionRange::of(range);
        let has_name = self.versions.iter().any(|it| it.name == range);
        for one in &mut self.versions {
            let is_in = one.name == range || read.as_ref().is_some_and(|read| one.version().is_some_and(|it| read.has(&it)));
            one.is_in_range = Some(is_in);
        }
        (read.is_some() || has_name).then_some(self)
    }

    /// What Flux would take: the version of exactly that name, else the newest in the range; an empty range is any stable version
    /// (source-controller `internal/helm/repository`).
    pub fn newest(&self, range: &str) -> Option<&PublishedVersion> {
        let exact = self.versions.iter().find(|it| it.name == range);
        let range = VersionRange::of(range);
        exact.or_else(|| {
            self.versions.iter().find(|it| it.version().is_some_and(|it| range.as_ref().is_some_and(|range| range.has(&it))))
        })
    }
}

/// The order: what Flux reads as a version, what looks like one, and the rest.
fn rank(one: &PublishedVersion) -> (u8, Option<Reverse<Version>>, Reverse<Option<Timestamp>>, String) {
    let (kind, version) = match (order(&one.name), read(&one.name)) {
        (Some(version), _) => (0, Some(version)),
        (None, Some(version)) => (1, Some(version)),
        (None, None) => (2, None),
    };
    // what differs in its build alone is of one precedence
    let version = version.map(|it| Reverse(Version { build: semver::BuildMetadata::EMPTY, ..it }));
    (kind, version, Reverse(one.created), one.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(published: &Published) -> String {
        published.versions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn of(names: &str) -> Published {
        Published::new(names.split(' ').map(PublishedVersion::named).collect(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_newest_is_first_whatever_order_the_catalogue_has() {
        let published = of("1.10.0 1.9.0 latest v1.11.0 1.11.0-rc.10 1.11.0-rc.9 1.27 main 1.9.0 2 2025.01.02");
        assert_eq!(names(&published), "2025.01.02 v1.11.0 1.11.0-rc.10 1.11.0-rc.9 1.10.0 1.9.0 2 1.27 latest main");
    }

    /// The build says nothing of the precedence: then the age decides.
    #[test]
    fn of_one_precedence_the_younger_is_first() {
        let at = |name: &str, second| PublishedVersion {
            created: Timestamp::from_second(second).ok(),
            ..PublishedVersion::named(name)
        };
        let published = Published::new(vec![at("1.0.0+b", 1), at("1.0.0+a", 3), at("1.0.0+c", 2)], Timestamp::UNIX_EPOCH);
        assert_eq!(names(&published), "1.0.0+a 1.0.0+c 1.0.0+b");
        assert_eq!(published.newest("1.x").map(|it| it.name.as_str()), Some("1.0.0+a"));
    }

    #[test]
    fn what_a_range_has_is_marked_and_its_newest_is_what_flux_takes() {
        let all = "2.0.0 1.9.0-rc.1 1.4.0 1.3.0 1.4 latest";
        for (range, expected, newest) in [
            ("1.x", "1.4.0 1.3.0", Some("1.4.0")),
            (">=1.4.0-0", "2.0.0 1.9.0-rc.1 1.4.0", Some("2.0.0")),
            ("", "2.0.0 1.4.0 1.3.0", Some("2.0.0")),
            ("3.x", "", None),
            // a name comes before its meaning as a range
            ("1.4", "1.4.0 1.4", Some("1.4")),
            ("latest", "latest", Some("latest")),
        ] {
            let marked = of(all).marked(range).unwrap_or_else(|| panic!("{range}"));
            let inside: Vec<_> =
                marked.versions.iter().filter(|it| it.is_in_range == Some(true)).map(|it| it.name.as_str()).collect();
            assert_eq!(inside.join(" "), expected, "{range}");
            assert_eq!(marked.newest(range).map(|it| it.name.as_str()), newest, "{range}");
        }
        assert_eq!(of(all).marked("what?"), None);
    }
}
