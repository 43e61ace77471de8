//! Writing to the cluster: one request, sent once, and what is known of it afterwards.
//!
//! A merge patch and a DELETE name the uid of the object that is meant; the API server refuses them for any other. What nobody answered
//! is never sent again here: it is [`probe`]d.

use std::time::Duration;

use http::{Method, Request};
use kube::Client;
use serde_json::Value;

use super::discover::Served;
use super::failure::{Failure, explain, without_credentials};
use fluxdeck_model::actions::{self, FIELD_MANAGER, Step};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::jobs::Outcome;

/// How often the API server may say that it is too busy (429) before that is the answer.
const BUSY: u32 = 4;
/// How long after a lost answer the object is read a second time before the request counts as lost: a server that hung may still work.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// Sends the request of a step.
pub async fn write(client: &Client, served: &Served, step: &Step, timeout: Duration) -> Outcome {
    let mut busy = 0;
    loop {
        let Ok(request) = request(served, step) else {
            return Outcome::Refused(Error::failed("the request cannot be written", ""));
        };
        match tokio::time::timeout(timeout, client.request::<Value>(request)).await {
            Err(_) => return Outcome::Unknown(format!("no answer within {} s", timeout.as_secs())),
            Ok(Ok(answer)) => return taken(&answer, step),
            // the server says that it has not even looked at it (Kubernetes API Priority and Fairness)
            Ok(Err(kube::Error::Api(status))) if status.code == 429 && busy < BUSY => {
                tokio::time::sleep(Duration::from_millis(500 << busy)).await;
                busy += 1;
            }
            Ok(Err(error)) => return not_taken(error),
        }
    }
}

fn request(served: &Served, step: &Step) -> http::Result<Request<Vec<u8>>> {
    let (method, content, query) = match step.request {
        actions::Request::Merge(_) => (Method::PATCH, "application/merge-patch+json", format!("?fieldManager={FIELD_MANAGER}")),
        actions::Request::Delete => (Method::DELETE, "application/json", String::new()),
    };
    let uri = format!("{}/{}{query}", served.path(Some(&step.object.namespace)), step.object.name);
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

pub(super) fn not_taken(error: kube::Error) -> Outcome {
    let status = match error {
        kube::Error::Api(status) => status,
        error if without_credentials(&error).is_some() => return Outcome::Unsent(Failure::from(error).error("the API server")),
        other if was_never_connected(&other) => return Outcome::Unsent(Failure::from(other).error("the API server")),
        other => return Outcome::Unknown(explain(&other)),
    };
    let message = fluxdeck_model::domain::text::sanitise(&status.message).into_owned();
    match status.code {
        409 if message.contains("Precondition failed: UID") => {
            Outcome::Refused(Error::failed("another object has taken its name", "nothing was done"))
        }
        409 => Outcome::Conflict(message),
        404 => Outcome::Missing,
        401 | 403 => Outcome::Refused(Error::new(ErrorKind::Denied, message, "your role does not allow it")),
        429 => {
            Outcome::Refused(Error::new(ErrorKind::Unreachable, format!("the API server is too busy: {message}"), "try again"))
        }
        400..=499 => Outcome::Refused(Error::failed(message, "")),
        // a server that fails or passes on may have done it
        code => Outcome::Unknown(format!("the API server answered {code}: {message}")),
    }
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

/// Reads the object of a step whose answer was lost, to see whether the request had arrived.
///
/// # Errors
/// When it cannot be read; ask again.
pub async fn probe(client: &Client, served: &Served, step: &Step, timeout: Duration) -> Result<Outcome, Failure> {
    let first = look(client, served, step, timeout).await?;
    if first != Outcome::Absent {
        return Ok(first);
    }
    tokio::time::sleep(SECOND_LOOK).await;
    look(client, served, step, timeout).await
}

async fn look(client: &Client, served: &Served, step: &Step, timeout: Duration) -> Result<Outcome, Failure> {
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
    let uri = format!("{}/{}", served.path(Some(&object.namespace)), object.name);
    let request = Request::get(&uri).body(Vec::new()).map_err(|error| Failure::NotFound(error.to_string()))?;
    let fetched = tokio::time::timeout(timeout, client.request::<Value>(request)).await;
    Ok(fetched.map_err(|_| Failure::Unreachable(format!("no answer to {uri} within {} s", timeout.as_secs())))??)
}
