//! What catalogues have on offer: asked when a view wants it, and kept for a while, since many views want the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::catalogs::Catalogs;
use crate::forges;
use fluxdeck_model::domain::published::{Catalogue, Published};
use fluxdeck_model::error::Error;

/// How old an answer may be that is given again.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Most catalogues of which an answer is kept.
const MOST: usize = 100;

/// The answers of this run. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Offers {
    /// Opened when something is asked for the first time.
    catalogs: Arc<OnceLock<Result<Catalogs, forges::Failure>>>,
    kept: Arc<Mutex<BTreeMap<Catalogue, Arc<Published>>>>,
}

impl Offers {
    /// What a catalogue has: of the last minutes, else asked for now; where that fails, what it had before.
    ///
    /// # Errors
    /// There is no answer, and was none before.
    pub async fn of(&self, catalogue: &Catalogue) -> Result<Arc<Published>, Error> {
        let now = Timestamp::now();
        let asking = async {
            let catalogs =
                self.catalogs.get_or_init(Catalogs::open).as_ref().map_err(|failure| failure.error(&what(catalogue)))?;
            catalogs.ask(catalogue, now).await.map_err(|failure| failure.error(&what(catalogue)))
        };
        self.kept_or(catalogue, now, asking).await
    }

    async fn kept_or(
        &self,
        catalogue: &Catalogue,
        now: Timestamp,
        asking: impl Future<Output = Result<Published, Error>>,
    ) -> Result<Arc<Published>, Error> {
        let kept = self.lock().get(catalogue).cloned();
        if let Some(kept) = &kept
            && now.duration_since(kept.asked_at) < KEPT
        {
            return Ok(kept.clone());
        }
        match (asking.await, kept) {
            (Ok(published), _) => {
                let published = Arc::new(published);
                self.keep(catalogue, &published);
                Ok(published)
            }
            // it says itself how old it is
            (Err(_), Some(kept)) => Ok(kept),
            (Err(error), None) => Err(error),
        }
    }

    fn keep(&self, catalogue: &Catalogue, published: &Arc<Published>) {
        let mut kept = self.lock();
        if kept.len() >= MOST && !kept.contains_key(catalogue) {
            let oldest = kept.iter().min_by_key(|(_, published)| published.asked_at).map(|(catalogue, _)| catalogue.clone());
            oldest.and_then(|oldest| kept.remove(&oldest));
        }
        kept.insert(catalogue.clone(), published.clone());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Catalogue, Arc<Published>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked for, in words.
fn what(catalogue: &Catalogue) -> String {
    match catalogue {
        Catalogue::Chart { chart, .. } => format!("versions of chart {chart}"),
        Catalogue::Tags { name, .. } => format!("tags of {name}"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::runtime::looks::Looks;
    use fluxdeck_model::state::{Message, Reply, Ticket};

    fn tags(name: &str) -> Catalogue {
        Catalogue::Tags { name: name.to_owned(), is_plain: false }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).expect("a moment")
    }

    /// Asks at a minute; returns when what is given was asked for, and whether it was asked for now.
    async fn asked(offers: &Offers, name: &str, minute: i64, is_there: bool) -> (Option<i64>, bool) {
        let mut is_asked = false;
        let asking = async {
            is_asked = true;
            if is_there { Ok(Published::new(Vec::new(), at(minute))) } else { Err(Error::failed("not there", "")) }
        };
        let found = offers.kept_or(&tags(name), at(minute), asking).await;
        (found.ok().map(|found| found.asked_at.as_second() / 60), is_asked)
    }

    #[tokio::test]
    async fn an_answer_is_given_again_for_a_while_and_when_there_is_none_later() {
        let offers = Offers::default();
        for (name, minute, is_there, expected) in [
            ("web", 0, false, (None, true)),
            ("web", 1, true, (Some(1), true)),
            ("web", 10, true, (Some(1), false)),
            ("db", 10, false, (None, true)),
            ("web", 11, true, (Some(11), true)),
            ("web", 30, false, (Some(11), true)),
            ("web", 31, true, (Some(31), true)),
        ] {
            assert_eq!(asked(&offers, name, minute, is_there).await, expected, "{name} {minute}");
        }
    }

    #[tokio::test]
    async fn the_demo_asks_no_registry() {
        let (inbox, mut seen) = mpsc::channel(1);
        let mut looks = Looks::default();
        looks.look_up(Ticket(7), tags("web"), None, inbox);
        let reply = seen.recv().await;
        assert!(matches!(reply, Some(Message::Reply(Ticket(7), Reply::Failed(_)))), "{reply:?}");
    }

    #[tokio::test]
    async fn the_oldest_answer_makes_room() {
        let offers = Offers::default();
        for minute in 0..=MOST as i64 {
            asked(&offers, &format!("image-{minute}"), minute, true).await;
        }
        assert_eq!(offers.lock().len(), MOST);
        assert!(!offers.lock().contains_key(&tags("image-0")) && offers.lock().contains_key(&tags("image-1")));
    }
}
