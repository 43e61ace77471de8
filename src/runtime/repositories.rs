//! Where the content of git repositories is: checkouts of the user's, clones in the cache, the demo's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::demo::Company;
use crate::git::{self, Checkout};
use crate::programs;
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::Commit;

/// Finds repositories by URL and commit.
#[derive(Clone, Default)]
pub struct Repositories {
    /// Checkouts, known by their remotes; the first that has the commit is taken.
    pub folders: Vec<PathBuf>,
    /// Where repositories are kept that no checkout has; none keeps and fetches nothing.
    pub cache: Option<PathBuf>,
    /// The demo's are opened where they are; set by [`super::Options::repositories`].
    pub(super) company: Option<Arc<Company>>,
    /// One fetch after the other.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
}

impl Repositories {
    pub fn of(folders: Vec<PathBuf>, cache: Option<PathBuf>) -> Self {
        Self { folders, cache, ..Self::default() }
    }

    /// The folder of a repository that has a commit. `fetches`: one that is nowhere here is fetched.
    ///
    /// # Errors
    /// It is nowhere, or cannot be fetched.
    pub async fn find(&self, at: &Commit, fetches: bool) -> Result<PathBuf> {
        if let Some(path) = self.company.as_ref().and_then(|company| company.repository(&at.url)) {
            return Ok(path);
        }
        let (this, wished) = (self.clone(), at.clone());
        if let Some(path) = blocking(move || Ok(this.local(&wished))).await? {
            return Ok(path);
        }
        let cache = self.cache.as_ref().filter(|_| fetches).ok_or_else(|| self.nowhere(at))?;
        let _turn = self.turn.lock().await;
        let path = git::clone_of(cache, &at.url);
        let made = path.clone();
        blocking(move || git::make_clone(&made)).await?;
        programs::fetch(&path, &at.url, &at.id).await?;
        let (opened, id) = (path.clone(), at.id.clone());
        match blocking(move || Ok(has(&opened, &id))).await? {
            true => Ok(path),
            false => Err(Error::failed(
                format!("{} has no commit {}", shown(at), at.short()),
                "it was applied, and is gone from its branches since",
            )),
        }
    }

    /// What is here already.
    fn local(&self, at: &Commit) -> Option<PathBuf> {
        let is_it =
            |folder: &&PathBuf| Checkout::around(folder).is_ok_and(|checkout| checkout.is_of(&at.url) && checkout.has(&at.id));
        let clone = || self.cache.as_ref().map(|cache| git::clone_of(cache, &at.url)).filter(|path| has(path, &at.id));
        self.folders.iter().find(is_it).cloned().or_else(clone)
    }

    fn nowhere(&self, at: &Commit) -> Error {
        let hint = match self.cache {
            Some(_) => "it is fetched when you ask: o in the details, or `:drift`",
            None => "name a checkout of it that has the commit: `repos` in config.toml, or --repo DIR",
        };
        Error::failed(format!("no checkout here has {} of {}", at.short(), shown(at)), hint)
    }
}

/// The URL without passwords.
fn shown(at: &Commit) -> String {
    sanitise(&redact(&at.url)).into_owned()
}

fn has(path: &Path, commit: &str) -> bool {
    path.is_dir() && Checkout::open(path).is_ok_and(|checkout| checkout.has(commit))
}

/// Does what reads files, beside everything else.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let broken = |error: tokio::task::JoinError| Error::failed(format!("reading git broke down: {error}"), "");
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}
