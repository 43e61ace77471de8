//! Looks against an API server that fails on order.

mod controllers;
mod logs;
mod print;

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::cluster::testing::{self, Scripted};
use crate::demo::{Company, RunDirectory, User, World};
use crate::runtime;
use fluxdeck_model::domain::GroupKind;
use fluxdeck_model::insight::controller_log::LogRecord;
use fluxdeck_model::state::{LogRequest, LogSpan};

const LIMIT: Duration = Duration::from_secs(15);
const LONG: Duration = Duration::from_secs(3600);

/// What a server says in place of the demo's.
enum Said {
    Status(u16, &'static str),
    /// As `Status`, with how many seconds the server wants to be left alone.
    Busy(u64),
    Json(Value),
    Nothing,
    /// A log: texts, then how it stops.
    Log(Vec<String>, Stops),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stops {
    Broken,
    Closed,
    /// It stays open, and nothing comes.
    Never,
}

/// The demo's API server, except where the script says something else: by path and query, and how often that path was asked before.
struct Server {
    world: World,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let company = Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time"));
        Self { world: company.enter("production").expect("a context").world, asked: Arc::default() }
    }

    /// A connection to it under a script.
    async fn live(&self, script: impl Fn(&str, usize) -> Option<Said> + Send + Sync + 'static) -> Connection {
        let asked = self.asked.clone();
        let first = move |uri: &str| {
            let path = |uri: &str| uri.split('?').next().unwrap_or_default().to_owned();
            let before = {
                let mut asked = asked.lock().expect("no panic");
                let before = asked.iter().filter(|known| path(known) == path(uri)).count();
                asked.push(uri.to_owned());
                before
            };
            Some(match script(uri, before)? {
                Said::Nothing => std::future::pending().boxed(),
                said => std::future::ready(spoken(said)).boxed(),
            })
        };
        testing::before(self.world.client(&User::admin()), first).await
    }

    fn asked(&self, needle: &str) -> usize {
        self.asked.lock().expect("no panic").iter().filter(|uri| uri.contains(needle)).count()
    }
}

fn spoken(said: Said) -> Scripted {
    let whole = |code: u16, text: String| {
        let mut answer = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
        *answer.status_mut() = code.try_into().expect("a status");
        answer
    };
    let status = |code: u16, message: &str| {
        whole(
            code,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}).to_string(),
        )
    };
    match said {
        Said::Status(code, message) => status(code, message),
        Said::Busy(seconds) => {
            let mut answer = status(429, "too many requests");
            answer.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
            answer
        }
        Said::Json(value) => whole(200, value.to_string()),
        Said::Nothing => unreachable!("nothing is said"),
        Said::Log(texts, stops) => {
            let frames = futures::stream::iter(texts).map(|text| Ok(Frame::data(Bytes::from(text))));
            let broken = || futures::stream::iter([Err(io::Error::other("connection reset by peer"))]);
            Response::new(match stops {
                Stops::Closed => StreamBody::new(frames).boxed_unsync(),
                Stops::Broken => StreamBody::new(frames.chain(broken())).boxed_unsync(),
                Stops::Never => StreamBody::new(frames.chain(futures::stream::pending())).boxed_unsync(),
            })
        }
    }
}

/// A view that looks, and the connection of its session.
struct Desk {
    looks: Looks,
    live: watch::Sender<Option<Connection>>,
    inbox: mpsc::Sender<Message>,
    messages: mpsc::Receiver<Message>,
}

impl Desk {
    fn new(live: Option<Connection>) -> Self {
        let (inbox, messages) = mpsc::channel(64);
        Self { looks: Looks::default(), live: watch::Sender::new(live), inbox, messages }
    }

    fn look(&mut self, object: ObjectRef, aspect: Aspect) {
        let means = Means { desk: runtime::Desk::of(runtime::Repositories::default()), timeout: LIMIT };
        let look = Look { ticket: Ticket(1), object, aspect };
        self.looks.start(look, Some(self.live.subscribe()), means, self.inbox.clone());
    }

    /// The next reply, and after how long it came. Time that is paused goes on only while everybody waits.
    async fn reply(&mut self) -> (Reply, Duration) {
        let begin = Instant::now();
        let message = tokio::time::timeout(LONG, self.messages.recv()).await.expect("every look ends in a reply");
        let Some(Message::Reply(_, reply)) = message else { panic!("{message:?}") };
        (reply, begin.elapsed())
    }

    /// What is said within an hour: lines and notes, each as a text.
    async fn output(&mut self) -> Vec<String> {
        let mut output = Vec::new();
        let hour = Instant::now() + LONG;
        while let Ok(Some(Message::Reply(_, reply))) = tokio::time::timeout_at(hour, self.messages.recv()).await {
            match reply {
                Reply::Log(lines) => output.extend(lines),
                Reply::Records(records, _) => output.extend(records.iter().map(LogRecord::line)),
                Reply::Controllers(found) => output.push(format!("{found:?}")),
                Reply::Note(text) => output.push(format!("— {text}")),
                Reply::Ended(why) => output.push(format!("— {why} —")),
                Reply::Failed(error) => output.push(format!("! {error}")),
                Reply::Containers(_) => {}
                other => panic!("{other:?}"),
            }
        }
        output
    }
}

fn frontend() -> ObjectRef {
    ObjectRef::new(ClusterId(0), GroupKind::new("apps", "Deployment"), "web", "frontend")
}

fn failed(reply: Reply) -> Error {
    let Reply::Failed(error) = reply else { panic!("{reply:?}") };
    error
}

fn is_frontend(reply: &Reply) -> bool {
    matches!(reply, Reply::Document(lines) if lines.iter().any(|line| line == "  name: frontend"))
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_while_nothing_is_connected_is_answered_when_a_connection_stands() {
    let server = Server::new();
    let mut desk = Desk::new(None);
    desk.look(frontend(), Aspect::Yaml);
    assert!(tokio::time::timeout(LONG, desk.messages.recv()).await.is_err(), "it waits as long as it takes");

    desk.live.send_replace(Some(server.live(|_, _| None).await));

    let (reply, after) = desk.reply().await;
    assert!(is_frontend(&reply) && after < Duration::from_secs(1), "{reply:?} after {after:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_when_the_connection_is_replaced_is_asked_for_again() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|uri, _| uri.contains("frontend").then_some(Said::Nothing)).await));
    desk.look(frontend(), Aspect::Yaml);
    tokio::time::sleep(Duration::from_secs(5)).await;

    desk.live.send_replace(Some(server.live(|_, _| None).await));

    let (reply, after) = desk.reply().await;
    assert!(is_frontend(&reply) && after < Duration::from_secs(1), "{reply:?} after {after:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_after_the_pause_that_is_shown() {
    let server = Server::new();
    let script = |uri: &str, before: usize| match before {
        _ if !uri.contains("frontend") => None,
        0 | 1 => Some(Said::Status(503, "not now")),
        2 => Some(Said::Busy(7)),
        3 => Some(Said::Nothing),
        4 => Some(Said::Status(401, "expired")),
        _ => None,
    };
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.look(frontend(), Aspect::Yaml);

    for (said, pause) in [("503", 1), ("503", 2), ("429", 7), ("within 15 s", 8), ("credentials", 16)] {
        let (reply, _) = desk.reply().await;
        let error = failed(reply);
        assert!(error.message.contains(said) && error.hint.ends_with(&format!("trying again in {pause} s")), "{error}");
        let (reply, after) = desk.reply().await;
        let error = failed(reply);
        assert!(error.message.contains(said) && error.hint.ends_with("trying again now"), "{error}");
        assert_eq!(after.as_secs(), pause, "{error}");
    }
    let (reply, _) = desk.reply().await;
    assert!(is_frontend(&reply), "{reply:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_asked_for_again_less_often() {
    for code in [403, 404] {
        let server = Server::new();
        let script = move |uri: &str, before| (uri.contains("frontend") && before < 6).then_some(Said::Status(code, "no"));
        let mut desk = Desk::new(Some(server.live(script).await));
        desk.look(frontend(), Aspect::Yaml);
        for pause in [4, 8, 16, 30, 30, 30] {
            let error = failed(desk.reply().await.0);
            assert!(error.hint.ends_with(&format!("trying again in {pause} s")), "{error}");
            let (reply, after) = desk.reply().await;
            assert!(failed(reply).hint.ends_with("trying again now"));
            assert_eq!(after.as_secs(), pause);
        }
        assert!(is_frontend(&desk.reply().await.0), "it was allowed meanwhile");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_asked_for_at_once_over_another_connection() {
    let server = Server::new();
    let script = |uri: &str, _| uri.contains("frontend").then_some(Said::Status(403, "no"));
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.look(frontend(), Aspect::Yaml);
    failed(desk.reply().await.0);

    desk.live.send_replace(Some(server.live(|_, _| None).await));
    let (reply, after) = desk.reply().await;
    assert!(is_frontend(&reply) && after < Duration::from_secs(1), "{reply:?} after {after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_failed_is_tried_again() {
    let failure = Failure::Setup { message: "please log in".to_owned(), hint: String::new() };
    assert_eq!(Refusal::from(failure).again, contact::Again::Later);
}

#[tokio::test(start_paused = true)]
async fn a_look_ends_with_its_view_its_context_and_its_session() {
    let server = Server::new();
    let hanging = || server.live(|uri, _| uri.contains("frontend").then_some(Said::Nothing));
    let mut desk = Desk::new(Some(hanging().await));
    desk.look(frontend(), Aspect::Yaml);
    tokio::time::sleep(Duration::from_secs(1)).await;
    desk.looks.end(Ticket(1));
    assert!(tokio::time::timeout(LONG, desk.messages.recv()).await.is_err(), "the view is gone");

    desk.look(frontend(), Aspect::Yaml);
    desk.looks.leave(ClusterId(0));
    assert!(tokio::time::timeout(LONG, desk.messages.recv()).await.is_err(), "the context was left");

    desk.look(frontend(), Aspect::Yaml);
    tokio::time::sleep(Duration::from_secs(1)).await;
    desk.live = watch::Sender::new(None);
    let (reply, _) = desk.reply().await;
    assert!(failed(reply).message.contains("the connection was left"));
}

#[tokio::test(start_paused = true)]
async fn details_do_not_wait_for_events_that_hang() {
    let server = Server::new();
    let script = |uri: &str, before| (uri.contains("/events?") && before < 2).then_some(Said::Nothing);
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.look(frontend(), Aspect::Details);
    let details = |reply: Reply| {
        let Reply::Details(details) = reply else { panic!("{reply:?}") };
        assert!(!details.spec.is_empty(), "{details:?}");
        details.events
    };

    let (reply, after) = desk.reply().await;
    assert!(details(reply) == Events::Awaited && after < Duration::from_secs(1), "after {after:?}");
    let (reply, after) = desk.reply().await;
    let Events::Failed(error) = details(reply) else { panic!("no failure") };
    assert!(error.message.contains("events within 15 s") && error.hint.contains("trying again in 1 s"), "{error}");
    assert_eq!(after.as_secs(), LIMIT.as_secs());
    desk.reply().await;
    let (reply, _) = desk.reply().await;
    assert!(matches!(details(reply), Events::Here(_)));
}

#[tokio::test(start_paused = true)]
async fn details_come_with_their_events_where_these_are_as_fast() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|_, _| None).await));
    desk.look(frontend(), Aspect::Details);

    let (reply, _) = desk.reply().await;
    assert!(matches!(&reply, Reply::Details(details) if matches!(details.events, Events::Here(_))), "{reply:?}");
    assert_eq!(server.asked("/events?"), 1, "events are asked for once");
}

#[tokio::test(start_paused = true)]
async fn every_request_has_a_limit() {
    let server = Server::new();
    let live = server.live(|_, _| Some(Said::Nothing)).await;
    let object = frontend();
    let served = served(&live, &object).expect("Deployments are served");
    let secret = ObjectRef::new(ClusterId(0), GroupKind::new("", "Secret"), "web", "sh.helm.release.v1.a.v1");
    let ask = cluster::LogAsk {
        namespace: "web",
        pod: "a",
        container: "b",
        previous: false,
        follows: true,
        start: cluster::Start::tail(1),
    };
    let begin = Instant::now();

    let failures = [
        cluster::body(&live, &served, &object, LIMIT).await.expect_err("a body"),
        cluster::events(&live, &object, LIMIT).await.expect_err("events"),
        cluster::full_list(&live, &served, "Deployment", None, LIMIT).await.expect_err("a list"),
        cluster::containers(&live, "web", "a", LIMIT).await.expect_err("containers"),
        cluster::logs(&live, &ask, LIMIT).await.err().expect("a log"),
        cluster::release(&live, ClusterId(0), &secret, LIMIT).await.expect_err("a release"),
    ];

    for failure in &failures {
        assert!(matches!(failure, Failure::Unreachable(why) if why.to_string().contains("within 15 s")), "{failure}");
    }
    assert_eq!(begin.elapsed().as_secs(), 6 * LIMIT.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_list_of_many_pages_may_take_longer_than_one_request() {
    let server = Server::new();
    let script = |_: &str, before: usize| {
        let next = if before < 3 { "a b" } else { "" };
        Some(Said::Json(
            json!({"metadata": {"continue": next}, "items": [{"metadata": {"name": before.to_string()}}, "no object"]}),
        ))
    };
    let live = server.live(script).await;
    let served = served(&live, &frontend()).expect("Deployments are served");

    let found = cluster::full_list(&live, &served, "Deployment", None, LIMIT).await.expect("a list");

    let names: Vec<_> = found.iter().map(|object| object["metadata"]["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["0", "1", "2", "3"]);
    assert_eq!(server.asked("continue=a%20b"), 3, "what the server gives is escaped");
}
