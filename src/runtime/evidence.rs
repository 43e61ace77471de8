//! What is asked of a cluster about why an object is as it is. What may not be read, or does not answer in time, is a part of the answer.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use crate::cluster::{self, Connection, Failure, Lines, LogAsk, Served, Start};
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{GroupKind, ObjectRef};
use fluxdeck_model::insight::why::evidence::{BodyFacts, ClaimFacts, LogEnd, NodeFacts, QuotaFacts};
use fluxdeck_model::insight::why::{Evidence, Learned, Want};
use fluxdeck_model::kinds;

/// Lines at the end of a log that are looked at.
const TAIL: u32 = 12;
/// How long the end of a log that goes on is waited for: what is written already comes at once.
const WRITTEN: Duration = Duration::from_millis(400);
/// Claims of one pod that are looked at.
const MOST_CLAIMS: usize = 4;

/// Asks everything about an object that is wanted.
pub async fn gather(live: &Connection, object: &ObjectRef, wants: &[Want], limit: Duration) -> Evidence {
    match first(live, object, limit).await {
        Ok(found) => rest(live, object, found, wants, limit).await,
        Err(failure) => Evidence { body: learned(Err(failure)), ..Evidence::default() },
    }
}

/// The body and the events: two requests at once.
///
/// # Errors
/// Nothing answers: both are worth asking again.
pub(super) async fn first(live: &Connection, object: &ObjectRef, limit: Duration) -> Result<Evidence, Failure> {
    let (body, events) = tokio::join!(body(live, object, limit), cluster::events(live, object, limit));
    if let (Err(failure @ (Failure::Unreachable(_) | Failure::Unauthorised(_) | Failure::Setup { .. })), Err(_)) =
        (&body, &events)
    {
        tracing::debug!("no evidence about {object}: {failure}");
        return body.map(|_| Evidence::default());
    }
    Ok(Evidence { body: learned(body.map(|body| BodyFacts::read(&body))), events: learned(events), ..Evidence::default() })
}

/// What takes longer, or depends on the body.
pub(super) async fn rest(live: &Connection, object: &ObjectRef, found: Evidence, wants: &[Want], limit: Duration) -> Evidence {
    let body = found.body.get().cloned().unwrap_or_default();
    let wanted = |want: Want| wants.contains(&want);
    let (log, node, claims, quotas) = tokio::join!(
        async { if wanted(Want::Log) { log(live, object, &body, limit).await } else { Learned::Unasked } },
        async { if wanted(Want::Node) { node(live, object, &body, limit).await } else { Learned::Unasked } },
        async { if wanted(Want::Claims) { claims(live, object, &body, limit).await } else { Learned::Unasked } },
        async { if wanted(Want::Quotas) { quotas(live, object, limit).await } else { Learned::Unasked } },
    );
    Evidence { log, node, claims, quotas, ..found }
}

fn learned<T>(asked: Result<T, Failure>) -> Learned<T> {
    match asked {
        Ok(found) => Learned::Here(found),
        Err(failure) => Learned::Unreadable(failure.error("the API server").message),
    }
}

fn served<'c>(live: &'c Connection, gk: &GroupKind) -> Result<&'c Served, Failure> {
    live.served(gk).ok_or_else(|| Failure::NotFound(format!("the cluster does not serve {gk}")))
}

async fn body(live: &Connection, object: &ObjectRef, limit: Duration) -> Result<Value, Failure> {
    cluster::shown(live, served(live, &object.gk)?, object, limit).await
}

/// The end of the log of the container that fails: of its last instance where that has ended.
async fn log(live: &Connection, object: &ObjectRef, body: &BodyFacts, limit: Duration) -> Learned<LogEnd> {
    let Some(container) = body.containers.first() else { return Learned::Unasked };
    let previous = container.has_previous && !container.is_unready;
    let ask = LogAsk {
        namespace: &object.namespace,
        pod: &object.name,
        container: &container.name,
        previous,
        follows: true,
        start: Start::tail(TAIL),
    };
    let read = async {
        let mut lines = Lines::new(cluster::logs(live, &ask, limit).await?);
        let mut found = Vec::new();
        while let Ok(Ok(Some(line))) = tokio::time::timeout(WRITTEN, lines.next()).await {
            found.push(sanitise(line.text(false)).into_owned());
            if found.len() >= TAIL as usize {
                break;
            }
        }
        Ok(LogEnd { container: container.name.clone(), is_previous: previous, lines: found })
    };
    learned(read.await)
}

async fn node(live: &Connection, object: &ObjectRef, facts: &BodyFacts, limit: Duration) -> Learned<NodeFacts> {
    if facts.node.is_empty() {
        return Learned::Unasked;
    }
    let node = ObjectRef::new(object.cluster, GroupKind::new("", "Node"), "", facts.node.as_str());
    learned(body(live, &node, limit).await.map(|body| NodeFacts::read(&body)))
}

/// The claims that are not bound, or not there.
async fn claims(live: &Connection, object: &ObjectRef, facts: &BodyFacts, limit: Duration) -> Learned<Vec<ClaimFacts>> {
    let gk = kinds::PERSISTENT_VOLUME_CLAIM.gk();
    let claim = |name: &String| {
        let claim = ObjectRef::new(object.cluster, gk.clone(), object.namespace.clone(), name.as_str());
        async move {
            let (body, events) = tokio::join!(body(live, &claim, limit), cluster::events(live, &claim, limit));
            match body {
                Ok(body) => Ok(ClaimFacts::read(&body, &events.unwrap_or_default())),
                Err(Failure::NotFound(_)) => Ok(Some(ClaimFacts { name: claim.name.to_string(), ..ClaimFacts::default() })),
                Err(failure) => Err(failure),
            }
        }
    };
    let found = join_all(facts.claims.iter().take(MOST_CLAIMS).map(claim)).await;
    learned(found.into_iter().collect::<Result<Vec<_>, _>>().map(|found| found.into_iter().flatten().collect()))
}

async fn quotas(live: &Connection, object: &ObjectRef, limit: Duration) -> Learned<Vec<QuotaFacts>> {
    let kind = kinds::RESOURCE_QUOTA;
    let list = async { cluster::full_list(live, served(live, &kind.gk())?, kind.kind, Some(&object.namespace), limit).await };
    learned(list.await.map(|found| found.iter().map(QuotaFacts::read).filter(|quota| !quota.full.is_empty()).collect()))
}
