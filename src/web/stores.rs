//! Forges that keep files on hosts of their own, and redirect to these: the only other hosts that a redirect may lead to.

/// A forge, and the hosts that it documents for its files. GitHub's are those of "Self-hosted runners reference", "Accessible domains by
/// function": assets of releases are at `release-assets` since 2025, and at `objects` and `github-releases` before; `raw` is where
/// `github.com/OWNER/REPOSITORY/raw/…` leads to.
const STORES: &[(&str, &[&str])] = &[(
    "github.com",
    &[
        "release-assets.githubusercontent.com",
        "objects.githubusercontent.com",
        "github-releases.githubusercontent.com",
        "raw.githubusercontent.com",
    ],
)];

/// Whether a host is one of those where that forge keeps its files. Both as they are written in an address: with a port, or with a user, it
/// is another one.
pub(super) fn is_store_of(forge: &str, host: &str) -> bool {
    STORES.iter().any(|(of, hosts)| *of == forge && hosts.contains(&host))
}
