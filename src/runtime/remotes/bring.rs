//! Bringing what is missed: files by HTTPS, repositories by the user's own git.
//!
//! What is here and cannot be another one (a whole commit) is not asked for again. Where there is no answer, what was brought before is
//! used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;

use super::super::repositories::blocking;
use super::kept::Cache;
use super::{Answer, words};
use crate::git;
use crate::programs::{self, Failure};
use crate::web::{Unread, Web};
use fluxdeck_model::error::Error;
use fluxdeck_model::render::node::Text;
use fluxdeck_model::render::remote::{RemoteAnswer, RemoteAsk, SharedTree, is_commit};

/// Hosts that are asked at the same time.
const AT_ONCE: usize = 4;

pub(super) struct Bringer {
    pub cache: Cache,
    pub web: Web,
}

impl Bringer {
    /// All answers: files beside each other, what is of one repository one after the other.
    pub async fn all(&self, wanted: BTreeSet<RemoteAsk>) -> Vec<Answer> {
        let mut by_clone: BTreeMap<Text, Vec<RemoteAsk>> = BTreeMap::new();
        for ask in wanted {
            let (RemoteAsk::Web(url) | RemoteAsk::Repository { url, .. }) = &ask;
            by_clone.entry(url.clone()).or_default().push(ask);
        }
        let one = |asks: Vec<RemoteAsk>| async move {
            let mut answers = Vec::new();
            for ask in &asks {
                answers.push(self.one(ask).await);
            }
            answers
        };
        let all: Vec<_> = futures::stream::iter(by_clone.into_values().map(one)).buffered(AT_ONCE).collect().await;
        all.into_iter().flatten().collect()
    }

    async fn one(&self, ask: &RemoteAsk) -> Answer {
        match ask {
            RemoteAsk::Web(url) => Answer::File(url.clone(), self.file(url).await),
            RemoteAsk::Repository { url, reference } => {
                Answer::Repository(url.clone(), reference.clone(), self.repository(url, reference).await)
            }
        }
    }

    async fn file(&self, url: &Text) -> RemoteAnswer<Arc<[u8]>> {
        let why = match self.web.read(url).await {
            Ok(bytes) => match self.cache.keep(url, bytes) {
                Ok(answer) => return answer,
                Err(error) => format!("it cannot be kept: {error}"),
            },
            Err(Unread::Refused(why)) => return RemoteAnswer::Refused(why),
            Err(Unread::Unknown(why)) => why,
        };
        match self.cache.answer(&RemoteAsk::Web(url.clone())) {
            Some(Answer::File(_, answer)) => answer,
            _ => RemoteAnswer::Unknown(words(&why)),
        }
    }

    async fn repository(&self, url: &Text, reference: &Text) -> RemoteAnswer<SharedTree> {
        // what the web is not asked for, git is not asked for either
        if let Some(why) = self.web.refuses(url) {
            return RemoteAnswer::Unknown(words(&why));
        }
        let here = || self.cache.repository(url, reference);
        let known = match here() {
            Some(known) if is_commit(reference) => return known,
            known => known,
        };
        match self.fetch(url, reference).await {
            Ok(()) => here().unwrap_or_else(|| RemoteAnswer::Unknown("what git has fetched is gone".to_owned())),
            Err(Unbrought::Git(Failure::NoCommit(why))) => RemoteAnswer::Refused(words(&why)),
            Err(Unbrought::Git(Failure::TooLarge(most))) => {
                git::forget_kept(&self.cache.clone_of(url), reference);
                RemoteAnswer::Unknown(Failure::TooLarge(most).to_string())
            }
            Err(Unbrought::Git(failure)) => known.unwrap_or_else(|| RemoteAnswer::Unknown(words(&format!("git: {failure}")))),
            Err(Unbrought::Disk(error)) => RemoteAnswer::Unknown(words(&error.to_string())),
        }
    }

    /// Fetches into the clone. A tag that has moved once may move again.
    async fn fetch(&self, url: &Text, reference: &Text) -> Result<(), Unbrought> {
        let clone = self.cache.clone_of(url);
        let made = clone.clone();
        blocking(move || Ok(git::make_clone(&made)?)).await.map_err(Unbrought::Disk)?;
        let kept = || git::kept(&clone, reference).ok().flatten().map(|(commit, moves)| (commit.id, moves));
        let named = programs::named_reference(&clone, url, reference).await?;
        let before = kept();
        let moves = named.moves || before.as_ref().is_some_and(|(_, moves)| *moves);
        programs::fetch_reference(&clone, url, &named, &git::remote_reference(reference, moves)).await?;
        if !moves && before.is_some_and(|before| kept() != Some(before)) {
            git::mark_moving(&clone, reference).map_err(|failure| Unbrought::Disk(failure.into()))?;
        }
        Ok(())
    }
}

/// Why a repository was not brought.
enum Unbrought {
    Git(Failure),
    Disk(Error),
}

impl From<Failure> for Unbrought {
    fn from(failure: Failure) -> Self {
        Self::Git(failure)
    }
}
