//! Server-side apply that stores nothing: whether the API server would take an object as Flux would apply it.
//!
//! Source: fluxcd/pkg v0.76 `ssa/manager_apply.go` (`dryRunApply`: `client.Apply` with `DryRunAll`, `ForceOwnership` and the manager's name).

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Method, Request};
use serde::de::IgnoredAny;

use super::connection::Connection;
use super::review::{Attributes, allowed};
use super::send::{Refusal, Unanswered, ask};
use super::served::Served;
use fluxdeck_model::domain::dry_run::{DryRun, DryRunAnswer};
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::kinds;

/// The field manager of kustomize-controller: by another one the fields of others would stay, and conflicts would be other ones.
const MANAGER: &str = "kustomize-controller";
/// What the API server says of an admission webhook that has side effects (`apiserver/pkg/admission/plugin/webhook/errors/statuserror.go`,
/// `NewDryRunUnsupportedErr`): only its words differ from those of a refusal.
const UNSUPPORTED: &str = "does not support dry run";

/// Asks about one object. `limit` is how long one answer may take.
pub async fn dry_run(connection: &Connection, run: &DryRun, limit: Duration) -> DryRunAnswer {
    let not_asked = |why: String| DryRunAnswer::NotAsked(why);
    let Some(served) = connection.catalog().exactly(&run.gk, &run.version) else {
        return match connection.discovered().unread.get(&*run.gk.group) {
            Some(failure) => not_asked(failure.to_string()),
            None => DryRunAnswer::Refused(format!("the cluster does not serve {} in {}", run.gk, run.version)),
        };
    };
    if served.namespaced && run.namespace.is_empty() {
        return not_asked("it names no namespace".to_owned());
    }
    sent(connection, served, run, limit).await
}

async fn sent(connection: &Connection, served: &Served, run: &DryRun, limit: Duration) -> DryRunAnswer {
    let not_asked = |why: String| DryRunAnswer::NotAsked(why);
    let Ok(request) = request(served, run) else { return not_asked("the request cannot be written".to_owned()) };
    if run.gone.is_empty() {
        return match ask::<IgnoredAny>(&connection.client, request, limit).await {
            Ok(_) => DryRunAnswer::Taken,
            Err(unanswered) => unanswered_of(connection, served, run, unanswered).await,
        };
    }
    match ask::<serde_json::Value>(&connection.client, request, limit).await {
        Ok(body) => taken(run, &body),
        Err(unanswered) => unanswered_of(connection, served, run, unanswered).await,
    }
}

/// Whether everything is gone that is taken out. What nobody owns is a default of the API server. Where it does not say who owns what, that
/// is not known.
fn taken(run: &DryRun, body: &serde_json::Value) -> DryRunAnswer {
    let mut answer = DryRunAnswer::Taken;
    for field in run.gone.iter().filter(|field| field.of(body).is_some()) {
        match field.owners(body, MANAGER) {
            Some(owners) if owners.is_empty() => {}
            Some(owners) => return DryRunAnswer::Kept { field: field.path.clone(), owners: owners.into_iter().collect() },
            None => {
                let why = format!("not known whether {} stays: the API server does not say who owns it", field.path);
                answer = DryRunAnswer::NotAsked(why);
            }
        }
    }
    answer
}

async fn unanswered_of(connection: &Connection, served: &Served, run: &DryRun, unanswered: Unanswered) -> DryRunAnswer {
    let not_asked = |why: String| DryRunAnswer::NotAsked(why);
    match unanswered {
        Unanswered::Unsent(failure) => not_asked(failure.to_string()),
        Unanswered::Lost(why) => not_asked(why),
        Unanswered::Refused(refusal) => refused(connection, served, run, &refusal).await,
    }
}

fn request(served: &Served, run: &DryRun) -> http::Result<Request<Vec<u8>>> {
    let object = ObjectRef::new(ClusterId(0), run.gk.clone(), run.namespace.as_str(), run.name.as_str());
    let uri = format!("{}?dryRun=All&force=true&fieldManager={MANAGER}", served.object(&object));
    let request = Request::builder().method(Method::PATCH).uri(uri).header(CONTENT_TYPE, "application/apply-patch+yaml");
    request.body(run.body.clone().into_bytes())
}

/// What it means that the API server, or a gateway before it, has refused.
async fn refused(connection: &Connection, served: &Served, run: &DryRun, refusal: &Refusal) -> DryRunAnswer {
    let message = match run.gk == kinds::SECRET.gk() {
        // it quotes what it does not take
        true => "the API server refuses it; its words may hold a value".to_owned(),
        false => refusal.message.clone(),
    };
    match refusal.code {
        400 if refusal.message.contains(UNSUPPORTED) => DryRunAnswer::NotAsked(message),
        // a missing right and a refusal by admission have one code: the right itself shows which it was
        403 => {
            let attributes = Attributes {
                verb: "patch",
                group: &served.group,
                resource: &served.plural,
                namespace: &run.namespace,
                name: &run.name,
            };
            match allowed(connection, &attributes).await {
                Ok(true) => DryRunAnswer::Refused(message),
                Ok(false) => DryRunAnswer::NotAsked(format!("you may not patch {}", served.plural)),
                Err(failure) => DryRunAnswer::NotAsked(failure.to_string()),
            }
        }
        401 | 429 => DryRunAnswer::NotAsked(message),
        400..=499 => DryRunAnswer::Refused(message),
        _ if refusal.is_of_admission() => DryRunAnswer::Refused(message),
        code => DryRunAnswer::NotAsked(format!("the API server answered {code}: {message}")),
    }
}

#[cfg(test)]
#[path = "tests/dry_run.rs"]
mod tests;
