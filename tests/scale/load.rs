//! Writes a fleet into an API server, as its owners would have: plain creates by the field
//! manager that does it in real clusters, statuses through the status subresource.
//!
//! No controller should run: they would delete pods of an unknown node or undo statuses.
//! Objects that exist are left as they are, so that an interrupted load can be continued.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::{
    cluster::{Cluster, Failure},
    crds,
    generate::{Family, Fleet, node},
};

/// What a load did.
#[derive(Debug)]
pub struct Loaded {
    pub created: usize,
    pub existing: usize,
    pub elapsed: Duration,
}

#[derive(Default)]
struct Counts {
    created: AtomicUsize,
    existing: AtomicUsize,
}

/// Loads a fleet with at most `parallel` requests in flight.
pub async fn load(cluster: &Cluster, fleet: &Fleet, parallel: usize, progress: impl Fn(&str)) -> Result<Loaded, Failure> {
    let begin = Instant::now();
    let counts = Counts::default();
    if crds::install(cluster).await? > 0 {
        progress("installed Flux's kinds with open schemas");
    }
    write(cluster, vec![node()], &Counts::default()).await?;
    let namespaces = stream::iter(fleet.namespaces().map(|namespace| write(cluster, vec![namespace], &counts)));
    namespaces.buffer_unordered(parallel).try_for_each(|()| futures::future::ok(())).await?;
    let families = stream::iter(fleet.families().map(|family| write(cluster, family, &counts)));
    let mut families = families.buffer_unordered(parallel);
    let mut said = Instant::now();
    while let Some(result) = families.next().await {
        result?;
        if said.elapsed() > Duration::from_secs(5) {
            said = Instant::now();
            progress(&counts.line(fleet.sizes().objects(), begin));
        }
    }
    progress(&counts.line(fleet.sizes().objects(), begin));
    Ok(Loaded {
        created: counts.created.load(Ordering::Relaxed),
        existing: counts.existing.load(Ordering::Relaxed),
        elapsed: begin.elapsed(),
    })
}

impl Counts {
    fn line(&self, total: usize, begin: Instant) -> String {
        let (created, existing) = (self.created.load(Ordering::Relaxed), self.existing.load(Ordering::Relaxed));
        let rate = created as f64 / begin.elapsed().as_secs_f64();
        format!("{} of {total} objects, {existing} were there, {rate:.0} created per second", created + existing)
    }
}

/// One family, one object after the other: an owner's uid is known only when it exists.
async fn write(cluster: &Cluster, family: Family, counts: &Counts) -> Result<(), Failure> {
    let mut uids: HashMap<String, Value> = HashMap::new();
    for mut object in family {
        let status = object.as_object_mut().and_then(|object| object.remove("status"));
        let generated = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        strip_served(&mut object);
        adopt(&mut object, &uids);
        let (creator, keeper) = managers(&object);
        let (made, new) = cluster.create(&object, creator).await?;
        if let (true, Some(status)) = (new, status) {
            cluster.patch_status(&object, &status, keeper).await?;
        }
        counts.created.fetch_add(usize::from(new), Ordering::Relaxed);
        counts.existing.fetch_add(usize::from(!new), Ordering::Relaxed);
        uids.insert(generated, made["metadata"]["uid"].clone());
    }
    Ok(())
}

/// The API server sets these itself.
fn strip_served(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("uid");
        metadata.remove("creationTimestamp");
    }
}

/// Replaces generated uids of owners by real ones.
fn adopt(object: &mut Value, uids: &HashMap<String, Value>) {
    for owner in object["metadata"].get_mut("ownerReferences").and_then(Value::as_array_mut).into_iter().flatten() {
        let real = owner["uid"].as_str().and_then(|generated| uids.get(generated));
        owner["uid"] = real.expect("an owner comes before what it owns").clone();
    }
}

/// Who creates an object of this kind, and who writes its status.
fn managers(object: &Value) -> (&'static str, &'static str) {
    let by_helm = object["metadata"]["labels"].get("helm.toolkit.fluxcd.io/name").is_some();
    let applier = if by_helm { "helm-controller" } else { "kustomize-controller" };
    match object["kind"].as_str().unwrap_or_default() {
        "Kustomization" => (applier, "gotk-kustomize-controller"),
        "HelmRelease" => (applier, "gotk-helm-controller"),
        "GitRepository" | "OCIRepository" | "HelmRepository" | "HelmChart" => (applier, "gotk-source-controller"),
        "ReplicaSet" => ("kube-controller-manager", "kube-controller-manager"),
        "Pod" => ("kube-controller-manager", "kubelet"),
        "Deployment" => (applier, "kube-controller-manager"),
        "Node" => ("kubelet", "kubelet"),
        _ => (applier, applier),
    }
}
