//! Why a repository cannot be opened, read or compared, with git2's own error as the source. It stays a value until the edge turns it into
//! words for people.

use std::path::PathBuf;

use fluxdeck_model::error::Error;

/// Why there is no checkout, no revision of it, or no comparison.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("{} is in no git work tree", .0.display())]
    NoWorkTree(PathBuf),
    /// A folder without git, where a revision was named.
    #[error("{} is not a git repository", .0.display())]
    NoRepository(PathBuf),
    /// No such branch, tag or commit.
    #[error("there is no revision `{revision}` here: {}", source.message())]
    NoRevision { revision: String, source: git2::Error },
    /// It belongs to another user, and git does not trust that one.
    #[error("git cannot open {}: {}", folder.display(), source.message())]
    OfAnother { folder: PathBuf, source: git2::Error },
    /// It is written in a way that libgit2 does not read.
    #[error("git cannot open {}: {}", folder.display(), source.message())]
    Extended { folder: PathBuf, source: git2::Error },
    #[error("git cannot open {}: {}", folder.display(), source.message())]
    Unopened { folder: PathBuf, source: git2::Error },
    #[error("git cannot compare with `{since}`: {}", source.message())]
    Uncompared { since: String, source: git2::Error },
    #[error("{}: {source}", folder.display())]
    Unreadable { folder: PathBuf, source: std::io::Error },
    /// There is no place for a clone.
    #[error("cannot make {}: {source}", folder.display())]
    Unmade { folder: PathBuf, source: std::io::Error },
    #[error("cannot make {}: {}", folder.display(), source.message())]
    Uninitialised { folder: PathBuf, source: git2::Error },
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let message = failure.to_string();
        match failure {
            Failure::NoFolder(_) => Self::usage(message, "name a checkout: --repo DIR"),
            Failure::NoWorkTree(_) => Self::usage(message, "go into one, or name a folder: --repo DIR"),
            Failure::NoRepository(_) => {
                Self::usage(message, "leave out what names a revision, or name a git checkout: --repo DIR")
            }
            Failure::NoRevision { .. } => Self::usage(
                message,
                "name a branch, a tag or a commit of this clone; a shallow clone has few (`git fetch --unshallow`)",
            ),
            Failure::OfAnother { .. } => Self::failed(
                message,
                "it belongs to another user: `git config --global --add safe.directory DIR` if you trust it",
            ),
            Failure::Extended { .. } => {
                Self::failed(message, "this repository uses what libgit2 cannot read: clone it without --filter and reftable")
            }
            Failure::Unmade { .. } | Failure::Uninitialised { .. } => {
                Self::failed(message, "is the disk full, or the cache somebody else's?")
            }
            Failure::Unopened { .. } | Failure::Uncompared { .. } | Failure::Unreadable { .. } => Self::failed(message, ""),
        }
    }
}
