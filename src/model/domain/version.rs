//! Versions of releases, and ranges of them as Flux reads them.

use semver::{Version, VersionReq};

/// A version to order by; anything else sorts first.
pub fn order(version: &str) -> Option<Version> {
    Version::parse(version.trim_start_matches('v')).ok()
}

/// Whether a version is in a range, as Masterminds/semver reads them: terms with spaces or commas between them, `||` between
/// alternatives, and a plain version means only itself. A pre-release is only in a range that names one.
pub fn matches(version: &str, range: &str) -> bool {
    order(version).is_some_and(|version| ranges(range).iter().any(|range| range.matches(&version)))
}

/// The alternatives of a range; those that cannot be read match nothing.
pub fn ranges(range: &str) -> Vec<VersionReq> {
    let term = |term: &str| {
        let plain = term.trim_start_matches('v');
        if plain.starts_with(|letter: char| letter.is_ascii_digit()) { format!("={plain}") } else { term.to_owned() }
    };
    let alternative = |terms: &str| {
        let terms: Vec<_> = terms.split([',', ' ']).filter(|it| !it.is_empty()).map(term).collect();
        VersionReq::parse(&terms.join(",")).ok()
    };
    range.split("||").filter_map(alternative).collect()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn ranges_mean_what_flux_says_they_mean() {
        for (range, inside, outside) in [
            ("*", "0.1.0 1.4.2", "1.5.0-rc.1"),
            ("1.x", "1.0.0 1.9.3", "2.0.0 0.9.0"),
            ("1.4.x", "1.4.0 v1.4.7", "1.5.0"),
            ("^1.2", "1.2.0 1.9.0", "1.1.9 2.0.0"),
            ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
            (">=1.0.0 <2.0.0", "1.0.0 1.9.9", "2.0.0"),
            (">=1.0.0, <1.5.0 || 3.x", "1.4.9 3.1.0", "1.5.0 2.0.0"),
            ("1.4.0", "1.4.0", "1.4.1"),
            (">=1.5.0-0", "1.5.0-rc.1 1.5.0", "1.4.0"),
        ] {
            assert!(inside.split(' ').all(|version| matches(version, range)), "{range} has {inside}");
            assert!(!outside.split(' ').any(|version| matches(version, range)), "{range} has nothing of {outside}");
        }
    }
}
