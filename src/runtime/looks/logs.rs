//! The logs of a workload as one stream of lines: every container of every pod is read for itself, so that one that is gone, hangs or has
//! not started says so and hides nobody. A log that was cut is opened again where it was.

use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::contact::{Again, Answer, Asking, Contact, Left, Pauses, Refusal};
use super::place::{Place, Verdict};
use crate::cluster::{self, Container, ContainerState, Failure, Lines, LogAsk};
use crate::runtime::acts::Live;
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{LogRequest, Reply};

/// Lines of logs handed on at once, and their bytes: what waits to be taken is bounded whatever is written.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;
/// Pods of one workload whose logs are read together.
const MOST_PODS: usize = 30;
/// The pause before a log is opened again; it doubles up to the other, and lines make it short again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(8);

/// Reads the logs of all wished pods and containers until all of them have ended.
pub(super) async fn follow(asking: &mut Asking, object: &ObjectRef, request: &LogRequest, limit: Duration) -> Result<(), Left> {
    let (pieces, taken) = mpsc::channel(BATCH);
    let reader = |pod: &str| Reader {
        voice: Voice { who: format!("pod {pod}"), is_alone: request.pods.len() == 1, pieces: pieces.clone(), said: None },
        pauses: Pauses::new(FIRST_PAUSE, LAST_PAUSE),
        namespace: object.namespace.to_string(),
        pod: pod.to_owned(),
        limit,
    };
    let pods: FuturesUnordered<_> =
        request.pods.iter().take(MOST_PODS).map(|pod| reader(pod).pod(asking.contact.clone(), request)).collect();
    drop(pieces);
    let (ends, ()) = tokio::join!(pods.collect::<Vec<_>>(), hand_on(taken, &asking.answer));
    let over = ends.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    let why = match over.contains(&Over::Ended) {
        true if request.previous => "end of the previous log",
        true => "the log has ended",
        // its failure is the last word
        false if over.len() == 1 => return Ok(()),
        false => "nothing is left to be read",
    };
    asking.answer.give(Reply::Ended(why.to_owned())).await;
    Ok(())
}

/// How the reading of a log was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Ended,
    /// There is no such log, or no such pod any more.
    Gone,
}

/// A part of the stream, in its order.
enum Piece {
    /// With when it was written.
    Line(Option<Timestamp>, String),
    Note(String),
    Failed(Error),
    Containers(Vec<String>),
}

/// Hands pieces on in batches.
async fn hand_on(mut taken: mpsc::Receiver<Piece>, answer: &Answer) {
    let mut lines = Vec::new();
    while let Some(first) = taken.recv().await {
        let (mut next, mut bytes) = (Some(first), 0);
        while let Some(piece) = next {
            let reply = match piece {
                Piece::Line(at, line) => {
                    bytes += line.len();
                    lines.push((at, line));
                    None
                }
                Piece::Note(text) => Some(Reply::Note(text)),
                Piece::Failed(error) => Some(Reply::Failed(error)),
                Piece::Containers(names) => Some(Reply::Containers(names)),
            };
            if let Some(reply) = reply {
                tell(&mut lines, answer).await;
                answer.give(reply).await;
            }
            next = if lines.len() < BATCH && bytes < BATCH_BYTES { taken.try_recv().ok() } else { None };
        }
        tell(&mut lines, answer).await;
    }
}

/// Tells the lines of a batch in the order of their times, where all have one.
async fn tell(lines: &mut Vec<(Option<Timestamp>, String)>, answer: &Answer) {
    if lines.is_empty() {
        return;
    }
    if lines.iter().all(|(at, _)| at.is_some()) {
        lines.sort_by_key(|(at, _)| *at);
    }
    answer.give(Reply::Log(lines.drain(..).map(|(_, line)| line).collect())).await;
}

/// What a stream says of itself between its lines, each thing once until there are lines again.
struct Voice {
    who: String,
    /// It is the only stream of the view: what is wrong with it is wrong with the view.
    is_alone: bool,
    pieces: mpsc::Sender<Piece>,
    said: Option<String>,
}

impl Voice {
    async fn send(&self, piece: Piece) {
        // nobody listens when the view is gone
        let _ = self.pieces.send(piece).await;
    }

    async fn say(&mut self, what: &str) {
        if self.said.as_deref() != Some(what) {
            self.said = Some(what.to_owned());
            self.send(Piece::Note(format!("{}: {what}", self.who))).await;
        }
    }

    async fn complain(&mut self, error: Error) {
        let what = error.to_string();
        if !self.is_alone {
            self.say(&what).await;
        } else if self.said.as_ref() != Some(&what) {
            self.said = Some(what);
            self.send(Piece::Failed(error)).await;
        }
    }
}

/// Reads a pod's logs, or one of them.
struct Reader {
    voice: Voice,
    pauses: Pauses,
    namespace: String,
    pod: String,
    limit: Duration,
}

/// How a log stopped.
enum Stop {
    Refused(Failure),
    /// The connection broke, and why.
    Cut(String),
    /// The server closed it in good order.
    Closed,
}

impl Reader {
    /// Reads the logs of a pod's containers together.
    async fn pod(mut self, mut contact: Contact, request: &LogRequest) -> Result<Vec<Over>, Left> {
        let Some(mut found) = self.containers(&mut contact).await? else { return Ok(vec![Over::Gone]) };
        self.voice.send(Piece::Containers(found.iter().map(|container| container.name.clone()).collect())).await;
        found.retain(|container| request.container.as_ref().is_none_or(|wished| *wished == container.name));
        let (many_pods, many) = (request.pods.len() > 1, found.len() > 1);
        let logs = found.into_iter().map(|container| {
            let who = if many { format!("pod {}, container {}", self.pod, container.name) } else { self.voice.who.clone() };
            let prefix = match (many_pods, many) {
                (true, _) => format!("{}/{} ", self.pod, container.name),
                (false, true) => format!("{} ", container.name),
                (false, false) => String::new(),
            };
            let voice = Voice { who, is_alone: self.voice.is_alone && !many, pieces: self.voice.pieces.clone(), said: None };
            let reader = Self {
                voice,
                pauses: Pauses::new(FIRST_PAUSE, LAST_PAUSE),
                namespace: self.namespace.clone(),
                pod: self.pod.clone(),
                limit: self.limit,
            };
            Tail { reader, container, prefix, request, place: Place::default(), is_unsure: false }.run(contact.clone())
        });
        let ends = logs.collect::<FuturesUnordered<_>>().collect::<Vec<_>>();
        // this voice has said what it had to: the stream ends with the others
        drop(self.voice);
        ends.await.into_iter().collect()
    }

    /// The pod's containers; none when it is gone, which is said.
    async fn containers(&mut self, contact: &mut Contact) -> Result<Option<Vec<Container>>, Left> {
        loop {
            let live = contact.stands().await?;
            let asked = cluster::containers(&live.client, &self.namespace, &self.pod, self.limit);
            match contact.unless_replaced(asked).await? {
                None => {}
                Some(Ok(found)) => return Ok(Some(found)),
                Some(Err(Failure::NotFound(_))) => {
                    self.voice.complain(Error::failed("it is gone", "")).await;
                    return Ok(None);
                }
                Some(Err(failure)) => self.rest(contact, failure).await?,
            }
        }
    }

    /// Says what is wrong, and waits until it is worth trying again.
    async fn rest(&mut self, contact: &mut Contact, failure: Failure) -> Result<(), Left> {
        let refusal = Refusal::from(failure);
        match refusal.again {
            Again::Soon(wished) => {
                self.voice.complain(Error { hint: "trying again".to_owned(), ..refusal.error }).await;
                self.pause(contact, wished).await
            }
            Again::Reconnected => {
                self.voice.complain(refusal.error).await;
                contact.replaced().await
            }
        }
    }

    async fn pause(&mut self, contact: &mut Contact, wished: Option<Duration>) -> Result<(), Left> {
        let pause = self.pauses.next(wished);
        contact.rest(pause).await.map(drop)
    }
}

/// Reads one container's log, as long as it goes on.
struct Tail<'a> {
    reader: Reader,
    container: Container,
    /// What each line begins with.
    prefix: String,
    request: &'a LogRequest,
    place: Place,
    /// Something was cut: lines may be lost until what was read last comes again.
    is_unsure: bool,
}

impl Tail<'_> {
    async fn run(mut self, mut contact: Contact) -> Result<Over, Left> {
        if self.request.previous && !self.container.has_previous {
            let why = format!("container {} has no instance before the present one", self.container.name);
            self.reader.voice.complain(Error::failed(why, "")).await;
            return Ok(Over::Gone);
        }
        loop {
            let live = contact.stands().await?;
            match contact.unless_replaced(self.read(&live)).await? {
                None => self.is_unsure = true,
                Some(Stop::Refused(Failure::NotFound(why))) => {
                    self.reader.voice.complain(Error::failed(why, "")).await;
                    return Ok(Over::Gone);
                }
                Some(Stop::Refused(failure)) => self.reader.rest(&mut contact, failure).await?,
                Some(Stop::Cut(why)) => {
                    self.is_unsure = true;
                    self.reader.voice.say(&format!("the log was cut ({why}); opening it again")).await;
                    self.reader.pause(&mut contact, None).await?;
                }
                Some(Stop::Closed) if self.request.previous => return Ok(Over::Ended),
                Some(Stop::Closed) => {
                    if let Some(over) = self.closed(&mut contact).await? {
                        return Ok(over);
                    }
                    self.reader.pause(&mut contact, None).await?;
                }
            }
        }
    }

    /// Reads until the log stops.
    async fn read(&mut self, live: &Live) -> Stop {
        let ask = LogAsk {
            namespace: &self.reader.namespace,
            pod: &self.reader.pod,
            container: &self.container.name,
            previous: self.request.previous,
            start: self.place.start(self.request.tail),
        };
        let log = match cluster::logs(&live.client, &ask, self.reader.limit).await {
            Ok(log) => log,
            Err(failure) => return Stop::Refused(failure),
        };
        let (mut lines, mut known) = (Lines::new(log), self.place.again());
        loop {
            let line = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return Stop::Closed,
                Err(why) => return Stop::Cut(cluster::explain(&why)),
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
            let text = format!("{}{}", self.prefix, line.text(self.request.timestamps));
            self.reader.voice.send(Piece::Line(line.at, text)).await;
            // who is interrupted before has not read the line
            self.place.read(&line);
            self.reader.voice.said = None;
            self.reader.pauses.reset();
        }
    }

    /// Asks what has become of the container when its log was closed in good order. Returns how it is over, if it is.
    async fn closed(&mut self, contact: &mut Contact) -> Result<Option<Over>, Left> {
        if let ContainerState::Ended(_) = self.container.state {
            return Ok(Some(Over::Ended));
        }
        let Some(found) = self.reader.containers(contact).await? else { return Ok(Some(Over::Gone)) };
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
