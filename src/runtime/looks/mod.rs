//! Look-ups for views: a task each, which ends with its view or its connection's context, and answers through whichever connection stands.

mod contact;
mod controllers;
mod logs;
mod place;
mod print;
#[cfg(test)]
mod tests;
mod voice;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::{Either, select};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::broken;
use super::desk::Desk;
use super::evidence;
use super::rendered::{Renderer, object_of};
use super::values;
use crate::cluster::{self, Connection, Failure, Served};
pub use contact::Answer;
use contact::{Asking, Contact, Left, Refusal};
use fluxdeck_model::change::CommitAsk;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{ClusterId, EventRow, ObjectRef, PrintedQuery};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::insight::declared::{Declared, FilePlace};
use fluxdeck_model::insight::file::{self as shown, Hidden};
use fluxdeck_model::insight::why::{OnsetAsk, Want};
use fluxdeck_model::kinds;
use fluxdeck_model::render::BuildError;
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::unproven::may_be;
use fluxdeck_model::state::{Aspect, Details, Events, FileText, Message, Reply, Ticket};
use print::Print;

/// How long details wait for events that come a little later than the body.
const GRACE: Duration = Duration::from_millis(250);

/// One look-up for a view.
pub(super) struct Look {
    pub ticket: Ticket,
    pub object: ObjectRef,
    pub aspect: Aspect,
}

/// What look-ups need besides a connection.
#[derive(Clone)]
pub(super) struct Means {
    pub desk: Desk,
    /// Of one request.
    pub timeout: Duration,
}

/// The look-ups under way. Dropping it ends them.
#[derive(Default)]
pub(super) struct Looks {
    tasks: JoinSet<()>,
    /// Of a cluster, if a connection to it is looked through.
    under_way: BTreeMap<Ticket, (Option<ClusterId>, AbortHandle)>,
}

impl Looks {
    /// Starts a look-up at the connection of a session; none where nothing was ever connected.
    pub fn start(
        &mut self,
        look: Look,
        session: Option<watch::Receiver<Option<Connection>>>,
        means: Means,
        inbox: mpsc::Sender<Message>,
    ) {
        while self.tasks.try_join_next().is_some() {}
        self.under_way.retain(|_, (_, task)| !task.is_finished());
        // the sender of the other is gone at once: so is its session
        let live = session.unwrap_or_else(|| watch::channel(None).1);
        let asking = Asking { contact: Contact(live), answer: Answer { ticket: look.ticket, inbox: inbox.clone() } };
        let (ticket, cluster) = (look.ticket, look.object.cluster);
        let task = self.tasks.spawn(noticed(ticket, inbox, answer(look, asking, means)));
        self.under_way.insert(ticket, (Some(cluster), task));
    }

    /// Prints a kind of a cluster, and then what happens to it.
    pub fn print(
        &mut self,
        ticket: Ticket,
        cluster: ClusterId,
        query: PrintedQuery,
        session: Option<watch::Receiver<Option<Connection>>>,
        limit: Duration,
        inbox: mpsc::Sender<Message>,
    ) {
        while self.tasks.try_join_next().is_some() {}
        let live = session.unwrap_or_else(|| watch::channel(None).1);
        let mut asking = Asking { contact: Contact(live), answer: Answer { ticket, inbox: inbox.clone() } };
        let task = self.tasks.spawn(noticed(ticket, inbox, async move {
            let of = Print { cluster, query, limit };
            if let Err(Left) = of.follow(&mut asking).await {
                asking.answer.give(Reply::Failed(left())).await;
            }
        }));
        self.under_way.insert(ticket, (Some(cluster), task));
    }

    /// Answers what is asked of a change, as often as there is something to say; with the connection of a session where there is one.
    pub fn about<F: Future<Output = ()> + Send>(
        &mut self,
        ticket: Ticket,
        cluster: ClusterId,
        session: Option<watch::Receiver<Option<Connection>>>,
        inbox: mpsc::Sender<Message>,
        work: impl FnOnce(Option<Connection>, Answer) -> F + Send + 'static,
    ) {
        while self.tasks.try_join_next().is_some() {}
        let answer = Answer { ticket, inbox: inbox.clone() };
        let task = self.tasks.spawn(noticed(ticket, inbox, async move {
            let live = match session {
                Some(session) => Contact(session).stands().await.ok(),
                None => None,
            };
            work(live, answer).await;
        }));
        self.under_way.insert(ticket, (Some(cluster), task));
    }

    /// The view that asked is gone.
    pub fn end(&mut self, ticket: Ticket) {
        if let Some((_, task)) = self.under_way.remove(&ticket) {
            task.abort();
        }
    }

    /// The cluster's context was left, whether its connection stays for jobs or not.
    pub fn leave(&mut self, cluster: ClusterId) {
        self.under_way.retain(|_, (of, task)| {
            let is_left = *of == Some(cluster);
            if is_left {
                task.abort();
            }
            !is_left
        });
    }
}

/// Does what a view waits for; where that breaks, the view is answered too.
async fn noticed(ticket: Ticket, inbox: mpsc::Sender<Message>, work: impl Future<Output = ()> + Send) {
    let failed = move |error: &Error| Some(Message::Reply(ticket, Reply::Failed(error.clone())));
    broken::noticed("a look-up", inbox, failed, work).await;
}

/// Answers a look-up, once or again and again.
async fn answer(look: Look, mut asking: Asking, means: Means) {
    let (object, limit) = (&look.object, means.timeout);
    let done = match look.aspect {
        Aspect::Yaml => {
            let fetched = asking.insist(Reply::Failed, |live| body(live, object, limit)).await;
            fetched.map(|body| Some(Reply::Document(cluster::yaml(&body))))
        }
        Aspect::Details => details(&mut asking, object, limit).await.map(Some),
        Aspect::Declared { applied_by, fetches } => {
            let ask = |live: Connection| declared(renderer(live, &means, fetches), object, &applied_by);
            asking.insist(Reply::Failed, ask).await.map(Some)
        }
        Aspect::Values => {
            let read = asking.insist(Reply::Failed, |live| async move { Ok(values::gather(&live, object, limit).await?) }).await;
            read.map(|found| Some(Reply::Values(Box::new(found))))
        }
        Aspect::Logs(request) => logs::follow(&mut asking, object, &request, limit, &voice::plain).await.map(|_| None),
        Aspect::ControllerLogs(request) => controllers::follow(&mut asking, &request, limit).await.map(|_| None),
        Aspect::File(place) => Ok(Some(file(&means.desk, *place).await)),
        Aspect::Evidence(wants) => testimony(&mut asking, object, &wants, limit).await.map(Some),
        Aspect::Onset(ask) => {
            let of = |live: Connection| begun(renderer(live, &means, true), &ask);
            asking.insist(Reply::Failed, of).await.map(Some)
        }
        Aspect::Commit { by, ask } => {
            let of = |live: Connection| commit(renderer(live, &means, true), &by, &ask);
            asking.insist(Reply::Failed, of).await.map(Some)
        }
    };
    match done {
        Ok(Some(reply)) => asking.answer.give(reply).await,
        Ok(None) => {}
        Err(Left) => {
            asking.answer.give(Reply::Failed(left())).await;
        }
    }
}

fn left() -> Error {
    Error::new(ErrorKind::Unreachable, "the connection was left", "open the view again")
}

fn renderer(live: Connection, means: &Means, fetches: bool) -> Renderer {
    let Means { desk, timeout } = means.clone();
    Renderer::new(live, desk, timeout, fetches)
}

fn served(live: &Connection, object: &ObjectRef) -> Result<Served, Failure> {
    let gk = &object.gk;
    let served = live.served(gk).cloned();
    served.ok_or_else(|| Failure::NotFound(format!("the cluster does not serve {gk}")))
}

async fn body(live: Connection, object: &ObjectRef, limit: Duration) -> Result<Value, Refusal> {
    Ok(cluster::shown(&live, &served(&live, object)?, object, limit).await?)
}

async fn events(live: Connection, object: &ObjectRef, limit: Duration) -> Result<Vec<EventRow>, Refusal> {
    Ok(cluster::events(&live, object, limit).await?)
}

/// The body, and what was said of the events in about the same time.
type Body = (Value, Option<Result<Vec<EventRow>, Refusal>>);

async fn body_and_events(live: Connection, object: &ObjectRef, limit: Duration) -> Result<Body, Refusal> {
    let asked = (Box::pin(body(live.clone(), object, limit)), Box::pin(events(live, object, limit)));
    match select(asked.0, asked.1).await {
        Either::Left((body, events)) => Ok((body?, tokio::time::timeout(GRACE, events).await.ok())),
        Either::Right((events, body)) => Ok((body.await?, Some(events))),
    }
}

/// Reads logs through a connection for a command, until they have ended; each reply goes to `inbox` with that
/// number. Returns whether all that was wanted
/// could be read: what could not is among the replies.
pub async fn logs_of(
    live: Connection,
    number: u64,
    object: Option<&ObjectRef>,
    aspect: Aspect,
    limit: Duration,
    inbox: mpsc::Sender<Message>,
) -> bool {
    // its sender is held to the end: the connection stays
    let (_stands, session) = watch::channel(Some(live));
    let mut asking = Asking { contact: Contact(session), answer: Answer { ticket: Ticket(number), inbox } };
    let done = match (aspect, object) {
        (Aspect::Logs(request), Some(object)) => logs::follow(&mut asking, object, &request, limit, &voice::records).await,
        (Aspect::ControllerLogs(request), _) => controllers::follow(&mut asking, &request, limit).await,
        _ => Ok(false),
    };
    done.unwrap_or(false)
}

/// What can be found out about why an object is as it is: first what comes at once.
async fn testimony(asking: &mut Asking, object: &ObjectRef, wants: &[Want], limit: Duration) -> Result<Reply, Left> {
    let first = asking.insist(Reply::Failed, |live| async move { Ok(evidence::first(&live, object, limit).await?) }).await?;
    if wants.is_empty() {
        return Ok(Reply::Evidence(Box::new(first)));
    }
    asking.answer.give(Reply::Evidence(Box::new(first.clone()))).await;
    let live = asking.contact.stands().await?;
    Ok(Reply::Evidence(Box::new(evidence::rest(&live, object, first, wants, limit).await)))
}

/// The details, first without events where these take longer: details are worth showing without them.
async fn details(asking: &mut Asking, object: &ObjectRef, limit: Duration) -> Result<Reply, Left> {
    let (body, mut early) = asking.insist(Reply::Failed, |live| body_and_events(live, object, limit)).await?;
    let about = described(&body, object);
    let with = |events: Events| Reply::Details(Box::new(Details { events, ..about.clone() }));
    if early.is_none() {
        asking.answer.give(with(Events::Awaited)).await;
    }
    let rest = |live: Connection| {
        let early = early.take();
        async move {
            match early {
                Some(said) => said,
                None => events(live, object, limit).await,
            }
        }
    };
    let rows = asking.insist(|error| with(Events::Failed(error)), rest).await?;
    Ok(with(Events::Here(rows)))
}

fn described(body: &Value, object: &ObjectRef) -> Details {
    let gk = &object.gk;
    let annotations = body["metadata"]["annotations"].as_object().into_iter().flatten();
    let parts = kinds::parts(body);
    let mut spec = kinds::describe(kinds::rules(&gk.group, &gk.kind), body);
    spec.retain(|(path, _)| parts.is_empty() || !kinds::is_in_parts(path));
    Details {
        spec,
        parts,
        status: kinds::describe_status(kinds::of(gk), body),
        history: kinds::history(body),
        annotations: annotations
            .filter(|(key, _)| *key != "kubectl.kubernetes.io/last-applied-configuration")
            .map(|(key, value)| (sanitise(key).into_owned(), sanitise(value.as_str().unwrap_or_default()).into_owned()))
            .collect(),
        events: Events::Awaited,
    }
}

/// What git says of an object, as its Kustomization renders it.
async fn declared(renderer: Renderer, object: &ObjectRef, applied_by: &ObjectRef) -> Result<Reply, Refusal> {
    let named = |error: Error| Error { message: format!("{applied_by}: {}", error.message), ..error };
    let body = renderer.fetch(applied_by).await.map_err(|error| Refusal::of(named(error)))?;
    let plan = renderer.plan(&body).await.map_err(|error| Refusal::of(named(error)))?;
    // git is not asked again unasked: it may want a person's key or password
    let rendered = renderer.build(plan).await.map_err(|error| Refusal::is_final(named(error)))?;
    match of_object(&rendered.objects, object) {
        Some(found) => Ok(Reply::Declared(Box::new(Declared::of(found, applied_by.path(), rendered.at)))),
        None => Err(Refusal::is_final(Error::failed(
            format!("{applied_by} renders no {object} at {}", rendered.at.short()),
            "it is about to be pruned, or somebody else applies it too",
        ))),
    }
}

/// Since when something fails, and which commits may be why.
async fn begun(renderer: Renderer, ask: &OnsetAsk) -> Result<Reply, Refusal> {
    // git is not asked again unasked: it may want a person's key or password
    let found = renderer.beginning(ask).await.map_err(Refusal::of)?;
    Ok(Reply::Onset(Box::new(found)))
}

/// A commit as it is read.
async fn commit(renderer: Renderer, by: &ObjectRef, ask: &CommitAsk) -> Result<Reply, Refusal> {
    Ok(Reply::Commit(Box::new(renderer.commit(by, ask).await.map_err(Refusal::of)?)))
}

/// The same, once.
///
/// # Errors
/// Why it is not known.
pub async fn declared_once(renderer: Renderer, object: &ObjectRef, applied_by: &ObjectRef) -> Result<Declared, Error> {
    match declared(renderer, object, applied_by).await {
        Ok(Reply::Declared(found)) => Ok(*found),
        Ok(_) => Err(Error::failed(format!("nothing is known of {object}"), "")),
        Err(refusal) => Err(refusal.error),
    }
}

/// What is built of an object; of a generated one whose hash only the cluster knows, the only one that it can be.
pub(super) fn of_object<'r>(built: &'r [Applied], object: &ObjectRef) -> Option<&'r Applied> {
    let id = |found: &Applied| object_of(object.cluster, &found.node);
    let is_near = |found: &&Applied| {
        let built = id(found);
        built.gk == object.gk && built.namespace == object.namespace && may_be(&built.name, &object.name)
    };
    let mut near = built.iter().filter(is_near);
    let exact = built.iter().find(|found| id(found) == *object);
    exact.or_else(|| near.next().filter(|_| near.next().is_none()))
}

/// A file of a commit, masked for the screen.
async fn file(desk: &Desk, place: FilePlace) -> Reply {
    let at = place.at.clone();
    let read = desk.ask(&at, true, move |bench| {
        let view = bench.checkout.view(Some(&place.at.id))?;
        let failed = |error: BuildError| Error::failed(error.to_string(), "it is not a file of the repository");
        let bytes = view.tree().read(&place.path).map_err(failed)?;
        let hidden = |why| match why {
            Hidden::Encrypted => Error::failed(format!("{} is encrypted by SOPS and not shown", place.path), "sops opens it"),
            Hidden::Binary => Error::failed(format!("{} is not text", place.path), ""),
        };
        let lines = shown::lines(&bytes, place.is_secret).map_err(hidden)?;
        let disk = bench.checkout.on_disk(&place.path).map(|disk| disk.to_string_lossy().into_owned());
        Ok(FileText { lines, disk, is_same: bench.checkout.holds(&place.path, &bytes) })
    });
    read.await.map_or_else(Reply::Failed, |text| Reply::File(Box::new(text)))
}
