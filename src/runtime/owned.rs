//! What an object owns besides the kinds that are followed: looked for in its namespace when somebody opens it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::cluster::{Connection, Failure, Feed, Served};
use fluxdeck_model::domain::{GroupKind, Object, ObjectRef, Uid};
use fluxdeck_model::kinds::{self, Body, Reader};

/// Pages of a kind that are looked through: an owner of thousands is not worth thousands of requests.
const PAGES: usize = 10;

/// What an object owns, and the kinds of which that is not known.
pub(super) struct Found {
    pub objects: Vec<Object>,
    pub unread: BTreeMap<GroupKind, Failure>,
}

/// Where it is looked, and how.
#[derive(Clone)]
pub(super) struct Search {
    pub connection: Connection,
    pub owner: ObjectRef,
    pub uid: Uid,
    /// Requests that may be under way at once.
    pub turns: Arc<Semaphore>,
    /// Of one request.
    pub timeout: Duration,
}

impl Search {
    /// Lists, as metadata, these kinds in the owner's namespace. Costs a request a kind, and one for each further page.
    pub async fn among(&self, kinds: Vec<GroupKind>) -> Found {
        let read = futures::future::join_all(kinds.iter().map(|gk| self.of_kind(gk))).await;
        let mut found = Found { objects: Vec::new(), unread: BTreeMap::new() };
        for (gk, (objects, failure)) in kinds.into_iter().zip(read) {
            found.objects.extend(objects);
            found.unread.extend(failure.map(|failure| (gk, failure)));
        }
        found
    }

    /// What it owns of a kind, and why that may not be all.
    async fn of_kind(&self, gk: &GroupKind) -> (Vec<Object>, Option<Failure>) {
        let mut objects = Vec::new();
        // what is not served any more is not there
        let Some(served) = self.connection.served(gk) else { return (objects, None) };
        let failure = self.read(gk, served, &mut objects).await.err();
        (objects, failure)
    }

    async fn read(&self, gk: &GroupKind, served: &Served, objects: &mut Vec<Object>) -> Result<(), Failure> {
        let feed = Feed::new(&self.connection, served, Some(&self.owner.namespace), Body::Metadata, self.timeout);
        // what is asked for as metadata is judged as such: it exists
        let mut reader = Reader::new(self.owner.cluster, gk.clone(), &served.version, &kinds::METADATA);
        let mut next = String::new();
        for _ in 0..PAGES {
            let page = {
                let _turn = self.turns.acquire().await;
                feed.page(&next).await?
            };
            let now = Timestamp::now();
            let items = page.items()?;
            let read = items.iter().map(|wire| reader.read(wire, now));
            objects.extend(read.filter(|object| object.owners.iter().any(|owner| owner.uid == self.uid)));
            next = page.next;
            if next.is_empty() {
                return Ok(());
            }
        }
        Err(Failure::busy(format!("there are more {} in {} than are looked through", served.plural, self.owner.namespace)))
    }
}
