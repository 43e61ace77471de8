//! Carrying out one order of the following: a list to its end, or a watch until it ends. What comes next is not decided here.

use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};

use super::session::trouble_at;
use crate::cluster::{self, Failure, Feed};
use fluxdeck_model::domain::{Delta, Scope, Str};
use fluxdeck_model::kinds::Reader;
use fluxdeck_model::state::following::Event;

/// How many events of a watch are handed on at once.
const BATCH: usize = 256;

/// Lists under way at once, of all scopes.
#[derive(Clone)]
pub(super) struct Turns {
    pages: Arc<Semaphore>,
    /// Lists of more than one page: they are what costs memory, here and in the server.
    long: Arc<Semaphore>,
}

impl Turns {
    pub fn new(pages: usize, long: usize) -> Self {
        Self { pages: Arc::new(Semaphore::new(pages)), long: Arc::new(Semaphore::new(long)) }
    }

    /// A turn for one request; none when everything ends.
    pub async fn page(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.pages.acquire().await.ok()
    }

    pub fn pages(&self) -> Arc<Semaphore> {
        self.pages.clone()
    }
}

/// One list or watch.
pub(super) struct Follower {
    pub reader: Reader,
    pub feed: Feed,
    pub scope: Scope,
    pub turn: u32,
    pub events: mpsc::Sender<Event>,
    pub turns: Turns,
    /// The server, as messages name it.
    pub server: Str,
}

/// The session has gone.
struct Left;

impl Follower {
    /// Lists the scope page by page, and says how that ended.
    pub async fn list(mut self) {
        if let Ok(Err(failure)) = self.pages().await {
            let _ = self.end(Some(failure)).await;
        }
    }

    async fn pages(&mut self) -> Result<Result<(), Failure>, Left> {
        let (mut next, mut long) = (String::new(), None);
        loop {
            let page = {
                let _turn = self.turns.pages.acquire().await.map_err(|_| Left)?;
                match self.feed.page(&next).await {
                    Ok(page) => page,
                    Err(failure) => return Ok(Err(failure)),
                }
            };
            let now = Timestamp::now();
            let objects = page.items.iter().map(|wire| self.reader.read(wire, now)).collect();
            // lists are numbered by their turns
            let mut deltas = vec![Delta::Listed { generation: self.turn, objects }];
            let (scope, turn) = (self.scope.clone(), self.turn);
            if page.next.is_empty() {
                deltas.push(Delta::Complete { scope: scope.clone(), generation: turn });
                self.tell(Event::Listed { scope, turn, version: page.version, deltas }).await?;
                return Ok(Ok(()));
            }
            self.tell(Event::Page { scope, turn, deltas }).await?;
            if long.is_none() {
                long = Some(self.turns.long.clone().acquire_owned().await.map_err(|_| Left)?);
            }
            if page.next == next {
                return Ok(Err(Failure::busy("the list does not go on: the same page is to come again".to_owned())));
            }
            next = page.next;
        }
    }

    /// Watches the scope from that version on, and says why the watch ended.
    pub async fn watch(mut self, version: String, seconds: u32) {
        let failure = match self.feed.watch(&version, seconds).await {
            Ok(events) => match self.take(version, events).await {
                Ok(failure) => failure,
                Err(Left) => return,
            },
            Err(failure) => Some(failure),
        };
        let _ = self.end(failure).await;
    }

    /// Hands on what a watch brings, until it ends.
    async fn take(
        &mut self,
        mut version: String,
        events: impl futures::Stream<Item = Result<cluster::Event, Failure>>,
    ) -> Result<Option<Failure>, Left> {
        self.tell(Event::Opened { scope: self.scope.clone(), turn: self.turn }).await?;
        let mut batches = std::pin::pin!(events.ready_chunks(BATCH));
        while let Some(batch) = batches.next().await {
            let now = Timestamp::now();
            let (mut deltas, mut ended, mut is_news) = (Vec::with_capacity(batch.len()), None, false);
            for event in batch {
                is_news |= event.is_ok();
                match event {
                    Ok(cluster::Event::Upsert(wire)) => {
                        version.clone_from(&wire.metadata.resource_version);
                        deltas.push(Delta::Upsert(Box::new(self.reader.read(&wire, now))));
                    }
                    Ok(cluster::Event::Remove(wire)) => {
                        version.clone_from(&wire.metadata.resource_version);
                        deltas.push(Delta::Remove(self.reader.reference(&wire.metadata)));
                    }
                    Ok(cluster::Event::Mark(mark)) => version = mark,
                    Err(failure) => ended = Some(failure),
                }
            }
            if is_news {
                let (scope, version) = (self.scope.clone(), version.clone());
                self.tell(Event::Changed { scope, turn: self.turn, version, deltas }).await?;
            }
            if ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    async fn end(&self, failure: Option<Failure>) -> Result<(), Left> {
        let trouble = failure.as_ref().map(|failure| trouble_at(failure, &self.server));
        self.tell(Event::Ended { scope: self.scope.clone(), turn: self.turn, trouble }).await
    }

    async fn tell(&self, event: Event) -> Result<(), Left> {
        self.events.send(event).await.map_err(|_| Left)
    }
}
