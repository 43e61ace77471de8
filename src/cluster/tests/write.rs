use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use http::Response;
use http_body_util::Full;
use hyper::rt::Executor;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::io::DuplexStream;

use super::*;
use crate::cluster::testing;
use fluxdeck_model::actions::{Proof, Until};
use fluxdeck_model::domain::{ClusterId, GroupKind, Uid};

const OURS: &str = "6a2f41a3-c54c-fce8-32d2-0324e1c32e22";
const OTHER: &str = "11111111-c54c-fce8-32d2-0324e1c32e22";
const TIMEOUT: Duration = Duration::from_secs(15);

type Answer = (u16, &'static str, String);

/// The outcome of a step at a server that gives these answers in turn, the methods of the requests, and the seconds that it took.
async fn written(request: actions::Request, answers: Vec<Answer>) -> (Outcome, Vec<String>, u64) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, answers) = (asked.clone(), Arc::new(Mutex::new(VecDeque::from(answers))));
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        seen.lock().expect("no holder panics").push(request.method().to_string());
        let (code, retry_after, body) =
            answers.lock().expect("no holder panics").pop_front().expect("an answer for each request");
        let mut response = Response::builder().status(code);
        if !retry_after.is_empty() {
            response = response.header("retry-after", retry_after);
        }
        let response = response.body(Full::new(Bytes::from(body))).expect("a response");
        async move { Ok::<_, Infallible>(response) }
    });
    let begin = Instant::now();
    let outcome = write(&testing::connection(service), &served(), &step(request), TIMEOUT).await;
    let asked = asked.lock().expect("no holder panics").clone();
    (outcome, asked, begin.elapsed().as_secs())
}

fn served() -> Served {
    Served {
        singular: "kustomization".to_owned(),
        short: Vec::new(),
        group: "kustomize.toolkit.fluxcd.io".into(),
        version: "v1".into(),
        plural: "kustomizations".into(),
        namespaced: true,
        watchable: true,
    }
}

fn step(request: actions::Request) -> Step {
    let is_delete = request == actions::Request::Delete;
    Step {
        object: ObjectRef::new(ClusterId(0), GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"), "apps", "web"),
        uid: Uid::parse(OURS),
        request,
        proof: if is_delete { Proof::Gone } else { Proof::Says { pointer: "/spec/suspend".into(), value: true.into() } },
        until: if is_delete { Until::Gone } else { Until::Taken },
        must_run: false,
        switch: None,
    }
}

fn suspend() -> actions::Request {
    actions::Request::Merge(json!({"spec": {"suspend": true}}))
}

fn object(uid: &str) -> Answer {
    (200, "", json!({"kind": "Kustomization", "metadata": {"uid": uid, "generation": 4}, "spec": {"suspend": true}}).to_string())
}

fn status(code: u16, message: &str, details: &Value) -> Answer {
    let status = json!({"kind": "Status", "status": "Failure", "code": code, "message": message, "details": details});
    (code, "", status.to_string())
}

/// As Kubernetes 1.36 answers; by reason and fields, never by its words.
#[tokio::test(start_paused = true)]
async fn another_object_of_the_same_name_is_known_after_one_request() {
    let immutable = json!({"causes": [{"reason": "FieldValueInvalid", "message": "so it is", "field": "metadata.uid"}]});
    let (outcome, asked, _) = written(suspend(), vec![status(422, "so it is", &immutable)]).await;
    assert_eq!((outcome, asked.join(" ")), (another(), "PATCH".to_owned()));

    // a failed precondition of a DELETE is reported as text only: the object is read
    let conflict = || status(409, "so it is", &json!({"name": "web", "kind": "kustomizations"}));
    for (request, then, expected) in [
        (actions::Request::Delete, object(OTHER), another()),
        (suspend(), object(OTHER), another()),
        (actions::Request::Delete, status(404, "not found", &Value::Null), Outcome::Missing),
        (suspend(), object(OURS), Outcome::Conflict("so it is".into())),
        (suspend(), status(403, "forbidden", &Value::Null), Outcome::Conflict("so it is".into())),
    ] {
        let method = if request == actions::Request::Delete { "DELETE" } else { "PATCH" };
        let (outcome, asked, _) = written(request, vec![conflict(), then]).await;
        assert_eq!((outcome, asked), (expected, vec![method.to_owned(), "GET".to_owned()]));
    }

    let other = json!({"causes": [{"field": "spec.path"}]});
    let (outcome, ..) = written(suspend(), vec![status(422, "spec.path: required", &other)]).await;
    assert_eq!(outcome, Outcome::Refused(Error::failed("spec.path: required", "")));
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_left_alone_as_long_as_it_wants_but_no_longer_than_a_write_may_take() {
    // API Priority and Fairness answers in plain text
    let busy = |after: &'static str| (429, after, "Too many requests, please try again later.".to_owned());
    let in_body = || status(429, "busy", &json!({"retryAfterSeconds": 7}));
    for (answers, requests, seconds) in [
        (vec![busy("3"), object(OURS)], 2, 3),
        (vec![in_body(), object(OURS)], 2, 7),
        // no shorter than our own pauses: 0.5, 1, 2, 4 s
        (vec![busy(""), busy("0"), busy("1"), busy("5"), object(OURS)], 5, 8),
    ] {
        let (outcome, asked, took) = written(suspend(), answers).await;
        assert_eq!(outcome, Outcome::Taken { generation: 4, is_proven: true });
        assert_eq!((asked.len(), took), (requests, seconds));
    }
    for (answers, requests, seconds, hint) in [
        (vec![busy("3600")], 1, 0, "try again in 3600 s"),
        (vec![busy("10"), busy("10")], 2, 10, "try again in 10 s"),
        (vec![busy(""); 5], 5, 7, "try again later"),
    ] {
        let (outcome, asked, took) = written(suspend(), answers).await;
        let message = "the API server is too busy: Too many requests, please try again later.";
        assert_eq!(outcome, Outcome::Refused(Error::new(ErrorKind::Unreachable, message, hint)));
        assert_eq!((asked.len(), took), (requests, seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_not_accepted_are_reported_as_for_a_list() {
    let (outcome, ..) = written(suspend(), vec![status(401, "Unauthorized", &Value::Null)]).await;
    let Outcome::Refused(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error, Failure::of_status(401, "Unauthorized").error("the API server"));
    assert!(error.hint.contains("log in again"), "{error}");
}

/// apimachinery `NewInternalError`, as for a webhook that cannot be called (apiserver `admission/plugin/webhook`), and what looks like it:
/// a failure of the storage, which may come after it has stored; a timeout; what a gateway or client-go makes of somebody else's answer.
#[tokio::test(start_paused = true)]
async fn what_fails_before_it_is_stored_is_reported_at_once_and_the_rest_is_unknown() {
    let failed = |code: u16, reason: &str, details: Value| {
        let said = "the words do not matter";
        let status =
            json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": said, "details": details});
        (code, "", status.to_string())
    };
    let own = json!({"causes": [{"message": "failed calling webhook"}]});
    let foreign = json!({"causes": [{"reason": "UnexpectedServerResponse", "message": "failed calling webhook"}]});
    for request in [suspend(), actions::Request::Delete] {
        let (outcome, asked, took) = written(request, vec![failed(500, "InternalError", own.clone())]).await;
        assert_eq!(outcome, Outcome::Refused(Error::failed("the words do not matter", "nothing was done")));
        assert_eq!((asked.len(), took), (1, 0));
    }
    for answer in [
        failed(500, "", own.clone()),
        failed(500, "InternalError", Value::Null),
        failed(500, "InternalError", json!({"causes": []})),
        failed(500, "InternalError", foreign),
        failed(500, "ServerTimeout", json!({"retryAfterSeconds": 2})),
        failed(503, "ServiceUnavailable", Value::Null),
        failed(504, "Timeout", Value::Null),
        (500, "", "Internal error occurred: failed calling webhook \"policy.example.com\"".to_owned()),
    ] {
        let (outcome, asked, _) = written(suspend(), vec![answer.clone()]).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{answer:?}: {outcome:?}");
        assert_eq!(asked, ["PATCH"]);
    }
}

/// What a connection does that is asked for.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// It does not come about, and nobody says so: a firewall, a name that is looked up.
    Never,
    Refused,
    /// It is closed as soon as it is there.
    Closed,
    /// It takes everything and says nothing.
    Silent,
    /// It breaks once something was written.
    Broken,
}

/// The outcome of a write over such a line, within half a second, and how long that took in milliseconds.
async fn over(line: Line) -> (Outcome, u128) {
    let connector = tower::service_fn(move |_: http::Uri| {
        let connected = async move {
            let (near, mut far) = tokio::io::duplex(1 << 16);
            let mut hold = None;
            match line {
                Line::Never => std::future::pending().await,
                Line::Refused => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)),
                Line::Closed => drop(far),
                Line::Silent => hold = Some(far),
                Line::Broken => TokioExecutor::new().execute(async move {
                    tokio::io::AsyncReadExt::read(&mut far, &mut [0; 1]).await.ok();
                }),
            }
            Ok(TokioIo::new(Near(near, hold)))
        };
        connected.boxed()
    });
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build::<_, kube::client::Body>(connector);
    let service = tower::service_fn(move |mut request: Request<kube::client::Body>| {
        *request.uri_mut() = format!("http://demo.invalid{}", request.uri()).parse().expect("an address");
        client.request(request)
    });
    let begin = Instant::now();
    let outcome = write(&testing::connection(service), &served(), &step(suspend()), Duration::from_millis(500)).await;
    (outcome, begin.elapsed().as_millis())
}

/// Our end, and the other where nobody has it.
struct Near(DuplexStream, #[expect(dead_code, reason = "it is open as long as ours")] Option<DuplexStream>);

impl hyper_util::client::legacy::connect::Connection for Near {
    fn connected(&self) -> hyper_util::client::legacy::connect::Connected {
        hyper_util::client::legacy::connect::Connected::new()
    }
}

impl tokio::io::AsyncRead for Near {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut tokio::io::ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl tokio::io::AsyncWrite for Near {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_left_is_not_unknown() {
    for (line, is_sent, why, within) in [
        (Line::Never, false, "no connection within 0.5 s", 500),
        (Line::Refused, false, "refused", 0),
        (Line::Closed, false, "closed", 0),
        (Line::Silent, true, "no answer within 0.5 s", 500),
        (Line::Broken, true, "", 0),
    ] {
        let (outcome, took) = over(line).await;
        let is_expected = match &outcome {
            Outcome::Unsent(error) => !is_sent && error.message.contains(why),
            Outcome::Unknown(said) => is_sent && said.contains(why),
            _ => false,
        };
        assert!(is_expected && took.abs_diff(within) < 5, "{line:?}: {outcome:?} after {took} ms");
    }
}

/// A certificate of the client's is judged after the client has begun to send (RFC 8446); the server reads nothing of it then.
#[test]
fn a_certificate_that_the_server_refuses_was_no_request() {
    use rustls::AlertDescription as Alert;
    for (alert, is_unsent) in [
        (Alert::BadCertificate, true),
        (Alert::CertificateRequired, true),
        (Alert::CloseNotify, false),
        (Alert::InternalError, false),
    ] {
        let error = std::io::Error::new(std::io::ErrorKind::InvalidData, rustls::Error::AlertReceived(alert));
        let answer = super::super::send::unanswered(kube::Error::Service(Box::new(error)), true);
        let Unanswered::Unsent(failure) = answer else {
            assert!(!is_unsent, "{alert:?}: {answer:?}");
            continue;
        };
        let error = failure.error("the API server");
        assert!(is_unsent && error.hint.contains("the certificate of this user"), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_server_may_have_done_all_the_same_is_not_known() {
    for (answer, why) in [
        (status(503, "upstream", &Value::Null), "the API server answered 503: upstream"),
        ((302, "", String::new()), "the API server answered 302: "),
        ((200, "", "<html>".to_owned()), "the answer is not an object"),
    ] {
        let (outcome, asked, _) = written(suspend(), vec![answer]).await;
        assert!(matches!(&outcome, Outcome::Unknown(said) if said.contains(why)), "{outcome:?}");
        assert_eq!(asked, ["PATCH"], "it is not sent again");
    }
}
