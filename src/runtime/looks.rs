//! Look-ups for views: one task each, ended with the view.

use std::time::Duration;

use futures::StreamExt;
use kube::Client;
use tokio::sync::mpsc;

use super::Look;
use crate::cluster::{self, Catalog, Failure, Served};
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Aspect, Details, LogRequest, Message, Reply, Ticket};

/// Lines of logs handed on at once.
const BATCH: usize = 512;
/// Pods of one workload whose logs are read together.
const MOST_PODS: usize = 30;

/// Returns the work of one look-up.
pub(super) fn look(
    look: Look,
    client: Client,
    catalog: &Catalog,
    timeout: Duration,
    inbox: mpsc::Sender<Message>,
) -> impl Future<Output = ()> + use<> {
    let gk = &look.object.gk;
    let served = catalog.find(gk, kinds::rules(&gk.group, &gk.kind)).cloned();
    async move {
        let answer = Answer { ticket: look.ticket, inbox };
        let outcome = match (look.aspect.clone(), served) {
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
