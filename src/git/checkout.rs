//! Finding a checkout, and a commit in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::tree::Tree;
use git2::{ErrorCode, Repository, RepositoryOpenFlags, StatusOptions};

use super::commit::Commit;
use super::folder::Folder;

/// A folder with a repository's files: a git work tree, a bare repository, or a plain folder.
pub struct Checkout {
    root: PathBuf,
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
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            return Err(Error::usage(format!("{} is not a folder", folder.display()), "name a checkout: --repo DIR"));
        }
        let folder = folder.canonicalize().map_err(|error| Error::failed(format!("{}: {error}", folder.display()), ""))?;
        let flags = RepositoryOpenFlags::NO_SEARCH;
        match Repository::open_ext(&folder, flags, std::iter::empty::<&Path>()) {
            Ok(repository) => Ok(Self { root: folder, repository: Some(repository) }),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(Self { root: folder, repository: None }),
            Err(error) => Err(refused(&folder, &error)),
        }
    }

    /// The work tree around a folder.
    ///
    /// # Errors
    /// There is none.
    pub fn around(folder: &Path) -> Result<Self> {
        let repository = Repository::discover(folder).map_err(|error| match error.code() {
            ErrorCode::NotFound => {
                Error::usage(format!("{} is in no git work tree", folder.display()), "go into one, or name a folder: --repo DIR")
            }
            _ => refused(folder, &error),
        })?;
        let root = repository.workdir().unwrap_or_else(|| repository.path()).to_owned();
        Ok(Self { root, repository: Some(repository) })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    fn git(&self) -> Result<&Repository> {
        self.repository.as_ref().ok_or_else(|| {
            let hint = "leave out what names a revision, or name a git checkout: --repo DIR";
            Error::usage(format!("{} is not a git repository", self.root.display()), hint)
        })
    }

    /// The files of a revision, or as they lie in the work tree without what git ignores.
    ///
    /// # Errors
    /// There is no such revision, or no work tree.
    pub fn view(&self, revision: Option<&str>) -> Result<View<'_>> {
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
    pub fn commit(&self, revision: &str) -> Result<String> {
        let object = self.git()?.revparse_single(revision).map_err(|error| unknown(revision, &error))?;
        Ok(object.peel_to_commit().map_err(|error| unknown(revision, &error))?.id().to_string())
    }

    pub(super) fn tree_of(&self, revision: &str) -> Result<git2::Tree<'_>> {
        let object = self.git()?.revparse_single(revision).map_err(|error| unknown(revision, &error))?;
        object.peel_to_tree().map_err(|error| unknown(revision, &error))
    }

    /// Whether it is a clone of the repository at a URL, however that is reached.
    pub fn is_of(&self, url: &str) -> bool {
        let wished = repository(url);
        self.remotes().iter().any(|remote| repository(remote) == wished)
    }

    /// Whether it holds a commit, by its whole id.
    pub fn has(&self, commit: &str) -> bool {
        let found = |repository: &Repository| git2::Oid::from_str(commit).is_ok_and(|id| repository.find_commit(id).is_ok());
        self.repository.as_ref().is_some_and(found)
    }

    /// Where a file of the repository lies in the work tree; none in a bare repository, and where a link leads out.
    pub fn on_disk(&self, path: &str) -> Option<PathBuf> {
        let root = self.repository.as_ref()?.workdir()?.canonicalize().ok()?;
        let file = root.join(path).canonicalize().ok()?;
        (file.starts_with(&root) && file.is_file()).then_some(file)
    }

    /// Whether a file of the work tree is just that.
    pub fn holds(&self, path: &str, bytes: &[u8]) -> bool {
        self.on_disk(path).is_some_and(|file| std::fs::read(file).is_ok_and(|there| there == bytes))
    }

    /// The URLs of its remotes.
    pub fn remotes(&self) -> Vec<String> {
        let Some(repository) = &self.repository else { return Vec::new() };
        let Ok(names) = repository.remotes() else { return Vec::new() };
        let url = |name: &str| Some(repository.find_remote(name).ok()?.url().ok()?.to_owned());
        names.iter().flatten().flatten().filter_map(url).collect()
    }
}

/// What of a URL names the repository: not how it is reached, nor as whom.
fn repository(url: &str) -> String {
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

fn unknown(revision: &str, error: &git2::Error) -> Error {
    let hint = "name a branch, a tag or a commit of this clone; a shallow clone has few (`git fetch --unshallow`)";
    Error::usage(format!("there is no revision `{revision}` here: {}", error.message()), hint)
}

fn refused(folder: &Path, error: &git2::Error) -> Error {
    let hint = match error.code() {
        ErrorCode::Owner => "it belongs to another user: `git config --global --add safe.directory DIR` if you trust it",
        _ if error.message().contains("extension") => {
            "this repository uses what libgit2 cannot read: clone it without --filter and reftable"
        }
        _ => "",
    };
    Error::failed(format!("git cannot open {}: {}", folder.display(), error.message()), hint)
}
