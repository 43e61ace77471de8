//! The way of a look to the API server: through whichever connection of the session stands, again and again until there is an answer.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::cluster::Failure;
use crate::runtime::acts::Live;
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::{Message, Reply, Ticket};

/// The pause after the first answer that may be another one next time; it doubles up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// Longest that a server may ask to be left alone (`Retry-After`): a person who waits is worth a request.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The session has ended: nobody will connect any more.
#[derive(Debug)]
pub(super) struct Left;

/// The connection of a session, as it comes and goes.
#[derive(Clone)]
pub(super) struct Contact(pub watch::Receiver<Option<Live>>);

impl Contact {
    /// Waits for a connection, as long as it takes.
    pub async fn stands(&mut self) -> Result<Live, Left> {
        let live = self.0.wait_for(Option::is_some).await.map_err(|_| Left)?;
        live.clone().ok_or(Left)
    }

    /// Waits until another connection is made, or this one is no more.
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
    /// With another connection: this one would say the same.
    Reconnected,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let again = match &failure {
            Failure::Busy { retry_after, .. } => Again::Soon(*retry_after),
            Failure::Unreachable(_) | Failure::Unauthorised(_) | Failure::Gone => Again::Soon(None),
            // a login program that failed is not run again unasked
            Failure::Forbidden(_) | Failure::NotFound(_) | Failure::Call { .. } | Failure::Setup { .. } => Again::Reconnected,
        };
        Self { error: failure.error("the API server"), again }
    }
}

impl Refusal {
    /// What the cluster did not tell somebody else, who kept only the words.
    pub fn of(error: Error) -> Self {
        let again = if error.kind == ErrorKind::Unreachable { Again::Soon(None) } else { Again::Reconnected };
        Self { error, again }
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

/// Pauses that double.
pub(super) struct Pauses {
    first: Duration,
    last: Duration,
    next: Duration,
}

impl Pauses {
    pub fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, next: first }
    }

    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next pause, at least as long as the server wants.
    pub fn next(&mut self, wished: Option<Duration>) -> Duration {
        let pause = self.next.max(wished.unwrap_or_default().min(LONGEST_PAUSE));
        self.next = (self.next * 2).min(self.last);
        pause
    }
}

/// Where answers go.
pub(super) struct Answer {
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
    /// Asks until there is an answer. Why there is none is told each time as `told` words it, with when it is tried again; what another
    /// attempt would not change is asked again once another connection stands.
    pub async fn insist<T, F>(&mut self, told: impl Fn(Error) -> Reply, mut ask: impl FnMut(Live) -> F) -> Result<T, Left>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let mut pauses = Pauses::new(FIRST_PAUSE, LAST_PAUSE);
        loop {
            let live = self.contact.stands().await?;
            let refusal = match self.contact.unless_replaced(ask(live)).await? {
                None => continue,
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(refusal)) => refusal,
            };
            let Again::Soon(wished) = refusal.again else {
                self.answer.give(told(refusal.error)).await;
                self.contact.replaced().await?;
                pauses.reset();
                continue;
            };
            let pause = pauses.next(wished);
            self.answer.give(told(hinted(&refusal.error, &format!("trying again in {} s", pause.as_secs())))).await;
            if self.contact.rest(pause).await? {
                pauses.reset();
            } else {
                self.answer.give(told(hinted(&refusal.error, "trying again now"))).await;
            }
        }
    }
}
