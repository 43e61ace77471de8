//! Where the content of git repositories is: checkouts of the user's, clones in the cache, the demo's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::changes::Kept;
use super::remotes::RemoteStore;
use crate::demo::Company;
use crate::files::Disk;
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
    /// What is known of remote resources.
    pub remotes: RemoteStore,
    /// The demo's are opened where they are; set by [`super::Options::repositories`].
    pub(super) company: Option<Arc<Company>>,
    /// One fetch after the other.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    /// What users say of the sources of artifacts; set by [`super::Options::repositories`].
    pub(super) said: Option<Kept>,
    /// What could not be fetched in this run, by URL, or by URL and commit: it is not tried for every Kustomization again.
    pub(super) refused: Option<Arc<tokio::sync::Mutex<BTreeMap<String, Error>>>>,
}

impl Repositories {
    /// For one comparison of many Kustomizations: what cannot be fetched is asked for once.
    #[must_use]
    pub fn for_a_run(&self) -> Self {
        Self { refused: Some(Arc::default()), ..self.clone() }
    }

    pub fn of(folders: Vec<PathBuf>, cache: Option<PathBuf>) -> Self {
        Self { folders, cache, ..Self::default() }
    }

    /// The same, of these checkouts alone: nothing is fetched.
    #[must_use]
    pub fn only(self, folders: Vec<PathBuf>) -> Self {
        Self { folders, cache: None, company: None, ..self }
    }

    /// The same with what users say of the sources of artifacts, kept in a directory; without one, for the run.
    #[must_use]
    pub fn as_said(self, disk: Arc<dyn Disk>, dir: Option<PathBuf>) -> Self {
        Self { said: Some(Kept::new(disk, dir)), ..self }
    }

    /// The same, with what is known of remote resources.
    #[must_use]
    pub fn with_remotes(self, remotes: RemoteStore) -> Self {
        Self { remotes, ..self }
    }

    /// The folder of a repository that has a commit. `fetches`: one that is nowhere here is fetched.
    ///
    /// # Errors
    /// It is nowhere, or cannot be fetched.
    pub async fn find(&self, at: &Commit, fetches: bool) -> Result<PathBuf> {
        if let Some(company) = &self.company
            && let Some(path) = company.repository(&at.url)?
        {
            return Ok(path);
        }
        let (this, wanted) = (self.clone(), at.clone());
        if let Some(path) = blocking(move || Ok(this.local(&wanted))).await? {
            return Ok(path);
        }
        let cache = self.cache.as_ref().filter(|_| fetches).ok_or_else(|| self.nowhere(at))?;
        let _turn = self.turn.lock().await;
        let Some(refused) = &self.refused else { return Ok(fetched(cache, at).await?) };
        let mut refused = refused.lock().await;
        let commit = format!("{} {}", at.url, at.id);
        if let Some(error) = refused.get(&*at.url).or_else(|| refused.get(&commit)) {
            return Err(error.clone());
        }
        let fetched = fetched(cache, at).await;
        match &fetched {
            Err(Unfetched::Repository(error)) => drop(refused.insert(at.url.to_string(), error.clone())),
            Err(Unfetched::Commit(error)) => drop(refused.insert(commit, error.clone())),
            Ok(_) => {}
        }
        Ok(fetched?)
    }

    /// Fetches more of the history of a commit, where it is in a clone of ours. Returns whether it was.
    ///
    /// # Errors
    /// It cannot be fetched.
    pub(super) async fn deepen(&self, at: &Commit, depth: u32) -> Result<bool> {
        let Some(path) = self.cache.as_ref().map(|cache| git::clone_of(cache, &at.url)) else { return Ok(false) };
        let (this, wanted) = (self.clone(), at.clone());
        if self.company.is_some() || blocking(move || Ok(this.local(&wanted))).await?.as_ref() != Some(&path) {
            return Ok(false);
        }
        let _turn = self.turn.lock().await;
        let fetched = programs::fetch_history(&path, &at.url, &at.id, depth).await;
        fetched.map(|()| true).map_err(|failure| failure.error(&format!("git cannot fetch the history of {}", shown(at))))
    }

    /// What is here already: a checkout by its root, whichever folder of it is configured.
    fn local(&self, at: &Commit) -> Option<PathBuf> {
        let checkout = |folder: &PathBuf| {
            let checkout = Checkout::around(folder).ok()?;
            (checkout.is_of(&at.url) && checkout.has(&at.id)).then(|| checkout.root().to_owned())
        };
        let clone = || self.cache.as_ref().map(|cache| git::clone_of(cache, &at.url)).filter(|path| has(path, &at.id));
        self.folders.iter().find_map(checkout).or_else(clone)
    }

    fn nowhere(&self, at: &Commit) -> Error {
        let hint = match self.cache {
            Some(_) => "it is fetched when you ask: o in the details, or `:drift`",
            None => "name a checkout of it that has the commit: `repos` in config.toml, or --repo DIR",
        };
        Error::failed(format!("no checkout here has {} of {}", at.short(), shown(at)), hint)
    }
}

/// Why a commit could not be fetched.
enum Unfetched {
    /// None of the repository can be.
    Repository(Error),
    /// Another one may be.
    Commit(Error),
}

impl From<Unfetched> for Error {
    fn from(unfetched: Unfetched) -> Self {
        match unfetched {
            Unfetched::Repository(error) | Unfetched::Commit(error) => error,
        }
    }
}

/// Why another commit of it may, or may not, be had.
fn unfetched(at: &Commit, failure: &programs::Failure) -> Unfetched {
    let error = failure.error(&format!("git cannot fetch {}", shown(at)));
    let more = "name a checkout of it: `repos` in config.toml";
    let hint = if error.hint.is_empty() { more.to_owned() } else { format!("{}; or {more}", error.hint) };
    let error = Error { hint, ..error };
    if failure.is_of_repository() { Unfetched::Repository(error) } else { Unfetched::Commit(error) }
}

/// Fetches a commit into the cache.
async fn fetched(cache: &Path, at: &Commit) -> std::result::Result<PathBuf, Unfetched> {
    let path = git::clone_of(cache, &at.url);
    let made = path.clone();
    blocking(move || Ok(git::make_clone(&made)?)).await.map_err(Unfetched::Commit)?;
    programs::fetch(&path, &at.url, &at.id).await.map_err(|failure| unfetched(at, &failure))?;
    let (opened, id) = (path.clone(), at.id.clone());
    match blocking(move || Ok(has(&opened, &id))).await.map_err(Unfetched::Commit)? {
        true => Ok(path),
        false => Err(Unfetched::Commit(Error::failed(
            format!("{} has no commit {}", shown(at), at.short()),
            "it was applied, and is gone from its branches since",
        ))),
    }
}

/// The URL without passwords.
fn shown(at: &Commit) -> String {
    sanitise(&redact(&at.url)).into_owned()
}

fn has(path: &Path, commit: &str) -> bool {
    Checkout::open(path).is_ok_and(|checkout| checkout.has(commit))
}

/// Does what reads files, beside everything else.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let broken = |error: tokio::task::JoinError| Error::failed(format!("reading git broke down: {error}"), "");
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A forge that hangs up, and how often it was called.
    fn forge() -> (String, Arc<AtomicUsize>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let (url, calls) = (format!("http://{}/fleet", listener.local_addr().expect("bound")), Arc::new(AtomicUsize::new(0)));
        let counted = calls.clone();
        std::thread::Builder::new()
            .spawn(move || {
                for call in listener.incoming() {
                    counted.fetch_add(1, Ordering::Relaxed);
                    drop(call);
                }
            })
            .expect("a thread");
        (url, calls)
    }

    #[tokio::test]
    async fn what_cannot_be_fetched_is_asked_for_once_in_a_run() {
        let (cache, (url, calls)) = (tempfile::tempdir().expect("a folder"), forge());
        let all = Repositories::of(Vec::new(), Some(cache.path().to_owned()));
        let at = |id: &str| Commit { url: url.as_str().into(), id: id.into() };
        let (first, second) = (at(&"1".repeat(40)), at(&"2".repeat(40)));

        let run = all.for_a_run();
        let error = run.find(&first, true).await.expect_err("it hangs up");
        let before = calls.load(Ordering::Relaxed);
        assert!(before > 0 && error.message.contains("git cannot fetch"), "{error}");
        assert_eq!(run.find(&second, true).await, Err(error));
        assert_eq!(calls.load(Ordering::Relaxed), before, "another commit of it is not asked for");
        all.for_a_run().find(&first, true).await.expect_err("it hangs up");
        assert!(calls.load(Ordering::Relaxed) > before, "the next run asks again");
        let quiet = calls.load(Ordering::Relaxed);
        all.find(&first, false).await.expect_err("it is nowhere");
        assert_eq!(calls.load(Ordering::Relaxed), quiet, "fetching was not allowed");
    }
}
