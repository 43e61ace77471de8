//! Remote resources for builds: read from the cache, and brought into it where somebody asked for that.
//!
//! ```text
//!  build ─→ what it looked for and misses ─→ cache, else web and git (--fetch) ─→ what is known ─→ build again, until nothing new is missed
//! ```
//! Only a command that a person started with `--fetch`, or whose configuration says `fetch = true`, brings anything. The screen only reads
//! the cache. What repositories say of themselves is not asked. A build waits on its own thread for what is brought.

mod bring;
mod kept;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::web::WebPolicy;
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::node::Text;
use fluxdeck_model::render::remote::{RemoteAddress, RemoteAnswer, RemoteAsk, RemoteUses, Remotes, SharedTree};
use fluxdeck_model::render::repository::Builder;

use bring::Bringer;
use kept::Cache;

/// A remote resource may name others, and these again.
const ROUNDS: usize = 8;
/// Addresses of one build that are brought: no repository has as many.
const MOST: usize = 256;

/// Where remote resources are kept, and whether they are brought.
#[derive(Clone, Debug, Default)]
pub struct RemoteStore {
    cache: Option<PathBuf>,
    fetches: bool,
    policy: WebPolicy,
}

/// One answer, for [`Remotes`].
enum Answer {
    File(Text, RemoteAnswer<std::sync::Arc<[u8]>>),
    Repository(Text, Text, RemoteAnswer<SharedTree>),
}

impl RemoteStore {
    /// `cache`: where they are kept; none keeps and brings nothing.
    pub fn of(cache: Option<PathBuf>) -> Self {
        Self { cache, ..Self::default() }
    }

    /// The same, and what is missing is brought.
    ///
    /// # Errors
    /// There is no place for it.
    pub fn fetching(self) -> Result<Self> {
        match self.cache {
            Some(_) => Ok(Self { fetches: true, ..self }),
            None => Err(Error::failed("there is no directory for what is fetched", "set HOME, or XDG_CACHE_HOME")),
        }
    }

    /// The same for what has to be that of today: nothing is known that is not brought.
    #[must_use]
    pub fn of_today(self) -> Self {
        if self.fetches { self } else { Self::default() }
    }

    /// The same where more may be asked for.
    #[cfg(test)]
    fn under(self, policy: WebPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Builds, with all that can be known of what it looks for.
    ///
    /// # Errors
    /// What building says.
    pub fn complete<T>(
        &self,
        builder: &mut Builder,
        mut build: impl FnMut(&mut Builder) -> Result<T>,
        uses: impl Fn(&T, &mut dyn FnMut(&RemoteUses)),
    ) -> Result<T> {
        let mut asked = BTreeSet::new();
        let mut built = build(builder)?;
        for _ in 0..ROUNDS {
            let mut wanted = BTreeSet::new();
            uses(&built, &mut |found| wanted.extend(self.wanted(found)));
            wanted.retain(|ask| asked.len() < MOST && asked.insert(ask.clone()));
            let answers = if wanted.is_empty() { Vec::new() } else { self.answers(wanted)? };
            if answers.is_empty() {
                break;
            }
            let mut remotes = builder.remotes().clone();
            answers.into_iter().for_each(|answer| answer.enter(&mut remotes));
            builder.know(remotes);
            built = build(builder)?;
        }
        Ok(built)
    }

    /// What is asked for next. From the cache alone everything is, that an address may mean.
    fn wanted(&self, uses: &RemoteUses) -> Vec<RemoteAsk> {
        if self.fetches {
            return uses.wanted().map(|(_, ask)| ask.clone()).collect();
        }
        let repository = |address: &Text| {
            let found = RemoteAddress::parse(address)?.repository?;
            Some(RemoteAsk::Repository { url: found.url.into(), reference: found.reference.into() })
        };
        uses.wanted().flat_map(|(address, ask)| [Some(ask.clone()), repository(address)]).flatten().collect()
    }

    /// What is known of each; nothing of what is not in the cache, where nothing is brought.
    fn answers(&self, wanted: BTreeSet<RemoteAsk>) -> Result<Vec<Answer>> {
        let Some(cache) = self.cache.clone().map(Cache) else { return Ok(Vec::new()) };
        if !self.fetches {
            return Ok(wanted.into_iter().filter_map(|ask| cache.answer(&ask)).collect());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::failed(format!("cannot start: {error}"), ""))?;
        let web = crate::web::Web::open(self.policy).map_err(|failure| failure.error("the web cannot be asked"))?;
        let bringer = Bringer { cache, web };
        Ok(runtime.block_on(bringer.all(wanted)))
    }
}

impl Answer {
    fn enter(self, remotes: &mut Remotes) {
        match self {
            Self::File(url, answer) => remotes.know_file(&url, answer),
            Self::Repository(url, reference, answer) => remotes.know_repository(&url, &reference, answer),
        }
    }
}

/// Words from outside, fit for people.
fn words(text: &str) -> String {
    sanitise(&redact(text)).into_owned()
}

#[cfg(test)]
mod tests;
