//! What a commit is made of, without a work tree: blobs and trees beside those that are there, and references of ours that keep them.
//!
//! Of a checkout nothing is touched that its user sees: no file, not the index, no branch, not `HEAD`. Objects are added to its store, as
//! every `git add` does. The commit itself is made by the user's own git (`programs`), which knows who they are and how they sign.

use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::{LockReason, Locked};
use fluxdeck_model::render::tree::join;
use git2::build::TreeUpdateBuilder;
use git2::{ErrorCode, FileMode, ObjectType, Oid, Repository, Tree, TreeEntry};

use super::checkout::Checkout;

/// Where references of ours are: outside of what `git branch`, `git tag`, and a fetch or push without arguments look at.
const OURS: &str = "refs/fluxdeck/";

/// A file that a commit changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub path: String,
    pub content: Content,
}

/// The new content, or its removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is there, and keeps its mode.
    Changed(Vec<u8>),
    /// It is not there.
    New {
        bytes: Vec<u8>,
        is_executable: bool,
    },
    Removed,
}

impl Checkout {
    /// The tree of a commit with other files in it; none where nothing would be another. What is read elsewhere is not lost: objects are only
    /// ever added.
    ///
    /// # Errors
    /// No such commit; a link or a submodule on the way; a file that should be there and is not, or the other way round; a full disk.
    pub fn write_tree(&self, base: &str, files: &[Written]) -> Result<Option<String>> {
        let repository = self.git()?;
        let before = self.tree_of(base)?;
        let mut changes = TreeUpdateBuilder::new();
        for Written { path, content } in files {
            let mode = mode(repository, &before, path)?;
            let missing = || Error::failed(format!("`{}` is not there in {base}", sanitise(path)), "survey the change again");
            match content {
                Content::Changed(bytes) => {
                    changes.upsert(path.as_str(), blob(repository, bytes)?, mode.ok_or_else(missing)?);
                }
                Content::New { .. } if mode.is_some() => {
                    return Err(Error::failed(format!("`{}` is there in {base}", sanitise(path)), "survey the change again"));
                }
                Content::New { bytes, is_executable } => {
                    let mode = if *is_executable { FileMode::BlobExecutable } else { FileMode::Blob };
                    changes.upsert(path.as_str(), blob(repository, bytes)?, mode);
                }
                Content::Removed => {
                    mode.ok_or_else(missing)?;
                    changes.remove(path.as_str());
                }
            }
        }
        let after = changes.create_updated(repository, &before).map_err(|error| unwritten(&error))?;
        Ok((after != before.id()).then(|| after.to_string()))
    }

    /// Keeps a commit from git's housekeeping, under a name of ours, until it is let go.
    ///
    /// # Errors
    /// No such commit, or the reference cannot be written.
    pub fn pin(&self, name: &str, commit: &str) -> Result<()> {
        let (repository, reference) = (self.git()?, ours(name)?);
        let id = Oid::from_str(commit).and_then(|id| repository.find_commit(id)).map_err(|error| unwritten(&error))?.id();
        repository.reference(&reference, id, true, "fluxdeck").map(drop).map_err(|error| unwritten(&error))
    }

    /// What is kept under a name of ours.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn pinned(&self, name: &str) -> Result<Option<String>> {
        match self.git()?.refname_to_id(&ours(name)?) {
            Ok(id) => Ok(Some(id.to_string())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(unwritten(&error)),
        }
    }

    /// Lets go of what is kept under a name of ours, if anything is.
    ///
    /// # Errors
    /// The reference cannot be removed.
    pub fn unpin(&self, name: &str) -> Result<()> {
        let found = match self.git()?.find_reference(&ours(name)?) {
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(()),
            found => found,
        };
        found.and_then(|mut reference| reference.delete()).map_err(|error| unwritten(&error))
    }
}

fn ours(name: &str) -> Result<String> {
    let reference = format!("{OURS}{name}");
    let is_one = git2::Reference::is_valid_name(&reference);
    is_one.then_some(reference).ok_or_else(|| Error::failed(format!("`{}` is not a name for a reference", sanitise(name)), ""))
}

/// The mode of a file in a tree; none where there is nothing. Everything but a plain file, and a way that is not of plain folders, is locked.
fn mode(repository: &Repository, tree: &Tree<'_>, path: &str) -> Result<Option<FileMode>> {
    let locked = |why| Err(Locked { path: path.to_owned(), why }.into());
    if path.is_empty() || join("", path).is_none_or(|joined| joined != path) {
        return locked(LockReason::Outside);
    }
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for at in ends.map(|end| &path[..end]) {
        let Some(entry) = entry(tree, at)? else { return Ok(None) };
        let is_last = at.len() == path.len();
        match (entry.kind(), entry.filemode()) {
            (Some(ObjectType::Tree), _) if !is_last => {}
            (Some(ObjectType::Blob), mode) if is_last && mode == i32::from(FileMode::BlobExecutable) => {
                return Ok(Some(FileMode::BlobExecutable));
            }
            (Some(ObjectType::Blob), mode) if mode == i32::from(FileMode::Link) => {
                let target = repository.find_blob(entry.id()).map_or_else(|_| Vec::new(), |blob| blob.content().to_vec());
                return locked(LockReason::Link { at: at.to_owned(), target: String::from_utf8_lossy(&target).into_owned() });
            }
            (Some(ObjectType::Blob), _) if is_last => return Ok(Some(FileMode::Blob)),
            (Some(ObjectType::Commit), _) => return locked(LockReason::Submodule { at: at.to_owned() }),
            _ => {
                let what = if is_last { "a folder, not a file" } else { "a file, not a folder" };
                return Err(Error::failed(format!("`{}` is {what}", sanitise(at)), "name a file"));
            }
        }
    }
    Ok(None)
}

fn entry(tree: &Tree<'_>, path: &str) -> Result<Option<TreeEntry<'static>>> {
    match tree.get_path(path.as_ref()) {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(unwritten(&error)),
    }
}

fn blob(repository: &Repository, bytes: &[u8]) -> Result<Oid> {
    // as it is: filters of the work tree are not asked
    repository.blob(bytes).map_err(|error| unwritten(&error))
}

fn unwritten(error: &git2::Error) -> Error {
    let message = format!("git cannot write into the repository: {}", sanitise(error.message()));
    Error::failed(message, "is the disk full, or the repository somebody else's?")
}
