//! A branch that is not merged yet: where it left its base, what a merge would leave, and what that changes.

use git2::{Delta, DiffOptions, ObjectType, Oid, Repository};

use super::checkout::Checkout;
use super::failure::Failure;

/// Larger files are not read, in bytes.
const LARGEST: usize = 1 << 20;

/// What merging a branch would leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeTrial {
    /// The commit at which the branch left its base.
    pub left_at: String,
    /// The tree that it leaves; none: it conflicts.
    pub tree: Option<String>,
    /// How many commits the base has that the branch has not.
    pub behind: usize,
}

/// A file that is another one in another tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub path: String,
    /// None: it is not there.
    pub before: Option<Vec<u8>>,
    pub after: Option<Vec<u8>>,
    /// Both are texts that can be shown; else their bytes are left out.
    pub is_text: bool,
}

/// A commit of a branch, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchCommit {
    pub author: String,
    /// The author's.
    pub address: String,
    /// The first line of its message.
    pub subject: String,
}

impl Checkout {
    /// The commits that one commit has and another has not, at most so many, the newest first; merges do not count.
    ///
    /// # Errors
    /// A commit that is not here.
    pub fn commits(&self, base: &str, head: &str, most: usize) -> Result<Vec<BranchCommit>, Failure> {
        let failed = |source| Failure::Uncompared { since: base.to_owned(), source };
        let repository = self.git()?;
        let mut walk = repository.revwalk().map_err(failed)?;
        walk.push(Oid::from_str(head).map_err(failed)?).map_err(failed)?;
        walk.hide(Oid::from_str(base).map_err(failed)?).map_err(failed)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut found = Vec::new();
        for id in walk.take(most) {
            let commit = repository.find_commit(id.map_err(failed)?).map_err(failed)?;
            if commit.parent_count() < 2 {
                let author = commit.author();
                let subject = text(commit.message_bytes()).lines().next().unwrap_or_default().to_owned();
                found.push(BranchCommit { author: text(author.name_bytes()), address: text(author.email_bytes()), subject });
            }
        }
        Ok(found)
    }

    /// Merges a branch with its base, and writes nothing but the objects of the tree that this leaves. None where the history here does not
    /// show where the branch has left its base, as in a shallow clone.
    ///
    /// # Errors
    /// A commit that is not here; a disk that cannot be written to.
    pub fn merge_trial(&self, base: &str, head: &str) -> Result<Option<MergeTrial>, Failure> {
        let failed = |source| Failure::Uncompared { since: base.to_owned(), source };
        let repository = self.git()?;
        let commit = |id: &str| Oid::from_str(id).and_then(|id| repository.find_commit(id));
        let (base_commit, head_commit) = (commit(base).map_err(failed)?, commit(head).map_err(failed)?);
        let Ok(left_at) = repository.merge_base(base_commit.id(), head_commit.id()) else { return Ok(None) };
        let (behind, _) = repository.graph_ahead_behind(base_commit.id(), head_commit.id()).map_err(failed)?;
        let tree = if left_at == base_commit.id() {
            Some(head_commit.tree_id())
        } else {
            let mut merged = repository.merge_commits(&base_commit, &head_commit, None).map_err(failed)?;
            let is_clean = !merged.has_conflicts();
            is_clean.then(|| merged.write_tree_to(repository)).transpose().map_err(failed)?
        };
        Ok(Some(MergeTrial { left_at: left_at.to_string(), tree: tree.map(|tree| tree.to_string()), behind }))
    }

    /// Every file that differs between two revisions or trees, by its path.
    ///
    /// # Errors
    /// A revision that is not here.
    pub fn file_changes(&self, before: &str, after: &str) -> Result<Vec<FileChange>, Failure> {
        let failed = |source| Failure::Uncompared { since: before.to_owned(), source };
        let (old, new) = (self.tree_of(before)?, self.tree_of(after)?);
        changes_between(self.git()?, Some(&old), &new).map_err(failed)
    }
}

/// Every file that differs between two trees, by its path; without a tree before, all are new.
pub(super) fn changes_between(
    repository: &Repository,
    before: Option<&git2::Tree<'_>>,
    after: &git2::Tree<'_>,
) -> Result<Vec<FileChange>, git2::Error> {
    let mut options = DiffOptions::new();
    options.ignore_submodules(true);
    let diff = repository.diff_tree_to_tree(before, Some(after), Some(&mut options))?;
    let mut found = Vec::new();
    for delta in diff.deltas() {
        let path = delta.new_file().path().or_else(|| delta.old_file().path());
        let Some(path) = path.map(|path| path.to_string_lossy().into_owned()) else { continue };
        let is_there = (delta.status() != Delta::Added, delta.status() != Delta::Deleted);
        let before = side(repository, delta.old_file().id(), is_there.0);
        let after = side(repository, delta.new_file().id(), is_there.1);
        let is_text = before.is_ok() && after.is_ok();
        let bytes = |side: Result<Option<Vec<u8>>, ()>| side.unwrap_or_else(|()| Some(Vec::new()));
        found.push(FileChange { path, before: bytes(before), after: bytes(after), is_text });
    }
    Ok(found)
}

/// The bytes of a text; none where there is no file. An error: it is not text, or too large.
fn side(repository: &Repository, id: Oid, is_there: bool) -> Result<Option<Vec<u8>>, ()> {
    if !is_there {
        return Ok(None);
    }
    let (size, kind) = repository.odb().and_then(|store| store.read_header(id)).map_err(drop)?;
    if kind != ObjectType::Blob || size > LARGEST {
        return Err(());
    }
    let bytes = repository.find_blob(id).map_err(drop)?.content().to_vec();
    if bytes.contains(&0) { Err(()) } else { Ok(Some(bytes)) }
}
