//! Finding a checkout, and a commit in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fluxdeck_model::render::tree::Tree;
use git2::{ErrorCode, Repository, RepositoryOpenFlags, StatusOptions};

use super::attributes::Attributes;
use super::commit::Commit;
use super::failure::Failure;
use super::folder::Folder;

/// A folder with a repository's files: a git work tree, a bare repository, or a plain folder.
pub struct Checkout {
    pub(super) root: PathBuf,
    pub(super) repository: Option<Repository>,
}

/// One state of a checkout's files.
pub enum View<'c> {
    Disk(Folder),
    Commit(Commit<'c>),
}

impl View<'_> {
    pub fn tree(&self) -> &dyn Tree {
        match self {
            Self::Disk(folder) => folder,
            Self::Commit(commit) => commit,
        }
    }
}

impl Checkout {
    /// Opens the checkout at a folder. A folder that no git knows is taken as it is.
    ///
    /// # Errors
    /// There is no such folder, or git refuses it.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        if !folder.is_dir() {
            return Err(Failure::NoFolder(folder.to_owned()));
        }
        let unreadable = |source| Failure::Unreadable { folder: folder.to_owned(), source };
        let folder = folder.canonicalize().map_err(unreadable)?;
        let flags = RepositoryOpenFlags::NO_SEARCH;
        match Repository::open_ext(&folder, flags, std::iter::empty::<&Path>()) {
            Ok(repository) => Ok(Self { root: folder, repository: Some(repository) }),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(Self { root: folder, repository: None }),
            Err(error) => Err(refused(&folder, error)),
        }
    }

    /// The work tree around a folder.
    ///
    /// # Errors
    /// There is none.
    pub fn around(folder: &Path) -> Result<Self, Failure> {
        let repository = Repository::discover(folder).map_err(|error| match error.code() {
            ErrorCode::NotFound => Failure::NoWorkTree(folder.to_owned()),
            _ => refused(folder, error),
        })?;
        let root = repository.workdir().unwrap_or_else(|| repository.path()).to_owned();
        Ok(Self { root, repository: Some(repository) })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether git knows it.
    pub fn is_git(&self) -> bool {
        self.repository.is_some()
    }

    pub(super) fn git(&self) -> Result<&Repository, Failure> {
        self.repository.as_ref().ok_or_else(|| Failure::NoRepository(self.root.clone()))
    }

    /// The files of a revision, or those of the work tree without what git ignores.
    ///
    /// # Errors
    /// There is no such revision, or no work tree.
    pub fn view(&self, revision: Option<&str>) -> Result<View<'_>, Failure> {
        match (revision, &self.repository) {
            (None, Some(repository)) if repository.is_bare() => self.view(Some("HEAD")),
            (None, Some(repository)) => Ok(View::Disk(Folder::new(&self.root).without(ignored(repository)))),
            (None, None) => Ok(View::Disk(Folder::new(&self.root))),
            (Some(revision), _) => Ok(View::Commit(Commit::new(self.git()?, self.tree_of(revision)?.id()))),
        }
    }

    /// The id of the commit that a revision names.
    ///
    /// # Errors
    /// There is none.
    pub fn commit(&self, revision: &str) -> Result<String, Failure> {
        let object = self.git()?.revparse_single(revision).map_err(|error| unknown(revision, error))?;
        Ok(object.peel_to_commit().map_err(|error| unknown(revision, error))?.id().to_string())
    }

    pub(super) fn tree_of(&self, revision: &str) -> Result<git2::Tree<'_>, Failure> {
        let object = self.git()?.revparse_single(revision).map_err(|error| unknown(revision, error))?;
        object.peel_to_tree().map_err(|error| unknown(revision, error))
    }

    /// Whether it is a clone of the repository at a URL, however that is reached.
    pub fn is_of(&self, url: &str) -> bool {
        let wanted = repository(url);
        self.remotes().iter().any(|remote| repository(remote) == wanted)
    }

    /// Whether it holds a commit, by its whole id.
    pub fn has(&self, commit: &str) -> bool {
        let found = |repository: &Repository| git2::Oid::from_str(commit).is_ok_and(|id| repository.find_commit(id).is_ok());
        self.repository.as_ref().is_some_and(found)
    }

    /// The path of a repository file in the work tree; none in a bare repository, or if a link leads outside.
    pub fn on_disk(&self, path: &str) -> Option<PathBuf> {
        let root = self.repository.as_ref()?.workdir()?.canonicalize().ok()?;
        let file = root.join(path).canonicalize().ok()?;
        (file.starts_with(&root) && file.is_file()).then_some(file)
    }

    /// What git's attributes say outside of the files of a tree.
    pub fn attributes(&self) -> Attributes {
        Attributes::of(self.repository.as_ref())
    }

    /// Whether a file of the work tree has exactly these bytes.
    pub fn holds(&self, path: &str, bytes: &[u8]) -> bool {
        self.on_disk(path).is_some_and(|file| std::fs::read(file).is_ok_and(|there| there == bytes))
    }

    /// The URLs of its remotes.
    pub fn remotes(&self) -> Vec<String> {
        self.named_remotes().into_iter().map(|(_, url)| url).collect()
    }
}

impl Checkout {
    /// Its remotes, by name and URL.
    pub fn named_remotes(&self) -> Vec<(String, String)> {
        let Some(repository) = &self.repository else { return Vec::new() };
        let Ok(names) = repository.remotes() else { return Vec::new() };
        let url = |name: &str| Some((name.to_owned(), repository.find_remote(name).ok()?.url().ok()?.to_owned()));
        names.iter().flatten().flatten().filter_map(url).collect()
    }

    /// The branches of its remotes, without the remote's name, as they were when they were fetched last.
    pub fn remote_branches(&self) -> Vec<String> {
        let Some(repository) = &self.repository else { return Vec::new() };
        let Ok(branches) = repository.branches(Some(git2::BranchType::Remote)) else { return Vec::new() };
        let names = branches.flatten().filter_map(|(branch, _)| branch.name().ok().flatten().map(str::to_owned));
        names.filter_map(|name| name.split_once('/').map(|(_, name)| name.to_owned())).filter(|name| name != "HEAD").collect()
    }

    /// The name of the remote that leads to the repository at a URL, however that is reached.
    pub fn remote_to(&self, url: &str) -> Option<String> {
        let wanted = repository(url);
        self.named_remotes().into_iter().find(|(_, known)| repository(known) == wanted).map(|(name, _)| name)
    }

    /// Whether the last commits of a history, at most so many, are all signed off (git-commit(1), `--signoff`); merges do not count.
    pub fn signs_off(&self, commit: &str, most: usize) -> bool {
        let read = || -> std::result::Result<bool, git2::Error> {
            let Some(repository) = &self.repository else { return Ok(false) };
            let mut walk = repository.revwalk()?;
            walk.push(git2::Oid::from_str(commit)?)?;
            walk.simplify_first_parent()?;
            let commits = walk.flatten().filter_map(|id| repository.find_commit(id).ok()).filter(|one| one.parent_count() < 2);
            let mut all = commits.take(most).map(|one| {
                let message = String::from_utf8_lossy(one.message_bytes()).into_owned();
                message.lines().any(|line| line.starts_with("Signed-off-by: "))
            });
            Ok(all.next() == Some(true) && all.all(|is_signed| is_signed))
        };
        read().unwrap_or_default()
    }

    /// Whether one commit is in the history of another, itself included; none if the local history does not show it, as in a shallow clone.
    pub fn is_in(&self, ancestor: &str, commit: &str) -> Option<bool> {
        let repository = self.repository.as_ref()?;
        let (ancestor, commit) = (git2::Oid::from_str(ancestor).ok()?, git2::Oid::from_str(commit).ok()?);
        if ancestor == commit {
            return Some(true);
        }
        repository.find_commit(ancestor).ok()?;
        repository.find_commit(commit).ok()?;
        match repository.graph_descendant_of(commit, ancestor) {
            Ok(true) => Some(true),
            Ok(false) if repository.is_shallow() => None,
            Ok(false) => Some(false),
            Err(_) => None,
        }
    }

    /// Whether a commit has this tree, and this one parent. One that is not here has not.
    pub fn is_made_of(&self, commit: &str, tree: &str, parent: &str) -> bool {
        let found = |repository: &Repository| {
            let commit = repository.find_commit(git2::Oid::from_str(commit).ok()?).ok()?;
            let is_on = commit.parent_count() == 1 && commit.parent_id(0).ok()?.to_string() == parent;
            Some(is_on && commit.tree_id().to_string() == tree)
        };
        self.repository.as_ref().and_then(found).unwrap_or_default()
    }

    /// How many commits one commit has that another does not have; none if the local history does not show it.
    pub fn ahead(&self, commit: &str, of: &str) -> Option<usize> {
        let repository = self.repository.as_ref().filter(|repository| !repository.is_shallow())?;
        let (commit, of) = (git2::Oid::from_str(commit).ok()?, git2::Oid::from_str(of).ok()?);
        repository.graph_ahead_behind(commit, of).ok().map(|(ahead, _)| ahead)
    }

    /// Whether it has only a part of the history.
    pub fn is_shallow(&self) -> bool {
        self.repository.as_ref().is_some_and(Repository::is_shallow)
    }
}

/// The part of a URL that names the repository, without protocol and user.
pub fn repository(url: &str) -> String {
    let url = url.trim_end_matches('/').trim_end_matches(".git");
    let rest = url.split_once("://").map_or_else(|| url.replacen(':', "/", 1), |(_, rest)| rest.to_owned());
    rest.rsplit_once('@').map_or(rest.as_str(), |(_, rest)| rest).to_lowercase()
}

/// What git would not commit. Files that it has committed all the same are not among them.
fn ignored(repository: &Repository) -> BTreeSet<String> {
    let mut options = StatusOptions::new();
    options.include_ignored(true).include_untracked(false).recurse_ignored_dirs(false).exclude_submodules(true);
    let Ok(statuses) = repository.statuses(Some(&mut options)) else { return BTreeSet::new() };
    let found = statuses.iter().filter(|entry| entry.status().is_ignored());
    found.filter_map(|entry| Some(entry.path().ok()?.trim_end_matches('/').to_owned())).collect()
}

fn unknown(revision: &str, source: git2::Error) -> Failure {
    Failure::NoRevision { revision: revision.to_owned(), source }
}

fn refused(folder: &Path, source: git2::Error) -> Failure {
    let folder = folder.to_owned();
    match source.code() {
        ErrorCode::Owner => Failure::OfAnother { folder, source },
        _ if is_extended(&folder) => Failure::Extended { folder, source },
        _ => Failure::Unopened { folder, source },
    }
}

/// Whether the repository says that it is written in a way that not everybody reads (gitrepository-layout(5), `extensions.*`). libgit2 says
/// by a text alone that this is why it does not open it.
fn is_extended(folder: &Path) -> bool {
    let says = |file: &str| {
        let config = git2::Config::open(&folder.join(file)).ok()?;
        let mut entries = config.entries(Some("^extensions\\.")).ok()?;
        Some(entries.next().is_some_and(|entry| entry.is_ok()))
    };
    [".git/config", "config"].into_iter().any(|file| says(file).unwrap_or_default())
}
