//! Changes through the API at a steady rate, as a busy cluster makes them: Kustomizations that
//! were applied again, pods whose container was restarted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use crate::cluster::{Cluster, Failure};

/// What to change, read once.
pub struct Targets {
    objects: Vec<Value>,
}

/// How many objects of each kind take turns.
const TURNS: u32 = 500;

impl Targets {
    /// Kustomizations and pods in turn.
    pub async fn find(cluster: &Cluster) -> Result<Self, Failure> {
        let kustomizations = list(cluster, "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations").await?;
        let pods = list(cluster, "/api/v1/pods").await?;
        let objects: Vec<Value> = kustomizations.into_iter().zip(pods).flat_map(|(one, other)| [one, other]).collect();
        if objects.is_empty() {
            return Err("nothing to change: no Kustomizations or no pods".into());
        }
        Ok(Self { objects })
    }
}

async fn list(cluster: &Cluster, uri: &str) -> Result<Vec<Value>, Failure> {
    let mut page = cluster.get(&format!("{uri}?limit={TURNS}")).await?;
    let kind = page["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
    let version = page["apiVersion"].clone();
    let mut items = page["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    for item in &mut items {
        item["kind"] = kind.clone().into();
        item["apiVersion"] = version.clone();
    }
    Ok(items)
}

/// How a churn went.
#[derive(Clone, Copy, Debug)]
pub struct Churned {
    pub changes: usize,
    pub refused: usize,
    pub elapsed: Duration,
}

impl Churned {
    pub fn per_second(&self) -> f64 {
        self.changes as f64 / self.elapsed.as_secs_f64()
    }
}

/// Changes `rate` objects per second until `stop` turns true. Requests overlap, at most 32 at
/// once: an API server that cannot follow slows the churn down, and the result says so.
pub async fn churn(cluster: Cluster, targets: Targets, rate: u32, mut stop: watch::Receiver<bool>) -> Churned {
    let begin = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / f64::from(rate.max(1))));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let (changed, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let slots = Arc::new(Semaphore::new(32));
    let start = first_turn();
    for turn in start.. {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.changed() => break,
        }
        let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        let object = &targets.objects[turn % targets.objects.len()];
        let (status, manager) = change(object, turn);
        let reference = json!({"apiVersion": object["apiVersion"], "kind": object["kind"],
            "metadata": {"name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"]}});
        let (cluster, changed, refused) = (cluster.clone(), changed.clone(), refused.clone());
        tokio::spawn(async move {
            let count = match cluster.patch_status(&reference, &status, manager).await {
                Ok(()) => changed,
                Err(_) => refused,
            };
            count.fetch_add(1, Ordering::Relaxed);
            drop(slot);
        });
    }
    Churned { changes: changed.load(Ordering::Relaxed), refused: refused.load(Ordering::Relaxed), elapsed: begin.elapsed() }
}

/// Turns are numbered on from where no earlier churn can have come, or its changes would be none.
fn first_turn() -> usize {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    (now % 1_000_000) as usize * 1_000
}

/// A status that differs from the one before, and who writes it.
fn change(object: &Value, turn: usize) -> (Value, &'static str) {
    let mut status = object["status"].clone();
    if object["kind"] == "Pod" {
        if let Some(count) = status.pointer_mut("/containerStatuses/0/restartCount") {
            *count = (turn % 97).into();
        }
        return (json!({"containerStatuses": status["containerStatuses"]}), "kubelet");
    }
    let revision = format!("main@sha1:{turn:040x}");
    let ready =
        status["conditions"].as_array_mut().and_then(|list| list.iter_mut().find(|condition| condition["type"] == "Ready"));
    if let Some(ready) = ready.filter(|ready| ready["status"] == "True") {
        ready["message"] = format!("Applied revision: {revision}").into();
    }
    let changed = json!({"lastAppliedRevision": revision, "lastAttemptedRevision": revision, "conditions": status["conditions"]});
    (changed, "gotk-kustomize-controller")
}
