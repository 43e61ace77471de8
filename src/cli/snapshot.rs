//! `fluxdeck snapshot FILE`: saves what the cluster shows, secrets masked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::Call;
use super::command::{self, Command, Run};
use super::headless::{gather, unread};
use super::output;
use crate::cluster::{self, Connection};
use crate::records::{self, Recorded, Snapshot};
use crate::runtime;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ClusterId, Coverage, GroupKind, ObjectRef, Scope};
use fluxdeck_model::error::Result;
use fluxdeck_model::kinds::masked;
use fluxdeck_model::state::Cluster;

const WITHOUT: &str = "Possible credentials are left out, so that the file can be shared:
  data of Secrets and ConfigMaps; credentials in URLs, messages and fields with a sensitive name (password, token …)
  settings of programs, except their keys: HelmReleases' `values`, `postBuild.substitute`, inputs of ResourceSets, patches,
  environments and command lines of containers, headers, options of drivers, metadata of events, annotations
  other than those of Flux, Helm, Kubernetes and fluxdeck
  addresses of Providers, paths of Receivers and webhooks, queries of URLs, defaults in schemas, and copies of manifests in annotations
  all text of kinds with an unknown schema, except names, images, versions, addresses and fields named like them
Names, labels, images, revisions, statuses and numbers are kept. The file still shows what runs where: only you can read it.";

pub(super) const COMMAND: Command = Command {
    name: "snapshot",
    doc: "Save what the cluster shows to a file, secrets masked",
    examples: &["fluxdeck snapshot cluster.json.gz -A", "fluxdeck --from cluster.json.gz"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { take(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
#[command(after_help = WITHOUT)]
struct Arguments {
    /// The file to write
    file: PathBuf,
    #[command(flatten)]
    patience: super::Patience,
}

/// Takes a snapshot. Returns the exit code.
async fn take(call: &Call, arguments: &Arguments) -> Result<u8> {
    let headless = gather(call, arguments.patience.limit(), |_, _| arguments.patience.is_asked()).await?;
    let state = headless.state();
    let cluster = state.cluster();
    let failed = |failure: cluster::Failure| failure.error("the API server");
    let connection = runtime::connect(&call.options, &call.context).await.map_err(failed)?;
    let limit = call.options.request_timeout;
    let mut snapshot = Snapshot::new(cluster.context.clone(), connection.catalog().kubernetes.clone(), Timestamp::now());
    snapshot.flux.clone_from(&cluster.server.flux);
    for (gk, coverage) in shown(cluster) {
        let Some(served) = connection.served(&gk) else { continue };
        let mut recorded = Recorded {
            group: served.group.clone(),
            version: served.version.clone(),
            kind: gk.kind.to_string(),
            plural: served.plural.clone(),
            namespaced: served.namespaced,
            // what could not be read is not there, and must not look as if there were none
            restricted: matches!(coverage, Coverage::Restricted | Coverage::Failing),
            objects: Vec::new(),
        };
        if !recorded.restricted {
            let all = cluster::full_list(&connection, served, &gk.kind, None, limit).await.map_err(failed)?;
            recorded.objects = all.into_iter().filter(|object| is_shown(cluster, &gk, object)).map(shareable).collect();
        }
        snapshot.kinds.push(recorded);
    }
    snapshot.events = events(&connection, cluster, limit).await;
    records::snapshot::save(&*call.options.disk, &snapshot, &arguments.file)?;
    let objects: usize = snapshot.kinds.iter().map(|kind| kind.objects.len()).sum();
    output::beside(&format!(
        "saved {} and {} of {} to {}",
        counted(objects, "object"),
        counted(snapshot.events.len(), "event"),
        cluster.context,
        arguments.file.display()
    ));
    match unread(state) {
        Some(error) => Err(error),
        None => Ok(0),
    }
}

/// The requested kinds, with their coverage.
fn shown(cluster: &Cluster) -> BTreeMap<GroupKind, Coverage> {
    let everywhere = cluster.store.coverage().filter(|(scope, _)| scope.namespace.is_none());
    everywhere
        .filter(|(_, coverage)| *coverage != Coverage::NotServed)
        .map(|(scope, coverage): (&Scope, Coverage)| (scope.gk.clone(), coverage))
        .collect()
}

/// Whether an object is in the tree: objects that Flux does not manage are left out.
fn is_shown(cluster: &Cluster, gk: &GroupKind, object: &Value) -> bool {
    let field = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    let id = ObjectRef::new(ClusterId(0), gk.clone(), field("namespace"), fluxdeck_model::domain::text::printable(field("name")));
    cluster.store.find(&id).is_some_and(|node| cluster.forest.contains(node))
}

/// Events of the objects in it; a failure to read them does not fail the snapshot.
async fn events(connection: &Connection, cluster: &Cluster, limit: Duration) -> Vec<Value> {
    let gk = GroupKind::new("", "Event");
    let Some(served) = connection.served(&gk) else { return Vec::new() };
    let all = cluster::full_list(connection, served, "Event", None, limit).await.unwrap_or_default();
    let involved = |event: &Value| {
        let object = &event["involvedObject"];
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        let id = ObjectRef::new(ClusterId(0), GroupKind::new(group, text("kind")), text("namespace"), text("name"));
        cluster.store.find(&id).is_some_and(|node| cluster.forest.contains(node))
    };
    all.into_iter().filter(involved).map(shareable).collect()
}

/// The object masked for sharing.
fn shareable(mut object: Value) -> Value {
    masked::for_sharing(&mut object);
    object
}
