//! Which repositories may run the programs that they name as checks: by what exactly a person has allowed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept;
use crate::files::Disk;

const FILE: &str = "allowed.json";

/// What was allowed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedPrograms {
    /// The repository, for people.
    pub repository: String,
    pub at: Timestamp,
}

/// Whether the programs of this digest were allowed. What cannot be read was not.
pub fn is_allowed(disk: &dyn Disk, dir: Option<&Path>, digest: &str) -> bool {
    dir.and_then(|dir| kept::read::<AllowedPrograms>(disk, dir, FILE).ok()).is_some_and(|known| known.contains_key(digest))
}

/// Allows the programs of a digest, or takes that back (none).
///
/// # Errors
/// The file cannot be read or written.
pub fn allow(disk: &dyn Disk, dir: &Path, digest: &str, allowed: Option<AllowedPrograms>) -> io::Result<()> {
    kept::change(disk, dir, FILE, |known: &mut BTreeMap<String, AllowedPrograms>| {
        match allowed {
            Some(allowed) => known.insert(digest.to_owned(), allowed),
            None => known.remove(digest),
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::REAL;

    #[test]
    fn what_was_allowed_is_so_until_it_is_taken_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let is = |digest: &str| is_allowed(REAL, Some(dir.path()), digest);
        let allowed = AllowedPrograms { repository: "ops/fleet".to_owned(), at: Timestamp::UNIX_EPOCH };
        assert!(!is("a1"));
        allow(REAL, dir.path(), "a1", Some(allowed)).expect("kept");
        assert!(is("a1") && !is("a2") && !is_allowed(REAL, None, "a1"));
        allow(REAL, dir.path(), "a1", None).expect("kept");
        assert!(!is("a1"));
        std::fs::write(dir.path().join(FILE), "{\"a1\": true}").expect("written");
        assert!(!is("a1"), "what nobody can read allows nothing");
    }
}
