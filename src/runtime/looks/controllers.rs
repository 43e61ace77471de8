//! The logs of Flux's controllers: found in the cluster, read together, and only what they are read for is handed on.

use std::time::Duration;

use super::contact::{Asking, Left, Refusal};
use super::logs::{self, LogPlace, Reading};
use super::voice::Spoken;
use crate::cluster::{self, Connection, Controller, FLUX_NAMESPACE, Failure};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::insight::controller_log::LogRecord;
use fluxdeck_model::state::{ControllerLogRequest, ReadController, Reply};

/// Pods of controllers whose logs are read together: Flux has seven controllers, each of which may have replicas and shards.
const MOST_PODS: usize = 60;
/// The container of a controller's pod that is it (flux2 `cmd/flux/logs.go`: the others are sidecars).
const MANAGER: &str = "manager";

/// Reads the logs until all of them have ended. Returns whether all could be read.
pub(super) async fn follow(asking: &mut Asking, request: &ControllerLogRequest, limit: Duration) -> Result<bool, Left> {
    let found = if request.span.gives_up {
        let live = asking.contact.stands().await?;
        match find(live, request, limit).await {
            Ok(found) => found,
            Err(refusal) => {
                asking.answer.give(Reply::Failed(refusal.error)).await;
                return Ok(false);
            }
        }
    } else {
        asking.insist(Reply::Failed, |live| find(live, request, limit)).await?
    };
    asking.answer.give(Reply::Controllers(found.iter().map(reported).collect())).await;
    let pods = found.iter().flat_map(|controller| controller.pods.iter().map(move |pod| (controller, pod)));
    let place = |(controller, pod): (&Controller, &String)| LogPlace {
        namespace: controller.namespace.as_str().into(),
        pod: pod.as_str().into(),
        mark: pod.clone(),
    };
    let places: Vec<_> = pods.take(MOST_PODS).map(place).collect();
    let reading = Reading { rather: Some(MANAGER), previous: request.previous, span: request.span, ..Reading::default() };
    let shape = |lines: Vec<Spoken>| {
        let read = lines.len();
        let records = lines.iter().map(record).filter(|record| request.is_whole || request.concern.takes(record));
        Some(Reply::Records(records.collect(), read))
    };
    logs::read(asking, &places, &reading, limit, &shape).await
}

fn record(line: &Spoken) -> LogRecord {
    LogRecord { origin: line.prefix.trim_end().into(), ..LogRecord::read(&line.text, line.at) }
}

fn reported(controller: &Controller) -> ReadController {
    let Controller { name, namespace, shard, pods, .. } = controller.clone();
    ReadController { name, namespace, shard, pods }
}

/// The controllers that are to be read, each with its pods.
async fn find(live: Connection, request: &ControllerLogRequest, limit: Duration) -> Result<Vec<Controller>, Refusal> {
    let found = match &request.namespace {
        Some(namespace) => cluster::controllers(&live, Some(namespace), limit).await,
        None => match cluster::controllers(&live, None, limit).await {
            // who may not list everything may be allowed to list there, where Flux is most of the time
            Err(Failure::Forbidden(_)) => cluster::controllers(&live, Some(FLUX_NAMESPACE), limit).await,
            found => found,
        },
    };
    let wanted = request.concern.controllers();
    let mut found = found.map_err(refused)?;
    found.retain(|controller| wanted.is_empty() || wanted.contains(controller.component.as_str()));
    if found.is_empty() {
        let names: Vec<_> = wanted.into_iter().collect();
        let which = if names.is_empty() { "no controller of Flux".to_owned() } else { format!("no {}", names.join(" and no ")) };
        let place = request.namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        let message = format!("{which} was found{place}: no Deployment that is labelled as part of Flux");
        return Err(Refusal::from_error(Error::failed(message, "it may run outside of the cluster, or without that label")));
    }
    if found.iter().all(|controller| controller.pods.is_empty()) {
        let names: Vec<_> = found.iter().map(|controller| controller.name.as_str()).collect();
        let message = format!("{} has no pods: nothing writes a log", names.join(", "));
        return Err(Refusal::from_error(Error::failed(message, "it may be scaled to nothing, or its pods are not made yet")));
    }
    Ok(found)
}

/// A refusal in the words of what was wanted.
fn refused(failure: Failure) -> Refusal {
    let is_denied = matches!(failure, Failure::Forbidden(_));
    let refusal = Refusal::from(failure);
    if !is_denied {
        return refusal;
    }
    let message = format!("you may not see where Flux's controllers run: {}", refusal.error.message);
    let hint =
        format!("it takes the right to list deployments and pods and to get pods/log, in {FLUX_NAMESPACE} or wherever Flux is");
    Refusal { error: Error::new(ErrorKind::Denied, message, hint), ..refusal }
}
