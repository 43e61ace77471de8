//! Writing to the cluster: one request, sent once, and what is known of it afterwards.
//!
//! A merge patch and a DELETE name the uid of the object that is meant; the API server refuses them for any other. What nobody answered
//! is never sent again here: it is [`probe`]d.

use std::time::Duration;

use http::{Method, Request};
use kube::Client;
use serde_json::Value;
use tokio::time::Instant;

use super::failure::{Failure, without_credentials};
use super::look::{get, is_it};
use super::send::{Refusal, Unanswered, ask};
use super::served::Served;
use fluxdeck_model::actions::{self, FIELD_MANAGER, Step};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::jobs::Outcome;

/// How often the API server may say that it is too busy (429) before that is the answer.
const BUSY: u32 = 4;

/// Sends the request of a step. `timeout` is how long one answer may take, and how long all pauses together that a busy server asks for.
pub async fn write(client: &Client, served: &Served, step: &Step, timeout: Duration) -> Outcome {
    let patience = Instant::now() + timeout;
    let mut busy = 0;
    loop {
        let Ok(request) = request(served, step) else {
            return Outcome::Refused(Error::failed("the request cannot be written", ""));
        };
        let refusal = match tokio::time::timeout(timeout, ask::<Value>(client, request)).await {
            Err(_) => return Outcome::Unknown(format!("no answer within {} s", timeout.as_secs())),
            Ok(Ok(answer)) => return taken(&answer, step),
            Ok(Err(Unanswered::Lost(error))) => return lost(error),
            Ok(Err(Unanswered::Unread(why))) => return Outcome::Unknown(why),
            Ok(Err(Unanswered::Refused(refusal))) => refusal,
        };
        match pause(&refusal, busy).filter(|pause| *pause <= patience.saturating_duration_since(Instant::now())) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return refused(client, served, step, timeout, &refusal).await,
        }
        busy += 1;
    }
}

/// How long to wait until the same may be sent again; none where it may not. Only of a 429 it is certain that nobody has looked at it
/// (Kubernetes API Priority and Fairness). The server says how long it wants to be left alone.
fn pause(refusal: &Refusal, busy: u32) -> Option<Duration> {
    let own = Duration::from_millis(500 << busy.min(BUSY));
    (refusal.code == 429 && busy < BUSY).then(|| refusal.retry_after.unwrap_or_default().max(own))
}

fn request(served: &Served, step: &Step) -> http::Result<Request<Vec<u8>>> {
    let (method, content, query) = match step.request {
        actions::Request::Merge(_) => (Method::PATCH, "application/merge-patch+json", format!("?fieldManager={FIELD_MANAGER}")),
        actions::Request::Delete => (Method::DELETE, "application/json", String::new()),
    };
    let uri = format!("{}{query}", served.object(&step.object));
    let body = step.request.body(step.uid).to_string();
    Request::builder().method(method).uri(uri).header(http::header::CONTENT_TYPE, content).body(body.into_bytes())
}

/// The API server has done it. The object that it answers with shows the request, unless the schema has no such field.
fn taken(answer: &Value, step: &Step) -> Outcome {
    let is_delete = step.request == actions::Request::Delete;
    Outcome::Taken {
        generation: answer.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default(),
        is_proven: is_delete || step.is_shown_by(Some(answer)),
    }
}

/// No answer came.
pub(super) fn lost(error: kube::Error) -> Outcome {
    let is_unsent = without_credentials(&error).is_some() || was_never_connected(&error);
    match Failure::from(error) {
        failure if is_unsent || matches!(failure, Failure::Setup { .. }) => Outcome::Unsent(failure.error("the API server")),
        failure => Outcome::Unknown(failure.to_string()),
    }
}

/// The API server, or what stands before it, has said no.
async fn refused(client: &Client, served: &Served, step: &Step, timeout: Duration, refusal: &Refusal) -> Outcome {
    let message = || refusal.message.clone();
    match refusal.code {
        // an object's uid does not change: the one that was meant is not there any more (apimachinery `api/validation/objectmeta.go`)
        422 if refusal.fields.iter().any(|field| field == "metadata.uid") => another(),
        // a DELETE's precondition is told by a text alone (apiserver `registry/rest/delete.go`, BeforeDelete), as is a PATCH's of older
        // servers: the object says whether that was it
        409 => match whole(client, served, &step.object, timeout).await {
            Ok(object) if !step.is_about(&object) => another(),
            Err(Failure::NotFound(_)) => Outcome::Missing,
            Ok(_) | Err(_) => Outcome::Conflict(message()),
        },
        404 => Outcome::Missing,
        401 | 403 => Outcome::Refused(Failure::of_status(refusal.code, &refusal.message).error("the API server")),
        429 => {
            let when =
                refusal.retry_after.map_or("try again later".to_owned(), |pause| format!("try again in {} s", pause.as_secs()));
            Outcome::Refused(Error::new(ErrorKind::Unreachable, format!("the API server is too busy: {}", message()), when))
        }
        400..=499 => Outcome::Refused(Error::failed(message(), "")),
        // a server that fails or passes on may have done it
        code => Outcome::Unknown(format!("the API server answered {code}: {}", message())),
    }
}

fn another() -> Outcome {
    Outcome::Refused(Error::failed("another object has taken its name", "nothing was done"))
}

/// Whether the connection itself failed, so that no byte of the request can have arrived (hyper-util `client/legacy/client.rs`,
/// ErrorKind::Connect).
fn was_never_connected(error: &kube::Error) -> bool {
    let mut at: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = at {
        if error.to_string().contains("client error (Connect)") {
            return true;
        }
        at = error.source();
    }
    false
}

/// Reads the object of a step whose answer was lost, to see whether the request has arrived by now.
///
/// # Errors
/// When it cannot be read; ask again.
pub async fn probe(client: &Client, served: &Served, step: &Step, timeout: Duration) -> Result<Outcome, Failure> {
    let object = match whole(client, served, &step.object, timeout).await {
        Ok(object) => Some(object),
        Err(Failure::NotFound(_)) => None,
        Err(failure) => return Err(failure),
    };
    if step.is_shown_by(object.as_ref()) {
        let generation = object.as_ref().and_then(|object| object.pointer("/metadata/generation")?.as_i64()).unwrap_or_default();
        return Ok(Outcome::Taken { generation, is_proven: true });
    }
    let is_it = object.is_some_and(|object| step.is_about(&object));
    Ok(if is_it { Outcome::Absent } else { Outcome::Missing })
}

/// Fetches an object whole, with managedFields.
///
/// # Errors
/// As for any request.
pub async fn whole(client: &Client, served: &Served, object: &ObjectRef, timeout: Duration) -> Result<Value, Failure> {
    let body = get(client, &served.object(object), timeout).await?;
    is_it(&body, object)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use http::Response;
    use http_body_util::Full;
    use serde_json::json;

    use super::*;
    use fluxdeck_model::actions::{Proof, Until};
    use fluxdeck_model::domain::{ClusterId, GroupKind, Uid};

    const OURS: &str = "6a2f41a3-c54c-fce8-32d2-0324e1c32e22";
    const OTHER: &str = "11111111-c54c-fce8-32d2-0324e1c32e22";
    const TIMEOUT: Duration = Duration::from_secs(15);

    type Answer = (u16, &'static str, String);

    /// What came of a step at a server that answers so in turn, the methods that it was asked by, and how many seconds that took.
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
        let served = Served {
            group: "kustomize.toolkit.fluxcd.io".into(),
            version: "v1".into(),
            plural: "kustomizations".into(),
            namespaced: true,
            watchable: true,
        };
        let is_delete = request == actions::Request::Delete;
        let step = Step {
            object: ObjectRef::new(ClusterId(0), GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"), "apps", "web"),
            uid: Uid::parse(OURS),
            request,
            proof: if is_delete { Proof::Gone } else { Proof::Says { pointer: "/spec/suspend".into(), value: true.into() } },
            until: if is_delete { Until::Gone } else { Until::Taken },
            must_run: false,
            switch: None,
        };
        let begin = Instant::now();
        let outcome = write(&Client::new(service, "default"), &served, &step, TIMEOUT).await;
        let asked = asked.lock().expect("no holder panics").clone();
        (outcome, asked, begin.elapsed().as_secs())
    }

    fn suspend() -> actions::Request {
        actions::Request::Merge(json!({"spec": {"suspend": true}}))
    }

    fn object(uid: &str) -> Answer {
        (
            200,
            "",
            json!({"kind": "Kustomization", "metadata": {"uid": uid, "generation": 4}, "spec": {"suspend": true}}).to_string(),
        )
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

        // the precondition of a DELETE is told by a text alone: the object is read
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
        let told = || status(429, "busy", &json!({"retryAfterSeconds": 7}));
        for (answers, requests, seconds) in [
            (vec![busy("3"), object(OURS)], 2, 3),
            (vec![told(), object(OURS)], 2, 7),
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
    async fn credentials_that_are_not_accepted_are_told_as_those_of_a_list() {
        let (outcome, ..) = written(suspend(), vec![status(401, "Unauthorized", &Value::Null)]).await;
        let Outcome::Refused(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error, Failure::of_status(401, "Unauthorized").error("the API server"));
        assert!(error.hint.contains("log in again"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_server_may_have_done_all_the_same_is_not_known() {
        for (answer, why) in [
            (status(503, "upstream", &Value::Null), "the API server answered 503: upstream"),
            ((302, "", String::new()), "the API server answered 302: "),
            ((200, "", "<html>".to_owned()), "what was answered is no object"),
        ] {
            let (outcome, asked, _) = written(suspend(), vec![answer]).await;
            assert!(matches!(&outcome, Outcome::Unknown(said) if said.contains(why)), "{outcome:?}");
            assert_eq!(asked, ["PATCH"], "it is not sent again");
        }
    }
}
