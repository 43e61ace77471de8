//! What contexts apply from repositories, as it was when each was looked at last: what a change in git may touch in a cluster that nobody is
//! connected to now. Nothing of a credential is in it, and no content.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept;
use crate::files::Disk;

const FILE: &str = "readers.json";

/// What one context applies from all repositories, and when that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenReaders {
    pub at: Timestamp,
    pub all: Vec<SeenReader>,
}

/// A Flux Kustomization of a context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenReader {
    /// `HOST/OWNER/NAME`, in small letters.
    pub repository: String,
    /// What its source follows; none where it is pinned.
    pub branch: Option<String>,
    pub namespace: String,
    pub name: String,
    /// The folder that it builds, from the root of the repository.
    pub folder: String,
}

/// Everything that was seen, by context; nothing where it cannot be read.
pub fn all(disk: &dyn Disk, dir: Option<&Path>) -> BTreeMap<String, SeenReaders> {
    dir.and_then(|dir| kept::read(disk, dir, FILE).ok()).unwrap_or_default()
}

/// Keeps what a context applies, in place of what was seen of it before.
///
/// # Errors
/// The file cannot be read or written.
pub fn note(disk: &dyn Disk, dir: Option<&Path>, context: &str, seen: SeenReaders) -> io::Result<()> {
    let Some(dir) = dir else { return Ok(()) };
    kept::change(disk, dir, FILE, |known| {
        known.insert(context.to_owned(), seen);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::REAL;

    #[test]
    fn what_a_context_applies_is_known_until_it_is_seen_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = Some(dir.path());
        let reader = |folder: &str| SeenReader {
            repository: "git.example.com/ops/fleet".to_owned(),
            branch: Some("main".to_owned()),
            namespace: "flux-system".to_owned(),
            name: "apps".to_owned(),
            folder: folder.to_owned(),
        };
        let seen = |folder: &str| SeenReaders { at: Timestamp::UNIX_EPOCH, all: vec![reader(folder)] };
        assert_eq!(all(REAL, dir), BTreeMap::new());
        for (context, folder) in [("eu", "apps/eu"), ("us", "apps/us"), ("eu", "apps")] {
            note(REAL, dir, context, seen(folder)).expect("kept");
        }
        let expected = BTreeMap::from([("eu".to_owned(), seen("apps")), ("us".to_owned(), seen("apps/us"))]);
        assert_eq!(all(REAL, dir), expected);
        assert_eq!(all(REAL, None), BTreeMap::new());
        note(REAL, None, "eu", seen("apps")).expect("nothing is kept, and nothing fails");
    }
}
