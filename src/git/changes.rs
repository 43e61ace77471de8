//! What changed since a revision.

use git2::{Delta, DiffOptions};

use super::checkout::Checkout;
use super::failure::Failure;

/// How a file changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Changed,
    Removed,
}

/// A file that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub path: String,
    pub change: Change,
}

impl Checkout {
    /// Files that differ between where the work tree (or `revision`) left `since`, and now: as a pull request shows it.
    ///
    /// # Errors
    /// A revision that is not there; a repository that cannot be read.
    pub fn changed(&self, since: &str, revision: Option<&str>) -> Result<Vec<Changed>, Failure> {
        let failed = |source| Failure::Uncompared { since: since.to_owned(), source };
        let base = self.tree_of(&self.base(since, revision)?)?;
        let repository = self.repository.as_ref().expect("a tree of it was found");
        let mut options = DiffOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_typechange(true).ignore_submodules(true);
        let diff = match revision {
            Some(revision) => repository.diff_tree_to_tree(Some(&base), Some(&self.tree_of(revision)?), Some(&mut options)),
            None if repository.is_bare() => {
                repository.diff_tree_to_tree(Some(&base), Some(&self.tree_of("HEAD")?), Some(&mut options))
            }
            None => repository.diff_tree_to_workdir_with_index(Some(&base), Some(&mut options)),
        };
        let mut found = Vec::new();
        for delta in diff.map_err(failed)?.deltas() {
            let change = match delta.status() {
                Delta::Added | Delta::Untracked | Delta::Copied => Change::Added,
                Delta::Deleted => Change::Removed,
                Delta::Unmodified | Delta::Ignored => continue,
                _ => Change::Changed,
            };
            let path = delta.new_file().path().or_else(|| delta.old_file().path());
            found.extend(path.map(|path| Changed { path: path.to_string_lossy().into_owned(), change }));
        }
        Ok(found)
    }

    /// Where this line of commits left `since`; `since` itself where they have nothing in common.
    ///
    /// # Errors
    /// A revision that is not there.
    pub fn base(&self, since: &str, revision: Option<&str>) -> Result<String, Failure> {
        let failed = |source| Failure::Uncompared { since: since.to_owned(), source };
        let id = |text: &str| git2::Oid::from_str(text).map_err(failed);
        let theirs = self.commit(since)?;
        let Ok(ours) = self.commit(revision.unwrap_or("HEAD")) else { return Ok(theirs) };
        let repository = self.repository.as_ref().expect("a commit of it was found");
        Ok(repository.merge_base(id(&theirs)?, id(&ours)?).map_or(theirs, |base| base.to_string()))
    }
}
