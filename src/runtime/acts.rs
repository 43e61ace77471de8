//! Acts: requests that write, and what has to be known before. Each is a task of its own that outlives the session's reconnections, so
//! that nothing that was sent is given up half way.

use std::time::Duration;

use futures::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::journal::{Permit, permitted};
use crate::cluster::{self, Connection, Failure, Served};
use fluxdeck_model::actions::{Ask, Outcome, Step};
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::kinds::field_owners;
use fluxdeck_model::state::jobs::Task;
use fluxdeck_model::state::{Epoch, Message, News};

/// How long a lost answer is looked for.
const PROBE: Duration = Duration::from_secs(300);
/// Longest that one attempt of a request that writes may take: with its record and all attempts it is over before its job asks whether it
/// has arrived.
const LONGEST: Duration = Duration::from_secs(45);
/// Questions asked at once.
const QUESTIONS: usize = 8;

/// Something to be asked or done at the API server of one connection.
#[derive(Clone)]
pub(super) struct Errand {
    pub cluster: ClusterId,
    pub epoch: Epoch,
    /// What the session offers to acts: none while it has never been connected.
    pub live: watch::Receiver<Option<Connection>>,
    pub timeout: Duration,
    pub inbox: mpsc::Sender<Message>,
}

impl Errand {
    /// Sends a step's request once its record is on disk, or reports to the job that this failed.
    pub async fn write_if(self, permit: Permit, task: Task, step: Step) {
        match permitted(permit).await {
            Ok(()) => self.write(task, step).await,
            Err(why) => self.report(Message::Outcome(task, Outcome::Unrecorded(why))).await,
        }
    }

    /// Sends a step's request once, and reports the outcome to its job.
    pub async fn write(self, task: Task, step: Step) {
        let timeout = self.timeout.min(LONGEST);
        let outcome = match self.served(&step.object) {
            Ok((connection, served)) => cluster::write(&connection, &served, &step, timeout).await,
            Err(error) => Outcome::Unsent(error),
        };
        self.report(Message::Outcome(task, outcome)).await;
    }

    /// Reads the object of a step whose answer was lost, again and again until it can be read.
    pub async fn probe(self, task: Task, step: Step) {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(500);
        let outcome = loop {
            let failure = match self.served(&step.object) {
                Ok((connection, served)) => match cluster::probe(&connection, &served, &step, self.timeout).await {
                    Ok(outcome) => break outcome,
                    Err(failure @ (Failure::Forbidden(_) | Failure::Unauthorised(_))) => {
                        break Outcome::Unseen(failure.to_string());
                    }
                    Err(failure) => failure.to_string(),
                },
                Err(error) => error.message,
            };
            if begin.elapsed() > PROBE {
                break Outcome::Unseen(failure);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        };
        self.report(Message::Outcome(task, outcome)).await;
    }

    /// Asks what the user may do. What could not be asked is allowed: the API server has the last word when it is done.
    pub async fn review(self, asks: Vec<Ask>) {
        let Some(live) = self.live.borrow().clone() else {
            // who asked waits for an answer
            return self.news(News::Rights(Vec::new())).await;
        };
        let ask = |ask: Ask| {
            let connection = live.clone();
            async move {
                let answered = tokio::time::timeout(self.timeout, cluster::may(&connection, &ask)).await;
                let may = answered.ok().and_then(Result::ok).unwrap_or(true);
                (ask, may)
            }
        };
        let rights = futures::stream::iter(asks.into_iter().map(ask)).buffer_unordered(QUESTIONS).collect().await;
        self.news(News::Rights(rights)).await;
    }

    /// Asks who the user is; an older server does not say.
    pub async fn identify(self) {
        let Some(live) = self.live.borrow().clone() else { return };
        let said = tokio::time::timeout(self.timeout, cluster::who(&live)).await;
        self.news(News::User(said.ok().and_then(Result::ok))).await;
    }

    /// Looks up who owns these fields.
    pub async fn owners(self, fields: Vec<(ObjectRef, String)>) {
        let errand = &self;
        let look = |(object, field): (ObjectRef, String)| async move {
            let found = match errand.served(&object) {
                Ok((connection, served)) => cluster::whole(&connection, &served, &object, errand.timeout).await.ok(),
                Err(_) => None,
            };
            // every object that was ever written has some: where they are missing (a recorded object) nobody knows
            let known = found.filter(|body| body["metadata"]["managedFields"].as_array().is_some_and(|all| !all.is_empty()));
            let owners = known.map(|body| field_owners(&body, &[field]));
            (object, owners)
        };
        let owners = futures::stream::iter(fields.into_iter().map(look)).buffer_unordered(QUESTIONS).collect().await;
        self.news(News::Owners(owners)).await;
    }

    /// The connection, and how that kind is served.
    fn served(&self, object: &ObjectRef) -> Result<(Connection, Served), Error> {
        let unreachable = || Error::new(ErrorKind::Unreachable, "the API server has not been reached yet", "try again");
        let live = self.live.borrow().clone().ok_or_else(unreachable)?;
        let gk = &object.gk;
        let served = live.served(gk).cloned();
        let served = served.ok_or_else(|| Error::failed(format!("the cluster does not serve {gk}"), ""))?;
        Ok((live, served))
    }

    pub(super) async fn news(&self, news: News) {
        self.report(Message::Cluster(self.cluster, self.epoch, news)).await;
    }

    async fn report(&self, message: Message) {
        // nobody listens when the program is leaving
        let _ = self.inbox.send(message).await;
    }
}
