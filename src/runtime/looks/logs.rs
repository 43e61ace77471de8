//! The logs of a workload as one stream of lines: every container of every pod is read for itself, so that one that is gone, hangs or has
//! not started says so and hides nobody. A log that was cut is opened again where it was.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::contact::{Again, Asking, Contact, Left, Patience, Refusal, hinted};
use super::place::{ReadPosition, Verdict};
use super::voice::{self, Piece, Shape, Spoken, Voice, hand_on};
use crate::cluster::{self, Connection, Container, ContainerState, Failure, Lines, LogAsk, Start};
use fluxdeck_model::domain::{ObjectRef, Str};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{LogRequest, LogSpan, Reply};

/// Pods of one workload whose logs are read together.
const MOST_PODS: usize = 30;
/// Longest pause before a retry; lines that arrive shorten it again.
const LAST_PAUSE: Duration = Duration::from_secs(8);
/// A log without lines for so long is opened again at its position: the connection may be dead, here or between the API server and the node,
/// and nothing else would show that. If the log is only quiet, nobody notices.
const QUIET: Duration = Duration::from_secs(120);
/// What comes so soon after that had not come over the connection before.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A pod whose logs are read.
pub(super) struct LogPlace {
    pub namespace: Str,
    pub pod: Str,
    /// How its lines are marked where several pods are read.
    pub mark: String,
}

/// What is read of every pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// One container by name; none means all.
    pub container: Option<String>,
    /// The container that is read of a pod that has it, among others.
    pub rather: Option<&'static str>,
    pub previous: bool,
    pub timestamps: bool,
    pub span: LogSpan,
}

/// Reads the logs of all requested pods and containers until all of them have ended. Returns whether all could be read.
pub(super) async fn follow(
    asking: &mut Asking,
    object: &ObjectRef,
    request: &LogRequest,
    limit: Duration,
    shape: Shape<'_>,
) -> Result<bool, Left> {
    // what a command prints is read apart from the names of the others
    let shared = if request.span.gives_up { 0 } else { shared(&request.pods) };
    let place = |pod: &Str| LogPlace {
        namespace: object.namespace.clone(),
        mark: pod.get(shared..).unwrap_or(pod).to_owned(),
        pod: pod.clone(),
    };
    let places: Vec<_> = request.pods.iter().take(MOST_PODS).map(place).collect();
    let LogRequest { container, previous, timestamps, span, .. } = request.clone();
    let reading = Reading { container, previous, timestamps, span, rather: None };
    read(asking, &places, &reading, limit, shape).await
}

/// Reads the logs of those pods until all of them have ended, and gives their lines in a shape. Returns whether all could be read.
pub(super) async fn read(
    asking: &mut Asking,
    places: &[LogPlace],
    reading: &Reading,
    limit: Duration,
    shape: Shape<'_>,
) -> Result<bool, Left> {
    let (pieces, taken) = mpsc::channel(voice::BATCH);
    let is_alone = places.len() == 1;
    let reader = |place: &LogPlace| Reader {
        voice: Voice { who: format!("pod {}", place.pod), is_alone, pieces: pieces.clone(), said: None },
        patience: Patience::new(LAST_PAUSE),
        namespace: place.namespace.to_string(),
        pod: place.pod.to_string(),
        mark: place.mark.clone(),
        limit,
    };
    let pods: FuturesUnordered<_> =
        places.iter().map(|place| reader(place).pod(asking.contact.clone(), reading, !is_alone)).collect();
    drop(pieces);
    let (ends, ()) = tokio::join!(pods.collect::<Vec<_>>(), hand_on(taken, &asking.answer, shape));
    let over = ends.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    let is_whole = !over.contains(&Over::Gone);
    let why = match over.contains(&Over::Ended) {
        true if reading.previous => "end of the previous log",
        true => "the log has ended",
        // its failure is the last word
        false if over.len() == 1 => return Ok(is_whole),
        false => "nothing is left to be read",
    };
    asking.answer.give(Reply::Ended(why.to_owned())).await;
    Ok(is_whole)
}

/// How many bytes of their names pods share: whole words, as their workload gave them.
fn shared(pods: &[Str]) -> usize {
    let Some((first, rest)) = pods.split_first() else { return 0 };
    let same = |pod: &Str| first.bytes().zip(pod.bytes()).take_while(|(one, other)| one == other).count();
    let longest = rest.iter().map(same).min().unwrap_or_default();
    first.as_bytes()[..longest].iter().rposition(|byte| *byte == b'-').map_or(0, |at| at + 1)
}

/// How the reading of a log was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Ended,
    /// There is no such log, or no such pod any more.
    Gone,
}

/// Reads a pod's logs, or one of them.
struct Reader {
    voice: Voice,
    patience: Patience,
    namespace: String,
    pod: String,
    /// What is different among the pods: the name behind what all names begin with.
    mark: String,
    limit: Duration,
}

/// How a log stopped.
enum Stop {
    Refused(Failure),
    /// The connection broke, and why.
    Cut(String),
    /// The server closed it in good order.
    Closed,
    /// Nothing came for [`QUIET`].
    Quiet,
}

impl Reader {
    /// Reads the logs of a pod's containers together.
    async fn pod(mut self, mut contact: Contact, reading: &Reading, many_pods: bool) -> Result<Vec<Over>, Left> {
        let Some(mut found) = self.containers(&mut contact, reading.span).await? else { return Ok(vec![Over::Gone]) };
        self.voice.send(Piece::Containers(found.iter().map(|container| container.name.clone()).collect())).await;
        if let Some(rather) = reading.rather.filter(|rather| found.iter().any(|container| container.name == *rather)) {
            found.retain(|container| container.name == rather);
        }
        found.retain(|container| reading.container.as_ref().is_none_or(|wanted| *wanted == container.name));
        if let Some(wanted) = reading.container.as_ref().filter(|_| found.is_empty() && reading.span.gives_up) {
            self.voice.complain(Error::failed(format!("it has no container {wanted}"), "")).await;
            return Ok(vec![Over::Gone]);
        }
        let many = found.len() > 1;
        let logs = found.into_iter().map(|container| {
            let who = if many { format!("pod {}, container {}", self.pod, container.name) } else { self.voice.who.clone() };
            let prefix = match (many_pods, many) {
                (true, true) => format!("{}/{} ", self.mark, container.name),
                (true, false) => format!("{} ", self.mark),
                (false, true) => format!("{} ", container.name),
                (false, false) => String::new(),
            };
            let voice = Voice { who, is_alone: self.voice.is_alone && !many, pieces: self.voice.pieces.clone(), said: None };
            let reader = Self {
                voice,
                patience: Patience::new(LAST_PAUSE),
                namespace: self.namespace.clone(),
                pod: self.pod.clone(),
                mark: String::new(),
                limit: self.limit,
            };
            let (prefix, place) = (prefix.into(), ReadPosition::default());
            Tail { reader, container, prefix, reading, place, is_unsure: false, was_quiet: false }.run(contact.clone())
        });
        let ends = logs.collect::<FuturesUnordered<_>>().collect::<Vec<_>>();
        // this voice has said what it had to: the stream ends with the others
        drop(self.voice);
        ends.await.into_iter().collect()
    }

    /// The pod's containers; none when it is gone, which is said.
    async fn containers(&mut self, contact: &mut Contact, span: LogSpan) -> Result<Option<Vec<Container>>, Left> {
        loop {
            let live = contact.stands().await?;
            let asked = cluster::containers(&live, &self.namespace, &self.pod, self.limit);
            match contact.unless_replaced(asked).await? {
                None => {}
                Some(Ok(found)) => return Ok(Some(found)),
                Some(Err(Failure::NotFound(_))) => {
                    self.voice.complain(Error::failed("it is gone", "")).await;
                    return Ok(None);
                }
                Some(Err(failure)) if span.gives_up => {
                    self.voice.complain(failure.error("the API server")).await;
                    return Ok(None);
                }
                Some(Err(failure)) => self.rest(contact, failure).await?,
            }
        }
    }

    /// Says what is wrong, and waits until it is worth trying again.
    async fn rest(&mut self, contact: &mut Contact, failure: Failure) -> Result<(), Left> {
        let refusal = Refusal::from(failure);
        match self.patience.pause(refusal.again) {
            Some(pause) => {
                let error = match refusal.again {
                    Again::Later => hinted(&refusal.error, "trying again"),
                    _ => Error { hint: "trying again".to_owned(), ..refusal.error },
                };
                self.voice.complain(error).await;
                contact.rest(pause).await.map(drop)
            }
            None => {
                self.voice.complain(refusal.error).await;
                contact.replaced().await
            }
        }
    }

    /// Waits until it is worth opening again what was open.
    async fn pause(&mut self, contact: &mut Contact) -> Result<(), Left> {
        let pause = self.patience.soon(None);
        contact.rest(pause).await.map(drop)
    }
}

/// Reads one container's log, as long as it goes on.
struct Tail<'a> {
    reader: Reader,
    container: Container,
    /// What each line begins with.
    prefix: Arc<str>,
    reading: &'a Reading,
    place: ReadPosition,
    /// Something was cut: lines may be lost until what was read last comes again.
    is_unsure: bool,
    /// It was opened again because nothing came.
    was_quiet: bool,
}

impl Tail<'_> {
    async fn run(mut self, mut contact: Contact) -> Result<Over, Left> {
        if self.reading.previous && !self.container.has_previous {
            let why = format!("container {} has no instance before the present one", self.container.name);
            self.reader.voice.complain(Error::failed(why, "")).await;
            return Ok(Over::Gone);
        }
        loop {
            let live = contact.stands().await?;
            let stop = contact.unless_replaced(self.read(&live)).await?;
            self.was_quiet = matches!(stop, Some(Stop::Quiet));
            match stop {
                None | Some(Stop::Quiet) => self.is_unsure = true,
                Some(Stop::Refused(Failure::NotFound(why))) => {
                    self.reader.voice.complain(Error::failed(why, "")).await;
                    return Ok(Over::Gone);
                }
                Some(Stop::Refused(failure)) if self.reading.span.gives_up => {
                    self.reader.voice.complain(failure.error("the API server")).await;
                    return Ok(Over::Gone);
                }
                Some(Stop::Refused(failure)) => self.reader.rest(&mut contact, failure).await?,
                Some(Stop::Cut(why)) => {
                    self.is_unsure = true;
                    self.reader.voice.say(&format!("the log was cut ({why}); opening it again")).await;
                    self.reader.pause(&mut contact).await?;
                }
                Some(Stop::Closed) if self.reading.previous || !self.reading.span.follows => return Ok(Over::Ended),
                Some(Stop::Closed) => {
                    if let Some(over) = self.closed(&mut contact).await? {
                        return Ok(over);
                    }
                    self.reader.pause(&mut contact).await?;
                }
            }
        }
    }

    /// Reads until the log stops.
    async fn read(&mut self, live: &Connection) -> Stop {
        let ask = LogAsk {
            namespace: &self.reader.namespace,
            pod: &self.reader.pod,
            container: &self.container.name,
            previous: self.reading.previous,
            follows: self.reading.span.follows,
            start: self.place.start(Start { since: self.reading.span.since, tail: self.reading.span.tail }),
        };
        let log = match cluster::logs(live, &ask, self.reader.limit).await {
            Ok(log) => log,
            Err(failure) => return Stop::Refused(failure),
        };
        let (mut lines, mut known, opened) = (Lines::new(log), self.place.again(), Instant::now());
        loop {
            let line = match tokio::time::timeout(QUIET, lines.next()).await {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Stop::Closed,
                Ok(Err(why)) => return Stop::Cut(cluster::explain(&why)),
                Err(_) => return Stop::Quiet,
            };
            match self.place.judge(&mut known, &line) {
                Verdict::Known => {
                    self.is_unsure = false;
                    continue;
                }
                Verdict::AfterHole if self.is_unsure => self.reader.voice.say("lines may be missing here").await,
                Verdict::AfterHole | Verdict::New => {}
            }
            self.is_unsure = false;
            if std::mem::take(&mut self.was_quiet) && opened.elapsed() < AT_ONCE {
                let quiet = QUIET.as_secs();
                self.reader.voice.say(&format!("nothing came for {quiet} s: opened again, the log goes on here")).await;
            }
            let spoken = Spoken { at: line.at, prefix: self.prefix.clone(), text: line.text(self.reading.timestamps).to_owned() };
            self.reader.voice.send(Piece::Line(spoken)).await;
            // who is interrupted before has not read the line
            self.place.read(&line);
            self.reader.voice.said = None;
            self.reader.patience.reset();
        }
    }

    /// Asks what has become of the container when its log was closed in good order. Returns how it is over, if it is.
    async fn closed(&mut self, contact: &mut Contact) -> Result<Option<Over>, Left> {
        if let ContainerState::Ended(_) = self.container.state {
            return Ok(Some(Over::Ended));
        }
        let Some(found) = self.reader.containers(contact, self.reading.span).await? else { return Ok(Some(Over::Gone)) };
        let Some(now) = found.into_iter().find(|container| container.name == self.container.name) else {
            return Ok(Some(Over::Gone));
        };
        match &now.state {
            ContainerState::Ended(how) => {
                self.reader.voice.say(&format!("the container has ended ({how})")).await;
                return Ok(Some(Over::Ended));
            }
            ContainerState::Restarts(how) => {
                self.reader.voice.say(&format!("the container has ended ({how}) and starts again")).await;
            }
            ContainerState::Waits(why) => self.reader.voice.say(&format!("the container waits to start again ({why})")).await,
            ContainerState::Runs(since) => {
                // another instance has begun a log of its own, and all of the last one was read
                let is_another = since.zip(self.place.youngest()).is_some_and(|(since, youngest)| since > youngest);
                self.is_unsure = !is_another;
                if is_another {
                    self.reader.voice.say("the container has started again").await;
                }
            }
        }
        self.container = now;
        Ok(None)
    }
}
