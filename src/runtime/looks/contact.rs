//! The way of a look to the API server: through whichever connection of the session stands, again and again until there is an answer.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::cluster::{Connection, Failure};
use fluxdeck_model::domain::pause::Pauses;
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::{Message, Reply, Ticket};

/// The pause after the first answer that may be another one next time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The same where it was refused: a role that is missing may come, as those of a server that has just started do, and does so rarely.
const FIRST_REFUSED: Duration = Duration::from_secs(4);
/// Longest pause.
pub(super) const LAST_PAUSE: Duration = Duration::from_secs(30);

/// The session has ended: nobody will connect any more.
#[derive(Debug)]
pub(super) struct Left;

/// The connection of a session, as it comes and goes.
#[derive(Clone)]
pub(super) struct Contact(pub watch::Receiver<Option<Connection>>);

impl Contact {
    /// Waits for a connection, as long as it takes.
    pub async fn stands(&mut self) -> Result<Connection, Left> {
        let live = self.0.wait_for(Option::is_some).await.map_err(|_| Left)?;
        live.clone().ok_or(Left)
    }

    /// Waits until another connection is made, or this one is gone.
    pub async fn replaced(&mut self) -> Result<(), Left> {
        self.0.changed().await.map_err(|_| Left)
    }

    /// Does something at a connection; none when that was replaced meanwhile.
    pub async fn unless_replaced<T>(&mut self, work: impl Future<Output = T>) -> Result<Option<T>, Left> {
        tokio::select! {
            done = work => Ok(Some(done)),
            replaced = self.replaced() => replaced.map(|()| None),
        }
    }

    /// Waits that long, but no longer than until another connection is made. Returns whether one was.
    pub async fn rest(&mut self, pause: Duration) -> Result<bool, Left> {
        self.unless_replaced(tokio::time::sleep(pause)).await.map(|slept| slept.is_none())
    }
}

/// Why there is no answer, and when to ask again.
#[derive(Debug)]
pub(super) struct Refusal {
    pub error: Error,
    pub again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// After a pause, which is at least what the server wants.
    Soon(Option<Duration>),
    /// After a longer one: it was refused, or is not there, which may have been so for a moment only.
    Later,
    /// With another connection: this one would say the same.
    Reconnected,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let again = match &failure {
            Failure::Conflict(_) | Failure::RateLimited { .. } | Failure::Busy { .. } => Again::Soon(failure.retry_after()),
            Failure::Unreachable(_) | Failure::Unauthorised(_) | Failure::Gone => Again::Soon(None),
            // nothing was sent: the user has to log in first, or to fix what the kubeconfig names
            Failure::Forbidden(_) | Failure::NotFound(_) | Failure::Setup { .. } => Again::Later,
            Failure::Call { .. } => Again::Reconnected,
        };
        Self { error: failure.error("the API server"), again }
    }
}

impl Refusal {
    /// A failure of which only the message is left.
    pub fn of(error: Error) -> Self {
        let again = if error.kind == ErrorKind::Unreachable { Again::Soon(None) } else { Again::Reconnected };
        Self { error, again }
    }

    /// What may be another answer after a while.
    pub fn from_error(error: Error) -> Self {
        Self { error, again: Again::Later }
    }

    /// What another attempt would not change.
    pub fn is_final(error: Error) -> Self {
        Self { error, again: Again::Reconnected }
    }
}

/// The error with what is done about it.
pub(super) fn hinted(error: &Error, more: &str) -> Error {
    let hint = if error.hint.is_empty() { more.to_owned() } else { format!("{}; {more}", error.hint) };
    Error { hint, ..error.clone() }
}

/// How long one waits until it is worth asking again.
pub(super) struct Patience {
    busy: Pauses,
    refused: Pauses,
}

impl Patience {
    /// Which waits no longer than `last` where nothing was refused.
    pub fn new(last: Duration) -> Self {
        Self { busy: Pauses::new(FIRST_PAUSE, last), refused: Pauses::new(FIRST_REFUSED, LAST_PAUSE) }
    }

    /// It has worked.
    pub fn reset(&mut self) {
        self.busy.reset();
        self.refused.reset();
    }

    /// The next pause; none where only another connection helps.
    pub fn pause(&mut self, again: Again) -> Option<Duration> {
        match again {
            Again::Soon(asked) => Some(self.soon(asked)),
            Again::Later => Some(self.refused.next(None)),
            Again::Reconnected => None,
        }
    }

    /// The pause before what may work at any time, at least as long as the server has asked for.
    pub fn soon(&mut self, asked: Option<Duration>) -> Duration {
        self.busy.next(asked)
    }
}

/// Where answers go.
pub struct Answer {
    pub ticket: Ticket,
    pub inbox: mpsc::Sender<Message>,
}

impl Answer {
    pub async fn give(&self, reply: Reply) {
        // nobody listens when the program is leaving
        let _ = self.inbox.send(Message::Reply(self.ticket, reply)).await;
    }
}

/// One look: its way to the API server, and where answers go.
pub(super) struct Asking {
    pub contact: Contact,
    pub answer: Answer,
}

impl Asking {
    /// Asks until there is an answer. Each failure is reported as `reply` words it, with the time of the next attempt; a failure that a retry
    /// would not change is asked again on the next connection.
    pub async fn insist<T, F>(&mut self, reply: impl Fn(Error) -> Reply, mut ask: impl FnMut(Connection) -> F) -> Result<T, Left>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let mut patience = Patience::new(LAST_PAUSE);
        loop {
            let live = self.contact.stands().await?;
            let refusal = match self.contact.unless_replaced(ask(live)).await? {
                None => continue,
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(refusal)) => refusal,
            };
            let Some(pause) = patience.pause(refusal.again) else {
                self.answer.give(reply(refusal.error)).await;
                self.contact.replaced().await?;
                patience.reset();
                continue;
            };
            self.answer.give(reply(hinted(&refusal.error, &format!("trying again in {} s", pause.as_secs())))).await;
            if self.contact.rest(pause).await? {
                patience.reset();
            } else {
                self.answer.give(reply(hinted(&refusal.error, "trying again now"))).await;
            }
        }
    }
}
