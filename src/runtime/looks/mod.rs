//! Look-ups for views: one task each, ended with the view.

use std::time::Duration;

use futures::StreamExt;
use kube::Client;
use tokio::sync::mpsc;

use super::Look;
use super::rendered::{Renderer, object_of};
use super::repositories::blocking;
use crate::cluster::{self, Failure, Served};
use crate::git::Checkout;
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::{Declared, FilePlace};
use fluxdeck_model::insight::file::{self as shown, Hidden};
use fluxdeck_model::kinds;
use fluxdeck_model::render::BuildError;
use fluxdeck_model::state::{Aspect, Details, FileText, LogRequest, Message, Reply, Ticket};

/// Lines of logs handed on at once.
const BATCH: usize = 512;
/// Pods of one workload whose logs are read together.
const MOST_PODS: usize = 30;

/// Returns the work of one look-up.
pub(super) fn look(look: Look, renderer: Renderer, inbox: mpsc::Sender<Message>) -> impl Future<Output = ()> + use<> {
    let gk = &look.object.gk;
    let served = renderer.catalog.find(gk, kinds::rules(&gk.group, &gk.kind)).cloned();
    let (client, timeout) = (renderer.client.clone(), renderer.timeout);
    async move {
        let answer = Answer { ticket: look.ticket, inbox };
        let outcome = match (look.aspect.clone(), served) {
            (Aspect::Declared { applied_by, fetches }, _) => {
                return answer.give(declared(Renderer { fetches, ..renderer }, &look.object, &applied_by).await).await;
            }
            (Aspect::File(place), _) => return answer.give(file(&renderer, *place).await).await,
            (Aspect::Logs(request), _) => follow_logs(&client, &look, &request, &answer).await,
            (Aspect::Events, _) => cluster::events(&client, &look.object).await.map(Reply::Events),
            (_, None) => Err(Failure::NotFound(format!("the cluster does not serve {}", look.object.gk))),
            (Aspect::Yaml, Some(served)) => {
                cluster::body(&client, &served, &look.object, timeout).await.map(|body| Reply::Document(cluster::yaml(&body)))
            }
            (Aspect::Details, Some(served)) => details(&client, &served, &look, timeout).await,
        };
        let reply = outcome.unwrap_or_else(|failure| Reply::Failed(failure.error("the API server")));
        answer.give(reply).await;
    }
}

struct Answer {
    ticket: Ticket,
    inbox: mpsc::Sender<Message>,
}

impl Answer {
    async fn give(&self, reply: Reply) {
        // nobody listens when the program is leaving
        let _ = self.inbox.send(Message::Reply(self.ticket, reply)).await;
    }
}

/// What git says of an object, as its Kustomization renders it.
async fn declared(renderer: Renderer, object: &ObjectRef, applied_by: &ObjectRef) -> Reply {
    let rendered = match renderer.fetch(applied_by).await {
        Ok(body) => renderer.render(&body).await,
        Err(error) => Err(error),
    };
    let rendered = match rendered {
        Ok(rendered) => rendered,
        Err(error) => return Reply::Failed(Error { message: format!("{applied_by}: {}", error.message), ..error }),
    };
    match rendered.objects.iter().find(|found| object_of(object.cluster, &found.node) == *object) {
        Some(found) => Reply::Declared(Box::new(Declared::of(found, applied_by.path(), rendered.at))),
        None => Reply::Failed(Error::failed(
            format!("{applied_by} renders no {object} at {}", rendered.at.short()),
            "it is about to be pruned, or somebody else applies it too",
        )),
    }
}

/// A file of a commit, as it may be shown.
async fn file(renderer: &Renderer, place: FilePlace) -> Reply {
    let folder = match renderer.repositories.find(&place.at, true).await {
        Ok(folder) => folder,
        Err(error) => return Reply::Failed(error),
    };
    let read = blocking(move || {
        let checkout = Checkout::around(&folder)?;
        let view = checkout.view(Some(&place.at.id))?;
        let failed = |error: BuildError| Error::failed(error.to_string(), "it is no file of the repository");
        let bytes = view.tree().read(&place.path).map_err(failed)?;
        let hidden = |why| match why {
            Hidden::Encrypted => Error::failed(format!("{} is encrypted by SOPS and not shown", place.path), "sops opens it"),
            Hidden::Binary => Error::failed(format!("{} is no text", place.path), ""),
        };
        let lines = shown::lines(&bytes, place.is_secret).map_err(hidden)?;
        let disk = checkout.on_disk(&place.path);
        let is_same = disk.as_ref().is_some_and(|disk| std::fs::read(disk).is_ok_and(|there| there[..] == bytes[..]));
        Ok(FileText { lines, disk: disk.map(|disk| disk.to_string_lossy().into_owned()), is_same })
    });
    read.await.map_or_else(Reply::Failed, |text| Reply::File(Box::new(text)))
}

async fn details(client: &Client, served: &Served, look: &Look, timeout: Duration) -> Result<Reply, Failure> {
    let (body, events) =
        tokio::join!(cluster::body(client, served, &look.object, timeout), cluster::events(client, &look.object));
    let body = body?;
    let gk = &look.object.gk;
    let annotations = body["metadata"]["annotations"].as_object().into_iter().flatten();
    Ok(Reply::Details(Box::new(Details {
        spec: kinds::describe(kinds::rules(&gk.group, &gk.kind), &body),
        history: kinds::history(&body),
        annotations: annotations
            .filter(|(key, _)| *key != "kubectl.kubernetes.io/last-applied-configuration")
            .map(|(key, value)| (sanitise(key).into_owned(), sanitise(value.as_str().unwrap_or_default()).into_owned()))
            .collect(),
        // details are worth showing without events
        events: events.unwrap_or_default(),
    })))
}

/// Reads the logs of all wished pods and containers into one stream of lines.
async fn follow_logs(client: &Client, look: &Look, request: &LogRequest, answer: &Answer) -> Result<Reply, Failure> {
    let namespace = &look.object.namespace;
    let mut streams = Vec::new();
    let mut names = Vec::new();
    let mut failed = None;
    for pod in request.pods.iter().take(MOST_PODS) {
        let containers = cluster::containers(client, namespace, pod).await?;
        names.extend(containers.iter().cloned());
        for container in containers.iter().filter(|name| request.container.as_ref().is_none_or(|wished| wished == *name)) {
            match cluster::logs(client, namespace, pod, container, request).await {
                Ok(log) => streams.push((pod.clone(), container.clone(), Box::pin(log))),
                // one container that has not started must not hide the others
                Err(failure) => failed = Some(failure),
            }
        }
    }
    names.sort();
    names.dedup();
    answer.give(Reply::Containers(names)).await;
    if let (true, Some(failure)) = (streams.is_empty(), failed) {
        return Err(failure);
    }
    let many_pods = request.pods.len() > 1;
    let many = streams.len() > 1;
    let streams = streams.into_iter().map(|(pod, container, log)| {
        let prefix = match (many_pods, many) {
            (true, _) => format!("{pod}/{container} "),
            (false, true) => format!("{container} "),
            (false, false) => String::new(),
        };
        Box::pin(cluster::log_lines(log).map(move |line| format!("{prefix}{line}")))
    });
    let mut lines = futures::stream::select_all(streams).ready_chunks(BATCH);
    while let Some(batch) = lines.next().await {
        answer.give(Reply::Log(batch)).await;
    }
    Ok(Reply::Ended(if request.previous { "end of the previous log" } else { "the log has ended" }.to_owned()))
}
