//! Following one kind in one scope: list, watch, and back to listing when the watch has lost its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

use crate::cluster::{Event, Failure, Feed};
use fluxdeck_model::domain::{Coverage, Delta, Object, ObjectRef, Scope};
use fluxdeck_model::kinds::Reader;

/// How often what is not watched is listed, while there is little of it.
pub(super) const RELIST: Duration = Duration::from_secs(30);
/// How soon what was forbidden is tried again.
const FORBIDDEN: Duration = Duration::from_secs(30);
/// How many events are handed on at once.
const BATCH: usize = 256;

/// What a follower tells its hub.
pub(super) enum Report {
    Deltas(Vec<Delta>),
    /// The scope is up to date.
    Up(Scope),
    Down(Scope, Failure),
    Restricted(Scope),
    /// What an object was found to own when it was opened.
    Owned(ObjectRef, Vec<Object>),
    /// What Helm's storage says of a release; none where it may not be read.
    Release(ObjectRef, Option<Vec<ObjectRef>>),
}

/// Follows one scope until it is dropped.
pub(super) struct Follower {
    pub reader: Reader,
    pub watchable: bool,
    /// How often it is listed where it is not watched.
    pub relist: Duration,
    pub feed: Feed,
    pub scope: Scope,
    pub reports: mpsc::Sender<Report>,
    pub generation: Arc<AtomicU32>,
    pub lists: Arc<Semaphore>,
    pub long_lists: Arc<Semaphore>,
    pub kick: watch::Receiver<u32>,
}

/// The hub has gone.
struct Left;

impl Follower {
    pub async fn run(mut self) {
        let mut pause = Pause::default();
        loop {
            let outcome = match self.list().await {
                Ok(Ok(version)) => {
                    pause.reset();
                    self.keep_up(version).await
                }
                Ok(Err(failure)) => Ok(failure),
                Err(Left) => return,
            };
            let Ok(failure) = outcome else { return };
            let wait = match &failure {
                Failure::Gone => Duration::ZERO,
                Failure::Forbidden(_) => FORBIDDEN,
                Failure::NotFound(_) => RELIST,
                _ => pause.next(),
            };
            if self.lost(failure).await.is_err() {
                return;
            }
            self.rest(wait).await;
        }
    }

    /// Lists the scope page by page; returns where a watch may start.
    async fn list(&mut self) -> Result<Result<String, Failure>, Left> {
        let generation = self.generation.fetch_add(1, Ordering::Relaxed);
        let mut next = String::new();
        let mut long = None;
        loop {
            let page = {
                let _turn = self.lists.acquire().await.map_err(|_| Left)?;
                match self.feed.page(&next).await {
                    Ok(page) => page,
                    Err(failure) => return Ok(Err(failure)),
                }
            };
            let now = Timestamp::now();
            let objects = page.items.iter().map(|wire| self.reader.read(wire, now)).collect();
            let mut deltas = vec![Delta::Listed { generation, objects }];
            if page.next.is_empty() {
                deltas.push(Delta::Complete { scope: self.scope.clone(), generation });
                if !self.watchable {
                    let seconds = u16::try_from(self.relist.as_secs()).unwrap_or(u16::MAX);
                    deltas.push(Delta::Coverage(self.scope.clone(), Coverage::Polled(seconds)));
                }
            }
            self.report(Report::Deltas(deltas)).await?;
            if page.next.is_empty() {
                self.report(Report::Up(self.scope.clone())).await?;
                return Ok(Ok(page.version));
            }
            if long.is_none() {
                long = Some(self.long_lists.clone().acquire_owned().await.map_err(|_| Left)?);
            }
            next = page.next;
        }
    }

    /// Watches from that version on, again and again, until only a new list helps.
    async fn keep_up(&mut self, mut version: String) -> Result<Failure, Left> {
        if !self.watchable {
            self.rest(self.relist).await;
            return Ok(Failure::Gone);
        }
        let mut pause = Pause::default();
        loop {
            let opened = Instant::now();
            match self.watch(&mut version).await? {
                None if opened.elapsed() > Duration::from_secs(1) => pause.reset(),
                // a server that closes every watch at once must not be asked in a circle
                None => self.rest(pause.next().min(Duration::from_secs(1))).await,
                Some(failure @ (Failure::Gone | Failure::Forbidden(_) | Failure::NotFound(_))) => return Ok(failure),
                Some(failure) => {
                    self.lost(failure).await?;
                    self.rest(pause.next()).await;
                }
            }
        }
    }

    /// One watch; returns why it ended, nothing when the server closed it in good order.
    async fn watch(&mut self, version: &mut String) -> Result<Option<Failure>, Left> {
        let events = match self.feed.watch(version).await {
            Ok(events) => events,
            Err(failure) => return Ok(Some(failure)),
        };
        self.report(Report::Up(self.scope.clone())).await?;
        let mut batches = std::pin::pin!(events.ready_chunks(BATCH));
        loop {
            let batch = tokio::select! {
                batch = batches.next() => batch,
                // the hub does not trust open connections any more
                changed = self.kick.changed() => return if changed.is_ok() { Ok(None) } else { Err(Left) },
            };
            let Some(batch) = batch else { return Ok(None) };
            let now = Timestamp::now();
            let mut deltas = Vec::with_capacity(batch.len());
            let mut ended = None;
            for event in batch {
                match event {
                    Ok(Event::Upsert(wire)) => {
                        version.clone_from(&wire.metadata.resource_version);
                        deltas.push(Delta::Upsert(Box::new(self.reader.read(&wire, now))));
                    }
                    Ok(Event::Remove(wire)) => {
                        version.clone_from(&wire.metadata.resource_version);
                        deltas.push(Delta::Remove(self.reader.reference(&wire.metadata)));
                    }
                    Ok(Event::Mark(mark)) => *version = mark,
                    Err(failure) => ended = Some(failure),
                }
            }
            if !deltas.is_empty() {
                self.report(Report::Deltas(deltas)).await?;
            }
            if ended.is_some() {
                return Ok(ended);
            }
        }
    }

    /// Says that the scope is not up to date, unless that is only for the moment of a new list.
    async fn lost(&self, failure: Failure) -> Result<(), Left> {
        match failure {
            Failure::Gone => Ok(()),
            Failure::Forbidden(_) => self.report(Report::Restricted(self.scope.clone())).await,
            Failure::NotFound(_) => {
                let gone = Delta::Coverage(self.scope.clone(), Coverage::NotServed);
                self.report(Report::Deltas(vec![gone])).await?;
                self.report(Report::Up(self.scope.clone())).await
            }
            failure => self.report(Report::Down(self.scope.clone(), failure)).await,
        }
    }

    async fn report(&self, report: Report) -> Result<(), Left> {
        self.reports.send(report).await.map_err(|_| Left)
    }

    /// Waits, but not when the hub says that the server is back.
    async fn rest(&mut self, wait: Duration) {
        if wait.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = self.kick.changed() => {}
        }
    }
}

/// Half a second, doubling to eight.
#[derive(Default)]
struct Pause(u32);

impl Pause {
    fn reset(&mut self) {
        self.0 = 0;
    }

    fn next(&mut self) -> Duration {
        let pause = Duration::from_millis(500 << self.0.min(4));
        self.0 += 1;
        pause
    }
}
