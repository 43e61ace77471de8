//! Carrying out one order of the following: a list to its end, or a watch until it ends. What comes next is not decided here.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::session::trouble_at;
use crate::cluster::{self, Failure, Feed, Page};
use fluxdeck_model::domain::{Delta, GroupKind, Scope, Str};
use fluxdeck_model::kinds::Reader;
use fluxdeck_model::state::following::Event;

/// How many events of a watch are handed on at once.
const BATCH: usize = 256;

/// Who may ask now, over one connection: few at once, and what hangs keeps nobody waiting but its own kind.
pub(super) struct Turns {
    pages: Arc<Semaphore>,
    /// Lists of more than one page: they are what costs memory, here and in the server.
    long: Arc<Semaphore>,
    kinds: HashMap<GroupKind, Arc<Semaphore>>,
    /// For releases in Helm's storage.
    pub releases: Arc<Semaphore>,
    /// For what an object owns.
    pub owned: Arc<Semaphore>,
}

/// Lists under way at once.
const PAGES: usize = 6;
/// Of these such of more than one page.
const LONG: usize = 2;
/// Of these such of one kind, namespace by namespace.
const OF_A_KIND: usize = 2;
const RELEASES: usize = 2;
const OWNED: usize = 4;

impl Turns {
    pub fn new() -> Self {
        let of = |permits| Arc::new(Semaphore::new(permits));
        let (pages, long, releases, owned) = (of(PAGES), of(LONG), of(RELEASES), of(OWNED));
        Self { pages, long, kinds: HashMap::new(), releases, owned }
    }

    /// The turns of a kind's lists.
    pub fn of(&mut self, gk: &GroupKind) -> Turn {
        let kind = self.kinds.entry(gk.clone()).or_insert_with(|| Arc::new(Semaphore::new(OF_A_KIND)));
        Turn { pages: self.pages.clone(), long: self.long.clone(), kind: kind.clone() }
    }
}

/// Where the lists of one kind wait for their turns.
pub(super) struct Turn {
    pages: Arc<Semaphore>,
    long: Arc<Semaphore>,
    kind: Arc<Semaphore>,
}

impl Turn {
    /// Waits for a turn for one page: the kind's own first, so that nobody holds one of all who waits for his kind.
    async fn page(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), Left> {
        let own = self.kind.acquire().await.map_err(|_| Left)?;
        Ok((own, self.pages.acquire().await.map_err(|_| Left)?))
    }
}

/// One list or watch.
pub(super) struct Follower {
    pub reader: Reader,
    pub feed: Feed,
    pub scope: Scope,
    pub turn: u32,
    pub events: mpsc::Sender<Event>,
    pub waits: Turn,
    /// The server, as messages name it.
    pub server: Str,
}

/// The session has gone.
struct Left;

/// Why a list stops before its end.
enum Stop {
    Left,
    Failed(Failure),
}

impl From<Left> for Stop {
    fn from(Left: Left) -> Self {
        Self::Left
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Fetches a page when it is its turn.
async fn fetch(waits: &Turn, feed: &Feed, start: &str) -> Result<Page, Stop> {
    let _turn = waits.page().await?;
    Ok(feed.page(start).await?)
}

impl Follower {
    /// Lists the scope page by page, and says how that ended.
    pub async fn list(mut self) {
        if let Err(Stop::Failed(failure)) = self.pages().await {
            let _ = self.end(Some(failure)).await;
        }
    }

    async fn pages(&mut self) -> Result<(), Stop> {
        let mut long = None;
        let mut page = fetch(&self.waits, &self.feed, "").await?;
        loop {
            let (waits, feed, after) = (&self.waits, &self.feed, page.next.clone());
            let next = async {
                if after.is_empty() {
                    return Ok(None);
                }
                if long.is_none() {
                    long = Some(waits.long.clone().acquire_owned().await.map_err(|_| Left)?);
                }
                fetch(waits, feed, &after).await.map(Some)
            };
            let (scope, turn) = (self.scope.clone(), self.turn);
            let take = async {
                let now = Timestamp::now();
                let objects = page.items()?.iter().map(|wire| self.reader.read(wire, now)).collect();
                // lists are numbered by their turns
                let mut deltas = vec![Delta::Listed { generation: turn, objects }];
                let event = if page.next.is_empty() {
                    deltas.push(Delta::Complete { scope: scope.clone(), generation: turn });
                    Event::Listed { scope, turn, version: page.version.clone(), deltas }
                } else {
                    Event::Page { scope, turn, deltas }
                };
                self.events.send(event).await.map_err(|_| Left.into())
            };
            // the server makes the next page while this one is read
            let (next, taken): (_, Result<(), Stop>) = futures::join!(next, take);
            taken?;
            match next? {
                None => return Ok(()),
                Some(next) if next.next == after => {
                    let why = "the list does not go on: the same page is to come again";
                    return Err(Failure::busy(why.to_owned()).into());
                }
                Some(next) => page = next,
            }
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
        self.report(Event::Opened { scope: self.scope.clone(), turn: self.turn }).await?;
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
                self.report(Event::Changed { scope, turn: self.turn, version, deltas }).await?;
            }
            if ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    async fn end(&self, failure: Option<Failure>) -> Result<(), Left> {
        let trouble = failure.as_ref().map(|failure| trouble_at(failure, &self.server));
        self.report(Event::Ended { scope: self.scope.clone(), turn: self.turn, trouble }).await
    }

    async fn report(&self, event: Event) -> Result<(), Left> {
        self.events.send(event).await.map_err(|_| Left)
    }
}
