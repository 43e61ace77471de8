//! What is kept of remote resources: files by their URL and their digest, repositories as bare clones.
//!
//! ```text
//!  remotes/NAME-MARK/current      the digest of the file that was answered last
//!  remotes/NAME-MARK/DIGEST       that file
//!  repositories/NAME-MARK.git     a clone, with a reference of ours for each branch, tag and commit that was asked for
//! ```

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::Answer;
use crate::files::{REAL, names};
use crate::git;
use fluxdeck_model::render::node::Text;
use fluxdeck_model::render::remote::{RemoteAddress, RemoteAnswer, RemoteAsk, Revision, SharedTree, digest};

/// The file that names the digest.
const CURRENT: &str = "current";

/// The cache directory.
pub(super) struct Cache(pub PathBuf);

impl Cache {
    /// What is here already.
    pub fn answer(&self, ask: &RemoteAsk) -> Option<Answer> {
        match ask {
            RemoteAsk::Web(url) => {
                let bytes = self.file(url)?;
                Some(Answer::File(url.clone(), found(url, bytes)))
            }
            RemoteAsk::Repository { url, reference } => {
                Some(Answer::Repository(url.clone(), reference.clone(), self.repository(url, reference)?))
            }
        }
    }

    fn folder(&self, url: &str) -> PathBuf {
        self.0.join("remotes").join(git::name_of(url))
    }

    /// A file that is whole: its digest is the one that it is kept under.
    fn file(&self, url: &str) -> Option<Arc<[u8]>> {
        let folder = self.folder(url);
        let name = String::from_utf8(REAL.read(&folder.join(CURRENT)).ok()?).ok()?;
        let is_digest = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = is_digest.then(|| REAL.read(&folder.join(&name)).ok()).flatten()?;
        (*digest(&bytes) == *name).then(|| bytes.into())
    }

    /// Keeps a file in place of what was answered before.
    ///
    /// # Errors
    /// The disk.
    pub fn keep(&self, url: &Text, bytes: Vec<u8>) -> io::Result<RemoteAnswer<Arc<[u8]>>> {
        let (folder, name) = (self.folder(url), digest(&bytes));
        REAL.make_dir(&folder)?;
        REAL.replace(&folder.join(&*name), &bytes)?;
        REAL.replace(&folder.join(CURRENT), name.as_bytes())?;
        let is_old = |other: &String| other.len() == 64 && **other != *name;
        for other in names(REAL, &folder)?.into_iter().filter(is_old) {
            // one that stays takes room, and nothing else
            let _ = REAL.remove(&folder.join(other));
        }
        Ok(found(url, bytes.into()))
    }

    /// The clone of a repository.
    pub fn clone_of(&self, url: &str) -> PathBuf {
        git::clone_of(&self.0, url)
    }

    /// What its clone has.
    pub fn repository(&self, url: &str, reference: &str) -> Option<RemoteAnswer<SharedTree>> {
        let (commit, moves) = git::kept(&self.clone_of(url), reference).ok().flatten()?;
        let revision = Revision { digest: commit.id.as_str().into(), moves };
        Some(RemoteAnswer::Found(Arc::new(commit), revision))
    }
}

fn found(url: &Text, bytes: Arc<[u8]>) -> RemoteAnswer<Arc<[u8]>> {
    let moves = RemoteAddress::parse(url).is_none_or(|address| address.moves());
    let revision = Revision { digest: digest(&bytes), moves };
    RemoteAnswer::Found(bytes, revision)
}
