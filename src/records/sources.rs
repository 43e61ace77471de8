//! What users said of sources: the git repositories that artifacts are made from, where no cluster knows them.
//!
//! Kept by what a source fetches, so that it is said once for all clusters. No credential is kept: the caller takes it out of the URL.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept;
use crate::files::Disk;
use fluxdeck_model::domain::{ArtifactSource, SaidSource};

const FILE: &str = "sources.json";

/// What was said of a source, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSource {
    #[serde(flatten)]
    pub from: ArtifactSource,
    pub at: Timestamp,
}

/// The file that holds it.
pub fn sources_file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// What was said of the source that fetches this.
pub fn said(disk: &dyn Disk, dir: Option<&Path>, key: &str) -> Option<KeptSource> {
    all(disk, dir).remove(key)
}

/// Everything that was said, by what sources fetch; nothing where it cannot be read.
pub fn all(disk: &dyn Disk, dir: Option<&Path>) -> BTreeMap<String, KeptSource> {
    dir.and_then(|dir| kept::read(disk, dir, FILE).ok()).unwrap_or_default()
}

/// Keeps an answer. One without a repository takes away what was said.
///
/// # Errors
/// The file cannot be read or written.
pub fn say(disk: &dyn Disk, dir: Option<&Path>, said: &SaidSource, at: Timestamp) -> io::Result<()> {
    let Some(dir) = dir else { return Ok(()) };
    kept::change(disk, dir, FILE, |known| {
        match said.from.repository.is_empty() {
            true => known.remove(&said.key),
            false => known.insert(said.key.clone(), KeptSource { from: said.from.clone(), at }),
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::REAL;

    fn fleet(key: &str) -> SaidSource {
        let from = ArtifactSource { repository: "https://git.example.com/fleet".to_owned(), ..ArtifactSource::default() };
        SaidSource { key: key.to_owned(), from }
    }

    #[test]
    fn what_was_said_of_a_source_is_known_until_it_is_taken_back() {
        let (dir, at) = (tempfile::tempdir().expect("a directory"), "2026-01-01T00:00:00Z".parse().expect("a time"));
        let (dir, key) = (Some(dir.path()), "oci://r/policies");
        assert_eq!(said(REAL, dir, key), None);
        say(REAL, dir, &fleet(key), at).expect("kept");
        say(REAL, dir, &fleet("oci://r/other"), at).expect("kept");
        assert_eq!(said(REAL, dir, key), Some(KeptSource { from: fleet(key).from, at }));

        say(REAL, dir, &SaidSource { from: ArtifactSource::default(), ..fleet(key) }, at).expect("kept");
        assert_eq!(all(REAL, dir).into_keys().collect::<Vec<_>>(), ["oci://r/other"]);
        assert_eq!(all(REAL, None), BTreeMap::new());
        say(REAL, None, &fleet(key), at).expect("nothing is kept, and nothing fails");
    }

    #[test]
    fn what_cannot_be_read_is_not_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::symlink(FILE, dir.path().join(FILE)).expect("a link that leads to itself");
        say(REAL, Some(dir.path()), &fleet("oci://r/a"), Timestamp::UNIX_EPOCH).expect_err("it cannot be read");
        assert!(dir.path().join(FILE).is_symlink());
    }
}
