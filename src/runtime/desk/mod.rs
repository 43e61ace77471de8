//! Git and rendering, beside the clusters: a thread for each repository that is asked for something, which owns its git and its builder and
//! hands out plain data.
//!
//! ```text
//!  screen, headless commands, changes ─→ Desk: where is the commit? ─→ Worker: the repository's thread, one question after the other
//!                                           │ checkouts, clones, fetch        └→ Bench: Checkout + Builder ─→ answer
//! ```
//! A question lives as long as a caller waits for its answer: one that is dropped before its turn (the view is gone, or has asked another
//! one since) is never worked on. What is kept warm is bounded in bytes; the repository that was not asked for the longest time goes whole.
//! No cluster is asked here: a caller that knows what a cluster has passes it in.

mod bench;
mod worker;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::changes::Kept;
use super::remotes::RemoteStore;
use super::repositories::Repositories;
use crate::git::Checkout;
use fluxdeck_model::domain::{ArtifactSource, Str};
use fluxdeck_model::error::Result;
use fluxdeck_model::insight::declared::Commit;

pub use bench::Bench;
pub use worker::Worker;
use worker::{Answer, Asked, Work};

/// How many bytes all repositories together may take that are kept warm.
const MOST: usize = 128 << 20;

/// Answers questions about commits, from whichever repository has them.
#[derive(Clone)]
pub struct Desk {
    repositories: Repositories,
    warm: Arc<Mutex<Warm>>,
}

/// The repositories that are kept.
struct Warm {
    most: usize,
    workers: BTreeMap<PathBuf, Worker>,
    /// Where a commit of a URL was found last.
    places: BTreeMap<Str, PathBuf>,
    /// Rises with every question.
    turn: u64,
}

impl Desk {
    pub fn of(repositories: Repositories) -> Self {
        Self::with(repositories, MOST)
    }

    /// `most`: how many bytes all repositories together may take that are kept.
    pub fn with(repositories: Repositories, most: usize) -> Self {
        let warm = Warm { most, workers: BTreeMap::new(), places: BTreeMap::new(), turn: 0 };
        Self { repositories, warm: Arc::new(Mutex::new(warm)) }
    }

    /// The same for one comparison of many Kustomizations: what cannot be fetched is asked for once.
    #[must_use]
    pub fn for_a_run(&self) -> Self {
        Self { repositories: self.repositories.for_a_run(), warm: Arc::clone(&self.warm) }
    }

    /// Where what users say of sources is kept.
    pub fn words(&self) -> Option<Kept> {
        self.repositories.said.clone()
    }

    /// What a person says of the source that fetches this.
    pub fn said(&self, key: &str) -> Option<ArtifactSource> {
        self.repositories.said.as_ref()?.said(key).map(|kept| kept.from)
    }

    /// Asks the repository that has a commit. `fetches`: one that is nowhere here is fetched. Who drops this gives the question up.
    ///
    /// # Errors
    /// The commit is nowhere, or cannot be fetched; what the answer says.
    pub async fn ask<T, W>(&self, at: &Commit, fetches: bool, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Bench) -> Result<T> + Send + 'static,
    {
        let mut work: Work<T> = Box::new(work);
        let known = self.warm().places.get(&at.url).cloned();
        if let Some(folder) = known {
            match self.put(&folder, Some(at), work).await? {
                Answer::Given(given) => return given,
                Answer::Elsewhere(back, _) => work = back,
            }
        }
        let folder = self.repositories.find(at, fetches).await?;
        self.warm().places.insert(at.url.clone(), folder.clone());
        match self.put(&folder, Some(at), work).await? {
            Answer::Given(given) => given,
            Answer::Elsewhere(_, why) => Err(why),
        }
    }

    /// Fetches more of the history of a commit, where it is in a clone of ours. Returns whether it was.
    ///
    /// # Errors
    /// It cannot be fetched.
    pub async fn deepen(&self, at: &Commit, depth: u32) -> Result<bool> {
        self.repositories.deepen(at, depth).await
    }

    /// Asks the repository in a folder, whatever it holds. Who drops this gives the question up.
    ///
    /// # Errors
    /// It is not there, or cannot be opened; what the answer says.
    pub async fn at<T, W>(&self, folder: &Path, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Bench) -> Result<T> + Send + 'static,
    {
        match self.put(folder, None, Box::new(work)).await? {
            Answer::Given(given) => given,
            Answer::Elsewhere(_, why) => Err(why),
        }
    }

    /// The folders of the repositories that are kept warm and about how many bytes each takes, the one that goes next first.
    pub fn kept(&self) -> Vec<(PathBuf, usize)> {
        let warm = self.warm();
        let mut all: Vec<_> = warm.workers.iter().collect();
        all.sort_by_key(|(_, worker)| worker.turn);
        all.into_iter().map(|(folder, worker)| (folder.clone(), worker.weight())).collect()
    }

    async fn put<T: Send + 'static>(&self, folder: &Path, at: Option<&Commit>, work: Work<T>) -> Result<Answer<T>> {
        let asked = self.warm().ask(folder, &self.repositories.remotes, at, work)?;
        let answer = asked.answer().await;
        let mut warm = self.warm();
        if answer.is_err() {
            // its thread has ended
            warm.workers.remove(folder);
        }
        warm.shed();
        answer
    }

    fn warm(&self) -> MutexGuard<'_, Warm> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Warm {
    fn ask<T: Send + 'static>(
        &mut self,
        folder: &Path,
        remotes: &RemoteStore,
        at: Option<&Commit>,
        work: Work<T>,
    ) -> Result<Asked<T>> {
        self.turn += 1;
        if !self.workers.contains_key(folder) {
            self.workers.insert(folder.to_owned(), Worker::start(folder, Checkout::around, remotes.clone())?);
        }
        let worker = self.workers.get_mut(folder).expect("it was started");
        worker.turn = self.turn;
        Ok(worker.ask(at.cloned(), work))
    }

    /// Lets go of whole repositories until the rest may stay. What they were asked before is answered yet.
    fn shed(&mut self) {
        while self.workers.values().map(Worker::weight).sum::<usize>() > self.most {
            let oldest = self.workers.iter().min_by_key(|(_, worker)| worker.turn).map(|(folder, _)| folder.clone());
            let Some(folder) = oldest else { return };
            self.workers.remove(&folder);
            self.places.retain(|_, place| *place != folder);
        }
    }
}

#[cfg(test)]
mod tests;
