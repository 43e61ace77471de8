//! Whether sources are behind their remotes: asked when somebody wants to know, a few at once, each answer as it comes.
//!
//! As the user and with their own logins: git by the user's git, registries and Helm repositories as for versions on offer. What a cluster
//! holds as credentials is not used.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, Stream};

use super::published::Offers;
use super::{Options, Runtime};
use crate::cluster::{self, Connection};
use crate::demo::Company;
use crate::programs::{self, Remote};
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::insight::pulse::heads::{self, HeadQuestion, HeadState, SourceHead};
use fluxdeck_model::state::{Reply, Terminal, Ticket};

/// How many remotes are asked at once: each may start a git and a login.
const AT_ONCE: usize = 4;
/// Where git runs that is asked about an address only: no repository is there whose rules would count.
const NOWHERE: &str = "/";

/// What remotes are asked with. Clones are the same.
#[derive(Clone)]
pub struct Heads {
    company: Option<Arc<Company>>,
    offers: Offers,
    limit: Duration,
}

impl Heads {
    pub fn new(options: &Options) -> Self {
        let company = options.repositories().company;
        Self { offers: Offers::new(company.clone()), company, limit: options.request_timeout }
    }

    /// Asks about each of these sources; the answers come in no order.
    pub fn ask<'a>(&'a self, live: Option<&'a Connection>, sources: Vec<ObjectRef>) -> impl Stream<Item = SourceHead> + 'a {
        let one = move |source: ObjectRef| async move {
            let state = self.one(live, &source).await.unwrap_or_else(HeadState::Failed);
            SourceHead { source, state }
        };
        stream::iter(sources).map(one).buffer_unordered(AT_ONCE)
    }

    async fn one(&self, live: Option<&Connection>, source: &ObjectRef) -> Result<HeadState, Error> {
        let live = live.ok_or_else(|| Error::new(ErrorKind::Unreachable, "the cluster is not connected", "ask again"))?;
        let served = live.served(&source.gk);
        let served = served.ok_or_else(|| Error::failed(format!("the cluster does not serve {}", source.gk), ""))?;
        let body = cluster::body(live, served, source, self.limit).await.map_err(|failure| failure.error(&source.to_string()))?;
        let question = match heads::question(source, &body) {
            Ok(question) => question,
            Err(state) => return Ok(state),
        };
        match question {
            HeadQuestion::Git { url, reference } => {
                let found = self.references(&url, &reference.patterns()).await?;
                Ok(heads::of_references(&reference, &body, &found))
            }
            HeadQuestion::Versions { offered, range } => {
                let published = self.offers.offered(Some(live), &offered, self.limit).await?;
                Ok(heads::of_versions(&range, &body, &published))
            }
            HeadQuestion::Digest { name, is_plain, tag } => {
                let digest = self.offers.digest(&name, is_plain, &tag).await?;
                Ok(heads::of_digest(&tag, &body, &digest))
            }
        }
    }

    async fn references(&self, url: &str, patterns: &[String]) -> Result<Vec<(String, String)>, Error> {
        let own: Option<PathBuf> = self.company.as_ref().map(|company| company.repository(url)).transpose()?.flatten();
        let asked = match &own {
            Some(folder) => programs::references(folder, Remote::Folder(folder), patterns).await,
            None if self.company.is_some() => {
                return Err(Error::failed("it is not a repository of the demo", "nothing outside of it is asked"));
            }
            None => programs::references(Path::new(NOWHERE), Remote::Url(url), patterns).await,
        };
        asked.map_err(|failure| failure.error(&format!("git cannot ask {}", sanitise(&redact(url)))))
    }
}

impl Runtime {
    /// Asks the remotes of sources, for a view: a task that ends with it.
    pub(super) fn ask_heads(&mut self, ticket: Ticket, cluster: ClusterId, sources: Vec<ObjectRef>) -> Option<Terminal> {
        let live = self.session(cluster).map(|session| session.live.clone());
        let heads = Heads::new(&self.options);
        self.looks.about(ticket, cluster, live, self.inbox.clone(), move |live, answer| async move {
            let mut answers = std::pin::pin!(heads.ask(live.as_ref(), sources));
            while let Some(head) = answers.next().await {
                answer.give(Reply::Head(Box::new(head))).await;
            }
        });
        None
    }
}
