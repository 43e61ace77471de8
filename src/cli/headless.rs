//! The driver without a screen: waits for a message, lets the engine take it, carries out the effects.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Call, output};
use crate::runtime::{self, Options, Runtime};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{Coverage, Scope};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Asked, Beginning, Engine, Intent, Link, Message, Question, Reply, Settings, State, Ticket, Tickets};

/// How long a kind that the output does not depend on may fail before it is left out.
const FAILS: Duration = Duration::from_secs(4);

/// One cluster, followed by the engine.
pub struct Headless {
    engine: Engine,
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
    tickets: Tickets,
    /// Replies to what was asked, in their order.
    replies: Vec<(Ticket, Reply)>,
}

impl Headless {
    /// Not connected yet.
    pub fn new(beginning: Beginning, options: Options) -> Self {
        let (inbox, messages) = mpsc::channel(64);
        let (tickets, replies) = Default::default();
        Self { engine: Engine::new(beginning), runtime: Runtime::new(options, inbox), messages, tickets, replies }
    }

    /// Asks something, as a view does. The replies come by [`Self::answered`].
    pub(super) fn ask(&mut self, question: Question) -> Ticket {
        let ticket = self.tickets.draw();
        self.intend(Intent::Ask(ticket, question));
        ticket
    }

    /// The replies that have come since this was called last.
    pub(super) fn answered(&mut self) -> Vec<(Ticket, Reply)> {
        std::mem::take(&mut self.replies)
    }

    /// Connects to that context.
    pub(super) fn start(context: &str, options: Options, settings: Settings, is_projected: bool) -> Self {
        let mut headless = Self::apart(options, settings, context, is_projected);
        headless.intend(Intent::Connect);
        headless
    }

    /// Connects to nothing.
    pub(super) fn apart(options: Options, settings: Settings, context: &str, is_projected: bool) -> Self {
        let (now, context) = (Timestamp::now(), context.to_owned());
        Self::new(Beginning { now, settings, context, namespaces: None, is_projected, nonce: runtime::nonce() }, options)
    }

    pub fn state(&self) -> &State {
        self.engine.state()
    }

    /// Requests something. Returns the question that the user would be asked.
    pub fn intend(&mut self, intent: Intent) -> Vec<Asked> {
        self.take(Timestamp::now(), Message::Do(intent))
    }

    /// Takes a message that came at that time. Returns the question that the user would be asked.
    pub fn take(&mut self, at: Timestamp, message: Message) -> Vec<Asked> {
        if let Message::Reply(ticket, reply) = &message {
            self.replies.push((*ticket, reply.clone()));
        }
        let update = self.engine.update(at, message);
        for effect in update.effects {
            // there is no terminal to hand anything back to
            let _ = self.runtime.carry_out(effect);
        }
        update.questions
    }

    /// Takes one message; when none comes for a second, the clock. Returns the question that the user would be asked.
    ///
    /// # Errors
    /// When the connection's own parts have ended.
    pub async fn turn(&mut self) -> Result<Vec<Asked>> {
        let next = tokio::time::timeout(Duration::from_secs(1), self.messages.recv()).await;
        match next {
            Ok(None) => Err(Error::failed("the connection ended", "")),
            Ok(Some(message)) => Ok(self.take(Timestamp::now(), message)),
            Err(_) => Ok(self.take(Timestamp::now(), Message::Clock)),
        }
    }

    /// Takes messages until the condition is true; false if the time is over before.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub async fn until(&mut self, limit: Duration, holds: impl Fn(&State) -> bool) -> Result<bool> {
        let turns = async {
            while !holds(self.state()) {
                self.turn().await?;
            }
            Ok(())
        };
        match tokio::time::timeout(limit, turns).await {
            Ok(done) => done.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// Waits until the server has said what it serves. What could not be asked in time is reported with `hint`.
    ///
    /// # Errors
    /// When the cluster is not reachable, or does not answer in time.
    pub(super) async fn connected(&mut self, limit: Duration, hint: &str) -> Result<()> {
        let is_settled = |state: &State| {
            let cluster = state.cluster();
            !cluster.server.kinds.is_empty() || matches!(cluster.link, Link::Unauthorised(_) | Link::Unreachable(_))
        };
        let is_in_time = self.until(limit, is_settled).await?;
        match &self.state().cluster().link {
            Link::Unauthorised(error) | Link::Unreachable(error) => Err(error.clone()),
            _ if is_in_time => Ok(()),
            _ => Err(late(self.state(), limit, hint)),
        }
    }

    /// Reads until every kind is complete. Kinds in `needs` are waited for until `limit`, even if they fail; others that fail
    /// are waited for only for [`FAILS`]. If the time is over and only kinds that fail, or that are not needed, are missing, that is
    /// not an error: [`unread`] lists what is missing. What could not be read in time is reported with `hint`.
    ///
    /// # Errors
    /// When the cluster is not reachable, or does not answer in time.
    pub async fn complete(&mut self, limit: Duration, hint: &str, needs: impl Fn(&State, &Scope) -> bool) -> Result<()> {
        let begin = Instant::now();
        let read = async {
            let (mut is_reported, mut failing) = (false, Failing::default());
            while !is_read(self.state(), failing.seen(self.state()), &needs) {
                self.turn().await?;
                if let Link::Unauthorised(error) | Link::Unreachable(error) = &self.state().cluster().link {
                    return Err(error.clone());
                }
                if !is_reported && begin.elapsed() >= FAILS && self.state().cluster().is_complete() {
                    is_reported = true;
                    report_waiting(self.state(), limit);
                }
            }
            Ok(())
        };
        match tokio::time::timeout(limit, read).await {
            Ok(done) => done,
            Err(_) if is_of_use(self.state(), &needs) => Ok(()),
            Err(_) => Err(late(self.state(), limit, hint)),
        }
    }

    /// As [`Self::complete`], where nothing may be missing.
    ///
    /// # Errors
    /// As there; also for kinds that cannot be read.
    pub async fn complete_all(&mut self, limit: Duration, hint: &str) -> Result<()> {
        self.complete(limit, hint, |_, _| true).await?;
        unread(self.state()).map_or(Ok(()), |error| Err(Error { hint: hint.to_owned(), ..error }))
    }

    /// Makes the rows of everything in the store.
    pub fn work(&mut self) {
        self.engine.work(|| true);
    }

    /// Leaves: records the last known state of every job, and waits until that is written.
    pub async fn part(&mut self) {
        self.intend(Intent::Part);
        self.runtime.close().await;
    }
}

/// Reads the cluster of a call, as [`read`].
///
/// # Errors
/// As [`read`].
pub(super) async fn gather(call: &Call, timeout: Duration, needs: impl Fn(&State, &Scope) -> bool) -> Result<Headless> {
    read(&call.context, call.options.clone(), timeout, needs).await
}

/// Reads a cluster, as [`Headless::complete`].
///
/// # Errors
/// When it is not reachable, refuses everything, or is not complete in time.
pub async fn read(
    context: &str,
    options: Options,
    timeout: Duration,
    needs: impl Fn(&State, &Scope) -> bool,
) -> Result<Headless> {
    let options = Options { once: true, ..options };
    let mut headless = Headless::start(context, options, Settings::default(), true);
    headless.complete(timeout, "wait longer with --timeout", needs).await?;
    headless.work();
    match denied(headless.state()) {
        Some(error) => Err(error),
        None => Ok(headless),
    }
}

/// The times since which lists fail.
#[derive(Default)]
struct Failing(BTreeMap<Scope, Instant>);

impl Failing {
    /// Records which lists fail now.
    fn seen(&mut self, state: &State) -> &Self {
        let failing = state.cluster().store.coverage().filter(|(_, coverage)| *coverage == Coverage::Failing);
        let mut before = std::mem::take(&mut self.0);
        let since = |(scope, _): (&Scope, _)| (scope.clone(), before.remove(scope).unwrap_or_else(Instant::now));
        self.0 = failing.map(since).collect();
        self
    }

    /// Whether a list has failed for so long that only commands that need it wait for it.
    fn lasts(&self, scope: &Scope) -> bool {
        self.0.get(scope).is_some_and(|since| since.elapsed() >= FAILS)
    }
}

/// Whether nothing is left to wait for. If most lists fail, they are waited for to the end.
fn is_read(state: &State, failing: &Failing, needs: &impl Fn(&State, &Scope) -> bool) -> bool {
    let cluster = state.cluster();
    let is_settled = |(scope, coverage): (&Scope, Coverage)| match coverage {
        Coverage::Listing => false,
        Coverage::Failing => failing.lasts(scope) && !needs(state, scope),
        Coverage::Complete | Coverage::Polled(_) | Coverage::Restricted | Coverage::NotServed => true,
    };
    cluster.store.coverage().next().is_some()
        && cluster.store.coverage().all(is_settled)
        && !matches!(cluster.link, Link::Stale { .. })
}

/// Whether the needed kinds have been read or have failed; others may be missing.
fn is_of_use(state: &State, needs: &impl Fn(&State, &Scope) -> bool) -> bool {
    let cluster = state.cluster();
    let mut needed = cluster.store.coverage().filter(|(scope, _)| needs(state, scope)).peekable();
    needed.peek().is_some()
        && needed.all(|(_, coverage)| coverage != Coverage::Listing)
        && !matches!(cluster.link, Link::Stale { .. })
}

/// A line that says what is waited for.
fn report_waiting(state: &State, limit: Duration) {
    if let Some(error) = unread(state) {
        output::beside(&format!("{}; trying again, for {} s in all", error.message, limit.as_secs()));
    }
}

fn late(state: &State, timeout: Duration, hint: &str) -> Error {
    let (done, all) = state.cluster().progress();
    let why = match &state.cluster().link {
        Link::Stale { why, .. } => why.clone(),
        Link::Partly { kinds, why, .. } => format!("{kinds}: {why}"),
        Link::LoggingIn(program) => format!("waiting for the login program `{program}`"),
        _ if all == 0 => "the API server did not answer".to_owned(),
        _ => format!("{done} of {} were read", counted(all, "kind")),
    };
    Error::new(ErrorKind::Unreachable, format!("the cluster was not read completely within {} s: {why}", timeout.as_secs()), hint)
}

/// An error when every Flux kind is refused: printing nothing would look like an empty cluster.
pub(super) fn denied(state: &State) -> Option<Error> {
    let mut of_flux = state.cluster().store.coverage().filter(|(scope, coverage)| {
        *coverage != Coverage::NotServed && kinds::find(&scope.gk.group, &scope.gk.kind).is_some_and(kinds::Kind::is_flux)
    });
    let first = of_flux.next()?;
    let all_refused = first.1 == Coverage::Restricted && of_flux.all(|(_, coverage)| coverage == Coverage::Restricted);
    all_refused.then(|| {
        Error::new(ErrorKind::Denied, "you may not list Flux objects in any known namespace", "name your namespaces: -n a,b")
    })
}

/// A line for users with limited rights: where kinds were read, and which were not read at all.
pub(super) fn report_restrictions(state: &State) {
    let store = &state.cluster().store;
    let everywhere = state.cluster().restricted().into_iter().filter(|(_, namespace)| namespace.is_none()).map(|(kind, _)| kind);
    let (mut read, mut unread) = (BTreeSet::new(), Vec::new());
    for kind in everywhere {
        let of_kind = store.coverage().filter(|(scope, coverage)| {
            *scope.gk.kind == *kind.kind
                && *scope.gk.group == *kind.group
                && matches!(coverage, Coverage::Complete | Coverage::Polled(_))
        });
        let namespaces: Vec<_> = of_kind.filter_map(|(scope, _)| scope.namespace.clone()).collect();
        if namespaces.is_empty() {
            unread.push(kind.plural);
        }
        read.extend(namespaces);
    }
    if !read.is_empty() {
        let names: Vec<_> = read.iter().map(|name| &**name).collect();
        output::beside(&format!("restricted: Flux objects were read in {} only; more namespaces with -n", names.join(", ")));
    }
    if !unread.is_empty() {
        output::beside(&format!("restricted: you may not list {}", unread.join(", ")));
    }
}

/// A line for kinds that could not be read and that the output does not depend on.
pub(super) fn report_unread(state: &State) {
    if let Some(error) = unread(state) {
        output::beside(&error.to_string());
    }
}

/// An error if kinds could not be read for other reasons than rights: the output lacks them.
pub(super) fn unread(state: &State) -> Option<Error> {
    let cluster = state.cluster();
    let failing: BTreeSet<_> = cluster
        .store
        .coverage()
        .filter(|(_, coverage)| matches!(coverage, Coverage::Failing | Coverage::Listing))
        .map(|(scope, _)| &scope.gk.kind)
        .collect();
    if failing.is_empty() {
        return None;
    }
    let kinds: Vec<_> = failing.into_iter().map(|kind| &**kind).collect();
    let why = match &cluster.link {
        Link::Partly { why, .. } | Link::Stale { why, .. } => format!(": {why}"),
        _ => String::new(),
    };
    let message = format!("{} could not be read{why}", kinds.join(", "));
    Some(Error::new(ErrorKind::Unreachable, message, "everything else was read"))
}
