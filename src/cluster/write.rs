//! Writing to the cluster: one request, sent once, and what is known of it afterwards.
//!
//! A merge patch and a DELETE name the uid of the object that is meant; the API server refuses them for any other. What nobody answered
//! is never sent again here: it is [`probe`]d.

use std::time::Duration;

use http::{Method, Request};
use serde_json::Value;
use tokio::time::Instant;

use super::connection::Connection;
use super::failure::Failure;
use super::look::{get, is_it};
use super::send::{Refusal, Unanswered, ask};
use super::served::Served;
use fluxdeck_model::actions::{self, FIELD_MANAGER, Outcome, Step};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::pause::Pauses;
use fluxdeck_model::error::{Error, ErrorKind};

/// How often the API server may say that it is too busy (429) before that is the answer.
const BUSY: u32 = 4;
/// How long to wait until the same is sent again; the server may say that it wants to be left alone for longer.
const PAUSES: Pauses = Pauses::new(Duration::from_millis(500), Duration::from_secs(4));

/// Sends the request of a step. `timeout` is how long one answer may take, and how long all pauses together that a busy server asks for.
pub async fn write(connection: &Connection, served: &Served, step: &Step, timeout: Duration) -> Outcome {
    let patience = Instant::now() + timeout;
    let (mut busy, mut pauses) = (0, PAUSES);
    loop {
        let Ok(request) = request(served, step) else {
            return Outcome::Refused(Error::failed("the request cannot be written", ""));
        };
        let refusal = match ask::<Value>(&connection.client, request, timeout).await {
            Ok(answer) => return taken(&answer, step),
            Err(Unanswered::Unsent(failure)) => return Outcome::Unsent(failure.error("the API server")),
            Err(Unanswered::Lost(why)) => return Outcome::Unknown(why),
            Err(Unanswered::Refused(refusal)) => refusal,
        };
        // only of a 429 it is certain that nobody has looked at it (Kubernetes API Priority and Fairness)
        let may_again = refusal.code == 429 && busy < BUSY;
        let pause = may_again.then(|| pauses.next(refusal.retry_after));
        match pause.filter(|pause| *pause <= patience.saturating_duration_since(Instant::now())) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return refused(connection, served, step, timeout, &refusal).await,
        }
        busy += 1;
    }
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

/// The API server, or a gateway before it, has refused.
async fn refused(connection: &Connection, served: &Served, step: &Step, timeout: Duration, refusal: &Refusal) -> Outcome {
    let message = || refusal.message.clone();
    match refusal.code {
        // an object's uid does not change: the one that was meant is not there any more (apimachinery `api/validation/objectmeta.go`)
        422 if refusal.causes.iter().any(|cause| cause.field == "metadata.uid") => another(),
        // a failed precondition of a DELETE (apiserver `registry/rest/delete.go`, BeforeDelete), or of a PATCH on older servers, is reported
        // as text only: the object shows whether that was the cause
        409 => match whole(connection, served, &step.object, timeout).await {
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
        _ if refusal.is_of_admission() => Outcome::Refused(Error::failed(message(), "nothing was done")),
        // a server that fails or passes on may have done it
        code => Outcome::Unknown(format!("the API server answered {code}: {}", message())),
    }
}

fn another() -> Outcome {
    Outcome::Refused(Error::failed("another object has taken its name", "nothing was done"))
}

/// Reads the object of a step whose answer was lost, to see whether the request has arrived by now.
///
/// # Errors
/// When it cannot be read; ask again.
pub async fn probe(connection: &Connection, served: &Served, step: &Step, timeout: Duration) -> Result<Outcome, Failure> {
    let object = match whole(connection, served, &step.object, timeout).await {
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
pub async fn whole(connection: &Connection, served: &Served, object: &ObjectRef, timeout: Duration) -> Result<Value, Failure> {
    let body = get(&connection.client, &served.object(object), timeout).await?;
    is_it(&body, object)?;
    Ok(body)
}

#[cfg(test)]
#[path = "tests/write.rs"]
mod tests;
