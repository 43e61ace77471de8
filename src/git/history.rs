//! The history of paths: which commits, between two revisions or up to one, touched them, and what each of them changed.
//!
//! A change that came by a merge is of the commit that was merged; a merge itself counts only where it changed something that none of its
//! parents has. Where the history here ends early, as in a shallow clone, that is a part of the answer.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::path::Path;

use fluxdeck_model::domain::{CommitNote, HistoryEnd, PullMark, RawCommit};
use git2::{Commit, DiffOptions, Oid, Repository, Tree};

use super::checkout::Checkout;
use super::failure::Failure;
use super::merged::{FileChange, changes_between};

/// Commits that are looked at for one answer; older ones are left out, and the answer says so.
const MOST_LOOKED_AT: usize = 5_000;

/// The part of a history that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Commits of this revision are left out; none: as far back as it goes.
    pub since: Option<String>,
    pub upto: String,
    /// Files, and folders with all below them, of which a commit has to change one; none: every commit counts.
    pub paths: Vec<String>,
    /// At most so many commits.
    pub most: usize,
}

/// The commits of a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The newest first.
    pub commits: Vec<CommitNote>,
    /// Why it ends with its oldest commit.
    pub end: HistoryEnd,
}

impl Checkout {
    /// The commits of a stretch. Costs a comparison of two trees for each commit that is looked at.
    ///
    /// # Errors
    /// `upto` is not here; a repository that cannot be read.
    pub fn history(&self, stretch: &Stretch) -> Result<History, Failure> {
        let upto = self.commit(&stretch.upto)?;
        let since = stretch.since.as_deref().map(|since| self.commit(since));
        let failed = |source| Failure::Uncompared { since: stretch.upto.clone(), source };
        let id = |text: &str| Oid::from_str(text).map_err(failed);
        let repository = self.git()?;
        let upto = id(&upto)?;
        let known = since.as_ref().and_then(|since| since.as_ref().ok()).map(|since| id(since)).transpose()?;
        let mut walk = Walk::new(repository, shallow(repository));
        walk.push(upto, false).map_err(failed)?;
        if let Some(since) = known {
            walk.push(since, true).map_err(failed)?;
        }
        let since = stretch.since.is_some().then_some(known);
        walk.collect(upto, since, stretch).map_err(failed)
    }

    /// One commit, by any name of it.
    ///
    /// # Errors
    /// There is none.
    pub fn note(&self, revision: &str) -> Result<CommitNote, Failure> {
        let failed = |source| Failure::Uncompared { since: revision.to_owned(), source };
        let id = Oid::from_str(&self.commit(revision)?).map_err(failed)?;
        Ok(note(&self.git()?.find_commit(id).map_err(failed)?))
    }

    /// The files that one commit changed: of a merge, what it brought to its first parent. None where that is not here, as at the end of a
    /// shallow clone.
    ///
    /// # Errors
    /// There is no such commit.
    pub fn commit_changes(&self, revision: &str) -> Result<Option<Vec<FileChange>>, Failure> {
        let failed = |source| Failure::Uncompared { since: revision.to_owned(), source };
        let repository = self.git()?;
        let id = Oid::from_str(&self.commit(revision)?).map_err(failed)?;
        let commit = repository.find_commit(id).map_err(failed)?;
        let before = match parents(&commit).first() {
            None => None,
            Some(parent) => match repository.find_commit(*parent) {
                Ok(parent) if !shallow(repository).contains(&id) => Some(parent.tree().map_err(failed)?),
                _ => return Ok(None),
            },
        };
        let after = commit.tree().map_err(failed)?;
        changes_between(repository, before.as_ref(), &after).map(Some).map_err(failed)
    }
}

/// The parents that a commit names. libgit2 leaves out those that a shallow clone does not have, also once they were fetched.
fn parents(commit: &Commit<'_>) -> Vec<Oid> {
    let header = commit.raw_header_bytes();
    let lines = header.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line.strip_prefix(b"parent ")?).ok());
    lines.filter_map(|id| Oid::from_str(id).ok()).collect()
}

/// The commits at which a shallow clone ends (gitrepository-layout(5), `shallow`).
fn shallow(repository: &Repository) -> BTreeSet<Oid> {
    let text = std::fs::read_to_string(repository.commondir().join("shallow")).unwrap_or_default();
    text.lines().filter_map(|line| Oid::from_str(line.trim()).ok()).collect()
}

fn note(commit: &Commit<'_>) -> CommitNote {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let author = commit.author();
    CommitNote::new(&RawCommit {
        id: commit.id().to_string(),
        author: text(author.name_bytes()),
        address: text(author.email_bytes()),
        seconds: author.when().seconds(),
        message: text(commit.message_bytes()),
        parents: parents(commit).iter().map(ToString::to_string).collect(),
    })
}

/// A walk from the newest commit on, as git walks: by the time of the commits, and a child before its parents.
struct Walk<'r> {
    repository: &'r Repository,
    shallow: BTreeSet<Oid>,
    /// By time, then in the order in which they were found.
    waiting: BinaryHeap<(i64, std::cmp::Reverse<usize>, Oid)>,
    /// Whether a commit is left out, for all that were found.
    found: BTreeMap<Oid, bool>,
    /// How many of those that wait are not left out.
    open: usize,
    order: usize,
}

impl<'r> Walk<'r> {
    fn new(repository: &'r Repository, shallow: BTreeSet<Oid>) -> Self {
        Self { repository, shallow, waiting: BinaryHeap::new(), found: BTreeMap::new(), open: 0, order: 0 }
    }

    /// Finds a commit; whether it is left out, like all of its history.
    fn push(&mut self, id: Oid, is_out: bool) -> Result<(), git2::Error> {
        match self.found.get(&id).copied() {
            Some(was_out) if was_out || !is_out => return Ok(()),
            Some(_) => self.open = self.open.saturating_sub(usize::from(self.is_waiting(id))),
            None => {}
        }
        let time = self.repository.find_commit(id)?.time().seconds();
        self.found.insert(id, is_out);
        self.open += usize::from(!is_out);
        self.order += 1;
        self.waiting.push((time, std::cmp::Reverse(self.order), id));
        Ok(())
    }

    fn is_waiting(&self, id: Oid) -> bool {
        self.waiting.iter().any(|(_, _, waiting)| *waiting == id)
    }

    /// `since`: what was asked for, and is here.
    fn collect(mut self, upto: Oid, since: Option<Option<Oid>>, stretch: &Stretch) -> Result<History, git2::Error> {
        let paths: BTreeSet<&str> = stretch.paths.iter().map(|path| path.trim_matches('/')).collect();
        let mut marks = Marks::new(upto);
        let mut taken: Vec<(Oid, CommitNote)> = Vec::new();
        let (mut end, mut looked_at) = (HistoryEnd::Whole, 0);
        let mut is_reached = since.is_none_or(|since| since == Some(upto));
        while self.open > 0 {
            let Some((_, _, id)) = self.waiting.pop() else { break };
            let is_out = self.found[&id];
            let commit = self.repository.find_commit(id)?;
            let above = parents(&commit);
            if is_out {
                // what is not here leaves out nothing that is
                above.iter().for_each(|parent| drop(self.push(*parent, true)));
                continue;
            }
            self.open -= 1;
            looked_at += 1;
            let own = note(&commit);
            let pull = marks.pass(id, &above, own.pull);
            is_reached |= above.iter().any(|parent| since == Some(Some(*parent)));
            if self.shallow.contains(&id) || above.iter().any(|parent| self.repository.find_commit(*parent).is_err()) {
                end = HistoryEnd::Shallow(own.at);
                continue;
            }
            for parent in &above {
                self.push(*parent, false)?;
            }
            let is_meant = if paths.is_empty() { !own.is_merge() } else { touches(self.repository, &commit, &above, &paths)? };
            if !is_meant {
                continue;
            }
            if taken.len() >= stretch.most || looked_at > MOST_LOOKED_AT {
                end = HistoryEnd::More;
                break;
            }
            taken.push((id, CommitNote { pull, ..own }));
        }
        if end == HistoryEnd::Whole && !is_reached {
            end = HistoryEnd::Apart;
        }
        // clocks that differ show only afterwards what is left out
        let commits = taken.into_iter().filter(|(id, _)| !self.found[id]).map(|(_, note)| note).collect();
        Ok(History { commits, end })
    }
}

/// By which pull request commits came, from the merges above them.
struct Marks {
    /// First parents of the newest commit: what comes there came by itself.
    main: BTreeSet<Oid>,
    brought: BTreeMap<Oid, PullMark>,
}

impl Marks {
    fn new(upto: Oid) -> Self {
        Self { main: [upto].into(), brought: BTreeMap::new() }
    }

    /// The pull request of a commit, whose own message names `own`; passes it to its parents.
    fn pass(&mut self, commit: Oid, parents: &[Oid], own: Option<PullMark>) -> Option<PullMark> {
        let is_main = self.main.contains(&commit);
        let brought = self.brought.get(&commit).copied().filter(|_| !is_main);
        for (at, parent) in parents.iter().enumerate() {
            if at == 0 && is_main {
                self.main.insert(*parent);
            } else if let Some(mark) = if at > 0 { own.or(brought) } else { brought } {
                self.brought.entry(*parent).or_insert(mark);
            }
        }
        own.or(brought)
    }
}

/// Whether a commit changed one of the paths. A merge did where a file is as none of its parents has it, and git would not have merged it so.
fn touches(repository: &Repository, commit: &Commit<'_>, parents: &[Oid], paths: &BTreeSet<&str>) -> Result<bool, git2::Error> {
    let tree = commit.tree()?;
    let Some(first) = parents.first() else { return Ok(!changed(repository, None, &tree, paths)?.is_empty()) };
    let first = repository.find_commit(*first)?;
    let mut found = changed(repository, Some(&first.tree()?), &tree, paths)?;
    for parent in parents.iter().skip(1) {
        if found.is_empty() {
            return Ok(false);
        }
        let other = changed(repository, Some(&repository.find_commit(*parent)?.tree()?), &tree, paths)?;
        found.retain(|path| other.contains(path));
    }
    if parents.len() != 2 || found.is_empty() {
        return Ok(!found.is_empty());
    }
    let Ok(merged) = repository.merge_commits(&first, &repository.find_commit(parents[1])?, None) else { return Ok(true) };
    let is_same = |path: &String| {
        let here = tree.get_path(Path::new(path)).ok().map(|entry| entry.id());
        here == merged.get_path(Path::new(path), 0).map(|entry| entry.id)
    };
    Ok(!found.iter().all(is_same))
}

/// Those of the paths' files that differ between two trees.
fn changed(
    repository: &Repository,
    before: Option<&Tree<'_>>,
    after: &Tree<'_>,
    paths: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, git2::Error> {
    if before.is_some_and(|before| before.id() == after.id()) {
        return Ok(BTreeSet::new());
    }
    let mut options = DiffOptions::new();
    options.ignore_submodules(true).include_typechange(true);
    let diff = repository.diff_tree_to_tree(before, Some(after), Some(&mut options))?;
    let files = diff.deltas().filter_map(|delta| {
        let path = delta.new_file().path().or_else(|| delta.old_file().path())?;
        Some(path.to_string_lossy().into_owned())
    });
    Ok(files.filter(|path| is_among(path, paths)).collect())
}

/// Whether a file, or a folder that it is below, is among the paths.
fn is_among(file: &str, paths: &BTreeSet<&str>) -> bool {
    let folders = file.match_indices('/').map(|(at, _)| &file[..at]);
    paths.contains("") || paths.contains(".") || folders.chain([file]).any(|path| paths.contains(path))
}
