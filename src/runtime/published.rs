//! What catalogues have on offer: asked when a view wants it, and kept for a while, since many views want the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::catalogs::Catalogs;
use crate::cluster::{self, Connection};
use crate::demo::Company;
use crate::forges;
use fluxdeck_model::domain::published::{Catalogue, Offered, Published};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::insight::offered;

/// How old an answer may be that is given again.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// How many sources may lead from one to the next: a HelmChart names a HelmRepository.
const STEPS: usize = 3;
/// Most catalogues of which an answer is kept.
const MOST: usize = 100;

/// The answers of this run. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Offers {
    /// The demo, which has catalogues of its own and asks nobody else's.
    company: Option<Arc<Company>>,
    /// Opened when something is asked for the first time.
    catalogs: Arc<OnceLock<Result<Catalogs, forges::Failure>>>,
    kept: Arc<Mutex<BTreeMap<Catalogue, Arc<Published>>>>,
}

impl Offers {
    pub fn new(company: Option<Arc<Company>>) -> Self {
        Self { company, ..Self::default() }
    }

    /// As [`Offers::of`], where the catalogue may have to be found by a source in the cluster.
    ///
    /// # Errors
    /// As [`Offers::of`]; the source cannot be read, or is in no catalogue.
    pub async fn offered(&self, live: Option<&Connection>, offered: &Offered, limit: Duration) -> Result<Arc<Published>, Error> {
        let mut at = offered.clone();
        for _ in 0..STEPS {
            let (source, chart) = match at {
                Offered::Known(catalogue) => return self.of(&catalogue).await,
                Offered::OfSource { source, chart } => (source, chart),
            };
            let live =
                live.ok_or_else(|| Error::new(ErrorKind::Unreachable, "the cluster is not connected", "type the version"))?;
            let served =
                live.served(&source.gk).ok_or_else(|| Error::failed(format!("the cluster does not serve {}", source.gk), ""))?;
            let body = cluster::body(live, served, &source, limit).await.map_err(|failure| failure.error(&source.to_string()))?;
            at = offered::of_source(&source, &body, &chart).map_err(|why| Error::failed(why, "type the version"))?;
        }
        Err(Error::failed("its source leads to other sources, and those to more", "type the version"))
    }

    /// The digest that a tag of an artifact has now: never one that was kept.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn digest(&self, name: &str, is_plain: bool, tag: &str) -> Result<String, Error> {
        let what = format!("tag {tag} of {name}");
        if self.company.is_some() {
            return Err(Error::failed(format!("{what} is not known in the demo"), "its registry has no digests"));
        }
        let catalogs = self.catalogs.get_or_init(Catalogs::open).as_ref().map_err(|failure| failure.error(&what))?;
        catalogs.digest(name, is_plain, tag).await.map_err(|failure| failure.error(&what))
    }

    /// What a catalogue has: of the last minutes, else asked for now; where that fails, what it had before.
    ///
    /// # Errors
    /// There is no answer, and was none before.
    pub async fn of(&self, catalogue: &Catalogue) -> Result<Arc<Published>, Error> {
        if let Some(company) = &self.company {
            let none = || Error::failed(format!("{} are not known in the demo", what(catalogue)), "type one");
            return company.published(catalogue).map(Arc::new).ok_or_else(none);
        }
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
    use super::*;
    use crate::demo::RunDirectory;

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
        let company = Arc::new(Company::start(RunDirectory::passing()));
        let offers = Offers::new(Some(company));
        let error = offers.of(&tags("web")).await.expect_err("nobody is asked");
        assert_eq!(error.message, "tags of web are not known in the demo");
        offers.of(&tags("forge.example.test/ops/frontend")).await.expect("its own are known");
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
