//! Bringing one branch into another, by the three methods that GitHub offers, and the difference between two branches.

use git2::{Commit, Error, ErrorClass, ErrorCode, Oid, Repository, Signature, Time};
use jiff::Timestamp;

use super::super::content::OWNER;

/// How a pull request is merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::demo) enum Method {
    #[default]
    Merge,
    Squash,
    Rebase,
}

/// Whether a branch can be merged into a base, and is not already.
pub(in crate::demo) fn is_mergeable(repository: &Repository, base: Oid, head: Oid) -> bool {
    let merged = repository.find_commit(base).and_then(|base| {
        let head = repository.find_commit(head)?;
        repository.merge_commits(&base, &head, None)
    });
    merged.is_ok_and(|index| !index.has_conflicts())
}

/// Merges a commit into a branch, which moves. Returns where it then stands.
///
/// # Errors
/// A conflict, or a repository that cannot be written.
pub(in crate::demo) fn merge(
    repository: &Repository,
    branch: &str,
    head: Oid,
    method: Method,
    message: &str,
    now: Timestamp,
) -> Result<Oid, Error> {
    let name = format!("refs/heads/{branch}");
    let base = repository.find_reference(&name)?.peel_to_commit()?;
    let head = repository.find_commit(head)?;
    let who = signature(now)?;
    let merged = match method {
        Method::Merge => commit(repository, &base, &head, &[&base, &head], &who, message)?,
        Method::Squash => commit(repository, &base, &head, &[&base], &who, message)?,
        Method::Rebase => {
            let mut onto = base.id();
            for id in between(repository, base.id(), head.id())?.into_iter().rev() {
                let (picked, top) = (repository.find_commit(id)?, repository.find_commit(onto)?);
                let mut index = repository.cherrypick_commit(&picked, &top, 0, None)?;
                if index.has_conflicts() {
                    return Err(conflict());
                }
                let tree = repository.find_tree(index.write_tree_to(repository)?)?;
                let message = picked.message().unwrap_or_default();
                onto = repository.commit(None, &picked.author(), &who, message, &tree, &[&top])?;
            }
            onto
        }
    };
    // nobody may have pushed in between
    repository.reference_matching(&name, merged, true, base.id(), "merged")?;
    Ok(merged)
}

/// Commits that one branch has and the other has not, the youngest first.
pub(in crate::demo) fn between(repository: &Repository, base: Oid, head: Oid) -> Result<Vec<Oid>, Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
    walk.push(head)?;
    walk.hide(base)?;
    walk.collect()
}

fn commit(
    repository: &Repository,
    base: &Commit,
    head: &Commit,
    parents: &[&Commit],
    who: &Signature,
    message: &str,
) -> Result<Oid, Error> {
    let mut index = repository.merge_commits(base, head, None)?;
    if index.has_conflicts() {
        return Err(conflict());
    }
    let tree = repository.find_tree(index.write_tree_to(repository)?)?;
    // a squashed change stays that of who wrote it
    let author = if parents.len() == 1 { head.author() } else { who.to_owned() };
    repository.commit(None, &author, who, message, &tree, parents)
}

fn conflict() -> Error {
    Error::new(ErrorCode::MergeConflict, ErrorClass::Merge, "the branches changed the same lines")
}

fn signature(now: Timestamp) -> Result<Signature<'static>, Error> {
    Signature::new(OWNER, "ops@example.test", &Time::new(now.as_second(), 0))
}
