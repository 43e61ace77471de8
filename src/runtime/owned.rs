//! What an object owns besides the kinds that are followed: looked for in its namespace when somebody opens it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use tokio::sync::Semaphore;

use crate::cluster::{Catalog, Feed};
use fluxdeck_model::domain::{GroupKind, Object, ObjectRef, Uid};
use fluxdeck_model::kinds::{self, Body, Reader};

/// Pages of a kind that are looked through: an owner of thousands is not worth thousands of requests.
const PAGES: usize = 10;

/// Lists, as metadata, the kinds in the owner's namespace that nobody follows, and returns what the owner owns. Kinds that may not be
/// listed are left out. Costs a request a kind.
pub(super) async fn owned(
    client: Client,
    catalog: Arc<Catalog>,
    owner: ObjectRef,
    uid: Uid,
    kinds: Vec<GroupKind>,
    lists: Arc<Semaphore>,
    timeout: Duration,
) -> Vec<Object> {
    let look = |gk: GroupKind| {
        let (client, catalog, owner, lists) = (client.clone(), catalog.clone(), owner.clone(), lists.clone());
        async move {
            let kind = kinds::rules(&gk.group, &gk.kind);
            let served = catalog.find(&gk, kind)?;
            let feed = Feed::new(client, served, Some(&owner.namespace), Body::Metadata, timeout);
            // what is asked for as metadata is judged as such: it exists
            let mut reader = Reader::new(owner.cluster, gk.clone(), &served.version, &kinds::METADATA);
            let mut found = Vec::new();
            let mut next = String::new();
            for _ in 0..PAGES {
                let _turn = lists.acquire().await.ok()?;
                let page = feed.page(&next).await.ok()?;
                let now = Timestamp::now();
                let read = page.items.iter().map(|wire| reader.read(wire, now));
                found.extend(read.filter(|object| object.owners.iter().any(|owner| owner.uid == uid)));
                next = page.next;
                if next.is_empty() {
                    break;
                }
            }
            Some(found)
        }
    };
    let found = futures::future::join_all(kinds.into_iter().map(look)).await;
    found.into_iter().flatten().flatten().collect()
}
